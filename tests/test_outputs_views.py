"""The colours of the map: equal classes within each country, blanks kept apart, and a palette that survives grey."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from builders.outputs_listing import make_cover, make_wards
from builders.outputs_views import luminance

from tipping_point.outputs import classes, views


def scored(*scores, country="England"):
    return pd.DataFrame({"index_score": [float(score) for score in scores], "assessed": True, "country": country})


def test_ten_scores_make_five_classes_of_two():
    (need,) = views.views(scored(*range(1, 11)), make_cover())
    assert need.values.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [each.ranges for each in need.classes] == [
        ("1.0 to 2.0",),
        ("3.0 to 4.0",),
        ("5.0 to 6.0",),
        ("7.0 to 8.0",),
        ("9.0 to 10.0",),
    ]


def test_the_order_of_the_rows_does_not_matter():
    table = scored(*range(1, 11))
    turned = table.iloc[::-1]
    assert (
        views.views(turned, make_cover())[0].values.tolist()
        == views.views(table, make_cover())[0].values[::-1].tolist()
    )


@pytest.mark.parametrize(("scores", "classes"), [((7, 7, 7, 7), 1), ((1, 2), 2), ((1, 2, 3), 3), ((5,), 1), ((), 1)])
def test_there_are_never_more_classes_than_scores(scores, classes):
    (need,) = views.views(scored(*scores), make_cover())
    assert len(need.classes) == classes
    assert set(need.values) <= set(range(classes))


def test_equal_scores_share_a_class():
    (need,) = views.views(scored(1, 1, 1, 1, 1, 1, 2, 3, 4, 5), make_cover())
    assert set(need.values[:6]) == {0}
    assert (np.diff(need.values) >= 0).all()


def test_classes_are_within_the_country():
    both = pd.concat([scored(1, 2, 3, 4, 5), scored(91, 92, 93, 94, 95, country="Wales")], ignore_index=True)
    (need,) = views.views(both, make_cover())
    assert need.values.tolist() == [0, 1, 2, 3, 4] * 2
    assert need.classes[4].ranges == ("5.0 to 5.0", "95.0 to 95.0")
    assert need.countries == ("England", "Wales")


def test_not_assessed_and_no_score_are_two_things_and_neither_is_a_class():
    table = scored(1, 2, 3, np.nan)
    table.loc[0, "assessed"] = False
    (need,) = views.views(table, make_cover())
    assert need.values[0] == classes.NOT_ASSESSED
    assert need.values[3] == classes.WITHOUT_VALUE


def looks(view):
    return [(each.pattern, round(luminance(each.fill), 2)) for each in view.classes]


def lasting_wards():
    states = ["", "chronic", "tipping", "easing", "intermittent", "not"]
    wards = make_wards()
    wards["chronic_state"] = [*states * 6]
    wards["share_in_top"] = np.where(wards["assessed"], np.resize([1.0, 0.945, 0.5, 0.05, 0.01, 0.0], 36), np.nan)
    wards["months_covered"] = np.where(wards["assessed"], np.resize([12, 12, 7], 36), 0)
    wards["emerging_word"] = np.resize(["", "new", "easing"], 36)
    wards["health"] = 95.0
    return wards


def test_the_three_views_for_everyone_come_first():
    found = views.views(lasting_wards(), make_cover())
    assert [view.name for view in found if not view.analyst] == ["Need", "How lasting", "How sure"]
    assert [view.name for view in found[3:]] == [
        "Hot spots",
        "Neighbours (local Moran)",
        "Hot spots over time",
        "Levers: how many domains",
        "Deprivation: all six domains",
        "Deprivation: income",
        "Deprivation: health",
        "Coverage",
    ]
    assert all(view.analyst for view in found[3:])
    assert views.missing_views(lasting_wards(), make_cover()) == []


def test_how_lasting_is_the_state_of_each_ward():
    wards = lasting_wards()
    lasting = views.views(wards, make_cover())[1]
    assert lasting.values[6:12].tolist() == [classes.WITHOUT_VALUE, 0, 1, 2, 3, 4]
    assert (lasting.values[:6] == classes.NOT_ASSESSED).all()
    assert [each.name for each in lasting.classes][:2] == ["Long-standing", "At a tipping point"]


def test_how_sure_has_the_share_of_tests_that_the_card_shows():
    """94.5 of 100 is shown as 94 (to even) or 95; the class is the one whose words hold the number shown."""
    sure = views.views(lasting_wards(), make_cover())[2]
    assert sure.values[6:12].tolist() == [0, 0, 1, 2, 3, 4]
    assert "the highest 13 of 30" in sure.note
    assert (sure.values[:6] == classes.NOT_ASSESSED).all()


def test_a_study_too_short_to_tell_says_so():
    wards = make_wards().assign(chronic_state="not assessed")
    assert "How lasting" not in [view.name for view in views.views(wards, make_cover())]
    assert views.missing_views(wards, make_cover(months=5)) == [
        "How lasting is not shown: 5 months cannot show whether crime lasts.",
        "How sure is not shown: this run did not test its ranks.",
    ]
    assert not views.tells_lasting(wards)


def test_hot_spots_are_told_apart_by_pattern_as_well_as_colour():
    found = {view.name: view for view in views.views(lasting_wards(), make_cover())}
    hot = found["Hot spots"]
    assert hot.values[6] == 0
    assert hot.values[8] == len(hot.classes) - 1
    assert (hot.values[:6] == classes.NOT_ASSESSED).all()
    for view in found.values():
        assert len(set(looks(view))) == len(view.classes), view.name


def test_levers_count_the_domains_in_the_most_deprived_tenth():
    wards = make_wards()
    wards["income"], wards["health"] = 90.0, np.resize([89.9, 90.0, np.nan], 36)
    found = {view.name: view for view in views.views(wards, make_cover())}
    levers = found["Levers: how many domains"]
    assert levers.values[:3].tolist() == [1, 2, classes.WITHOUT_VALUE]
    assert levers.classes[2].name == "Two"
    income = found["Deprivation: income"]
    assert set(income.values) == {4}


def test_coverage_tells_every_month_from_some_and_none():
    wards = make_wards()
    wards["months_covered"] = np.resize([12, 3, 0], 36)
    coverage = views.views(wards, make_cover())[-1]
    assert coverage.name == "Coverage"
    assert coverage.values[:3].tolist() == [0, 1, 2]


def test_a_view_is_absent_where_the_method_did_not_run():
    gone = ["gi_star_class", "local_moran_class", "index_score", "income", "deprivation", "months_covered"]
    assert views.views(make_wards().drop(columns=gone), make_cover()) == []


def test_the_sequence_darkens_in_clear_steps():
    steps = [luminance(colour) for colour in classes.SEQUENCE]
    assert len(steps) <= 5
    contrast = [(light + 0.05) / (dark + 0.05) for light, dark in itertools.pairwise(steps)]
    assert min(contrast) > 1.2


def test_where_the_index_is_hidden_the_place_by_it_is_shown_and_said():
    table = scored(*range(1, 11)).assign(rank=range(10, 0, -1))
    (open_,) = views.views(table, make_cover())
    (hidden,) = views.views(table.assign(index_score=np.nan), make_cover())
    assert hidden.values.tolist() == open_.values.tolist()
    assert hidden.classes[4].ranges == ("85.0 to 95.0",)
    assert "The index itself is not shown" in hidden.note
    assert "The index itself" not in open_.note
    # Where one ward's index is hidden the places of all are shown, so that the colours mean one thing.
    (partly,) = views.views(table.assign(index_score=[np.nan, *range(2, 11)]), make_cover())
    assert partly.values.tolist() == open_.values.tolist()
    # A ward that has no index for want of a component has no place either.
    lacking = table.assign(index_score=[np.nan, *range(2, 11)], rank=[np.nan, *range(9, 0, -1)])
    (without,) = views.views(lacking, make_cover())
    assert without.values[0] == classes.WITHOUT_VALUE
    assert "The index itself" not in without.note


def test_kinds_of_place_are_a_view_the_most_deprived_darkest():
    wards = make_wards()
    dense, spread = "deprived in income, dense", "little deprived in income"
    wards["kind_of_place"] = np.where(wards["deprivation"] > 50, dense, spread)
    found = {view.name: view for view in views.views(wards, make_cover())}["Kinds of place"]
    assert [each.name for each in found.classes] == ["Deprived in income, dense", "Little deprived in income"]
    assert [each.fill for each in found.classes] == [classes.SEQUENCE[4], classes.SEQUENCE[3]]
    shown = found.values[wards["assessed"].to_numpy()]
    assert ((shown == 0) == (wards.loc[wards["assessed"], "deprivation"] > 50).to_numpy()).all()
    without = views.views(wards.drop(columns="kind_of_place"), make_cover())
    assert "Kinds of place" not in {view.name for view in without}
