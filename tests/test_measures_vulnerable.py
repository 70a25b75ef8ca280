"""The Vulnerable Localities Index: by hand, its bases and rules, proxies, refusals, and London."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.measures.index import add_index
from tipping_point.measures.vulnerable import (
    CRIME_PARTS,
    NEIGHBOURHOODS_ABOVE,
    PARTS,
    add_crime_parts,
    share_of,
    vli_components,
    vulnerable_localities,
)
from tipping_point.sources.census import read_census
from tipping_point.sources.indicators import read_indicator
from tipping_point.tables import InputError, months_between

COLUMNS = {part: f"rate_{part}" for part in PARTS}


@pytest.fixture
def place(lattice):
    def make(number, **values):
        rates = {f"rate_{part}": np.arange(1.0, number + 1) for part in PARTS}
        return lattice(1, number, **{**rates, **values})

    return make


def test_an_index_by_hand(place):
    wards = place(2, population=[1000.0, 3000.0], rate_burglary=[10.0, 30.0], rate_income=[0.1, 0.3])
    # area-wide: (10 x 1000 + 30 x 3000)/4000 = 25; the others 1.75
    result = vulnerable_localities(wards, columns=COLUMNS)
    assert result["vli_burglary"].tolist() == pytest.approx([40, 120])
    assert result["vli_income"].tolist() == pytest.approx([40, 120])
    assert result["vli_young"].tolist() == pytest.approx([100 / 1.75, 200 / 1.75])
    assert result["vli_score"].tolist() == pytest.approx([(80 + 400 / 1.75) / 6, (240 + 800 / 1.75) / 6])
    assert result["vli_score_without_age"].tolist() == pytest.approx([(80 + 300 / 1.75) / 5, (240 + 600 / 1.75) / 5])
    assert result["vli_rank"].tolist() == [2, 1]
    mean = vulnerable_localities(wards, columns=COLUMNS, base="mean_of_wards")
    assert mean["vli_burglary"].tolist() == pytest.approx([50, 150])
    nation = vulnerable_localities(wards, columns=COLUMNS, base=dict.fromkeys(PARTS, 2.0) | {"burglary": 5.0})
    assert nation["vli_burglary"].tolist() == pytest.approx([200, 600])


def test_the_area_wide_rate_is_among_those_the_rate_is_of(place):
    wards = place(2, population=[1000.0, 1000.0], households=[100.0, 300.0], rate_burglary=[10.0, 30.0])
    result = vulnerable_localities(wards, columns=COLUMNS, among={"burglary": "households"})
    assert result["vli_burglary"].tolist() == pytest.approx([40, 120])
    assert result["vli_damage"].tolist() == pytest.approx([100 / 1.5, 200 / 1.5])


def test_the_whole_area_is_at_100_whatever_the_wards(place):
    rng = np.random.default_rng(3)
    wards = place(30, population=rng.uniform(2e3, 2e4, 30), **{f"rate_{part}": rng.gamma(2, 1, 30) for part in PARTS})
    result = vulnerable_localities(wards, columns=COLUMNS)
    assert np.average(result["vli_score"], weights=wards["population"]) == pytest.approx(100)
    tenfold = vulnerable_localities(wards.assign(rate_income=wards["rate_income"] * 10), columns=COLUMNS)
    assert tenfold["vli_score"].to_numpy() == pytest.approx(result["vli_score"].to_numpy())
    equal = vulnerable_localities(place(3, **{f"rate_{part}": 4.0 for part in PARTS}), columns=COLUMNS)
    assert equal["vli_score"].tolist() == pytest.approx([100] * 3) and equal["vli_rank"].tolist() == [1, 2, 3]


def test_the_rule_and_the_equivalent_share(place):
    rates = np.r_[np.full(99, 1.0), 60.0]
    wards = place(100, **{f"rate_{part}": rates for part in PARTS})
    result = vulnerable_localities(wards, columns=COLUMNS)
    # base 1.59; only the last is above 200; 4.3% of 100 wards are 4, ties by code
    assert result.index[result["vli_above_200"]].tolist() == [wards.index[-1]]
    assert result.index[result["vli_equivalent"]].tolist() == [*wards.index[:3], wards.index[-1]]
    (said,) = result.attrs["choices"]
    assert "1 of 100 wards (1.0%) are above 200" in said and "highest 4 wards" in said and "begin at 63" in said


def test_countries_have_their_own_base_and_ranks(place):
    wards = place(4, country=["England", "England", "Wales", "Wales"], rate_income=[1.0, 3.0, 100.0, 300.0])
    result = vulnerable_localities(wards, columns=COLUMNS)
    assert result["vli_income"].tolist() == pytest.approx([50, 150, 50, 150])
    assert result["vli_rank"].tolist() == [2, 1, 2, 1]
    assert len(result.attrs["choices"]) == 2


def test_a_missing_value_is_named_and_a_closed_ward_moves_no_base(place):
    wards = place(4, assessed=[True, True, True, False])
    wards.loc[wards.index[0], ["rate_income", "rate_young"]] = np.nan
    result = vulnerable_localities(wards, columns=COLUMNS)
    assert result["vli_score"].isna().tolist() == [True, False, False, True]
    assert result["vli_score_without_age"].isna().tolist() == [True, False, False, True]
    assert result["vli_missing"].tolist() == ["income; young", "", "", ""]
    assert result["vli_above_200"].isna().tolist() == [True, False, False, True]
    assert result["vli_equivalent"].isna().tolist() == [True, False, False, True]
    assert result["vli_income"].tolist()[1:3] == pytest.approx([80, 120])
    assert result["vli_burglary"].tolist()[:3] == pytest.approx([50, 100, 150])


def test_parts_left_out_are_said_and_only_when_asked(place):
    wards = place(3)
    four = {part: name for part, name in COLUMNS.items() if part not in ("damage", "young")}
    with pytest.raises(InputError, match="no column for damage, young; give all six, or set partial = true"):
        vulnerable_localities(wards, columns=four)
    result = vulnerable_localities(wards, columns=four, partial=True)
    assert result["vli_score"].tolist() == pytest.approx([50, 100, 150])
    assert "mean of 4 of its six parts" in result.attrs["choices"][0]
    assert "criminal damage to dwellings, residents of 15 to 24" in result.attrs["choices"][0]
    assert result["vli_score_without_age"].equals(result["vli_score"].rename("vli_score_without_age"))
    with pytest.raises(InputError, match="one at least besides 'young'"):
        vulnerable_localities(wards, columns={"young": "rate_young"}, partial=True)


def test_every_fault_is_named_at_once(place):
    wards = place(2, income=[5.0, 95.0], rate_damage=[-1.0, 2.0])
    columns = {**COLUMNS, "income": "income", "young": "nowhere", "robbery": "rate_burglary"}
    with pytest.raises(InputError) as caught:
        vulnerable_localities(wards, columns=columns, base="nation")
    text = "\n".join(caught.value.faults)
    for words in ("'robbery' is no part", "no column 'nowhere'", "'income' for 'income' is a percentile",
                  "'rate_damage' is negative in 1 wards", "base 'nation' is not known"):  # fmt: skip
        assert words in text
    with pytest.raises(InputError, match="base has no rate above 0 for damage"):
        vulnerable_localities(place(2), columns=COLUMNS, base=dict.fromkeys(PARTS, 1.0) | {"damage": 0.0})
    with pytest.raises(InputError, match="the base of 'damage' is 0"):
        vulnerable_localities(place(2, rate_damage=0.0), columns=COLUMNS)


def test_awkward_places_and_inputs_that_stay(place):
    assert vulnerable_localities(place(1), columns=COLUMNS)["vli_score"].tolist() == pytest.approx([100])
    assert vulnerable_localities(place(2).iloc[:0], columns=COLUMNS).empty
    closed = vulnerable_localities(place(2, assessed=False), columns=COLUMNS)
    assert closed["vli_score"].isna().all() and closed.attrs["choices"] == []
    wards = place(6, population=np.linspace(1e3, 9e3, 6))
    before = wards.copy()
    result = vulnerable_localities(wards, columns=COLUMNS)
    mixed = vulnerable_localities(wards.iloc[::-1], columns=COLUMNS).loc[wards.index]
    pd.testing.assert_frame_equal(pd.DataFrame(mixed), pd.DataFrame(result))
    pd.testing.assert_frame_equal(pd.DataFrame(wards), pd.DataFrame(before))


def count(wards, types):
    rows = [
        (code, month, kind, number)
        for kind, numbers in types.items()
        for code, number in zip(wards.index, numbers, strict=True)
        for month in months_between("2024-01", "2024-06")
    ]
    return pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"]).astype({"crimes": "Int64"})


def test_crime_parts_add_the_names_of_one_type_over_covered_months(lattice):
    wards = lattice(1, 3, months_covered=6, assessed=[True, True, False])
    types = {"BURGLARY IN A DWELLING": [1, 2, 1], "DOMESTIC BURGLARY": [3, 0, 1], "CRIMINAL DAMAGE": [5, 0, 1],
             "RES BURGLARY OF UNCONNECTED BUILDING": [90, 90, 90], "ARSON": [9, 9, 9]}  # fmt: skip
    result = add_crime_parts(wards, count(wards, types), vocabulary="metropolitan")
    assert result["vli_rate_burglary"].tolist()[:2] == pytest.approx([4 * 12 / 10, 2 * 12 / 10])
    assert result["vli_rate_damage"].tolist()[:2] == pytest.approx([6, 0])
    assert result.iloc[2][["vli_rate_burglary", "vli_rate_damage"]].isna().all()
    assert result.attrs["choices"] == [
        "Vulnerable Localities Index: all criminal damage, of vehicles and public places too stands in for criminal "
        "damage to dwellings.",
        "Vulnerable Localities Index: burglary and damage are per resident, not per household.",
    ]
    homes = add_crime_parts(
        wards.assign(homes=5000.0), count(wards, types), vocabulary="metropolitan", households="homes"
    )
    assert homes["vli_rate_burglary"].iloc[0] == pytest.approx(4 * 12 / 5)
    assert len(homes.attrs["choices"]) == 1
    street = add_crime_parts(wards, count(wards, {"Burglary": [1, 1, 1]}), vocabulary="police_uk")
    assert sum("stands in for" in sentence for sentence in street.attrs["choices"]) == 2
    assert street["vli_rate_damage"].isna().all()
    with pytest.raises(InputError, match="no column 'homes'"):
        add_crime_parts(wards, count(wards, types), vocabulary="metropolitan", households="homes")


def test_the_types_of_the_parts_are_published_types():
    for vocabulary, parts in CRIME_PARTS.items():
        assert {kind for types in parts.values() for kind in types} <= set(CRIME_TYPES[vocabulary])


def test_share_of_a_group_is_of_its_own_characteristic():
    residents = pd.DataFrame(
        {"age: 15 to 24": [10.0, 0.0, 5.0], "age: other": [30.0, 0.0, np.nan], "sex: Female": [7.0, 7.0, 7.0]}
    )
    shares = share_of(residents, "age: 15 to 24")
    assert shares.iloc[0] == 0.25 and shares.iloc[1:].isna().all()
    with pytest.raises(InputError, match="lacks the column"):
        share_of(residents, "age: 16 to 24")


def test_the_preset_ranks_by_the_index(place):
    wards = vulnerable_localities(place(8, rate_young=[8.0, 1, 1, 1, 1, 1, 1, 1]), columns=COLUMNS)
    scored = add_index(wards, components=vli_components())
    assert scored["rank"].tolist() == scored["vli_rank"].tolist()
    ageless = add_index(wards, components=vli_components(age=False))
    assert ageless["rank"].tolist() == wards["vli_rank_without_age"].tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert scored["rank"].iloc[0] < 8


@pytest.mark.real
def test_small_areas_of_england_above_200(real_data):
    """The share that the rule picks among small areas, by the parts that the Census and the Indices give."""
    ages = read_census(real_data / "population" / "census2021-ts007a-lsoa.csv").set_index("lsoa21_code")
    table = pd.DataFrame({"rate_young": share_of(ages, "age: 15 to 24"), "population": ages.sum(axis=1)})
    source = real_data / "deprivation" / "IoD2025_All_Ranks_Scores_Deciles.csv"
    for part in ("income", "employment"):
        name = f"{part.capitalize()} Score (rate)"
        table[f"rate_{part}"] = read_indicator(source, name=part, column=name).set_index("lsoa21_code")[part]
    table = table.assign(country=np.where(table.index.str[0] == "E", "England", "Wales"))
    table["assessed"] = table["rate_income"].notna()
    three = {part: COLUMNS[part] for part in ("income", "employment", "young")}
    result = vulnerable_localities(table, columns=three, partial=True)
    assert int(result["vli_score"].notna().sum()) == 33_755
    assert int(result["vli_above_200"].sum()) == 1_436
    assert float(result["vli_above_200"].mean()) == pytest.approx(NEIGHBOURHOODS_ABOVE, abs=0.0001)
