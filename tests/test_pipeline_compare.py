"""Two finished folders: what entered, what left, and which of data, boundaries and settings can explain it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders.outputs_listing import make_areas, make_cover, make_wards
from builders.outputs_tables import write

from tipping_point.pipeline.compare import COMPARED, compare_folders, write_comparison
from tipping_point.tables import InputError

SOURCES = [
    {"section": "crime", "path": "/x/2024-12.zip", "sha256": "aa"},
    {"section": "boundaries", "path": "/x/wards.geojson", "sha256": "bb"},
    {"section": "lookup", "path": "C:\\x\\lookup.csv", "sha256": "cc"},
]
STUDY = '[study]\nname = "Testing"\n[areas]\nareas = 2\nmax_wards = 5\n[sources.boundaries]\npath = "wards.geojson"\n'


def finish(folder: Path, groups=(("E05000006", "E05000007"), ("E05000020", "E05000021")), *, wards=None, **changes):
    """A finished study: its tables, its provenance and its study file."""
    wards = make_wards() if wards is None else wards
    wards = wards.assign(rank_low=wards["rank"] - 2, rank_high=wards["rank"] + 2)
    areas = make_areas(wards, [list(codes) for codes in groups])
    write(folder, wards, areas, cover=make_cover())
    record = {
        "study": changes.get("study", "Testing"),
        "settings": {"alpha": 0.05, "areas": 2, "limits": "Limits(max_wards=5)"} | changes.get("settings", {}),
        "sources": changes.get("sources", SOURCES), "libraries": {"numpy": changes.get("numpy", "2.4.0")},
    }  # fmt: skip
    (folder / "run").mkdir()
    (folder / "run" / "provenance.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "run" / "study.toml").write_text(changes.get("toml", STUDY), encoding="utf-8")
    return folder


def flatten(folder: Path) -> Path:
    """The folder as versions before 0.2 left it."""
    for path in [*(folder / "tables").iterdir(), *(folder / "run").iterdir()]:
        path.rename(folder / path.name)
    return folder


def said(*folders) -> str:
    return "\n".join(compare_folders(*folders).sentences)


def test_the_same_study_twice_differs_in_nothing(tmp_path):
    one = finish(tmp_path / "one")
    found = compare_folders(one, one)
    text = "\n".join(found.sentences)
    assert "The same in both: data, boundaries, settings." in text
    assert "0 entered, 0 left" in text
    assert "0 of 30 wards ranked in both moved further than chance" in text
    assert (found.table["move"].dropna() == 0).all()
    assert found.table.columns.tolist() == [column.name for column in COMPARED]


def test_what_entered_and_left_is_named_and_a_single_kind_of_difference_is_the_cause(tmp_path):
    one = finish(tmp_path / "one")
    two = finish(
        tmp_path / "two", (("E05000006", "E05000007"), ("E05000030", "E05000031")), settings={"alpha": 0.01},
    )  # fmt: skip
    text = said(one, two)
    assert "Settings differ: alpha was 0.05, is 0.01." in text
    assert "1 entered, 1 left" in text
    assert "Entered: Ward 30 and around (England): index of its wards" in text
    assert "Left: Ward 20 and around (England)" in text
    assert "4 wards stand in the shortlist of one study only, because of the settings: nothing else differs." in text


def test_several_kinds_of_difference_are_not_told_apart(tmp_path):
    one = finish(tmp_path / "one")
    other = [SOURCES[0] | {"sha256": "ff"}, SOURCES[1], SOURCES[2] | {"path": "new.csv", "sha256": "ee"}]
    two = finish(
        tmp_path / "two", (("E05000006",),), sources=other, toml=STUDY.replace("max_wards = 5", "max_wards = 3")
    )
    text = said(one, two)
    assert "Data differ (crime): other content in 2024-12.zip." in text
    assert "Data differ (lookup): only the first read lookup.csv; only the second read new.csv." in text
    assert "Settings differ: areas.max_wards was 5, is 3." in text
    assert "Data and settings differ at once" in text
    assert "/x/" not in text


def test_a_new_name_or_place_of_a_file_or_other_people_are_no_difference(tmp_path):
    moved = [source | {"path": f"/elsewhere/{place}"} for place, source in enumerate(SOURCES)]
    toml = STUDY.replace("Testing", "Other") + '[assurance]\nanalyst = "A"\n'
    text = said(finish(tmp_path / "one"), finish(tmp_path / "two", sources=moved, toml=toml))
    assert "The same in both: data, boundaries, settings." in text


def test_other_ward_codes_are_other_boundaries(tmp_path):
    one = finish(tmp_path / "one")
    wards = make_wards()
    wards.index = wards.index.where(np.arange(36) < 34, "W" + wards.index)
    two = finish(tmp_path / "two", wards=wards)
    found = compare_folders(one, two)
    assert "Boundaries differ: 2 ward codes are only in the first study and 2 only in the second; 34 are in both." in (
        "\n".join(found.sentences)
    )
    assert len(found.table) == 34


def test_a_move_beyond_both_ranges_is_told_and_a_smaller_one_is_not(tmp_path):
    wards = make_wards()
    ranks = wards["rank"].copy()
    first, last = ranks.idxmin(), ranks.idxmax()
    near = ranks[ranks == 3].index[0], ranks[ranks == 4].index[0]
    moved = wards.assign(component_harm_rate=wards["component_harm_rate"].where(wards.index != last, 100.0))
    moved.loc[[first, last], "rank"] = [ranks[last], ranks[first]]
    moved.loc[list(near), "rank"] = [4.0, 3.0]
    found = compare_folders(finish(tmp_path / "one", wards=wards), finish(tmp_path / "two", wards=moved))
    table = found.table.set_index("ward_code")
    assert table.index[:2].tolist() == sorted([first, last])
    assert table.loc[[first, last], "beyond_ranges"].astype(bool).all()
    assert not table.loc[list(near), "beyond_ranges"].astype(bool).any()
    assert table["move"][last] == 1 - ranks[last]
    assert table["moved_by"][last].startswith("harm rate as it enters the index")
    assert "2 of 30 wards ranked in both moved further than chance" in "\n".join(found.sentences)
    path = write_comparison(found, tmp_path / "moves.csv")
    assert pd.read_csv(path).columns.tolist() == [column.name for column in COMPARED]


def test_without_ranges_no_move_is_told_from_chance(tmp_path):
    one = finish(tmp_path / "one")
    table = pd.read_csv(one / "tables" / "wards.csv").drop(columns=["rank_low", "rank_high"])
    table.to_csv(one / "tables" / "wards.csv", index=False)
    assert "no move can be told from chance" in said(one, finish(tmp_path / "two"))


def test_other_versions_of_the_tools_are_said(tmp_path):
    text = said(finish(tmp_path / "one"), finish(tmp_path / "two", numpy="2.5.0"))
    assert 'The tools differ, which can move figures a little: numpy was "2.4.0", is "2.5.0".' in text


def test_a_folder_of_the_former_flat_layout_is_read(tmp_path):
    one, two = finish(tmp_path / "one"), finish(tmp_path / "two", (("E05000030",),))
    now = said(one, two)
    assert said(flatten(one), two) == now


def test_every_fault_of_both_folders_is_named(tmp_path):
    one, two = finish(tmp_path / "one"), finish(tmp_path / "two")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: is not the folder of a finished study \(it holds no run/provenance"):
        compare_folders(one, tmp_path / "empty")
    (one / "tables" / "wards.csv").unlink()
    shutil.copy(two / "tables" / "graph.csv", two / "tables" / "areas.csv")
    with pytest.raises(InputError) as raised:
        compare_folders(one, two)
    assert len(raised.value.faults) == 2
    assert "wards.csv: cannot be read" in str(raised.value)
    assert "areas.csv: lacks the column(s) area_id, area_name" in str(raised.value)
    for broken in ("{", "[]", '{"study": "x"}', '{"study": "x", "settings": {}, "sources": [1]}'):
        (two / "run" / "provenance.json").write_text(broken, encoding="utf-8")
        with pytest.raises(InputError, match=r"provenance\.json"):
            compare_folders(two, two)


def test_the_folders_are_not_changed(tmp_path):
    one, two = finish(tmp_path / "one"), finish(tmp_path / "two", (("E05000030",),))
    before = {path: path.read_bytes() for folder in (one, two) for path in folder.rglob("*") if path.is_file()}
    compare_folders(one, two)
    assert {path: path.read_bytes() for folder in (one, two) for path in folder.rglob("*") if path.is_file()} == before
