"""Set packing on small problems of any shape: the bound for any prices, the choice however few groups it starts on."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tipping_point.areas import candidates, local_search, packing, select, stability
from tipping_point.areas.local_search import Problem, TooFewError, first_by, improve, search_at_random
from tipping_point.areas.packing import cover_wanted, pack

NONE = np.empty(0, dtype=np.int64)


def make_problem(groups, value, *, number, per_authority=0, authority=None, wanted=(), wards=7):
    width = max(len(group) for group in groups)
    members = np.array([sorted(group) + [-1] * (width - len(group)) for group in groups], dtype=np.int32)
    authority = np.array(authority if authority else [0] * len(groups), dtype=np.int32)
    return Problem(members, np.array(value, dtype=float), authority, number, per_authority,
                   np.array(sorted(wanted), dtype=np.int32), wards)  # fmt: skip


def is_choice(problem, chosen):
    """Whether the groups are disjoint, few enough, and within the cap."""
    wards = [ward for group in chosen for ward in problem.members[group] if ward >= 0]
    authorities = np.bincount(problem.authority[list(chosen)], minlength=1)
    return len(wards) == len(set(wards)) and len(chosen) <= problem.number and authorities.max(initial=0) <= problem.cap


def choices(problem):
    """Every choice that holds the wanted wards."""
    for size in range(min(problem.number, len(problem.members)) + 1):
        for chosen in combinations(range(len(problem.members)), size):
            if is_choice(problem, chosen) and np.isin(problem.wanted, problem.members[list(chosen)]).all():
                yield chosen


@st.composite
def problems(draw):
    groups = draw(
        st.lists(st.frozensets(st.integers(0, 6), min_size=1, max_size=4), min_size=1, max_size=10, unique=True)
    )
    value = st.integers(1, 6) if draw(st.booleans()) else st.floats(0.01, 1e5)
    return make_problem(
        groups,
        [draw(value) for _ in groups],
        number=draw(st.integers(1, 4)),
        per_authority=draw(st.integers(0, 2)),
        authority=[draw(st.integers(0, 2)) for _ in groups],
        wanted=draw(st.frozensets(st.integers(0, 6), max_size=2)),
    )


@settings(deadline=None, max_examples=100)
@given(problems(), st.lists(st.floats(0, 10), min_size=10, max_size=10), st.floats(-10, 0))
def test_the_bound_holds_for_any_prices(problem, prices, lower):
    """Also for each group: nothing that uses it is worth more than it says. Wanted wards may have prices below 0."""
    price = np.array(prices[:7]) * problem.value.max() / 10
    price[problem.wanted] += lower * problem.value.max() / 10
    found = packing._bound(problem, price, np.array(prices[7:])[: problem.authority.max() + 1])
    for chosen in choices(problem):
        total = problem.value[list(chosen)].sum()
        assert total <= found.bound * (1 + 1e-9) + 1e-9
        assert all(total <= found.with_group[group] + 1e-9 * problem.value.max() for group in chosen)


@settings(deadline=None, max_examples=100)
@given(problems(), st.integers(1, 3), st.sampled_from([0, 2000]))
def test_the_choice_is_the_best_however_few_groups_it_starts_on(problem, few, tries):
    """One to three groups at a time, and a local search that finds little, so that every step is needed."""
    possible = list(choices(problem))
    start, missed = cover_wanted(problem)
    assert (len(missed) == 0) == (len(possible) > 0)
    assert is_choice(problem, start)
    if not possible:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "FIRST_GROUPS", few)
        patch.setattr(packing, "POOL", few)
        patch.setattr(local_search, "TRIES", tries)
        found = pack(problem, start, seed=1)
    best = max(problem.value[list(chosen)].sum() for chosen in possible)
    assert found.exact
    assert tuple(found.chosen) in possible
    assert problem.value[found.chosen].sum() == pytest.approx(best, rel=1e-8)
    assert found.value == found.bound == pytest.approx(best, rel=1e-8)


@settings(deadline=None, max_examples=40)
@given(problems())
def test_wards_that_cannot_all_be_held_are_held_as_far_as_can_be(problem):
    most = max(
        np.isin(problem.wanted, problem.members[list(chosen)]).sum()
        for chosen in choices(problem.without(problem.wanted))
    )
    assert len(cover_wanted(problem)[1]) == len(problem.wanted) - most


@settings(deadline=None, max_examples=40)
@given(problems())
def test_the_local_search_gives_a_choice_and_never_loses(problem):
    start, missed = cover_wanted(problem)
    problem = problem.without(missed)
    found = improve(problem, problem.value, start)
    again = search_at_random(problem, found, seed=3)
    possible = list(choices(problem))
    assert tuple(found) in possible
    assert tuple(again) in possible
    assert problem.value[start].sum() <= problem.value[found].sum() <= problem.value[again].sum()
    assert search_at_random(problem, found, seed=3).tolist() == again.tolist()


def test_the_local_search_brings_in_what_the_first_fill_missed():
    """The largest group shares a ward with two that are together worth more."""
    problem = make_problem([{1, 2}, {0, 1}, {2, 3}], [8.0, 7.0, 7.0], number=2)
    assert improve(problem, problem.value, NONE).tolist() == [1, 2]


def test_the_local_search_has_an_end(monkeypatch):
    monkeypatch.setattr(local_search, "LOOKS", 0)
    problem = make_problem([{1, 2}, {0, 1}, {2, 3}], [8.0, 7.0, 7.0], number=2)
    assert improve(problem, problem.value, NONE).tolist() == [0]


def test_a_relaxation_that_beats_every_choice_is_settled_by_branching():
    """Three groups of which any two overlap: halves of each are worth 1.5 times one, and one is all that can be had."""
    problem = make_problem([{0, 1}, {1, 2}, {0, 2}], [2.0, 2.0, 2.0], number=3)
    found = pack(problem, NONE, seed=1)
    assert (found.value, found.bound, found.exact, found.solved_on) == (2, 2, True, 3)
    late = pack(problem, NONE, nodes=0, seed=1)
    assert (late.value, late.bound, late.exact) == (2, 6, False)


def test_of_equal_groups_the_one_without_idle_wards_is_taken():
    problem = make_problem([{0, 1, 2}, {0, 1}, {1, 2}], [5.0, 5.0, 4.0], number=1)
    assert pack(problem, NONE, seed=1).chosen.tolist() == [1]
    problem = make_problem([{0, 1, 2}, {0, 1}, {1, 2}], [5.0, 5.0, 4.0], number=1, wanted=[2])
    assert pack(problem, cover_wanted(problem)[0], seed=1).chosen.tolist() == [0]


def test_a_solver_that_fails_is_not_believed(monkeypatch):
    """HiGHS gives up without a solution: the fallback answers, with the bound of the prices."""
    problem = make_problem([{0, 1}, {1, 2}, {0, 2}], [2.0, 2.0, 2.0], number=3)

    class Failed:
        status, x, mip_dual_bound = 4, None, None

    monkeypatch.setattr(packing, "milp", lambda *args, **options: Failed())
    found = pack(problem, NONE, seed=1)
    assert (found.value, found.exact) == (2, False)
    assert found.bound == pytest.approx(3)


def test_a_wanted_ward_binds_the_integer_programme_too():
    """Ward 3 is in triples only, worth 1; without it a pair (2) and a single ward (.9) would be worth 2.9. Halves and
    thirds of groups are worth 2; the best choice that holds ward 3 is a triple and a single ward."""
    triples, pairs, singles = [{0, 1, 3}, {1, 2, 3}, {0, 2, 3}], [{0, 1}, {1, 2}, {0, 2}], [{0}, {1}, {2}]
    problem = make_problem(triples + pairs + singles, [1.0] * 3 + [2.0] * 3 + [0.9] * 3, number=3, wanted=[3])
    found = pack(problem, cover_wanted(problem)[0], seed=1)
    assert found.exact
    assert found.value == found.bound == pytest.approx(1.9)
    assert found.solved_on > 0


def test_groups_that_are_all_chosen_are_bounded_by_all():
    """Fewer groups than may be chosen: none stands in another's way."""
    problem = make_problem([{0}, {1}], [0.5, 0.25], number=3)
    found = packing._bound(problem, np.zeros(7), np.zeros(1))
    assert found.bound == 0.75
    assert found.with_group.tolist() == [0.75, 0.75]


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 35))
def test_the_first_are_those_of_a_whole_sort(values, number):
    value = np.array(values, dtype=float)
    found = first_by(value, number)
    assert len(found) >= min(number, len(value))
    assert found.tolist() == np.argsort(-value, kind="stable")[: len(found)].tolist()


@settings(deadline=None, max_examples=100)
@given(problems())
def test_a_search_of_few_groups_goes_on_to_all_where_they_do_not_fill_the_choice(problem):
    whole = improve(problem, problem.value, NONE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_search, "FIRST", 2)
        few = improve(problem, problem.value, NONE)
    assert is_choice(problem, few)
    assert len(few) == problem.number or few.tolist() == whole.tolist()


def leave_out(problem, below):
    """The problem without the groups worth less, and the positions of the rest among all."""
    kept = np.flatnonzero(problem.value >= below)
    few = replace(problem, members=problem.members[kept], value=problem.value[kept],
                  authority=problem.authority[kept], below=below)  # fmt: skip
    return few, kept


@settings(deadline=None, max_examples=300)
@given(problems(), st.integers(0, 9), st.integers(0, 2))
def test_without_groups_of_small_value_the_choice_is_the_same_or_refused(problem, place, tries):
    problem = replace(problem, wanted=problem.wanted[:0])
    few, kept = leave_out(problem, np.sort(problem.value)[min(place, len(problem.value) - 1)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_search, "TRIES", tries)
        whole = pack(problem, NONE, seed=1)
        try:
            found = pack(few, NONE, seed=1)
        except TooFewError:
            return
    assert kept[found.chosen].tolist() == whole.chosen.tolist()
    assert (found.value, found.exact) == (whole.value, whole.exact)


def test_groups_left_out_are_not_missed_where_a_few_are_worth_much():
    """Two groups of two are worth far more than any other: the rest is left out, and the choice stands."""
    groups = [{0, 1}, {2, 3}, {0}, {1}, {2}, {3}, {4}, {5}]
    problem = make_problem(groups, [100.0, 90.0, 60.0, 30.0, 50.0, 30.0, 2.0, 1.0], number=2)
    few, kept = leave_out(problem, 30.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_search, "TRIES", 2)
        assert kept[pack(few, NONE, seed=1).chosen].tolist() == [0, 1]
        with pytest.raises(TooFewError):
            pack(leave_out(problem, 95.0)[0], NONE, seed=1)


def test_no_clock_is_read():
    """A busy machine makes the same choice: limits are nodes and iterations."""
    for module in (packing, local_search, select, stability, candidates):
        text = Path(module.__file__).read_text(encoding="utf-8")
        assert "time_limit" not in text
        assert "import time" not in text
        assert "perf_counter" not in text
