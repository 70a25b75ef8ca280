"""What the tests of outputs report make, and others use."""

from __future__ import annotations

import pandas as pd

from builders.outputs_tables import COVERAGE, RECONCILIATION
from tipping_point.outputs import report

SOURCES = pd.DataFrame(
    {
        "section": ["sources.crime", "sources.boundaries"],
        "kind": ["police_uk", "wards"],
        "path": ["/secret/home/2024.zip", "C:\\secret\\wards.geojson"],
        "bytes": [10, 20],
        "sha256": ["0123456789abcdef" * 4, None],
        "rows": pd.array([120, None], dtype="Int64"),
        "dataset": ["Street-level crime", ""],
        "publisher": ["data.police.uk", ""],
        "licence": ["OGL v3.0", ""],
        "attribution": ["x", ""],
        "note": ["", "older than the crimes"],
    }
)


def write(folder, wards, areas, cover, **changes):
    given = {"coverage": COVERAGE, "reconciliation": RECONCILIATION, "sources": SOURCES} | changes
    path = report.write_report(wards, areas, cover, path=folder / "report.html", **given)
    return path.read_text(encoding="utf-8")
