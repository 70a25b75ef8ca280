"""What a reader can work out of hidden numbers: the attack that the hiding has to withstand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from tipping_point.disclosure.sums import NEVER, WITHHELD, Published, tie_sums
from tipping_point.tables import InputError

_CONTRADICTION = 2
"""What the solver says where no numbers keep to the sums."""


def solve_back(published: Published) -> pd.DataFrame:
    """The range that every hidden number is known to lie in, from what is published alone.

    The reader knows every number shown, the sums that tie them, that counts are whole, and that a hidden one is not
    nought (unless noughts are hidden as well). Each bound is exact: the least and the most by integer programming.

    Returns:
        table ('' for cells, else the columns of the margin joined by +), the keys, low and high (inf = no bound). What
        a publisher held back is tied to no total, and is not listed.

    Raises:
        InputError: numbers that contradict each other.
    """
    value = published.value
    keys = list(published.cells.columns[: published.cells.columns.get_loc(value)])
    used = published.cells[(published.cells[value].notna() | published.cells["hidden"]).to_numpy()]
    known = (used["reason"] != WITHHELD).to_numpy()
    sums = tie_sums(used, list(published.totals), known=known)
    tables = [used[known].assign(table="")]
    for margin, total in published.totals.items():
        # The totals are in the order of their keys, as the sums are.
        tables.append(total[total["reason"] != WITHHELD].assign(table="+".join(margin) or "all"))
    numbers = pd.concat(tables, ignore_index=True)
    banned = (numbers["reason"] == NEVER).to_numpy()[: int(known.sum())]
    over = (sums.matrix[:, : len(banned)] @ banned.astype(float)) > 0
    zero = np.concatenate([banned, over]) | published.hide_zeros
    hidden = numbers["hidden"].to_numpy(dtype=bool)
    shown = numbers[value].fillna(0).to_numpy(dtype=float)
    least = np.where(hidden, np.where(zero, 0, 1), shown)
    ranges = _bound(sums.matrix, shown, hidden, least)
    found = numbers.loc[hidden, ["table", *keys]].reset_index(drop=True)
    return found.assign(low=ranges[:, 0], high=ranges[:, 1])


def _bound(
    matrix: csr_array, shown: npt.NDArray[np.float64], hidden: npt.NDArray[np.bool_], least: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Least and most of each hidden number, shape (hidden, 2)."""
    unknown = np.flatnonzero(hidden)
    ties = csr_array(matrix[:, unknown])
    needed = -(matrix @ np.where(hidden, 0.0, shown))
    limits = Bounds(least[unknown], np.inf)
    ranges = np.empty((len(unknown), 2))
    for number in range(len(unknown)):
        for side, sign in enumerate((1.0, -1.0)):
            objective = np.zeros(len(unknown))
            objective[number] = sign
            answer = milp(
                objective, constraints=LinearConstraint(ties, needed, needed), bounds=limits,
                integrality=np.ones(len(unknown), dtype=np.int64),
            )  # fmt: skip
            if answer.status == _CONTRADICTION:
                raise InputError("the published numbers contradict each other: a total is not the sum of its parts")
            # Without an upper bound the solver finds none: nothing is known of the number from above.
            ranges[number, side] = np.inf if answer.x is None else round(sign * answer.fun)
    return ranges
