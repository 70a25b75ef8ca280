"""The map's file: what it holds, that it is light and the same for the same study, and that no text becomes markup."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import subprocess
import sys
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders.outputs_listing import COLUMNS, make_areas, make_cover, make_study, make_wards
from builders.outputs_maps import HOSTILE, column, render, words_of
from builders.outputs_slider import make_counts
from builders.outputs_tables import COVERAGE

from tipping_point import tables as schema
from tipping_point.outputs import maps, wording
from tipping_point.outputs.classes import SEQUENCE
from tipping_point.outputs.layers import GREY, add_areas, add_wards


def letters(values: str) -> list[int]:
    return [ord(letter) - ord("C") for letter in values]


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
        "from builders import outputs_maps as t, outputs_listing as o\n"
        "print(hashlib.sha256(t.render(*o.make_study()).encode()).hexdigest())\n"
    )
    other = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, str(Path(__file__).parent)], check=True, capture_output=True, text=True
    )
    assert other.stdout.strip() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_map_says_of_a_ward_is_the_table_s():
    wards, areas, cover = make_study()
    words = words_of(render(wards, areas, cover))["wards"]
    facts = {fact["label"]: column(fact["values"]) for fact in words["facts"]}
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
        "Where serious crime is concentrated: 2 candidate Mission Areas, Lattice",
        "Latest data: December 2024",
        "Proxy: no flag for knife crime or for violence against women and girls",
        "Contact: not stated",
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
    names = [view["name"] for view in words["views"]]
    for column_, name in (
        ("index_score", "Need"),
        ("gi_star", "Hot spots"),
        ("local_moran", "Neighbours (local Moran)"),
    ):
        assert (name in names) == (gone != column_)


def test_one_ward_and_wards_without_outlines_are_borne():
    wards = make_wards().iloc[[10]]
    assert words_of(render(wards, make_study()[1].iloc[:0], make_cover()))["wards"]["code"] == ["E05000010"]
    bare = make_wards().set_geometry(gpd.GeoSeries([None] * 36, index=make_wards().index, crs=schema.SYSTEM))
    text = render(bare, make_study()[1], make_cover())
    assert words_of(text)["wards"]["code"] == bare.index.tolist()
    assert words_of(text)["districts"] == []
    assert "[[49.9, -6.4], [55.9, 1.8]]" in text


def test_what_colours_the_map_is_the_table_s():
    wards, areas, cover = make_study()
    (need,) = [view for view in words_of(render(wards, areas, cover))["views"] if view["name"] == "Need"]
    codes = np.array(letters(need["values"]))
    assert (codes[:6] == -1).all()
    for place, each in enumerate(need["classes"]):
        low, high = (float(part) for part in each["ranges"][0].split(" to "))
        mine = wards["index_score"][codes == place]
        assert (mine.min().round(1), mine.max().round(1)) == (low, high)


def test_what_the_lists_say_of_an_area_is_the_table_s():
    wards, areas, cover = make_study()
    areas = areas.assign(rank_low=[1, 1, 2], rank_high=[2, 3, 3], share_in_top=[0.94, 0.5, 0.06])
    text = render(wards, areas, cover)
    for row in areas.itertuples():
        assert f"{row.wards} wards · {row.population:,} people" in text
    assert "likely place 1st to 2nd · chosen in 94 of 100 tests" in text
    assert "likely place 2nd to 3rd; chosen in 6 of 100 tests" in text
    assert "no range of places yet" in render(*make_study())


def test_why_a_ward_is_not_chosen_reaches_the_file_once():
    wards, areas, cover = make_study()
    wards["standing"], wards["why"] = "out", "Its best group reaches 12% of the last area chosen."
    wards["would_change"], wards["rivals"] = "That group would need a value 30% higher.", ""
    words = words_of(render(wards, areas, cover))["wards"]
    assert words["why"]["texts"] == ["Its best group reaches 12% of the last area chosen."]
    assert column(words["standing"])[:7] == ["Not assessed"] * 6 + ["Not chosen"]
    assert set(column(words["wouldChange"])) == {"That group would need a value 30% higher."}


def test_months_reach_the_file_only_with_counts():
    wards, areas, cover = make_study()
    with_counts = words_of(render(wards, areas, cover, counts=make_counts(wards)))["slider"]
    assert len(with_counts["periods"]) == 12
    assert len(with_counts["values"]) == 36 * 12
    assert words_of(render(wards, areas, cover))["slider"]["periods"] == []
    text = render(wards, areas, cover, counts=make_counts(wards))
    assert '<th scope="row">March 2024</th><td class="figure">72</td><td class="figure">30</td>' in text


def test_who_published_the_crimes_is_named():
    wards, areas, cover = make_study()
    sources = pd.DataFrame({"section": ["crime", "lookup", "crime"], "publisher": ["The Force", "ONS", "The Force"]})
    assert "<li>Recorded crime: The Force</li>" in render(wards, areas, cover, sources=sources)
    assert "Recorded crime" not in render(wards, areas, cover)


def test_a_base_map_opens_one_host_and_says_so():
    wards, areas, cover = make_study()
    text = render(
        wards, areas, cover, tiles="https://{s}.tiles.example.org/a/{z}/{x}/{y}.png", tiles_attribution="© A <map>"
    )
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "img-src data: https://*.tiles.example.org;" in policy
    assert "© A &lt;map&gt;" in text
    assert "connects to nothing" not in text
    assert "asks https://*.tiles.example.org for pictures" in text
    plain = render(wards, areas, cover)
    assert "img-src data:;" in plain
    assert "connects to nothing" in plain
    assert words_of(plain)["tiles"] is None


@pytest.mark.parametrize(
    ("tiles", "faults"),
    [
        ("http://tiles.example.org/{z}/{x}/{y}.png", ["is not an https address"]),
        ("https://tiles.example.org/map.png", ["lacks {z}", "lacks {x}", "lacks {y}"]),
        ("https://a.org'; script-src *;/{z}/{x}/{y}", ["is not an https address"]),
        ("", ["is not an https address", "lacks {z}", "lacks {x}", "lacks {y}"]),
    ],
)
def test_a_base_map_that_could_widen_the_policy_is_refused(tiles, faults):
    with pytest.raises(schema.InputError) as caught:
        maps.draw_map(*make_study(), tiles=tiles)
    assert len(caught.value.faults) == len(faults)
    for fault, expected in zip(caught.value.faults, faults, strict=True):
        assert expected in fault


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
    for name in ("why", "would_change"):
        wards[name] = [
            f"Its best group reaches {share}% of the last area chosen." for share in rng.integers(0, 99, 8_071)
        ]
    wards["share_in_top"] = rng.random(len(wards))
    months = schema.months_between("2024-01", "2024-05")
    counts = make_counts(wards, months=months).assign(crimes=rng.poisson(5, 3 * len(months) * len(wards)))
    path = maps.write_map(wards, areas, make_cover(end="2024-05"), counts=counts, path=tmp_path / "map.html")
    assert path.stat().st_size < 2_090_000


def test_an_analyst_adds_layers_to_the_map_of_a_study(tmp_path):
    """It is a folium map: what is added is drawn, and the page's policy lets it run."""
    shown = maps.draw_map(*make_study())
    folium.CircleMarker([51.5, -1.0], radius=9, tooltip="Our office").add_to(shown)
    folium.GeoJson({"type": "Point", "coordinates": [-1.0, 51.5]}, name="Ours").add_to(shown)
    shown.save(tmp_path / "map.html")
    text = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "L.circleMarker(" in text
    assert "Our office" in text
    assert "L.geoJson(" in text
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    allowed = re.search(r"script-src ([^;]*);", html.unescape(text)).group(1)
    drawn = next(script for script in scripts if "L.circleMarker(" in script)
    assert base64.b64encode(hashlib.sha256(drawn.encode()).digest()).decode() in allowed


def test_wards_and_areas_are_layers_of_a_map_of_one_s_own(tmp_path):
    wards, areas, _ = make_study()
    wards.loc[wards.index[7], "ward_name"] = "<script>alert(1)</script>"
    areas.loc[0, "area_name"] = "<b>Area</b>"
    own = folium.Map(tiles=None)
    layer = add_wards(own, wards, "crime_rate", label="Crime a year")
    features = layer.data["features"]
    assert len(features) == len(wards)
    grey = [feature for feature in features if feature["properties"]["fill"] == GREY]
    assert len(grey) == wards["crime_rate"].isna().sum() > 0
    assert {feature["properties"]["value"] for feature in grey} == {"not known"}
    assert len({feature["properties"]["fill"] for feature in features}) == len(SEQUENCE) + 1
    outlined = add_areas(own, areas)
    assert len(outlined.data["features"]) == areas["shortlisted"].sum()
    assert len(add_areas(own, areas, shortlisted=False).data["features"]) == len(areas)
    text = own.get_root().render()
    assert "<script>alert(1)" not in text
    assert "<b>Area" not in text
    longitude, latitude = features[0]["geometry"]["coordinates"][0][0][:2]
    assert -9 < longitude < 3
    assert 49 < latitude < 61
    assert len(add_areas(own, areas.head(0)).data["features"]) == 0
    with pytest.raises(schema.InputError, match="lacks the column"):
        add_wards(own, wards, "crime")
    with pytest.raises(schema.InputError, match="'ward_name' holds no numbers"):
        add_wards(own, wards, "ward_name")
