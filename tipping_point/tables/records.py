"""The tables beside the wards and areas: counts, coverage, losses, neighbours, sources."""

from __future__ import annotations

from tipping_point.tables.columns import Column

FORCE = Column("force", "police.uk name of the force", "text", discloses="nothing")
FORCE_NAME = Column("force_name", "Name of the force", "text", discloses="nothing")

COUNTS: tuple[Column, ...] = (
    Column("ward_code", "Ward", "code", discloses="nothing"),
    Column("month", "Month, YYYY-MM", "month", discloses="nothing"),
    Column("crime_type", "Crime type as published", "text", discloses="nothing"),
    Column(
        "crimes",
        "Crimes; blank where the ward's own force published nothing for the month",
        "crimes",
        discloses="cells",
    ),
    Column(
        "rows_placed",
        "Rows placed in the ward, from any force and whether or not the month is covered",
        "rows",
        discloses="cells",
    ),
)

COVERAGE: tuple[Column, ...] = (
    FORCE,
    FORCE_NAME,
    Column("territorial", "False for forces that hold no ward", "True/False", discloses="nothing"),
    Column("month", "Month, YYYY-MM", "month", discloses="nothing"),
    Column("status", "complete, partial or missing; only complete months are covered", "text", discloses="nothing"),
    Column("reason", "Why it is not complete", "text", discloses="nothing"),
    Column("archive", "Archive or folder that the month was read from", "text", discloses="nothing"),
    Column("wards", "Wards of the study that this force polices", "wards", discloses="nothing"),
    Column("rows", "Rows in the force's file for the month", "rows", discloses="ledger"),
    Column(
        "share_of_usual",
        "rows over the median of the force's other months, less the season",
        "share",
        discloses="ledger",
    ),
    Column("rows_without_place", "Rows of it without a small area or ward", "rows", discloses="ledger"),
    Column("share_without_place", "rows_without_place as a share of rows", "share", discloses="ledger"),
    Column(
        "rise_if_spread",
        "How much higher every count is if rows without a place lie as the others do",
        "share",
        discloses="ledger",
    ),
)

RECONCILIATION: tuple[Column, ...] = (
    Column("force", "police.uk name of the force whose file it is", "text", discloses="nothing"),
    Column("month", "Month, YYYY-MM", "month", discloses="nothing"),
    Column("rows_in", "Rows read", "rows", discloses="ledger"),
    Column("placed", "Rows placed in wards of the study", "rows", discloses="ledger"),
    Column("no_place", "Lost: row without a small area or ward", "rows", discloses="ledger"),
    Column("unknown_place", "Lost: small area or ward that no lookup of the study knows", "rows", discloses="ledger"),
    Column("outside_area", "Lost: in a ward outside the study's area", "rows", discloses="ledger"),
    Column(
        "placed_not_covered",
        "Of placed: the ward's own force published nothing that month; in no rate",
        "rows",
        discloses="ledger",
    ),
)

CONCENTRATION: tuple[Column, ...] = (
    Column("group", "Police force; blank for the whole study", "text", discloses="nothing"),
    Column("period", "Twelve months to this one", "month", discloses="nothing"),
    Column("wards", "Wards counted", "wards", discloses="nothing"),
    Column("wards_left_out", "Wards not assessed", "wards", discloses="nothing"),
    Column("crimes", "Crimes of the measure", "crimes", discloses="whole"),
    *(
        Column(f"{name}{end}", f"{meaning}{how}", unit, discloses="rounded" if "gini" in name else "nothing")
        for name, meaning, unit in (
            ("gini", "Gini coefficient", "0-1"),
            ("generalised_gini", "Generalised Gini (Bernasco and Steenbeek 2017)", "0-1"),
            ("share_25", "Least share of wards that holds 25% of the crimes", "share"),
            ("share_50", "Least share of wards that holds 50% of the crimes", "share"),
        )
        for end, how in (
            ("", ""),
            ("_expected", ": mean of the same crimes scattered by residents"),
            ("_low", ": 2.5% point of those"),
            ("_high", ": 97.5% point of those"),
            ("_p", ": share of scatterings at least as concentrated"),
        )
    ),
)

CALIBRATION: tuple[Column, ...] = (
    Column(
        "predicted",
        "Mean chance given a year before of being chronic, in a tenth of the ward-years",
        "probability",
        discloses="nothing",
    ),
    Column("observed", "Share of them that became chronic", "share", discloses="nothing"),
    Column("observed_low", "Lower 95% limit, exact binomial", "share", discloses="nothing"),
    Column("observed_high", "Upper 95% limit", "share", discloses="nothing"),
    Column("n", "Ward-years", "ward-years", discloses="nothing"),
)

_POLICE_TYPE = Column(
    "crime_type", "police.uk type; 'all' is all but fraud and anti-social behaviour", "text", discloses="nothing"
)
_COMPARED = (
    Column("crimes", "Crimes placed in wards, a month", "crimes a month", discloses="ratio"),
    Column("published", "Offences published by the Home Office, a month", "offences a month", discloses="nothing"),
    Column(
        "ratio",
        "crimes over published; blank under 100 offences, or where one of them is not known",
        "ratio",
        discloses="ratio",
    ),
    Column("far", "True where the ratio is further than .15 from one", "True/False", discloses="ratio"),
)
RECORDED_CRIME: tuple[Column, ...] = (
    FORCE,
    FORCE_NAME,
    _POLICE_TYPE,
    Column("start", "First month of our counts compared", "month", discloses="nothing"),
    Column("end", "Last month of our counts compared", "month", discloses="nothing"),
    Column("months", "Months of our counts compared", "months", discloses="nothing"),
    Column("same_period", "True where both are of the same whole quarters", "True/False", discloses="nothing"),
    *_COMPARED,
)

RECORDED_CRIME_PARTNERSHIPS: tuple[Column, ...] = (
    FORCE,
    FORCE_NAME,
    Column(
        "partnership",
        "Community safety partnership; several where they share a district; blank where the district is of none",
        "text",
        discloses="nothing",
    ),
    Column(
        "districts",
        "Its districts in the lookups; blank where no lookup has the partnership",
        "text",
        discloses="nothing",
    ),
    Column("match", "'compared', or why the two tables cannot be compared", "text", discloses="nothing"),
    _POLICE_TYPE,
    Column("start", "First month compared; always whole quarters that both cover", "month", discloses="nothing"),
    Column("end", "Last month compared", "month", discloses="nothing"),
    Column("months", "Months compared", "months", discloses="nothing"),
    *_COMPARED,
)

CONTEXT: tuple[Column, ...] = (
    Column(
        "figure",
        "What it is, in the study's words; a figure of a larger area says nothing of single wards",
        "text",
        discloses="nothing",
    ),
    Column("level", "country, force, partnership or district: whom the figure is of", "text", discloses="nothing"),
    Column("area", "The area that it is of; never of a ward", "text", discloses="nothing"),
    Column(
        "area_ids",
        "Areas of the lists that lie in it, whole or in part, separated by semicolons",
        "text",
        discloses="nothing",
    ),
    Column("period", "Period as published", "text", discloses="nothing"),
    Column("start", "Its first month", "month", discloses="nothing"),
    Column("end", "Its last month", "month", discloses="nothing"),
    Column(
        "value",
        "The figure as published; blank where it is suppressed or not given",
        "as unit says",
        discloses="nothing",
    ),
    Column("lower", "Lower limit as published, where given", "as unit says", discloses="nothing"),
    Column("upper", "Upper limit as published", "as unit says", discloses="nothing"),
    Column("unit", "Unit of value and limits", "text", discloses="nothing"),
    Column("publisher", "Who publishes it", "text", discloses="nothing"),
    Column("note", "What to know of it: rounding, definition, who is counted", "text", discloses="nothing"),
)

GRAPH: tuple[Column, ...] = (
    Column("focal", "Ward", "code", discloses="nothing"),
    Column("neighbour", "A ward that touches it", "code", discloses="nothing"),
    Column("weight", "1 = neighbours", "", discloses="nothing"),
    Column("tied", "True where the ward touches none and was tied to the nearest", "True/False", discloses="nothing"),
)

SOURCES: tuple[Column, ...] = (
    Column("section", "Section of the study file that names it", "text", discloses="nothing"),
    Column("kind", "What it was recognised as", "text", discloses="nothing"),
    Column("path", "File", "path", discloses="nothing"),
    Column("bytes", "Size", "bytes", discloses="nothing"),
    Column("sha256", "Hash of the file", "hex", discloses="nothing"),
    Column("rows", "Rows read", "rows", discloses="nothing"),
    Column("dataset", "Title of the dataset", "text", discloses="nothing"),
    Column("publisher", "Publisher", "text", discloses="nothing"),
    Column("licence", "Licence", "text", discloses="nothing"),
    Column("attribution", "Text that the licence asks to be shown", "text", discloses="nothing"),
    Column("note", "What to know of it: vintage, age, proxies", "text", discloses="nothing"),
)
