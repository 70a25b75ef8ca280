"""The Indices of Deprivation by ward and district: by hand, against the published figures, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tipping_point.measures.deprivation import aggregate_deprivation, extent_weight
from tipping_point.tables import InputError

PUBLISHED_WEIGHTS = [0.225, 0.225, 0.135, 0.135, 0.093, 0.093, 0.093]


def nation(number=200):
    """Small areas of which the first is most deprived, scores 200, 199 … 1."""
    codes = [f"E01{place:06d}" for place in range(number)]
    return pd.DataFrame({"score": np.arange(number, 0, -1.0), "rank": np.arange(1, number + 1)}, index=codes)


def test_measures_by_hand():
    # N = 200: two small areas a percentile; the tenth ends at rank 20, the 11th percentile holds 21 and 22
    areas = nation()
    groups = pd.Series({areas.index[0]: "A", areas.index[20]: "A", areas.index[199]: "A", areas.index[59]: "B"})
    people = pd.Series([1000.0, 3000.0, 6000.0, 500.0], index=groups.index)
    result = aggregate_deprivation(areas, groups, people)
    a = result.loc["A"]
    assert (a["small_areas"], a["population"]) == (3, 10_000)
    assert a["average_score"] == pytest.approx(0.1 * 200 + 0.3 * 180 + 0.6 * 1)
    assert a["average_rank"] == pytest.approx(0.1 * 200 + 0.3 * 180 + 0.6 * 1)
    assert a["proportion"] == pytest.approx(1 / 3)
    assert a["extent"] == pytest.approx(0.1 + 0.3 * 0.95)
    assert result.loc["B", "extent"] == pytest.approx(0.05)


def test_extent_weight_by_percentile():
    assert extent_weight(np.arange(1, 101), 100)[[0, 9, 10, 11, 29, 30, 99]] == pytest.approx(
        [1, 1, 0.95, 0.95 - 0.9 / 19, 0.05, 0, 0]
    )
    # 110 small areas: the first ten percentiles hold two each, so that rank 20 still counts whole, and 40 ends the 30th
    assert extent_weight([20, 21, 40, 41], 110) == pytest.approx([1, 0.95, 0.05, 0])


@pytest.mark.real
def test_districts_of_2019_have_their_published_figures(real_data):
    def read(name):
        table = pd.read_csv(real_data / "deprivation" / name, encoding="utf-8-sig", thousands=",")
        return table.set_index(table.columns[0])

    scores, people = (
        read("File_9_-_IoD2019_Transformed_Scores.csv"),
        read("File_6_-_IoD2019_Population_Denominators.csv"),
    )
    rank = read("IoD2019_domain_ranks_deciles_lsoa11.csv")["IMD_rank"].astype(int)
    areas = pd.DataFrame({"score": scores.iloc[:, 3:].astype(float) @ np.array(PUBLISHED_WEIGHTS)})
    for given in (areas.assign(rank=rank), areas):
        found = aggregate_deprivation(given, scores.iloc[:, 1], people.iloc[:, 3].astype(float))
        hartlepool, middlesbrough = found.loc["E06000001"], found.loc["E06000002"]
        assert hartlepool["average_score"] == pytest.approx(35.0366926, abs=1e-4)
        assert middlesbrough["average_score"] == pytest.approx(40.4603457, abs=1e-4)
        assert [hartlepool["extent"], middlesbrough["extent"]] == pytest.approx([0.4973461, 0.5720562], abs=1e-7)
        assert [hartlepool["proportion"], middlesbrough["proportion"]] == pytest.approx(
            [0.3620690, 0.4883721], abs=1e-7
        )
    assert found["small_areas"].sum() == len(areas) == 32_844


def test_without_ranks_they_come_from_the_score_in_any_order():
    areas = nation(50)
    groups = pd.Series(np.repeat(["A", "B"], 25), index=areas.index)
    people = pd.Series(np.arange(50) + 10.0, index=areas.index)
    expected = aggregate_deprivation(areas, groups, people)
    mixed = aggregate_deprivation(areas[["score"]].sample(frac=1, random_state=2), groups.iloc[::-1], people)
    pd.testing.assert_frame_equal(mixed, expected)
    tied = pd.DataFrame({"score": 5.0}, index=areas.index)
    assert aggregate_deprivation(tied, groups, people).loc["A", "average_rank"] > 25


def test_inputs_stay_and_what_is_not_known_is_missing():
    areas = nation(20)
    groups = pd.Series({code: "A" if place < 5 else "B" for place, code in enumerate(areas.index[:12])})
    people = pd.Series(100.0, index=areas.index).mask(areas.index == areas.index[2])
    before = areas.copy(), groups.copy(), people.copy()
    result = aggregate_deprivation(areas, groups, people)
    assert result.loc["A", ["population", "average_score", "average_rank", "extent"]].isna().all()
    assert result.loc["A", "proportion"] == pytest.approx(2 / 5)
    assert result.loc["B"].notna().all() and result.loc["B", "small_areas"] == 7
    nobody = aggregate_deprivation(areas, groups, people.fillna(0.0) * 0)
    assert nobody["average_score"].isna().all() and nobody["extent"].isna().all()
    for table, old in zip((areas, groups, people), before, strict=True):
        assert table.equals(old)
    assert aggregate_deprivation(areas, groups.iloc[:0], people).empty
    one = aggregate_deprivation(nation(1), pd.Series({"E01000000": "A"}), pd.Series({"E01000000": 7.0}))
    assert one.loc["A"].tolist() == [1, 7, 1, 1, 0, 1]


def test_a_part_of_a_nation_and_other_faults_are_refused():
    areas = nation(300).iloc[100:200]
    groups = pd.Series("A", index=areas.index)
    people = pd.Series(1.0, index=areas.index)
    with pytest.raises(
        InputError, match=r"ranks are not those of 100 areas.*101 to 200.*every small area of the nation"
    ):
        aggregate_deprivation(areas, groups, people)
    broken = pd.concat([nation(5)[["score"]], nation(5)[["score"]].iloc[:1]])
    broken.iloc[1, 0] = np.nan
    with pytest.raises(InputError) as caught:
        aggregate_deprivation(broken, pd.Series({"W01000001": "A"}), people)
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["small areas", "small areas", "groups"]
    assert "E01000000" in caught.value.faults[0] and "1 have no score" in caught.value.faults[1]
    with pytest.raises(InputError, match=r"lacks the column\(s\) score"):
        aggregate_deprivation(nation(5)[["rank"]], groups, people)
