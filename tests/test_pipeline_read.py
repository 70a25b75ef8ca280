"""Figures of a middle layer (MSOA) in a study of wards, from the files as published to the ward table."""

from __future__ import annotations

import pandas as pd
import pytest

from tipping_point.pipeline.read import add_context, prepare_wards
from tipping_point.study import read_study
from tipping_point.tables import InputError
from tipping_point.wards.vintages import say_partly_known

INDICATOR = """
[[sources.indicator]]
name = "emergency_admissions"
path = "{folder}/admissions.csv"
column = "Value"
worse = "higher"
combine = "{combine}"

[[sources.lookup]]
path = "{folder}/{lookup}"
"""


@pytest.fixture
def middle(demo, tmp_path):
    """A function: the demo's study with a figure by middle-layer areas of five small areas each, across wards."""
    (file,) = (demo.folder / "lookups").glob("LSOA*.csv")
    wards = pd.read_csv(file)
    small, order = wards["LSOA21CD"], pd.RangeIndex(len(wards))
    twice = pd.DataFrame(
        {
            "OA21CD": [f"E00{number:06d}" for number in order.repeat(2)],
            "LSOA21CD": small.repeat(2),
            "LSOA21NM": wards["LSOA21NM"].repeat(2),
            "MSOA21CD": [f"E02{number // 5:06d}" for number in order.repeat(2)],
            "MSOA21NM": "A middle-layer area",
            "LAD22CD": wards["LAD25CD"].repeat(2),
            "LAD22NM": wards["LAD25NM"].repeat(2),
            "LAD22NMW": "",
            "ObjectId": range(2 * len(wards)),
        }
    )
    twice.to_csv(tmp_path / "oa.csv", index=False, encoding="utf-8-sig")
    codes = twice["MSOA21CD"].unique()
    figures = pd.Series(range(10, 10 + len(codes)), index=codes)
    figures.rename_axis("MSOA21CD").rename("Value").to_csv(tmp_path / "admissions.csv")
    by_small_area = pd.Series(figures[twice["MSOA21CD"][::2]].to_numpy(), index=small)

    def make(combine, lookup="oa.csv"):
        text = demo.study.read_text(encoding="utf-8").replace('path = "', f'path = "{demo.folder.as_posix()}/')
        path = tmp_path / "study.toml"
        added = INDICATOR.format(folder=tmp_path.as_posix(), combine=combine, lookup=lookup)
        path.write_text(text + added, encoding="utf-8")
        study = read_study(path)
        return add_context(study, prepare_wards(study))[0]

    return make, wards.set_index("LSOA21CD")["WD25CD"], by_small_area, figures


def test_a_mean_of_the_middle_layer_is_weighted_by_the_residents_that_each_gives(middle):
    make, ward_of, by_small_area, _ = middle
    prepared = make("mean")
    residents = prepared.residents
    table = pd.DataFrame({"ward": ward_of, "value": by_small_area, "residents": residents}).dropna()
    table["product"] = table["value"] * table["residents"]
    sums = table.groupby("ward")[["product", "residents"]].sum()
    wanted = (sums["product"] / sums["residents"]).reindex(prepared.wards.index)
    assert prepared.wards["emergency_admissions"].to_numpy() == pytest.approx(wanted.to_numpy())
    assert prepared.wards["emergency_admissions"].nunique() > 10


def test_a_sum_of_the_middle_layer_keeps_its_total(middle):
    make, _, _, figures = middle
    assert make("sum").wards["emergency_admissions"].sum() == pytest.approx(figures.sum())


def test_wards_known_in_part_are_named_with_how_much_is_known(middle, tmp_path):
    make, ward_of, by_small_area, figures = middle
    assert make("mean").partly_known.empty
    lost = figures.index[1]
    figures.drop(lost).rename_axis("MSOA21CD").rename("Value").to_csv(tmp_path / "admissions.csv")
    prepared = make("mean")
    residents = prepared.residents.reindex(ward_of.index)
    there = residents.where(by_small_area.reindex(ward_of.index) != figures[lost], 0.0)
    known = (there.groupby(ward_of).sum() / residents.groupby(ward_of).sum()).loc[
        lambda share: share.between(0.001, 0.999)
    ]
    partly = prepared.partly_known.set_index("ward_code")
    assert len(partly) == len(known) > 0
    assert set(partly["figure"]) == {"emergency_admissions"}
    assert partly["known"].to_dict() == pytest.approx(known.to_dict())
    (sentence,) = say_partly_known(prepared.partly_known)
    assert sentence.startswith("emergency_admissions is known for only a part of the residents of ")


def test_without_the_lookup_of_the_middle_layer_the_study_is_told_what_is_wanted(middle, demo, tmp_path):
    make, *_ = middle
    (other,) = (demo.folder / "lookups").glob("LAD*.csv")
    (tmp_path / "other.csv").write_bytes(other.read_bytes())
    with pytest.raises(
        InputError, match="its codes are msoa21_code, but the study goes from lsoa21_code to ward25_code"
    ):
        make("mean", lookup="other.csv")
