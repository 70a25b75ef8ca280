"""The map: what its file holds, and in a real browser that it works, stays offline and lets no text become markup."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from test_outputs_listing import COLUMNS, make_areas, make_cover, make_study, make_wards
from test_outputs_tables import COVERAGE

from tipping_point import schema
from tipping_point.outputs import maps, wording

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\u202e\"'`&" + "x" * 10_000


def render(wards, areas, cover, **options) -> str:
    return maps.draw_map(wards, areas, cover, coverage=COVERAGE, columns=COLUMNS, **options).get_root().render()


def words_of(text: str) -> dict:
    packed = re.search(r'id="words">([^<]*)<', text)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


# --------------------------------------------------------------------------------------------- the file


def test_it_is_a_folium_map_without_tiles_or_links_to_elsewhere():
    shown = maps.draw_map(*make_study())
    assert isinstance(shown, folium.Map)
    text = shown.get_root().render()
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)\s*=\s*[\"'](?!data:)", text)
    for elsewhere in ("cdn.", "jquery", "bootstrap", "unpkg", "openstreetmap.org", "sourceMappingURL", "url(images"):
        assert elsewhere not in text.lower(), elsewhere
    assert "Leaflet 1.9" in text


def test_a_notebook_shows_it():
    shown = maps.draw_map(*make_study())
    assert shown._repr_html_().startswith("<iframe srcdoc=")
    assert maps.draw_map(*make_study()).get_root().render() == shown.get_root().render()


def test_the_policy_names_every_script_and_nothing_else():
    text = render(*make_study())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1].replace("&#39;", "'")
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.S)
    assert {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts} == allowed
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy


def test_the_same_study_gives_the_same_bytes_in_another_process(tmp_path):
    path = maps.write_map(*make_study(), coverage=COVERAGE, columns=COLUMNS, path=tmp_path / "map.html")
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "import test_outputs_maps as t\n"
        "print(hashlib.sha256(t.render(*t.make_study()).encode()).hexdigest())\n"
    )
    other = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, str(Path(__file__).parent)], check=True, capture_output=True, text=True
    )
    assert other.stdout.strip() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_map_says_of_a_ward_is_the_table_s():
    wards, areas, cover = make_study()
    words = words_of(render(wards, areas, cover))["wards"]
    facts = {fact["label"]: fact["values"] for fact in words["facts"]}
    assert words["code"] == wards.index.tolist()
    for place, row in enumerate(wards.itertuples()):
        assert facts["Residents"][place] == f"{row.population:,}"
        if not row.assessed:
            assert facts["Rate"][place] == facts["Index"][place] == facts["Place by index"][place] == ""
            continue
        rate = wording.rate(row.crime_rate, row.crime_rate_low, row.crime_rate_high, events=row.crimes)
        assert facts["Rate"][place] == f"{rate} per 1,000 residents a year"
        assert facts["Index"][place] == f"{row.index_score:.1f} of 100"
        assert facts["Place by index"][place] == f"{wording.ordinal(row.rank)} of 30 (no range yet)"
    assert words["visitor"] == [35]
    assert words["area"][6] == words["area"][7] == 0
    assert words["area"][30] == 2
    assert words["area"].count(-1) == 30
    more = {fact["label"] for fact in words["more"]}
    assert {"Harm rate, as it enters the index", "Illness (ratio)"} <= more


def test_the_face_carries_stamp_period_proxy_not_assessed_limits_and_attributions():
    cover = make_cover()
    text = render(*make_study())
    for said in (
        cover.stamp,
        cover.title,
        cover.period,
        cover.proxy_note,
        *cover.limits,
        *cover.choices,
        *cover.attributions,
    ):
        assert said in text
    assert "<strong>6 not assessed</strong>" in text
    assert "No crime file for: Latticeshire (1 month)" in text
    assert "SYNTHETIC" not in text
    assert "SYNTHETIC" in render(*make_study(synthetic=True))


def test_the_lists_are_in_the_page_itself_also_without_scripts():
    text = render(*make_study())
    assert text.count('data-area="') == 3
    assert "Nearly chosen: the next 1" in text
    none = render(make_wards(), make_study()[1].iloc[:0], make_cover())
    assert "No area in Lattice met the tests" in none
    assert 'data-area="' not in none


@pytest.mark.parametrize(
    "gone", ["index_score", "gi_star", "local_moran", "crime_rate", "rank", "visitor_ward", "country"]
)
def test_a_method_that_did_not_run_is_left_out(gone):
    wards, areas, cover = make_study()
    kept = wards.drop(columns=[name for name in wards if name.startswith(gone)])
    words = words_of(render(kept, areas, cover))
    assert len(words["wards"]["code"]) == 36
    assert len(words["views"]) == 3 - (gone in {"index_score", "gi_star", "local_moran"})


def test_one_ward_and_wards_without_outlines_are_borne():
    wards = make_wards().iloc[[10]]
    assert words_of(render(wards, make_study()[1].iloc[:0], make_cover()))["wards"]["code"] == ["E05000010"]
    bare = make_wards().set_geometry(gpd.GeoSeries([None] * 36, index=make_wards().index, crs=schema.SYSTEM))
    assert set(map(str, words_of(render(bare, make_study()[1], make_cover()))["wards"]["point"])) == {"None"}


def test_flags_may_have_blanks_where_a_ward_is_not_assessed():
    wards, areas, cover = make_study()
    blank = pd.array([None] * 6 + [False] * 29 + [True], dtype="boolean")
    words = words_of(render(wards.assign(visitor_ward=blank, small_population=blank), areas, cover))
    assert words["wards"]["visitor"] == [35]


def test_repeated_codes_are_refused():
    wards, areas, cover = make_study()
    wards.index = [*wards.index[:-1], wards.index[0]]
    with pytest.raises(schema.InputError, match="repeated ward_code"):
        maps.draw_map(wards.rename_axis("ward_code"), areas, cover)


def test_markup_in_data_is_never_markup_in_the_file():
    wards, areas, cover = make_study(area=HOSTILE, attributions=(HOSTILE,), limits=(HOSTILE,), stamp=HOSTILE)
    areas["area_name"] = HOSTILE
    wards["ward_name"] = HOSTILE
    text = render(wards, areas, cover)
    assert "<script>window" not in text
    assert "<img" not in text
    assert "\u202e" not in text
    assert "x" * 2000 not in text
    assert max(len(name) for name in words_of(text)["wards"]["name"]) <= 80


@pytest.mark.real
def test_england_and_wales_stay_light(real_data, tmp_path):
    read = gpd.read_file(real_data / "boundaries" / "WD_DEC_2019_EW_BGC.geojson").to_crs(schema.SYSTEM)
    rng = np.random.default_rng(5)
    wards = gpd.GeoDataFrame(
        {"ward_name": read["WD19NM"], "district_name": read["WD19CD"].str[:6], "force_name": "A force"},
        geometry=shapely.make_valid(read.geometry.to_numpy(), method="structure", keep_collapsed=False),
        crs=schema.SYSTEM,
    ).set_index(read["WD19CD"].rename("ward_code"))
    wards["country"] = np.where(wards.index.str.startswith("W"), "Wales", "England")
    wards["assessed"] = rng.random(len(wards)) < 0.8
    wards["population"] = rng.integers(1_000, 15_000, len(wards))
    for name in ("gi_star_class", "local_moran_class"):
        wards[name] = rng.choice(["", "", "hot" if name == "gi_star_class" else "HH"], len(wards))
    numbers = ["crimes_all", "crimes", "smoothed_rate", "harm_rate", "index_score", "gi_star_p_adjusted"]
    numbers += ["local_moran_p_adjusted", "deprivation", *schema.DOMAINS, "component_harm_rate", "component_income"]
    numbers += ["illness", "absence", "skills"]
    for name in numbers:
        wards[name] = rng.uniform(0, 100, len(wards))
    wards["crime_rate"] = rng.gamma(2, 5, len(wards))
    wards["crime_rate_low"], wards["crime_rate_high"] = wards["crime_rate"] * 0.8, wards["crime_rate"] * 1.2
    wards["rank"] = wards.groupby("country")["index_score"].rank(ascending=False)
    assert len(wards) == 8_071
    assert len(wards.columns) >= 31
    areas = make_areas(wards, [[code] for code in wards.index[:20]], shortlisted=10)
    path = maps.write_map(wards, areas, make_cover(), path=tmp_path / "map.html")
    assert path.stat().st_size < 2_500_000


# ------------------------------------------------------------------------------------------ in a browser


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


class Visit:
    """A page of the browser that notes every request, error and dialog."""

    def __init__(self, browser, path: Path, width: int = 1400, height: int = 900, before: str = "") -> None:
        self.page = browser.new_page(viewport={"width": width, "height": height})
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


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    wards, areas, cover = make_study()
    wards.loc["E05000009", "ward_name"] = "Ynys Môn"
    path = tmp_path_factory.mktemp("map") / "map.html"
    return maps.write_map(wards, areas, cover, coverage=COVERAGE, columns=COLUMNS, path=path), wards


@pytest.mark.browser
def test_everything_can_be_used_and_nothing_leaves_the_page(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        assert page.evaluate("document.documentElement.dataset.state") == "ready"
        for label in page.locator("#views label, #toggles label").all():
            label.click()
        assert page.locator("#legend-title").text_content() == "High and low among neighbours"
        page.locator(".proxy summary").click()
        page.locator("footer summary").click()
        page.locator(".leaflet-control-zoom-in").click()
        visit.settle()
        page.mouse.move(400, 400)
        page.mouse.wheel(0, -200)
        visit.settle()
        assert visit.outside() == []
        assert visit.faults == []


@pytest.mark.browser
def test_a_ward_is_found_by_keyboard_and_its_card_says_the_table_s_numbers(browser, written):
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
        assert "Ynys Môn" in said
        assert f"{row['population']:,}" in said
        assert wording.rate(row["crime_rate"], row["crime_rate_low"], row["crime_rate_high"]) in said
        assert f"{row['index_score']:.1f} of 100" in said
        assert "Not a hot spot" in said
        assert "In no area on the lists" in said
        page.keyboard.press("Escape")
        assert page.locator("#card").is_hidden()
        assert page.evaluate("document.activeElement.id") == "find"
        assert visit.faults == []


@pytest.mark.browser
def test_an_area_leads_to_its_wards_and_back(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("[data-area='0']").click()
        visit.settle()
        card = page.locator("#card")
        assert "On the shortlist" in card.inner_text()
        assert page.locator("[data-area='0']").get_attribute("aria-pressed") == "true"
        assert page.locator(".area-label.chosen").count() == 1
        card.get_by_role("button", name="Ward 7").click()
        assert "A hot spot" in card.inner_text()
        card.get_by_role("button", name="area 1, Ward 6 and around").click()
        assert "1. Ward 6 and around" in card.inner_text()


@pytest.mark.browser
def test_a_click_on_the_map_finds_the_ward_under_it(browser, written):
    path, wards = written
    with Visit(browser, path) as visit:
        page = visit.page
        ((latitude, longitude),) = centres(wards, ["E05000016"])
        box = page.locator(".folium-map").bounding_box()
        point = page.evaluate(
            "([lat, lng]) => { const map = Object.values(window).find((value) => value instanceof L.Map);"
            " const at = map.latLngToContainerPoint([lat, lng]); return [at.x, at.y]; }",
            [latitude, longitude],
        )
        page.mouse.click(box["x"] + point[0], box["y"] + point[1])
        assert page.locator("#card h3").text_content() == "Ward 16"


@pytest.mark.browser
def test_not_assessed_is_drawn_hatched_and_classes_in_their_colours(browser, written):
    """Pixels of the canvas: a hatched ward shows two colours, an assessed one its class's fill."""
    path, wards = written
    with Visit(browser, path) as visit:
        counts = visit.page.evaluate(
            """() => {
              const canvas = document.querySelector('.study-canvas');
              const map = Object.values(window).find((value) => value instanceof L.Map);
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
              return POINTS.map(([lat, lng]) => colours(lat, lng));
            }""".replace("POINTS", json.dumps(centres(wards, ["E05000002", "E05000016"])))
        )
        hatched, plain = counts
        assert len(hatched) > 3
        place = words_of(path.read_text(encoding="utf-8"))["views"][0]
        fill = place["classes"][place["values"][16]]["fill"]
        assert ",".join(str(int(fill[i : i + 2], 16)) for i in (1, 3, 5)) in plain


def centres(wards, codes):
    return [[point.y, point.x] for point in wards.geometry[codes].centroid.to_crs("EPSG:4326")]


@pytest.mark.browser
def test_the_canvas_lies_on_whole_pixels_so_that_names_are_sharp(browser, written):
    path, _ = written
    with Visit(browser, path, 1399, 901) as visit:
        moved = visit.page.evaluate("document.querySelector('.study-canvas').style.transform")
        assert "scale" not in moved
        assert all(float(step).is_integer() for step in re.findall(r"(-?[0-9.]+)px", moved))


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (1400, 900)])
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


@pytest.mark.browser
def test_hostile_text_stays_text_in_the_browser(browser, tmp_path):
    wards, areas, cover = make_study(area=HOSTILE, limits=(HOSTILE,), attributions=(HOSTILE,), proxy_note=HOSTILE)
    areas["area_name"] = HOSTILE
    areas["visitor_wards"] = "E05000006"
    for name in ("ward_name", "district_name", "force_name", "visitor_basis", "not_assessed_reason"):
        wards[name] = HOSTILE
    wards["visitor_ward"] = True
    path = maps.write_map(
        wards, areas, cover, coverage=COVERAGE.assign(force_name=HOSTILE), columns=COLUMNS, path=tmp_path / "m.html"
    )
    with Visit(browser, path, 390, 844) as visit:
        page = visit.page
        page.fill("#find", "script")
        assert page.locator("#found [role=option]").count() == 12
        page.keyboard.press("Enter")
        visit.settle()
        assert "</script><script>" in page.locator("#card h3").text_content()
        page.locator("[data-area='1']").click()
        visit.settle()
        assert page.evaluate("window.hacked") is None
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 5
        assert not visit.wide()
        assert visit.outside() == []
        assert visit.faults == []


@pytest.mark.browser
def test_an_old_browser_is_told_and_still_has_the_lists(browser, written):
    path, _ = written
    with Visit(browser, path, before="delete window.DecompressionStream") as visit:
        assert visit.page.evaluate("document.documentElement.dataset.state") == "failed"
        assert "too old" in visit.page.locator("#waiting").text_content()
        assert visit.page.locator("[data-area]").count() == 3


@pytest.mark.browser
def test_every_control_has_a_name_and_the_page_a_language(browser, written):
    path, _ = written
    with Visit(browser, path) as visit:
        page = visit.page
        page.locator("[data-area='0']").click()
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, input, [role=button], a, canvas, summary')]
              .filter((e) => !e.closest('[hidden]') && e.getAttribute('aria-hidden') !== 'true')
              .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length || e.title))
              .map((e) => e.outerHTML)"""
        )
        assert nameless == []
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))
        assert page.locator("html").get_attribute("lang") == "en-GB"
        assert page.locator("h1").count() == 1
