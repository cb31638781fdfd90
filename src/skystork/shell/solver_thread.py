"""A solver in a thread of its own: for work whose compiled part lets go of Python while it counts.

A worker process would have to be told everything and tell everything back: for 2,000 orders and 500 drones that takes
three times as long as deciding over them (measured; ``benchmarks/dispatch/event_to_decision.py``). A thread reads the
same frozen values. It cannot be killed, so the work itself looks at the time: ``spent`` is given to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar, TypeVarTuple

from skystork.shell.loops import VirtualLoop

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class SolverThread:
    """One call at a time beside the event loop; in virtual time in the loop itself. Use as ``async with``."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="solver")

    async def run(self, function: Callable[[*_Arguments], _Result], *args: *_Arguments) -> _Result:
        """Call a function of frozen values."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, VirtualLoop):
            return function(*args)
        return await loop.run_in_executor(self._executor, function, *args)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What is under way is waited for: it ends by its own deadline."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def spent_after(limit_s: float) -> Callable[[], float]:
    """The share of a time limit that is over, counted from now [s of real time]; never any in virtual time."""
    if isinstance(asyncio.get_running_loop(), VirtualLoop):
        return lambda: 0.0
    began_s = time.monotonic()
    return lambda: (time.monotonic() - began_s) / limit_s
