"""The named measures of crime: which published types each adds up, and what it leaves out.

No open source publishes knife crime or violence against women and girls by ward. Every measure here but
'all_crime' is a proxy, and says so in the words that the outputs repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tipping_point.tables import CRIME_TYPES, FLAGS, NOT_CRIME, InputError, marked_type


@dataclass(frozen=True)
class Measure:
    """A measure of crime: its words, and its types in each crime vocabulary."""

    name: str
    label: str
    proxy_note: str
    types: Mapping[str, tuple[str, ...]]


MARKED = ("police_uk", "subgroup")
"""Vocabularies of incident files that name offences, whose incidents can be marked."""


def _crimes(vocabulary: str) -> tuple[str, ...]:
    return tuple(kind for kind in CRIME_TYPES[vocabulary] if kind not in NOT_CRIME)


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "serious",
            "serious crime",
            "Serious crime is an open-data proxy for the mission: no open source marks knife crime or violence "
            "against women and girls by ward. It counts whole categories, so it takes in much that is neither, "
            "and leaves out what victims did not report.",
            {
                "police_uk": ("Violence and sexual offences", "Robbery", "Possession of weapons"),
                "metropolitan": (
                    "HOMICIDE",
                    "VIOLENCE WITH INJURY",
                    "ROBBERY OF PERSONAL PROPERTY",
                    "ROBBERY OF BUSINESS PROPERTY",
                    "RAPE",
                    "OTHER SEXUAL OFFENCES",
                    "POSSESSION OF WEAPONS",
                ),
                "subgroup": (
                    "Homicide",
                    "Violence with injury",
                    "Robbery of personal property",
                    "Robbery of business property",
                    "Rape offences",
                    "Other sexual offences",
                    "Possession of weapons offences",
                ),
            },
        ),
        Measure(
            "knife_proxy",
            "robbery and weapons, a proxy for knife crime",
            "A proxy for knife crime: about 42% of recorded knife offences are robberies, but most robberies involve "
            "no knife, and the assaults with a knife cannot be told from other violence.",
            {
                "police_uk": ("Robbery", "Possession of weapons"),
                "metropolitan": (
                    "HOMICIDE",
                    "ROBBERY OF PERSONAL PROPERTY",
                    "ROBBERY OF BUSINESS PROPERTY",
                    "POSSESSION OF WEAPONS",
                ),
                "subgroup": (
                    "Homicide",
                    "Robbery of personal property",
                    "Robbery of business property",
                    "Possession of weapons offences",
                ),
            },
        ),
        Measure(
            "vawg_proxy",
            "sexual offences and the violence published with them, a proxy for violence against women and girls",
            "A weak proxy for violence against women and girls: the sex of the victim and domestic abuse are not "
            "published, police.uk joins sexual offences with all other violence, and most such offences are never "
            "reported.",
            {
                "police_uk": ("Violence and sexual offences",),
                "metropolitan": ("RAPE", "OTHER SEXUAL OFFENCES", "STALKING AND HARASSMENT"),
                "subgroup": ("Rape offences", "Other sexual offences", "Stalking and harassment"),
            },
        ),
        Measure(
            "all_crime",
            "all recorded crime",
            "",
            {vocabulary: _crimes(vocabulary) for vocabulary, types in CRIME_TYPES.items() if types},
        ),
        *(
            Measure(
                flag,
                label,
                "",
                {vocabulary: tuple(marked_type(kind, flag) for kind in _crimes(vocabulary)) for vocabulary in MARKED},
            )
            for flag, label in FLAGS.items()
        ),
    )
}
"""By name. A measure named after a flag counts what an incident file marks: it is no proxy."""


def choose_types(
    measure: str | Mapping[str, float], vocabulary: str, *, own: Sequence[str] = ()
) -> tuple[str, ...]:  # fmt: skip
    """The published types of a named measure, or of a study's own {type: weight}, in one vocabulary.

    Args:
        measure: a name of MEASURES, or the weight of each type.
        vocabulary: a key of CRIME_TYPES.
        own: the types of the vocabulary 'own', those of files that name no offences.

    Raises:
        InputError: an unknown measure or type, naming those that exist; a named measure of files that name no offences.
    """
    known = CRIME_TYPES[vocabulary] or tuple(own)
    if isinstance(measure, str):
        if measure not in MEASURES:
            raise InputError(
                f"crime.measure: '{measure}' is not known; choose from {', '.join(MEASURES)}, or give types"
            )
        if vocabulary not in MEASURES[measure].types:
            raise InputError(
                f"crime.measure: '{measure}' adds up offences, and the study's files name none, or mark none; give "
                f"[crime.types] with a weight for {', '.join(map(repr, known))}"
            )
        return MEASURES[measure].types[vocabulary]
    strange = [name for name in measure if name not in known]
    if strange or not measure:
        raise InputError(
            f"crime.types: {', '.join(map(repr, strange)) or 'nothing'} given; "
            f"the types of this source are {', '.join(known)}"
        )
    return tuple(measure)
