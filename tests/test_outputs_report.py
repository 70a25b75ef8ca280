"""The report: what it must say, what it must never say, and that it stays a still page."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders.outputs_listing import make_areas, make_study, make_wards
from builders.outputs_report import SOURCES, write
from builders.outputs_tables import COVERAGE, RECONCILIATION

from tipping_point import tables as schema
from tipping_point.outputs import listing, pictures, wording


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
    moved = pictures.apart(points)
    gaps = [np.hypot(*(moved[i] - moved[j])) for i in range(4) for j in range(i)]
    assert min(gaps) > 35
    assert moved[3].tolist() == [500.0, 500.0]
    assert pictures.apart(np.empty((0, 2))).shape == (0, 2)


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


# ------------------------------------------------------------------------------------ the tables beside the areas

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TEXT = {"text", "code", "codes", "month", "months", "date", ""}


def make_records(text: str = "words") -> dict[str, pd.DataFrame]:
    """Every table of the schema with one row for each of the two chosen areas, its texts all `text`."""
    made = {}
    for name, columns in schema.RECORDS.items():
        rows = {}
        for column in columns:
            numbers = [True, False] if column.unit == "True/False" else [0.25, 0.5]
            rows[column.name] = [text, text] if column.unit in TEXT else numbers
        made[name] = pd.DataFrame(rows)
        if "area_id" in made[name]:
            made[name]["area_id"] = ["area-0", "area-1"]
    made["sensitivity"]["outcome"] = "all wards"
    made["scorecard"] = made["scorecard"].assign(scope="area", measure="crimes", year=2025, country="England")
    made["comparators"]["matched_on"] = text
    for name in ("annex", "equality", "components", "scorecard"):
        made[name]["country"] = "England"
    made["equality"]["suppressed"] = [False, True]
    made["context"]["area_ids"] = ["area-0;area-1", "area-1"]
    return made


def test_the_tables_beside_the_areas_are_shown_where_the_run_made_them(tmp_path):
    bare = write(tmp_path / "bare", *make_study())
    full = write(tmp_path / "full", *make_study(), records=make_records())
    for heading in (
        "Why not us? Districts without a chosen area", "What else could have been chosen", "Figures of larger areas",
        "Beside it, at their own geography",
    ):  # fmt: skip
        assert heading not in bare
        assert heading in full
    assert "has to be asked before anybody decides" in bare
    assert "[c] Too few people to show." in full
    assert "Method note" in bare


def test_a_long_annex_is_folded_away(tmp_path):
    records = make_records()
    assert "<details open><summary>England: 2 districts" in write(tmp_path, *make_study(), records=records)
    records["annex"] = pd.concat([records["annex"]] * 40, ignore_index=True)
    assert "<details><summary>England: 80 districts" in write(tmp_path, *make_study(), records=records)


def test_who_stands_behind_it_is_on_every_page_and_a_blank_approver_is_said(tmp_path):
    text = write(tmp_path, *make_study())
    assert words(text).count("Approver: none named.") == 2
    people = {"approver": "A. Mayor", "review_by": "2026-06-30", "analyst": "B. Count", "run": "12ab"}
    said = words(write(tmp_path, *make_study(), assurance=people))
    for sentence in ("Approver: A. Mayor.", "Review by: 2026-06-30.", "Analyst: B. Count.", "Run: 12ab."):
        assert said.count(sentence) == 2
    assert "none named" not in said


def test_hostile_text_in_every_table_is_text(tmp_path):
    attack = "</style></title><script>alert(1)</script>\u202e\"' {{ 7 * 7 }} " + "x" * 10_000
    wards, areas, cover = make_study(area=attack, study=attack, stamp=attack, findings=(attack,), measure_label=attack)
    areas = areas.assign(
        area_name=attack, why=attack, would_change=attack, rivals=attack, levers=f"{attack} ({attack}; {attack})",
        criterion_chronic=attack, criterion_chronic_reason=attack, partnership_names=attack, mayoral_authority=attack,
        standing=attack, comparator_basis=attack, contribution_if_like_comparators=0.1, force_names=attack,
    )  # fmt: skip
    wards["ward_name"] = wards["district_name"] = attack
    text = write(
        tmp_path, wards, areas, cover, records=make_records(attack), assurance={"approver": attack, "run": attack}
    )
    assert "<script" not in text
    assert "\u202e" not in text
    assert " 49 " not in text
    assert "x" * 1_001 not in text
    assert text.count("</style>") == text.count("</title>") == 1
    assert max(len(name) for name in re.findall(r'(?:aria-label|id|class)="([^"]*)"', text)) < 600


def test_ids_and_links_within_the_page_agree(tmp_path):
    text = write(tmp_path, *make_study(), records=make_records())
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)
    assert all(name in ids for name in re.findall(r'aria-labelledby="([^"]+)"', text))


def test_headings_do_not_skip_a_level_and_every_table_has_a_caption(tmp_path):
    text = write(tmp_path, *make_study(), records=make_records())
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", text)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert text.count("<table") == text.count("<caption")
    assert re.findall(r"<th(?: class=\"[^\"]*\")?>", text) == []
    assert re.findall(r"<svg(?![^>]*(?:role=\"img\" aria-label|aria-hidden))", text) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1400, 390, 320])
def test_in_a_browser_it_fits_every_screen_is_accessible_and_asks_for_nothing(tmp_path, width):
    sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.skip("no Chromium on PATH")
    write(tmp_path, *make_study(), records=make_records("a sentence of some length that must wrap on a phone"))
    axe = find_spec("axe_playwright_python")
    assert axe is not None, "axe-playwright-python is not installed"
    script = (Path(axe.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    told: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda message: told.append(message.text))
        page.on("request", lambda request: told.append(request.url))
        address = (tmp_path / "report.html").as_uri()
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        checked = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
        checked.goto(address)
        checked.evaluate(script)
        found = checked.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        browser.close()
    assert told == [address]
