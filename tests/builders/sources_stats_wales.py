"""What the tests of sources stats wales make, and others use."""

from __future__ import annotations

from builders.sources_workbook import write_ods

DOMAINS = ["Income", "Employment", "Health", "Education", "Access to Services", "Housing", "Community Safety"]


def workbook(path, year=2019, sheet="WIMD_2019_ranks", skip=2, last="Physical Environment", step=1):
    """Header cells have trailing spaces, and the last column is empty, as published."""
    header = [
        "LSOA code",
        "LSOA name (Eng)",
        "Local Authority name (Eng)",
        f"WIMD {year} ",
        *(f"{d} " for d in DOMAINS),
    ]
    rows = [[f"W0100000{n}", f"Place {n}", "Isle of Anglesey", *[n * step] * 9, None] for n in (1, 2, 3)]
    notes = [["Notes"]] * skip
    return write_ods(path, {"Cover": [["A title"]], sheet: [*notes, [*header, last, ""], *rows]}).read_bytes()
