"""Small tables worked by hand, and where the real data are."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from builders.sources_workbook import write_xlsx
from shapely.geometry import box

from tipping_point.demo import files
from tipping_point.demo.city import make_demo
from tipping_point.pipeline import Results, analyse
from tipping_point.study import read_study

STUDIES = Path(__file__).parents[1] / "studies"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """No test reads or fills the cache of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIPPING_POINT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real open data; the test is skipped where it is not given."""
    folder = os.environ.get("TIPPING_POINT_REAL_DATA")
    if not folder:
        pytest.skip("TIPPING_POINT_REAL_DATA is not set: the real open data are not here")
    return Path(folder)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The synthetic city, written once for all tests; tests that change a file copy it first."""
    return make_demo(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="session")
def analysed_demo(demo) -> Results:
    """The whole analysis of the synthetic city, once for all tests; none of them may change it."""
    return analyse(read_study(demo.study))


@pytest.fixture(scope="session")
def merseyside(real_data) -> Results:
    """The whole analysis of the study of Merseyside, once for all tests."""
    return analyse(read_study(STUDIES / "merseyside.toml"))


@pytest.fixture(scope="session")
def london(real_data) -> Results:
    """The whole analysis of the study of London, once for all tests."""
    return analyse(read_study(STUDIES / "london.toml"))


@pytest.fixture
def lattice():
    """A function: a rows x columns block of square wards of one kilometre, coded row by row."""

    def make(rows: int, columns: int, **values: object) -> gpd.GeoDataFrame:
        cells = [(row, column) for row in range(rows) for column in range(columns)]
        codes = [f"E05{row:03d}{column:03d}" for row, column in cells]
        frame = gpd.GeoDataFrame(
            {
                "ward_name": [f"Ward {row}-{column}" for row, column in cells],
                "district_code": "E06000001",
                "district_name": "One District",
                "force_name": "One Force",
                "country": "England",
                "synthetic": False,
                "population": 10_000.0,
                "small_population": False,
                "months_covered": 12,
                "assessed": True,
                "not_assessed_reason": "",
            },
            geometry=[box(1000 * column, 1000 * row, 1000 * (column + 1), 1000 * (row + 1)) for row, column in cells],
            crs="EPSG:27700",
            index=pd.Index(codes, name="ward_code"),
        )
        for name, value in values.items():
            frame[name] = value
        return frame

    return make


@pytest.fixture(scope="session")
def city(demo):
    return demo.study.parent


@pytest.fixture(scope="session")
def residents(city):
    """LSOA code and residents of every small area, as the estimates would have them."""
    table = pd.read_csv(city / files.POPULATION)
    return list(zip(table["geography code"], table["Residence type: Total; measures: Value"], strict=True))


@pytest.fixture(scope="session")
def workbook(residents, tmp_path_factory):
    """The estimates in the publisher's layout: a sheet a year, the header on row 4."""
    head = [["Notes", None], [None, None], [None, None]]
    names = ["LAD 2023 Code", "LAD 2023 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total", "F0"]
    rows = [["E06990001", "A district", code, code, int(total), 1] for code, total in residents]
    old = [[*row[:4], 1, 1] for row in rows]
    sheets = {f"Mid-{year} LSOA 2021": [*head, names, *(rows if year == 2024 else old)] for year in (2022, 2023, 2024)}
    return write_xlsx(tmp_path_factory.mktemp("ons") / "sape.xlsx", sheets)
