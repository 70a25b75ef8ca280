"""What each file of a study's folder is, a line each: README.txt at its top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tipping_point.tables import InputError

FILES: Mapping[str, str] = {
    "map.html": "the map, one file that works without a network: chosen areas, wards, search",
    "report.html": "the report, one file that works without a network: summary, a page for each area, method, losses",
    "report.pdf": "the report to print",
    "shortlist.xlsx": "areas and their wards as an accessible spreadsheet",
    "shortlist.ods": "the same in the open document format",
    "wards.gpkg": "outlines and figures of wards and areas for a desktop GIS, styled",
    "README.txt": "this list",
    "tables/wards.csv": "one row for each ward: crimes, rates, harm, deprivation, tests, index, ranks and ranges",
    "tables/wards.parquet": "the same with outlines",
    "tables/areas.csv": "one row for each area, chosen or next: figures, ranges, criteria, levers, who answers for it",
    "tables/counts.parquet": "crimes by ward, month and type; zeros are rows, months without a file are blank",
    "tables/coverage.csv": "which force published which month",
    "tables/reconciliation.csv": "every row that came in, by force and month, and where it went",
    "tables/graph.csv": "which wards count as neighbours",
    "tables/data_dictionary.csv": "every column of every table explained",
    "tables/adjusted.csv": "local changes of the chosen areas, and what each loses",
    "tables/agreement.csv": "how often the code and the point of a crime lead to the same ward",
    "tables/annex.csv": "every local authority without an area, and why",
    "tables/balance.csv": "how like its comparators each area is",
    "tables/calibration.csv": "how the forecasts of persistence held in past years",
    "tables/choices.csv": "how far the ranking moves under other defensible choices",
    "tables/comparators.csv": "wards like each area that were not chosen, fixed now to judge results later",
    "tables/components.csv": "how much of the index each component really makes",
    "tables/concentration.csv": "how few wards hold a quarter and a half of the crime, against chance",
    "tables/context.csv": "figures of larger areas",
    "tables/correlations.csv": "how far the components of the index say the same",
    "tables/denominators.csv": "rates by other denominators than residents",
    "tables/domains.csv": "deprivation of each area by domain",
    "tables/equality.csv": "who lives in the chosen wards",
    "tables/flags.csv": "crimes that a force's own file marks, by ward",
    "tables/kinds.csv": "kinds of place, and what each is extreme in",
    "tables/levers.csv": "what compounds the crime in each area, and who can act on it",
    "tables/partly_known.csv": "wards of which a figure is known for some residents only",
    "tables/recorded_crime.csv": "counts over the Home Office's totals, by force",
    "tables/recorded_crime_partnerships.csv": "the same by community safety partnership",
    "tables/scorecard.csv": "the path of each area to a half in ten years",
    "tables/sensitivity.csv": "which choice moves the ranking most",
    "tables/settings.csv": "what other settings would have chosen",
    "tables/spatial_association.csv": "how crime lies over the study as a whole: global and bivariate Moran's I",
    "tables/trend.csv": "crimes of each area by quarter",
    "tables/trend_years.csv": "crimes of each area by year",
    "tables/unplaced.csv": "how much the rows without a place could matter, by force",
    "tables/backtest.json": "the whole backtest in one file",
    "pictures/map.png": "the map as a still picture",
    "pictures/map.svg": "the same, to be enlarged",
    "pictures/areas.png": "rates of the areas with their ranges, as a still picture",
    "pictures/areas.svg": "the same, to be enlarged",
    "qa/": "logs of assumptions, decisions, data and limits for an assurer to fill in; what people write there is kept",
    "run/provenance.json": "every input and every file with its hash, settings and libraries",
    "run/run.log": "what each step read, lost and chose",
    "run/study.toml": "the study file",
}
"""Path within the study's folder -> what it is; one that ends in / stands for all files in that folder."""


def describe_files(names: Iterable[str], *, title: str, kept: Iterable[str] = ()) -> str:
    """The text of README.txt.

    Args:
        names: paths within the folder.
        title: the first line: which study, which edition.
        kept: those that a person had put there.

    Raises:
        InputError: a file that has no line here.
    """
    own = set(kept)
    lines, unknown = {}, []
    for name in names:
        folder = f"{name.split('/')[0]}/"
        if name in own:
            lines[name] = "kept from the folder as it was: not made by this run"
        elif name in FILES:
            lines[name] = FILES[name]
        elif folder in FILES:
            lines[folder] = FILES[folder]
        else:
            unknown.append(f"{name}: README.txt has no line for it; give it one in tipping_point/text/files.py")
    if unknown:
        raise InputError(unknown)
    order = sorted(lines, key=lambda name: (name.count("/"), list(FILES).index(name) if name in FILES else len(FILES)))
    width = max(map(len, order), default=0)
    return "\n".join([title, "", *(f"{name:{width}}  {lines[name]}" for name in order)]) + "\n"
