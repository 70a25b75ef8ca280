"""Fingertips as formats.md has it: parents, areas and groups in one answer, marks for no figure, older area types."""

from __future__ import annotations

import numpy as np
import pytest
from builders.sources_fingertips import HEADER, WARDS, answer, publish, row
from serving import Reply, serve

from tipping_point.facts.catalogue import find_dataset
from tipping_point.fetch.download import DownloadError
from tipping_point.fetch.fingertips import BASE, fetch_health, list_area_types, read_health
from tipping_point.sources.indicators import read_indicator
from tipping_point.tables import InputError


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def web(server, tmp_path):
    return server.web(tmp_path / "cache")


def test_the_latest_figures_of_wards_are_what_the_reader_reads(server, web, tmp_path):
    publish(server, WARDS)
    path = fetch_health(web, 93239, tmp_path / "study", districts=["E08000009"])
    assert path.name == "fingertips_93239_ward.csv"
    read = read_indicator(path, name="self_harm", column="Value", vintage="ward19")
    assert dict(zip(read["ward19_code"], read["self_harm"], strict=True)) == {"E05000819": 71.4, "E05000824": 170.3}
    asked = server.calls[-1].query
    assert asked == {
        "indicator_ids": "93239", "child_area_type_id": "8", "parent_area_type_id": "101",
        "parent_area_code": "E08000009",
    }  # fmt: skip
    assert path.read_text().splitlines()[1] == (
        "E05000819,Altrincham,ward,2015/16 - 19/20,Persons,All ages,71.4,60.1,80.2,,as published for the area"
    )
    assert find_dataset(path, section="indicator", kind="").key == "fingertips"


def test_a_district_has_a_file_of_its_own_level_that_the_reader_of_wards_does_not_take(server, web, tmp_path):
    publish(server, WARDS, types=(3, 8, 401))
    path = fetch_health(web, 93239, tmp_path, level="district")
    assert server.calls[-1].query["child_area_type_id"] == "401", "the newest type that there is"
    assert "E08000009,Trafford,district," in path.read_text()
    assert "E05" not in path.read_text()
    with pytest.raises(InputError, match="no column of codes that is recognised"):
        read_indicator(path, name="x", column="Value")


def test_what_is_not_published_by_ward_says_by_what_it_is(server, web, tmp_path):
    publish(server, WARDS, types=(3, 401, 402))
    with pytest.raises(InputError) as caught:
        fetch_health(web, 93239, tmp_path)
    assert caught.value.faults == (
        "Fingertips: indicator 93239 is not published by ward; it is by middle area, district (area types 3, 401, 402)."
        " A figure of a larger area is not copied to the wards in it.",
    )
    assert server.asked("all_data") == []
    assert list_area_types(web, 93239) == (3, 401, 402)


@pytest.mark.parametrize("mark", ["", "*", "-"])
def test_no_figure_is_missing_and_never_nought(tmp_path, mark):
    (tmp_path / "a.csv").write_bytes(answer([row("E05000819", mark, low="", high=""), row("E05000824", "0")]))
    read = read_health(tmp_path / "a.csv", level="ward")
    np.testing.assert_array_equal(read["value"], [np.nan, 0.0])


def test_minus_one_is_no_figure_only_beside_a_note(tmp_path):
    rows = [
        row("E05000819", "-1", note="Value suppressed"),
        row("E05000824", "-1"),
        row("E05000825", "7", note="Rounded"),
    ]
    (tmp_path / "a.csv").write_bytes(answer(rows))
    read = read_health(tmp_path / "a.csv", level="ward")
    np.testing.assert_array_equal(read["value"], [np.nan, -1.0, 7.0])
    assert read["note"].tolist() == ["Value suppressed", "", "Rounded"]


def test_columns_by_name_whatever_stands_beside_them(tmp_path):
    drifted = HEADER.replace("Compared to Regions (statistical) value or percentiles", "Compared to percentiles")
    (tmp_path / "a.csv").write_bytes(answer(WARDS, drifted))
    read = read_health(tmp_path / "a.csv", level="ward")
    assert read["area_code"].tolist() == ["E05000819", "E05000824", "E05000819"]
    assert read["level"].unique().tolist() == ["ward"]


@pytest.mark.parametrize(
    ("rows", "header", "sense"),
    [
        (WARDS, HEADER.replace("Area Code", "Code"), r"lacks the column\(s\) Area Code"),
        ([row("E05000819", "high")], HEADER, "has 'high' in 'Value', which is not a number"),
        (
            [row("E05000819", "1"), row("E05000819", "2")],
            HEADER,
            "E05000819 has two values for 2015/16 - 19/20, Persons",
        ),
        ([row("E08000009", "1")], HEADER, "nothing is published by ward; its levels are district"),
    ],
)
def test_bad_answers(tmp_path, rows, header, sense):
    (tmp_path / "a.csv").write_bytes(answer(rows, header))
    with pytest.raises(InputError, match=sense):
        read_health(tmp_path / "a.csv", level="ward")


def test_an_answer_of_a_header_alone_is_no_data(server, web, tmp_path):
    publish(server, [])
    with pytest.raises(InputError, match="has no row under its header"):
        fetch_health(web, 93239, tmp_path)
    assert list(tmp_path.glob("*.csv")) == []


def test_figures_by_sex(server, web, tmp_path):
    both = [row("E05000819", "5", sex=sex) for sex in ("Male", "Female")]
    publish(server, [*both, row("E05000819", "9")])
    path = fetch_health(web, 93239, tmp_path)
    assert read_indicator(path, name="v", column="Value", vintage="ward19")["v"].tolist() == [9.0]
    publish(server, both)
    with pytest.raises(InputError, match=r"several groups \(none for Persons\)"):
        fetch_health(server.web(tmp_path / "other"), 93239, tmp_path)


def test_traps_of_the_service(server, web, tmp_path):
    publish(server, WARDS, header=HEADER.replace("Time period Sortable", "Sortable"))
    with pytest.raises(
        DownloadError, match=r"Fingertips: indicator 93239 by ward lacks the column\(s\) Time period Sortabl"
    ):
        fetch_health(web, 93239, tmp_path)
    server.route(f"{BASE}/all_data/csv/by_indicator_id", Reply(b"", 500))
    with pytest.raises(DownloadError, match="HTTP 500; 3 tries in a row were in vain"):
        fetch_health(web, 93239, tmp_path)
    server.route(f"{BASE}/all_data/csv/by_indicator_id", b"<html>")
    with pytest.raises(DownloadError, match="is a web page"):
        fetch_health(web, 93239, tmp_path)
    server.route(f"{BASE}/available_data", b'{"message": "moved"}')
    with pytest.raises(DownloadError, match="is not the list of IndicatorId and AreaTypeId"):
        list_area_types(web, 90813)
    with pytest.raises(InputError, match="level 'parish' is not known; allowed are ward, "):
        fetch_health(web, 93239, tmp_path, level="parish")
