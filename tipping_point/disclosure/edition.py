"""What may be published at all: licences, thresholds, and what is never shown in detail."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tipping_point.tables import InputError

EDITIONS = ("internal", "public")
THRESHOLD = 5
"""Least number shown of a source about single people, where a study says nothing else."""
OPEN = 1
"""Threshold that hides nothing: for figures that their publisher has published as they are."""
CONTROLLED = ("incidents", "health", "school")
"""Kinds of source about single people: small numbers are hidden without being asked."""
SENSITIVE = ("domestic_abuse", "hate", "sexual", "Rape offences", "Other sexual offences")
"""Flags and groups of offences that a public edition never shows by ward and month."""

_TO_PUBLISH = re.compile(
    r"open government licen[cs]e|\bogl\b|\bcc[ -]?(by|0)\b|open database licen[cs]e|\bodbl\b|\bmit\b", re.IGNORECASE
)
_PERMISSION = re.compile(r"permission\s*:\s*\S+", re.IGNORECASE)


def check_edition(licences: Mapping[str, str], *, edition: str) -> None:
    """Refuse a public edition of a source that nobody has licensed for publication, before anything is read.

    A licence is an open one that is known (Open Government Licence, Creative Commons, Open Database Licence, MIT), or
    'permission: ' and who gave it and when. Anything else, 'restricted' among it, is none.

    Args:
        licences: name of each file -> its licence, as the study or the list of known datasets has it; '' = not known.
        edition: 'internal' or 'public'.

    Raises:
        InputError: an unknown edition; every source without a licence to publish.
    """
    if edition not in EDITIONS:
        raise InputError(f"--edition: '{edition}' is not known; choose from {', '.join(EDITIONS)}")
    if edition == "internal":
        return
    faults = [
        f"--edition public: {f'the licence of {name} is {licence!r}' if licence else f'no licence of {name} is known'},"
        f' which does not allow publication; give it in the study file, for example licence = "Open Government Licence '
        f'v3.0" or licence = "permission: chief data officer, 2025-03-01", or make the internal edition'
        for name, licence in licences.items()
        if not (_TO_PUBLISH.search(licence) or _PERMISSION.match(licence.strip()))
    ]
    if faults:
        raise InputError(faults)


def threshold_of(kind: str, given: int | None = None) -> int:
    """The least number shown of a source: as the study says, else 5 for a source about single people."""
    if given is not None:
        return given
    return THRESHOLD if kind in CONTROLLED else OPEN
