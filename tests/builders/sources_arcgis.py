"""What the tests of sources arcgis make, and others use."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from serving import Reply

from tipping_point.fetch.arcgis import BASE


@dataclass
class Service:
    """A layer as formats.md describes it; the switches are its traps."""

    fields: tuple[str, ...]
    rows: list[dict[str, object]]
    shapes: bool = False
    most: int = 4
    paged: bool = True
    says: object = None
    """What returnCountOnly says; by default what is true."""
    short: int | None = None
    """Rows of a page, fewer than asked for and than allowed."""
    flag: bool = True
    """Whether exceededTransferLimit is sent."""
    stops_at: int | None = None
    """No rows after this one, without a word."""
    empty_first: int = 0
    """Pages without a row that still say there is more, before the first."""
    failures: list[dict[str, object]] = field(default_factory=list)
    """Errors inside HTTP 200, sent first."""
    shift: int = 0
    """Pages that begin so many rows too early."""

    def answer(self, call):
        if self.failures:
            return Reply(json.dumps({"error": self.failures.pop(0)}).encode())
        return Reply(json.dumps(self._json(call.query, call.path)).encode())

    def _json(self, query, path):
        if not path.endswith("/query"):
            described = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}]
            described += [{"name": name, "type": "esriFieldTypeString"} for name in self.fields]
            shape = {"geometryType": "esriGeometryPolygon"} if self.shapes else {}
            return {
                "name": "layer", "fields": described, "objectIdField": "OBJECTID", "maxRecordCount": self.most,
                "advancedQueryCapabilities": {"supportsPagination": self.paged}, **shape,
            }  # fmt: skip
        if query.get("returnCountOnly") == "true":
            return {"count": len(self.rows) if self.says is None else self.says}
        assert query["orderByFields"] == "OBJECTID"
        assert query["outFields"] == "*"
        start = max(0, int(query.get("resultOffset", 0)) - self.shift)
        wanted = int(query.get("resultRecordCount", self.most))
        stop = min(start + min(self.short or wanted, self.most), self.stops_at or len(self.rows))
        more = self.flag and stop < (self.stops_at or len(self.rows))
        page = self.rows[start:stop]
        if self.empty_first:
            self.empty_first -= 1
            page, more = [], True
        numbered = [{"OBJECTID": start + place + 1, **row} for place, row in enumerate(page)]
        if query["f"] == "geojson":
            assert query["outSR"] == "4326"
            features = [
                {"type": "Feature", "id": row["OBJECTID"], "geometry": _square(row["OBJECTID"]), "properties": row}
                for row in numbered
            ]
            extra = {"properties": {"exceededTransferLimit": True}} if more else {}
            return {"type": "FeatureCollection", "features": features, **extra}
        assert query["returnGeometry"] == "false"
        extra = {"exceededTransferLimit": True} if more else {}
        return {"objectIdFieldName": "OBJECTID", "features": [{"attributes": row} for row in numbered], **extra}


def _square(number):
    west, south = -2.9 + 0.01 * number, 53.4
    corners = [(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]}


def wards(count=10, year=23, **traps):
    fields = (f"WD{year}CD", f"WD{year}NM", f"LAD{year}CD", f"LAD{year}NM")
    rows = [
        dict(zip(fields, (f"E05{n:06d}", f"Ward, {n}", "E08000012", "Liverpool"), strict=True)) for n in range(count)
    ]
    return Service(fields, rows, shapes=True, **traps)


def lookup(count=10, **traps):
    fields = ("LSOA21CD", "LSOA21NM", "LSOA21NMW", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM")
    values = ("E01{n:06d}", "Liverpool {n}", None, "E05000001", 'The "Ward"', "E08000012", "Liverpool")
    rows = [
        dict(zip(fields, (value and value.format(n=n) for value in values), strict=True)) for n in range(count)
    ]  # fmt: skip
    return Service(fields, rows, **traps)


def publish(server, name, service, **listed):
    server.route(f"{BASE}/{name}/FeatureServer/0", service.answer)
    server.route(f"{BASE}/{name}/FeatureServer/0/query", service.answer)
