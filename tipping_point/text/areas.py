"""What is said of the choice of areas, from its proof."""

from __future__ import annotations

from tipping_point.areas.select import Proof
from tipping_point.areas.words import plural


def say_proof(proof: Proof) -> tuple[str, ...]:
    """Whether a choice is the best there is, and how many areas it found."""
    place = f"{proof.country}: " if proof.country else ""
    if proof.chosen == 0:
        return (f"{place}no area was chosen: no group of wards within the limits has a value above 0.",)
    if proof.exact:
        said = (
            f"{place}no other choice of up to {plural(proof.asked, 'area')} within the limits has a larger total "
            f"value; all {proof.candidates:,} groups of wards that keep to the limits were considered."
        )
    else:
        said = (
            f"{place}the choice is a fallback, found by local search: the solver did not end within {proof.nodes:,} "
            f"nodes. No choice can be worth more than {100 * proof.gap:.2g}% more."
        )
    if proof.chosen == proof.asked:
        return (said,)
    fewer = f"{place}{proof.asked} areas were asked for and {proof.chosen} chosen: more would not raise the total."
    return said, fewer
