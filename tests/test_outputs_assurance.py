"""qa/: begun from the run, blank for people, and what people wrote is never lost."""

from __future__ import annotations

import pandas as pd
import pytest
from builders.outputs_listing import make_cover
from builders.outputs_spreadsheets import SOURCES

from tipping_point import tables as schema
from tipping_point.outputs import assurance
from tipping_point.outputs.assurance import read_judgements, say_assurance, write_assurance

LOGS = ("assumptions", "decisions", "data", "limits")
CHOICES = pd.DataFrame(
    {
        "name": ["as chosen", "scale: z"], "changed": ["", "scale"], "country": "England", "wards": 30, "top": 3,
        "top_in_common": [3, 2], "spearman": 1.0, "largest_move": 0, "moved_most": "",
    }
)  # fmt: skip
OTHER = pd.DataFrame(
    {
        "setting": ["scale: z"], "wards": [4], "wards_other": [5], "wards_in_common": [3], "share_in_common": [0.75],
        "residents": [1.0], "residents_in_common": [1.0], "share_of_residents": [1.0],
    }
)  # fmt: skip
RECORDS = {"choices": (CHOICES, schema.RECORDS["choices"]), "settings": (OTHER, schema.RECORDS["settings"])}


def write(folder, *, cover=None, people=None, earlier=None, records=RECORDS):
    cover = cover or make_cover(settings={"alpha": 0.05, "scale": "percentile", "daytime": None})
    return write_assurance(cover, SOURCES, records=records, assurance=people or {}, earlier=earlier, folder=folder)


def read(folder, name):
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "DRAFT: nobody has approved it."),
        ({"analyst": "A", "approver": ""}, "DRAFT: nobody has approved it."),
        ({"approver": "B. Head"}, "DRAFT: B. Head is to approve it and has not."),
        ({"approver": "B. Head", "approved_on": "2026-03-09"}, "Approved by B. Head on 9 March 2026."),
        (
            {"approver": "B", "approved_on": "2026-03-09", "review_by": "2027-03-01"},
            "Approved by B on 9 March 2026. To be reviewed by 1 March 2027.",
        ),
    ],
)
def test_without_a_named_approver_and_a_day_it_is_a_draft(given, said):
    assert say_assurance(given) == said


def test_the_logs_are_filled_from_the_run_and_blank_for_people(tmp_path):
    paths = write(tmp_path / "qa")
    assert {path.name for path in paths} == {*(f"{name}.csv" for name in LOGS), "assurance.html"}
    for name in LOGS:
        table = read(tmp_path / "qa", name)
        blank = [column for column in assurance.JUDGEMENTS[name] if column not in {"who", "date", "reason"}]
        assert (table[blank] == "").all(axis=None)
        assert table["number"].is_unique
        assert (table["what"] != "").all()
    cover = make_cover()
    assumptions = read(tmp_path / "qa", "assumptions").set_index("what")
    assert "Scale: percentile" in assumptions.index
    assert assumptions["what_the_run_shows"]["Scale: percentile"] == (
        "Scale: z: 2 of the 3 highest wards of England stay."
    )
    assert "choose 5 wards, 3 of them among the 4 chosen" in assumptions["what_the_run_shows"]["Not: scale: z"]
    assert not any(what.startswith("Daytime") for what in assumptions.index)
    assert cover.proxy_note in assumptions["known_of_it"].tolist()
    assert read(tmp_path / "qa", "limits")["what"].tolist() == list(cover.limits)
    assert set(cover.choices) <= {*read(tmp_path / "qa", "decisions")["what"]}


def test_the_data_log_says_of_when_each_file_is_and_how_old(tmp_path):
    write(tmp_path, cover=make_cover(end="2026-02"))
    data = read(tmp_path, "data").set_index("what")
    row = data.loc["Ward boundaries: WD_DEC_2024.geojson"]
    assert (row["vintage"], row["age"]) == ("2024", "2 years at the end of the period")
    assert row["sha256"] == "cd" * 32
    assert row["licence"] == "not known"
    assert not data.index.str.contains("[/\\\\]").any()


@pytest.mark.parametrize(
    ("name", "year"),
    [("lookup_lsoa21_ward24_ltla24.csv", 2024), ("WD_DEC_2019_EW.geojson", 2019), ("file_9.csv", None)],
)
def test_the_year_of_a_file_is_read_from_its_name(tmp_path, name, year):
    write_assurance(
        make_cover(end="2024-12"), SOURCES.assign(path=name, dataset="x").head(1), records={}, assurance={},
        folder=tmp_path,
    )  # fmt: skip
    assert read(tmp_path, "data")["vintage"].tolist() == [str(year or "not known")]


def test_an_adjustment_by_people_is_a_decision_with_its_reason(tmp_path):
    row = {column.name: None for column in schema.RECORDS["adjusted"]}
    row |= {"area_id": "A-1", "added": "E1", "dropped": "", "who": "C. Chief", "date": "2026-01-02", "reason": "a road"}
    write(tmp_path, records={"adjusted": (pd.DataFrame([row]), schema.RECORDS["adjusted"])})
    made = read(tmp_path, "decisions").set_index("what").loc["A-1: added E1, dropped none"]
    assert (made["who"], made["date"], made["reason"]) == ("C. Chief", "2026-01-02", "a road")


def test_what_people_wrote_is_taken_over_and_never_lost(tmp_path):
    write(tmp_path / "one")
    limits = read(tmp_path / "one", "limits")
    limits.loc[0, ["owner", "note"]] = ["D. Owner", "=looked at"]
    gone = limits.iloc[[0]].assign(what="A limit that is no more", number="L9", note="still true?")
    pd.concat([limits, gone]).to_csv(tmp_path / "one" / "limits.csv", index=False, encoding="utf-8-sig")
    earlier = read_judgements(tmp_path / "one")
    write(tmp_path / "two", earlier=earlier)
    kept = read(tmp_path / "two", "limits")
    assert kept["owner"].tolist() == ["D. Owner", "D. Owner"]
    assert kept["note"].tolist() == ["'=looked at", "still true?"]
    assert kept["number"].tolist() == ["L1", assurance.GONE]
    write(tmp_path / "three", earlier=read_judgements(tmp_path / "two"))
    pd.testing.assert_frame_equal(read(tmp_path / "three", "limits"), kept)
    assert "D. Owner" in (tmp_path / "three" / "assurance.html").read_text(encoding="utf-8")


def test_a_log_that_cannot_be_read_any_more_is_refused_before_it_is_lost(tmp_path):
    write(tmp_path)
    (tmp_path / "limits.csv").write_bytes("number;what\n1;\xe9".encode("latin-1"))
    read(tmp_path, "data").drop(columns="owner").to_csv(tmp_path / "data.csv", index=False)
    with pytest.raises(schema.InputError) as raised:
        read_judgements(tmp_path)
    assert len(raised.value.faults) == 2
    assert "qa/data.csv: lacks the column(s) owner" in str(raised.value)
    assert "qa/limits.csv: cannot be read, and what people wrote in it would be lost" in str(raised.value)
    assert read_judgements(tmp_path / "nowhere") == {}


def test_the_page_shows_the_state_the_roles_and_all_text_as_text(tmp_path):
    cover = make_cover(limits=('<script>alert("x")</script>',), stamp="DRAFT")
    people = {"approver": "<b>B</b>", "approved_on": "2026-03-09", "contact": "team@example.org"}
    write(tmp_path, cover=cover, people=people)
    page = (tmp_path / "assurance.html").read_text(encoding="utf-8")
    assert "Approved by &lt;b&gt;B&lt;/b&gt; on 9 March 2026." in page
    assert "<script" not in page
    assert "team@example.org" in page
    assert page.count("not named") == 3
    assert "http" not in page.replace("http-equiv", "")


def test_the_same_run_gives_the_same_bytes(tmp_path):
    one, two = (write(tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
