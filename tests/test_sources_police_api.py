"""The API of police.uk as formats.md has it: polygons by POST, 503 for too many crimes, no small areas."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import geopandas as gpd
import pytest
from serving import Reply, serve
from shapely.geometry import MultiPolygon, Point, Polygon, box

from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.fetch.download import DownloadError
from tipping_point.fetch.police_api import BASE, TYPES, fetch_street_crimes, find_force, list_months
from tipping_point.sources.crime import read_street_crimes
from tipping_point.tables import InputError

PLACE = box(-1.15, 52.60, -1.10, 52.65)


def crime(number, *, category="anti-social-behaviour", at=(52.626211, -1.127979), month="2026-06", **more):
    """A record as documented."""
    place = {"latitude": f"{at[0]:.6f}", "street": {"id": 1738624, "name": "On or near Parking Area"},
             "longitude": f"{at[1]:.6f}"}  # fmt: skip
    return {
        "category": category, "location_type": "Force", "location": place, "context": "", "outcome_status": None,
        "persistent_id": "", "id": number, "location_subtype": "", "month": month, **more,
    }  # fmt: skip


class Service:
    """Crimes at points; more than `most` in one answer are refused with 503 and an empty body."""

    def __init__(self, crimes, *, most=10_000):
        self.crimes, self.most, self.asked = crimes, most, []

    def answer(self, call):
        assert call.method == "POST", "a GET may have 4,094 characters"
        assert call.headers["content-type"] == "application/x-www-form-urlencoded"
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        corners = [tuple(map(float, corner.split(","))) for corner in form["poly"].split(":")]
        assert len(corners) >= 3
        outline = Polygon([(longitude, latitude) for latitude, longitude in corners])
        self.asked.append((form["date"], outline))
        found = [
            one
            for one in self.crimes
            if one["month"] == form["date"]
            and outline.intersects(Point(float(one["location"]["longitude"]), float(one["location"]["latitude"])))
        ]
        return Reply(b"", 503) if len(found) > self.most else Reply(json.dumps(found).encode())


@pytest.fixture
def server():
    with serve() as running:
        months = [{"date": month, "stop-and-search": ["btp"]} for month in ("2026-06", "2026-05", "2026-04", "2026-03")]
        running.route(f"{BASE}/crimes-street-dates", json.dumps(months).encode())
        yield running


@pytest.fixture
def told():
    return []


@pytest.fixture
def web(server, tmp_path, told):
    return server.web(tmp_path / "cache", tell=told.append)


def publish(server, crimes, **options):
    service = Service(crimes, **options)
    server.route(f"{BASE}/crimes-street/all-crime", service.answer)
    return service


AREAS = gpd.GeoDataFrame(
    {"lsoa_code": ["E01013601", "E01013602"]},
    geometry=[box(-1.15, 52.60, -1.12, 52.65), box(-1.12, 52.60, -1.10, 52.65)],
    crs="EPSG:4326",
)


def fetch(web, folder, place=PLACE, start="2026-06", end="2026-06", areas=AREAS, force="leicestershire"):
    return fetch_street_crimes(web, place, areas, folder, force=force, start=start, end=end)


def test_street_files_that_the_reader_reads(server, web, tmp_path):
    publish(server, [
        crime(2, category="violent-crime", persistent_id="a" * 64,
              outcome_status={"category": "Under investigation", "date": "2026-06"}),
        crime(1), crime(3), crime(4, category="burglary", month="2026-05"), crime(5, at=(53.0, -1.1)),
    ])  # fmt: skip
    folder = fetch(web, tmp_path / "study", start="2026-05")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv"))
    assert names == ["2026-05/2026-05-leicestershire-street.csv", "2026-06/2026-06-leicestershire-street.csv"]
    lines = (folder / names[1]).read_text().splitlines()
    assert lines[2] == (
        f"{'a' * 64},2026-06,leicestershire,leicestershire,-1.127979,52.626211,On or near Parking Area,"
        "E01013601,,Violence and sexual offences,Under investigation,"
    )
    counts = read_street_crimes([folder], start="2026-05", end="2026-06").counts
    assert counts.to_numpy().tolist() == [
        ["leicestershire", "2026-05", "E01013601", "Burglary", 1],
        ["leicestershire", "2026-06", "E01013601", "Anti-social behaviour", 2],
        ["leicestershire", "2026-06", "E01013601", "Violence and sexual offences", 1],
    ]


def test_small_areas_by_point_in_any_coordinate_system(server, web, tmp_path):
    publish(server, [crime(1), crime(2, at=(52.62, -1.12)), crime(3, at=(52.62, -1.11)), crime(4, at=(52.62, -1.10))])
    small = AREAS.iloc[::-1].to_crs("EPSG:27700").iloc[:2]
    lines = (fetch(web, tmp_path, areas=small) / "2026-06/2026-06-leicestershire-street.csv").read_text().splitlines()
    assert [line.split(",")[7] for line in lines[1:4]] == ["E01013601", "E01013601", "E01013602"]
    none = (fetch(web, tmp_path / "b", areas=AREAS.iloc[:0]) / "2026-06/2026-06-leicestershire-street.csv").read_text()
    assert "E01" not in none, "a crime in none of them has no place"
    with pytest.raises(InputError, match="the small areas have no coordinate system"):
        fetch(web, tmp_path, areas=AREAS.set_crs(None, allow_override=True))


def test_types_are_the_fourteen_of_the_archives():
    assert sorted(TYPES.values()) == sorted(CRIME_TYPES["police_uk"])
    assert TYPES["theft-from-the-person"] == "Theft from the person"
    assert TYPES["criminal-damage-arson"] == "Criminal damage and arson"
    assert TYPES["violent-crime"] == "Violence and sexual offences"


def test_too_many_crimes_are_asked_for_in_parts_and_none_is_lost_or_counted_twice(server, web, tmp_path, told):
    crimes = [crime(n, at=(52.60 + 0.05 * (n % 7) / 6, -1.15 + 0.05 * (n % 5) / 4)) for n in range(35)]
    service = publish(server, crimes, most=12)
    folder = fetch(web, tmp_path)
    written = (folder / "2026-06" / "2026-06-leicestershire-street.csv").read_text().splitlines()
    assert len(written) == 36
    assert len(service.asked) > 5
    assert told[0] == "police.uk: crimes of 2026-06: too many for one answer; asked for in four parts"


def test_a_place_of_two_parts_and_what_lies_between(server, web, tmp_path):
    service = publish(server, [crime(1), crime(2, at=(52.50, -1.1)), crime(3, at=(52.55, -1.1))])
    fetch(web, tmp_path, MultiPolygon([PLACE, box(-1.15, 52.49, -1.05, 52.51)]))
    assert len(service.asked) == 2
    assert len((tmp_path / "2026-06/2026-06-leicestershire-street.csv").read_text().splitlines()) == 3


def test_a_long_outline_is_made_simpler_and_no_smaller(server, web, tmp_path):
    round_place = Point(-1.12, 52.62).buffer(0.03, quad_segs=400)
    service = publish(server, [])
    fetch(web, tmp_path, round_place)
    outline = service.asked[0][1]
    assert len(outline.exterior.coords) <= 401
    assert outline.area < 1.05 * round_place.area
    assert round_place.difference(outline).area < 1e-4 * round_place.area


def test_an_outline_of_the_same_months_is_asked_for_once(server, web, tmp_path):
    service = publish(server, [crime(1)])
    fetch(web, tmp_path / "a")
    fetch(server.web(web.cache.folder, offline=True), tmp_path / "b")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("crimes", "sense"),
    [
        ([crime(1, category="witchcraft")], "type 'witchcraft' is not known; allowed are anti-social-behaviour, "),
        ([{"category": "drugs", "location": {}, "month": "2026-06"}], "has a crime without id: its fields have moved"),
        ([{**crime(7), "location": {"latitude": "52.6"}}], r"has a crime \(7\) without a place"),
        ({"error": "x"}, "is not a list of crimes"),
        ([{**crime(1), "month": "2026-04"}], "crimes of 2026-04 came"),
    ],
)
def test_answers_that_are_not_as_documented(server, web, tmp_path, crimes, sense):
    server.route(f"{BASE}/crimes-street/all-crime", json.dumps(crimes).encode())
    with pytest.raises(InputError, match=sense):
        fetch(web, tmp_path)
    assert not list(tmp_path.glob("2026*/*"))


def test_a_busy_service_is_tried_once_more(server, web, tmp_path):
    service = Service([crime(1)])
    server.route(
        f"{BASE}/crimes-street/all-crime", lambda call: service.answer(call) if call.number else Reply(b"", 429)
    )
    fetch(web, tmp_path)
    assert len(service.asked) == 1


def test_a_small_place_that_stays_too_full_ends(server, web, tmp_path):
    server.route(f"{BASE}/crimes-street/all-crime", Reply(b"", 503))
    with pytest.raises(DownloadError, match="HTTP 503"):
        fetch(web, tmp_path, box(-1.1, 52.6, -1.0999, 52.6001))
    assert len(server.asked("all-crime")) == 2


def test_months_and_places_that_it_does_not_have(server, web, tmp_path):
    with pytest.raises(
        InputError, match="the API has 2026-03 to 2026-06, and not 2026-01, 2026-02; older months are in the"
    ):
        fetch(web, tmp_path, start="2026-01")
    with pytest.raises(InputError, match="empty or its outline crosses itself"):
        fetch(web, tmp_path, Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    with pytest.raises(InputError, match="empty or its outline crosses itself"):
        fetch(web, tmp_path, Polygon())
    with pytest.raises(InputError, match=r"'../kent' is no name of a force"):
        fetch(web, tmp_path, force="../kent")
    assert server.asked("all-crime") == []
    assert list_months(web) == ("2026-03", "2026-04", "2026-05", "2026-06")


def test_the_force_of_a_point(server, web):
    server.route(f"{BASE}/locate-neighbourhood", b'{"force": "leicestershire", "neighbourhood": "NC04"}')
    assert find_force(web, latitude=52.6, longitude=-1.1) == "leicestershire"
    assert server.calls[-1].query == {"q": "52.6,-1.1"}
    server.route(f"{BASE}/locate-neighbourhood", b"{}")
    with pytest.raises(DownloadError, match="names no force"):
        find_force(web, latitude=0, longitude=0)
    server.route(f"{BASE}/crimes-street-dates", b'{"months": []}')
    with pytest.raises(DownloadError, match="is not the list of months"):
        list_months(server.web(web.cache.folder.parent / "other"))
