"""The seventeen classes against a plain reading of methods.md, and histories planted on a lattice."""

from __future__ import annotations

import time
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph

from tipping_point.hotspots.emerging import CLASSES, FOUR_WORDS, class_histories, classify, find_emerging
from tipping_point.hotspots.space_time import Options, space_time_gi_star
from tipping_point.measures.rates import empirical_bayes
from tipping_point.sources.london import read_ward_tables
from tipping_point.tables import InputError
from tipping_point.text.notes import say_notes
from tipping_point.wards.neighbours import build_graph

# ------------------------------------------------------------------------------------------------- the classes


def read_plainly(history: str, trend: int, must_be_hot_last: bool = False) -> str:
    """methods.md section 5, word by word. A history is a letter a period: h hot, c cold, - neither, ? not assessed."""
    periods = [letter for letter in history if letter != "?"]
    if len(periods) < 10:
        return "not assessed"
    first = "c" if periods[-1] == "c" else "h"
    for sign in (first, "h" if first == "c" else "c"):
        up = trend if sign == "h" else -trend
        kind = kind_of(periods, sign, up, must_be_hot_last)
        if kind:
            return f"{kind} {'hot' if sign == 'h' else 'cold'}"
    return "no pattern"


def kind_of(periods: list[str], sign: str, up: int, must_be_last: bool) -> str | None:
    other = "c" if sign == "h" else "h"
    last = periods[-1] == sign
    share = periods.count(sign) * 100 / len(periods)
    run = 0
    while run < len(periods) and periods[-1 - run] == sign:
        run += 1
    before_run = periods[: len(periods) - run]
    kind = None
    if last and sign not in periods[:-1]:
        kind = "new"
    elif run >= 2 and sign not in before_run and share < 90:
        kind = "consecutive"
    elif share >= 90 and last:
        kind = {1: "intensifying", -1: "diminishing", 0: "persistent"}[up]
    elif share >= 90:
        kind = "historical"
    elif last and other in periods:
        kind = "oscillating"
    elif sign in periods and other not in periods and (last or not must_be_last):
        kind = "sporadic"
    return kind


def classify_all(histories: list[str], trends: list[int], **options) -> list[str]:
    letters = np.array([list(history) for history in histories]).reshape(len(histories), -1)
    known = None if (letters != "?").all() else letters != "?"
    return classify(letters == "h", letters == "c", np.array(trends), assessed=known, **options).tolist()


@pytest.mark.parametrize(
    ("history", "trend", "expected"),
    [
        # The four that others get wrong.
        ("hhhhhhhhh-", 0, "historical hot"),
        ("ccccccccch", 0, "new hot"),
        ("hhhhhhhhhc", 0, "new cold"),
        *(("cccchhh-hh", trend, "oscillating hot") for trend in (-1, 0, 1)),
        # One of each.
        ("---------h", 0, "new hot"),
        ("-------hhh", 0, "consecutive hot"),
        ("ccc----hhh", 0, "consecutive hot"),
        ("--hhhhhhhh", 1, "consecutive hot"),
        ("-hhhhhhhhh", 1, "intensifying hot"),
        ("hhhhhhhhhh", -1, "diminishing hot"),
        ("hhhhhhhhhh", 0, "persistent hot"),
        ("h-h------h", 0, "sporadic hot"),
        ("--h-------", 1, "sporadic hot"),
        ("----------", 1, "no pattern"),
        ("c---h-----", 0, "no pattern"),
        ("cccccccccc", 1, "diminishing cold"),
        ("cccccccccc", -1, "intensifying cold"),
        ("hhhhhcccch", 0, "oscillating hot"),
        # Nine of ten is 90% exactly; 17 of 19 is not, 18 of 20 is.
        ("h" * 17 + "-" * 2, 0, "sporadic hot"),
        ("h" * 18 + "-" * 2, 0, "historical hot"),
        # Hot nearly always, but cold at some time: share comes first.
        ("c" + "h" * 9, 0, "persistent hot"),
        # Not assessed is neither hot nor cold, breaks no run, and is never the last period.
        ("?" + "-" * 9, 0, "not assessed"),
        ("---------h??", 0, "new hot"),
        ("-------hh?h", 0, "consecutive hot"),
        ("hhhhhhhhh?-", 0, "historical hot"),
    ],
)
def test_worked_histories(history, trend, expected):
    assert read_plainly(history, trend) == expected
    assert classify_all([history], [trend]) == [expected]


def test_sporadic_must_be_hot_last_only_if_asked():
    histories = ["--h-------", "h-h------h", "--c-------", "c-c------c"]
    assert classify_all(histories, [0] * 4) == ["sporadic hot"] * 2 + ["sporadic cold"] * 2
    asked = classify_all(histories, [0] * 4, must_be_hot_last=True)
    assert asked == ["no pattern", "sporadic hot", "no pattern", "sporadic cold"]


@pytest.mark.parametrize("must_be_hot_last", [False, True])
def test_all_histories_of_ten_periods(must_be_hot_last):
    """Every one of the 59,049, for each trend."""
    histories = ["".join(letters) for letters in product("hc-", repeat=10)]
    for trend in (-1, 0, 1):
        ours = classify_all(histories, [trend] * len(histories), must_be_hot_last=must_be_hot_last)
        assert ours == [read_plainly(history, trend, must_be_hot_last) for history in histories]
    assert set(ours) - {"not assessed"} <= set(CLASSES)


def test_thousands_of_long_histories():
    random = np.random.default_rng(1)
    seen = set()
    for length in range(8, 41, 4):
        for chances in ((0.9, 0.03, 0.05, 0.02), (0.2, 0.2, 0.5, 0.1), (0.05, 0.9, 0.03, 0.02), (0.1, 0, 0.85, 0.05)):
            letters = random.choice(list("hc-?"), size=(150, length), p=chances)
            histories = ["".join(row) for row in letters]
            trends = random.integers(-1, 2, 150).tolist()
            ours = classify_all(histories, trends)
            assert ours == [read_plainly(*pair) for pair in zip(histories, trends, strict=True)]
            seen |= set(ours)
    assert len(seen) >= 15


@settings(max_examples=150, deadline=None)
@given(
    st.integers(9, 24).flatmap(
        lambda length: st.lists(
            st.tuples(st.text("hc-?", min_size=length, max_size=length), st.integers(-1, 1)), min_size=1, max_size=6
        )
    ),
    st.booleans(),
)
def test_any_history_and_its_mirror(wards, must_be_hot_last):
    histories, trends = map(list, zip(*wards, strict=True))
    ours = classify_all(histories, trends, must_be_hot_last=must_be_hot_last)
    assert ours == [read_plainly(*ward, must_be_hot_last) for ward in wards]
    turned = [history.translate(str.maketrans("hc", "ch")) for history in histories]
    mirror = classify_all(turned, [-trend for trend in trends], must_be_hot_last=must_be_hot_last)
    exchanged = {"hot": "cold", "cold": "hot"}
    assert ours == [" ".join(exchanged.get(word, word) for word in name.split(" ")) for name in mirror]


def test_what_is_not_assessed_is_not_looked_at():
    hot = np.ones((1, 12), dtype=bool)
    known = hot.copy()
    known[0, 3:5] = False
    cold = ~known
    before = hot.copy()
    assert classify(hot, cold, [0], assessed=known).tolist() == ["persistent hot"]
    np.testing.assert_array_equal(hot, before)


def test_tables_arrays_and_nobody():
    hot = pd.DataFrame(np.ones((2, 10), dtype=bool), index=["a", "b"])
    trend = pd.Series([1, 0], index=["a", "b"])
    found = classify(hot, ~hot, trend)
    assert isinstance(found, np.ndarray)
    assert found.dtype.kind == "U"
    assert found.tolist() == ["intensifying hot", "persistent hot"]
    nobody = np.zeros((0, 12), dtype=bool)
    assert classify(nobody, nobody, []).tolist() == []
    never = np.zeros((2, 0), dtype=bool)
    # A trend may be missing where there is no class.
    assert classify(never, never, pd.Series([pd.NA, 0], dtype="Int64")).tolist() == ["not assessed"] * 2


def test_bad_histories_are_refused():
    hot = pd.DataFrame(np.zeros((2, 10), dtype=bool), index=["a", "b"])
    with pytest.raises(InputError) as caught:
        classify(hot, np.full((2, 9), 7), [0, 0, 0], assessed=hot.rename(index={"a": "x"}))
    said = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 4
    for part in (
        "cold: is (2, 9), hot is (2, 10)",
        "cold: holds values other",
        "assessed: its labels",
        "trend: is (3,)",
    ):
        assert part in said
    with pytest.raises(InputError) as caught:
        classify(~hot, ~hot, [0, 2])
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["hot, cold", "trend"]
    assert "2 in row 1; allowed are -1, 0 and 1" in caught.value.faults[1]
    with pytest.raises(InputError, match=r"hot: has 1 dimension\(s\)"):
        classify(np.zeros(10, dtype=bool), np.zeros(10, dtype=bool), [0])
    with pytest.raises(InputError, match="trend: is nan in row 0"):
        classify(hot, hot, [np.nan, 0])


def test_four_words():
    assert len(CLASSES) == len(set(CLASSES)) == 17
    assert set(FOUR_WORDS) == set(CLASSES)
    assert set(FOUR_WORDS.values()) == {"new", "long-standing", "worsening", "easing", ""}
    assert all(FOUR_WORDS[name] == "" for name in CLASSES if "cold" in name)


# ------------------------------------------------------------------------------------------- from values to classes

SIDE, PERIODS = 20, 12
YEARS = pd.period_range("2010", periods=PERIODS, freq="Y")


def grid() -> Graph:
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    focal, neighbour = np.nonzero(np.maximum(abs(row[:, None] - row), abs(column[:, None] - column)) == 1)
    codes = np.array([f"W{ward:03d}" for ward in range(SIDE * SIDE)])
    return Graph.from_arrays(codes[focal], codes[neighbour], np.ones(len(focal)))


MIDDLE = f"W{10 * SIDE + 10:03d}"
TIME = np.arange(PERIODS)
PATHS = {
    "persistent hot": np.full(PERIODS, 4.0),
    "intensifying hot": 2.0 + 0.3 * TIME,
    "diminishing hot": 5.3 - 0.3 * TIME,
    "consecutive hot": np.where(TIME >= 9, 4.0, 0.0),
    "new hot": np.where(TIME >= 11, 4.0, 0.0),
    "historical hot": np.where(TIME < 11, 4.0, 0.0),
    "oscillating hot": np.array([-4.0] * 4 + [0.0, 4, 4, 4, 0, 4, 4, 4]),
}


def planted(name: str = "persistent hot", sign: int = 1) -> pd.DataFrame:
    """Noise, and a block of 5 x 5 wards around the middle with a history of its own."""
    values = np.random.default_rng(7).normal(size=(SIDE, SIDE, PERIODS))
    values[8:13, 8:13] += PATHS[name]
    index = pd.Index([f"W{ward:03d}" for ward in range(SIDE * SIDE)], name="ward_code")
    return pd.DataFrame(sign * values.reshape(-1, PERIODS), index=index, columns=YEARS)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", PATHS)
def test_planted_histories_are_found(name, sign):
    values = planted(name, sign)
    found = find_emerging(values, grid(), seed=1)
    expected = name if sign > 0 else name.replace("hot", "cold")
    assert found.loc[MIDDLE, "emerging_class"] == expected
    assert found.loc[MIDDLE, "emerging_word"] == FOUR_WORDS[expected]
    assert (found["assessed_periods"] == PERIODS).all()
    # A block of 25 wards reaches one ward further; elsewhere chance makes hardly any ward hot or cold for years.
    assert (found[["hot_periods", "cold_periods"]].max(axis=1) >= 6).sum() <= 49
    assert found.index.equals(values.index)


def test_the_class_is_that_of_the_parts():
    values = planted()
    options = {"permutations": 4_999, "include_lag_neighbours": True, "family": "all"}
    found = find_emerging(values, grid(), trend_method="plain", must_be_hot_last=True, **options, seed=3)
    parts = space_time_gi_star(values, grid(), **options, seed=3)
    assert (found["hot_periods"] == parts.hot.sum(axis=1)).all()
    assert (found["cold_periods"] == parts.cold.sum(axis=1)).all()
    expected = classify(parts.hot, parts.cold, found["trend"], must_be_hot_last=True)
    assert found["emerging_class"].tolist() == expected.tolist()
    assert ((found["trend"] != 0) == (found["trend_p"] <= 0.1)).all()


def test_too_few_periods_are_not_assessed_and_said():
    values = planted()
    before = values.copy()
    values.loc[MIDDLE, YEARS[:3]] = np.nan
    found = find_emerging(values, grid(), permutations=999, seed=1)
    assert found.loc[MIDDLE, ["emerging_class", "emerging_word"]].tolist() == ["not assessed", "not assessed"]
    assert found.loc[MIDDLE, "assessed_periods"] == 9
    said = say_notes(class_histories(values, grid(), Options(permutations=999, alpha=0.05, seed=1)).notes)
    assert any("1 ward(s) have fewer than 10 assessed periods" in sentence for sentence in said)
    assert (before.isna().sum().sum(), values.isna().sum().sum()) == (0, 3)
    short = find_emerging(before[YEARS[:9]], grid(), permutations=999, seed=1)
    assert set(short["emerging_class"]) == {"not assessed"}


def test_wards_without_a_value_are_never_cold():
    values = planted()
    values.iloc[17] = np.nan
    found = find_emerging(values, grid(), permutations=999, seed=1).iloc[17]
    assert (found["emerging_class"], found["assessed_periods"], found["cold_periods"]) == ("not assessed", 0, 0)
    assert pd.isna(found["trend"])
    assert pd.isna(found["trend_p"])


def test_too_few_draws_are_a_sentence_not_a_warning():
    values = planted()
    noise = values * 0 + np.random.default_rng(1).normal(size=values.shape)
    found = class_histories(noise, grid(), Options(permutations=99, alpha=0.05, seed=1))
    assert any("99 permutations cannot show fewer than 160 of 400" in said for said in say_notes(found.notes))


def test_months_name_periods_that_do_not_overlap():
    values = planted()
    years = find_emerging(values, grid(), permutations=999, seed=1)
    named = values.set_axis([f"{year}-03" for year in range(2011, 2023)], axis=1)
    pd.testing.assert_frame_equal(find_emerging(named, grid(), months=12, permutations=999, seed=1), years)


@pytest.mark.parametrize(
    ("columns", "months", "said"),
    [
        ([f"2020-{month:02d}" for month in range(1, 13)], 12, "periods of 12 months overlap, since they end 1 month"),
        (pd.period_range("2020-01", periods=12, freq="M"), 12, "periods of 12 months overlap"),
        ([f"2020-{month:02d}" for month in range(1, 13)], None, "whether the periods overlap cannot be known"),
        (range(12), 12, "whether the periods overlap cannot be known from columns 0, 1, 2"),
        ([f"{year}-03" for year in (*range(2000, 2011), 2013)], 12, "12 to 36 months apart; allowed are equal steps"),
        (YEARS[::-1], None, "must be in order of time"),
    ],
)
def test_periods_that_overlap_or_cannot_be_known_are_refused(columns, months, said):
    values = planted()
    with pytest.raises(InputError, match=said):
        find_emerging(values.set_axis(columns, axis=1), grid(), months=months, permutations=9, seed=1)


def test_bad_options_are_named_all_at_once():
    values = planted()
    with pytest.raises(InputError) as caught:
        find_emerging(values.set_axis(range(12), axis=1), grid(), trend_method="guess", trend_alpha=0, alpha=0, seed=1)
    said = "\n".join(caught.value.faults)
    for part in ("cannot be known", "trend method is 'guess'", "trend_alpha is 0", "alpha is 0;"):
        assert part in said


# --------------------------------------------------------------------------------------------------------- London


@pytest.mark.real
def test_london_2011_to_2024(real_data):
    """Thirteen years to February 2024: the West End is hot, by robbery it has been since the beginning."""
    file = real_data / "london" / "recorded-crime-ward-historical.parquet"
    counts = read_ward_tables([file], start="2011-03", end="2024-02").counts
    wards = gpd.read_file(real_data / "london" / "boundaries" / "WD_DEC_2022_London_BGC.geojson").to_crs(27700)
    wards = wards.rename(columns={"WD22CD": "ward_code", "WD22NM": "ward_name"}).set_index("ward_code").sort_index()
    lookup = pd.read_csv(real_data / "lookups" / "lookup_lsoa21_ward24_ltla24.csv")
    census = pd.read_csv(real_data / "population" / "census2021-ts001-lsoa.csv", index_col="geography code")
    residents = lookup["lsoa21_code"].map(census.iloc[:, 2]).groupby(lookup["ward24_code"]).sum()
    people = residents.reindex(wards.index).astype(float)
    policed = wards.index.isin(counts["ward_code"])
    robbery = counts[counts["crime_type"].str.startswith("ROBBERY")]
    monthly = robbery.pivot_table(index="ward_code", columns="month", values="crimes", aggfunc="sum")
    monthly = monthly.reindex(wards.index).fillna(0.0)
    rates = {}
    for first in range(0, 156, 12):
        year = monthly.iloc[:, first : first + 12].sum(axis=1)
        rates[monthly.columns[first + 11]] = pd.Series(np.nan, wards.index)
        rates[monthly.columns[first + 11]][policed] = empirical_bayes(year[policed], people[policed] / 1_000)[1]
    started = time.perf_counter()
    found = find_emerging(pd.DataFrame(rates), build_graph(wards), months=12, seed=1)
    assert time.perf_counter() - started < 10
    classes = found["emerging_class"]
    # The City of London is policed by another force: not assessed, not cold.
    assert set(classes[~policed]) == {"not assessed"}
    assert (~policed).sum() == (classes == "not assessed").sum() == 25
    central = wards.index[wards["ward_name"].isin(["West End", "St James's", "Holborn & Covent Garden"])]
    assert set(found.loc[central, "emerging_word"]) <= {"long-standing", "worsening"}
    assert 5 <= found["emerging_word"].isin(["long-standing", "worsening", "new", "easing"]).sum() <= 30
    assert (classes == "no pattern").sum() > 400
