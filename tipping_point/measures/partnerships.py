"""Ward counts against the offences that the Home Office publishes for community safety partnerships.

A partnership may be of several districts, and a district may have several (of the former districts it was made of). So
the smallest places of which both tables have the whole are groups of districts and partnerships that hang together;
most are one of each. As for forces, a ratio corrects nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tipping_point.measures.calibration import FAR, QUARTER, compare_types, covered_months, months_of, whole_quarters
from tipping_point.tables import InputError, check_table, force_slug, plain_name

log = logging.getLogger(__name__)

COLUMNS = (
    "force", "force_name", "partnership", "districts", "match", "crime_type", "start", "end", "months", "crimes",
    "published", "ratio", "far",
)  # fmt: skip
COMPARED = "compared"
APART = "no whole quarter in common"
IN_PART = "partly outside the study"
NOT_PUBLISHED = "not published under its name"
NOT_IN_LOOKUP = "published, in no lookup"
UNASSIGNED = "published as of no partnership"
NO_PARTNERSHIP = "district without a partnership in the lookups"
_SAME: Mapping[str, str] = {"shepway": "folkestone and hythe", "northern devon": "north devon"}
"""A name that one of the two tables still has -> the one in the other."""
_SHOWN = 5


@dataclass(frozen=True)
class _Place:
    """Districts and partnerships that hang together."""

    districts: tuple[str, ...]
    partnerships: tuple[str, ...]
    of_district: Mapping[str, frozenset[str]]
    """Plain name of a district -> the plain names of its partnerships."""

    def holds(self, names: Collection[str]) -> bool:
        """Whether published names are of the whole place, each part of it once."""
        for district, own in self.of_district.items():
            others = frozenset().union(*(each for name, each in self.of_district.items() if name != district))
            by_itself = district in names and district not in own
            if by_itself == (own <= set(names)) or (by_itself and (own - others) & set(names)):
                return False
        return True

    def names(self) -> set[str]:
        """Every name under which a part of it may be published."""
        return set(self.of_district) | {name for own in self.of_district.values() for name in own}


def calibrate_partnerships(
    ward_counts: pd.DataFrame, published: pd.DataFrame, wards: pd.DataFrame, members: pd.DataFrame, *, far: float = FAR
) -> pd.DataFrame:
    """Per partnership (or group of them) and type of crime, the crimes placed in its wards over the offences published.

    Only whole quarters are compared that the counts cover and in which every part of the place is published. What
    cannot be compared has a row that says why, with what is published of it a month; nothing is left out.

    Args:
        ward_counts: ward_code x month x crime_type with crimes, missing where a month is not covered.
        published: force, partnership, quarter (its first month), crime_type and offences (`read_recorded_crime`); rows
            without a partnership are of no concern.
        wards: indexed by ward_code, with district_code, district_name and force_name.
        members: district_code, district_name, partnership, force_name: every district of England and Wales with each of
            its partnerships, also outside the study, so that a place that the study has a part of is known as one.
        far: the distance from one from which a ratio is far.

    Returns:
        COLUMNS, by force, partnership and type ('all' last); `match` says how the two tables fit.

    Raises:
        InputError: a column that is not there, or no partnership among what is published.
    """
    check_table(ward_counts, "ward counts", ["ward_code", "month", "crime_type", "crimes"])
    check_table(published, "published", ["force", "partnership", "quarter", "crime_type", "offences"])
    check_table(members, "lookup of partnerships", ["district_code", "district_name", "partnership", "force_name"])
    theirs = published[(published["crime_type"] != "") & (published["partnership"] != "")]
    if theirs.empty:
        raise InputError("Calibration: the published table names no community safety partnership.")
    names = {force_slug(name): name for name in sorted(wards["force_name"].dropna().unique()) if name}
    theirs = theirs[theirs["force"].isin(list(names))]
    theirs = theirs.assign(plain=theirs["partnership"].map({name: plain(name) for name in set(theirs["partnership"])}))
    home = _home(wards, members)
    places = _places(members, set(home.dropna()))
    ours, months = covered_months(ward_counts, home.map({d: place for place, p in places.items() for d in p.districts}))
    inside = set(home.dropna())
    rows: list[tuple[object, ...]] = []
    for place, held in places.items():
        force = _force_of(held, members)
        if force in names:
            own = theirs[(theirs["force"] == force) & theirs["plain"].isin(held.names())]
            rows += _rows(held, (force, names[force]), ours[ours["place"] == place], own, months.get(place, []),
                          whole=set(held.districts) <= inside, far=far)  # fmt: skip
    rows += _strange(theirs, members, names, sorted(set(ward_counts["month"])))
    rows += [
        (force_slug(force), force, "", district, NO_PARTNERSHIP, "all", "", "", 0, *_NOTHING)
        for district, force in _homeless(wards, home)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    rank = (table["crime_type"] == "all").rename("last")
    order = table.assign(last=rank).sort_values(["force", "partnership", "districts", "last", "crime_type"]).index
    log.info(
        "calibration by partnership: %d of %d places compared; %d of %d ratios further than %.2f from one",
        table.loc[table["match"] == COMPARED, "partnership"].nunique(), table["partnership"].nunique(),
        int(table["far"].sum()), int(table["ratio"].notna().sum()), far,
    )  # fmt: skip
    return table.loc[order].reset_index(drop=True)


def explain_partnerships(table: pd.DataFrame) -> tuple[str, ...]:
    """What is to be said of a calibration by partnership: which are far from one, and which were not compared, why.

    Args:
        table: of `calibrate_partnerships`.
    """
    sentences = []
    for force, rows in table[table["match"] == COMPARED].groupby("force_name", sort=True):
        together = rows[rows["crime_type"] == "all"]
        wide = together[together["far"]]
        apart = int((rows["far"] & (rows["crime_type"] != "all")).sum())
        if len(wide) or apart:
            shown = _listed(f"{who} {ratio:.2f}" for who, ratio in zip(wide["partnership"], wide["ratio"], strict=True))
            sentences.append(
                f"{force}: in {len(wide)} of {len(together)} community safety partnerships crimes placed in wards are"
                f" far from the offences that the Home Office publishes for the same quarters"
                f"{f' (ratio of ours to theirs: {shown})' if shown else ''}, and {apart} of {len(rows) - len(together)}"
                f" ratios by type of crime are (recorded_crime_partnerships.csv): counts there are to be read with"
                f" care."
            )
    for key, rows in table[table["match"] != COMPARED].groupby(["force_name", "match"], sort=True):
        name, match = (str(part) for part in key)
        if match == UNASSIGNED:
            total = table.loc[(table["force_name"] == name) & (table["crime_type"] == "all"), "published"].sum()
            part = rows["published"].sum() / total if total > 0 else 0.0
            sentences.append(
                f"{name}: {part:.1%} of the offences that the Home Office publishes by partnership are of none: ratios"
                f" of ours to theirs may be too high by as much."
            )
        else:
            who = rows["partnership"].where(rows["partnership"] != "", rows["districts"])
            sentences.append(f"{name}: not compared by partnership, {match}: {_listed(dict.fromkeys(who))}.")
    return tuple(sentences)


def plain(name: str) -> str:
    """A partnership's or district's name without what the two publishers write in several ways."""
    text = re.sub(r" (?:community safety partnership|csp)$", "", plain_name(name))
    text = re.sub(r"^city of | (?:city|county) of$", "", text)
    return _SAME.get(text, text)


_NOTHING = (float("nan"), float("nan"), float("nan"), False)


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return "; ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")


# ---------------------------------------------------------------------------------------------------- places


def _home(wards: pd.DataFrame, members: pd.DataFrame) -> pd.Series:
    """The name of the district of each ward as the lookup has it, by code or else by name; missing where in neither."""
    by_code = dict(zip(members["district_code"], members["district_name"], strict=True))
    by_name = {plain(name): name for name in members["district_name"]}
    return wards["district_code"].map(by_code).fillna(wards["district_name"].map(plain).map(by_name))


def _places(members: pd.DataFrame, districts: set[str]) -> dict[str, _Place]:
    """The places that hold a district of the study, by a name of their own."""
    pairs = members[["district_name", "partnership", "force_name"]].drop_duplicates()
    together = {name: name for name in pairs["district_name"]}

    def root(name: str) -> str:
        while together[name] != name:
            name = together[name]
        return name

    for _, own in pairs.groupby(["force_name", "partnership"]):
        for name in own["district_name"]:
            together[root(name)] = root(own["district_name"].iloc[0])
    groups: dict[str, list[str]] = {}
    for name in sorted(together):
        groups.setdefault(root(name), []).append(name)
    own_of = {name: frozenset(map(plain, own)) for name, own in pairs.groupby("district_name")["partnership"]}
    return {
        place: _Place(
            tuple(names),
            tuple(sorted(set(pairs.loc[pairs["district_name"].isin(names), "partnership"]))),
            {plain(name): own_of[name] for name in names},
        )
        for place, names in groups.items()
        if districts & set(names)
    }


def _force_of(place: _Place, members: pd.DataFrame) -> str:
    return force_slug(members.loc[members["district_name"] == place.districts[0], "force_name"].iloc[0])


def _homeless(wards: pd.DataFrame, home: pd.Series) -> list[tuple[str, str]]:
    """District and force of the wards whose district is in no lookup of partnerships."""
    bare = wards.loc[home.isna() & wards["force_name"].notna(), ["district_name", "force_name"]].drop_duplicates()
    return sorted(bare.itertuples(index=False, name=None))


# ------------------------------------------------------------------------------------------------------ rows


def _rows(
    place: _Place, force: tuple[str, str], ours: pd.DataFrame, theirs: pd.DataFrame, months: Sequence[str], *,
    whole: bool, far: float,
) -> list[tuple[object, ...]]:  # fmt: skip
    """The rows of one place: its ratios, or one that says why there are none."""
    face = (*force, "; ".join(place.partnerships), "; ".join(place.districts))
    complete = [str(quarter) for quarter, own in theirs.groupby("quarter")["plain"] if place.holds(set(own))]
    common = whole_quarters(complete, months)
    match = COMPARED if common else APART
    if not complete:
        match = NOT_PUBLISHED
    if not whole:
        match = IN_PART
    if match != COMPARED:
        return [(*face, match, "all", "", "", 0, float("nan"), _monthly(theirs, complete), float("nan"), False)]
    compared = [month for quarter in common for month in months_of(quarter)]
    return [
        (*face, match, kind, compared[0], compared[-1], len(compared), *numbers)
        for kind, *numbers in compare_types(ours, theirs, months=compared, quarters=common, far=far)
    ]


def _monthly(theirs: pd.DataFrame, quarters: Collection[str]) -> float:
    """What is published a month in some quarters, all types; missing without a quarter or where one is suppressed."""
    known = theirs.loc[theirs["quarter"].isin(list(quarters)), "offences"]
    return float(known.sum(skipna=False)) / (QUARTER * len(quarters)) if quarters else float("nan")


def _strange(
    theirs: pd.DataFrame, members: pd.DataFrame, names: Mapping[str, str], months: Sequence[str]
) -> list[tuple[object, ...]]:
    """A row for each published name that no lookup has, and for what is published as of no partnership."""
    known = {plain(name) for name in (*members["partnership"], *members["district_name"])}
    rows: list[tuple[object, ...]] = []
    for key, own in theirs[~theirs["plain"].isin(known)].groupby(["force", "partnership"], sort=True):
        force, name = (str(part) for part in key)
        quarters = whole_quarters(set(own["quarter"]), months)
        match = UNASSIGNED if re.match(r"unassigned\b", name, re.IGNORECASE) else NOT_IN_LOOKUP
        rows.append((
            force, names[force], name, "", match, "all", "", "", 0, float("nan"), _monthly(own, quarters), float("nan"),
            False,
        ))  # fmt: skip
    return rows
