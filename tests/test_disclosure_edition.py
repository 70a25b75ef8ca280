"""Licences and thresholds: what may be published at all."""

from __future__ import annotations

import pytest

from tipping_point.disclosure.edition import check_edition, threshold_of
from tipping_point.tables import InputError


def test_an_internal_edition_needs_no_licence():
    check_edition({"export.csv": "", "other.csv": "restricted"}, edition="internal")


@pytest.mark.parametrize(
    "licence",
    ["Open Government Licence v3.0", "OGL", "CC BY 4.0", "cc-by-sa", "CC0", "Open Database License", "MIT",
     "permission: chief data officer, 2025-03-01"],
)  # fmt: skip
def test_licences_to_publish(licence):
    check_edition({"export.csv": licence}, edition="public")


@pytest.mark.parametrize(
    "licence", ["", "restricted", "internal use", "permission", "permission:", "data permit", "none"]
)
def test_anything_else_is_none(licence):
    with pytest.raises(InputError, match=r"export\.csv.*does not allow publication"):
        check_edition({"export.csv": licence}, edition="public")


def test_every_source_without_a_licence_is_named_at_once():
    with pytest.raises(InputError) as caught:
        check_edition({"a.csv": "", "b.csv": "OGL", "c.csv": "restricted"}, edition="public")
    assert len(caught.value.faults) == 2
    assert "no licence of a.csv is known" in caught.value.faults[0]
    assert "the licence of c.csv is 'restricted'" in caught.value.faults[1]
    with pytest.raises(InputError, match="choose from internal, public"):
        check_edition({}, edition="secret")


def test_thresholds_are_on_for_sources_about_single_people():
    assert [threshold_of(kind) for kind in ("incidents", "health", "school", "police_uk", "")] == [5, 5, 5, 1, 1]
    assert threshold_of("incidents", 10) == 10
    assert threshold_of("police_uk", 3) == 3
