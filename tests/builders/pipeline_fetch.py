"""What the tests of pipeline fetch make, and others use."""

from __future__ import annotations

import csv
import io
import json

from serving import Reply, ranged, redirect

from tipping_point.demo import files
from tipping_point.fetch import arcgis, gov_uk, police_archive
from tipping_point.pipeline.new_study import new_study

STORE = "https://policeuk-data.s3.amazonaws.com/archive"


INDEX = "https://assets.publishing.service.gov.uk/media/1/File_7_IoD2025_All_Ranks_Scores_Deciles.csv"


RESIDENTS = "https://www.ons.gov.uk/file"


SERVICES = {
    "ward_boundaries": "WD_DEC_2025_UK_BGC", "lookup_ward": "LSOA21_WD25_LAD25_EW_LU_v2",
    "lookup_force": "LAD25_CSP25_PFA25_EW_LU", "lookup_region": "LAD25_RGN25_EN_LU_v2",
}  # fmt: skip


REGION = "Harrowick"
"""The region of all districts has the name of one of them, so that the bare name is of two areas."""


SOURCES = 6


class Layer:
    """A feature service: pages of at most `most`, exceededTransferLimit where JSON and where GeoJSON has it."""

    most = 50

    def __init__(self, rows, shapes=()):
        self.rows = [{"OBJECTID": number, **row} for number, row in enumerate(rows, start=1)]
        self.shapes = shapes

    def describe(self, call):
        names = [name for name in self.rows[0] if name != "OBJECTID"]
        kind = {"geometryType": "esriGeometryPolygon"} if self.shapes else {}
        fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *({"name": name} for name in names)]
        return answer({
            "fields": fields, "objectIdField": "OBJECTID", "maxRecordCount": self.most,
            "advancedQueryCapabilities": {"supportsPagination": True}, **kind,
        })  # fmt: skip

    def query(self, call):
        if call.query.get("returnCountOnly") == "true":
            return answer({"count": len(self.rows)})
        start = int(call.query["resultOffset"])
        stop = min(start + min(int(call.query["resultRecordCount"]), self.most), len(self.rows))
        limit = {"exceededTransferLimit": True} if stop < len(self.rows) else {}
        page = self.rows[start:stop]
        if not self.shapes:
            return answer({"features": [{"attributes": row} for row in page], **limit})
        features = [
            {"type": "Feature", "id": row["OBJECTID"], "properties": row, "geometry": shape}
            for row, shape in zip(page, self.shapes[start:stop], strict=True)
        ]
        return answer({"type": "FeatureCollection", "features": features, "properties": limit})


def answer(held):
    return Reply(json.dumps(held).encode())


def read_rows(path):
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    return [{name: value for name, value in row.items() if name != "ObjectId"} for row in rows]


def publish_portal(server, city):
    features = json.loads((city / files.BOUNDARIES).read_text())["features"]
    force = read_rows(city / files.FORCE_LOOKUP)
    layers = {
        "ward_boundaries": Layer([each["properties"] for each in features], [each["geometry"] for each in features]),
        "lookup_ward": Layer(read_rows(city / files.WARD_LOOKUP)),
        "lookup_force": Layer(force),
        "lookup_region": Layer(
            [{"LAD25CD": row["LAD25CD"], "LAD25NM": row["LAD25NM"], "RGN25CD": "E12999999", "RGN25NM": REGION}
             for row in force]
        ),
    }  # fmt: skip
    server.route(arcgis.BASE, answer({"services": [{"name": n, "type": "FeatureServer"} for n in SERVICES.values()]}))
    for key, layer in layers.items():
        server.route(f"{arcgis.BASE}/{SERVICES[key]}/FeatureServer/0", layer.describe)
        server.route(f"{arcgis.BASE}/{SERVICES[key]}/FeatureServer/0/query", layer.query)


def publish_index(server, content, **traps):
    page = f"{gov_uk.CONTENT}/government/statistics/english-indices-of-deprivation-2025"
    server.route(
        page,
        answer(
            {"details": {"attachments": [{"title": "File 7: all ranks", "url": INDEX, "content_type": "text/csv"}]}}
        ),
    )
    server.route(INDEX, ranged(content, **traps))


def publish(server, city, workbook):
    publish_portal(server, city)
    publish_index(server, (city / files.DEPRIVATION).read_bytes())
    for name in ("latest", "2025-12"):
        server.route(f"{police_archive.BASE}/{name}.zip", redirect(f"{STORE}/2025-12.zip"))
    server.route(f"{STORE}/2025-12.zip", ranged((city / files.CRIME).read_bytes()))
    server.route(RESIDENTS, workbook.read_bytes())


def write(web):
    text = new_study(["Saltmere"], web=web, ward_year=2025)
    quick = "\n[firmness]\nsimulations = 20\nselections = 2\n"
    return text.replace("permutations = 9999", "permutations = 199") + quick


def place(text, folder):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path
