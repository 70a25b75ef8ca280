"""Which choice moves the ranking most: variance-based sensitivity over all choices at once (Sobol; Saltelli 2010).

Named choices change one thing at a time; here all change together, so that a choice which matters only beside another
is seen too. Scaling, combination, denominator and period take each of their values with equal chance, the weights a
Dirichlet distribution around the chosen ones.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sampling
from scipy.stats import gamma

from tipping_point.measures.choices import CONCENTRATION, Choice, check_choices, draw_choices
from tipping_point.measures.long_run import Fits
from tipping_point.measures.scaling import combine_columns, mean_faults, scale_columns
from tipping_point.measures.simulate import Draws, components_of
from tipping_point.ranks import order_ranks
from tipping_point.tables import InputError

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

ALL = "all wards"
"""The outcome of the whole ranking: the mean number of ranks that a ward moves from the study's own ranking."""

FIELDS = {"scale": "scale", "combination": "combine", "denominator": "denominator", "period": "months"}
"""Choices that take one of a few values, and the field of a `Choice` that holds them."""

WORDS = {
    "weights": "the weights", "scale": "the scaling", "combination": "the combination (arithmetic or geometric)",
    "denominator": "the denominator", "period": "the period",
}  # fmt: skip


def explain_ranking(
    wards: pd.DataFrame,
    counts: pd.DataFrame,
    choices: Sequence[Choice],
    *,
    harm_weights: Mapping[str, float],
    focus: Sequence[str] = (),
    samples: int = 256,
    simulations: int = 50,
    concentration: float = CONCENTRATION,
    variance: float | None = None,
    seed: int,
    fits: Fits | None = None,
) -> pd.DataFrame:
    """How much of the movement of ranks each choice explains, alone and together with the others.

    Args:
        wards: as for `score_choices`.
        counts: as for `score_choices`.
        choices: from `list_choices`: what can be chosen, and the study's own. Where the scale is z the combination is
            arithmetic whatever was drawn, because a geometric mean of z scores has no meaning.
        harm_weights: as for `simulate_index`.
        focus: codes of wards, a shortlist's say, whose own ranks are explained too.
        samples: a power of 2; samples x (choices that vary + 2) rankings are made.
        simulations: of the long-run rates; their median enters, so that chance does not.
        concentration: of the weights, as for `list_choices`.
        variance: as for `simulate_index`.
        seed: of the sample, the simulations and the interval.
        fits: as for `simulate_index`.

    Returns:
        outcome ('all wards', the mean move in ranks; or a ward_code, its rank), choice, first_order (share of the
        variance that the choice explains alone), total (with its interactions), low and high (95% interval of total,
        bootstrap). All are estimates: they can lie a little outside 0 to 1. No row where nothing can vary.

    Raises:
        InputError: samples not a power of 2, a focus that has no score; else as `score_choices`.
    """
    check_choices(wards, choices, simulations)
    if samples < 2 or samples & (samples - 1):
        raise InputError(f"samples: {samples} given; it must be a power of 2, such as 256")
    levels = {name: list(dict.fromkeys(getattr(choice, field) for choice in choices)) for name, field in FIELDS.items()}
    # A named choice changes one thing; here each denominator meets each period.
    crossed = [
        replace(choices[0], denominator=denominator, months=months)
        for denominator, months in itertools.product(levels["denominator"], levels["period"])
    ]
    drawn = draw_choices(
        wards, counts, crossed, harm_weights=harm_weights, simulations=simulations, variance=variance, seed=seed,
        fits=fits,
    )  # fmt: skip
    ground = _prepare(wards, choices[0], drawn)
    scored = {code for rows in ground.rows.values() for code in rows}
    lacking = [code for code in focus if code not in scored]
    if lacking:
        raise InputError(f"focus: {', '.join(lacking[:5])} have no score in this study")
    inputs = _list_inputs(choices[0], levels)
    rows: list[tuple[str, str, float, float, float, float]] = []
    if inputs and scored:
        problem = _describe_problem(inputs)
        uniform = sampling.sample(problem, samples, calc_second_order=False, seed=seed)
        table = pd.DataFrame(uniform, columns=[name for name, _ in inputs])
        shift, own = _rank_all(ground, _read_sample(table, choices[0], levels, concentration), focus)
        for outcome, values in ((ALL, shift), *zip(focus, own, strict=True)):
            rows += [(outcome, *found) for found in _analyse(values, problem, seed)]
        log.info("sensitivity: %d rankings of %d wards", len(table), len(scored))
    return pd.DataFrame(rows, columns=["outcome", "choice", "first_order", "total", "low", "high"])


def describe_ranking(explained: pd.DataFrame) -> tuple[str, ...]:
    """Which choice the ranking depends on most, in one plain sentence; none where nothing was varied."""
    whole = explained[explained["outcome"] == ALL].sort_values("total", ascending=False, kind="stable")
    if not len(whole):
        return ()
    said = [f"{WORDS[choice]} ({total:.0%})" for choice, total in zip(whole["choice"], whole["total"], strict=True)]
    rest = f", then on {', '.join(said[1:])}" if len(said) > 1 else ""
    return (
        f"The ranking depends most on {said[0]}{rest}. In brackets is the share of the variation in how far ranks move "
        f"that each has a part in; choices act together, so that the shares can add up to more than 100%.",
    )


@dataclass(frozen=True)
class _Ground:
    """What every ranking is made from: the wards that every denominator and period can score, and their values."""

    wards: pd.DataFrame
    base: Choice
    rows: Mapping[str, pd.Index]
    drawn: Mapping[tuple[str, tuple[str, ...]], Draws]


def _prepare(wards: pd.DataFrame, base: Choice, drawn: Mapping[tuple[str, tuple[str, ...]], Draws]) -> _Ground:
    rows = {
        country: here[np.all([here.isin(draws.wards.get(country, pd.Index([]))) for draws in drawn.values()], axis=0)]
        for country, here in drawn[base.denominator, base.months].wards.items()
    }
    medians = {
        key: Draws(
            1,
            draws.wards,
            {
                country: {name: np.median(values, axis=1, keepdims=True) for name, values in own.items()}
                for country, own in draws.columns.items()
            },
        )
        for key, draws in drawn.items()
    }
    return _Ground(wards, base, {country: here for country, here in rows.items() if len(here)}, medians)


def _list_inputs(base: Choice, levels: Mapping[str, Sequence[object]]) -> list[tuple[str, str]]:
    """Every uniform number that a ranking needs, with the choice that it belongs to; one component has no weights."""
    several = len(base.components) > 1
    inputs = [(f"weight {number}", "weights") for number in range(len(base.components) if several else 0)]
    inputs += [
        (name, name) for name, values in levels.items() if len(values) > 1 and (several or name != "combination")
    ]
    return inputs


def _describe_problem(inputs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The inputs as SALib wants them; the weights are one group, so that they count as one choice."""
    names, groups = zip(*inputs, strict=True)
    return {"num_vars": len(names), "names": list(names), "groups": list(groups), "bounds": [[0.0, 1.0]] * len(names)}


def _read_sample(
    uniform: pd.DataFrame, base: Choice, levels: Mapping[str, Sequence[object]], concentration: float
) -> list[Choice]:
    """Uniform numbers to choices: equal chances of the values, gamma quantiles (so Dirichlet) of the weights."""
    chosen = np.array([part.weight for part in base.components])
    weights = np.tile(chosen, (len(uniform), 1))
    drawn = uniform.filter(regex="^weight ").clip(1e-6, 1 - 1e-6).to_numpy()
    if drawn.size:
        totals = pd.Series(chosen).groupby([part.country for part in base.components]).transform("sum").to_numpy()
        weights = np.maximum(gamma.ppf(drawn, concentration * chosen / totals), 1e-12)
    places = {
        name: (uniform[name] * len(values)).astype(int).clip(upper=len(values) - 1).to_list()
        for name, values in levels.items()
        if name in uniform
    }
    result = []
    for row in range(len(uniform)):
        values: dict[str, Any] = {FIELDS[name]: levels[name][place[row]] for name, place in places.items()}
        parts = zip(base.components, weights[row], strict=True)
        choice = replace(base, **values, components=tuple(replace(part, weight=float(w)) for part, w in parts))
        result.append(replace(choice, combine="arithmetic") if mean_faults(choice.scale, choice.combine) else choice)
    return result


def _rank_all(ground: _Ground, sample: Sequence[Choice], focus: Sequence[str]) -> tuple[Floats, Floats]:
    """Mean move from the study's own ranks in every ranking, (rankings,); ranks of the focus, (focus, rankings)."""
    total = sum(len(rows) for rows in ground.rows.values())
    shift, ranks = np.zeros(len(sample)), np.zeros((len(focus), len(sample)))
    alike: dict[tuple[object, ...], list[int]] = {}
    for number, choice in enumerate(sample):
        alike.setdefault(tuple(getattr(choice, field) for field in FIELDS.values()), []).append(number)
    for country, rows in ground.rows.items():
        before = _rank_country(ground, country, [ground.base])
        at = [(number, rows.get_loc(code)) for number, code in enumerate(focus) if code in rows]
        for numbers in alike.values():
            after = _rank_country(ground, country, [sample[number] for number in numbers])
            shift[numbers] += np.abs(after - before).sum(axis=0) / total
            for number, place in at:
                ranks[number, numbers] = after[place]
    return shift, ranks


def _rank_country(ground: _Ground, country: str, sample: Sequence[Choice]) -> Floats:
    """Ranks within a country, wards x choices that differ in their weights only."""
    first, rows = sample[0], ground.rows[country]
    draws = ground.drawn[first.denominator, first.months]
    here = draws.wards[country].get_indexer(rows)
    scaled = []
    for part in components_of(country, first.components):
        counted = draws.columns[country].get(part.column)
        values = ground.wards.loc[rows, [part.column]].to_numpy(dtype=float) if counted is None else counted[here]
        scaled.append(scale_columns(values, worse=part.worse, scale=first.scale))
    weights = np.array([[part.weight for part in components_of(country, choice.components)] for choice in sample])
    weights = weights / weights.sum(axis=1, keepdims=True)
    return order_ranks(combine_columns(scaled, weights.T[:, None, :], scale=first.scale, combine=first.combine))


def _analyse(values: Floats, problem: dict[str, Any], seed: int) -> list[tuple[str, float, float, float, float]]:
    """Of every choice: name, first order, total, and the interval of the total."""
    names = list(dict.fromkeys(problem["groups"]))
    if np.ptp(values) == 0:
        return [(name, 0.0, 0.0, 0.0, 0.0) for name in names]
    # SALib takes the seed 0 for none.
    found = analysis.analyze(problem, values, calc_second_order=False, seed=seed + 1)
    shares = zip(names, found["S1"], found["ST"], found["ST_conf"], strict=True)
    return [
        (name, float(first), float(total), max(0.0, float(total - width)), float(total + width))
        for name, first, total, width in shares
    ]
