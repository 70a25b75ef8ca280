"""The Welsh Index of Multiple Deprivation: workbooks of the Welsh Government, whose folder changes when revised."""

from __future__ import annotations

from pathlib import Path

from tipping_point.facts.catalogue import get_dataset
from tipping_point.fetch.download import MONTH_DAYS, Web
from tipping_point.fetch.published import choose_year, fetch_first, get_place, header_check


def fetch_welsh_index(web: Web, key: str, folder: Path, *, max_age_days: float = MONTH_DAYS) -> Path:
    """A Welsh index by small area, as the workbook that `read_deprivation` reads.

    Args:
        web: the settings of the run.
        key: of the catalogue: wimd2019 (ranks) or wimd2025 (scores).
        folder: where the file goes.
        max_age_days: of what the cache holds.

    Raises:
        DownloadError: it stands at none of its known addresses, or no sheet of it has the index and its eight domains.
    """
    place = get_place(key)
    addresses = place.addresses[choose_year(key, None)]
    label = get_dataset(key).title
    fetched = fetch_first(web, addresses, check=header_check(place), label=label, max_age_days=max_age_days)
    return fetched.deliver(folder / place.file)
