"""The files that a study names, brought to their paths; a record beside the study says what came, whence and when.

A path that this step did not fill is never touched, and one that it filled is left alone while it is whole and what
the study wants of it is the same. Delete a file to have it brought again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tipping_point.facts.catalogue import describe_file
from tipping_point.fetch.cache import Cache, Entry, write_whole, writing
from tipping_point.fetch.datasets import fetch_dataset
from tipping_point.fetch.download import NotInCacheError, Web, fetch_all
from tipping_point.fetch.police_archive import BASE
from tipping_point.pipeline.street import STREET, make_street, plan_street
from tipping_point.study import Source, Study
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

FETCHED, THERE = "fetched", "there"
OWN, CHANGED = "not put there by fetch, left as it is", "changed since it was fetched, left as it is"


@dataclass(frozen=True)
class Brought:
    """What became of one source of a study."""

    path: Path
    dataset: str
    state: str
    """`FETCHED` now, `THERE` already, or left alone: `OWN`, `CHANGED`."""
    size: int
    """Bytes; of a folder, of all that is in it."""
    sha256: str
    fetched: str = ""
    """When it was last known to be what the publisher has, UTC; '' for a file of the user's own."""
    address: str = ""


@dataclass(frozen=True)
class _Order:
    """A source to be brought: all that decides what its file holds, and the call that makes it in a folder."""

    source: Source
    settings: Mapping[str, Any]
    make: Callable[[Web, Path], Path]
    address: str = ""
    """Where it comes from, if that is known beforehand."""


def fetch_study(study: Study, *, web: Web) -> tuple[Brought, ...]:
    """Bring every source of a study that names its dataset to the path that the study gives it.

    Street crimes come last: which forces they are of is known by the lookups.

    Args:
        study: of `read_study(path, must_exist=False)`; its sources' options hold `dataset` and, for boundaries,
            lookups and estimates, `year` (by default that of the wards).
        web: the settings of the run.

    Raises:
        InputError: everything that is missing, and why, at once: a file without a dataset that is not there, a dataset
            that cannot be had (NotInCacheError, if offline is the only reason). What could be brought stays.
    """
    named = _by_path(study)
    bare = [source for source in study.sources.all if source.path not in named and not source.path.exists()]
    street = [source for source in named.values() if source.options["dataset"] == STREET]
    others = [source for source in named.values() if source.options["dataset"] != STREET]
    plain = [partial(_refuse, source) for source in bare]
    plain += [partial(_bring, study, web, partial(_order, study, source)) for source in others]
    crime = [partial(_bring, study, web, partial(_order_street, study, source, street)) for source in street]
    key = hashlib.sha256(str(study.path.resolve()).encode()).hexdigest()
    with web.cache.lock(key, patience=web.manners.total_seconds, what=study.path.name):
        first, last = fetch_all([partial(fetch_all, plain), partial(fetch_all, crime)])
    log.info("fetch: %d sources, %d of them fetched now", len(named), sum(b.state == FETCHED for b in (*first, *last)))
    return (*first, *last)


def record_path(study: Path) -> Path:
    """Where it is recorded what was brought for a study."""
    return study.with_name(f"{study.stem}.fetched.json")


def describe_brought(brought: Sequence[Brought], *, study: Path) -> list[str]:
    """What became of every source, for people: two lines for each."""
    lines = []
    for one in brought:
        lines.append(f"{_name(study, one.path)}: {one.state}, {one.size:,} bytes, SHA-256 {one.sha256}")
        if one.address:
            lines.append(f"  {one.dataset}, as of {one.fetched[:10]}, from {one.address}")
    return lines


# -------------------------------------------------------------------------------------------------- what is wanted


def _by_path(study: Study) -> dict[Path, Source]:
    """The sources that name a dataset, by path: several indicators may be columns of one file.

    Raises:
        InputError: two datasets for one path.
    """
    named: dict[Path, Source] = {}
    faults = []
    for source in study.sources.all:
        key = source.options.get("dataset")
        if key and named.setdefault(source.path, source).options["dataset"] != key:
            faults.append(f"{source.path}: is to be '{named[source.path].options['dataset']}' and '{key}'; keep one.")
    if faults:
        raise InputError(faults)
    return named


def _refuse(source: Source) -> Brought:
    if source.section == "context":
        raise InputError(f"{source.path}: is not there, and no client brings it; docs/context.md says how to make it.")
    raise InputError(
        f"{source.path}: is not there, and its entry in [sources.{source.section}] names no dataset to fetch; put the"
        f' file there, or add dataset = "…".'
    )


def _order(study: Study, source: Source) -> _Order:
    key, year = source.options["dataset"], int(source.options.get("year") or study.study.ward_year)
    return _Order(
        source, {"dataset": key, "year": year}, lambda web, folder: fetch_dataset(web, key, folder, year=year)
    )


def _order_street(study: Study, source: Source, named: Sequence[Source]) -> _Order:
    path = source.path
    settings = plan_street(study, path, [other.path for other in named])
    address = f"{BASE}/{settings['archive']}.zip" if settings["archive"] else f"{BASE}/"
    make = partial(make_street, name=path.name, **settings)
    return _Order(source, {"dataset": STREET, **settings}, make, address)


# ------------------------------------------------------------------------------------------------- bringing it


def _bring(study: Study, web: Web, order: Callable[[], _Order]) -> Brought:
    """One source to its path, unless what stands there is to be left."""
    wanted = order()
    path, record = wanted.source.path, read_record(study.path)
    name = _name(study.path, path)
    if _is_filled(path) and (held := _held(wanted, record.get(name))):
        return held
    web.say(f"{name}: fetching {wanted.settings['dataset']}")
    noting = _Noting(web.cache.folder)
    try:
        with _staging(path) as folder:
            made = wanted.make(replace(web, cache=noting), folder)
            if made.suffix.lower() != path.suffix.lower():
                raise InputError(f"the file comes as '{made.suffix}'; let the path end so.")
            size, sha256 = _measure(made)
            brought = Brought(
                path, str(wanted.settings["dataset"]), FETCHED, size, sha256, noting.last.fetched,
                wanted.address or noting.last.address,
            )  # fmt: skip
            # In this order: a run that dies between any two leaves an entry without a file, and never a file of which
            # the record says nothing or something else.
            _clear(path)
            _write_record(study.path, {**record, name: _entry(wanted, brought)})
            with writing(path.parent):
                made.replace(path)
    except NotInCacheError as error:
        raise NotInCacheError([f"{name}: {fault}" for fault in error.faults]) from error
    except InputError as error:
        raise InputError([f"{name}: {fault}" for fault in error.faults]) from error
    return brought


def _held(wanted: _Order, entry: Mapping[str, Any] | None) -> Brought | None:
    """What stands at the path, if it is to be left; None where it was fetched, is whole, and another is wanted now."""
    path, dataset = wanted.source.path, str(wanted.settings["dataset"])
    size, sha256 = _measure(path)
    if entry is None:
        return Brought(path, dataset, OWN, size, sha256)
    facts = (str(entry["fetched"]), str(entry["address"]))
    if entry["sha256"] != sha256:
        return Brought(path, dataset, CHANGED, size, sha256, *facts)
    return Brought(path, dataset, THERE, size, sha256, *facts) if entry["settings"] == wanted.settings else None


class _Noting(Cache):
    """A cache that remembers the last entry that was used or made: where the file that was delivered came from."""

    last = Entry("", "", "", 0, "")

    def find(self, key: str) -> Entry | None:
        """As `Cache.find`."""
        entry = super().find(key)
        return self._note(entry) if entry else None

    def record(self, entry: Entry) -> None:
        """As `Cache.record`."""
        super().record(self._note(entry))

    def _note(self, entry: Entry) -> Entry:
        object.__setattr__(self, "last", entry)
        return entry


def _measure(path: Path) -> tuple[int, str]:
    facts = describe_file(path, section="", kind="")
    return int(str(facts["bytes"])), str(facts["sha256"])


@contextmanager
def _staging(path: Path) -> Iterator[Path]:
    """A folder beside a path, on the same disk, gone afterwards."""
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(dir=path.parent, prefix=".fetching-")
    with folder as name:
        yield Path(name)


def _is_filled(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _clear(path: Path) -> None:
    """Make room: what stands here was fetched and is whole, or is an empty folder."""
    with writing(path.parent):
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)


# --------------------------------------------------------------------------------------------------- the record


def _name(study: Path, path: Path) -> str:
    """A path as the record and messages call it: from the study's folder."""
    return Path(os.path.relpath(path, study.parent)).as_posix()


def _entry(wanted: _Order, brought: Brought) -> dict[str, Any]:
    return {
        "settings": dict(wanted.settings), "bytes": brought.size, "sha256": brought.sha256, "fetched": brought.fetched,
        "address": brought.address,
    }  # fmt: skip


def read_record(study: Path) -> dict[str, Any]:
    """What was brought for a study: path from its folder -> settings, bytes, sha256, fetched, address; empty for none.

    Raises:
        InputError: the record cannot be read.
    """
    path = record_path(study)
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): {**entry, "settings": dict(entry["settings"])} for name, entry in held.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: the record of what was fetched cannot be read ({error}); delete it.") from error


def _write_record(study: Path, record: Mapping[str, Any]) -> None:
    with write_whole(record_path(study)) as beside:
        beside.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
