"""qa/: what an assurer fills in: logs of assumptions, decisions, data and limits, begun from what the run knows.

The practice is that of the Aqua Book (HM Treasury, guidance on producing quality analysis): a commissioner, an analyst,
an assurer and an approver, each named; and logs that say what was assumed, decided, read and left out. The run knows
the second half; people are named in the study file, and what they judge they write into the CSV files, which a later
run takes over.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from tipping_point import tables as schema
from tipping_point.outputs import pages, wording
from tipping_point.outputs.tables import FORMULA_STARTS, write_csv

logger = logging.getLogger(__name__)

ROLES: Mapping[str, str] = {
    "commissioner": "Commissioner, who asked for it and says what it is for",
    "analyst": "Analyst, who ran it and answers for how",
    "assurer": "Assurer, who checked it and did not make it",
    "approver": "Approver, who signs that it is fit for its purpose",
}
DATES = ("approved_on", "review_by")
"""Days of the assurance, beside those who answer for it."""

KEY = "what"
"""The column of every log by which a row is known again in a later run."""

JUDGEMENTS: Mapping[str, tuple[str, ...]] = {
    "assumptions": ("impact_if_wrong", "confidence", "owner", "assured_by", "assured_on", "note"),
    "decisions": ("who", "date", "reason", "assured_by", "assured_on", "note"),
    "data": ("quality", "owner", "assured_by", "assured_on", "note"),
    "limits": ("matters_here", "what_is_done", "owner", "assured_by", "assured_on", "note"),
}
"""Log -> its columns for people: blank until somebody fills them in."""

TITLES: Mapping[str, tuple[str, str]] = {
    "assumptions": ("Assumptions", "A"),
    "decisions": ("Decisions", "D"),
    "data": ("Data", "S"),
    "limits": ("Limits of use", "L"),
}
"""Log -> its title, and the letter before the numbers of its rows."""

GONE = "of an earlier run; not in this one"

STANDING = (
    ("Recorded crime follows crime that happens", "It follows reporting and policing as well."),
    ("Residents stand for the people at risk", "Visitors and people who pass through are not counted among them."),
    ("Each type of crime has one weight of harm", "Severity-scaled volume, whatever the incident was."),
    ("A small area belongs whole to its best-fitting ward", "Crimes near a border may be counted next door."),
    ("Deprivation is as it was when its index was made", "See the vintage and the age in the data log."),
)
"""Assumptions of the method itself, whatever the study, and why each may not hold."""

TO_DECIDE = (
    "The shortlist is accepted, changed or refused",
    "The equality analysis was read beside the list (Equality Act 2010, s. 149)",
    "The outputs may be published",
)
"""Decisions that no run can make."""


# ---------------------------------------------------------------------------------------------- who says so


def say_assurance(assurance: Mapping[str, str]) -> str:
    """The state of approval in a sentence or two: DRAFT unless somebody is named and a date says when."""
    approver, when = (wording.clean(assurance.get(key)) for key in ("approver", "approved_on"))
    if not approver:
        return "DRAFT: nobody has approved it."
    if not when:
        return f"DRAFT: {approver} is to approve it and has not."
    review = assurance.get("review_by")
    return f"Approved by {approver} on {_day(when)}." + (f" To be reviewed by {_day(review)}." if review else "")


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


# ------------------------------------------------------------------------------------------------- the logs


def write_assurance(
    cover: schema.Cover, sources: pd.DataFrame, *, records: Mapping[str, tuple[pd.DataFrame, Sequence[schema.Column]]],
    assurance: Mapping[str, str], earlier: Mapping[str, pd.DataFrame] | None = None, folder: Path,
) -> list[Path]:  # fmt: skip
    """Write the four logs and a page to read them by into `folder`; returns the paths.

    Args:
        cover: with the settings, choices and limits of the run.
        sources: `schema.SOURCES`.
        records: the further tables of the run; 'choices', 'settings' and 'adjusted' are used where they are.
        assurance: the section of the study file.
        earlier: what people wrote, from `read_judgements`: taken over where the row is still there, and kept at the
            end where it is not.
        folder: usually qa/ in the study's folder.

    Raises:
        InputError: see `check_assurance`.
    """
    state = say_assurance(assurance)
    tables = {name: table for name, (table, _) in records.items()}
    logs = {
        "assumptions": _assumptions(cover, tables),
        "decisions": _decisions(cover, tables.get("adjusted", pd.DataFrame())),
        "data": _data(cover, sources),
        "limits": pd.DataFrame({KEY: [wording.sentence(limit) for limit in cover.limits]}),
    }
    logs = {name: _with_judgements(name, table, (earlier or {}).get(name)) for name, table in logs.items()}
    paths = [write_csv(table, folder / f"{name}.csv") for name, table in logs.items()]
    page = pages.environment().get_template("assurance.html")
    text = page.render(
        cover=cover, state=state, style=Markup(pages.read("page.css")),  # noqa: S704 - our own file
        roles=[(words, assurance.get(key, "")) for key, words in ROLES.items()],
        contact=assurance.get("contact", ""), version=assurance.get("version", ""), review=assurance.get("review_by"),
        logs=[
            (name, TITLES[name][0], [wording.label(column) for column in table.columns], table.to_numpy().tolist())
            for name, table in logs.items()
        ],
    )  # fmt: skip
    paths.append(pages.write_text(folder / "assurance.html", text))
    logger.info("assurance: %s in four logs", ", ".join(f"{len(table)} {name}" for name, table in logs.items()))
    return paths


def _assumptions(cover: schema.Cover, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What was assumed, why it may not hold, and what the run shows would change without it."""
    rows = [(f"{cover.measure_label} stands for what the study is about", cover.proxy_note, "")] * bool(
        cover.proxy_note
    )
    rows += [(what, why, "") for what, why in STANDING]
    for name, value in cover.settings.items():
        if value not in (None, "", (), {}):
            what, said = wording.setting(name, value)
            rows.append((f"{what}: {said}", "Set in the study file, or the default.", _tried(name, tables)))
    for row in wording.rows(tables.get("settings", pd.DataFrame())):
        chosen, other, same = (wording.count(row[key]) for key in ("wards", "wards_other", "wards_in_common"))
        shown = f"It would choose {other} wards, {same} of them among the {chosen} chosen."
        rows.append((f"Not: {wording.clean(row['setting'])}", "Another defensible setting.", shown))
    return pd.DataFrame(rows, columns=[KEY, "known_of_it", "what_the_run_shows"])


_VARIED = {"scale": "scale", "combine": "combination", "components": "weights", "denominator": "denominator"}
"""Setting -> what choices.csv calls the thing that it varies."""


def _tried(name: str, tables: Mapping[str, pd.DataFrame]) -> str:
    """How much of the top of a list stays under the other named choices of a setting; '' where none was tried."""
    table = tables.get("choices", pd.DataFrame())
    if name not in _VARIED or table.empty:
        return ""
    mine = table[table["changed"].eq(_VARIED[name])]
    said = [
        f"{wording.clean(row['name'])}: {wording.count(row['top_in_common'])} of the {wording.count(row['top'])} "
        f"highest wards of {wording.clean(row['country'])} stay"
        for row in wording.rows(mine)
    ]
    return wording.sentence("; ".join(said)) if said else ""


def _decisions(cover: schema.Cover, adjusted: pd.DataFrame) -> pd.DataFrame:
    """What the run decided by itself, what people changed and said so, and what is left for people."""
    rows = [(wording.sentence(choice), "the run", "", "", "") for choice in cover.choices]
    for row in wording.rows(adjusted):
        if row.get("who"):
            what = f"{row['area_id']}: added {row['added'] or 'none'}, dropped {row['dropped'] or 'none'}"
            rows.append((what, "people, in the study file", row["who"], str(row["date"] or ""), row["reason"] or ""))
    rows += [(what, "people, still to decide", "", "", "") for what in TO_DECIDE]
    return pd.DataFrame(rows, columns=[KEY, "made_by", "who", "date", "reason"])


def _data(cover: schema.Cover, sources: pd.DataFrame) -> pd.DataFrame:
    """Each file once: where it comes from, of when, how old at the end of the period, and its hash."""
    rows = []
    for row in wording.rows(sources.drop_duplicates("sha256")):
        file = re.split(r"[\\/]", str(row["path"] or ""))[-1]
        vintage = _vintage(file) or _vintage(str(row["dataset"] or ""))
        age = int(cover.end[:4]) - vintage if vintage else None
        rows.append({
            KEY: f"{row['dataset'] or row['kind']}: {file}", "used_for": row["section"], "publisher": row["publisher"],
            "licence": row["licence"] or "not known", "attribution": row["attribution"],
            "vintage": str(vintage or "not known"),
            "age": "not known" if age is None else f"{max(age, 0)} years at the end of the period",
            "rows": wording.count(row["rows"]), "sha256": row["sha256"], "known_of_it": row["note"],
        })  # fmt: skip
    columns = [
        KEY,
        "used_for",
        "publisher",
        "licence",
        "attribution",
        "vintage",
        "age",
        "rows",
        "sha256",
        "known_of_it",
    ]
    return pd.DataFrame(rows, columns=columns)


_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)|(?:LSOA|WD|ward|LAD|LTLA|CSP|PFA)(\d\d)(?!\d)", re.IGNORECASE)


def _vintage(text: str) -> int | None:
    """The latest year that a file name or a title holds; None where it holds none."""
    years = [int(whole or f"20{short}") for whole, short in _YEAR.findall(text)]
    return max(years, default=None)


# ---------------------------------------------------------------------------------------- what people wrote


def read_judgements(folder: Path) -> dict[str, pd.DataFrame]:
    """What people wrote into the logs of an earlier run: by log, only rows in which something stands.

    Raises:
        InputError: a log that cannot be read any more; what stands in it would be lost.
    """
    found: dict[str, pd.DataFrame] = {}
    faults: list[str] = []
    for name, columns in JUDGEMENTS.items():
        path = folder / f"{name}.csv"
        if not path.exists():
            continue
        try:
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            schema.check_table(table, f"qa/{path.name}", [KEY, *columns])
        except schema.InputError as error:
            faults += error.faults
        except (OSError, ValueError) as error:
            faults.append(
                f"qa/{path.name}: cannot be read, and what people wrote in it would be lost: {error}; save it as CSV "
                f"in UTF-8, or move it away"
            )
        else:
            table = table.map(lambda cell: cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell)
            found[name] = table[(table[list(columns)] != "").any(axis="columns")]
    if faults:
        raise schema.InputError(faults)
    return found


def _with_judgements(name: str, table: pd.DataFrame, earlier: pd.DataFrame | None) -> pd.DataFrame:
    """The log with its columns for people: what they wrote where the row is known again, else what the run knows."""
    columns = JUDGEMENTS[name]
    own = [column for column in table.columns if column not in columns]
    made = table.fillna("").reindex(columns=[*own, *columns], fill_value="").astype(str)
    made.insert(0, "number", [f"{TITLES[name][1]}{place}" for place in range(1, len(made) + 1)])
    if earlier is None or earlier.empty:
        return made
    written = earlier.drop_duplicates(KEY).set_index(KEY)
    for column in columns:
        before = made[KEY].map(written[column]).fillna("")
        made[column] = before.where(before.ne(""), made[column])
    lost = earlier[~earlier[KEY].isin(made[KEY])].assign(number=GONE)
    return pd.concat([made, lost.reindex(columns=made.columns, fill_value="")], ignore_index=True)
