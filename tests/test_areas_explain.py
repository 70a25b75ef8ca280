"""'Why not us?': standings, sentences and flips, each against its numbers; the same on real studies."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from tipping_point.areas.group import Limits, build_areas, rank_areas
from tipping_point.areas.why import build_contests, smallest_flips
from tipping_point.measures.index import Component, add_index
from tipping_point.tables import InputError
from tipping_point.text.areas import (
    EXPLAINED,
    add_explanations,
    alternatives_sentence,
    district_annex,
    explain_areas,
    explain_place,
    numbers,
)

WEIGHTS = {"England": {"harm_rate": 3.0, "health": 1.0}}
LIMITS = Limits(population=(15_000, 60_000), max_wards=2)
FORBIDDEN = re.compile(r"\b(dangerous|worst|no-go|crime-ridden|nan|None|NaT)\b")


def code(number):
    return f"E05000{number:03d}"


@pytest.fixture
def wards(lattice):
    """Ten wards: 0-1, 2-3 and 4-5 are areas, of index 85, 65 and 60; 6 hot but too small alone; 7 beside; 8, 9 not."""
    harm = [90.0, 90, 60, 60, 50, 50, 80, 80, 10, 50]
    health = [70.0, 70, 80, 80, 90, 90, 80, 80, 5, 99]
    table = lattice(
        1, 10, component_harm_rate=harm, component_health=health, harm=100.0, crimes=10.0,
        index_missing="", visitor_ward=pd.array([False] * 10, dtype="boolean"), gi_star_class="",
        hot_votes=pd.array([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], dtype="Int64"),
    )  # fmt: skip
    table["index_score"] = 0.75 * table["component_harm_rate"] + 0.25 * table["component_health"]
    table.loc[code(7), "gi_star_class"] = "beside"
    table["district_code"] = ["E01"] * 2 + ["E02"] * 2 + ["E03"] * 2 + ["E04"] * 3 + ["E05"]
    table["district_name"] = [f"District {own[-1]}" for own in table["district_code"]]
    return table


def areas_of(wards, number=2):
    members = pd.DataFrame({"ward_code": [code(n) for n in range(7)], "area": [0, 0, 1, 1, 2, 2, 3], "cluster": 0})
    return rank_areas(build_areas(wards, members, limits=LIMITS), number=number)


def explained(wards, areas=None, **options):
    areas = areas_of(wards) if areas is None else areas
    return add_explanations(wards, areas, weights=WEIGHTS, limits=LIMITS, **options)


def test_standings_and_reach(wards):
    found = explained(wards)
    assert found["standing"].tolist() == ["in"] * 4 + ["nearly in"] * 4 + ["out"] * 2
    last = 0.75 * 60 + 0.25 * 80
    assert found["reach"].to_numpy()[:2] == pytest.approx(np.full(2, 85 / last))
    assert found["reach"].to_numpy()[4:6] == pytest.approx(np.full(2, 60 / last))
    assert found["reach"].iloc[9] == pytest.approx((0.75 * 50 + 0.25 * 99) / last)


def test_an_area_left_out_says_how_far_it_is_and_what_weight_would_do(wards):
    areas = explain_areas(areas_of(wards), wards, weights=WEIGHTS, limits=LIMITS)
    third = areas[areas["index_score"].eq(60)].iloc[0]
    assert third["why"] == (
        "Its index is 60 of 100, against 65 for Ward 0-2 and Ward 0-3 (District 2), the last area chosen. Beside that"
        " area, health need (90 against 80) lifts it most and harm per resident (50 against 60) holds it back most."
    )
    # Level where v x 10 = (1 - v) x 10: a half, from three quarters to a half.
    assert third["would_change"].startswith("It would draw level with Ward 0-2 and Ward 0-3 (District 2) if the weight")
    assert "from 75% to 50%" in third["would_change"] or "from 25% to 50%" in third["would_change"]
    assert third["rivals"] == "Just above it among the areas chosen: Ward 0-2 and Ward 0-3 (District 2) (index 65)."


def test_an_area_that_is_in_names_the_next_in_line(wards):
    areas = explain_areas(areas_of(wards), wards, weights=WEIGHTS)
    first = areas.iloc[0]
    assert first["why"].startswith("It was chosen: its index is 85 of 100, against 60 for Ward 0-4 and Ward 0-5")
    assert "Next below it: Ward 0-2 and Ward 0-3 (District 2) (index 65)." in first["rivals"]
    assert "fall level with Ward 0-4" in first["would_change"]


def test_an_area_outside_the_limits_says_so(wards):
    found = explained(wards).loc[code(6)]
    assert found["standing"] == "nearly in"
    assert "It has 10,000 residents; the study asks for 15,000 to 60,000." in found["why"]
    assert found["would_change"].startswith("No change of weights would bring it in")


def test_an_area_held_back_by_the_cap_says_so(wards):
    wards["district_code"], wards["district_name"] = "E01", "District 1"
    members = pd.DataFrame({"ward_code": [code(n) for n in range(6)], "area": [0, 0, 1, 1, 2, 2], "cluster": 0})
    areas = build_areas(wards, members, limits=LIMITS)
    areas = rank_areas(areas, number=2, per_authority=1)
    found = explain_areas(areas.assign(shortlisted=[True, False, False]), wards, weights=WEIGHTS)
    assert found["standing"].tolist()[0] == "in"
    capped = areas.assign(shortlisted=[False, True, False])
    first = explain_areas(capped, wards, weights=WEIGHTS).iloc[0]
    assert first["standing"] == "nearly in"
    assert first["why"].endswith("Its authority already has as many areas as the study allows.")
    assert first["would_change"] == ""


def test_a_ward_that_no_test_finds_hot_is_told_that_weights_do_not_decide(wards):
    found = explained(wards)
    assert found.loc[code(7), "why"].startswith("It stands beside a hot spot")
    assert found.loc[code(8), "why"].startswith("The tests for hot spots do not find it hot. Its index is 9 of 100")
    assert found.loc[code(8), "would_change"].startswith("No change of one weight would make it draw level")
    assert "Even so, the tests for hot spots would have to find it hot" in found.loc[code(9), "would_change"]
    fewer = explained(wards, votes=2)
    assert fewer.loc[code(7), "standing"] == "nearly in"


def test_a_hot_visitor_ward_is_told_that_it_starts_no_area(wards):
    wards.loc[code(9), ["hot_votes", "visitor_ward"]] = [1, True]
    assert "busy because many people visit" in explained(wards).loc[code(9), "why"]


def test_where_places_were_left_over_no_index_decided(wards):
    found = explained(wards, asked=5)
    assert "which did not decide: 2 areas could be chosen where 5 were asked for" in found.loc[code(9), "why"]
    assert "weight" not in found.loc[code(9), "would_change"].replace("change of weights", "")


def test_not_assessed_and_lacking_a_component(wards):
    wards.loc[code(8), ["assessed", "not_assessed_reason"]] = [False, "its force published nothing"]
    wards.loc[code(9), ["index_score", "index_missing"]] = [np.nan, "health; income"]
    found = explained(wards)
    assert found.loc[code(8), list(EXPLAINED[2:])].tolist() == [
        "Nothing can be said of it: its force published nothing.", "", "",
    ]  # fmt: skip
    assert found.loc[code(9), "why"] == "Nothing can be said of it: it lacks health, income."
    assert found["standing"].tolist()[8:] == ["not assessed"] * 2


def test_a_choice_by_value_speaks_of_value_and_of_its_margin(wards):
    areas = areas_of(wards).assign(value=[200.0, 150.0, 120.0, 30.0][: len(areas_of(wards))])
    found = explain_areas(areas, wards, weights=WEIGHTS, by_value=True)
    chosen, left = found[found["standing"] == "in"], found[found["standing"] != "in"]
    assert "of 100, against" not in " ".join(found["why"])
    last, following = chosen["value"].min(), left["value"].max()
    least = chosen.loc[chosen["value"].idxmin(), "would_change"]
    assert f"Its value could fall by {1 - following / last:.0%} before it was level with" in least
    assert left["why"].str.startswith("Its value is ").all()


def test_alternatives_that_flip_are_listed(wards):
    tried = {"A held": {code(0), code(8)}, "B held": {code(0), code(1)}}
    found = explained(wards, alternatives=tried)["would_change"]
    assert found[code(8)].endswith(" It would be chosen if A held; under the other setting tried it would stay out.")
    assert found[code(0)].endswith(" It would stay in under each of the 2 other settings tried.")
    assert found[code(2)].endswith(" It would drop out if A held or if B held.")
    areas = explain_areas(areas_of(wards), wards, weights=WEIGHTS, alternatives={"A held": {code(0)}})
    assert areas.iloc[0]["would_change"].endswith(" It would stay in under the other setting tried.")
    assert alternatives_sentence({}, True) == ""


def test_no_weight_is_named_where_the_index_is_no_weighted_mean(wards):
    wards["index_score"] = np.sqrt(wards["component_harm_rate"] * wards["component_health"])
    found = explained(wards)
    assert not found["would_change"].str.contains("the weight of").any()


def test_by_value_the_best_group_of_a_ward_is_what_counts(wards):
    areas = areas_of(wards).head(2).assign(value=[300.0, 100.0], shortlisted=True)
    rest = [code(n) for n in range(4, 10)]
    misses = pd.DataFrame(
        {"near_value": [95.0, 50.0, 0.0, np.nan, 120.0, 20.0], "weakest_value": 100.0,
         "near_reason": ["lower", "", "no value",
                         "no group", "blocked",
                         "authority full"]},
        index=pd.Index(rest, name="ward_code"),
    )  # fmt: skip
    more = wards.assign(long_run_harm=[200.0] * 9 + [50.0], usual_harm_rate=10.0, deprivation=88.0, value=1.0)
    found = explained(more, areas, near_misses=misses)
    assert found.loc[rest, "standing"].tolist() == ["nearly in", "out", "out", "out", "nearly in", "out"]
    assert found.loc[code(4), "why"] == (
        "The best group of wards it could be part of reaches 95% of the value of the last area chosen. Its own harm is"
        " 2.0 times what is usual for its kind of place, and it is more deprived than 88% of the wards of England."
    )
    assert found.loc[code(4), "would_change"] == "That group would need a value 5% higher."
    assert found.loc[code(6), "why"].startswith("It is in no area chosen: its best group of wards has a value of 0.")
    assert found.loc[code(9), "why"].endswith("so it adds no value itself.")
    assert "the cap allows" in found.loc[code(9), "why"]
    assert found.loc[code(0), "why"].startswith(
        "It is part of Ward 0-0 and Ward 0-1 (District 1). It was chosen: it br"
    )
    assert "brings 75% of the value of all areas chosen" in found.loc[code(0), "why"]


def test_no_area_at_all(wards):
    members = pd.DataFrame({"ward_code": [], "area": [], "cluster": []})
    areas = rank_areas(build_areas(wards, members, limits=LIMITS))
    found = explained(wards, areas)
    assert set(found["standing"]) <= {"out", "nearly in"}
    assert found["why"].str.contains("No area of England was chosen").all()
    assert len(explain_areas(areas, wards, weights=WEIGHTS)) == 0


def test_the_annex_has_every_district_without_an_area_and_its_highest_ward(wards):
    wards.loc[code(9), ["assessed", "not_assessed_reason"]] = [False, "no file"]
    annex = district_annex(explained(wards), areas_of(wards))
    assert annex["district_code"].tolist() == ["E03", "E04", "E05"]
    assert annex["ward_code"].tolist() == [code(4), code(6), ""]
    assert annex["wards_assessed"].tolist() == [2, 3, 0]
    assert annex.loc[2, "why"] == "Nothing can be said of it: no file."


def test_one_place_by_code_or_by_name(wards):
    areas = explain_areas(areas_of(wards), wards, weights=WEIGHTS)
    table = explained(wards)
    told = explain_place("ward 0-9", table, areas)
    assert told.splitlines()[0] == "Ward 0-9 (District 5): out."
    assert told == explain_place(code(9), table, areas)
    assert explain_place(areas.index[0], table, areas).startswith(
        "Ward 0-0 and Ward 0-1 (District 1): in.\nIt was chos"
    )
    with pytest.raises(InputError, match="'Ward 0-99' is no ward or area of the study; like it are Ward 0-9"):
        explain_place("Ward 0-99", table, areas)
    twice = table.assign(ward_name="Central")
    with pytest.raises(InputError, match="'central' is the name of 10 places"):
        explain_place("central", twice, areas)


def test_faults_are_all_named(wards):
    with pytest.raises(InputError) as caught:
        build_contests(areas_of(wards), wards.assign(country=["Wales"] + ["England"] * 9),
                       {"England": {"harm_rate": 1.0, "age": 1.0}}, False, None)  # fmt: skip
    assert caught.value.faults == (
        "weights: none for Wales; there are weights for England", "wards: lacks the column component_age",
    )  # fmt: skip


def test_the_order_of_rows_does_not_matter_and_nothing_is_changed(wards):
    areas = areas_of(wards)
    before = wards.copy()
    first = explained(wards, areas)
    second = explained(wards.iloc[::-1], areas.iloc[::-1]).loc[wards.index]
    pd.testing.assert_frame_equal(first[list(EXPLAINED)], second[list(EXPLAINED)])
    pd.testing.assert_frame_equal(pd.DataFrame(wards), pd.DataFrame(before))


@pytest.mark.parametrize("seed", range(8))
def test_the_weight_named_turns_the_order_of_the_areas_when_the_index_is_made_again(wards, seed):
    random = np.random.default_rng(seed)
    names = ["harm_rate", "health", "income"]
    table = wards.drop(columns=["component_harm_rate", "component_health"])
    for name in names:
        table[name] = random.permutation(len(table)).astype(float)
    table["population"] = random.integers(8_000, 20_000, len(table)).astype(float)

    def indexed(weights):
        made = add_index(table, components=[Component(name, share) for name, share in weights.items()])
        return made, areas_of(made)

    weights = {"harm_rate": 0.5, "health": 0.3, "income": 0.2}
    made, areas = indexed(weights)
    [(contest, _)] = build_contests(areas, made, {"England": weights}, False, None)
    above, below = contest.last, contest.next
    [flip] = smallest_flips(below.parts[None, :], above.parts, contest.weights, names)
    if flip is None:
        assert (below.parts <= above.parts).all()
        return
    for part, turned in ((0.98, False), (1.02, True)):
        new = flip.weight + part * (flip.needed - flip.weight)
        rest = {name: share * (1 - new) / (1 - flip.weight) for name, share in weights.items()}
        again = indexed(rest | {flip.component: new})[1].set_index("area_name")["index_score"]
        assert (again[below.name] > again[above.name]) == turned


def test_two_numbers_get_the_decimals_that_show_their_difference():
    assert numbers(69.2, 70.4) == ("69", "70")
    assert numbers(69.6, 70.4) == ("69.6", "70.4")
    assert numbers(69.4, 69.6) == ("69.4", "69.6")  # not 69 against 70
    assert numbers(70.12, 70.14) == ("70.12", "70.14")
    assert numbers(70.0, 70.0) == ("70.00", "70.00")


@pytest.mark.real
def test_every_sentence_of_a_real_study_can_be_read_out(merseyside):
    results, study = merseyside, merseyside.study
    columns = [name for name in results.wards.columns if name.startswith("component_")]
    known = results.wards.dropna(subset=["index_score"])
    shares = np.linalg.lstsq(known[columns].to_numpy(), known["index_score"].to_numpy())[0]
    assert shares.sum() == pytest.approx(1)
    weights = {"England": dict(zip([name.removeprefix("component_") for name in columns], shares, strict=True))}
    wards = add_explanations(
        results.wards, results.areas, weights=weights, votes=study.areas.votes, limits=study.areas.limits
    )
    inside = {own for codes in results.areas.query("shortlisted")["ward_codes"] for own in codes.split(";")}
    assert set(wards.index[wards["standing"] == "in"]) == inside
    told = wards.loc[wards["standing"] != "not assessed", ["why", "would_change", "rivals"]].to_numpy().ravel()
    for text in filter(None, told):
        assert text[0].isupper() or text[0].isdigit()
        assert text.endswith(".")
        assert not FORBIDDEN.search(text)
        assert "  " not in text
