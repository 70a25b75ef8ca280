"""A study that was read, with other settings or more sources."""

from __future__ import annotations

from tipping_point.study import Source, Study


def changed(study: Study, /, **sections: dict[str, object]) -> Study:
    """The study with some keys of its sections set: changed(study, areas={"method": "select"})."""
    update = {name: getattr(study, name).model_copy(update=keys) for name, keys in sections.items()}
    return study.model_copy(update=update)


def with_sources(study: Study, *sources: Source, without: str = "") -> Study:
    """The study with sources added, and those of one section left out."""
    held = {without: ()} if without else {}
    for source in sources:
        held[source.section] = (*held.get(source.section, study.of(source.section)), source)
    return changed(study, sources=held)
