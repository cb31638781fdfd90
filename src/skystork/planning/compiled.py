"""The door to Numba: plain functions over arrays, made into machine code when first called.

The code is kept on disk beside the package, in the user's cache, or in the folder that ``NUMBA_CACHE_DIR`` names; where
none can be written it is compiled anew in each process. No fast-math: the same numbers in must give the same numbers
out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made: Any = numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # no folder for the cache
            made = numba.njit(nogil=True)(function)
    result: Callable[P, R] = made
    return result
