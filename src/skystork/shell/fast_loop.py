"""Which event loop runs the service in real time: asyncio's own, or uvloop where it is installed (the extra ``fast``).

uvloop takes about half the processor time for the same work at the socket and the timers. It keeps no time but the
wall's, so a world at another speed runs on :class:`~skystork.shell.loops.PacedLoop`.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from enum import StrEnum
from importlib.util import find_spec
from typing import TypeVar

from skystork.errors import InvalidInput, Problem, Unavailable
from skystork.shell.loops import PacedLoop
from skystork.shell.world_clock import WorldClock

_Result = TypeVar("_Result")


class LoopChoice(StrEnum):
    """``--loop``."""

    AUTO = "auto"
    """uvloop where it is installed and the time is the wall's, else asyncio."""
    ASYNCIO = "asyncio"
    UVLOOP = "uvloop"


def run_on(main: Coroutine[object, object, _Result], clock: WorldClock, choice: LoopChoice) -> _Result:
    """Run a service at the clock's speed until it returns, on the loop chosen.

    Raises
    ------
    Unavailable
        uvloop is asked for and not installed.
    InvalidInput
        uvloop is asked for in a world at another speed than the wall's.
    """
    try:
        factory = _factory(clock, choice)
    except (Unavailable, InvalidInput):
        main.close()
        raise
    rest_collector()
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


def rest_collector() -> None:
    """Let Python's collector of cycles look seldom, and never again at what is there now.

    A controller makes tens of thousands of short-lived objects a second and hardly a cycle; by default each 700 of them
    start a look, and every so often one through everything it holds, which stops the loop for milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _factory(clock: WorldClock, choice: LoopChoice) -> Callable[[], asyncio.AbstractEventLoop]:
    installed = find_spec("uvloop") is not None
    if choice is LoopChoice.UVLOOP:
        if not installed:
            raise Unavailable("uvloop is not installed: pip install 'skystork[fast]', or use --loop asyncio")
        if clock.speed != 1.0:
            seen, remedy = f"--loop uvloop at speed {clock.speed:g}", "Use --loop asyncio."
            raise InvalidInput((Problem("--loop", "uvloop keeps the wall's time only", seen, "speed 1", remedy),))
    if installed and choice is not LoopChoice.ASYNCIO and clock.speed == 1.0:
        return lambda: _uvloop(clock)
    return lambda: PacedLoop(clock)


def _uvloop(clock: WorldClock) -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415  # an optional dependency

    class WallLoop(uvloop.Loop):
        """Tells the time since the Unix epoch; aligned to the wall clock once, so that its steps move no timer."""

        speed = 1.0

        def __init__(self) -> None:
            super().__init__()
            self._offset_s = clock.sim_at(time.time()) - time.monotonic()

        def time(self) -> float:
            return time.monotonic() + self._offset_s

    return WallLoop()
