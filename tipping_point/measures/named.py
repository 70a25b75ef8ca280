"""The named measures of crime: which published types each adds up, and what it leaves out.

No open source publishes knife crime or violence against women and girls by ward. Every measure here but
'all_crime' is a proxy, and says so in the words that the outputs repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tipping_point.facts.crime_types import CRIME_TYPES, NAMED, NOT_CRIME, Measure
from tipping_point.tables import FLAGS, InputError, marked_type

MARKED = ("police_uk", "subgroup")
"""Vocabularies of incident files that name offences, whose incidents can be marked."""


def _crimes(vocabulary: str) -> tuple[str, ...]:
    return tuple(kind for kind in CRIME_TYPES[vocabulary] if kind not in NOT_CRIME)


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        *NAMED,
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
