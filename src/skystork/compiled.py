"""The door to Numba: plain functions over arrays, made into machine code.

The code is kept on disk beside the package, in the user's cache, or in the folder that ``NUMBA_CACHE_DIR`` names; where
none can be written it is compiled anew in each process. No fast-math: the same numbers in must give the same numbers
out. Numba looks at the age of one file only: after a change of a function that others call, empty ``__pycache__``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, made when it is first called."""
    return _made(function)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """As machine code that is written into whoever calls it: where a call costs more than what is done in it."""
    return _made(function, forceinline=True)


def compiled_for(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """As machine code for arguments of these types (Numba's words), made at once: at import, not in the loop."""

    def make(function: Callable[P, R]) -> Callable[P, R]:
        return _made(function, signature)

    return make


def _made(function: Callable[P, R], *signature: str, forceinline: bool = False) -> Callable[P, R]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        njit: Any = numba.njit
        try:
            result: Callable[P, R] = njit(*signature, cache=True, nogil=True, forceinline=forceinline)(function)
        except RuntimeError:  # Numba's for: no folder for the cache
            result = njit(*signature, nogil=True, forceinline=forceinline)(function)
    return result
