"""Counts with the small ones hidden, and beside them what would give them away."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tipping_point.disclosure.edition import THRESHOLD
from tipping_point.disclosure.sums import NEVER, SMALL, WITHHELD, Published, Sums, tie_sums
from tipping_point.disclosure.witness import hide_beside
from tipping_point.tables import InputError, check_table

log = logging.getLogger(__name__)


def suppress_small(
    counts: pd.DataFrame,
    *,
    keys: Sequence[str],
    margins: Sequence[tuple[str, ...]],
    value: str = "crimes",
    threshold: int = THRESHOLD,
    hide_zeros: bool = False,
    withheld: pd.Series | None = None,
    never: pd.Series | None = None,
) -> Published:
    """Hide every number from 1 up to the threshold, of cells and totals, and what would give it away.

    A number is given away where it can be narrowed to a range of less than the threshold by all that is published: the
    other numbers, the totals, and that a hidden number is not nought. Nought is about nobody and stays, unless
    `hide_zeros`. The reason does not tell a small number from one hidden beside it.

    Args:
        counts: one row per cell: keys, the value (whole numbers; missing is missing, and in no total), and every other
            column that a margin names.
        keys: columns that tell the cells apart.
        margins: what totals are published, each by the columns it is taken over: ('ward_code',), ('district_code',
            'month'); () is the total of all.
        value: the column of numbers.
        threshold: the least number shown; 1 hides nothing.
        hide_zeros: noughts are small numbers too.
        withheld: booleans on the index of `counts`: cells that their publisher held back. They are hidden, whatever
            stands in them, and no total over them is given: it would be theirs to solve.
        never: booleans on the index of `counts`: cells that are hidden whatever their size, nought among them.

    Returns:
        The cells in the order of `counts`, with keys, columns of the margins, the value, hidden and reason; and so for
        each margin.

    Raises:
        InputError: a column that is absent, a key that repeats, a value that is no whole number of 0 or more.
    """
    check_table(counts, "the counts", [*keys, value, *(c for margin in margins for c in margin)], unique=list(keys))
    if threshold < 1:
        raise InputError(f"disclosure.threshold: {threshold} was given; allowed are whole numbers from 1")
    held = _mask(withheld, counts)
    numbers = pd.to_numeric(counts[value]).astype(float).to_numpy(na_value=np.nan)
    present = numbers[~np.isnan(numbers) & ~held]
    if ((present < 0) | (present % 1 != 0)).any():
        raise InputError(f"the counts: '{value}' holds numbers that are not whole or are below 0")
    # In the order of the keys, so that what is hidden does not depend on the order of the rows.
    order = counts.assign(_place=np.arange(len(counts))).sort_values(list(keys), kind="stable")["_place"].to_numpy()
    used = order[~np.isnan(numbers[order]) | held[order]]
    known = ~held[used]
    sums = tie_sums(counts.iloc[used], list(margins), known=known)
    cells = numbers[used][known].astype(np.int64)
    values = np.concatenate([cells, np.rint(sums.matrix[:, : len(cells)] @ cells).astype(np.int64)])
    banned = _mask(never, counts)[used][known]
    hidden = _hide(sums, values, banned, threshold, hide_zeros=hide_zeros)
    reason = np.where(hidden, SMALL, "").astype(object)
    reason[: len(cells)][banned] = NEVER
    told = np.full(len(counts), "", dtype=object)
    told[held], told[used[known]] = WITHHELD, reason[: len(cells)]
    named = list(dict.fromkeys([*keys, *(column for margin in margins for column in margin)]))
    table = _told(counts[named].reset_index(drop=True), numbers, told, value)
    totals = _tell_totals(sums, values[len(cells) :], reason[len(cells) :], value)
    found = Published(table.set_axis(counts.index), totals, value, threshold, hide_zeros)
    log.info("Disclosure control, least number shown %d: %r", threshold, found)
    return found


def _mask(given: pd.Series | None, counts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if given is None:
        return np.zeros(len(counts), dtype=bool)
    return given.reindex(counts.index).eq(other=True).to_numpy(dtype=bool)


def _hide(
    sums: Sums, values: npt.NDArray[np.int64], banned: npt.NDArray[np.bool_], threshold: int, *, hide_zeros: bool
) -> npt.NDArray[np.bool_]:
    """Which of the numbers, cells and totals, are not shown."""
    # A total of nought would tell every banned cell below it: such a total may be hidden although it is nought.
    over = (sums.matrix[:, : len(banned)] @ banned.astype(float)) > 0
    banned_too = np.concatenate([banned, over])
    may_be_zero = banned_too | hide_zeros
    small = (values < threshold) & ((values > 0) | hide_zeros) & (threshold > 1)
    small[: len(banned)] |= banned
    return hide_beside(
        sums.matrix, values, hidden=small, least=np.where(may_be_zero, 0, 1), fixed=(values == 0) & ~may_be_zero,
        # What is lost with a total grows with the cells that it stands for.
        cost=(1 + sums.members).astype(np.float64), threshold=threshold,
    )  # fmt: skip


def _tell_totals(
    sums: Sums, values: npt.NDArray[np.int64], reason: npt.NDArray[np.object_], value: str
) -> dict[tuple[str, ...], pd.DataFrame]:
    """The totals of each margin in the order of its keys; one over a cell that was held back is held back too."""
    totals, first = {}, 0
    for margin, groups in sums.groups.items():
        some = slice(first, first + len(groups))
        lost = sums.partial[margin]
        broken = _told(lost, np.zeros(len(lost)), np.full(len(lost), WITHHELD, dtype=object), value)
        both = pd.concat([_told(groups, values[some], reason[some], value), broken], ignore_index=True)
        totals[margin] = both.sort_values(list(margin), ignore_index=True) if margin else both
        first = some.stop
    return totals


def _told(keys: pd.DataFrame, numbers: npt.ArrayLike, reason: npt.NDArray[np.object_], value: str) -> pd.DataFrame:
    hidden = reason != ""
    shown = pd.Series(np.asarray(numbers, dtype=float), index=keys.index).mask(hidden).astype("Int64")
    return keys.assign(**{value: shown, "hidden": hidden, "reason": pd.Series(reason, index=keys.index, dtype="str")})
