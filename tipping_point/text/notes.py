"""The notes of the stages as sentences: one entry for each code, and an unknown code raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tipping_point.tables import InputError, Note
from tipping_point.text import hotspots

Sentence = Callable[..., str]
"""Takes the values of a note as keyword arguments."""

SENTENCES: Mapping[str, Sentence] = {**hotspots.SENTENCES}
"""Code of a note -> its sentence."""


def say_note(note: Note) -> str:
    """The sentence of a note.

    Raises:
        InputError: no sentence is known for its code.
    """
    if note.code not in SENTENCES:
        raise InputError(f"note: '{note.code}' has no sentence; known: {', '.join(sorted(SENTENCES))}")
    return SENTENCES[note.code](**note.values)


def say_notes(notes: Iterable[Note]) -> tuple[str, ...]:
    """The sentences of notes, in their order, each once."""
    return tuple(dict.fromkeys(say_note(note) for note in notes))
