"""One run at a time: a lock on a file that the operating system gives back when the run that holds it ends."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.1

if sys.platform == "win32":
    import msvcrt

    def _try(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)

    def _free(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _free(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def hold_lock(path: Path, *, patience: float, what: str) -> Iterator[None]:
    """Hold the lock of a file while the block runs; the file itself stays, empty.

    Args:
        path: the file, made where it does not exist.
        patience: seconds to wait for another run; 0 gives up at once.
        what: what the lock stands for, as the message names it.

    Raises:
        InputError: another run holds it for longer than that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as handle:
        _wait(handle, patience=patience, what=what)
        try:
            yield
        finally:
            _free(handle)


def _wait(handle: IO[bytes], *, patience: float, what: str) -> None:
    end = time.monotonic() + patience
    told = False
    while True:
        try:
            return _try(handle)
        except OSError:
            # Held by another run: both systems say so with an OSError of their own number.
            if time.monotonic() >= end:
                raise InputError(
                    f"Another run is fetching {what} and has not ended after {patience:,.0f} seconds; wait for it or"
                    f" end it, then run again."
                ) from None
            if not told:
                logger.info("Another run is fetching %s; waiting for it", what)
                told = True
            time.sleep(_POLL_SECONDS)
