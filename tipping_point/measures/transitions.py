"""How likely is a ward to be chronic next year: the study's own yearly transitions, given its state and its neighbours.

A spatial Markov chain (Rey 2001): one table of transitions for each class of neighbours. It holds only while the coming
year is like the years counted; `calibration` shows how well it did on years it had not seen.
"""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd
from libpysal.graph import Graph
from scipy.special import gammaln
from scipy.stats import beta

from tipping_point.measures.chronicity import (
    DEFAULT_RULES,
    NOT_ASSESSED,
    STATES,
    Rules,
    find_states,
    neighbour_share,
)
from tipping_point.measures.windows import check_monthly
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

NEIGHBOURS = ("none", "some", "most")
"""Chronic among a ward's assessed neighbours: none, fewer than half, at least half."""

SHAPE = (len(STATES), len(NEIGHBOURS), len(STATES))
"""State, neighbours, next state."""

STATE_PRIOR = 5.0
"""Ward-years that the chances over all states are worth in those of one state."""

NEIGHBOUR_PRIORS = (5.0, 20.0, 100.0, 500.0, 2_500.0, 12_500.0)
"""Ward-years that the chances of a state may be worth in those of its cells of neighbours: the data choose."""


def states_by_year(
    wards: pd.DataFrame, monthly: pd.DataFrame, graph: Graph, *, history: int = 36, rules: Rules = DEFAULT_RULES
) -> pd.DataFrame:
    """The state of every ward at the end of each year, as the `history` months to then show it.

    Years end with the last month of the table and every twelve months before, as far back as a whole history reaches.
    Histories longer than a year overlap, so that states last longer than the years themselves would make them.

    Args:
        wards: see `find_states`.
        monthly: wards x months, missing where not covered.
        graph: neighbours.
        history: months that a state looks back on; the same for every year.
        rules: thresholds.

    Returns:
        States, wards x last month of the year, oldest first; no column where the table is shorter than a history.

    Raises:
        InputError: see `find_states`.
    """
    table = check_monthly(monthly)
    ends = range(len(table.columns), history - 1, -12)
    states = {
        str(table.columns[end - 1]): find_states(wards, table.iloc[:, end - history : end], graph, rules=rules)[
            "chronic_state"
        ]
        for end in sorted(ends)
    }
    return pd.DataFrame(states, index=wards.index, dtype=str)


def forecast_chronic(
    wards: pd.DataFrame, monthly: pd.DataFrame, graph: Graph, *, rules: Rules = DEFAULT_RULES
) -> tuple[pd.Series, pd.DataFrame]:
    """The chance of each ward to be chronic a year on, and how well such chances held in the years before.

    Returns:
        `predict_chronic` on the index of the wards, and `calibration`. Both say nothing (missing; no row) where the
        table has fewer than five yearly states, too few to learn from and to judge on.
    """
    states = states_by_year(wards, monthly, graph, rules=rules)
    past = predict_past(states, graph)
    if states.shape[1] < 5:
        log.info("transitions: %d yearly states are too few for a forecast; five are needed", states.shape[1])
        return pd.Series(np.nan, index=wards.index), calibration(past.head(0))
    chances = transition_probabilities(states, graph)
    return predict_chronic(states.iloc[:, -1], graph, chances), calibration(past)


def transition_probabilities(
    states: pd.DataFrame, graph: Graph, *, state_prior: float = STATE_PRIOR, neighbour_prior: float | None = None
) -> pd.DataFrame:
    """Probability of each state next year, given the state now and the share of chronic neighbours.

    Additive smoothing, each cell by its parent: p(next | state, neighbours) = (n_next + b p(next | state))/(n + b),
    p(next | state) = (n_next + a p(next))/(n + a), and p(next) likewise by equal chances; a = `state_prior`,
    b = `neighbour_prior`. A cell that nobody left still has a chance, and a cell with few ward-years that of its state.

    Args:
        states: wards x years in order (`states_by_year`); a year not assessed, on either side, is no transition.
        graph: neighbours.
        state_prior: a, ward-years, above 0.
        neighbour_prior: b, ward-years, above 0; the larger, the less the neighbours count. None takes that of
            `NEIGHBOUR_PRIORS` under which the transitions are likeliest (Dirichlet-multinomial).

    Returns:
        Every state x neighbours x next_state, in the order of `STATES` and `NEIGHBOURS`: n (ward-years that began
        so), transitions (of them, those that went there), probability. The probabilities of a cell sum to 1.

    Raises:
        InputError: an unknown state, wards that the graph lacks, a prior that is not above 0.
    """
    _check(states, state_prior, neighbour_prior)
    counts = sum(_count_transitions(states, graph), np.zeros(SHAPE))
    probability, prior = _estimate(counts, state_prior, neighbour_prior)
    log.info("transitions: %d ward-years; a state is worth %g ward-years among neighbours", int(counts.sum()), prior)
    cells = pd.MultiIndex.from_product([STATES, NEIGHBOURS, STATES], names=["state", "neighbours", "next_state"])
    totals = np.broadcast_to(counts.sum(axis=-1, keepdims=True), SHAPE)
    columns = {
        "n": totals.ravel().astype(int),
        "transitions": counts.ravel().astype(int),
        "probability": probability.ravel(),
    }
    return pd.DataFrame(columns, index=cells).reset_index()


def predict_chronic(states: pd.Series, graph: Graph, transitions: pd.DataFrame) -> pd.Series:
    """Probability that each ward is chronic next year; missing where its state is not assessed.

    Args:
        states: the state of each ward now.
        graph: neighbours.
        transitions: from `transition_probabilities`.

    Raises:
        InputError: an unknown state, a transition table without the columns needed, wards that the graph lacks.
    """
    check_table(transitions, "transitions", ["state", "neighbours", "next_state", "probability"])
    _check(states.to_frame())
    to_chronic = transitions[transitions["next_state"] == "chronic"].set_index(["state", "neighbours"])["probability"]
    beside = np.asarray(NEIGHBOURS)[_neighbour_class(states, graph)]
    cells = pd.MultiIndex.from_arrays([states, beside])
    return pd.Series(to_chronic.reindex(cells).to_numpy(dtype=float), index=states.index, name="chronic_next")


def predict_past(
    states: pd.DataFrame,
    graph: Graph,
    *,
    minimum_years: int = 3,
    state_prior: float = STATE_PRIOR,
    neighbour_prior: float | None = None,
) -> pd.DataFrame:
    """What the transitions known at the time said of each later year, and what came: never fitted on what it predicts.

    Args:
        states: wards x years in order.
        graph: neighbours.
        minimum_years: yearly transitions needed before the first prediction.
        state_prior: see `transition_probabilities`.
        neighbour_prior: see there.

    Returns:
        ward_code, year (predicted), state (the year before), predicted (probability of chronic), chronic (1 or 0);
        ward-years assessed on both sides; no row where there are too few years.

    Raises:
        InputError: see `transition_probabilities`.
    """
    _check(states, state_prior, neighbour_prior)
    known = np.cumsum([np.zeros(SHAPE), *_count_transitions(states, graph)], axis=0)
    parts = [pd.DataFrame({"ward_code": [], "year": [], "state": [], "predicted": [], "chronic": []})]
    for place in range(minimum_years + 1, states.shape[1]):
        now, after = states.iloc[:, place - 1], states.iloc[:, place]
        probability, _ = _estimate(known[place - 1], state_prior, neighbour_prior)
        both = _assessed(now) & _assessed(after)
        state, beside = pd.Index(STATES).get_indexer(pd.Index(now[both])), _neighbour_class(now, graph)[both]
        part = pd.DataFrame({"ward_code": states.index[both], "year": str(states.columns[place])})
        part["state"] = now[both].to_numpy()
        part["predicted"] = probability[state, beside, 0]
        part["chronic"] = after[both].eq("chronic").to_numpy(dtype=float)
        parts.append(part)
    return pd.concat(parts[1:] or parts, ignore_index=True)


def calibration(past: pd.DataFrame, *, bins: int = 10) -> pd.DataFrame:
    """Predicted against observed, in tenths of the ward-years by prediction.

    Equal predictions stay together, so that there are fewer rows than `bins` where many wards are alike.

    Args:
        past: predicted (0-1) and chronic (1 or 0), from `predict_past`.
        bins: groups, of about the same number of ward-years.

    Returns:
        By rising prediction: predicted (mean), observed (share that became chronic), observed_low and observed_high
        (exact 95% binomial limits, as if ward-years were independent, so somewhat too narrow), n.
    """
    check_table(past, "past", ["predicted", "chronic"])
    known = past.dropna(subset=["predicted", "chronic"])
    # The middle of a tie's ranks: a large group of equal predictions falls into one bin, and skips those it spans.
    middle = known["predicted"].round(12).rank(method="average") - 0.5
    grouped = known.groupby(np.floor(middle.to_numpy(dtype=float) / max(len(known), 1) * bins))
    n, events = grouped.size().to_numpy(dtype=float), grouped["chronic"].sum().to_numpy(dtype=float)
    result = grouped.agg(predicted=("predicted", "mean"), observed=("chronic", "mean")).reset_index(drop=True)
    result["observed_low"] = np.where(events > 0, beta.ppf(0.025, np.maximum(events, 0.5), n - events + 1), 0.0)
    result["observed_high"] = np.where(events < n, beta.ppf(0.975, events + 1, np.maximum(n - events, 0.5)), 1.0)
    result["n"] = n.astype(int)
    return result


def _assessed(states: pd.Series) -> npt.NDArray[np.bool_]:
    return states.ne(NOT_ASSESSED).to_numpy(dtype=bool)


def _neighbour_class(states: pd.Series, graph: Graph) -> npt.NDArray[np.intp]:
    """Position in `NEIGHBOURS`; a ward without an assessed neighbour has none."""
    chronic = states.eq("chronic").astype(float).where(_assessed(states))
    share = neighbour_share(graph, chronic).fillna(0.0).to_numpy()
    return (share > 0).astype(np.intp) + (share >= 0.5)


def _count_transitions(states: pd.DataFrame, graph: Graph) -> list[Floats]:
    """For each year but the last: ward-years by state, neighbours and next state, assessed in both years."""
    result = []
    order = pd.Index(STATES)
    for place in range(states.shape[1] - 1):
        now, after = states.iloc[:, place], states.iloc[:, place + 1]
        both = _assessed(now) & _assessed(after)
        beside = _neighbour_class(now, graph)[both]
        counts = np.zeros(SHAPE)
        np.add.at(counts, (order.get_indexer(pd.Index(now[both])), beside, order.get_indexer(pd.Index(after[both]))), 1)
        result.append(counts)
    return result


def _estimate(counts: Floats, state_prior: float, neighbour_prior: float | None) -> tuple[Floats, float]:
    """Probabilities in the shape of the counts, and the neighbour prior used."""
    overall = _smooth(counts.sum(axis=(0, 1)), np.full(len(STATES), 1 / len(STATES)), state_prior)
    by_state = _smooth(counts.sum(axis=1), overall, state_prior)[:, None, :]
    if neighbour_prior is None:
        neighbour_prior = max(NEIGHBOUR_PRIORS, key=lambda prior: _likelihood(counts, by_state, prior))
    return _smooth(counts, by_state, neighbour_prior), neighbour_prior


def _smooth(counts: Floats, parent: Floats, prior: float) -> Floats:
    return np.asarray((counts + prior * parent) / (counts.sum(axis=-1, keepdims=True) + prior))


def _likelihood(counts: Floats, parent: Floats, prior: float) -> float:
    """Dirichlet-multinomial log-likelihood of the cells around the chances of their state, less what is constant."""
    within = (gammaln(counts + prior * parent) - gammaln(prior * parent)).sum()
    return float(within + (gammaln(prior) - gammaln(counts.sum(axis=-1) + prior)).sum())


def _check(states: pd.DataFrame, state_prior: float = STATE_PRIOR, neighbour_prior: float | None = None) -> None:
    priors = {"state_prior": state_prior, "neighbour_prior": 1.0 if neighbour_prior is None else neighbour_prior}
    faults = [f"{name}: {prior:g} given; it must be above 0" for name, prior in priors.items() if not prior > 0]
    unknown = sorted({str(state) for state in np.unique(states.to_numpy(dtype=str))} - {*STATES, NOT_ASSESSED})
    if unknown:
        faults.append(
            f"states: {', '.join(map(repr, unknown[:5]))} is no state; they are {', '.join(STATES)} and {NOT_ASSESSED}"
        )
    if faults:
        raise InputError(faults)
