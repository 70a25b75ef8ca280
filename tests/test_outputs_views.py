"""The colours of the map: equal classes within each country, blanks kept apart, and a palette that survives grey."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from test_outputs_listing import make_cover, make_wards

from tipping_point.outputs import views


def scored(*scores, country="England"):
    return pd.DataFrame({"index_score": [float(score) for score in scores], "assessed": True, "country": country})


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


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
    assert need.values[0] == views.NOT_ASSESSED
    assert need.values[3] == views.WITHOUT_VALUE


def test_hot_spots_are_told_apart_by_pattern_as_well_as_colour():
    wards = make_wards()
    need, hot, moran = views.views(wards, make_cover())
    assert [need.name, hot.name, moran.name] == ["Need", "Hot spots", "Neighbours"]
    assert hot.values[6] == 0
    assert hot.values[8] == len(hot.classes) - 1
    assert (hot.values[:6] == views.NOT_ASSESSED).all()
    for view in (hot, moran):
        looks = [(each.pattern, round(luminance(each.fill), 2)) for each in view.classes]
        assert len(set(looks)) == len(looks)


def test_a_view_is_absent_where_the_method_did_not_run():
    wards = make_wards().drop(columns=["gi_star_class", "local_moran_class", "index_score"])
    assert views.views(wards, make_cover()) == []


def test_the_sequence_darkens_in_clear_steps():
    steps = [luminance(colour) for colour in views.SEQUENCE]
    assert len(steps) <= 5
    contrast = [(light + 0.05) / (dark + 0.05) for light, dark in itertools.pairwise(steps)]
    assert min(contrast) > 1.2
