"""Numbers of a table, checked at the door: below the stages, because tests of series and of wards both ask for them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def finite_numbers(values: pd.Series | pd.DataFrame) -> tuple[npt.NDArray[np.float64], list[str]]:
    """The values as floats of the same shape, missing as NaN, and what is wrong with them: no numbers, or infinite."""
    try:
        numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        return np.empty(0), [f"values: not all are numbers ({error}); allowed are finite numbers, or missing"]
    infinite = int(np.isinf(numbers).sum())
    return numbers, [f"values: {infinite} are infinite; allowed are finite numbers, or missing"] if infinite else []
