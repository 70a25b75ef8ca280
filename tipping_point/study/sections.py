"""The study file as typed models: one class per section, its fields the keyword arguments of that section's verb.

Defaults are the verb's own, taken from it. What is given is checked by pydantic and said in our words by `reader`.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, Strict, ValidationInfo, model_validator

from tipping_point.areas.comparators import find_comparators
from tipping_point.areas.criteria import Criteria as CriteriaRules
from tipping_point.areas.given import Adjustment
from tipping_point.areas.group import Limits, group_touching, rank_areas
from tipping_point.facts.offences import LEVELS
from tipping_point.hotspots.find import ENGINES, METHODS, find_hotspots
from tipping_point.hotspots.testing import CORRECTIONS
from tipping_point.measures.chronicity import CHOICES, Rules
from tipping_point.measures.index import Component, add_index
from tipping_point.measures.named import MEASURES
from tipping_point.measures.rates import add_rates
from tipping_point.measures.scaling import COMBINATIONS, DIRECTIONS, SCALES
from tipping_point.measures.simulate import simulate_index
from tipping_point.measures.uncertainty import add_firmness
from tipping_point.measures.value import add_value, simulate_value
from tipping_point.measures.visitors import TIMES_RESIDENT, add_visitors
from tipping_point.sources.incident_options import FORMATS, OPTIONS, check_options
from tipping_point.study import values as are
from tipping_point.study.values import Allowed, OneOf
from tipping_point.tables import CONTEXT_LEVELS, COUNTRIES, DOMAINS, InputError
from tipping_point.wards.coverage import add_coverage


def _default(verb: Callable[..., Any], key: str) -> Any:  # noqa: ANN401 - whatever the verb's default is
    return inspect.signature(verb).parameters[key].default


_Direction = Annotated[str, OneOf(tuple(DIRECTIONS))]


class Section(BaseModel):
    """A section of the study file, or an entry of a list within one."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=False)

    def as_given(self) -> dict[str, Any]:
        """The keys that the study file says, with their values."""
        return {key: getattr(self, key) for key in type(self).model_fields if key in self.model_fields_set}


class StudySection(Section):
    """What the study is of."""

    name: are.Text
    """Title of every output."""
    ward_year: are.WardYear
    """Year of the wards; boundaries and lookups are of this year."""
    seed: are.Count = 0
    """Of every random number: the same seed and the same files give the same results."""
    area: are.Texts = ()
    """Local authorities, police forces or mayoral authorities, by name or code; left out: every ward."""
    place: are.Text = ""
    """What titles call the area, where its names are long."""
    synthetic: are.Flag = False
    """True where nothing is real: every output then says so."""


class Period(Section):
    """The months that are counted."""

    start: are.Month
    """First month, YYYY-MM."""
    end: are.Month
    """Last month, YYYY-MM, included."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start > self.end:
            raise InputError(f"[period] end: '{self.end}' lies before start '{self.start}'")
        return self


class Crime(Section):
    """Which crimes are counted, and how they find their ward."""

    measure: Annotated[str, OneOf(tuple(MEASURES))] = "serious"
    """A named measure: which crime types are added up."""
    types: are.Weights | None = None
    """Crime types of your own choice with a weight each, instead of a named measure."""
    assign: Annotated[str, OneOf(("lsoa", "point", "both"))] = "lsoa"
    """By the LSOA that a row names, by its map point, or by both with the share that agrees."""
    detail: Annotated[str, OneOf(("month", "period"))] | None = None
    """Whether counts of incident files are shown by month or over the whole period."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if {"types", "measure"} <= self.model_fields_set:
            raise InputError("[crime]: measure and types are both given; keep one")
        return self


class Coverage(Section):
    """When a ward can be assessed."""

    minimum: are.Share = _default(add_coverage, "minimum")
    """Share of its months of which the ward's force must have published a file."""
    allow_damaged: are.Flag = False
    """Go on where a file of the archive cannot be read; every output then names it."""


class Rates(Section):
    """What crimes are divided by."""

    denominator: are.Text = _default(add_rates, "denominator")
    """'resident', or a column of the ward table that holds people."""
    daytime: are.Text | None = None
    """Indicator of people or jobs in the day, by which busy centres are told."""
    daytime_kind: Annotated[str, OneOf(tuple(TIMES_RESIDENT))] = _default(add_visitors, "daytime_kind")
    """What `daytime` counts."""
    denominators: are.Texts = ()
    """Further denominators, whose rates are written beside."""


class Hotspots(Section):
    """The tests for hot spots: keyword arguments of `find_hotspots`."""

    column: are.Text = _default(find_hotspots, "column")
    """Column that is tested."""
    methods: Annotated[
        tuple[Annotated[str, OneOf(tuple(METHODS))], ...],
        BeforeValidator(are.to_tuple),
        Field(min_length=1),
        Allowed(f"a list of {', '.join(METHODS)}"),
    ] = _default(find_hotspots, "methods")
    """Methods that vote."""
    permutations: are.Permutations = _default(find_hotspots, "permutations")
    """Permutations of each test."""
    max_permutations: are.Permutations = _default(find_hotspots, "max_permutations")
    """Most permutations, where fewer cannot tell."""
    alpha: are.Level = _default(find_hotspots, "alpha")
    """Level of significance, after adjustment for the number of wards."""
    correction: Annotated[str, OneOf(tuple(CORRECTIONS))] = _default(find_hotspots, "correction")
    """Adjustment for many tests: Benjamini-Hochberg, or Benjamini-Yekutieli."""
    max_population_share: are.Share = _default(find_hotspots, "max_population_share")
    """Largest share of the population in a scan cluster."""
    engine: Annotated[str, OneOf(tuple(ENGINES))] = _default(find_hotspots, "engine")
    """What permutes: 'own', or 'esda', the reference implementation, which is slower by two orders of magnitude."""


class IndexComponent(Section):
    """One weighted column of the index."""

    column: are.Text
    """Column of the ward table: harm_rate, a domain of deprivation, an indicator."""
    weight: are.Weight
    """Any number above 0; weights are shares of their sum."""
    worse: _Direction | None = None
    """Which end is need; left out: as the indicator says, else higher."""
    country: Annotated[str, OneOf(tuple(COUNTRIES.values()))] = ""
    """Only for the index of this country."""
    domain: Annotated[str, OneOf((*DOMAINS, "none"))] = ""
    """Domain of deprivation that the column is an indicator of."""


class Index(Section):
    """The composite index: keyword arguments of `add_index`."""

    scale: Annotated[str, OneOf(tuple(SCALES))] = _default(add_index, "scale")
    """Scale on which components are added up."""
    combine: Annotated[str, OneOf(tuple(COMBINATIONS))] = _default(add_index, "combine")
    """How they are added up."""
    preset: Annotated[str, OneOf(("vli", "vli_without_age"))] = ""
    """The Vulnerable Localities Index in place of components."""
    component: tuple[IndexComponent, ...] = ()
    """[[index.component]]: left out, half harm and half the six domains of deprivation other than crime."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.preset and self.component:
            raise InputError("[index]: preset and [[index.component]] are both given; keep one")
        return self


class Firmness(Section):
    """How uncertain the ranks are."""

    simulations: Annotated[int, Strict(), Field(ge=20), Allowed("a whole number, 20 or more")] = _default(
        simulate_index, "simulations"
    )
    """Simulations of the long-run rates."""
    selections: are.Positive = _default(simulate_value, "simulations")
    """Simulations in which the choice of areas is made again."""
    variance: are.NotNegative | None = None
    """Variance between years; left out: estimated from five full years, else stated."""
    top: are.Share = _default(add_firmness, "top")
    """What counts as the top of the country."""


class Chronicity(Section):
    """When a ward is persistent: thresholds of `find_states`."""

    months: are.Positive = Rules.months
    """Length of a window."""
    minimum_windows: are.Positive = Rules.minimum_windows
    """Windows that a state needs."""
    trend_months: are.Positive | None = Rules.trend_months
    """Months, back from the last, that the trend looks at."""
    top: are.Share = Rules.top
    """The top of a window."""
    chronic: are.Share = Rules.chronic
    """Share of windows in the top that makes a ward persistent."""
    tipping: are.Share = Rules.tipping
    """Share of windows in the top that makes a ward near the top tipping."""
    near_top: are.Share = Rules.near_top
    """What is near the top."""
    minimum_covered: are.Share = Rules.minimum_covered
    """Share of the months of a window that must be covered."""
    minimum_wards: are.Share = Rules.minimum_wards
    """Share of the wards that must be covered in a window."""
    by: Annotated[str, OneOf(tuple(CHOICES["by"]))] = Rules.by
    """What the top is the top of."""
    trend: Annotated[str, OneOf(tuple(CHOICES["trend"]))] = Rules.trend
    """Whether the trend is relative to the rest or absolute."""

    @property
    def rules(self) -> Rules:
        """The thresholds as the verb takes them."""
        return Rules(**self.model_dump())


class AreasGiven(Section):
    """An area that the study names."""

    name: are.Text
    """Its name."""
    wards: are.Texts
    """Codes of its wards."""


class AreasAdjust(Section):
    """A change that people make to a chosen area."""

    area: are.Text
    """Its area_id, or the code of any of its wards."""
    reason: are.Text
    """Why."""
    who: are.Text
    """Who decided."""
    date: are.Text
    """When, as 2026-01-31."""
    add: are.Texts = ()
    """Ward codes to take in."""
    drop: are.Texts = ()
    """Ward codes to leave out."""


class Areas(Section):
    """How wards become areas: keyword arguments of `select_areas`."""

    method: Annotated[str, OneOf(("touching", "select", "given"))] = "select"
    """'select': the exact best choice; 'given': a list of your own; 'touching': hot wards that touch."""
    years: are.Positive = _default(add_value, "years")
    """Years over which the priority score is averaged."""
    visitors: are.Flag = _default(add_value, "visitors")
    """Whether busy centres add to the priority score."""
    kind: are.Text | None = None
    """Column of kinds of place, within which harm is usual: 'kind_of_place', or an indicator; left out: one kind."""
    areas: are.Positive = _default(rank_areas, "number")
    """How many, at most, in each country."""
    votes: are.Positive = _default(group_touching, "votes")
    """Methods that must call a ward hot, for method 'touching'."""
    population: are.Range = Limits.population
    """Residents of an area: least and most."""
    max_wards: are.Positive = Limits.max_wards
    """Wards of an area, at most."""
    within: Annotated[str, OneOf(("district_code", "force_name", "country"))] = Limits.within
    """What no area crosses."""
    per_authority: are.Count = _default(rank_areas, "per_authority")
    """Areas in one local authority, at most; 0 = no cap."""
    include: are.Texts = ()
    """Wards that must be in an area."""
    exclude: are.Texts = ()
    """Wards that must not."""
    given: tuple[AreasGiven, ...] = ()
    """[[areas.given]]: areas of your own, for method 'given'."""
    adjust: tuple[AreasAdjust, ...] = ()
    """[[areas.adjust]]: changes to the chosen areas, scored beside them."""

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        names = [area.name for area in self.given]
        faults = []
        if self.method == "given" and not names:
            faults.append('[areas]: method = "given" needs at least one [[areas.given]] with name and wards')
        if self.method != "given" and names:
            faults.append(f'[[areas.given]]: is for method = "given"; the method is "{self.method}"')
        faults += [f"[[areas.given]]: '{name}' stands twice" for name in sorted({*names}) if names.count(name) > 1]
        if faults:
            raise InputError(faults)
        return self

    @property
    def limits(self) -> Limits:
        """What an area may be."""
        return Limits(self.population, self.max_wards, self.within)

    @property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """Name of an area that the study gives -> codes of its wards."""
        return {area.name: area.wards for area in self.given}

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """The changes as the verb takes them."""
        return tuple(Adjustment(**each.model_dump()) for each in self.adjust)


class Criteria(Section):
    """When an area passes: thresholds of `add_criteria`."""

    votes: are.Positive = CriteriaRules.votes
    """Concentrated: methods that must call one of its wards hot."""
    needs: are.Positive = CriteriaRules.needs
    """Compounded: different needs, at least."""
    chronic: are.Share = CriteriaRules.chronic
    """Persistent: share of residents in wards that are."""
    most_deprived: are.Share = CriteriaRules.most_deprived
    """Compounded: the most deprived share of the nation's wards ..."""
    deprived: are.Share = CriteriaRules.deprived
    """... holds this share of residents."""
    tipping: are.Share = CriteriaRules.tipping
    """Tipping: share of residents in wards one step from persistent."""
    alpha: are.Share = CriteriaRules.alpha
    """Tipping: level of the test for rising."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        CriteriaRules(**self.model_dump())
        return self

    @property
    def rules(self) -> CriteriaRules:
        """The thresholds as the verb takes them."""
        return CriteriaRules(**self.model_dump())


class Assurance(Section):
    """Who made and approved the study, for the face of every output; it can move no list."""

    commissioner: are.Text | None = None
    """Who asked for the study."""
    analyst: are.Text | None = None
    """Who made it."""
    assurer: are.Text | None = None
    """Who checked it."""
    approver: are.Text | None = None
    """Who approved it."""
    approved_on: are.Text | None = None
    """When, YYYY-MM-DD; without it every output says DRAFT."""
    review_by: are.Text | None = None
    """When it is to be looked at again, YYYY-MM-DD."""
    contact: are.Text | None = None
    """Whom to ask."""
    version: are.Text | None = None
    """Of the study."""

    @model_validator(mode="after")
    def _dated(self) -> Self:
        faults, days = [], {}
        for key in ("approved_on", "review_by"):
            text = getattr(self, key)
            if text is None:
                continue
            try:
                days[key] = date.fromisoformat(text)
            except ValueError:
                faults.append(f"[assurance] {key}: {text!r} was given; it must be a date as text, YYYY-MM-DD")
        if self.approved_on and not self.approver:
            faults.append("[assurance] approved_on: is given without an approver; name who approved it")
        if len(days) == 2 and days["review_by"] < days["approved_on"]:
            faults.append("[assurance] review_by: lies before approved_on")
        if faults:
            raise InputError(faults)
        return self

    @property
    def said(self) -> Mapping[str, str]:
        """What is said, by key."""
        return {key: str(value) for key, value in self.as_given().items()}


class Goal(Section):
    """What the areas are to reach."""

    baseline_year: are.Year | None = None
    """Year from which a half is counted; left out: that of the period's end."""
    comparators: are.Positive = _default(find_comparators, "number")
    """Comparators of each area."""


# ---------------------------------------------------------------------------------------------------- sources


def _to_path(given: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - a TOML value is anything
    """A path as the study file gives it: variables expanded, relative to the study file, there if it must be."""
    if isinstance(given, Path):
        return given
    if not isinstance(given, str) or not given.strip() or "\0" in given:
        raise ValueError("no path")
    context: Mapping[str, Any] = info.context or {}
    expanded = os.path.expandvars(given)
    if unset := re.findall(r"\$\{?(\w+)\}?", expanded):
        raise InputError(f"'{given}' uses the environment variable {unset[0]}, which is not set")
    path = Path(expanded).expanduser()
    path = path if path.is_absolute() else context.get("folder", Path()) / path
    if context.get("must_exist", False):
        try:
            there = path.exists()
        except OSError:
            there = False
        if not there:
            raise InputError(f"'{given}' does not exist (looked for {path})")
    return path


SourcePath = Annotated[Path, BeforeValidator(_to_path), Allowed("a text"),
                       Field(json_schema_extra={"type": "string", "format": ""})]  # fmt: skip


class Source(Section):
    """One file that the study names."""

    section: ClassVar[str]
    path: SourcePath
    """Relative to the study file; environment variables expand."""

    if TYPE_CHECKING:

        @property
        def kind(self) -> str:
            """Its kind; '' where its section has one kind alone."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What the study says of it beside kind and path."""
        return {key: value for key, value in self.as_given().items() if key not in ("kind", "path")}


class _OneKind:
    """For a section of which all files are of one kind."""

    kind: ClassVar[str] = ""


class _Fetched(Source):
    dataset: are.Text | None = None
    """Key of the dataset that `tipping-point fetch` brings to the path."""
    year: are.WardYear | None = None
    """Its year."""


class _Shown(Source):
    licence: are.Text | None = None
    """Licence of the file: a public edition needs one."""
    threshold: are.Positive | None = None
    """Least number shown."""


class Boundaries(_OneKind, _Fetched):
    """Outlines of the wards."""

    section = "boundaries"


class Lookup(_OneKind, _Fetched):
    """A lookup between areas, known by its header."""

    section = "lookup"


class Population(_Fetched):
    """Residents by LSOA or ward."""

    section = "population"
    kind: Annotated[str, OneOf(("lsoa_mid_year", "census_ts001", "any"))]
    """Layout of the file."""
    column: are.Text | None = None
    """Column of residents, for kind 'any'."""
    code_column: are.Text | None = None
    """Column of codes, for kind 'any'."""
    sheet: are.Text | None = None
    """Sheet of a workbook."""


class Deprivation(_Fetched):
    """An index of deprivation; one per country."""

    section = "deprivation"
    kind: Annotated[str, OneOf(("iod2019", "iod2025", "wimd2019", "wimd2025"))]
    """Which index."""


class Indicator(_Fetched, _Shown):
    """Any other figure by LSOA, ward, local authority or school; shown beside, scored only by an index component."""

    section = "indicator"
    name: are.Text
    """Column of the ward table that it becomes."""
    column: are.Text
    """Column of the file."""
    worse: _Direction
    """Which end is need."""
    combine: Annotated[str, OneOf(("mean", "sum"))]
    """Population-weighted mean, or sum, over the LSOAs of a ward."""
    kind: Annotated[str, OneOf(("open", "health", "school"))] = "open"
    """Of 'health' and 'school' small numbers are hidden without being asked."""
    vintage: are.Text | None = None
    """Vintage of the codes, for example lsoa11."""
    code_column: are.Text | None = None
    """Column of codes."""
    level: Annotated[str, OneOf(("ward", "district", "school"))] | None = None
    """Whom the figure is of."""
    period: are.Text | None = None
    """Which period of a file with several."""
    where: are.Cells | None = None
    """Which rows: column = cell."""
    pupils: are.Text | None = None
    """Column of pupils, by which schools are weighted."""


class _Incidents(_Shown):
    columns: are.Roles
    """Role -> column of the file: date, offence, a place."""
    force: are.Text | None = None
    """Whose file it is, where no column tells."""
    sheet: are.Text | None = None
    """Sheet of a workbook."""
    date_format: Annotated[str, OneOf(tuple(FORMATS))] | None = None
    """How dates are written."""


class Signal(_OneKind, _Incidents):
    """Community signals: reports of concern, survey answers, calls."""

    section = "signal"
    name: are.Text
    """Column of the ward table that it becomes."""
    worse: _Direction
    """Which end is need."""
    combine: Annotated[str, OneOf(("mean", "sum"))]
    """Mean of answers, or sum of rows."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        said = {"force": self.name, **self.options} if "force" not in self.columns else self.options
        _check_incidents(said)
        return self


class PoliceUk(_Fetched):
    """police.uk street files: an archive zip, or a folder of them."""

    section = "crime"
    kind: Literal["police_uk"] = "police_uk"
    """Street-level crime of data.police.uk."""


class MetropolitanWards(_Fetched):
    """Metropolitan Police ward tables."""

    section = "crime"
    kind: Literal["metropolitan_wards"] = "metropolitan_wards"
    """Ward tables of the Metropolitan Police."""


class _FlagOf(Section):
    column: Annotated[str, Strict()]
    values: Annotated[are.Texts, Field(min_length=1)]


class Incidents(_Fetched, _Incidents):
    """A force's own export: any file of incidents through a map of its columns."""

    section = "crime"
    kind: Literal["incidents"] = "incidents"
    """A file of incidents."""
    flags: Annotated[
        dict[Annotated[str, Strict()], Annotated[str, Strict()] | _FlagOf] | None,
        Allowed("a table of flag = column, or flag = { column = …, values = [texts that mean yes] }"),
    ] = None
    """What rows are marked as: knife, domestic_abuse, hate, injury, sexual."""
    groups: Annotated[str, OneOf(tuple(LEVELS))] | None = None
    """Whether offences are gathered into categories or sub-groups."""
    offences: are.Groups | None = None
    """Offence -> group, for names that are not known."""
    allow_unmapped: are.Flag = False
    """Go on where offences are of no known group."""
    name: are.Text | None = None
    """For a file of one kind of incident: its name."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _check_incidents(self.options)
        return self

    @property
    def options(self) -> Mapping[str, Any]:
        """What the study says of it, flags as the reader of incidents takes them."""
        said = dict(super().options)
        if self.flags is not None:
            said["flags"] = {
                flag: one if isinstance(one, str) else (one.column, one.values) for flag, one in self.flags.items()
            }
        return said


def _check_incidents(options: Mapping[str, Any]) -> None:
    """What is wrong with the options of a file of incidents or of a signal, before it is opened."""
    check_options(**{**OPTIONS, **{key: options[key] for key in OPTIONS if key in options}})


class Census(_OneKind, _Fetched):
    """A Census table of one characteristic, for the equality evidence."""

    section = "census"


class Schools(_OneKind, _Fetched):
    """The register of schools."""

    section = "schools"


class RecordedCrime(_OneKind, _Fetched):
    """Recorded crime of the Home Office, which counts are held to."""

    section = "recorded_crime"


class Context(_OneKind, Source):
    """Figures of larger areas, shown beside the trends."""

    section = "context"
    name: are.Text
    """What the figure is called."""
    level: Annotated[str, OneOf(tuple(CONTEXT_LEVELS), " (a figure of wards or LSOAs is an indicator)")]
    """Whom the figure is of."""
    unit: are.Text
    """Its unit."""
    publisher: are.Text
    """Who published it."""
    licence: are.Text | None = None
    """Its licence."""
    attribution: are.Text | None = None
    """What must be said of its source."""
    note: are.Text | None = None
    """What a reader should know."""
    area: are.Text | None = None
    """Column of areas."""
    period: are.Text | None = None
    """Column of periods."""
    value: are.Text | None = None
    """Column of values."""
    lower: are.Text | None = None
    """Column of lower limits."""
    upper: are.Text | None = None
    """Column of upper limits."""
    sheet: are.Text | None = None
    """Sheet of a workbook."""


class Overlap(_OneKind, Source):
    """Wards of another year, carried over by residents and geometry."""

    section = "overlap"
    ward_year: are.WardYear
    """Year of the wards."""
    small_areas: SourcePath
    """Outlines of the LSOAs that both cut."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What the study says of it."""
        return {**super().options, "small_areas": str(self.small_areas)}


CRIME: Mapping[str, type[Source]] = {
    "police_uk": PoliceUk, "metropolitan_wards": MetropolitanWards, "incidents": Incidents,
}  # fmt: skip
"""Kind of a crime source -> what it may say."""


def _listed(given: Any) -> Any:  # noqa: ANN401 - a TOML value is anything
    """One entry or a list of them as a list."""
    return [given] if isinstance(given, dict) else given


_MANY = BeforeValidator(_listed)
_Crime = Annotated[PoliceUk | MetropolitanWards | Incidents, Field(discriminator="kind")]


class Sources(Section):
    """The files of a study."""

    crime: Annotated[tuple[_Crime, ...], _MANY]
    """[[sources.crime]]: recorded crime; a study keeps to one kind."""
    boundaries: Annotated[tuple[Boundaries, ...], _MANY]
    """[sources.boundaries]: outlines of the wards."""
    lookup: Annotated[tuple[Lookup, ...], _MANY]
    """[[sources.lookup]]: lookups between areas."""
    population: Annotated[tuple[Population, ...], _MANY]
    """[[sources.population]]: residents."""
    deprivation: Annotated[tuple[Deprivation, ...], _MANY]
    """[[sources.deprivation]]: one index of deprivation per country."""
    indicator: Annotated[tuple[Indicator, ...], _MANY] = ()
    """[[sources.indicator]]: further figures."""
    signal: Annotated[tuple[Signal, ...], _MANY] = ()
    """[[sources.signal]]: community signals."""
    census: Annotated[tuple[Census, ...], _MANY] = ()
    """[[sources.census]]: who lives there."""
    schools: Annotated[tuple[Schools, ...], _MANY] = ()
    """[sources.schools]: where schools are."""
    recorded_crime: Annotated[tuple[RecordedCrime, ...], _MANY] = ()
    """[[sources.recorded_crime]]: the Home Office's totals."""
    context: Annotated[tuple[Context, ...], _MANY] = ()
    """[[sources.context]]: figures of larger areas."""
    overlap: Annotated[tuple[Overlap, ...], _MANY] = ()
    """[[sources.overlap]]: wards of another year."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        faults = []
        for name, field in type(self).model_fields.items():
            entries = getattr(self, name)
            if field.is_required() and not entries:
                faults.append(f"[sources.{name}]: is missing; give its path")
            if name in ("boundaries", "schools") and len(entries) > 1:
                faults.append(f"[sources.{name}]: stands more than once; a study has one of them")
        if faults:
            raise InputError(faults)
        return self

    @property
    def all(self) -> tuple[Source, ...]:
        """Every file, in the order of the sections."""
        return tuple(source for name in type(self).model_fields for source in getattr(self, name))


class Study(Section):
    """A study file, checked. `study.index.scale` is the key `scale` of the section [index]."""

    study: StudySection
    """What the study is of."""
    period: Period
    """The months that are counted."""
    sources: Sources
    """The files of the study."""
    crime: Crime = Crime()
    """Which crimes are counted."""
    coverage: Coverage = Coverage()
    """When a ward can be assessed."""
    rates: Rates = Rates()
    """What crimes are divided by."""
    hotspots: Hotspots = Hotspots()
    """The tests for hot spots."""
    index: Index = Index()
    """The composite index."""
    firmness: Firmness = Firmness()
    """How uncertain the ranks are."""
    chronicity: Chronicity = Chronicity()
    """When a ward is persistent."""
    areas: Areas = Areas()
    """How wards become areas."""
    criteria: Criteria = Criteria()
    """When an area passes."""
    assurance: Assurance = Assurance()
    """Who made and approved the study."""
    goal: Goal = Goal()
    """What the areas are to reach."""
    _path: Path = PrivateAttr(default=Path("study.toml"))
    _text: str = PrivateAttr(default="")

    @property
    def path(self) -> Path:
        """The study file."""
        return self._path

    @property
    def text(self) -> str:
        """The text of the study file."""
        return self._text

    def from_file(self, path: Path, text: str) -> Study:
        """The same study, which was read from a file."""
        study = self.model_copy()
        study._path, study._text = path, text
        return study

    @property
    def name(self) -> str:
        """Title of every output."""
        return self.study.name

    @property
    def seed(self) -> int:
        """Of every random number."""
        return self.study.seed

    @property
    def area(self) -> tuple[str, ...]:
        """Whose wards are studied; empty for every ward of the boundaries."""
        return self.study.area

    @property
    def measure(self) -> str | Mapping[str, float]:
        """The named measure, or the study's own types with their weights."""
        return self.crime.measure if self.crime.types is None else self.crime.types

    @property
    def components(self) -> tuple[Component, ...]:
        """Components of the index, each in the direction of its indicator where it does not say its own."""
        worse = {source.name: source.worse for source in self.sources.indicator}
        return tuple(
            Component(
                part.column, part.weight, part.worse or worse.get(part.column, "higher"), part.country, part.domain
            )
            for part in self.index.component
        )

    def of(self, section: str) -> tuple[Source, ...]:
        """The sources of one section, in the order of the study file."""
        found: tuple[Source, ...] = getattr(self.sources, section)
        return found

    def settings(self) -> dict[str, Any]:
        """Everything that is set, by the names under which it is recorded with every run."""
        flat = {
            key: getattr(section, key)
            for section in (self.study, self.period, self.crime, self.coverage, self.rates, self.hotspots, self.index,
                            self.firmness, self.areas, self.goal)
            for key in type(section).model_fields
            if key not in ("types", "component", "adjust", "population", "max_wards", "within", "given")
        }  # fmt: skip
        return {
            **flat, "measure": self.measure, "components": self.components, "sources": self.sources.all,
            "limits": self.areas.limits, "given": self.areas.named, "adjustments": self.areas.adjustments,
            "rules": self.chronicity.rules, "criteria": self.criteria.rules,
        }  # fmt: skip
