"""What is odd about the files of police.uk, case by case.

Here are the oddities that concern several modules. Those of one stand with it: in test_sources_crime byte order marks,
line ends, orders of columns, blanks in quotes, the header and the crime types of earlier years, months that are not the
file's, 0,0 for a crime without a map point, identical rows, damage of every kind; in test_sources_archives outcomes and
stop-and-search beside the street files, and one force-month in several archives; in test_wards_points points that lie
in another ward than their code says; in test_wards_coverage months that are absent, thin or known not to be published.
"""

from __future__ import annotations

import pandas as pd
import pytest
from builders.sources_crime import HEADER, archive, name, row, text

from tipping_point.facts.known_gaps import read_known_gaps
from tipping_point.sources.crime import read_street_crimes
from tipping_point.tables import NOT_TERRITORIAL, force_slug
from tipping_point.wards.counts import count_crimes, place_crimes
from tipping_point.wards.coverage import add_coverage, build_coverage
from tipping_point.wards.unplaced import bound_unplaced
from tipping_point.wards.vintages import build_membership, find_code_wards

LOOKUP = pd.DataFrame(
    {
        "lsoa21_code": ["E01000001", "E01030001", "E01030002"],
        "ward24_code": ["E05000001", "E05000001", "E05000002"],
        "ward24_name": ["Alder", "Alder", "Beech"],
    }
)
# 0001 unchanged; 0002 split, 60 and 40 residents.
CHANGES = pd.DataFrame(
    {
        "lsoa11_code": ["E01000001", "E01000002", "E01000002"],
        "lsoa21_code": ["E01000001", "E01030001", "E01030002"],
    }
)
RESIDENTS = pd.DataFrame({"lsoa21_code": LOOKUP["lsoa21_code"], "population": [100.0, 60.0, 40.0]})


@pytest.fixture
def wards(lattice):
    frame = lattice(1, 2).drop(columns=["months_covered", "assessed", "not_assessed_reason"])
    frame.index = pd.Index(["E05000001", "E05000002"], name="ward_code")
    return frame.assign(force_name=["Devon & Cornwall", "Dyfed-Powys"])


def read(tmp_path, members, *, start="2023-05", end="2023-06"):
    return read_street_crimes([archive(tmp_path / f"{end}.zip", members)], start=start, end=end)


def counted(wards, read, months=("2023-05", "2023-06"), gaps=None):
    codes = find_code_wards(build_membership([LOOKUP], ward_year=2024), [LOOKUP, CHANGES], [RESIDENTS])
    coverage = build_coverage(read.files, wards, months=list(months), gaps=gaps)
    placed = place_crimes(read.counts, codes["ward_code"], wards.index, tables=[LOOKUP, CHANGES])
    types = sorted(read.counts["crime_type"].unique())
    return count_crimes(placed, wards, coverage, crime_types=types), coverage


def test_one_archive_mixes_codes_of_2011_and_2021_and_each_row_is_told_by_its_own(wards, tmp_path):
    """From June 2023 small areas are those of 2021; a month keeps the codes that it was first published with."""
    crimes = read(
        tmp_path,
        {
            name("dyfed-powys", "2023-05"): text(*[row(place="E01000002", month="2023-05")] * 3),
            name("dyfed-powys", "2023-06"): text(
                row(place="E01000001", month="2023-06"), *[row(place="E01030002", month="2023-06")] * 2
            ),
        },
    )
    counts = counted(wards, crimes)[0].counts.set_index(["ward_code", "month"])["rows_placed"]
    assert counts.to_dict() == {
        ("E05000001", "2023-05"): 3, ("E05000001", "2023-06"): 1,
        ("E05000002", "2023-05"): 0, ("E05000002", "2023-06"): 2,
    }  # fmt: skip


def test_the_same_identity_in_two_months_and_none_at_all_are_as_many_crimes_as_rows(tmp_path):
    """Identities repeat from month to month, and anti-social behaviour never has one."""
    nameless = row("Anti-social behaviour").replace("abc,", ",", 1).replace("Under investigation", "")
    crimes = read(
        tmp_path,
        {
            name(month="2019-01"): text(row(), *[nameless] * 4),
            name(month="2019-02"): text(row(month="2019-02")),
        },
        start="2019-01", end="2019-02",
    )  # fmt: skip
    assert crimes.counts.groupby("crime_type", observed=True)["crimes"].sum().to_dict() == {
        "Anti-social behaviour": 4, "Burglary": 2,
    }  # fmt: skip


def test_a_refresh_with_fewer_rows_replaces_the_months_of_an_earlier_archive(tmp_path):
    first = archive(tmp_path / "2019-01.zip", {name(): text(*[row()] * 5)})
    later = archive(tmp_path / "2019-02.zip", {name(): text(row("Drugs")), name(month="2019-02"): text(
        row(month="2019-02"))})  # fmt: skip
    crimes = read_street_crimes([later, first], start="2019-01", end="2019-02")
    assert crimes.files["rows"].tolist() == [1, 1]
    assert set(crimes.files["archive"]) == {str(later)}
    assert "also in 2019-01.zip" in crimes.files["note"].iloc[0]


def test_a_force_records_crimes_in_anothers_wards_and_the_wards_own_force_says_what_is_covered(wards, tmp_path):
    """About four in a thousand rows, and every row of the transport police: the ward has them, its force the months."""
    crimes = read(
        tmp_path,
        {
            name("devon-and-cornwall", "2023-05"): text(row(month="2023-05"), row(place="E01030002", month="2023-05")),
            name("dyfed-powys", "2023-05"): text(row(place="E01030002", month="2023-05")),
            name("btp", "2023-05"): text(row(place="E01030002", month="2023-05"), row(place="", month="2023-05")),
            name("devon-and-cornwall", "2023-06"): text(row(place="E01030002", month="2023-06")),
        },
    )
    found, coverage = counted(wards, crimes)
    counts = found.counts.set_index(["ward_code", "month"])
    assert counts.loc[("E05000002", "2023-05"), "crimes"] == 3
    assert pd.isna(counts.loc[("E05000002", "2023-06"), "crimes"])
    assert counts.loc[("E05000002", "2023-06"), "rows_placed"] == 1
    account = found.reconciliation.set_index(["force", "month"])
    assert account.loc[("btp", "2023-05"), ["rows_in", "placed", "no_place"]].tolist() == [2, 1, 1]
    assert account.loc[("devon-and-cornwall", "2023-06"), "placed_not_covered"] == 1
    # No file of the transport police in June, and no ward is the less covered for it.
    assert add_coverage(wards, coverage)["months_covered"].tolist() == [2, 1]


def test_northern_ireland_never_has_a_small_area_and_is_no_force_of_a_ward(wards, tmp_path):
    ireland = [row(place="", month="2023-05", x="-5.9", y="54.6")] * 4
    crimes = read(
        tmp_path,
        {
            name("northern-ireland", "2023-05"): text(*ireland),
            name("devon-and-cornwall", "2023-05"): text(*[row(month="2023-05")] * 3, row(place="", month="2023-05")),
        },
        end="2023-05",
    )
    found, coverage = counted(wards, crimes, months=["2023-05"])
    assert found.counts["rows_placed"].sum() == 3
    bounds = bound_unplaced(coverage, found.counts, wards)
    assert bounds["force_name"].tolist() == ["Devon & Cornwall"]
    assert bounds["share_without_place"].tolist() == [0.25]


def test_what_greater_manchester_does_not_publish_is_missing_with_its_reason_and_never_nought(lattice):
    files = pd.DataFrame(columns=["force", "month", "rows", "rows_without_place", "damaged"])
    files = files.astype({"damaged": bool, "rows": int, "rows_without_place": int})
    wards = lattice(1, 1, force_name="Greater Manchester")
    months = ["2019-06", "2019-07"]
    coverage = build_coverage(files, wards, months=months, gaps=read_known_gaps()).set_index("month")
    assert coverage["status"].tolist() == ["missing", "missing"]
    assert coverage.at["2019-06", "reason"] == "no file"
    assert "has published no crimes since July 2019" in coverage.at["2019-07", "reason"]
    counts = count_crimes(
        pd.DataFrame(columns=["force", "month", "ward_code", "crime_type", "crimes", "loss"]).astype({"crimes": int}),
        wards, coverage.reset_index(), crime_types=["Robbery"],
    ).counts  # fmt: skip
    assert counts["crimes"].isna().all()


def test_streets_in_title_case_with_commas_and_quotes_are_read_over(tmp_path):
    odd = [row(location=place) for place in ("On or near Brown'S Edge Road", '"On or near A, B"', "No Location")]
    assert read(tmp_path, {name(): text(*odd)}, start="2019-01", end="2019-01").files["rows"].tolist() == [3]


def test_stop_and_search_has_latitude_first_and_is_not_taken_for_crimes(tmp_path):
    stops = "Type,Date,Latitude,Longitude\nPerson search,2019-01-01T00:40:00+00:00,53.4,-2.9\n"
    members = {name(): text(row()), name(kind="stop-and-search"): stops, name(kind="outcomes"): f"{HEADER}\n"}
    crimes = read(tmp_path, members, start="2019-01", end="2019-01")
    assert crimes.files["file"].tolist() == [name()]


@pytest.mark.parametrize(
    ("official", "file"),
    [
        ("Metropolitan Police", "metropolitan"), ("London, City of", "city-of-london"),
        ("Devon & Cornwall", "devon-and-cornwall"), ("Dyfed-Powys", "dyfed-powys"),
        ("Avon and Somerset", "avon-and-somerset"), ("Greater Manchester", "greater-manchester"),
        ("West Mercia", "west-mercia"), ("Merseyside", "merseyside"),
    ],
)  # fmt: skip
def test_the_official_name_of_a_force_leads_to_its_files(official, file):
    assert force_slug(official) == file
    assert file not in NOT_TERRITORIAL
