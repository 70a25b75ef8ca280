"""What the tests of sources gov uk make, and others use."""

from __future__ import annotations

import csv
import io

DOMAINS = (
    "Income", "Employment", "Education, Skills and Training", "Health Deprivation and Disability", "Crime",
    "Barriers to Housing and Services", "Living Environment",
)  # fmt: skip


def file_7(year=2025, areas=4, rank="{} Rank (where 1 is most deprived)"):
    """File 7 in its documented form; the ranks of every domain are those of the rows."""
    lsoa = {2019: 2011, 2025: 2021}[year]
    header = [f"LSOA code ({lsoa})", f"LSOA name ({lsoa})", "Index of Multiple Deprivation (IMD) Score"]
    header += [rank.format(domain) for domain in DOMAINS]
    rows = [[f"E0100000{n}", f"Somewhere 00{n}A", 10.5 + n, *[n] * len(DOMAINS)] for n in range(1, areas + 1)]
    csv.writer(buffer := io.StringIO()).writerows([header, *rows])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()
