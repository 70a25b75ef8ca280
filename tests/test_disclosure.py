"""Small numbers hidden, and attacked with all that is published: by differencing, and by every sum at once."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.disclosure import witness
from tipping_point.disclosure.attack import solve_back
from tipping_point.disclosure.sums import NEVER, SMALL, WITHHELD
from tipping_point.disclosure.suppress import suppress_small
from tipping_point.tables import InputError

KEYS = ["ward_code", "month", "crime_type"]
MARGINS = [("ward_code",), ("ward_code", "crime_type"), ("district_code", "month", "crime_type"), ("month",), ()]


def make_counts(numbers, *, wards=4, months=3, types=2, size=2):
    """Wards, `size` to a district, by month and type, filled with the numbers row by row."""
    rows = itertools.product(range(wards), range(months), range(types))
    table = pd.DataFrame(
        [(f"W{w}", f"2024-{m + 1:02d}", f"type {t}", f"D{w // size}") for w, m, t in rows],
        columns=[*KEYS, "district_code"],
    )
    return table.assign(crimes=np.resize(np.asarray(numbers, dtype=float), len(table)))


def suppress(counts, margins=MARGINS, **options):
    return suppress_small(counts, keys=KEYS, margins=margins, **options)


def true_totals(counts, margin):
    if not margin:
        return pd.Series([counts["crimes"].sum()])
    return counts.groupby(list(margin))["crimes"].sum().reset_index(drop=True)


def assert_safe(published, counts, threshold=5):
    """What is shown is right, nothing small is, and nothing hidden can be narrowed to less than the threshold."""
    for table, truth in [
        (published.cells, counts["crimes"]),
        *((table, true_totals(counts, margin)) for margin, table in published.totals.items()),
    ]:
        shown = table[~table["hidden"]]
        assert (shown["crimes"].to_numpy(dtype=float) == truth.to_numpy()[~table["hidden"].to_numpy()]).all()
        assert not shown["crimes"].between(1, threshold - 1).any()
        assert table.loc[table["hidden"], "crimes"].isna().all()
    ranges = solve_back(published)
    assert ((ranges["high"] - ranges["low"]) >= threshold).all(), ranges
    return ranges


def test_a_single_small_number_takes_a_rectangle_with_it():
    # 2 among large numbers: its row and its column have to hide another each, and so has the corner.
    counts = make_counts([2, 30, 31, 32, 33, 34, 35, 36, 37], wards=3, months=3, types=1, size=3)
    published = suppress(counts, [("ward_code",), ("month",), ()])
    hidden = published.cells[published.cells["hidden"]]
    assert len(hidden) == 4
    assert hidden["ward_code"].nunique() == hidden["month"].nunique() == 2
    assert not any(table["hidden"].any() for table in published.totals.values())
    assert set(hidden["reason"]) == {SMALL}
    assert_safe(published, counts)


def test_hiding_the_small_numbers_alone_is_solved_back_by_differencing():
    """What a table without secondary suppression gives away, so that the attack is known to bite."""
    counts = make_counts([2, 30, 31, 32, 33, 34, 35, 36, 37], wards=3, months=3, types=1, size=3)
    published = suppress(counts, [("ward_code",), ("month",), ()])
    naive = published.cells.assign(
        crimes=counts["crimes"].astype("Int64").mask(counts["crimes"] < 5), hidden=counts["crimes"] < 5,
        reason=np.where(counts["crimes"] < 5, SMALL, ""),
    )  # fmt: skip
    ranges = solve_back(type(published)(naive, published.totals, "crimes", 5, hide_zeros=False))
    assert ranges[["low", "high"]].to_numpy().tolist() == [[2, 2]]


def test_two_hidden_in_every_sum_are_not_enough():
    """1 and 2 above 2 and 1, all hidden: each row and column hides two, and every one of them is known to be 1 or 2."""
    counts = make_counts([1, 2, 2, 1, 40, 50], wards=3, months=2, types=1, size=3)
    published = suppress(counts, [("ward_code",), ("month",)])
    pairs = published.cells.assign(hidden=counts["crimes"] < 5, reason=np.where(counts["crimes"] < 5, SMALL, ""),
                                   crimes=counts["crimes"].astype("Int64").mask(counts["crimes"] < 5))  # fmt: skip
    totals = {
        margin: pd.DataFrame({margin[0]: table[margin[0]], "crimes": true_totals(counts, margin).astype("Int64"),
                              "hidden": False, "reason": ""})
        for margin, table in published.totals.items()
    }  # fmt: skip
    narrow = solve_back(type(published)(pairs, totals, "crimes", 5, hide_zeros=False))
    assert (narrow["high"] - narrow["low"] == 1).all()
    assert_safe(published, counts)


numbers = st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 20, 75]), min_size=24, max_size=24)


@settings(deadline=None, max_examples=25)
@given(numbers, st.sets(st.sampled_from(MARGINS)).map(sorted), st.sampled_from([3, 5]), st.booleans())
def test_no_hidden_number_can_be_narrowed_and_every_total_is_kept(values, margins, threshold, hide_zeros):
    counts = make_counts(values)
    published = suppress(counts, margins, threshold=threshold, hide_zeros=hide_zeros)
    assert_safe(published, counts, threshold)
    if hide_zeros:
        assert not (published.cells["crimes"] < threshold).any()
    else:
        assert not published.cells.loc[counts["crimes"] == 0, "hidden"].any()


@settings(deadline=None, max_examples=10)
@given(numbers, st.randoms())
def test_the_order_of_the_rows_does_not_matter(values, random):
    counts = make_counts(values)
    order = list(counts.index)
    random.shuffle(order)
    before = counts.copy()
    straight, shuffled = suppress(counts), suppress(counts.loc[order])
    pd.testing.assert_frame_equal(shuffled.cells.sort_index(), straight.cells)
    for margin in MARGINS:
        pd.testing.assert_frame_equal(shuffled.totals[margin], straight.totals[margin])
    pd.testing.assert_frame_equal(counts, before)


@settings(deadline=None, max_examples=10)
@given(numbers)
def test_what_is_never_shown_is_safe_too_its_noughts_among_it(values):
    counts = make_counts(values)
    never = counts["crime_type"] == "type 1"
    published = suppress(counts, [("ward_code", "crime_type"), ("district_code", "month", "crime_type")], never=never)
    assert (published.cells.loc[never, "reason"] == NEVER).all()
    assert_safe(published, counts)


def test_what_a_publisher_held_back_is_carried_and_in_no_total():
    counts = make_counts([10, 20, 30, 40])
    held = pd.Series(counts.index == 5, index=counts.index)
    published = suppress(counts, [("ward_code",), ("month",), ()], withheld=held)
    assert published.cells.loc[held, ["hidden", "reason"]].to_numpy().tolist() == [[True, WITHHELD]]
    assert published.cells.loc[held, "crimes"].isna().all()
    (ward,) = counts.loc[held, "ward_code"]
    by_ward = published.totals["ward_code",].set_index("ward_code")
    assert by_ward.loc[ward, "reason"] == WITHHELD
    assert by_ward["hidden"].sum() == 1
    assert published.totals[()]["reason"].tolist() == [WITHHELD]
    assert published.totals[()]["crimes"].isna().all()
    # Whatever stands in the cell leaves no trace.
    other = suppress(
        counts.assign(crimes=counts["crimes"].mask(held, 3)), [("ward_code",), ("month",), ()], withheld=held
    )
    pd.testing.assert_frame_equal(other.cells, published.cells)
    assert len(solve_back(published)) == 0


def test_missing_is_neither_hidden_nor_in_a_total():
    counts = make_counts([10, 20, 30, 40])
    counts.loc[3, "crimes"] = np.nan
    published = suppress(counts, [("month",)])
    assert not published.cells.loc[3, "hidden"]
    assert published.cells["crimes"].isna().sum() == 1
    assert published.totals["month",]["crimes"].sum() == counts["crimes"].sum()


def test_the_awkward_ones():
    for counts in (make_counts([0]), make_counts([7]), make_counts([5])):
        assert not suppress(counts).cells["hidden"].any()
    one = make_counts([3], wards=1, months=1, types=1)
    published = suppress(one)
    # One ward, one month, one type: nothing can be shown, totals among it.
    assert published.cells["hidden"].all()
    assert all(table["hidden"].all() for table in published.totals.values())
    assert_safe(published, one)
    empty = suppress(one.head(0))
    assert len(empty.cells) == 0
    assert all(table.empty for table in empty.totals.values())
    off = suppress(make_counts([1, 2, 3]), threshold=1)
    assert not off.cells["hidden"].any()
    all_small = make_counts([3])
    assert_safe(suppress(all_small), all_small)


def test_a_small_total_of_small_numbers_is_hidden_with_what_would_tell_it():
    # Ward 0 has 1 + 1 + 0: its total of 2 is hidden, and then another ward's, because the district's is shown.
    counts = make_counts([1, 1, 0, 20, 30, 40, 25, 35, 45], wards=3, months=3, types=1, size=3)
    published = suppress(counts, [("ward_code",), ("district_code",)])
    assert published.totals["ward_code",]["hidden"].sum() >= 2
    assert not published.totals["district_code",]["hidden"].any()
    assert_safe(published, counts)


def test_large_tables_are_proved_in_pieces_and_are_as_safe(monkeypatch):
    monkeypatch.setattr(witness, "_LARGE", 20)
    monkeypatch.setattr(witness, "_WIDE", 6)
    generator = np.random.default_rng(5)
    for rate in (1, 3, 12):
        counts = make_counts(generator.poisson(rate, 36), wards=6)
        assert_safe(suppress(counts), counts)


def test_faults_are_told():
    counts = make_counts([1])
    with pytest.raises(InputError, match="lacks the column"):
        suppress(counts, [("region",)])
    with pytest.raises(InputError, match="not whole or are below 0"):
        suppress(counts.assign(crimes=1.5))
    with pytest.raises(InputError, match="0 was given; allowed are whole numbers from 1"):
        suppress(counts, threshold=0)
    with pytest.raises(InputError, match="repeated"):
        suppress(pd.concat([counts, counts]))
    published = suppress(make_counts([2, 30, 40]), [("month",)])
    wrong = {("month",): published.totals["month",].assign(crimes=1, hidden=False)}
    with pytest.raises(InputError, match="contradict each other"):
        solve_back(type(published)(published.cells, wrong, "crimes", 5, hide_zeros=False))


def test_the_log_tells_neither_numbers_nor_which_are_small(caplog):
    with caplog.at_level("INFO"):
        published = suppress(make_counts([2, 31, 32, 33, 34]))
    assert "24 numbers" in caplog.text
    assert "hidden" in caplog.text
    assert "31" not in repr(published)
    assert "W0" not in caplog.text + repr(published)
