"""Parts of the service beside the flights: what fails in one is told, the part begins anew, and no aircraft notices.

A dispatcher that stumbles over one order must not end the watching of twenty aircraft, and a process that ends for it
would stumble again. Only the ledger is different: what memory then holds is not on disk, so the process ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass

from skystork.errors import LedgerError

log = logging.getLogger("skystork")

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a part begins anew, by how often it failed; the last one from then on (ours: a person looks by the minute)."""
STEADY_S = 300.0
"""A part that worked for so long since it began anew is in order again (ours: ten times the longest pause)."""


@dataclass(frozen=True, slots=True)
class PartFailure:
    """A part that failed and is not yet in order again."""

    name: str
    why: str
    times: int
    """In a row."""
    since_s: float
    """The first of them [s since the Unix epoch]."""
    again_s: float
    """When it began anew, or will [s since the Unix epoch]."""


class Parts:
    """One for each service."""

    def __init__(self) -> None:
        self._failures: dict[str, PartFailure] = {}
        self._first: Exception | None = None

    def failing(self, now_s: float) -> Iterator[PartFailure]:
        """Those that failed and have not worked for :data:`STEADY_S` since."""
        return (failure for failure in self._failures.values() if now_s - failure.again_s < STEADY_S)

    def raise_first(self) -> None:
        """Raise what made any part fail first, for runs in which nothing may: demonstrations and tests."""
        if self._first is not None:
            raise self._first

    async def keep(self, name: str, begin: Callable[[], Coroutine[object, object, None]]) -> None:
        """Have a part at work until its work is done; raises what the ledger raises, and nothing else."""
        while True:
            try:
                return await begin()
            except Exception as error:
                if is_of_ledger(error):
                    raise
                pause_s = self._note(name, error)
            await asyncio.sleep(pause_s)

    def _note(self, name: str, error: Exception) -> float:
        """Write a failure down; returns the pause before the part begins anew [s]."""
        now_s = asyncio.get_running_loop().time()
        before = next((failure for failure in self.failing(now_s) if failure.name == name), None)
        times = before.times + 1 if before else 1
        pause_s = PAUSES_S[min(times, len(PAUSES_S)) - 1]
        log.error("%s failed and begins anew in %g s; aircraft are watched as before", name, pause_s, exc_info=error)
        self._first = self._first or error
        since_s = before.since_s if before else now_s
        self._failures[name] = PartFailure(name, _words(error), times, since_s, now_s + pause_s)
        return pause_s


def is_of_ledger(error: Exception) -> bool:
    """Whether the ledger could not be read or written: the one fault that ends the process."""
    if isinstance(error, ExceptionGroup):
        return error.subgroup(LedgerError) is not None
    return isinstance(error, LedgerError)


def _words(error: Exception) -> str:
    """What happened; of a group, the first in it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
