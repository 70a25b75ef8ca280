"""How the project compiles its few inner loops: below the stages, because several of them have some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Compile with numba on first use, kept on disk; releases the interpreter lock so that threads help."""
    return cast(Kernel, numba.njit(nogil=True, cache=True)(function))
