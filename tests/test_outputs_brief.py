"""The brief: every number on it is a table's, nothing stigmatises, and what was not made is said and not invented."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders.outputs_brief import write
from builders.outputs_listing import make_study

from tipping_point.measures.quarters import MOST, area_quarters, area_years
from tipping_point.outputs import brief, listing, pdf

WORDS_NEVER_USED = re.compile(
    r"\b(dangerous|worst|no-go|crime-ridden|lawless|sink estate|people who live in crime)\b", re.I
)
STUDIES = Path(__file__).parents[1] / "studies"


class Tables(HTMLParser):
    """Every table of a page by its caption, as rows of cells; and the text of the page by the id of its part."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.text: dict[str, str] = {}
        self.cell: list[str] | None = None
        self.caption: list[str] | None = None
        self.rows: list[list[str]] = []
        self.part = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"article", "section"} and given.get("id"):
            self.part = given["id"]
        if tag == "table":
            self.rows = []
        elif tag == "caption":
            self.caption = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.cell = []

    def handle_endtag(self, tag):
        if tag == "caption":
            self.name = " ".join("".join(self.caption).split())
            self.caption = None
        elif tag in {"td", "th"}:
            self.rows[-1].append(" ".join("".join(self.cell).split()))
            self.cell = None
        elif tag == "table":
            self.tables[self.name] = self.rows

    def handle_data(self, data):
        for kept in (self.cell, self.caption):
            if kept is not None:
                kept.append(data)
        self.text[self.part] = self.text.get(self.part, "") + data

    def body(self, start: str) -> list[list[str]]:
        """Rows below the header of the table whose caption starts so."""
        (found,) = [rows for name, rows in self.tables.items() if name.startswith(start)]
        return found[1:]

    def part_text(self, name: str) -> str:
        return " ".join(self.text[name].split())


def whole(value: float) -> str:
    return f"{value:,.0f}"


def percent(value: float) -> str:
    if 0 < value < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= value < 1 else f"{value:.0%}"


def ranged(row) -> str:
    value, low, high = row.crime_rate, row.crime_rate_low, row.crime_rate_high
    form = ",.0f" if high - low > value / 5 else ",.1f"
    mark = " †" if row.crimes < 20 else ""
    return f"{value:{form}} [{low:{form}} to {high:{form}}]{mark}"


def check_numbers(results, text: str) -> int:
    """Compares every table of the brief with the study's own; returns how many cells were compared."""
    page = Tables(text)
    records = {name: table for name, (table, _) in results.records.items()}
    cells = 0

    def same(found: list[list[str]], expected: list[list[str]]) -> None:
        nonlocal cells
        assert found == expected
        cells += sum(len(row) for row in expected)

    chosen = results.areas[results.areas["shortlisted"]].sort_values("rank")
    assert len(chosen)
    for area in chosen.itertuples():
        number = (
            f"area-{area.rank}" if results.wards["country"].nunique() == 1 else f"area-{area.country[0]}{area.rank}"
        )
        said = page.part_text(number)
        assert ranged(area) in said
        assert f"{whole(area.population)} people" in said
        assert f"{whole(area.crimes)} recorded" in said
        assert f"{percent(area.share_of_harm)} of all severity-scaled harm" in said
        mine = results.wards.loc[area.ward_codes.split(";")].rename_axis("ward_code").reset_index()
        mine = mine.sort_values(["population", "ward_code"], ascending=[False, True])
        same(
            [row[2:] for row in page.body(f"Wards of {area.area_name}")],
            [[whole(row.population), whole(row.crimes), ranged(row)] for row in mine.itertuples()],
        )
        domains = records["domains"].query("area_id == @area.Index").sort_values("percentile", ascending=False)
        levers = set(records["levers"].query("area_id == @area.Index")["domain"])
        domains = domains[domains["domain"].isin(levers)] if levers else domains.head(3)
        same(
            [row[1:4] for row in page.body(f"Domains of deprivation in {area.area_name}")],
            [
                [whole(row.percentile), whole(row.district_percentile), percent(row.share_in_tenth)]
                for row in domains.itertuples()
            ],
        )
        alike = records["comparators"].query("area_id == @area.Index")
        same(
            [row[2:] for row in page.body(f"Wards like {area.area_name}")][1:],
            [[whole(row.level), whole(row.deprivation)] for row in alike.itertuples()],
        )
        card = records["scorecard"].query("area_id == @area.Index").sort_values("year")
        same(
            [row[1:] for row in page.body(f"The yearly path of {area.area_name}")],
            [
                [whole(value) for value in card[card["measure"].eq(name)]["straight_line"]]
                for name in ("crimes", "harm")
            ],
        )
        cells += check_quarters(page, results, area)
    same(
        [row[2:5] for row in page.body("How many of the chosen wards stay")],
        [
            [f"{whole(r.wards_in_common)} of {whole(r.wards)}", percent(r.share_of_residents)]
            for r in records["settings"].itertuples()
        ],
    )
    annex = records["annex"].sort_values(["country", "reach", "district_name"], ascending=[True, False, True])
    found = [
        row
        for name in sorted(n for n in page.tables if n.startswith("Districts without"))
        for row in page.tables[name][1:]
    ]
    same([row[2] for row in found], ["–" if np.isnan(reach) else percent(reach) for reach in annex["reach"]])
    return cells


def check_quarters(page: Tables, results, area) -> int:
    months = sorted(results.counts["month"].unique())
    blocks = [months[end - 3 : end] for end in range(len(months), 2, -3)][:12][::-1]
    if len(blocks) < 4:
        assert f"Crimes by quarter in {area.area_name}" not in page.tables
        return 0
    mine = results.counts[
        results.counts["ward_code"].isin(area.ward_codes.split(";"))
        & results.counts["crime_type"].isin(results.cover.measure_types)
    ]
    expected = [whole(mine.loc[mine["month"].isin(block), "crimes"].sum()) for block in blocks]
    assert [row[1].split(" [")[0] for row in page.body(f"Crimes by quarter in {area.area_name}")] == expected
    return len(expected)


def test_every_number_of_the_brief_is_the_table_s(analysed_demo, tmp_path):
    assert check_numbers(analysed_demo, write(analysed_demo, tmp_path)) > 150


def test_nothing_that_people_read_stigmatises(analysed_demo, tmp_path):
    check_words(analysed_demo, write(analysed_demo, tmp_path))


@pytest.mark.real
def test_the_same_holds_of_london(london, tmp_path):
    text = write(london, tmp_path)
    assert check_numbers(london, text) > 600
    check_words(london, text)
    weasyprint = pytest.importorskip("weasyprint")
    sides = {name: [] for name in ("summary", *(f"area-{number}" for number in range(1, 11)))}
    document = pdf._fitted(text, lambda page: weasyprint.HTML(string=page).render())
    for number, page in enumerate(document.pages, start=1):
        for name in sides.keys() & page.anchors.keys():
            sides[name].append(number)
    assert list(sides.values()) == [[number] for number in range(1, 12)]


def check_words(results, text: str) -> None:
    """Words that are never used: in the page, in the sentences of the tables, and on the face of the outputs."""
    assert not WORDS_NEVER_USED.search(re.sub(r"<style>.*?</style>", "", text, flags=re.S))
    cover = results.cover
    for said in (*cover.limits, *cover.choices, *cover.findings, cover.proxy_note, cover.stamp):
        assert not WORDS_NEVER_USED.search(said), said
    for table in (results.wards, results.areas, *(table for table, _ in results.records.values())):
        for name in table.columns:
            if pd.api.types.is_string_dtype(table[name]) and not name.endswith(("_name", "_names")):
                for said in table[name].dropna().unique():
                    assert not WORDS_NEVER_USED.search(str(said)), (name, said)


def test_every_area_has_one_page_with_all_that_was_asked(analysed_demo, tmp_path):
    page = Tables(write(analysed_demo, tmp_path))
    for part in ("Who is accountable", "Why here: the four criteria", "How sure, and what it is most sensitive to",
                 "What drives it, and who holds the lever", "Quarter by quarter", "Places like it that were not chosen",
                 "What success looks like, year by year", "What the data cannot say",
                 "A place with need, not a verdict on its residents.", "Approver: none named", "Review by: no date set",
                 "Public confidence: not measured", "no lookup of the study gives a mayoral authority"):  # fmt: skip
        assert part in page.part_text("area-1"), part


def test_the_same_study_gives_the_same_bytes(analysed_demo, tmp_path):
    assert write(analysed_demo, tmp_path / "a") == write(analysed_demo, tmp_path / "b")


# ------------------------------------------------------------------------------------------- a small study


def pages_of(records=None, counts=None, **changes):
    wards, areas, cover = make_study()
    areas = areas.assign(**changes)
    lists = listing.country_lists(wards, areas, cover)
    if counts is not None:
        trend = area_quarters(counts, areas, types=cover.measure_types)
        records = {**(records or {}), "trend": trend, "trend_years": area_years(trend)}
    return brief.area_pages(lists, wards, cover, records=records or {})


def test_what_a_run_did_not_make_is_said_and_not_invented():
    first, second = pages_of()
    assert first.headline[0] == "1st of 2 chosen [no range yet]."
    assert first.sure == ("How firm its place is was not tested.",)
    assert first.drives == first.alike == first.success == first.trend_rows == ()
    assert first.drives_said == "Domains of deprivation were not part of this run."
    assert first.trend == ""
    assert first.trend_said == "The study holds 12 months: fewer than 4 whole quarters show no trend."
    assert dict(first.who)["Mayoral authority"] == "no lookup of the study has it"
    assert second.area.number == "2"


def test_firmness_is_said_with_what_each_range_means():
    (first, _) = pages_of(
        rank_low=1, rank_high=4, rank_choice_low=1, rank_choice_high=1, share_in_top=0.94,
        would_change="It would drop out if deprivation did not count.",
        depends_on_police_generated=True, police_generated_reason="A third of its harm is found by police.",
    )  # fmt: skip
    assert (
        first.headline[0] == "1st of 2 chosen [likely 1st to 4th; 1st under other choices], chosen in 94 of 100 tests."
    )
    assert first.sure == (
        "Likely place 1st to 4th by chance alone, every choice held (90% range); place 1st under other choices that "
        "were tried (no probability is claimed); chosen in 94 of 100 tests, the counts drawn anew.",
        "It would drop out if deprivation did not count.",
        "A third of its harm is found by police.",
    )


def test_the_choice_that_moves_most_carries_its_range():
    table = pd.DataFrame(
        {"outcome": ["all wards", "all wards", "E1"], "choice": ["weights", "scale", "period"],
         "total": [0.1, 0.8, 0.99], "low": [0.05, 0.7, 0.9], "high": [0.2, 1.05, 1.0]}
    )  # fmt: skip
    (first, _) = pages_of({"sensitivity": table})
    assert (
        first.sure[-1] == "What moves the ranking of all wards most is the scaling: 80% [70% to 100%] of its variation."
    )


def test_without_a_lever_the_greatest_needs_stand_and_no_department():
    domains = pd.DataFrame(
        {"area_id": "area-0", "domain": ["income", "health", "education", "employment"],
         "percentile": [70.4, 88.0, 60.0, 90.2], "share_in_tenth": [0.0, 0.3, 0.0, 0.4], "district_percentile": 50.0}
    )  # fmt: skip
    (first, _) = pages_of({"domains": domains})
    assert [line[:2] for line in first.drives] == [("Employment", "90"), ("Health", "88"), ("Income", "70")]
    assert {line[4:] for line in first.drives} == {("", "")}
    assert "no department stands out" in first.drives_said
    levers = pd.DataFrame(
        {"area_id": ["area-0"], "domain": ["health"], "department": ["Department of Health"], "lead": ["the board"]}
    )
    (first, _) = pages_of({"domains": domains, "levers": levers})
    assert first.drives == (("Health", "88", "50", "30%", "Department of Health", "the board"),)


def test_comparators_that_are_not_alike_are_said():
    pairs = pd.DataFrame(
        {"area_id": ["area-0"], "ward_code": ["E05000035"], "ward_name": ["Ward 35"], "district_name": ["Eastshire"],
         "level": [900.4], "deprivation": [81.0], "area_level": [1500.0], "area_deprivation": [85.0],
         "matched_on": ["level, trend, deprivation"]}
    )  # fmt: skip
    balance = pd.DataFrame({"area_id": "area-0", "trait": ["level", "trend"], "alike": [False, True]})
    (first, second) = pages_of({"comparators": pairs, "balance": balance})
    assert first.alike == (("This area", "Westshire", "1,500", "85"), ("Ward 35", "Eastshire", "900", "81"))
    assert first.alike_said == (
        "Most like it in level, trend and deprivation: what happens there is the yardstick. None is near enough in "
        "level, so judge with care."
    )
    assert second.alike_said == "No ward that was not chosen could be compared with it."


def make_counts(wards, months: int, low: int = 30) -> pd.DataFrame:
    span = pd.period_range("2022-01", periods=months, freq="M").astype(str)
    rows = [(code, month, "Robbery", low + place // 12) for code in wards for place, month in enumerate(span)]
    return pd.DataFrame(rows, columns=["ward_code", "month", "crime_type", "crimes"])


@pytest.mark.parametrize(
    ("months", "words"),
    [
        (36, "The last 12 quarters: 720 [668 to 775] crimes in the first four, 768 [715 to 824] in the last four: "
             "7% more."),
        (24, "The last 8 quarters, all that the study holds: 720 [668 to 775] crimes in the first four, 744 "
             "[691 to 799] in the last four: 3% more."),
        (18, "The last 6 quarters, all that the study holds. With less than two whole years no change can be told "
             "from the seasons."),
    ],
)  # fmt: skip
def test_the_trend_is_told_by_whole_years_with_their_ranges(months, words):
    (first, _) = pages_of(counts=make_counts(["E05000006", "E05000007"], months))
    assert first.trend_said == words
    assert len(first.trend_rows) == min(months // 3, MOST)
    assert str(first.trend).count("<rect") == len(first.trend_rows)


def test_no_change_in_per_cent_on_a_small_base():
    counts = make_counts(["E05000006", "E05000007"], 24, low=2)
    (first, _) = pages_of(counts=counts.assign(crimes=1 + (counts["month"] > "2022-12")))
    assert first.trend_said.endswith("24 [15 to 36] crimes in the first four, 48 [35 to 64] in the last four.")


def test_a_quarter_that_is_not_covered_is_a_dash_and_no_bar():
    counts = make_counts(["E05000006", "E05000007"], 24).astype({"crimes": "Int64"})
    counts.loc[counts["month"].eq("2023-12"), "crimes"] = pd.NA
    (first, _) = pages_of(counts=counts)
    assert first.trend_rows[-1] == ("Oct–Dec 2023", "–")
    assert str(first.trend).count("<rect") == 7
    assert "no change can be told" in first.trend_said


def test_wards_are_numbered_from_the_most_residents():
    (first, _) = pages_of()
    people = [int(line[2].replace(",", "")) for line in first.wards]
    assert people == sorted(people, reverse=True)
    assert [line[0] for line in first.wards] == ["1", "2"]


def test_caveats_of_the_area_come_first_among_what_cannot_be_said():
    (first, _) = pages_of(
        visitor_wards="E05000006", criterion_chronic="not assessed", criterion_chronic_reason="Too short."
    )
    assert first.cannot[0] == "Likely busy centre: visitors to Ward 6 lift crime per resident."
    assert first.cannot[1] == "Not assessed: lasting."


def test_a_page_with_much_to_say_is_set_closer():
    domains = pd.DataFrame({"area_id": "area-0", "domain": ["income", "health", "education"], "percentile": 90.0,
                            "share_in_tenth": 1.0, "district_percentile": 50.0})  # fmt: skip
    first, second = pages_of({"domains": domains})
    assert first.dense
    assert not second.dense
    reasons = {
        f"criterion_{name}{end}": "y" * 300 for name in ("chronic", "tipping", "compounded") for end in ("", "_reason")
    }
    (long, _) = pages_of(would_change="x" * 300, **reasons)
    assert long.dense


def test_a_rate_on_few_crimes_is_marked_and_the_mark_explained():
    wards, areas, cover = make_study()
    wards.loc["E05000006", "crimes"] = 7.0
    first, second = brief.area_pages(listing.country_lists(wards, areas, cover), wards, cover, records={})
    assert [line[-1].endswith("†") for line in first.wards].count(True) == 1
    assert any(text.startswith("† Fewer than 20 crimes") for text in first.cannot)
    assert not any("†" in text for text in second.cannot)
