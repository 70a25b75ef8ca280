"""Boundaries and lookups of the ONS Open Geography Portal: feature services, read page by page and counted."""

from __future__ import annotations

import csv
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tipping_point.facts.catalogue import get_dataset
from tipping_point.fetch.download import (
    MONTH_DAYS,
    DownloadError,
    Fetched,
    TryAgain,
    Web,
    ask_json,
    fetch_json,
    fetch_made,
)
from tipping_point.sources.cells import shorten
from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

BASE = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
_BUSY = (429, 500, 502, 503, 504)
_GONE = (400, 404)
"""What the portal answers, inside HTTP 200 or without, where there is no service of a name."""
_EMPTY_PAGES = 3
"""Pages without a row that still say there is more: so many in a row, and the service is taken to be at fault."""


@dataclass(frozen=True)
class Layer:
    """The first layer of a feature service."""

    service: str
    fields: tuple[str, ...]
    object_id: str
    most: int
    """Rows of a page that the service allows."""
    paged: bool
    shapes: bool
    """Whether it has geometry; a lookup has none."""

    @property
    def query(self) -> str:
        """Where its rows are asked for."""
        return f"{_layer_url(self.service)}/query"


def fetch_published(
    web: Web, key: str, folder: Path, *, year: int, service: str = "", max_age_days: float = MONTH_DAYS
) -> Path:
    """A dataset of the catalogue for a year, as the file that `read_boundaries` or `read_lookup` reads.

    Args:
        web: the settings of the run.
        key: of the catalogue: ward_boundaries, lookup_ward, lookup_force, lookup_region, lookup_lsoa.
        folder: where the file goes, named as its service: <service>.geojson or <service>.csv.
        year: of its codes.
        service: name of the service, where the catalogue's is not the one wanted.
        max_age_days: of what the cache holds.

    Raises:
        InputError: no service of the year, or several; a field that the dataset must have is not there; fewer rows
            than the service counts; not reachable.
    """
    name = service or find_service(web, key, year=year)
    layer = read_layer(web, name)
    if fault := _moved(layer, key):
        raise InputError(fault)
    fetched = fetch_layer(web, layer, max_age_days=max_age_days)
    return fetched.deliver(folder / f"{name}{'.geojson' if layer.shapes else '.csv'}")


def find_service(web: Web, key: str, *, year: int) -> str:
    """The name of the service that holds a dataset of the catalogue for a year.

    The catalogue's name is taken if the portal still has it; else the one name of the portal's list that fits the
    dataset's pattern.

    Raises:
        InputError: none fits, or several; the message names what there is.
    """
    services = get_dataset(key).services
    if services is None:
        raise InputError(f"Dataset '{key}' has no service of the Open Geography Portal in the catalogue.")
    known = services.names.get(year, "")
    if known and _exists(web, known):
        return known
    listed = _list_services(web)
    pattern = services.pattern.replace("{year}", str(year)).replace("{yy}", f"{year % 100:02d}")
    fitting = [name for name in listed if re.fullmatch(pattern, name, re.IGNORECASE)]
    if len(fitting) == 1:
        gone = f"'{known}' is no longer there" if known else f"the catalogue names none for {year}"
        web.say(f"Open Geography Portal: {gone}; '{fitting[0]}' is taken for '{key}' of {year}")
        return fitting[0]
    if fitting:
        raise InputError(
            f"Open Geography Portal: several services may hold '{key}' of {year}: {shorten(sorted(fitting))}; name one"
            f" of them as the service."
        )
    wanted = known or pattern
    near = get_close_matches(wanted, listed, n=5, cutoff=0.3)
    raise InputError(
        f"Open Geography Portal: no service holds '{key}' of {year}"
        + (f" ('{known}' is no longer there)" if known else "")
        + f"; years in the catalogue: {', '.join(map(str, services.names))}"
        + (f"; nearest names: {', '.join(near)}." if near else ".")
    )


def read_layer(web: Web, service: str) -> Layer:
    """What a service says of its first layer.

    Raises:
        DownloadError: there is no such service; its status is 400 or 404.
    """
    label = f"Open Geography Portal: {service}"
    held = fetch_json(web, _layer_url(service), parameters={"f": "json"}, check=service_fault, label=label)
    fields = [str(field["name"]) for field in held.get("fields") or []]
    if not fields or not held.get("maxRecordCount"):
        raise DownloadError(f"{label} does not describe its fields and its largest page (fields, maxRecordCount).")
    object_id = held.get("objectIdField") or _object_id(held["fields"])
    paged = bool((held.get("advancedQueryCapabilities") or {}).get("supportsPagination"))
    return Layer(service, tuple(fields), object_id, int(held["maxRecordCount"]), paged, bool(held.get("geometryType")))


def fetch_layer(web: Web, layer: Layer, *, where: str = "1=1", max_age_days: float = MONTH_DAYS) -> Fetched:
    """All rows of a layer: GeoJSON in longitude and latitude where it has shapes, else CSV under its own field names.

    Args:
        web: the settings of the run.
        layer: of `read_layer`.
        where: which rows, in the portal's SQL.
        max_age_days: of what the cache holds.

    Raises:
        InputError: fewer or more rows came than the service counts, or a row came twice.
    """

    def make(path: Path) -> None:
        count = _count(web, layer, where)
        rows = _pages(web, layer, where, count)
        received = _write_geojson(rows, path) if layer.shapes else _write_csv(rows, layer.fields, path)
        if received != count:
            raise DownloadError(
                f"Open Geography Portal: {layer.service} counts {count:,} rows, and {received:,} came: its answers were"
                f" cut short. Nothing was kept; run again."
            )
        logger.info("Open Geography Portal: %s, %d rows, all that it counts", layer.service, count)

    label = f"Open Geography Portal: {layer.service}"
    return fetch_made(web, f"{layer.query}?where={where}#all", make, max_age_days=max_age_days, label=label)


def service_fault(answer: Any) -> str:  # noqa: ANN401 - JSON is anything
    """A check of the portal's answers, which send errors inside HTTP 200; '' where there is none.

    Raises:
        TryAgain: the error is one that may pass.
        DownloadError: any other, with its code as the status.
    """
    if not isinstance(answer, dict):
        return "is not a JSON object, as the portal's answers are"
    error = answer.get("error")
    if not error:
        return ""
    code = int(error.get("code") or 0)
    details = "; ".join(str(detail) for detail in error.get("details") or [] if detail)
    said = f"{error.get('message') or 'no message'}{f' ({details})' if details else ''}"
    if code in _BUSY:
        raise TryAgain(f"the portal answered with the error {code}: {said}", status=code)
    raise DownloadError(f"answered with the error {code}: {said}", status=code)


# ---------------------------------------------------------------------------------------------------- pages


def _pages(web: Web, layer: Layer, where: str, count: int) -> Iterator[Sequence[dict[str, Any]]]:
    """The rows of page after page. What was received says where the next begins: a page may be shorter than asked."""
    if count > layer.most and not layer.paged:
        raise DownloadError(
            f"Open Geography Portal: {layer.service} gives {layer.most:,} rows at a time, has {count:,}, and does not"
            f" support pages (supportsPagination)."
        )
    received = empty = 0
    seen: set[object] = set()
    parameters: dict[str, object] = {"where": where, "outFields": "*", "orderByFields": layer.object_id}
    parameters |= {"outSR": 4326, "f": "geojson"} if layer.shapes else {"returnGeometry": "false", "f": "json"}
    while True:
        if layer.paged:
            parameters |= {"resultOffset": received, "resultRecordCount": layer.most}
        label = f"Open Geography Portal: {layer.service}, rows from {received:,} of {count:,}"
        answer = ask_json(web, layer.query, parameters=parameters, check=service_fault, label=label)
        rows = answer.get("features") or []
        codes = [_attributes(row).get(layer.object_id, row.get("id")) for row in rows]
        if twice := seen.intersection(codes) - {None}:
            raise DownloadError(f"{label}: row {layer.object_id} {min(map(str, twice))} came twice; its pages overlap.")
        seen.update(codes)
        received += len(rows)
        yield rows
        # Said at the top of JSON, and within the properties of GeoJSON.
        more = answer.get("exceededTransferLimit") or (answer.get("properties") or {}).get("exceededTransferLimit")
        empty = 0 if rows else empty + 1
        if empty == _EMPTY_PAGES or not (more or (rows and received < count and layer.paged)):
            return


def _count(web: Web, layer: Layer, where: str) -> int:
    answer = ask_json(
        web,
        layer.query,
        parameters={"where": where, "returnCountOnly": "true", "f": "json"},
        check=service_fault,
        label=f"Open Geography Portal: {layer.service} (count)",
    )
    count = answer.get("count")
    if not isinstance(count, int):
        raise DownloadError(f"Open Geography Portal: {layer.service} does not say how many rows it has ('count').")
    return count


def _write_geojson(pages: Iterator[Sequence[dict[str, Any]]], path: Path) -> int:
    received = 0
    with path.open("w", encoding="utf-8") as target:
        target.write('{"type": "FeatureCollection", "features": [')
        for rows in pages:
            for row in rows:
                target.write(",\n" if received else "\n")
                json.dump(row, target, ensure_ascii=False)
                received += 1
        target.write("\n]}\n")
    return received


def _write_csv(pages: Iterator[Sequence[dict[str, Any]]], fields: Sequence[str], path: Path) -> int:
    received = 0
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, fields, extrasaction="ignore", restval="")
        writer.writeheader()
        for rows in pages:
            for row in rows:
                writer.writerow({name: "" if value is None else value for name, value in _attributes(row).items()})
                received += 1
    return received


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a row, in JSON or GeoJSON."""
    return row.get("attributes") or row.get("properties") or {}


# ------------------------------------------------------------------------------------------- what there is


def _layer_url(service: str) -> str:
    return f"{BASE}/{service}/FeatureServer/0"


def _object_id(fields: Sequence[dict[str, Any]]) -> str:
    return next((str(field["name"]) for field in fields if field.get("type") == "esriFieldTypeOID"), "OBJECTID")


def _exists(web: Web, service: str) -> bool:
    try:
        read_layer(web, service)
    except DownloadError as error:
        if error.status in _GONE:
            return False
        raise
    return True


def _list_services(web: Web) -> list[str]:
    held = fetch_json(web, BASE, parameters={"f": "json"}, check=service_fault, label="Open Geography Portal: its list")
    services = held.get("services")
    if not services:
        raise DownloadError("Open Geography Portal: its list names no services.")
    return [str(entry["name"]).rpartition("/")[2] for entry in services if entry.get("type") == "FeatureServer"]


def _moved(layer: Layer, key: str) -> str:
    """The fields that the catalogue wants of a dataset and a service lacks, as a sentence; '' where it has all."""
    services = get_dataset(key).services
    wanted = services.fields if services else ()
    lacking = [
        pattern for pattern in wanted if not any(re.fullmatch(pattern, name, re.IGNORECASE) for name in layer.fields)
    ]
    if not lacking:
        return ""
    return (
        f"Open Geography Portal: {layer.service} lacks the field(s) {', '.join(lacking)} that '{key}' must have; it has"
        f" {shorten(layer.fields)}. Its publisher has changed it, or it is another dataset."
    )
