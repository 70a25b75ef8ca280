"""The map in a real browser: it works by mouse and keyboard, stays offline, suits everyone, says the table's numbers.

On a small made-up study, on the demo city, and (marked real) on London and on the wards of England and Wales.
"""

from __future__ import annotations

import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders.outputs_listing import COLUMNS, make_areas, make_cover, make_study
from builders.outputs_maps import HOSTILE, column, words_of
from builders.outputs_slider import make_counts
from builders.outputs_tables import COVERAGE

from tipping_point import tables as schema
from tipping_point.outputs import listing, maps, wording

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""What axe-core checks: the Web Content Accessibility Guidelines 2.2 to level AA, and its own good practice."""

FIND_MAP = "const map = Object.values(window).find((value) => value instanceof L.Map);"


@pytest.fixture(scope="module")
def browser():
    """Chromium, found on the path; without it these tests are skipped, and fail in CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not on the path")
        pytest.skip("Chromium is not on the path")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, from the package that ships it."""
    found = find_spec("axe_playwright_python")
    assert found is not None, "axe-playwright-python is not installed"
    assert found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


class Visit:
    """A page of the browser that notes every request, error and dialog."""

    def __init__(self, browser, path: Path, width: int = 1400, height: int = 900, before: str = "", **options) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": height}, **options)
        self.faults: list[str] = []
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append("dialog"), dialog.dismiss()))
        self.requests: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        if before:
            self.page.add_init_script(before)
        self.page.goto(path.as_uri())
        self.page.wait_for_function("document.documentElement.dataset.state")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.page.close()

    def outside(self) -> list[str]:
        """Requests for anything but the file itself and what it holds."""
        return [url for url in self.requests[1:] if not url.startswith("data:")]

    def settle(self) -> None:
        """Wait until the map has stopped moving and drawn itself."""
        self.page.wait_for_timeout(450)

    def wide(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    def point_of(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a place on earth is on the screen."""
        box = self.page.locator(".folium-map").bounding_box()
        at = self.page.evaluate(
            f"([lat, lng]) => {{ {FIND_MAP} const at = map.latLngToContainerPoint([lat, lng]); return [at.x, at.y]; }}",
            [latitude, longitude],
        )
        return box["x"] + at[0], box["y"] + at[1]

    def picture(self) -> int:
        """A number for what the canvas shows: another picture, another number."""
        return self.page.evaluate(
            """() => { const canvas = document.querySelector('.study-canvas');
              const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              let sum = 0; for (let i = 0; i < data.length; i += 4) {
                sum = (31 * sum + data[i] + 256 * data[i + 1] + 65536 * data[i + 2]) % 4294967291; }
              return sum; }"""
        )

    def violations(self, axe: str) -> list[str]:
        """What axe-core finds against RULES. Evaluated, not added as a script, which the page's policy would refuse."""
        self.page.evaluate(axe)
        found = self.page.evaluate("(rules) => axe.run(document, { runOnly: { type: 'tag', values: rules } })", RULES)
        assert len(found["passes"]) > 20
        return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found["violations"]]


def use_everything(visit: Visit) -> None:
    """Every button, layer, list and table of the page, by mouse and by keyboard."""
    page = visit.page
    page.locator("#analysts summary").click()
    for label in page.locator("#views label, #forms label, #toggles label, #toggles label").all():
        label.click()
    for value in page.locator("#analyst-view option").evaluate_all("(all) => all.map((each) => each.value)"):
        page.select_option("#analyst-view", value)
    if page.locator("#month").is_visible():
        page.locator("#month").press("Home")
        page.locator("#month").press("End")
    if page.locator(".proxy").count():
        page.locator(".proxy summary").click()
    for summary in page.locator("footer summary").all():
        summary.click()
    page.select_option("#table-district", index=1)
    page.locator(".leaflet-control-zoom-in").click()
    visit.settle()
    page.mouse.move(400, 400)
    page.mouse.wheel(0, -200)
    visit.settle()
    page.fill("#find", "a")
    page.keyboard.press("Enter")
    visit.settle()
    for summary in page.locator("#card details summary").all():
        summary.click()
    page.keyboard.press("Escape")
    page.locator("[data-area='0']").click()
    visit.settle()


@pytest.fixture(scope="module")
def study():
    """The made-up study with everything that a run can add."""
    wards, areas, cover = make_study()
    wards.loc["E05000009", "ward_name"] = "Ynys Môn"
    wards["chronic_state"] = np.resize(["chronic", "tipping", "not"], 36)
    wards["share_in_top"] = np.where(wards["assessed"], np.resize([1.0, 0.5, 0.0], 36), np.nan)
    wards["standing"] = np.where(wards["area_id"].eq(""), "out", "in")
    wards["why"] = "Its best group of wards reaches 12% of the value of the last area chosen."
    wards["would_change"] = "That group would need a value 30% higher."
    areas = areas.assign(rank_low=1, rank_high=2, share_in_top=0.94)
    return wards, areas, cover


@pytest.fixture(scope="module")
def written(study, tmp_path_factory):
    wards, areas, cover = study
    path = tmp_path_factory.mktemp("map") / "map.html"
    counts = make_counts(wards)
    counts["crimes"] = np.arange(len(counts)) % 7
    maps.write_map(wards, areas, cover, coverage=COVERAGE, columns=COLUMNS, counts=counts, path=path)
    return path, wards


# ------------------------------------------------------------------------------------------------ every part


def test_everything_can_be_used_and_nothing_leaves_the_page(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        assert visit.page.evaluate("document.documentElement.dataset.state") == "ready"
        use_everything(visit)
        assert visit.outside() == []
        assert visit.faults == []


def test_every_view_colours_the_map_and_names_itself(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("#toggles label").last.click()
        seen = {visit.picture(): page.locator("#legend-title").text_content()}
        for name in ("How lasting", "How sure"):
            page.locator("#views label", has_text=name).click()
            assert page.locator("#legend-title").text_content().startswith(name)
            seen[visit.picture()] = name
        assert len(seen) == 3
        page.locator("#analysts summary").click()
        page.select_option("#analyst-view", label="Neighbours (local Moran)")
        assert page.locator("#legend-title").text_content() == "High and low among neighbours"
        assert page.locator("#views input:checked").count() == 0
        page.select_option("#analyst-view", value="")
        assert page.locator("#views input:checked").count() == 1
        assert page.locator("#legend-title").text_content() == "Need: the index"


def test_the_slider_moves_by_keyboard_and_says_its_month(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("#analysts summary").focus()
        page.keyboard.press("Enter")
        slider = page.locator("#month")
        slider.focus()
        assert slider.get_attribute("aria-valuetext") == "December 2024"
        page.keyboard.press("ArrowLeft")
        assert slider.get_attribute("aria-valuetext") == "November 2024"
        assert page.locator("#legend-title").text_content() == page.locator("#month-said").text_content()
        late = visit.picture()
        page.keyboard.press("Home")
        assert page.locator("#legend-title").text_content() == "January 2024"
        assert visit.picture() != late
        assert visit.faults == []


def test_one_hexagon_a_ward_can_be_found_chosen_and_left(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        before = visit.picture()
        page.locator("#forms label", has_text="hexagon").click()
        assert visit.picture() != before
        page.fill("#find", "ynys mon")
        page.keyboard.press("Enter")
        visit.settle()
        assert "Ynys Môn" in page.locator("#card").inner_text()
        box = page.locator(".folium-map").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert page.locator("#card h3").text_content() == "Ynys Môn"
        assert page.locator(".area-label").count() == 3
        page.locator("#forms label", has_text="Map").click()
        page.locator("#card .close").click()
        assert visit.picture() == before
        assert visit.faults == []


def test_a_ward_is_found_by_keyboard_and_its_card_says_why_and_the_table_s_numbers(browser, written):
    path, wards = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("#find").focus()
        page.keyboard.type("ynys mon")
        assert page.locator("#find").get_attribute("aria-expanded") == "true"
        assert page.locator("#found [role=option]").count() == 1
        page.keyboard.press("ArrowDown")
        assert page.locator("#find").get_attribute("aria-activedescendant") == "found-0"
        page.keyboard.press("Enter")
        visit.settle()
        said = page.locator("#card").inner_text()
        row = wards.loc["E05000009"]
        for words in (
            "Ynys Môn",
            "Not chosen",
            "Because",
            row["why"],
            "It would change if",
            row["would_change"],
            f"{row['population']:,}",
            wording.rate(row["crime_rate"], row["crime_rate_low"], row["crime_rate_high"]),
            f"{row['index_score']:.1f} of 100",
        ):
            assert words in said
        page.keyboard.press("Escape")
        assert page.locator("#card").is_hidden()
        assert page.evaluate("document.activeElement.id") == "find"
        assert visit.faults == []


def test_an_area_leads_to_its_wards_and_back(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("[data-area='0']").click()
        visit.settle()
        card = page.locator("#card")
        assert "On the shortlist: 1st (likely 1st to 2nd)" in card.inner_text()
        assert page.locator("[data-area='0']").get_attribute("aria-pressed") == "true"
        assert page.locator(".area-label.chosen").count() == 1
        card.get_by_role("button", name="Ward 7").click()
        assert "Chosen: in" in card.inner_text()
        card.get_by_role("button", name="area 1, Ward 6 and around").click()
        assert "1. Ward 6 and around" in card.inner_text()


def test_a_click_on_the_map_finds_the_ward_under_it(browser, written):
    path, wards = written
    with Visit(browser, path) as visit:
        ((latitude, longitude),) = centres(wards, ["E05000016"])
        visit.page.mouse.click(*visit.point_of(latitude, longitude))
        assert visit.page.locator("#card h3").text_content() == "Ward 16"


def test_a_notebook_shows_the_whole_map(browser, study):
    """Jupyter and VS Code put what `_repr_html_` gives into the page: a frame that holds the file itself."""
    wards, areas, cover = study
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_content(maps.draw_map(wards, areas, cover)._repr_html_())
    frame = page.frames[1]
    frame.wait_for_function("document.documentElement.dataset.state")
    assert frame.evaluate("document.documentElement.dataset.state") == "ready"
    frame.locator("[data-area='0']").click()
    assert "On the shortlist" in frame.locator("#card").inner_text()
    assert faults == []
    page.close()


def test_the_wards_are_a_table_too_with_the_view_shown(browser, written):
    path, wards = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("footer summary", has_text="The wards").click()
        page.select_option("#table-district", label="Westshire")
        rows = page.locator("#ward-table tbody tr")
        assert rows.count() == int(wards["district_name"].eq("Westshire").sum())
        first = rows.nth(7).inner_text().split("\t")
        assert first[:3] == ["Ward 7", "E05000007", "Chosen"]
        assert f"{wards['population'].iloc[7]:,}" in first
        assert "Not assessed" in rows.nth(0).inner_text()
        page.locator("#analysts summary").click()
        page.select_option("#analyst-view", label="Coverage")
        assert page.locator("#ward-table th", has_text="Coverage").count() == 1


def test_not_assessed_is_drawn_hatched_and_classes_in_their_colours(browser, written):
    """Pixels of the canvas: a hatched ward shows several shades, an assessed one its class's fill."""
    path, wards = written
    with Visit(browser, path) as visit:
        counts = visit.page.evaluate(
            """(points) => {
              const canvas = document.querySelector('.study-canvas');
              FIND_MAP
              const pen = canvas.getContext('2d');
              const corner = L.DomUtil.getPosition(canvas);
              const density = window.devicePixelRatio;
              const colours = (lat, lng) => {
                const at = map.latLngToLayerPoint([lat, lng]).subtract(corner).multiplyBy(density);
                const data = pen.getImageData(at.x - 12, at.y + 12, 14, 14).data;
                const seen = new Set();
                for (let i = 0; i < data.length; i += 4) seen.add([data[i], data[i + 1], data[i + 2]].join());
                return [...seen];
              };
              return points.map(([lat, lng]) => colours(lat, lng));
            }""".replace("FIND_MAP", FIND_MAP),
            centres(wards, ["E05000002", "E05000016"]),
        )
        hatched, plain = counts
        assert len(hatched) > 3
        need = words_of(path.read_text(encoding="utf-8"))["views"][0]
        fill = need["classes"][ord(need["values"][16]) - ord("C")]["fill"]
        assert ",".join(str(int(fill[i : i + 2], 16)) for i in (1, 3, 5)) in plain


def centres(wards, codes):
    return [[point.y, point.x] for point in wards.geometry[codes].centroid.to_crs("EPSG:4326")]


def test_the_canvas_lies_on_whole_pixels_so_that_names_are_sharp(browser, written):
    path, _ = written
    with Visit(browser, path, 1399, 901) as visit:
        moved = visit.page.evaluate("document.querySelector('.study-canvas').style.transform")
        assert "scale" not in moved
        assert all(float(step).is_integer() for step in re.findall(r"(-?[0-9.]+)px", moved))


# ----------------------------------------------------------------------------------------------- for everyone


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (320, 640)])
def test_nothing_stands_against_the_guidelines(browser, written, axe, width, height):
    path, _ = written
    with Visit(browser, path, width, height) as visit:
        assert visit.violations(axe) == []
        use_everything(visit)
        assert visit.violations(axe) == []
        visit.page.fill("#find", "ward")
        assert visit.violations(axe) == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (820, 1100), (1400, 900)])
def test_no_screen_is_too_narrow(browser, written, width, height):
    path, _ = written
    with Visit(browser, path, width, height) as visit:
        assert not visit.wide()
        visit.page.locator("[data-area='0']").click()
        visit.settle()
        assert not visit.wide()
        card, shown = visit.page.locator("#card").bounding_box(), visit.page.locator(".folium-map").bounding_box()
        assert card["y"] < height
        assert shown["y"] > -height / 2
        assert shown["width"] >= width / 2
        assert visit.faults == []


def test_on_a_phone_the_shortlist_is_below_the_map_and_beside_it_on_a_desk(browser, written):
    path, _ = written
    for width, below in ((390, True), (1400, False)):
        with Visit(browser, path, width, 844) as visit:
            shown = visit.page.locator(".folium-map").bounding_box()
            first = visit.page.locator(".list").first.bounding_box()
            assert (first["y"] > shown["y"] + shown["height"]) is below
            assert (first["x"] >= shown["x"] + shown["width"]) is not below


def test_whoever_wants_no_motion_gets_none(browser, written):
    path, _ = written
    with Visit(browser, path, reduced_motion="reduce") as visit:
        visit.page.evaluate(f"() => {{ {FIND_MAP} window.moves = 0; map.on('zoomanim', () => window.moves++); }}")
        visit.page.locator("[data-area='0']").click()
        visit.settle()
        assert visit.page.evaluate("window.moves") == 0


def test_the_map_can_be_reached_and_moved_by_keyboard(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.locator(".folium-map").focus()
        before = page.evaluate(f"() => {{ {FIND_MAP} return map.getCenter().lng; }}")
        page.keyboard.press("ArrowRight")
        visit.settle()
        assert page.evaluate(f"() => {{ {FIND_MAP} return map.getCenter().lng; }}") > before
        page.locator(".area-label").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("#card").is_visible()


def test_every_control_has_a_name_and_the_page_a_language(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("[data-area='0']").click()
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, input, select, [role=button], a, canvas, summary')]
              .filter((e) => !e.closest('[hidden]') && e.getAttribute('aria-hidden') !== 'true')
              .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length || e.title))
              .map((e) => e.outerHTML)"""
        )
        assert nameless == []
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))
        assert page.locator("html").get_attribute("lang") == "en-GB"
        assert page.locator("h1").count() == 1


def test_on_paper_the_whole_map_is_drawn_and_everything_folded_is_open(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.evaluate(
            """() => { window.seen = {}; window.addEventListener('beforeprint', () => {
              const box = document.querySelector('.folium-map').getBoundingClientRect();
              const data = document.querySelector('.study-canvas').getContext('2d').getImageData(0, 0, 999, 700).data;
              window.seen = { width: box.width, height: box.height, inked: data.some((value) => value > 0),
                folded: document.querySelectorAll('details:not([open])').length }; }); }"""
        )
        before = visit.picture()
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        seen = page.evaluate("window.seen")
        assert 600 < seen["width"] < 720
        assert seen["height"] > 400
        assert seen["inked"]
        assert seen["folded"] == 0
        visit.settle()
        assert visit.picture() == before
        page.emulate_media(media="print")
        assert page.locator("#find").is_hidden()
        assert page.locator("[data-area='0']").is_visible()


def test_classes_survive_a_print_without_colour(browser, written):
    """Swatches in grey: no two classes of a view look alike, in shade or in pattern."""
    path, _ = written
    with Visit(browser, path) as visit:
        for label in visit.page.locator("#views label").all():
            label.click()
            looks = visit.page.locator("#legend-classes canvas").evaluate_all(
                """(all) => all.map((canvas) => { const data = canvas.getContext('2d')
                  .getImageData(0, 0, canvas.width, canvas.height).data; const grey = [];
                  for (let i = 0; i < data.length; i += 4)
                    grey.push(0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2]);
                  const mean = grey.reduce((a, b) => a + b) / grey.length;
                  const spread = Math.sqrt(grey.reduce((a, b) => a + (b - mean) ** 2, 0) / grey.length);
                  return [mean, spread]; })"""
            )
            for at, one in enumerate(looks):
                assert all(max(abs(np.subtract(one, other))) > 2.5 for other in looks[:at]), label.inner_text()


# -------------------------------------------------------------------------------------------------- safe


def test_hostile_text_stays_text_in_the_browser(browser, tmp_path):
    wards, areas, cover = make_study(area=HOSTILE, limits=(HOSTILE,), attributions=(HOSTILE,), proxy_note=HOSTILE)
    areas["area_name"] = HOSTILE
    areas["visitor_wards"] = "E05000006"
    areas["levers"] = f"{HOSTILE} ({HOSTILE}; {HOSTILE})"
    for name in ("why", "would_change", "rivals", "partnership_names", "criterion_chronic_reason"):
        areas[name] = HOSTILE
    areas["criterion_chronic"] = "pass"
    for name in ("ward_name", "district_name", "force_name", "visitor_basis", "not_assessed_reason", "why", "rivals"):
        wards[name] = HOSTILE
    wards["would_change"], wards["standing"], wards["visitor_ward"] = HOSTILE, "out", True
    sources = pd.DataFrame({"section": ["crime"], "publisher": [HOSTILE]})
    path = maps.write_map(
        wards, areas, cover, coverage=COVERAGE.assign(force_name=HOSTILE), columns=COLUMNS, sources=sources,
        counts=make_counts(wards), contact=HOSTILE, path=tmp_path / "m.html",
    )  # fmt: skip
    with Visit(browser, path, 390, 844) as visit:
        page = visit.page
        page.fill("#find", "script")
        assert page.locator("#found [role=option]").count() == 12
        page.keyboard.press("Enter")
        visit.settle()
        assert "</script><script>" in page.locator("#card h3").text_content()
        use_everything(visit)
        page.locator("[data-area='1']").click()
        visit.settle()
        assert page.evaluate("window.hacked") is None
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 5
        assert not visit.wide()
        assert visit.outside() == []
        assert visit.faults == []


def test_an_old_browser_is_told_and_still_has_the_lists(browser, written):
    path, _ = written
    with Visit(browser, path, before="delete window.DecompressionStream") as visit:
        assert visit.page.evaluate("document.documentElement.dataset.state") == "failed"
        assert "too old" in visit.page.locator("#waiting").text_content()
        assert visit.page.locator("[data-area]").count() == 3


def test_a_base_map_asks_its_host_and_no_other(browser, study, tmp_path):
    wards, areas, cover = study
    address = "https://tiles.example.invalid/{z}/{x}/{y}.png"
    path = maps.write_map(wards, areas, cover, tiles=address, tiles_attribution="© Nobody", path=tmp_path / "m.html")
    with Visit(browser, path) as visit:
        visit.settle()
        assert visit.outside()
        assert all(url.startswith("https://tiles.example.invalid/") for url in visit.outside())
        assert "© Nobody" in visit.page.locator(".tiles-credit").inner_text()


# ------------------------------------------------------------------------------------- whole studies


def check_numbers(visit: Visit, results_wards, results_areas, cover) -> None:
    """The lists, one card and one table of the page against the tables."""
    page = visit.page
    shown = [area for country in listing.country_lists(results_wards, results_areas, cover) for area in country.areas]
    assert page.locator("[data-area]").count() == len(shown)
    for place, area in enumerate(shown):
        said = page.locator(f"[data-area='{place}']").inner_text()
        row = results_areas.loc[area.area_id]
        assert f"{int(row['wards'])} ward" in said
        assert f"{int(row['population']):,} people" in said
        if pd.notna(row["share_in_top"]):
            assert f"chosen in {round(100 * row['share_in_top'])} of 100 tests" in said
    words = words_of(Path(page.url.removeprefix("file://")).read_text(encoding="utf-8"))["wards"]
    facts = {fact["label"]: column(fact["values"]) for fact in words["facts"]}
    people = results_wards["population"]
    assert facts["Residents"] == ["" if pd.isna(value) else f"{round(value):,}" for value in people]
    index = results_wards["index_score"]
    assert facts["Index"] == ["" if pd.isna(value) else f"{value:.1f} of 100" for value in index]


def test_the_demo_city_works_whole(browser, analysed_demo, axe, tmp_path):
    results = analysed_demo
    path = maps.write_map(
        results.wards, results.areas, results.cover, coverage=results.coverage, columns=results.columns,
        counts=results.counts, sources=results.sources, path=tmp_path / "map.html",
    )  # fmt: skip
    with Visit(browser, path) as visit:
        assert "SYNTHETIC" in visit.page.locator("header").inner_text()
        check_numbers(visit, results.wards, results.areas, results.cover)
        use_everything(visit)
        assert visit.violations(axe) == []
        assert visit.outside() == []
        assert visit.faults == []


@pytest.mark.real
def test_london_works_whole_and_is_ready_in_two_seconds(browser, london, axe, tmp_path):
    results = london
    path = maps.write_map(
        results.wards, results.areas, results.cover, coverage=results.coverage, columns=results.columns,
        counts=results.counts, sources=results.sources, path=tmp_path / "map.html",
    )  # fmt: skip
    assert path.stat().st_size < 1_500_000
    with Visit(browser, path) as visit:
        assert ready_after(visit) < 2000
        check_numbers(visit, results.wards, results.areas, results.cover)
        use_everything(visit)
        assert visit.violations(axe) == []
        assert visit.outside() == []
        assert visit.faults == []
    with Visit(browser, path, 320, 640) as visit:
        assert not visit.wide()
        assert visit.violations(axe) == []


@pytest.mark.real
def test_england_and_wales_are_ready_in_two_seconds_and_move_smoothly(browser, real_data, tmp_path):
    """Every ward of England and Wales with made-up numbers: the weight of a national map without the run before it."""
    read = gpd.read_file(real_data / "boundaries" / "WD_DEC_2019_EW_BGC.geojson").to_crs(schema.SYSTEM)
    rng = np.random.default_rng(5)
    wards = gpd.GeoDataFrame(
        {"ward_name": read["WD19NM"], "district_name": read["WD19CD"].str[:7], "force_name": "A force"},
        geometry=shapely.make_valid(read.geometry.to_numpy(), method="structure", keep_collapsed=False),
        crs=schema.SYSTEM,
    ).set_index(read["WD19CD"].rename("ward_code"))
    wards["country"] = np.where(wards.index.str.startswith("W"), "Wales", "England")
    wards["assessed"] = rng.random(len(wards)) < 0.85
    wards["population"] = rng.integers(1_000, 15_000, len(wards))
    wards["index_score"] = np.where(wards["assessed"], rng.uniform(0, 100, len(wards)), np.nan)
    wards["share_in_top"] = np.where(wards["assessed"], rng.random(len(wards)), np.nan)
    wards["crimes"], wards["crime_rate"] = 100.0, 10.0
    areas = make_areas(wards, [[code] for code in wards.index[:20]], shortlisted=10)
    months = schema.months_between("2024-01", "2024-05")
    cover = make_cover(end="2024-05", months=5)
    path = maps.write_map(wards, areas, cover, counts=make_counts(wards, months=months), path=tmp_path / "map.html")
    with Visit(browser, path) as visit:
        assert ready_after(visit) < 2000
        gaps = visit.page.evaluate(
            f"""async () => {{ {FIND_MAP}
              const gaps = []; let last = 0; let on = true;
              const tick = (now) => {{
                if (last) gaps.push(now - last);
                last = now;
                if (on) requestAnimationFrame(tick);
              }};
              requestAnimationFrame(tick);
              for (const step of [1, 1, -1]) {{
                map.setZoom(map.getZoom() + step);
                await new Promise((done) => setTimeout(done, 600));
              }}
              on = false; return gaps; }}"""
        )
        assert np.median(gaps) < 40
        assert max(gaps) < 600
        use_everything(visit)
        assert visit.outside() == []
        assert visit.faults == []


def ready_after(visit: Visit) -> float:
    """Milliseconds from asking for the file to a map that can be used."""
    return visit.page.evaluate("performance.getEntriesByName('ready')[0].startTime")
