"""Processor time away from the event loop: solvers in processes of their own, each call with a deadline.

In virtual time a call runs inline and takes no simulated time, so that a run is the same every time.

Each worker is an executor with one process, so that a call that overruns is ended by killing that process, and
nobody else's call ends with it. Processes are spawned, not forked: a fork would copy the loop's threads and locks in
whatever state they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar, TypeVarTuple

from skystork.errors import SkystorkError, Unavailable
from skystork.shell.loops import VirtualLoop, real_span_s

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")

DEADLINE_S = 60.0
"""Default for one call [s of real time]: far above a flight plan, and a new worker's imports take some seconds."""


class SolverOverrunError(SkystorkError):
    """A call did not end within its deadline; its process was killed."""


class _Worker:
    """One process, started at once."""

    def __init__(self, preload: Sequence[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.executor = ProcessPoolExecutor(1, context, _prepare, (tuple(preload),))
        self._process_id: Future[int] = self.executor.submit(os.getpid)

    def kill(self) -> None:
        """End the process, whatever it is doing; one that still starts, as soon as its id is known."""
        self._process_id.add_done_callback(_kill_process)
        self.executor.shutdown(wait=False)


class SolverPool:
    """Runs functions of importable modules in worker processes; use as ``async with``.

    Parameters
    ----------
    workers
        Processes at a time, each started when it is first needed; further calls wait.
    preload
        Modules that each worker imports when it starts (cvxpy alone takes seconds).
    """

    def __init__(self, workers: int = 1, *, preload: Sequence[str] = ()) -> None:
        self._preload = tuple(preload)
        self._places: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue(workers)
        for _ in range(workers):
            self._places.put_nowait(None)
        self.busy = 0
        """Calls under way, for the console."""

    async def run(
        self, function: Callable[[*_Arguments], _Result], *args: *_Arguments, deadline_s: float = DEADLINE_S
    ) -> _Result:
        """Call a function in a worker; its arguments and its result are pickled.

        Parameters
        ----------
        function
            Of the top level of a module.
        args
            Its arguments.
        deadline_s
            From now to the result, the wait for a worker included [s of real time]; not kept in virtual time.

        Raises
        ------
        SolverOverrunError
            When the deadline passed.
        Unavailable
            When the process died, for want of memory perhaps.
        """
        if isinstance(asyncio.get_running_loop(), VirtualLoop):
            return function(*args)
        try:
            async with asyncio.timeout(real_span_s(deadline_s)) as deadline:
                worker = await self._places.get() or _Worker(self._preload)
                return await self._call(worker, function, *args)
        except TimeoutError:
            if not deadline.expired():
                raise  # the function's own
            raise SolverOverrunError(
                f"{function.__name__} did not end within {deadline_s:g} s. Ask for less, or give it longer."
            ) from None

    async def _call(self, worker: _Worker, function: Callable[[*_Arguments], _Result], *args: *_Arguments) -> _Result:
        """Call, and put the worker back into its place; a lost one leaves the place vacant."""
        back: _Worker | None = worker
        self.busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(worker.executor, function, *args)
        except BrokenProcessPool as error:
            back = None
            worker.kill()
            raise Unavailable("a solver's process died. See whether the machine is out of memory.") from error
        except asyncio.CancelledError:  # the deadline or our caller's end: nobody wants the result any more
            back = None
            worker.kill()
            raise
        finally:
            self.busy -= 1
            self._places.put_nowait(back)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the idle workers; a call under way ends its own when its task is cancelled."""
        while not self._places.empty():
            worker = self._places.get_nowait()
            if worker is not None:
                worker.executor.shutdown()


def _kill_process(process_id: Future[int]) -> None:
    if process_id.exception() is None:  # else it died before it could tell its id
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id.result(), signal.SIGKILL)


def _prepare(preload: tuple[str, ...]) -> None:
    """Set a worker up: Ctrl-C is for the service, which then ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in preload:
        importlib.import_module(module)
