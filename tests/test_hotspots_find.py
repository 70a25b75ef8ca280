"""What find_hotspots adds to the ward table, and what it says."""

from __future__ import annotations

import inspect

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from shapely.geometry import box

from tipping_point.hotspots.find import ENGINES, METHODS, Finding, Method, find_hotspots, run_methods
from tipping_point.hotspots.local import gi_star, local_moran
from tipping_point.hotspots.reference import measure_association as association
from tipping_point.tables import WARDS, InputError
from tipping_point.text.hotspots import add_hotspot_reasons, describe_association, explain_hotspot
from tipping_point.text.notes import say_notes
from tipping_point.wards.neighbours import build_graph

SIDE = 12


def run(wards, graph, **options):
    """What `find_hotspots` finds, with what was chosen or could not be told."""
    defaults = {name: each.default for name, each in inspect.signature(find_hotspots).parameters.items()}
    return run_methods(wards, graph, **{name: each for name, each in {**defaults, "seed": 1, **options}.items()
                                        if name not in ("wards", "graph")})  # fmt: skip


def make_city(seed: int = 3) -> tuple[gpd.GeoDataFrame, Graph]:
    """A block of wards with a hot corner (one low ward inside it), a cold corner, and the last row not assessed."""
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    codes = [f"E05{number:06d}" for number in range(SIDE * SIDE)]
    random = np.random.default_rng(seed)
    value = random.normal(size=SIDE * SIDE)
    value += 6 * ((row < 4) & (column < 4)) - 6 * ((row > 6) & (row < 11) & (column > 7))
    value[(row == 1) & (column == 1)] = -2
    wards = gpd.GeoDataFrame(
        {
            "assessed": row < SIDE - 1,
            "component_harm_rate": np.where(row < SIDE - 1, value, np.nan),
            "smoothed_rate": np.where(row < SIDE - 1, 10 + value, np.nan),
            "population": random.integers(3_000, 20_000, SIDE * SIDE),
        },
        index=pd.Index(codes, name="ward_code"),
        geometry=[box(x, y, x + 1, y + 1) for y, x in zip(row, column, strict=True)],
        crs="EPSG:27700",
    )
    return wards, Graph.build_contiguity(wards, rook=False)


@pytest.fixture(scope="module")
def city():
    return make_city()


@pytest.fixture(scope="module")
def found(city):
    return find_hotspots(*city, permutations=9999, seed=1)


ADDED = [
    "hotspot_value", "gi_star_z", "gi_star_p", "gi_star_p_adjusted", "gi_star_hot", "gi_star_class",
    "local_moran_i", "local_moran_p", "local_moran_p_adjusted", "local_moran_class", "hot_votes"
]  # fmt: skip


def test_rows_index_geometry_and_input_stay(city, found):
    wards, graph = city
    before = wards.copy()
    again = find_hotspots(wards, graph, permutations=9999, seed=1)
    pd.testing.assert_frame_equal(wards, before)
    assert wards.attrs == {}
    assert isinstance(found, gpd.GeoDataFrame)
    assert list(found.columns) == [*wards.columns, *ADDED]
    pd.testing.assert_frame_equal(pd.DataFrame(found[wards.columns]), pd.DataFrame(wards))
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(found))


def test_planted_clusters_are_found(found):
    hot = found.index[found["gi_star_class"] == "hot"]
    corner = {f"E05{SIDE * row + column:06d}" for row in range(3) for column in range(3)}
    low_inside = f"E05{SIDE + 1:06d}"
    # The very corner has three neighbours, one of them low.
    assert corner - {low_inside, "E05000000"} <= set(hot)
    assert found.loc[low_inside, "gi_star_class"] == "beside"
    assert found.loc[low_inside, "local_moran_class"] == "LH"
    assert found.loc[low_inside, "hot_votes"] == 0
    assert not found.loc[low_inside, "gi_star_hot"]
    inner = f"E05{8 * SIDE + 10:06d}"
    assert found.loc[inner, "gi_star_class"] == "cold"
    assert found.loc[inner, "local_moran_class"] == "LL"
    assert found.loc[hot[0], "hot_votes"] == 2


def test_judgements_follow_their_definitions(found):
    tested = found[found["assessed"]]
    mean = np.average(tested["smoothed_rate"], weights=tested["population"])
    significant, above = tested["gi_star_p_adjusted"] <= 0.05, tested["smoothed_rate"] > mean
    assert (tested["gi_star_hot"] == (tested["gi_star_class"] == "hot")).all()
    assert (tested["gi_star_hot"] <= (significant & above)).all()
    assert set(tested.loc[~significant, "gi_star_class"]) == {""}
    assert above[tested["gi_star_class"] == "hot"].all()
    assert not above[tested["gi_star_class"].isin(["beside", "cold"])].any()
    neighbours_high = tested["local_moran_class"].str[1:] == "H"
    assert (neighbours_high[tested["gi_star_class"].isin(["hot", "beside"])]).all()
    votes = tested["gi_star_hot"].astype(int) + ((tested["local_moran_class"] == "HH") & above).astype(int)
    assert (tested["hot_votes"] == votes).all()
    assert found["gi_star_hot"].dtype == "boolean"
    assert found["hot_votes"].dtype == "Int64"


def test_numbers_are_those_of_the_assessed_wards_alone(city, found):
    wards, graph = city
    inside = wards.index[wards["assessed"]]
    alone = graph.subgraph(inside)
    values = wards.loc[inside, "component_harm_rate"]
    for verb, statistic in ((gi_star, "gi_star_z"), (local_moran, "local_moran_i")):
        judge = verb(values, alone, permutations=9999, seed=1)
        pd.testing.assert_series_equal(found.loc[inside, statistic], judge.statistic, check_names=False)
        pd.testing.assert_series_equal(found.loc[inside, f"{verb.__name__}_p"], judge.p, check_names=False)
        adjusted = found.loc[inside, f"{verb.__name__}_p_adjusted"]
        pd.testing.assert_series_equal(adjusted, judge.p_adjusted, check_names=False)


def test_not_assessed_is_blank_never_false_or_cold(found):
    out = found[~found["assessed"]]
    assert len(out) == SIDE
    for column in ("hotspot_value", "gi_star_z", "gi_star_p", "gi_star_p_adjusted", "gi_star_hot", "hot_votes",
                   "local_moran_i", "local_moran_p", "local_moran_p_adjusted"):  # fmt: skip
        assert out[column].isna().all(), column
    assert (out["gi_star_class"] == "").all()
    assert (out["local_moran_class"] == "").all()


def test_a_value_of_an_unassessed_ward_does_not_enter(city, found):
    wards, graph = city
    loud = wards.fillna({"component_harm_rate": 1e6, "smoothed_rate": 1e6})
    again = find_hotspots(loud, graph, permutations=9999, seed=1)
    pd.testing.assert_frame_equal(pd.DataFrame(again[ADDED]), pd.DataFrame(found[ADDED]))


def test_row_order_and_where_the_code_stands_are_nothing(city, found):
    wards, graph = city
    turned = find_hotspots(wards.sample(frac=1, random_state=1), graph, permutations=9999, seed=1)
    pd.testing.assert_frame_equal(pd.DataFrame(turned.loc[found.index]), pd.DataFrame(found))
    flat = wards.drop(columns="geometry").reset_index()
    by_column = find_hotspots(pd.DataFrame(flat), graph, permutations=9999, seed=1)
    assert by_column.index.equals(flat.index)
    np.testing.assert_array_equal(by_column["gi_star_p"], found["gi_star_p"])


def test_methods_mean_and_correction_are_options(city):
    wards, graph = city
    tested = run(wards, graph, methods=["local_moran"], permutations=999, mean_rate=1e9)
    only = tested.wards
    assert "gi_star_p" not in only
    assert only["hot_votes"].max() == 0
    assert (only["local_moran_class"] == "HH").any()
    assert (tested.permutations, tested.notes, tested.mean_rate) == ({"local_moran": 999}, (), 1e9)
    bh, by = (find_hotspots(wards, graph, correction=name, permutations=9999, seed=1) for name in ("bh", "by"))
    ratio = (by["gi_star_p_adjusted"] / bh["gi_star_p_adjusted"])[by["gi_star_p_adjusted"] < 1]
    np.testing.assert_allclose(ratio, (1 / np.arange(1, 133)).sum())
    assert list(METHODS) == ["gi_star", "local_moran", "emerging", "scan"]


def one_pair() -> tuple[pd.DataFrame, Graph]:
    """400 wards of noise on a ring, and one neighbourhood of three that only many permutations can show."""
    n = 400
    codes = [f"E05{number:06d}" for number in range(n)]
    value = np.random.default_rng(2).normal(size=n)
    value[[10, 12]] = 30, 31
    wards = pd.DataFrame(
        {"assessed": True, "component_harm_rate": value, "smoothed_rate": value},
        index=pd.Index(codes, name="ward_code"),
    )
    ring = [(codes[i], codes[(i + step) % n]) for i in range(n) for step in (-1, 1)]
    return wards, Graph.from_arrays(*zip(*ring, strict=True), np.ones(len(ring)))


def test_the_guard_draws_more_and_says_so():
    wards, graph = one_pair()
    tested = run(wards, graph, permutations=999, max_permutations=99_999)
    found = tested.wards
    assert tested.permutations == {"gi_star": 99_999, "local_moran": 99_999}
    assert say_notes(tested.notes)[0] == (
        "Gi* and local Moran: 999 permutations could not show fewer than 16 wards of 400; 99,999 were drawn."
    )
    assert found["gi_star_p_adjusted"].idxmin() == "E05000011"
    same = gi_star(wards["component_harm_rate"], graph, permutations=99_999, seed=1)
    pd.testing.assert_series_equal(found["gi_star_p"], same.p, check_names=False)
    # The most is obeyed, and what it leaves open is said.
    few = run(wards, graph, permutations=999, max_permutations=2000)
    assert few.permutations["gi_star"] == 2000
    assert say_notes(few.notes)[1] == (
        "Gi* and local Moran: 2,000 permutations cannot show fewer than 8 wards of 400, and fewer are as extreme as"
        " can be shown: whether there are hot spots cannot be told."
    )
    enough = run(*make_city(), permutations=999)
    assert enough.permutations == {"gi_star": 999, "local_moran": 999}


def test_what_could_not_be_tested_is_said(city):
    wards, graph = city
    holed = wards.copy()
    corner = holed.index[[SIDE - 2, 2 * SIDE - 2, 2 * SIDE - 1]]
    holed.loc[corner, "assessed"] = False
    holed.loc[holed.index[30], "smoothed_rate"] = np.nan
    tested = run(holed, graph, permutations=999)
    found = add_hotspot_reasons(tested.wards, alpha=0.05)
    assert list(say_notes(tested.notes)) == [
        "1 assessed ward(s) without component_harm_rate or smoothed rate were not tested for hot spots.",
        "1 assessed ward(s) without an assessed neighbour were not tested for hot spots.",
        "Gi* and local Moran ask nearly the same question: both compare a ward's neighbours with the same random"
        " arrangements, so two votes are little more than one.",
    ]
    for code in (holed.index[SIDE - 1], holed.index[30]):
        assert pd.isna(found.loc[code, "gi_star_hot"])
        assert pd.isna(found.loc[code, "hot_votes"])
        assert explain_hotspot(found.loc[code]).startswith("Not tested")


def test_awkward_tables(city):
    wards, graph = city
    nobody = find_hotspots(wards.assign(assessed=False), graph, permutations=99, seed=1)
    assert nobody[["gi_star_p", "gi_star_hot", "hot_votes"]].isna().all(axis=None)
    flat = find_hotspots(wards.assign(component_harm_rate=1.0, smoothed_rate=1.0), graph, permutations=99, seed=1)
    assert flat["hot_votes"].fillna(0).eq(0).all()
    assert flat.loc[flat["assessed"], "gi_star_p"].eq(1).all()
    one = wards.iloc[:1]
    alone = Graph.from_arrays(one.index, one.index, [0])
    assert find_hotspots(one, alone, permutations=99, seed=1)["hot_votes"].isna().all()


def test_an_empty_table_stays_empty(city):
    empty = city[0].iloc[:0]
    nothing = Graph(city[1].adjacency.iloc[:0])
    found = find_hotspots(empty, nothing, permutations=99, seed=1)
    assert list(found.columns) == [*empty.columns, *ADDED]
    assert len(found) == 0


def test_every_fault_is_listed(city):
    wards, graph = city
    with pytest.raises(InputError) as error:
        find_hotspots(pd.concat([wards, wards.iloc[:1]]), graph, column="harm_rate", methods=("gi", "gi_star"),
                      permutations=0, alpha=5, correction="holm", seed=1)  # fmt: skip
    faults = error.value.faults
    assert faults[0].startswith("wards: lacks the column(s) harm_rate")
    assert faults[1:] == (
        "wards: 1 repeated ward_code (each must stand once): E05000000",
        "hotspots.methods is ['gi', 'gi_star']; allowed are one or more of gi_star, local_moran, emerging, scan, "
        "each once",
        "hotspots.permutations is 0; it must be at least 1",
        "hotspots.alpha is 5; it must be above 0 and below 1",
        "hotspots.correction is 'holm'; allowed are bh, by",
    )
    with pytest.raises(InputError, match=r"graph: 1 label\(s\) are not in the values: E05000143"):
        find_hotspots(wards.iloc[:-1], graph, permutations=9, seed=1)


def test_explanations():
    row = pd.Series({"assessed": True, "gi_star_p": 0.0008, "gi_star_p_adjusted": 0.012, "gi_star_class": "hot"})
    assert explain_hotspot(row) == (
        "Hot: its neighbours' rates are higher than in all but 4 in 10,000 random arrangements (adjusted p .012)"
        " and its own rate is above the mean."
    )
    assert explain_hotspot(row.replace("hot", "beside")).startswith(
        "Beside a hot spot: its neighbours' rates are higher"
    )
    assert explain_hotspot(row.replace("hot", "cold")).startswith(
        "Cold: its neighbours' rates are lower than in all but"
    )
    assert explain_hotspot(row.replace("hot", "")).endswith("though its own rate is above the mean.")
    assert explain_hotspot(pd.Series({"assessed": False})) == "Not assessed: nothing can be said of hot spots here."
    chance = pd.Series({"assessed": True, "gi_star_p": 0.4, "gi_star_p_adjusted": 0.8, "gi_star_class": ""})
    assert explain_hotspot(chance) == (
        "Not shown to be hot: neighbours' rates like these come about by chance"
        " (p .400; adjusted p .800; .050 or less is needed)."
    )
    many = chance.replace(0.4, 0.03)
    assert explain_hotspot(many).startswith("Not shown to be hot: by itself p .030 would be unusual, but among so many")
    assert not explain_hotspot(many, alpha=0.9).startswith("Not shown")
    with pytest.raises(InputError, match="the row has the columns of none of gi_star, local_moran"):
        explain_hotspot({"assessed": True, "scan_cluster": 1})


def test_explanations_by_local_moran_alone(city):
    only = find_hotspots(*city, methods=("local_moran",), permutations=999, seed=1)
    starts = {"HH": "Hot:", "LL": "Cold:", "LH": "Beside a hot spot:", "HL": "Not hot:", "": "Not shown"}
    for _, row in only[only["assessed"]].iterrows():
        assert explain_hotspot(row).startswith(starts[row["local_moran_class"]])


def over_time(wards, hot, *, periods=12):
    """Wards x quarters: noise, and the wards of `hot` far above in every one."""
    rng = np.random.default_rng(5)
    ends = [f"{2022 + quarter // 4}-{3 * (quarter % 4) + 3:02d}" for quarter in range(periods)]
    series = pd.DataFrame(rng.normal(size=(len(wards), periods)), index=wards.index, columns=ends)
    series.loc[hot] += 6
    return series


def test_emerging_and_scan_are_methods_like_the_others(lattice):
    wards = lattice(10, 10, crimes=20.0, exposure=10_000.0, smoothed_rate=2.0, component_harm_rate=0.0)
    hot = [f"E05{row:03d}{column:03d}" for row in (2, 3, 4) for column in (2, 3, 4)]
    wards.loc[hot, ["crimes", "smoothed_rate"]] = [80.0, 8.0]
    rng = np.random.default_rng(1)
    wards["component_harm_rate"] = rng.normal(size=100)
    wards.loc[hot, "component_harm_rate"] += 6
    graph = build_graph(wards)
    tested = run(
        wards, graph, methods=["gi_star", "emerging", "scan"], permutations=999, series=over_time(wards, hot), months=3,
        seed=2,
    )  # fmt: skip
    found = tested.wards
    middle = found.loc["E05003003"]
    assert middle["emerging_class"] == "persistent hot"
    assert middle["emerging_word"] == "long-standing"
    assert middle["scan_cluster"] == 1
    assert middle["hot_votes"] == 3
    far = found.loc["E05009009"]
    assert far["emerging_class"] in ("no pattern", "sporadic hot", "sporadic cold")
    assert pd.isna(far["scan_cluster"])
    assert far["hot_votes"] == 0
    assert tested.permutations["scan"] == 999
    assert any("The scan looks for circles of up to 5%" in sentence for sentence in say_notes(tested.notes))


def test_few_periods_are_said_to_be_too_few_and_are_no_error(lattice):
    wards = lattice(5, 5, smoothed_rate=2.0, component_harm_rate=np.arange(25.0))
    series = over_time(wards, [], periods=6)
    found = find_hotspots(
        wards, build_graph(wards), methods=["emerging"], permutations=99, series=series, months=3, seed=1
    )
    assert (found["emerging_class"] == "not assessed").all()
    assert (found["emerging_word"] == "").all()
    assert found["hot_votes"].isna().all()


def test_methods_say_what_they_lack(lattice):
    wards = lattice(3, 3, smoothed_rate=2.0, component_harm_rate=1.0)
    with pytest.raises(InputError) as caught:
        find_hotspots(wards, build_graph(wards), methods=["emerging", "scan"], seed=1)
    assert "'emerging' needs series; absent: series" in str(caught.value)
    assert "'scan' needs outlines and crimes and exposure; absent: crimes, exposure" in str(caught.value)


def test_a_ward_that_is_not_assessed_is_in_no_class_and_no_cluster(lattice):
    wards = lattice(6, 6, crimes=20.0, exposure=10_000.0, smoothed_rate=2.0)
    wards["component_harm_rate"] = np.random.default_rng(3).normal(size=36)
    wards.loc["E05000000", "assessed"] = False
    found = find_hotspots(
        wards, build_graph(wards), methods=["emerging", "scan"], permutations=99, series=over_time(wards, []), months=3,
        seed=1,
    )  # fmt: skip
    blank = found.loc["E05000000"]
    assert blank["emerging_class"] == blank["emerging_word"] == ""
    assert pd.isna(blank["scan_cluster"])
    assert pd.isna(blank["hot_votes"])


def test_a_method_is_one_entry_of_the_registry(city, monkeypatch):
    """Its name, columns, label and needs stand there; the checks and the votes read them."""

    def find_large(wards, graph, settings):
        hot = (wards["hotspot_value"] > 3).astype("boolean").where(wards["hotspot_value"].notna())
        return Finding(pd.DataFrame({"large": hot}), hot)

    monkeypatch.setitem(METHODS, "large", Method(find_large, ("large",), "large values", "values above three"))
    found = find_hotspots(*city, methods=["large"], permutations=99, seed=1)
    assert found.index[found["hot_votes"].eq(1)].equals(found.index[found["large"].eq(True)])
    assert (add_hotspot_reasons(found, alpha=0.05)["hotspot_reason"] == "").all()
    monkeypatch.setitem(METHODS, "large", Method(find_large, ("large",), "", "", needs=("series",)))
    with pytest.raises(InputError, match="'large' needs series; absent: series"):
        find_hotspots(*city, methods=["large"], permutations=99, seed=1)
    assert {column for method in list(METHODS.values())[:4] for column in method.columns} <= {c.name for c in WARDS}


def test_esda_is_an_engine_with_the_same_statistics_and_p(city):
    """The reference implementation: the same values to the last digits, and p as close as its permutations allow."""
    own = find_hotspots(*city, permutations=9999, seed=1)
    reference = find_hotspots(*city, permutations=999, max_permutations=999, engine="esda", seed=1)
    for name in ("gi_star_z", "local_moran_i"):
        np.testing.assert_allclose(reference[name], own[name], atol=1e-12)
    for name in ("gi_star_p", "local_moran_p"):
        assert reference[name].isna().equals(own[name].isna())
        # Two standard errors of a p from 999 permutations, doubled for two tails, and some wards beyond.
        error = 4 * np.sqrt(own[name] / 2 * (1 - own[name] / 2) / 999) + 2 / 1000
        assert ((reference[name] - own[name]).abs() > error).mean() < 0.08
    again = find_hotspots(*city, permutations=999, max_permutations=999, engine="esda", seed=1)
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(reference))
    assert list(ENGINES) == ["own", "esda"]
    with pytest.raises(InputError, match=r"hotspots\.engine is 'geoda'; allowed are own, esda"):
        find_hotspots(*city, engine="geoda", seed=1)


def test_how_crime_lies_over_the_study_is_esda_s_and_said_in_a_line(city):
    wards, graph = city
    table = wards.assign(country="England", hotspot_value=wards["component_harm_rate"], deprivation=1.0)
    table["deprivation"] = np.random.default_rng(5).normal(size=len(table))
    before = np.random.get_state()[1].copy()
    found = association(table, graph, seed=1)
    assert (np.random.get_state()[1] == before).all()
    assert found["statistic"].tolist() == ["moran", "bivariate moran"]
    values = table["hotspot_value"].dropna()
    deviations = values - values.mean()
    lag = graph.subgraph(values.index).transform("r").lag(deviations)
    assert found["value"][0] == pytest.approx((deviations * lag).sum() / (deviations**2).sum())
    assert found["p"].tolist()[0] == 0.001
    clustered, beside = describe_association(found)
    assert clustered.startswith("Over the study as a whole wards alike in crime lie together more than in all but 1 in")
    assert beside.startswith("Crime is no higher where the wards around are deprived than chance would have it")
    pd.testing.assert_frame_equal(association(table, graph, seed=1), found)
    assert association(table.head(5), graph.subgraph(table.index[:5]), seed=1).empty
