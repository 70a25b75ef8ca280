"""The words that every output carries on its face: what it is, what it rests on, what it does not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tipping_point.outputs.assurance import say_assurance
from tipping_point.tables import Cover


def build_cover(
    wards: pd.DataFrame, coverage: pd.DataFrame, reconciliation: pd.DataFrame, sources: pd.DataFrame,
    concentration: pd.DataFrame, *,
    study: str, area: str, start: str, end: str, measure: str, measure_label: str, measure_types: Sequence[str],
    proxy_note: str, overlap: tuple[int, int], edition: str, criteria: str, assurance: Mapping[str, str],
    choices: Sequence[str], findings: Sequence[str],
    settings: Mapping[str, object],
) -> Cover:  # fmt: skip
    """Put together the face of the outputs from what the run read, lost and chose.

    Args:
        wards: the finished ward table.
        coverage: force x month.
        reconciliation: force x month with every loss.
        sources: one row per input, with attribution.
        concentration: `schema.CONCENTRATION`, of which the last period of the whole study is told.
        study: the study's name.
        area: what titles call it.
        start: first month.
        end: last month.
        measure: name of the measure.
        measure_label: its words.
        measure_types: the crime types it adds up.
        proxy_note: why it is a proxy; '' if it is not.
        edition: 'internal' or 'public'.
        criteria: whether the criteria were fixed before the run, in a sentence.
        assurance: who commissioned, made, assured and approved the study.
        overlap: wards in both top tenths of the two mission proxies, and the size of a top tenth.
        choices: sentences of the steps on what they chose.
        findings: sentences of the steps on what they found.
        settings: numbers that templates show.
    """
    synthetic = bool(wards["synthetic"].any())
    months = coverage["month"].nunique()
    limits = [
        *_measure_limits(measure, proxy_note, overlap),
        "Recorded crime measures reporting and police activity as well as crime. These counts are not accredited "
        "official statistics.",
        *_coverage_limits(wards, reconciliation),
        *_period_limits(wards, months),
        "Harm is severity-scaled volume: each crime type has one weight, whatever the incident was.",
        "The hot-spot tests ask whether a ward's neighbours are higher than chance would place them. Crime that only "
        "varies smoothly from place to place is flagged too, so a hot spot does not show that a ward differs from what "
        "its surroundings would lead one to expect.",
        f"Ranks and percentiles compare the assessed wards of {area} within their country; another area of reference "
        f"would give other ranks. Deprivation is compared with every ward of the country.",
        "The range of a rank is what chance leaves open with every choice held (rank_low to rank_high), or what other "
        "defensible choices give (rank_choice_low to rank_choice_high); places whose ranges overlap may not differ.",
        "Figures describe wards, not the people who live in them. A place on a list is a place with need; the list is "
        "evidence for a decision and its equality analysis, not the decision.",
    ]
    stamp = f"{'INTERNAL EDITION. ' if edition == 'internal' else ''}{say_assurance(assurance)} {criteria}"
    return Cover(
        study=study, area=area, start=start, end=end, months=months, measure=measure, measure_label=measure_label,
        measure_types=tuple(measure_types), proxy_note=proxy_note, synthetic=synthetic, stamp=stamp,
        attributions=tuple(dict.fromkeys(text for text in sources["attribution"] if text)),
        limits=tuple(limits), choices=tuple(choices), settings=dict(settings),
        findings=(*_findings(wards, concentration, measure_label), *findings),
    )  # fmt: skip


def describe_choices(
    wards: pd.DataFrame, areas: pd.DataFrame, files: pd.DataFrame, *, default_index: bool, method: str,
    repaired: Sequence[str],
) -> list[str]:  # fmt: skip
    """What a run chose or left out by itself, in plain sentences.

    Args:
        wards: the finished ward table.
        areas: the ranked areas.
        files: one row per crime file, with file, note and damaged.
        default_index: the study named no components.
        method: by which areas were chosen.
        repaired: wards whose borders had to be repaired.
    """
    choices = list(dict.fromkeys(note for note in files.loc[~files["damaged"], "note"] if note))
    if len(choices) > 3:
        choices = [
            f"{len(choices):,} files were told apart from others of the same force and month, such as: {choices[0]}"
        ]
    damaged = files[files["damaged"]]
    choices += ("Damaged and left out: " + damaged["file"] + " (" + damaged["note"] + ")").tolist()
    if default_index:
        choices.append(
            "The index is the default: harm rate one half, six domains of deprivation without crime the rest."
        )
    visitors = int(wards["visitor_ward"].eq(True).sum())
    basis = next((text for text in wards["visitor_basis"] if text), "")
    if visitors:
        choices.append(
            f"{visitors:,} wards are marked as busy centres ({basis})."
            + (" None starts an area, and none makes up more than half of one." if method == "touching" else "")
        )
    outside = int((~areas["within_limits"].astype(bool)).sum())
    if outside and method == "touching":
        choices.append(
            f"{outside:,} groups of touching hot wards are outside the study's limits of residents: they are in "
            f"areas.csv without a rank and on no list."
        )
    hot = wards["hot_votes"].fillna(0) > 0
    if hot.any() and wards.loc[hot, "visitor_ward"].eq(True).all():
        choices.append(
            "Every hot ward is a busy centre: their rates are so far out that nothing else stands out beside them. A "
            'test on a rank scale (hotspots.column = "component_harm_rate") looks past them.'
        )
    if repaired:
        choices.append(f"The borders of {len(repaired):,} wards crossed themselves and were repaired.")
    return choices


def _findings(wards: pd.DataFrame, concentration: pd.DataFrame, measure_label: str) -> list[str]:
    """How concentrated and how lasting: sentences made from the tables."""
    findings = []
    whole = concentration[concentration["group"] == ""].tail(1)
    for row in whole.itertuples():
        last = pd.Period(str(row.period), freq="M").strftime("%B %Y")
        findings.append(
            f"Over the year (or the whole period, if shorter) to {last}, a quarter of {measure_label} "
            f"was recorded in {row.share_25:.0%} of the assessed wards and half in {row.share_50:.0%}. Scattered by "
            f"residents alone, as many crimes would take {row.share_25_expected:.0%} and {row.share_50_expected:.0%}."
        )
    if "chronic_state" in wards:
        number = wards["chronic_state"].value_counts()
        busy = int((wards["chronic_state"].eq("chronic") & wards["visitor_ward"].eq(True)).sum())
        findings.append(
            f"{number.get('chronic', 0):,} wards are long-standing (among the highest tenth in most of the period, and "
            f"now), {busy:,} of them busy centres; at a tipping point {number.get('tipping', 0):,}; "
            f"easing {number.get('easing', 0):,}."
        )
    return findings


def _measure_limits(measure: str, proxy_note: str, overlap: tuple[int, int]) -> list[str]:
    limits = [proxy_note] if proxy_note else []
    both, size = overlap
    if size:
        limits.append(
            f"The list does not measure violence against women and girls. Of the {size:,} wards highest on a proxy for "
            f"knife crime, {both:,} are among the {size:,} highest on a proxy for violence against women and girls."
        )
    if measure in ("serious", "knife_proxy", "all_crime"):
        limits.append(
            "Possession of weapons is largely found by police searches: a ranking that counts it can send more "
            "searches to where searches already are."
        )
    return limits


def _coverage_limits(wards: pd.DataFrame, reconciliation: pd.DataFrame) -> list[str]:
    limits = []
    unassessed = wards[~wards["assessed"]]
    if len(unassessed):
        forces = sorted({name for name in unassessed["force_name"] if name})
        named = f" They are policed by {', '.join(forces)}." if forces else ""
        limits.append(
            f"Nothing is said about {len(unassessed):,} of {len(wards):,} wards, where crimes or residents are not "
            f"known: they are hatched on the map, and no figure is put in their place.{named}"
        )
    told = reconciliation.dropna(subset=["rows_in", "no_place"])
    rows, lost = int(told["rows_in"].sum()), int(told["no_place"].sum())
    if len(told) < len(reconciliation):
        limits.append("Rows that give no place are in no ward; how many is hidden where they are few.")
    elif lost:
        limits.append(
            f"{lost:,} of {rows:,} rows read ({lost / rows:.1%}) give no place and are in no ward. Places are "
            f"published at the nearest of a set of fixed points, so crimes near a border may stand in the next ward."
        )
    return limits


def _period_limits(wards: pd.DataFrame, months: int) -> list[str]:
    if "chronic_state" in wards:
        return [
            "Lasting, rising and easing compare a ward with its country and its force, with the residents of one year: "
            "over many years a ward that gained residents looks rising. In the data this was tried on, 'rising' and "
            "'beside a chronic ward' foretold almost nothing; having been among the highest half of the time did."
        ]
    return [
        f"The period is {months} month{'s' if months != 1 else ''}: too short to show if crime is lasting or seasonal."
    ]
