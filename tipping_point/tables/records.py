"""The tables beside the wards and areas: counts, coverage, losses, neighbours, sources."""

from __future__ import annotations

from tipping_point.tables.columns import Column

COUNTS: tuple[Column, ...] = (
    Column("ward_code", "Ward", "code"),
    Column("month", "Month, YYYY-MM", "month"),
    Column("crime_type", "Crime type as published", "text"),
    Column("crimes", "Crimes; blank where the ward's own force published nothing for the month", "crimes"),
    Column("rows_placed", "Rows placed in the ward, from any force and whether or not the month is covered", "rows"),
)

COVERAGE: tuple[Column, ...] = (
    Column("force", "police.uk name of the force", "text"),
    Column("force_name", "Name of the force", "text"),
    Column("territorial", "False for forces that hold no ward", "True/False"),
    Column("month", "Month, YYYY-MM", "month"),
    Column("status", "complete, partial or missing; only complete months are covered", "text"),
    Column("reason", "Why it is not complete", "text"),
    Column("archive", "Archive or folder that the month was read from", "text"),
    Column("wards", "Wards of the study that this force polices", "wards"),
    Column("rows", "Rows in the force's file for the month", "rows"),
    Column("share_of_usual", "rows over the median of the force's other months, less the season", "share"),
    Column("rows_without_place", "Rows of it without a small area or ward", "rows"),
    Column("share_without_place", "rows_without_place as a share of rows", "share"),
    Column("rise_if_spread", "How much higher every count is if rows without a place lie as the others do", "share"),
)

RECONCILIATION: tuple[Column, ...] = (
    Column("force", "police.uk name of the force whose file it is", "text"),
    Column("month", "Month, YYYY-MM", "month"),
    Column("rows_in", "Rows read", "rows"),
    Column("placed", "Rows placed in wards of the study", "rows"),
    Column("no_place", "Lost: row without a small area or ward", "rows"),
    Column("unknown_place", "Lost: small area or ward that no lookup of the study knows", "rows"),
    Column("outside_area", "Lost: in a ward outside the study's area", "rows"),
    Column("placed_not_covered", "Of placed: the ward's own force published nothing that month; in no rate", "rows"),
)

CONCENTRATION: tuple[Column, ...] = (
    Column("group", "Police force; blank for the whole study", "text"),
    Column("period", "Twelve months to this one", "month"),
    Column("wards", "Wards counted", "wards"),
    Column("wards_left_out", "Wards not assessed", "wards"),
    Column("crimes", "Crimes of the measure", "crimes"),
    *(
        Column(f"{name}{end}", f"{meaning}{how}", unit)
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
        "predicted", "Mean chance given a year before of being chronic, in a tenth of the ward-years", "probability"
    ),
    Column("observed", "Share of them that became chronic", "share"),
    Column("observed_low", "Lower 95% limit, exact binomial", "share"),
    Column("observed_high", "Upper 95% limit", "share"),
    Column("n", "Ward-years", "ward-years"),
)

RECORDED_CRIME: tuple[Column, ...] = (
    Column("force", "police.uk name of the force", "text"),
    Column("force_name", "Name of the force", "text"),
    Column("crime_type", "police.uk type; 'all' is all but fraud and anti-social behaviour", "text"),
    Column("start", "First month of our counts compared", "month"),
    Column("end", "Last month of our counts compared", "month"),
    Column("months", "Months of our counts compared", "months"),
    Column("same_period", "True where both are of the same whole quarters", "True/False"),
    Column("crimes", "Crimes placed in wards, a month", "crimes a month"),
    Column("published", "Offences published by the Home Office, a month", "offences a month"),
    Column("ratio", "crimes over published; blank under 100 offences, or where one of them is not known", "ratio"),
    Column("far", "True where the ratio is further than .15 from one", "True/False"),
)

RECORDED_CRIME_PARTNERSHIPS: tuple[Column, ...] = (
    Column("force", "police.uk name of the force", "text"),
    Column("force_name", "Name of the force", "text"),
    Column(
        "partnership",
        "Community safety partnership; several where they share a district; blank where the district is of none",
        "text",
    ),
    Column("districts", "Its districts in the lookups; blank where no lookup has the partnership", "text"),
    Column("match", "'compared', or why the two tables cannot be compared", "text"),
    Column("crime_type", "police.uk type; 'all' is all but fraud and anti-social behaviour", "text"),
    Column("start", "First month compared; always whole quarters that both cover", "month"),
    Column("end", "Last month compared", "month"),
    Column("months", "Months compared", "months"),
    Column("crimes", "Crimes placed in wards, a month", "crimes a month"),
    Column("published", "Offences published by the Home Office, a month", "offences a month"),
    Column("ratio", "crimes over published; blank under 100 offences, or where one of them is not known", "ratio"),
    Column("far", "True where the ratio is further than .15 from one", "True/False"),
)

CONTEXT: tuple[Column, ...] = (
    Column(
        "figure", "What it is, in the study's words; a figure of a larger area says nothing of single wards", "text"
    ),
    Column("level", "country, force, partnership or district: whom the figure is of", "text"),
    Column("area", "The area that it is of; never of a ward", "text"),
    Column("area_ids", "Areas of the lists that lie in it, whole or in part, separated by semicolons", "text"),
    Column("period", "Period as published", "text"),
    Column("start", "Its first month", "month"),
    Column("end", "Its last month", "month"),
    Column("value", "The figure as published; blank where it is suppressed or not given", "as unit says"),
    Column("lower", "Lower limit as published, where given", "as unit says"),
    Column("upper", "Upper limit as published", "as unit says"),
    Column("unit", "Unit of value and limits", "text"),
    Column("publisher", "Who publishes it", "text"),
    Column("note", "What to know of it: rounding, definition, who is counted", "text"),
)

GRAPH: tuple[Column, ...] = (
    Column("focal", "Ward", "code"),
    Column("neighbour", "A ward that touches it", "code"),
    Column("weight", "1 = neighbours", ""),
    Column("tied", "True where the ward touches none and was tied to the nearest", "True/False"),
)

SOURCES: tuple[Column, ...] = (
    Column("section", "Section of the study file that names it", "text"),
    Column("kind", "What it was recognised as", "text"),
    Column("path", "File", "path"),
    Column("bytes", "Size", "bytes"),
    Column("sha256", "Hash of the file", "hex"),
    Column("rows", "Rows read", "rows"),
    Column("dataset", "Title of the dataset", "text"),
    Column("publisher", "Publisher", "text"),
    Column("licence", "Licence", "text"),
    Column("attribution", "Text that the licence asks to be shown", "text"),
    Column("note", "What to know of it: vintage, age, proxies", "text"),
)
