"""Counts of wards over the offences published for community safety partnerships, and all that does not fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.calibration import calibrate_counts
from tipping_point.measures.partnerships import (
    APART,
    COLUMNS,
    COMPARED,
    IN_PART,
    NO_PARTNERSHIP,
    NOT_IN_LOOKUP,
    NOT_PUBLISHED,
    UNASSIGNED,
    calibrate_partnerships,
    explain_partnerships,
    plain,
)
from tipping_point.tables import InputError, months_between
from tipping_point.tables.records import RECORDED_CRIME_PARTNERSHIPS

YEAR = months_between("2024-04", "2025-03")
QUARTERS = ("2024-04", "2024-07", "2024-10", "2025-01")
MEMBERS = pd.DataFrame(
    [
        ("E07000105", "Ashford", "Ashford", "Kent"),
        ("E07000112", "Folkestone and Hythe", "Shepway", "Kent"),
        ("E07000107", "Dartford", "Dartford and Gravesham", "Kent"),
        ("E07000109", "Gravesham", "Dartford and Gravesham", "Kent"),
        ("E06000060", "Buckinghamshire", "Chiltern", "Thames Valley"),
        ("E06000060", "Buckinghamshire", "Wycombe", "Thames Valley"),
        ("E06000058", "Bournemouth, Christchurch and Poole", "Bournemouth", "Dorset"),
        ("E06000058", "Bournemouth, Christchurch and Poole", "Dorset", "Dorset"),
        ("E06000059", "Dorset", "Dorset", "Dorset"),
    ],
    columns=["district_code", "district_name", "partnership", "force_name"],
)


def wards_of(*districts):
    """Two wards for each district, their force by the lookup."""
    known = MEMBERS.drop_duplicates("district_name").set_index("district_name")
    rows = [
        (f"E05{place:05d}{number}", known["district_code"].get(name, ""), name, known["force_name"].get(name, "Kent"))
        for place, name in enumerate(districts)
        for number in (1, 2)
    ]
    columns = ["ward_code", "district_code", "district_name", "force_name"]
    return pd.DataFrame(rows, columns=columns).set_index("ward_code")


def counts_of(wards, *, burglary=10.0, drugs=10.0):
    """So many in each ward and month, and anti-social behaviour that nobody publishes."""
    kinds = {"Burglary": burglary, "Drugs": drugs, "Anti-social behaviour": 99.0}
    rows = [(code, month, kind, value) for code in wards.index for month in YEAR for kind, value in kinds.items()]
    return pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"])


def published(force, *names, burglary=60.0, drugs=60.0, quarters=QUARTERS):
    """A quarter's offences of each partnership; 60 are what two wards with 10 a month have."""
    rows = [(force, name, quarter, kind, value) for name in names for quarter in quarters
            for kind, value in (("Burglary", burglary), ("Drugs", drugs), ("", 1e6))]  # fmt: skip
    return pd.DataFrame(rows, columns=["force", "partnership", "quarter", "crime_type", "offences"])


def ratios(table):
    return {(row.partnership, row.crime_type): row.ratio for row in table.itertuples() if row.match == COMPARED}


def test_ratios_by_hand():
    wards = wards_of("Ashford", "Folkestone and Hythe")
    told = pd.concat([
        published("kent", "Ashford"), published("kent", "Folkestone & Hythe", burglary=120.0),
        published("essex", "Basildon"),
    ])  # fmt: skip
    table = calibrate_partnerships(counts_of(wards), told, wards, MEMBERS)
    assert tuple(table.columns) == COLUMNS
    assert [column.name for column in RECORDED_CRIME_PARTNERSHIPS] == list(COLUMNS)
    # 2 wards x 10 a month; 60 and 120 a quarter published: 20 and 40 a month.
    assert ratios(table) == {
        ("Ashford", "Burglary"): 1, ("Ashford", "Drugs"): 1, ("Ashford", "all"): 1,
        ("Shepway", "Burglary"): 0.5, ("Shepway", "Drugs"): 1, ("Shepway", "all"): 40 / 60,
    }  # fmt: skip
    assert table["far"].tolist() == [False, False, False, True, False, True]
    assert (set(table["start"]), set(table["end"]), set(table["months"])) == ({"2024-04"}, {"2025-03"}, {12})
    assert explain_partnerships(table) == (
        "Kent: in 1 of 2 community safety partnerships crimes placed in wards are far from the offences that the Home"
        " Office publishes for the same quarters (ratio of ours to theirs: Shepway 0.67), and 1 of 4 ratios by type of"
        " crime are (recorded_crime_partnerships.csv): counts there are to be read with care.",
    )


def test_a_type_that_is_far_is_said_even_where_all_together_are_not():
    wards = wards_of("Ashford")
    table = calibrate_partnerships(
        counts_of(wards), published("kent", "Ashford", burglary=80, drugs=40), wards, MEMBERS
    )
    assert table["far"].tolist() == [True, True, False]
    assert explain_partnerships(table) == (
        "Kent: in 0 of 1 community safety partnerships crimes placed in wards are far from the offences that the Home"
        " Office publishes for the same quarters, and 2 of 2 ratios by type of crime are"
        " (recorded_crime_partnerships.csv): counts there are to be read with care.",
    )


def test_a_partnership_of_several_districts_is_compared_with_all_of_them():
    wards = wards_of("Dartford", "Gravesham")
    table = calibrate_partnerships(
        counts_of(wards), published("kent", "Dartford and Gravesham", burglary=120.0, drugs=120.0), wards, MEMBERS
    )
    assert ratios(table)["Dartford and Gravesham", "all"] == 1
    assert set(table["districts"]) == {"Dartford; Gravesham"}


def test_a_part_of_a_partnership_is_not_compared_and_that_is_said():
    wards = wards_of("Dartford", "Ashford")
    table = calibrate_partnerships(
        counts_of(wards), published("kent", "Dartford and Gravesham", "Ashford"), wards, MEMBERS
    )
    row = table[table["partnership"] == "Dartford and Gravesham"].squeeze()
    assert row["match"] == IN_PART
    assert np.isnan(row["ratio"])
    assert row["published"] == 40
    assert explain_partnerships(table) == (
        "Kent: not compared by partnership, partly outside the study: Dartford and Gravesham.",
    )


@pytest.mark.parametrize("names", [("Chiltern", "Wycombe"), ("Buckinghamshire",)])
def test_a_district_of_former_ones_by_their_partnerships_or_by_its_own_name(names):
    wards = wards_of("Buckinghamshire")
    told = published("thames-valley", *names, burglary=60.0 / len(names), drugs=60.0 / len(names))
    table = calibrate_partnerships(counts_of(wards), told, wards, MEMBERS)
    assert ratios(table)["Chiltern; Wycombe", "all"] == 1


def test_a_place_of_which_a_part_alone_is_published_has_no_ratio():
    wards = wards_of("Buckinghamshire")
    table = calibrate_partnerships(counts_of(wards), published("thames-valley", "Chiltern"), wards, MEMBERS)
    assert table[["partnership", "match"]].to_numpy().tolist() == [["Chiltern; Wycombe", NOT_PUBLISHED]]
    both = published("thames-valley", "Chiltern", "Wycombe", "Buckinghamshire")
    assert set(calibrate_partnerships(counts_of(wards), both, wards, MEMBERS)["match"]) == {NOT_PUBLISHED}, "twice"
    # A quarter in which a part is missing is out; the others stay.
    late = pd.concat([
        published("thames-valley", "Chiltern", burglary=30, drugs=30),
        published("thames-valley", "Wycombe", burglary=30, drugs=30, quarters=QUARTERS[1:]),
    ])  # fmt: skip
    table = calibrate_partnerships(counts_of(wards), late, wards, MEMBERS)
    assert set(table["months"]) == {9}
    assert ratios(table)["Chiltern; Wycombe", "all"] == 1


def test_districts_and_partnerships_that_hang_together_are_one_place():
    wards = wards_of("Bournemouth, Christchurch and Poole", "Dorset")
    for names in (("Bournemouth", "Dorset"), ("Bournemouth, Christchurch and Poole", "Dorset")):
        table = calibrate_partnerships(counts_of(wards), published("dorset", *names), wards, MEMBERS)
        assert set(table["partnership"]) == {"Bournemouth; Dorset"}
        assert ratios(table)["Bournemouth; Dorset", "all"] == 1


def test_names_that_do_not_match_are_reported():
    wards = wards_of("Ashford", "Thanet")
    told = published("kent", "Ashford", "Unassigned Kent", "Atlantis")
    table = calibrate_partnerships(counts_of(wards), told, wards, MEMBERS)
    odd = table[table["match"] != COMPARED].set_index("match")
    assert odd.loc[UNASSIGNED, "partnership"] == "Unassigned Kent"
    assert odd.loc[NOT_IN_LOOKUP, "partnership"] == "Atlantis"
    assert odd.loc[NO_PARTNERSHIP, "districts"] == "Thanet"
    assert odd["ratio"].isna().all()
    said = " ".join(explain_partnerships(table))
    assert "Kent: 33.3% of the offences that the Home Office publishes by partnership are of none" in said
    assert "Kent: not compared by partnership, published, in no lookup: Atlantis." in said
    assert "district without a partnership in the lookups: Thanet." in said


def test_only_whole_quarters_that_are_covered():
    wards = wards_of("Ashford")
    counts = counts_of(wards)
    counts.loc[counts["month"] == "2024-05", "crimes"] = np.nan
    table = calibrate_partnerships(counts, published("kent", "Ashford"), wards, MEMBERS)
    assert (set(table["start"]), set(table["months"])) == ({"2024-07"}, {9})
    early = published("kent", "Ashford", quarters=("2017-04",))
    table = calibrate_partnerships(counts, early, wards, MEMBERS)
    assert table[["match", "months"]].to_numpy().tolist() == [[APART, 0]]
    assert table["ratio"].isna().all()


def test_a_suppressed_number_is_not_nought_and_few_give_no_ratio():
    wards = wards_of("Ashford")
    told = published("kent", "Ashford", drugs=20.0)
    table = calibrate_partnerships(counts_of(wards), told, wards, MEMBERS).set_index("crime_type")
    assert np.isnan(table.loc["Drugs", "ratio"]), "80 offences"
    told.loc[(told["crime_type"] == "Burglary") & (told["quarter"] == "2024-07"), "offences"] = np.nan
    table = calibrate_partnerships(counts_of(wards), told, wards, MEMBERS)
    assert table["ratio"].isna().all()
    assert not table["far"].any()


def test_districts_by_name_where_their_code_changed():
    wards = wards_of("Ashford").assign(district_code="E07999999")
    table = calibrate_partnerships(counts_of(wards), published("kent", "Ashford"), wards, MEMBERS)
    assert set(table["match"]) == {COMPARED}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Shepway", "Folkestone & Hythe"), ("Northern Devon", "North Devon"), ("City of York", "York"),
        ("Bristol, City of", "Bristol"), ("Herefordshire, County of", "Herefordshire"), ("St. Helens", "St Helens"),
        ("Cwm Taf Community Safety Partnership", "Cwm Taf"), ("Stratford-on-Avon", "Stratford on Avon CSP"),
    ],
)  # fmt: skip
def test_names_that_two_publishers_write_in_two_ways(name, other):
    assert plain(name) == plain(other)
    assert plain(name) != plain(f"West {other}")


def test_totals_of_a_force_are_not_counted_twice_beside_its_partnerships():
    wards = wards_of("Ashford")
    both = pd.concat([published("kent", "Ashford"), published("kent", "", burglary=60.0)])
    for told in (both, both[both["partnership"] != ""]):
        table = calibrate_counts(counts_of(wards), told, wards)
        assert table["ratio"].tolist() == [1, 1, 1]


def test_bad_input():
    wards = wards_of("Ashford")
    counts = counts_of(wards)
    with pytest.raises(InputError, match="names no community safety partnership"):
        calibrate_partnerships(counts, published("kent", ""), wards, MEMBERS)
    with pytest.raises(InputError, match=r"lookup of partnerships: lacks the column\(s\) partnership"):
        calibrate_partnerships(counts, published("kent", "Ashford"), wards, MEMBERS.drop(columns="partnership"))
    with pytest.raises(InputError, match="1 wards of the counts are not in the table of wards"):
        calibrate_partnerships(counts, published("kent", "Ashford"), wards.iloc[1:], MEMBERS)


@pytest.mark.real
def test_every_district_of_the_real_lookup_is_in_one_place(real_data):
    table = pd.read_csv(real_data / "lookups" / "lookup_ltla24_csp24_pfa24.csv", dtype=str)
    members = table.set_axis([
        "district_code", "district_name", "partnership_code", "partnership", "force_code", "force_name",
    ], axis=1)  # fmt: skip
    firsts = members.drop_duplicates("district_code")
    wards = firsts.assign(ward_code=firsts["district_code"].str.replace("E0", "E05")).set_index("ward_code")
    counts = counts_of(wards)
    told = pd.concat([
        published("dorset", "Bournemouth, Christchurch and Poole", "Dorset"),
        published("suffolk", "Western Suffolk", "Ipswich", "Unassigned Suffolk"),
    ])  # fmt: skip
    result = calibrate_partnerships(counts, told, wards, members)
    places = result[["partnership", "districts"]].drop_duplicates()
    assert sum(len(names.split("; ")) for names in places["districts"] if names) == firsts["district_name"].nunique()
    assert ratios(result)["Bournemouth; Dorset; Poole", "all"] == 0.5
    assert ratios(result)["Western Suffolk", "all"] == 1.5
    assert result.loc[result["partnership"] == "Suffolk Coastal; Waveney", "match"].tolist() == [NOT_PUBLISHED]
