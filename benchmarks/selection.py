"""Choosing areas: the value that the exact choice, touching hot wards and scikit-learn's regions hold, side by side.

    python benchmarks/selection.py FOLDER

FOLDER is the real open data (what TIPPING_POINT_REAL_DATA names). For London, Merseyside, and England and Wales: the
value of the same number of areas, beside the exact choice, and beside the exact choice of as many areas held to no more
residents (by a smaller largest area); then how long the exact choice takes as more areas are asked for, under looser
limits, without time for the solver, and in 20 or 100 draws.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering
from tipping_point.areas.again import choose_again, share_again
from tipping_point.areas.alternatives import near_misses
from tipping_point.areas.rank import rank_areas

from tipping_point import analyse, read_study
from tipping_point.areas.group import build_areas, group_touching
from tipping_point.areas.select import Rule, find_selection
from tipping_point.measures.value import add_value
from tipping_point.pipeline.vocabulary import choose_weights
from tipping_point.tables import InputError

STUDIES = {"london": 10, "merseyside": 5, "england_and_wales": 20}
TARGETS = (25_000, 35_000, 45_000, 55_000)


def timed(call):
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def ward_lists(areas):
    return [codes.split(";") for codes in areas["ward_codes"]]


def regions(wards, graph, limits, residents):
    """Ward linkage on the value per resident, touching wards only, in each connected part of a district."""
    links = graph.adjacency[graph.adjacency > 0]
    focal, other = (wards.index.get_indexer(links.index.get_level_values(side)) for side in (0, 1))
    authority = wards[limits.within].to_numpy()
    known = (focal >= 0) & (other >= 0)
    known[known] = authority[focal[known]] == authority[other[known]]
    pairs = (np.ones(known.sum()), (focal[known], other[known]))
    touching = csr_array(pairs, shape=(len(wards), len(wards)))
    rate = (wards["value"] / wards["population"]).to_numpy()[:, None]
    found = []
    for positions in pd.Series(range(len(wards))).groupby(connected_components(touching)[1]):
        own = positions[1].to_numpy()
        number = max(1, round(wards["population"].iloc[own].sum() / residents))
        label = np.arange(len(own))
        if number < len(own):
            part = touching[own][:, own]
            label = AgglomerativeClustering(number, linkage="ward", connectivity=part).fit_predict(rate[own])
        found += [list(codes) for codes in wards.index[own].groupby(label).values()]
    low, high = limits.population
    people = wards["population"]
    return [codes for codes in found if len(codes) <= limits.max_wards and low <= people[codes].sum() <= high]


def best_of(wards, lists, number):
    """How many of the lists there are up to `number`, the residents and the value of the best, by value."""
    best = sorted(lists, key=lambda codes: -wards.loc[codes, "value"].sum())[:number]
    return len(best), *(sum(wards.loc[codes, name].sum() for codes in best) for name in ("population", "value"))


def held_to(wards, graph, limits, number, residents):
    """Value of the exact choice of so many areas, none larger than lets them have no more residents in all."""
    low, high = (int(limit / 1_000) for limit in limits.population)
    value = np.nan
    while low < high:
        middle = (low + high + 1) // 2
        rule = Rule(number, replace(limits, population=(limits.population[0], 1_000.0 * middle)))
        chosen = find_selection(wards, graph, rule=rule, value="value", seed=1).chosen
        if chosen["population"].sum() <= residents:
            low, value = middle, chosen["value"].sum()
        else:
            high = middle - 1
    return value


def compare(name, number, study, wards, graph):
    limits = study.areas.limits
    country = "England"
    wards = wards[wards["country"].eq(country) & wards["value"].notna() & wards["index_score"].notna()]
    selection, seconds = timed(
        lambda: find_selection(wards, graph, rule=Rule(number, limits), value="value", seed=study.seed)
    )
    said = selection.proofs[country]
    members, touching_seconds = timed(lambda: group_touching(wards, graph, limits=limits, votes=study.areas.votes))
    hot = rank_areas(build_areas(wards, members, limits=limits), number=number)
    rows = [("exact choice", ward_lists(selection.chosen), seconds)]
    rows.append(("touching hot wards, by index", ward_lists(hot[hot["shortlisted"]]), touching_seconds))
    rows.append(("touching hot wards, by value", ward_lists(hot[hot["within_limits"]]), touching_seconds))
    for target in TARGETS:
        lists, seconds = timed(lambda target=target: regions(wards, graph, limits, target))
        rows.append((f"scikit-learn regions of {target:,}", lists, seconds))
    print(
        f"\n## {name}: {number} areas, {len(wards):,} wards, {said.candidates:,} groups; exact: {said.exact}, gap "
        f"{said.gap:.1%}, integer programme on {said.solved_on:,}\n\n"
        "| | areas | residents | value | share of the exact choice | of that with no more residents | seconds |\n"
        "|---|---|---|---|---|---|---|"
    )
    for label, lists, seconds in rows:
        count, people, value = best_of(wards, lists, number)
        equal = held_to(wards, graph, limits, count, people) if lists is not rows[0][1] else value
        print(
            f"| {label} | {count} | {people:,.0f} | {value:,.0f} | {value / said.value:.3f} | "
            f"{value / equal:.3f} | {seconds:.2f} |"
        )
    near, seconds = timed(lambda: near_misses(selection, wards))
    print(f"near misses of {len(near):,} wards: {seconds:.2f} s")
    plain = find_selection(wards, graph, rule=Rule(number, limits), value="value_plain", seed=study.seed).chosen
    first, second = ({*itertools.chain(*ward_lists(chosen))} for chosen in (selection.chosen, plain))
    print(f"under plain harm: {len(first & second)} of {len(first)} wards in common")
    draws = 100 if name == "london" else 20
    noise = np.random.default_rng(1).normal(0, 0.2, (len(wards), draws))
    values = pd.DataFrame(wards["value"].to_numpy()[:, None] * np.exp(noise), index=wards.index)
    chosen = selection.chosen.set_index("area_id")
    share, seconds = timed(lambda: share_again(chosen, wards, choose_again(selection, values, seed=1)))
    again = f"{share.min():.2f} to {share.max():.2f}"
    print(f"{draws} draws: {seconds:.1f} s; half of the residents again in {again} of them")
    return selection


def stress(study, wards, graph):
    print(
        "\n## England and Wales, harder\n\n| areas | limits | groups | seconds | method | gap | solved on |\n"
        "|---|---|---|---|---|---|---|"
    )
    limits = study.areas.limits
    loose = replace(limits, max_wards=6)
    force = replace(limits, within="force_name", max_wards=4)
    cases = [(number, limits, 60.0) for number in (10, 20, 50, 100, 200)]
    cases += [(20, limits, 0.0), (20, loose, 60.0), (20, force, 60.0), (20, replace(limits, within="country"), 60.0)]
    for number, own, limit in cases:
        text = f"{own.max_wards} wards, {own.within}" + ("" if limit else ", no time")
        try:
            selection, seconds = timed(
                lambda number=number, own=own, limit=limit: find_selection(
                    wards, graph, rule=Rule(number, own), value="value", seed=1, time_limit=limit
                )
            )
        except InputError as refused:
            print(f"| {number} | {text} | | | refused: {refused} | | |")
            continue
        for country, said in selection.proofs.items():
            print(f"| {number} | {text}, {country} | {said.candidates:,} | {seconds:.2f} | {said.exact} | "
                  f"{said.gap:.4%} | {said.solved_on:,} |")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    os.environ["TIPPING_POINT_REAL_DATA"] = str(parser.parse_args().folder)
    for name, number in STUDIES.items():
        study = read_study(Path(__file__).parents[1] / f"studies/{name}.toml")
        results = analyse(study)
        wards = add_value(results.wards, results.counts, weights=choose_weights(study))
        selection = compare(name, number, study, wards, results.graph)
        if name != "england_and_wales":
            for codes in ward_lists(selection.chosen):
                own = wards.loc[codes]
                print(f"{own['district_name'].iloc[0]}: {', '.join(own['ward_name'])}; {own['population'].sum():,.0f} "
                      f"residents, value {own['value'].sum():,.0f}")  # fmt: skip
        else:
            stress(study, wards, results.graph)


if __name__ == "__main__":
    main()
