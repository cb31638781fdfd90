"""Event loops that keep the simulated world's time: one that jumps from timer to timer, one that paces.

On both, ``loop.time()`` is the simulated world's time in seconds since the Unix epoch, so the same service, with the
same ``asyncio.sleep`` and ``asyncio.timeout``, runs a simulated hour in seconds, in an hour, or at any speed between.

Theory of operation. An asyncio loop asks its selector to wait for sockets until the next timer is due. The jumping
loop's selector does not wait: it sets the clock to that timer. When there is no timer either, nobody inside can end
the wait, and that is an error at once. The paced loop's selector waits for the timer's distance divided by the speed.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from skystork.errors import SkystorkError
from skystork.shell.world_clock import WorldClock

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")

TIMER_RESOLUTION_S = 1e-6
"""Timers nearer than this to the clock are due. Doubles about 1.8e9 s (the epoch today) are 2.4e-7 s apart, and a
loop whose resolution is below that would never see a timer as due at the very time it jumped to."""
_POLL_EVERY = 64
"""How often the jumping loop looks at its wake-up pipe, in turns: only signals arrive there, and a poll is a system
call of the order of a whole turn."""


class Deadlock(SkystorkError):
    """Every task of a virtual world waits for something that nobody inside will do."""


class _JumpingSelector(selectors.DefaultSelector):
    """Moves the loop's clock to the next timer instead of waiting for it."""

    loop: VirtualLoop
    _turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._turns += 1
        outside = len(self.get_map()) > 1  # the loop's own wake-up pipe is always there
        if timeout is None:
            if not outside:
                raise Deadlock(_deadlock_text(self.loop))
            return super().select(None)
        ready = super().select(0) if outside or self._turns % _POLL_EVERY == 0 else []
        if timeout > 0 and not ready:
            self.loop.jump()
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer whenever nothing is ready.

    Deterministic: calls meant for an executor run in the loop's own thread, and no socket is expected. A descriptor
    registered all the same is polled, but simulated time does not wait for it.

    Parameters
    ----------
    start_s
        Time of the simulated world at the start [s since the Unix epoch].
    """

    def __init__(self, start_s: float) -> None:
        self._now_s = float(start_s)
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)
        self._clock_resolution = TIMER_RESOLUTION_S

    def time(self) -> float:
        """Simulated time [s since the Unix epoch]."""
        return self._now_s

    def jump(self) -> None:
        """Set the clock to the next timer; called by the selector, which saw that there is one."""
        # The timer's own value and not "now plus the time-out", which would be a rounding beside it.
        next_timer: asyncio.TimerHandle = self._scheduled[0]  # type: ignore[attr-defined]  # asyncio's timer heap
        self._now_s = max(self._now_s, next_timer.when())

    def run_in_executor(
        self,
        executor: Executor | None,  # noqa: ARG002  # asyncio's signature; here there is only this thread
        func: Callable[[*_Arguments], _Result],
        *args: *_Arguments,
    ) -> asyncio.Future[_Result]:
        """Run the call in this thread, at this simulated time; no thread or process is started."""

        async def call_inline() -> _Result:
            return func(*args)

        return self.create_task(call_inline(), name="inline executor call")


class _PacedSelector(selectors.DefaultSelector):
    """Waits the simulated time divided by the speed; epoll rounds up to 1 ms of real time."""

    speed = 1.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / self.speed)


class PacedLoop(asyncio.SelectorEventLoop):
    """A loop that keeps the time of a simulated world running at a constant speed.

    Aligned to the wall clock once, at the start, and to the monotonic clock from there on: a step of the wall clock
    moves no timer. Timers are up to ``speed`` milliseconds of simulated time late (see :class:`_PacedSelector`).
    """

    def __init__(self, clock: WorldClock) -> None:
        self.speed = clock.speed
        self._start_s = clock.sim_at(time.time())
        self._monotonic_start_s = time.monotonic()
        selector = _PacedSelector()
        selector.speed = clock.speed
        super().__init__(selector)
        self._clock_resolution = TIMER_RESOLUTION_S * max(1.0, clock.speed)

    def time(self) -> float:
        """Simulated time [s since the Unix epoch]."""
        return self._start_s + (time.monotonic() - self._monotonic_start_s) * self.speed


def run_virtual(main: Coroutine[object, object, _Result], start_s: float) -> _Result:
    """Run a service in virtual time from ``start_s`` [s since the Unix epoch] until it returns.

    Raises
    ------
    Deadlock
        When every task waits and no timer is armed; the message lists who waits where.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(start_s)) as runner:
        return runner.run(main)


def run_paced(main: Coroutine[object, object, _Result], clock: WorldClock) -> _Result:
    """Run a service at the clock's speed until it returns."""
    with asyncio.Runner(loop_factory=lambda: PacedLoop(clock)) as runner:
        return runner.run(main)


def real_span_s(span_s: float) -> float:
    """The loop's own length of a span of real time, for deadlines on things outside the simulated world.

    A broker answers in real milliseconds; at 60 times real time, ``asyncio.timeout(10)`` would give it 0.17 s.
    """
    speed = getattr(asyncio.get_running_loop(), "speed", 1.0)
    return span_s * float(speed)


def _deadlock_text(loop: asyncio.AbstractEventLoop) -> str:
    waiting = sorted(f"{task.get_name()} at {_waits_at(task)}" for task in asyncio.all_tasks(loop))
    now = datetime.fromtimestamp(loop.time(), UTC).isoformat(timespec="milliseconds")
    return (
        f"deadlock at simulated {now}: nothing is ready, no timer is armed, and these tasks wait: "
        f"{'; '.join(waiting) or 'none'}. Whoever should wake them has ended or never begun."
    )


def _waits_at(task: asyncio.Task[object]) -> str:
    """File, line and function that a task is held in: the innermost that is not asyncio's own."""
    place = ""
    coroutine: object = task.get_coro()
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        source = Path(frame.f_code.co_filename)
        if not place or source.parent.name != "asyncio":
            place = f"{source.name}:{frame.f_lineno} in {frame.f_code.co_name}"
        coroutine = getattr(coroutine, "cr_await", None)
    return place or "its end"
