"""What the crimes of a study are called: its vocabulary, every type of it, and the weight of those it measures."""

from __future__ import annotations

from collections.abc import Mapping

from tipping_point.facts.crime_types import CRIME_TYPES, HARM_WEIGHTS
from tipping_point.measures.named import MEASURES, choose_types
from tipping_point.study import Study
from tipping_point.tables import FLAGS, InputError, plain_type

INCIDENTS = "incidents"
"""The kind of a crime source that is a file of incidents."""
OWN = "own"
"""The vocabulary of files that name no offences: each names its one type itself."""
GROUPS = {"category": "police_uk", "subgroup": "subgroup"}
"""What offences are gathered into -> its vocabulary; the categories are those of police.uk."""


def vocabulary_of(study: Study) -> str:
    """The crime vocabulary of the study's sources; a study keeps to one."""
    kinds = {source.kind for source in study.of("crime")}
    if len(kinds) > 1:
        raise InputError(
            f"sources.crime: {' and '.join(sorted(kinds))} are given; they count crimes differently, and harm from "
            f"categories and from sub-types is never compared; keep to one kind in a study"
        )
    if INCIDENTS not in kinds:
        return {"police_uk": "police_uk", "metropolitan_wards": "metropolitan"}[kinds.pop()]
    found = {
        OWN if "name" in source.options else GROUPS[source.options.get("groups", "category")]
        for source in study.of("crime")
    }
    if len(found) > 1:
        raise InputError(
            "sources.crime: the incident files gather offences differently (groups), or some name offences and others "
            "do not (name); keep to one in a study"
        )
    return found.pop()


def is_incidents(study: Study) -> bool:
    """Whether the study's crimes are from files of incidents: rows about single people."""
    return any(source.kind == INCIDENTS for source in study.of("crime"))


def measured_flag(study: Study) -> str:
    """The flag that the study measures; '' where it measures offences, marked or not."""
    return study.measure if isinstance(study.measure, str) and study.measure in FLAGS else ""


def types_of(study: Study) -> tuple[str, ...]:
    """Every crime type of the study. Where it measures a flag, marked incidents of a type stand apart from the rest."""
    vocabulary = vocabulary_of(study)
    types = CRIME_TYPES[vocabulary] or own_types(study)
    flag = measured_flag(study)
    if not flag:
        return types
    without = [
        source.path.name
        for source in study.of("crime")
        if source.kind != INCIDENTS or flag not in source.options.get("flags", {})
    ]
    if without:
        raise InputError(
            f"crime.measure: '{flag}' counts what incident files mark, and {', '.join(without)} has no such flag; give "
            f"it under [sources.crime.flags], or measure {', '.join(name for name in MEASURES if name not in FLAGS)}"
        )
    return (*types, *MEASURES[flag].types[vocabulary])


def own_types(study: Study) -> tuple[str, ...]:
    """The types that files without offences name, in their order."""
    return tuple(dict.fromkeys(source.options["name"] for source in study.of("crime") if "name" in source.options))


def choose_weights(study: Study) -> dict[str, float]:
    """Severity weight of every type of the study's measure; a type without one adds to the count, not to harm."""
    vocabulary = vocabulary_of(study)
    types = choose_types(study.measure, vocabulary, own=own_types(study))
    types_of(study)
    if isinstance(study.measure, Mapping):
        return dict(study.measure)
    return {kind: HARM_WEIGHTS[vocabulary].get(plain_type(kind), 0.0) for kind in types}
