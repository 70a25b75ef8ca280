"""What the tests of outputs brief make, and others use."""

from __future__ import annotations

from tipping_point.outputs import report


def write(results, folder) -> str:
    path = report.write_report(
        results.wards, results.areas, results.cover, coverage=results.coverage,
        reconciliation=results.reconciliation, sources=results.sources,
        records={name: table for name, (table, _) in results.records.items()}, path=folder / "report.html",
    )  # fmt: skip
    return path.read_text(encoding="utf-8")
