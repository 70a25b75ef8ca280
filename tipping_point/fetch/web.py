"""How a run reaches the web: its cache, its client, its manners, and whom it tells."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tipping_point.fetch.cache import Cache, default_folder
from tipping_point.fetch.transport import Client, Manners, read_mirrors

logger = logging.getLogger(__name__)

MIRROR_VARIABLE = "TIPPING_POINT_MIRROR"


@dataclass(frozen=True)
class Progress:
    """How far a download has come, in bytes; the total is None where the service does not say."""

    label: str
    done: int
    total: int | None


@dataclass(frozen=True)
class Web:
    """The settings of a run's downloads; made by `open_web`, the first argument of all that fetches."""

    cache: Cache
    client: Client
    manners: Manners
    offline: bool = False
    progress: Callable[[Progress], None] | None = None
    tell: Callable[[str], None] | None = None

    def say(self, text: str) -> None:
        """Tell the person who waits, and the log."""
        logger.info("%s", text)
        if self.tell:
            self.tell(text)


def open_web(
    *,
    cache: Path | None = None,
    offline: bool = False,
    mirrors: Mapping[str, str] | None = None,
    manners: Manners | None = None,
    progress: Callable[[Progress], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Web:
    """Settings of this run's downloads. Nothing is opened, asked or written yet.

    Args:
        cache: the folder; by default that of TIPPING_POINT_CACHE, else the user's cache folder of the platform.
        offline: use the cache alone.
        mirrors: host -> base address ('*' for every host); by default those of TIPPING_POINT_MIRROR.
        manners: timeouts, tries, sizes.
        progress: called as bytes arrive; one display for all downloads.
        tell: called with what a person should know while waiting: sizes before large downloads, choices made.

    Raises:
        InputError: TIPPING_POINT_MIRROR is not understood.
    """
    manners = manners or Manners()
    known = read_mirrors(os.environ.get(MIRROR_VARIABLE, "")) if mirrors is None else mirrors
    return Web(Cache(cache or default_folder()), Client(manners, known), manners, offline, progress, tell)


def say_size(size: int) -> str:
    """Bytes as people say them: '1,734 MB', '12 kB'."""
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
