"""The best choice of areas: equal to brute force on every small graph tried, within every limit, with a true gap."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph

from tipping_point.areas.group import Limits, area_id, build_areas
from tipping_point.areas.select import Rule, find_selection, members, select_areas
from tipping_point.tables import InputError
from tipping_point.text.areas import say_proof
from tipping_point.wards.neighbours import build_graph

OPTIONS = {"population": (0, 1e9), "max_wards": 3, "value": "value", "seed": 1}


def make_graph(codes, links):
    """Links in both directions; wards without one have a link of weight 0 to themselves."""
    both = [*links, *((b, a) for a, b in links)]
    alone = [code for code in codes if code not in {a for a, _ in both}]
    rows = [(a, b, 1) for a, b in sorted(set(both))] + [(code, code, 0) for code in alone]
    return Graph.from_arrays(*(np.array(column) for column in zip(*rows, strict=True)))


def prove(
    wards, graph, *, areas, value, population, max_wards, seed, within="district_code", per_authority=0, include=(),
    exclude=(), **more,
):  # fmt: skip
    """How good the choice of `select_areas` is, by country."""
    rule = Rule(areas, Limits(population, max_wards, within), per_authority, tuple(include), tuple(exclude))
    return find_selection(wards, graph, rule=rule, value=value, seed=seed, **more).proofs


def make_wards(value, **columns):
    codes = pd.Index([f"E{n:02d}" for n in range(len(value))], name="ward_code")
    table = pd.DataFrame({"value": value, "population": 1.0, "district_code": "A", "country": "England"}, index=codes)
    return table.assign(**columns)


def connected(codes, links):
    reached, stack = set(), [codes[0]]
    while stack:
        code = stack.pop()
        if code not in reached:
            reached.add(code)
            stack += [b for a, b in [*links, *((b, a) for a, b in links)] if a == code and b in codes]
    return len(reached) == len(codes)


def is_area(codes, wards, links, options):
    own = wards.loc[list(codes)]
    low, high = options["population"]
    return (
        low <= own["population"].sum() <= high
        and len(codes) <= options["max_wards"]
        and own["district_code"].nunique() == 1
        and own["value"].sum() > 0
        and own["value"].notna().all()
        and not set(codes) & set(options["exclude"])
        and connected(list(codes), links)
    )


def best_by_hand(wards, links, options):
    """The largest total value of any choice, by trying all of them; None where no choice holds the wards to include."""
    sizes = range(1, options["max_wards"] + 1)
    groups = [set(own) for size in sizes for own in combinations(wards.index, size)
              if is_area(own, wards, links, options)]  # fmt: skip
    best = None

    def extend(start, used, total, left, districts):
        nonlocal best
        if used >= set(options["include"]) and (best is None or total > best):
            best = total
        if left:
            for number in range(start, len(groups)):
                own = groups[number]
                district = wards.at[min(own), "district_code"]
                full = options["per_authority"] and districts.count(district) >= options["per_authority"]
                if not own & used and not full:
                    total_now = total + wards.loc[sorted(own), "value"].sum()
                    extend(number + 1, used | own, total_now, left - 1, [*districts, district])

    extend(0, set(), 0.0, options["areas"], [])
    return best


def whole(draw, number):
    return draw(st.lists(st.integers(0, 6), min_size=number, max_size=number))


@st.composite
def studies(draw):
    """Wards with ties and zeros, or with any values; links; and options of every kind."""
    number = draw(st.integers(1, 8))
    real = st.floats(0.001, 1e6) | st.just(0.0)
    values = whole(draw, number) if draw(st.booleans()) else draw(st.lists(real, min_size=number, max_size=number))
    districts = draw(st.lists(st.sampled_from(["A", "A", "B"]), min_size=number, max_size=number))
    wards = make_wards([float(v) for v in values], population=whole(draw, number), district_code=districts)
    pairs = list(combinations(wards.index, 2))
    links = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=16)) if pairs else []
    some = st.lists(st.sampled_from(list(wards.index)), unique=True, max_size=2)
    low = draw(st.integers(0, 5))
    include = draw(some)
    options = {
        "areas": draw(st.integers(1, 4)),
        "population": (low, draw(st.integers(low, 18))),
        "max_wards": draw(st.integers(1, 4)),
        "per_authority": draw(st.integers(0, 2)),
        "include": include,
        "exclude": [code for code in draw(some) if code not in include],
    }
    return wards, links, options


def choose(wards, links, options, **more):
    return select_areas(wards, make_graph(wards.index, links), value="value", seed=1, **options, **more)


def check_limits(chosen, wards, links, options):
    """Every area keeps to every limit, none overlap, and all that must be in is in."""
    lists = [codes.split(";") for codes in chosen["ward_codes"]]
    used = [code for codes in lists for code in codes]
    assert len(used) == len(set(used))
    assert set(used) >= set(options["include"])
    assert len(chosen) <= options["areas"]
    assert all(is_area(codes, wards, links, options) for codes in lists)
    assert not options["per_authority"] or chosen["district_code"].value_counts().le(options["per_authority"]).all()
    for codes, (_, area) in zip(lists, chosen.iterrows(), strict=True):
        own = wards.loc[codes]
        assert area["area_id"] == area_id(codes)
        assert (area["wards"], area["population"]) == (len(own), own["population"].sum())
        assert area["value"] == pytest.approx(own["value"].sum())
        assert {area["district_code"]} == set(own["district_code"])


@settings(deadline=None, max_examples=120)
@given(studies())
def test_the_choice_is_the_best_that_brute_force_finds(study):
    wards, links, options = study
    best = best_by_hand(wards, links, options)
    if best is None:
        with pytest.raises(InputError, match=r"areas\.include"):
            choose(wards, links, options)
        return
    chosen = choose(wards, links, options)
    check_limits(chosen, wards, links, options)
    assert chosen["value"].sum() == pytest.approx(best, rel=1e-8)
    said = prove(wards, make_graph(wards.index, links), value="value", seed=1, **options)["England"]
    assert (said.exact, said.gap) == (True, 0)
    assert said.bound == said.value == pytest.approx(best, rel=1e-8)


@settings(deadline=None, max_examples=40)
@given(studies())
def test_without_a_node_the_gap_is_true(study):
    wards, links, options = study
    best = best_by_hand(wards, links, options)
    assume(best is not None)
    chosen = choose(wards, links, options, nodes=0)
    check_limits(chosen, wards, links, options)
    said = prove(wards, make_graph(wards.index, links), value="value", seed=1, nodes=0, **options)["England"]
    assert said.value == pytest.approx(chosen["value"].sum())
    assert said.value <= best * (1 + 1e-9)
    assert said.bound >= best * (1 - 1e-9)
    assert said.gap == pytest.approx((said.bound - said.value) / said.value if said.value else 0)
    assert said.exact == (said.gap <= 1e-9)


@settings(deadline=None, max_examples=30)
@given(studies(), st.randoms())
def test_the_order_of_the_rows_and_the_seed_do_not_matter(study, random):
    wards, links, options = study
    mixed = list(wards.index)
    random.shuffle(mixed)
    assume(best_by_hand(wards, links, options) is not None)
    graph = make_graph(wards.index, links)
    first = select_areas(wards, graph, value="value", seed=1, **options)
    second = select_areas(wards.loc[mixed], graph, value=wards["value"], seed=2, **options)
    pd.testing.assert_frame_equal(first, second)
    assert first.attrs == second.attrs


def test_two_areas_by_hand():
    """A row of six, at most two wards an area: the middle pair is worth 8, each end 6."""
    wards = make_wards([5.0, 1.0, 4.0, 4.0, 1.0, 5.0])
    links = [(f"E0{n}", f"E0{n + 1}") for n in range(5)]
    chosen = select_areas(wards, make_graph(wards.index, links), areas=2, **{**OPTIONS, "max_wards": 2})
    assert chosen["value"].tolist() == [8, 6]
    three = select_areas(wards, make_graph(wards.index, links), areas=3, **{**OPTIONS, "max_wards": 2})
    assert sorted(three["ward_codes"]) == ["E00;E01", "E02;E03", "E04;E05"]
    assert list(three.columns) == ["area_id", "ward_codes", "wards", "population", "value", "country", "district_code"]
    assert three["ward_codes"].iloc[0] == "E02;E03"


def test_the_best_choice_is_not_the_greedy_one():
    """A row of 3, 4, 4, 3: the largest pair first (8) leaves single wards of 3; two pairs of 7 are worth more."""
    wards = make_wards([3.0, 4.0, 4.0, 3.0])
    links = [("E00", "E01"), ("E01", "E02"), ("E02", "E03")]
    chosen = select_areas(wards, make_graph(wards.index, links), areas=2, **{**OPTIONS, "max_wards": 2})
    assert chosen["ward_codes"].tolist() == sorted(["E00;E01", "E02;E03"], key=lambda c: area_id(c.split(";")))


def test_a_ward_that_adds_nothing_is_left_out_unless_it_connects():
    wards = make_wards([2.0, 0.0, 0.0, 5.0, 0.0])
    links = [("E00", "E01"), ("E01", "E03"), ("E02", "E03"), ("E03", "E04")]
    chosen = select_areas(wards, make_graph(wards.index, links), areas=3, **OPTIONS)
    assert chosen["ward_codes"].tolist() == ["E00;E01;E03"]


def test_countries_are_chosen_apart():
    wards = make_wards([9.0, 8.0, 7.0, 3.0, 2.0, 1.0], country=["England"] * 3 + ["Wales"] * 3)
    chosen = select_areas(wards, make_graph(wards.index, []), areas=2, **OPTIONS)
    assert chosen[["country", "value"]].to_numpy().tolist() == [
        ["England", 9], ["England", 8], ["Wales", 3], ["Wales", 2],
    ]  # fmt: skip
    said = prove(wards, make_graph(wards.index, []), areas=2, **OPTIONS)
    assert {country: proof.candidates for country, proof in said.items()} == {"England": 3, "Wales": 3}


def test_a_cap_holds_for_each_authority():
    wards = make_wards([9.0, 8.0, 7.0, 1.0], district_code=["A", "A", "A", "B"])
    chosen = select_areas(wards, make_graph(wards.index, []), areas=3, per_authority=1, **OPTIONS)
    assert chosen["ward_codes"].tolist() == ["E00", "E03"]
    said = prove(wards, make_graph(wards.index, []), areas=3, per_authority=1, **OPTIONS)["England"]
    assert "3 areas were asked for and 2 chosen" in say_proof(said)[1]


def test_an_area_does_not_cross_the_column_that_binds_it():
    wards = make_wards([1.0, 1.0], district_code=["A", "B"], force_name="F")
    graph = make_graph(wards.index, [("E00", "E01")])
    assert len(select_areas(wards, graph, areas=5, **OPTIONS)) == 2
    chosen = select_areas(wards, graph, areas=1, within="force_name", **OPTIONS)
    assert chosen["ward_codes"].tolist() == ["E00;E01"]
    assert chosen["force_name"].tolist() == ["F"]
    assert len(select_areas(wards, graph, areas=1, within="country", **OPTIONS).columns) == 6


def test_wards_not_assessed_or_without_a_value_are_in_no_area():
    wards = make_wards([1.0, np.nan, 3.0], assessed=[True, True, False], not_assessed_reason=["", "", "covered 2 of 5"])
    graph = make_graph(wards.index, [("E00", "E01"), ("E01", "E02")])
    assert select_areas(wards, graph, areas=3, **OPTIONS)["ward_codes"].tolist() == ["E00"]
    with pytest.raises(InputError) as caught:
        select_areas(wards, graph, areas=3, include=["E01", "E02", "E09"], exclude=["E08"], **OPTIONS)
    assert caught.value.faults == (
        "areas.include: 'E09' is not a ward of the study's area",
        "areas.exclude: 'E08' is not a ward of the study's area",
        "areas.include: 'E01' can be in no area: it has no value",
        "areas.include: 'E02' can be in no area: it is not assessed (covered 2 of 5)",
    )


def test_nothing_to_choose_is_an_empty_table_that_says_so():
    for wards in (make_wards([0.0, 0.0]), make_wards([1.0, 1.0], assessed=False), make_wards([1.0])):
        chosen = select_areas(wards, make_graph(wards.index, []), areas=2, **{**OPTIONS, "population": (5, 9)})
        assert len(chosen) == 0
        assert list(chosen.columns)[:3] == ["area_id", "ward_codes", "wards"]
        said = prove(wards, make_graph(wards.index, []), areas=2, **{**OPTIONS, "population": (5, 9)})["England"]
        assert (said.exact, said.value, said.gap, said.chosen) == (True, 0, 0, 0)
        assert "no area was chosen" in say_proof(said)[0]
        assert list(members(chosen, make_graph(wards.index, [])).columns) == ["ward_code", "area", "cluster"]


def test_a_table_without_country_or_assessed_will_do():
    wards = make_wards([1.0, 2.0])[["value", "population", "district_code"]]
    chosen = select_areas(wards, make_graph(wards.index, []), areas=1, **OPTIONS)
    assert chosen["ward_codes"].tolist() == ["E01"]
    assert list(prove(wards, make_graph(wards.index, []), areas=1, **OPTIONS)) == [""]


def test_wards_to_include_that_no_choice_can_hold_are_named():
    wards = make_wards([1.0, 2.0, 0.0, 4.0], population=[1.0, 50.0, 1.0, 1.0])
    graph = make_graph(wards.index, [])
    limits = {**OPTIONS, "population": (1, 9)}
    with pytest.raises(InputError) as caught:
        select_areas(wards, graph, areas=3, include=["E01", "E02"], **limits)
    assert caught.value.faults == (
        "areas.include: 'E01' can be in no area: it has 50 residents, and an area may have 9 at most",
        "areas.include: 'E02' can be in no area: every group of wards within the limits that holds it has a value of 0",
    )
    with pytest.raises(InputError, match=r"at most 3 wards of one district_code, 2 to 9 residents\) holds it"):
        select_areas(wards, graph, areas=3, include=["E00"], **{**OPTIONS, "population": (2, 9)})
    with pytest.raises(InputError, match=r"'E0[03]' cannot be in an area together with the other .* at most 1 area in"):
        select_areas(wards, graph, areas=1, include=["E00", "E03"], **limits)


def test_options_and_values_that_are_not_allowed_are_all_listed():
    wards = make_wards([1.0, 2.0]).drop(columns="population")
    graph = make_graph(wards.index, [])
    with pytest.raises(InputError) as caught:
        select_areas(wards, graph, areas=0, per_authority=-1, value="worth", seed=1)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "areas.areas = 0", "areas.per_authority = -1", "wards", "wards",
    ]  # fmt: skip
    for values, text in [([-1.0, 2.0], "1 wards have one below 0, such as 'E00'"), ([np.inf, 1.0], "infinite"),
                         (["a", "b"], "not all are numbers")]:  # fmt: skip
        with pytest.raises(InputError, match=text):
            select_areas(make_wards(values), graph, areas=1, **OPTIONS)


def test_members_feed_build_areas(lattice):
    wards = lattice(2, 4, value=[1.0, 0, 0, 2.0, 1.0, 0, 0, 2.0], harm=1.0, crimes=1.0, index_score=1.0,
                    visitor_ward=False)  # fmt: skip
    graph = build_graph(wards)
    chosen = select_areas(wards, graph, areas=4, value="value", population=(0, 10_000), max_wards=1, seed=1)
    rows = members(chosen, graph)
    assert rows.groupby("area")["ward_code"].agg(";".join).tolist() == chosen["ward_codes"].tolist()
    assert rows["cluster"].tolist() == [0, 0, 1, 1]
    areas = build_areas(wards, rows, limits=Limits((0, 10_000), 1))
    assert sorted(areas.index) == sorted(chosen["area_id"])
    assert areas["within_limits"].all()


def test_inputs_stay_as_they_are():
    wards = make_wards([1.0, 2.0])
    copy = wards.copy()
    select_areas(wards, make_graph(wards.index, [("E00", "E01")]), areas=1, include=["E00"], **OPTIONS)
    pd.testing.assert_frame_equal(wards, copy)


@pytest.mark.parametrize("nodes", [10_000, 0])
def test_a_larger_block_is_proved_or_says_that_it_is_not(lattice, nodes):
    """Sixty-four wards, values drawn at random, eight areas: the fallback is within its gap of the proved choice."""
    values = np.random.default_rng(3).gamma(1.0, 1.0, 64)
    wards = lattice(8, 8, value=values)
    options = {"areas": 8, "value": "value", "population": (20_000, 50_000), "max_wards": 4, "seed": 5}
    chosen = select_areas(wards, build_graph(wards), nodes=nodes, **options)
    said = prove(wards, build_graph(wards), nodes=nodes, **options)["England"]
    exact = prove(wards, build_graph(wards), **options)["England"]
    assert exact.exact
    assert exact.solved_on < exact.candidates
    if nodes:
        assert said == exact
        assert "no other choice of up to 8 areas" in say_proof(said)[0]
    else:
        assert not said.exact
        assert 0.97 * exact.value < said.value <= exact.value <= said.bound
        assert "is a fallback, found by local search" in say_proof(said)[0]
        again = select_areas(wards, build_graph(wards), nodes=0, **options)
        pd.testing.assert_frame_equal(again, chosen)
