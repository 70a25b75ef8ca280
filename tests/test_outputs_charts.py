"""Still pictures: what their frames hold, the same bytes, and text from data that stays text."""

from __future__ import annotations

import re
from html import unescape

import pytest
from builders.outputs_listing import make_study
from PIL import Image

from tipping_point.outputs import charts

HOSTILE = "</svg><script>alert(1)</script> $\\frac{1}{ \u202e\"'& 夜"


def write(folder, *study):
    wards, areas, cover = study or make_study()
    return {path.name: path for path in charts.write_pictures(wards, areas, cover, folder=folder)}


def words(path) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))).split())


def test_title_period_measure_state_caveat_and_attributions_stand_in_every_frame(tmp_path):
    _, _, cover = make_study()
    files = write(tmp_path)
    assert set(files) == {"map.png", "map.svg", "areas.png", "areas.svg"}
    for name in ("map.svg", "areas.svg"):
        said = words(files[name])
        for text in (cover.title, cover.period, "Serious crime", cover.stamp, cover.proxy_note, *cover.attributions,
                     "not a verdict on its residents"):  # fmt: skip
            assert text in said, (name, text)


def test_an_invented_place_is_said_to_be_one(tmp_path):
    assert "SYNTHETIC" in words(write(tmp_path, *make_study(synthetic=True))["map.svg"])
    assert "SYNTHETIC" not in words(write(tmp_path, *make_study())["map.svg"])


def test_the_same_study_gives_the_same_bytes_without_a_date(tmp_path):
    first, second = write(tmp_path / "a"), write(tmp_path / "b")
    for name, path in first.items():
        assert path.read_bytes() == second[name].read_bytes(), name
    assert "dc:date" not in first["map.svg"].read_text(encoding="utf-8")


def test_every_picture_has_words_for_those_who_do_not_see_it(tmp_path):
    files = write(tmp_path)
    (title,) = re.findall(r"<title>(.*?)</title>", files["areas.svg"].read_text(encoding="utf-8"))
    _, areas, _ = make_study()
    for row in areas.itertuples():
        assert f"{row.area_name}: {row.crime_rate:.1f}" in title
    assert 'role="img"' in files["map.svg"].read_text(encoding="utf-8")
    with Image.open(files["map.png"]) as picture:
        assert picture.info["Description"].startswith("Map. Where serious crime is concentrated")


def test_bars_start_at_zero_and_rates_are_the_table_s(tmp_path):
    wards, areas, cover = make_study()
    areas["crime_rate"] = [10.0, 20.0, 40.0]
    areas["crime_rate_low"], areas["crime_rate_high"] = areas["crime_rate"] - 0.5, areas["crime_rate"] + 0.5
    text = write(tmp_path, wards, areas, cover)["areas.svg"].read_text(encoding="utf-8")
    boxes = re.findall(r'd="M ([\d.]+) [\d.]+ \nL ([\d.]+) [\d.]+ \nL \2 [\d.]+ \nL \1 ', text)
    spans = [(float(left), float(right) - float(left)) for left, right in boxes]
    bars = spans[-3:]  # the sheet and the frame come before them
    assert len({left for left, _ in bars}) == 1
    assert [round(width / bars[0][1], 2) for _, width in bars] == [1.0, 2.0, 4.0]
    assert "40.0 [39.5 to 40.5]" in words(tmp_path / "areas.svg")


def test_no_more_than_six_colours(tmp_path):
    for name in ("map.svg", "areas.svg"):
        text = write(tmp_path)[name].read_text(encoding="utf-8")
        assert len(set(re.findall(r"#[0-9a-f]{6}\b", re.sub(r"url\([^)]*\)|href=\"[^\"]*\"", "", text)))) <= 6, name


def test_hostile_text_is_text_and_never_a_formula_or_markup(tmp_path):
    wards, areas, cover = make_study(area=HOSTILE, stamp=HOSTILE, attributions=(HOSTILE * 50,))
    areas["area_name"] = HOSTILE * 300
    for path in write(tmp_path, wards, areas, cover).values():
        if path.suffix == ".svg":
            text = path.read_text(encoding="utf-8")
            assert "<script" not in text
            assert "\u202e" not in text
            assert "frac{1}" in text


def test_no_area_is_a_map_without_a_chart(tmp_path):
    wards, areas, cover = make_study()
    files = write(tmp_path, wards, areas.iloc[:0], cover)
    assert set(files) == {"map.png", "map.svg"}
    assert "No area was chosen" in words(files["map.svg"])


@pytest.mark.parametrize("gone", ["index_score", "assessed", "crime_rate"])
def test_a_method_that_did_not_run_leaves_a_picture(tmp_path, gone):
    wards, areas, cover = make_study()
    kept = [name for name in wards if not name.startswith(gone)]
    assert len(write(tmp_path, wards[kept], areas[[n for n in areas if not n.startswith(gone)]], cover)) == 4
