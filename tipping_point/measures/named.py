"""The named measures of crime: which published types each adds up, and what it leaves out.

No open source publishes knife crime or violence against women and girls by ward. Every measure here but
'all_crime' is a proxy, and says so in the words that the outputs repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tipping_point.schema import CRIME_TYPES, NOT_CRIME, InputError


@dataclass(frozen=True)
class Measure:
    """A measure of crime: its words, and its types in each crime vocabulary."""

    name: str
    label: str
    proxy_note: str
    types: Mapping[str, tuple[str, ...]]


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
            },
        ),
        Measure(
            "all_crime",
            "all recorded crime",
            "",
            {vocabulary: tuple(t for t in types if t not in NOT_CRIME) for vocabulary, types in CRIME_TYPES.items()},
        ),
    )
}


def choose_types(measure: str | Mapping[str, float], vocabulary: str) -> tuple[str, ...]:
    """The published types of a named measure, or of a study's own {type: weight}, in one vocabulary.

    Raises:
        InputError: an unknown measure or type, naming those that exist.
    """
    if isinstance(measure, str):
        if measure not in MEASURES:
            raise InputError(
                f"crime.measure: '{measure}' is not known; choose from {', '.join(MEASURES)}, or give types"
            )
        return MEASURES[measure].types[vocabulary]
    strange = [name for name in measure if name not in CRIME_TYPES[vocabulary]]
    if strange or not measure:
        raise InputError(
            f"crime.types: {', '.join(map(repr, strange)) or 'nothing'} given; "
            f"the types of this source are {', '.join(CRIME_TYPES[vocabulary])}"
        )
    return tuple(measure)
