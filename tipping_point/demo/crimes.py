"""Crimes of the demo city, drawn for every small area, type and month from what its people and places lead to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.demo.land import Land
from tipping_point.demo.names import DISTRICTS
from tipping_point.demo.people import People
from tipping_point.demo.planted import TOWN, Planted
from tipping_point.facts.crime_types import CRIME_TYPES
from tipping_point.tables import months_between

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MONTHS = tuple(months_between("2023-01", "2025-12"))
SERIOUS = ("Violence and sexual offences", "Robbery", "Possession of weapons")
CLUSTER_TIMES = 3.0
"""Serious crime per resident in the chronic clusters, as a multiple of the usual ward's, every month."""

BESIDE_TIMES = 2.4
"""The same for the wards that touch a cluster: hot spots fade outward."""

RISING_TIMES = (1.8, 2.4, 3.0, *[3.2] * 9)
"""The same for the rising ward in its last twelve months: 3 on average."""

NO_PLACE = 0.03
"""Share of rows without a location."""

ACROSS = 0.025
"""Share of the rows of wards beside another district that its force recorded."""

RAILWAY_CRIMES = 45
"""Crimes a month on the railway."""


@dataclass(frozen=True)
class Habit:
    """How often one type of crime is recorded, and what it leans on."""

    rate: float
    """Per 1,000 residents a year in a usual ward."""
    deprivation: float
    """Growth of the log rate for a standard deviation of deprivation."""
    centre: float
    """Multiple of the usual rate per resident in the busy centre."""
    season: float
    """Size of the yearly swing."""
    peak: int
    """Month of the year in which it is highest."""
    trend: float = 0.0
    """Growth of the log rate a year."""


HABITS = {
    "Anti-social behaviour": Habit(15.0, 0.25, 4.5, 0.25, 7, -0.04),
    "Bicycle theft": Habit(0.9, 0.0, 9.0, 0.25, 8, -0.05),
    "Burglary": Habit(4.4, 0.18, 2.0, 0.12, 12, -0.05),
    "Criminal damage and arson": Habit(7.5, 0.26, 2.6, 0.06, 5, -0.02),
    "Drugs": Habit(2.9, 0.30, 4.5, 0.05, 3),
    "Other crime": Habit(1.8, 0.24, 2.5, 0.03, 6),
    "Other theft": Habit(6.0, 0.08, 8.0, 0.07, 7, -0.02),
    "Possession of weapons": Habit(0.9, 0.12, 3.6, 0.06, 6),
    "Public order": Habit(6.4, 0.24, 5.5, 0.14, 7),
    "Robbery": Habit(1.0, 0.12, 5.5, 0.08, 11),
    "Shoplifting": Habit(6.8, 0.10, 14.0, 0.08, 11, 0.05),
    "Theft from the person": Habit(1.2, 0.04, 22.0, 0.12, 12, 0.03),
    "Vehicle crime": Habit(5.4, 0.10, 1.8, 0.08, 11, -0.04),
    "Violence and sexual offences": Habit(28.0, 0.12, 3.2, 0.08, 7),
}
ON_RAILWAY = {
    "Violence and sexual offences": 0.34,
    "Public order": 0.20,
    "Theft from the person": 0.14,
    "Other theft": 0.12,
    "Bicycle theft": 0.08,
    "Criminal damage and arson": 0.06,
    "Robbery": 0.03,
    "Drugs": 0.03,
}
TYPES = CRIME_TYPES["police_uk"]


@dataclass(frozen=True)
class Rows:
    """One entry a crime row; all arrays of one length."""

    month: Ints
    crime_type: Ints
    small_area: Ints
    point: Ints
    """Row of the points table."""
    force: Ints
    """District of the recording force; one past the last district is the railway's."""
    placed: npt.NDArray[np.bool_]
    """False where the row has no location."""

    def take(self, which: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Rows:
        """These rows, in this order."""
        return Rows(**{name: column[which] for name, column in vars(self).items()})

    def join(self, others: Rows) -> Rows:
        """These rows and then the others."""
        return Rows(**{name: np.concatenate([column, getattr(others, name)]) for name, column in vars(self).items()})


def draw_expected(land: Land, people: People, planted: Planted, rng: np.random.Generator) -> Floats:
    """Expected crimes; shape (small areas, types, months)."""
    habits = [HABITS[name] for name in TYPES]
    ward = land.small_areas["ward"].to_numpy()
    lean = np.exp(np.outer(people.deprivation, [habit.deprivation for habit in habits]))
    lean *= np.exp(0.10 * rng.normal(size=(len(land.wards), len(TYPES))))[ward]
    lean *= np.exp(0.10 * rng.normal(size=(len(land.wards), 1)))[ward]
    serious = np.array([name in SERIOUS for name in TYPES])
    clustered, busy = np.isin(ward, planted.clustered), np.isin(ward, planted.busy)
    lean[np.ix_(np.isin(ward, planted.beside), serious)] = BESIDE_TIMES
    lean[np.ix_(clustered, serious)] = CLUSTER_TIMES * np.exp(0.04 * rng.normal(size=(clustered.sum(), serious.sum())))
    lean[busy] = np.array([habit.centre for habit in habits]) * np.exp(0.1 * rng.normal(size=(busy.sum(), 1)))
    lean[np.ix_(ward == planted.rising, serious)] = 1.0
    local = people.residents / 1000 * np.exp(0.22 * rng.normal(size=len(ward)))
    # The small areas of a ward share it out unevenly, but the ward as a whole keeps its rate.
    local *= (np.bincount(ward, people.residents / 1000) / np.bincount(ward, local))[ward]
    expected = local[:, None, None] * lean[:, :, None] * _calendar(habits)
    rise = np.ix_(ward == planted.rising, serious, np.arange(len(MONTHS) - 12, len(MONTHS)))
    expected[rise] *= np.array(RISING_TIMES)
    return np.asarray(expected, dtype=np.float64)


def _calendar(habits: list[Habit]) -> Floats:
    """Rate per 1,000 residents in each month: the year's, shared by days, with season and trend; (types, months)."""
    period = pd.PeriodIndex(MONTHS, freq="M")
    days = period.days_in_month.to_numpy() / 365.25
    month = period.month.to_numpy()
    year = np.arange(len(MONTHS)) / 12
    return np.array(
        [
            habit.rate
            * days
            * (1 + habit.season * np.cos(2 * np.pi * (month - habit.peak) / 12))
            * np.exp(habit.trend * (year - 1.5))
            for habit in habits
        ]
    )


def draw_rows(land: Land, points: pd.DataFrame, expected: Floats, rng: np.random.Generator) -> Rows:
    """Draw every crime of the four forces: a little more uneven than Poisson, by ward and month."""
    ward = land.small_areas["ward"].to_numpy()
    uneven = rng.gamma(60, 1 / 60, size=(len(land.wards), len(TYPES), len(MONTHS)))[ward]
    number = rng.poisson(expected * uneven)
    area, kind, month = (index.astype(np.int64) for index in np.nonzero(number))
    repeats = number[area, kind, month]
    area, kind, month = (np.repeat(index, repeats) for index in (area, kind, month))

    # Points are sorted by small area: a draw on the running total of their weights, inside the area's stretch.
    total = np.concatenate([[0.0], np.cumsum(points["weight"].to_numpy())])
    edge = np.searchsorted(points["small_area"].to_numpy(), np.arange(len(land.small_areas) + 1))
    low, high = total[edge[area]], total[edge[area + 1]]
    point = np.searchsorted(total, low + rng.random(len(area)) * (high - low), side="right") - 1

    force = land.small_areas["district"].to_numpy()[area]
    other = _district_beside(land)[ward[area]]
    force = np.where((other >= 0) & (rng.random(len(area)) < ACROSS), other, force)
    return Rows(month, kind, area, point, force, rng.random(len(area)) >= NO_PLACE)


def _district_beside(land: Land) -> Ints:
    """For every ward a district it touches that is not its own, -1 for none."""
    district = land.wards["district"].to_numpy()
    beside = np.full(len(district), -1, dtype=np.int64)
    for one, other in land.touching[district[land.touching[:, 0]] != district[land.touching[:, 1]]]:
        beside[one], beside[other] = district[other], district[one]
    return beside


def draw_railway(land: Land, planted: Planted, first_point: int, rng: np.random.Generator) -> Rows:
    """Crimes at the stations of find_stations, whose points are numbered from `first_point`: most in the centre."""
    stations = find_stations(land, planted)
    number = rng.poisson(RAILWAY_CRIMES, len(MONTHS))
    month = np.repeat(np.arange(len(MONTHS)), number)
    share = np.array([0.7, *[0.3 / (len(stations) - 1)] * (len(stations) - 1)])
    stop = rng.choice(len(stations), len(month), p=share)
    kind = rng.choice([TYPES.index(name) for name in ON_RAILWAY], len(month), p=list(ON_RAILWAY.values()))
    railway = np.full(len(month), land.wards["district"].max() + 1)
    area = np.array(list(stations.values()))[stop]
    return Rows(month, kind, area, first_point + stop, railway, rng.random(len(month)) >= NO_PLACE)


def find_stations(land: Land, planted: Planted) -> dict[str, int]:
    """Name and small area of each station: first the busy centre's, then one in the middle of every other district."""
    areas = land.small_areas
    found = {f"{DISTRICTS[TOWN]} Central": int(areas.index[areas["ward"] == planted.busy[0]][0])}
    for code, name in enumerate(DISTRICTS):
        if code != TOWN:
            here = areas[areas["district"] == code]
            away = (here["x"] - here["x"].median()) ** 2 + (here["y"] - here["y"].median()) ** 2
            found[f"{name} Road"] = int(here.index.to_numpy()[away.argmin()])
    return found
