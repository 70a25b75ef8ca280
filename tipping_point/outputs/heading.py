"""The title of the map in words, and the line beneath it: source, period, age, proxy, what was not assessed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import wording
from tipping_point.outputs.listing import CountryList

PROXY = "no flag for knife crime or for violence against women and girls"


LASTING = "Lasting"
"""The criterion by which an area is said to be lasting, as `listing` names it."""


def title(lists: Sequence[CountryList], cover: schema.Cover) -> str:
    """'Where serious crime is concentrated and lasting: 8 candidate Mission Areas, West Midlands'.

    'Lasting' only where most of the areas pass that criterion: the title says nothing that the table of areas denies.
    """
    chosen = [area for country in lists for area in country.shortlist]
    number = len(chosen)
    measure, area = wording.clean(cover.measure_label, 160), wording.clean(cover.area, 120)
    passing = sum((LASTING, "pass") in area.criteria for area in chosen)
    lasting = " and lasting" if 2 * passing > number else ""
    areas = wording.plural(number, "candidate Mission Area") if number else "no candidate Mission Area"
    return f"Where {measure} is concentrated{lasting}: {areas}, {area}"


def source(sources: pd.DataFrame | None) -> str:
    """Who published the crimes: 'Recorded crime: Metropolitan Police Service'; '' where it is not known."""
    if sources is None or not {"section", "publisher"} <= {*sources}:
        return ""
    named = sources.loc[sources["section"].eq("crime"), "publisher"].dropna()
    publishers = [wording.clean(name, 120) for name in dict.fromkeys(named) if str(name).strip()]
    return f"Recorded crime: {wording.listed(publishers)}" if publishers else ""


def age(cover: schema.Cover) -> str:
    """The last month that the data reach: no clock is asked, so that the file is the same whenever it is made."""
    return f"Latest data: {pd.Period(cover.end, freq='M').strftime('%B %Y')}"
