"""Weighted displacement difference: the published figures and the faults."""

from __future__ import annotations

import pytest

from tipping_point.areas.evaluate import weighted_displacement_difference
from tipping_point.schema import InputError


def test_the_published_figures():
    result = weighted_displacement_difference((120, 100), (130, 150))
    assert result.estimate == -40
    assert result.standard_error == pytest.approx(22.36, abs=0.005)
    assert result.low == pytest.approx(-40 - 1.96 * 22.3607, abs=0.001)
    assert result.high == pytest.approx(-40 + 1.96 * 22.3607, abs=0.001)


def test_what_moves_next_door_counts_against_it():
    result = weighted_displacement_difference((120, 100), (130, 150), displacement=((50, 80), (60, 60)))
    assert result.estimate == -10
    assert result.standard_error == pytest.approx((500 + 250) ** 0.5)


def test_dispersion_widens_the_range():
    plain = weighted_displacement_difference((120, 100), (130, 150))
    wide = weighted_displacement_difference((120, 100), (130, 150), dispersion=4.0)
    assert wide.standard_error == pytest.approx(2 * plain.standard_error)
    assert wide.estimate == plain.estimate


def test_every_fault_is_listed():
    with pytest.raises(InputError) as caught:
        weighted_displacement_difference((1, 2, 3), (-1, 2), dispersion=0)
    assert len(caught.value.faults) == 3
    assert "treated: [1, 2, 3] given; it must be two counts" in caught.value.faults[0]
