from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders.sources_workbook import write_ods
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.sources.deprivation import DOMAINS, KINDS, read_deprivation
from tipping_point.tables import InputError, deprivation_transform

NAMES = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "housing_services": "Barriers to Housing and Services",
    "living_environment": "Living Environment",
    "crime": "Crime",
}
ENGLISH = {
    "income": 0.225, "employment": 0.225, "education": 0.135, "health": 0.135, "housing_services": 0.093,
    "living_environment": 0.093, "crime": 0.093,
}  # fmt: skip
WELSH_HEADER = [
    "LSOA code", "LSOA name (Eng)", "Local Authority name (Eng)", "WIMD 2019 ", "Income ", "Employment", "Health",
    "Education ", "Access to Services", "Housing", "Community Safety", "Physical Environment",
]  # fmt: skip


def english(prefix="E", *, year=2019, areas=4, ranks=None):
    """A small File 7: area n has rank n in every domain, unless given."""
    numbers = list(range(1, areas + 1))
    table = pd.DataFrame({f"LSOA code ({year})": [f"{prefix}0100000{n}" for n in numbers]})
    table[f"LSOA name ({year})"] = "A, 001A"
    table["Index of Multiple Deprivation (IMD) Score"] = [50.5 - n for n in numbers]
    table["Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived)"] = numbers
    for name in NAMES.values():
        table[f"{name} Score"] = 0.5
        table[f"{name} Rank (where 1 is most deprived)"] = ranks or numbers
        table[f"{name} Decile (where 1 is most deprived 10% of LSOAs)"] = 1
    return table


def save(table, path):
    table.to_csv(path, index=False, encoding="utf-8-sig")
    return path


def faults(path, kind="iod2019"):
    with pytest.raises(InputError) as caught:
        read_deprivation(path, kind=kind)
    return caught.value.faults


# ----------------------------------------------------------------------------------------------- transform


def test_transform_at_the_shares_of_the_technical_report():
    # R = .1, .5, .9, 1 of methods.md, section 8: ranks 10, 6, 2, 1 of ten.
    assert deprivation_transform([10, 6, 2, 1], 10) == pytest.approx([2.390260, 15.646790, 50.426654, 100], abs=5e-7)


@settings(deadline=None, max_examples=50)
@given(areas=st.integers(1, 5000))
def test_transform_falls_with_the_rank_within_its_scale(areas):
    scores = deprivation_transform(np.arange(1, areas + 1), areas)
    assert scores[0] == pytest.approx(100)
    assert (np.diff(scores) < 0).all()
    assert scores.min() > 0


def test_transform_keeps_missing_missing():
    assert np.isnan(deprivation_transform([np.nan, 1], 2)).tolist() == [True, False]


# ------------------------------------------------------------------------------------------------- England


@pytest.mark.parametrize(("kind", "year", "code"), [("iod2019", 2019, None), ("iod2025", 2021, "lsoa21_code")])
def test_file_7_by_hand(tmp_path, kind, year, code):
    year = 2011 if kind == "iod2019" else year
    table = english(year=year, areas=10)
    table.iloc[-1, 0] = "E01000099"
    read = read_deprivation(save(table, tmp_path / "a.csv"), kind=kind)
    assert list(read.columns) == [code or "lsoa11_code", *DOMAINS, "imd"]
    for domain in DOMAINS:
        assert read[domain].iloc[[9, 5, 1, 0]].tolist() == pytest.approx(
            [2.390260, 15.646790, 50.426654, 100], abs=5e-7
        )
    assert read["imd"].tolist() == [50.5 - n for n in range(1, 11)]
    assert read.attrs["weights"] == ENGLISH
    assert read.attrs["country"] == "England"
    assert read.attrs["imd_basis"] == "published"


def test_transformed_scores_of_file_9(tmp_path):
    table = pd.DataFrame({"LSOA code (2011)": ["E01000002", "E01000001"]})
    names = ["Income", "Employment", "Education", "Health", "Crime", "Barriers", "Living Environment"]
    for place, name in enumerate(names):
        table[f"{name} Score - exponentially transformed"] = [10.0 * (place + 1), 0.0]
    read = read_deprivation(save(table, tmp_path / "a.csv"), kind="iod2019")
    assert read["lsoa11_code"].tolist() == ["E01000001", "E01000002"]
    assert read.iloc[1][list(DOMAINS)].tolist() == [10, 20, 30, 40, 60, 70, 50]
    by_hand = 0.225 * (10 + 20) + 0.135 * (30 + 40) + 0.093 * (50 + 60 + 70)
    assert read["imd"].tolist() == pytest.approx([0, by_hand])
    assert read.attrs["imd_basis"] == "rebuilt from the domains with the published weights"


def test_tidied_ranks_equal_file_7(tmp_path):
    table = english(year=2011, ranks=[3, 1, 4, 2])
    tidied = pd.DataFrame({"lsoa11_code": table["LSOA code (2011)"]})
    for name in ["IMD", "Income", "Employment", "Education", "Health", "Crime", "Housing_and_Access", "Environment"]:
        tidied[f"{name}_decile"] = 1.0
        tidied[f"{name}_rank"] = [3.0, 1.0, 4.0, 2.0]
    one = read_deprivation(save(table, tmp_path / "a.csv"), kind="iod2019")
    two = read_deprivation(save(tidied, tmp_path / "b.csv"), kind="iod2019")
    pd.testing.assert_frame_equal(one.drop(columns="imd"), two.drop(columns="imd"), check_like=False)


def test_row_order_does_not_matter(tmp_path):
    table = english(year=2011)
    one = read_deprivation(save(table, tmp_path / "a.csv"), kind="iod2019")
    two = read_deprivation(save(table.iloc[::-1], tmp_path / "b.csv"), kind="iod2019")
    pd.testing.assert_frame_equal(one, two)


# --------------------------------------------------------------------------------------------------- Wales


def welsh(path, rows, header=WELSH_HEADER):
    return save(pd.DataFrame(rows, columns=header), path)


SCORES = ["W01000001", "A", "B", 19.2, 17.0, 23.9, 10.3, 13.4, 47.5, 16.1, 16.6, 0.6]


def test_welsh_scores_combine_access_and_housing(tmp_path):
    read = read_deprivation(welsh(tmp_path / "a.csv", [SCORES]), kind="wimd2019")
    assert read.iloc[0].to_dict() == {
        "lsoa11_code": "W01000001", "income": 17.0, "employment": 23.9, "education": 13.4, "health": 10.3,
        "housing_services": pytest.approx((10 * 47.5 + 7 * 16.1) / 17), "living_environment": 0.6, "crime": 16.6,
        "imd": 19.2,
    }  # fmt: skip
    weights = read.attrs["weights"]
    assert weights == {
        "income": 0.22, "employment": 0.22, "education": 0.14, "health": 0.15,
        "housing_services": pytest.approx(0.17), "living_environment": 0.05, "crime": 0.05,
    }  # fmt: skip
    # The published score is the weighted sum, to its one decimal.
    assert sum(read[domain].iloc[0] * weight for domain, weight in weights.items()) == pytest.approx(19.2, abs=0.05)
    assert read.attrs["country"] == "Wales"
    assert read.attrs["imd_basis"] == "published"


def test_welsh_ranks_are_told_from_scores(tmp_path):
    rows = [[f"W0100000{n}", "A", "B", n, *[n] * 8] for n in (1, 2)]
    read = read_deprivation(welsh(tmp_path / "a.csv", rows), kind="wimd2019")
    for domain in DOMAINS:
        assert read[domain].tolist() == pytest.approx([100, 15.646790], abs=5e-7)
    assert read["imd"].tolist() == pytest.approx([100, 15.646790], abs=5e-7)
    assert read.attrs["imd_basis"].startswith("rebuilt")


def test_wimd_2025_has_its_own_weights_and_small_areas(tmp_path):
    header = [name.replace("2019", "2025") for name in WELSH_HEADER]
    read = read_deprivation(welsh(tmp_path / "a.csv", [SCORES], header), kind="wimd2025")
    assert read.columns[0] == "lsoa21_code"
    assert read["housing_services"].iloc[0] == pytest.approx((10 * 47.5 + 9 * 16.1) / 19)
    assert read.attrs["weights"]["employment"] == 0.20
    assert sum(read.attrs["weights"].values()) == pytest.approx(1)


@pytest.mark.parametrize(("sheet", "notes"), [("WIMD_2019_ranks", 2), ("Data", 3)])
def test_the_original_workbooks(tmp_path, sheet, notes):
    # As published: notes above, blanks in the header, an empty last column.
    rows = [["Note"]] * notes + [[*WELSH_HEADER, None], [*SCORES, None]]
    path = write_ods(tmp_path / "a.ods", {"Cover": [["Welsh Index"]], sheet: rows})
    pd.testing.assert_frame_equal(
        read_deprivation(path, kind="wimd2019"),
        read_deprivation(welsh(tmp_path / "a.csv", [SCORES]), kind="wimd2019"),
    )


# -------------------------------------------------------------------------------------------------- faults


def change(column, value, row=1):
    def changed(table):
        table = table.astype({column: object})
        table.loc[row, column] = value
        return table

    return changed


INCOME = "Income Rank (where 1 is most deprived)"


@pytest.mark.parametrize(
    ("alter", "wanted"),
    [
        (change(INCOME, 0), f"'{INCOME}' has 0 on row 3; a rank is a whole number from 1"),
        (change(INCOME, 1.5), f"'{INCOME}' has 1.5 on row 3"),
        (change(INCOME, "first"), f"row 3 has 'first' in '{INCOME}', which is not a number"),
        (change("LSOA code (2011)", "E01000001"), "E01000001 on rows 2, 3"),
        (change("LSOA code (2011)", "W01000001"), "row 3 has 'W01000001', which is no small area of England"),
        (lambda table: table.drop(columns=INCOME), "is not of kind iod2019"),
        (lambda table: table.rename(columns={"LSOA code (2011)": "LSOA code (2021)"}), "the vintage given is lsoa11"),
        (lambda table: table.iloc[:0], "has no row under its header"),
    ],
)
def test_bad_tables(tmp_path, alter, wanted):
    path = save(alter(english(year=2011)), tmp_path / "a.csv")
    (fault,) = faults(path)
    assert str(path) in fault
    assert wanted in fault


def test_part_of_a_country_is_refused(tmp_path):
    path = save(english(year=2011).iloc[2:], tmp_path / "a.csv")
    told = faults(path)
    assert len(told) == 7
    assert "has ranks up to 4 for 2 areas: a part of a country" in told[0]


def test_scores_out_of_range(tmp_path):
    wrong = [*SCORES[:4], 101.5, *SCORES[5:]]
    assert (
        "'Income' has 101.5 on row 2; a transformed score is from 0 to 100"
        in faults(welsh(tmp_path / "a.csv", [wrong]), "wimd2019")[0]
    )


def test_kinds_are_not_mixed_up(tmp_path):
    assert f"'iod2030' is not known; allowed are {', '.join(KINDS)}" in faults(tmp_path / "a.csv", "iod2030")[0]
    path = welsh(tmp_path / "a.csv", [SCORES])
    assert "is not of kind wimd2025" in faults(path, "wimd2025")[0]
    assert "is not of kind iod2019" in faults(path, "iod2019")[0]
    assert "is not of kind wimd2019" in faults(save(english(year=2011), tmp_path / "b.csv"), "wimd2019")[0]
    (tmp_path / "c.csv").write_text("<html>")
    assert "is a web page" in faults(tmp_path / "c.csv")[0]


def test_a_missing_domain_stays_missing(tmp_path):
    rows = [[*SCORES[:4], None, *SCORES[5:]], ["W01000002", *SCORES[1:]]]
    read = read_deprivation(welsh(tmp_path / "a.csv", rows), kind="wimd2019")
    assert read["income"].isna().tolist() == [True, False]
    assert read["housing_services"].notna().all()


# ---------------------------------------------------------------------------------------------------- real


@pytest.mark.real
def test_real_iod2019_average_scores_of_districts(real_data):
    """Population-weighted mean score of districts as published in the summaries of the IoD 2019 (File 10)."""
    folder = real_data / "deprivation"
    read = read_deprivation(folder / "File_9_-_IoD2019_Transformed_Scores.csv", kind="iod2019")
    assert len(read) == 32_844
    people = pd.read_csv(folder / "File_6_-_IoD2019_Population_Denominators.csv", encoding="utf-8-sig").iloc[
        :, [0, 2, 4]
    ]
    people.columns = ["lsoa11_code", "district", "people"]
    both = read.merge(people, on="lsoa11_code", validate="1:1")
    sums = both.assign(score=both["imd"] * both["people"]).groupby("district")[["score", "people"]].sum()
    averages = sums["score"] / sums["people"]
    assert averages["E06000001"] == pytest.approx(35.0366926, abs=1e-4)
    assert averages["E06000002"] == pytest.approx(40.4603457, abs=1e-4)


@pytest.mark.real
def test_real_iod2019_ranks_give_the_published_scores(real_data):
    folder = real_data / "deprivation"
    scores = read_deprivation(folder / "File_9_-_IoD2019_Transformed_Scores.csv", kind="iod2019")
    ranks = read_deprivation(folder / "IoD2019_domain_ranks_deciles_lsoa11.csv", kind="iod2019")
    assert (scores["lsoa11_code"] == ranks["lsoa11_code"]).all()
    assert (scores[list(DOMAINS)] - ranks[list(DOMAINS)]).abs().max(axis=None) < 0.005


@pytest.mark.real
def test_real_iod2025_scores_are_rebuilt(real_data):
    read = read_deprivation(real_data / "deprivation" / "IoD2025_All_Ranks_Scores_Deciles.csv", kind="iod2025")
    assert len(read) == 33_755
    assert read.attrs["imd_basis"] == "published"
    rebuilt = sum(read[domain] * weight for domain, weight in read.attrs["weights"].items())
    assert (rebuilt - read["imd"]).abs().max() < 0.0007


@pytest.mark.real
def test_real_welsh_scores_and_ranks_agree(real_data):
    folder = real_data / "deprivation"
    scores = read_deprivation(folder / "wimd-2019-index-and-domain-scores-by-small-area.csv", kind="wimd2019")
    ranks = read_deprivation(next(folder.glob("welsh-index*ranks*.csv")), kind="wimd2019")
    assert len(scores) == len(ranks) == 1_909
    # Published to one decimal.
    assert (scores[[*DOMAINS, "imd"]] - ranks[[*DOMAINS, "imd"]]).abs().max(axis=None) < 0.05
