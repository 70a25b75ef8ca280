"""The report: what it must say, what it must never say, and that it stays a still page."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from test_outputs_listing import make_areas, make_study, make_wards
from test_outputs_tables import COVERAGE, RECONCILIATION

from tipping_point.outputs import listing, pictures, report, wording

SOURCES = pd.DataFrame(
    {
        "section": ["sources.crime", "sources.boundaries"],
        "kind": ["police_uk", "wards"],
        "path": ["/secret/home/2024.zip", "C:\\secret\\wards.geojson"],
        "bytes": [10, 20],
        "sha256": ["0123456789abcdef" * 4, None],
        "rows": pd.array([120, None], dtype="Int64"),
        "dataset": ["Street-level crime", ""],
        "publisher": ["data.police.uk", ""],
        "licence": ["OGL v3.0", ""],
        "attribution": ["x", ""],
        "note": ["", "older than the crimes"],
    }
)


def write(folder, wards, areas, cover, **changes):
    given = {"coverage": COVERAGE, "reconciliation": RECONCILIATION, "sources": SOURCES} | changes
    path = report.write_report(wards, areas, cover, path=folder / "report.html", **given)
    return path.read_text(encoding="utf-8")


def words(text: str) -> str:
    """The page's visible text, roughly: tags out, spaces together."""
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", text, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_report_says_what_was_asked_found_read_lost_and_not_shown(tmp_path):
    wards, areas, cover = make_study()
    said = words(write(tmp_path, wards, areas, cover))
    for text in (
        cover.stamp,
        cover.title,
        cover.period,
        cover.proxy_note,
        *cover.limits,
        *cover.choices,
        *cover.attributions,
    ):
        assert text.replace("'", "&#39;") in said
    assert "Significance level 0.05" in said
    assert "population 15,000 to 60,000; max wards 5" in said
    assert "Street-level crime 2024.zip" in said
    assert "0123456789ab " in said
    assert "6 wards: Its force published nothing." in said


def test_every_number_of_the_shortlist_is_the_table_s(tmp_path):
    wards, areas, cover = make_study()
    said = words(write(tmp_path, wards, areas, cover))
    for row in areas.itertuples():
        rate = wording.rate(row.crime_rate, row.crime_rate_low, row.crime_rate_high, events=row.crimes)
        for text in (row.area_name, f"{row.population:,}", f"{row.crimes:,.0f}", rate, f"{row.index_score:.1f}"):
            assert text in said
    people = areas["population"][:2].sum()
    share = people / wards.loc[wards["assessed"], "population"].sum()
    assert (
        f"2 areas on the shortlist for Lattice: 4 wards, home to {people:,} people, {share:.0%} of all who live" in said
    )
    assert "8% of the harm recorded" in said


def test_losses_add_up_on_the_page(tmp_path):
    said = words(write(tmp_path, *make_study()))
    assert "Read 120" in said
    assert "Placed in wards of the study 95 79%" in said
    assert "Row without a small area or ward 13 11%" in said
    assert "In a ward outside the study&#39;s area 10 8%" in said
    assert "1 of 2 months; missing 2024-02" in said


def test_no_folder_of_a_machine_is_named(tmp_path):
    text = write(tmp_path, *make_study())
    assert "secret" not in text
    assert "wards.geojson" in text


def test_the_page_holds_no_script_and_asks_for_nothing(tmp_path):
    text = write(tmp_path, *make_study())
    assert "<script" not in text
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:|#)", text)
    assert "default-src 'none'" in text


def test_synthetic_is_said_only_of_the_synthetic(tmp_path):
    assert "SYNTHETIC" not in write(tmp_path, *make_study())
    assert "SYNTHETIC" in write(tmp_path, *make_study(synthetic=True))


def test_no_area_is_said_in_words_and_never_as_an_empty_table(tmp_path):
    wards, areas, cover = make_study()
    text = write(tmp_path, wards, areas.iloc[:0], cover)
    assert "No area in Lattice met the tests" in text
    assert '<table class="shortlist' not in text


def test_two_countries_have_two_lists(tmp_path):
    wards = make_wards()
    wards["country"] = np.where(np.arange(36) < 18, "England", "Wales")
    areas = make_areas(wards, [["E05000006"], ["E05000020"]])
    areas["rank"] = 1
    text = write(tmp_path, wards, areas, make_study()[2])
    assert "England: the shortlist" in text
    assert "Wales: the shortlist" in text
    assert ">E1<" in text
    assert ">W1<" in text


def test_hostile_text_is_text(tmp_path):
    attack = "</style></title><script>alert(1)</script>\u202e\"'"
    wards, areas, cover = make_study(
        area=attack, study=attack, limits=(attack,), choices=(attack,), attributions=(attack,)
    )
    areas["area_name"] = attack
    wards["district_name"] = attack
    sources = SOURCES.assign(dataset=attack, note=attack, path=attack)
    text = write(tmp_path, wards, areas, cover, sources=sources, reconciliation=RECONCILIATION.assign(force=attack))
    assert "<script" not in text
    assert text.count("</style>") == 1
    assert text.count("</title>") == 1
    assert "\u202e" not in text


def test_the_same_study_gives_the_same_bytes(tmp_path):
    assert write(tmp_path / "a", *make_study()) == write(tmp_path / "b", *make_study())


@pytest.mark.parametrize("missing", ["crime_rate", "index_score", "share_of_harm", "within_limits", "visitor_wards"])
def test_a_method_that_did_not_run_leaves_no_hole(tmp_path, missing):
    wards, areas, cover = make_study()
    gone = [name for name in areas.columns if name.startswith(missing)]
    text = write(tmp_path, wards, areas.drop(columns=gone), cover)
    assert "nan" not in words(text).lower().split()
    assert "None" not in words(text).split()


def test_numbers_of_areas_that_touch_do_not_cover_each_other():
    points = np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 3.0], [500.0, 500.0]])
    moved = pictures._apart(points)
    gaps = [np.hypot(*(moved[i] - moved[j])) for i in range(4) for j in range(i)]
    assert min(gaps) > 35
    assert moved[3].tolist() == [500.0, 500.0]
    assert pictures._apart(np.empty((0, 2))).shape == (0, 2)


def test_bars_start_at_zero_and_share_one_scale():
    wards, areas, cover = make_study()
    areas["crime_rate"], areas["crime_rate_low"], areas["crime_rate_high"] = [10.0, 20.0, 40.0], None, None
    drawn = pictures.bars(listing.country_lists(wards, areas, cover))
    widths = [float(re.search(r'width="([0-9.]+)"', str(drawn[f"area-{place}"]))[1]) for place in range(3)]
    assert widths == [29.5, 59.0, 118.0]
    assert "whisker" not in "".join(drawn.values())


def test_many_wards_are_drawn_as_districts(monkeypatch):
    wards, areas, cover = make_study()
    lists = listing.country_lists(wards, areas, cover)
    assert len(pictures.locator(wards, lists)["land"]) == 36
    monkeypatch.setattr(pictures, "MANY_WARDS", 10)
    assert len(pictures.locator(wards, lists)["land"]) == 2


def test_empty_ledgers_are_borne(tmp_path):
    text = write(
        tmp_path,
        *make_study(),
        coverage=COVERAGE.iloc[:0],
        reconciliation=RECONCILIATION.iloc[:0],
        sources=SOURCES.iloc[:0],
    )
    assert "No source was recorded" in text
