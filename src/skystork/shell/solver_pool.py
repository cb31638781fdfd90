"""Processor time away from the event loop: solvers in processes of their own, each call with a deadline.

The deadline begins where a worker begins the call. The wait for a worker has a bound of its own and another error: many
calls at once are no fault of any of them.

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
"""Default for one call, from where its worker begins it [s of real time]: far above a flight plan."""
PATIENCE_S = 300.0
"""Default for the wait until a worker begins [s of real time]: a plan takes seconds on a busy machine, a new worker's
imports some more, and whoever waits longer is behind dozens."""


class SolverOverrunError(SkystorkError):
    """A call did not end within its deadline; its process was killed."""


class SolverBusyError(Unavailable):
    """No worker was free to begin a call in the time it may wait; nothing is wrong with what was asked."""


class _Worker:
    """One process, started at once."""

    def __init__(self, preload: Sequence[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.executor = ProcessPoolExecutor(1, context, _prepare, (tuple(preload),))
        self._process_id: Future[int] = self.executor.submit(os.getpid)

    async def started(self) -> None:
        """Until its process is there and has loaded what it is to have."""
        await asyncio.shield(asyncio.wrap_future(self._process_id))

    def kill(self) -> None:
        """End the process, whatever it is doing; one that still starts, as soon as its id is known."""
        self._process_id.add_done_callback(_kill_process)
        self.executor.shutdown(wait=False)


class SolverPool:
    """Runs functions of importable modules in worker processes; use as ``async with``.

    Parameters
    ----------
    workers
        Processes at a time, each started when it is first needed; further calls wait, first come first served.
    preload
        Modules that each worker imports when it starts (cvxpy alone takes seconds).
    """

    def __init__(self, workers: int = 1, *, preload: Sequence[str] = ()) -> None:
        self._preload = tuple(preload)
        self._places: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue(workers)
        for _ in range(workers):
            self._places.put_nowait(None)
        self.busy = 0
        """Calls that a worker has begun."""
        self.waiting = 0
        """Calls that no worker has begun."""

    async def run(
        self,
        function: Callable[[*_Arguments], _Result],
        *args: *_Arguments,
        deadline_s: float = DEADLINE_S,
        patience_s: float = PATIENCE_S,
    ) -> _Result:
        """Call a function in a worker; its arguments and its result are pickled.

        Parameters
        ----------
        function
            Of the top level of a module.
        args
            Its arguments.
        deadline_s
            From where a worker begins to the result [s of real time]; not kept in virtual time.
        patience_s
            Until a worker begins: a free one, and a new one's start [s of real time].

        Raises
        ------
        SolverOverrunError
            When the deadline passed.
        SolverBusyError
            When no worker began in that time.
        Unavailable
            When the process died, for want of memory perhaps.
        """
        if isinstance(asyncio.get_running_loop(), VirtualLoop):
            return function(*args)
        worker = await self._ready_worker(function.__name__, patience_s)
        try:
            async with asyncio.timeout(real_span_s(deadline_s)) as deadline:
                return await self._call(worker, function, *args)
        except TimeoutError:
            if not deadline.expired():
                raise  # the function's own
            raise SolverOverrunError(
                f"{function.__name__} did not end within {deadline_s:g} s. Ask for less, or give it longer."
            ) from None

    async def _ready_worker(self, name: str, patience_s: float) -> _Worker:
        """A worker that stands ready, first come first served."""
        self.waiting += 1
        try:
            async with asyncio.timeout(real_span_s(patience_s)):
                worker = await self._places.get() or _Worker(self._preload)
                await self._await_start(worker)
        except TimeoutError:
            text = f"{name} found no free worker within {patience_s:g} s"
            others = f"{self.busy} calls are under way, {self.waiting - 1} more wait"
            raise SolverBusyError(f"{text}: {others}. Ask again; where that lasts, the machine is too slow.") from None
        finally:
            self.waiting -= 1
        return worker

    async def _await_start(self, worker: _Worker) -> None:
        """Whoever waits no longer leaves it in its place, starting still."""
        try:
            await worker.started()
        except BrokenProcessPool as error:
            raise self._died(worker) from error
        except asyncio.CancelledError:
            self._places.put_nowait(worker)
            raise

    async def _call(self, worker: _Worker, function: Callable[[*_Arguments], _Result], *args: *_Arguments) -> _Result:
        """Call, and put the worker back into its place; a lost one leaves the place vacant."""
        self.busy += 1
        try:
            result = await asyncio.get_running_loop().run_in_executor(worker.executor, function, *args)
        except BrokenProcessPool as error:
            raise self._died(worker) from error
        except asyncio.CancelledError:  # the deadline or our caller's end: nobody wants the result any more
            self._vacate(worker)
            raise
        except BaseException:
            self._places.put_nowait(worker)
            raise
        finally:
            self.busy -= 1
        self._places.put_nowait(worker)
        return result

    def _vacate(self, worker: _Worker) -> None:
        worker.kill()
        self._places.put_nowait(None)

    def _died(self, worker: _Worker) -> Unavailable:
        self._vacate(worker)
        return Unavailable("a solver's process died. See whether the machine is out of memory.")

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
