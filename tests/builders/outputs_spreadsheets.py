"""What the tests of outputs spreadsheets make, and others use."""

from __future__ import annotations

import pandas as pd

SOURCES = pd.DataFrame(
    {
        "section": ["crime", "boundaries"], "kind": ["police_uk", "wards"],
        "path": ["/a/b/2024-12.zip", "C:\\a\\WD_DEC_2024.geojson"], "bytes": [10, 20], "sha256": ["ab" * 32, "cd" * 32],
        "rows": pd.array([5, 6], dtype="Int64"), "dataset": ["Street-level crime", "Ward boundaries"],
        "publisher": ["data.police.uk", "ONS"], "licence": ["OGL", ""], "attribution": ["Contains A.", "Contains B."],
        "note": ["", "slivers"],
    }
)  # fmt: skip
