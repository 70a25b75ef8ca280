"""The title of the map in words, and the line beneath it: source, period, age, proxy, what was not assessed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tipping_point import tables as schema
from tipping_point.outputs import views, wording
from tipping_point.outputs.listing import CountryList

PROXY = "no flag for knife crime or for violence against women and girls"


def title(wards: pd.DataFrame, lists: Sequence[CountryList], cover: schema.Cover) -> str:
    """'Where serious crime is concentrated and lasting: 8 candidate Mission Areas, West Midlands'.

    'Lasting' only where the study could tell whether crime lasts.
    """
    number = sum(len(country.shortlist) for country in lists)
    measure, area = wording.clean(cover.measure_label, 160), wording.clean(cover.area, 120)
    lasting = " and lasting" if views.tells_lasting(wards) else ""
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
