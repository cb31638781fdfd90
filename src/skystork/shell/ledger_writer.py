"""Group commit: many tasks append to the ledger, one transaction carries all that waited meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from skystork.errors import LedgerError
from skystork.shell.ledger_rows import EncodedEntry, LedgerEntry, LedgerRecord, encode
from skystork.shell.store import LedgerStore

QUEUE_LIMIT_ROWS = 4096
"""Rows waiting for a commit; some tenths of a second of work on a quiet disk."""

_Waiting = tuple[list[EncodedEntry], asyncio.Future[tuple[LedgerRecord, ...]]]


@dataclass(frozen=True, slots=True)
class LedgerStatistics:
    """Figures for the console."""

    waiting_rows: int
    committed_rows: int
    commits: int


class LedgerWriter:
    """Appends for many tasks at once.

    Commits run in one worker thread (inline in virtual time). The queue is bounded; an appender waits for room.

    Parameters
    ----------
    store
        Opened for writing; the writer uses it alone until :meth:`close`, which leaves it open.
    """

    def __init__(self, store: LedgerStore, *, queue_limit_rows: int = QUEUE_LIMIT_ROWS) -> None:
        self._store = store
        self._queue_limit_rows = queue_limit_rows
        self._waiting: deque[_Waiting] = deque()
        self._waiting_rows = self._committed_rows = self._commits = 0
        self._entrance = asyncio.Lock()  # first come, first served, also while the queue is full
        self._room = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._committing: asyncio.Task[None] | None = None

    @property
    def statistics(self) -> LedgerStatistics:
        """Figures for the console."""
        return LedgerStatistics(self._waiting_rows, self._committed_rows, self._commits)

    async def append(self, entries: Sequence[LedgerEntry]) -> tuple[LedgerRecord, ...]:
        """Write entries, in one transaction with whatever else waits; returns only after the commit.

        Raises
        ------
        LedgerError
            When the ledger cannot be written; then nothing of this call may be reported as done.
        """
        encoded = [encode(entry) for entry in entries]
        if not encoded:
            return ()
        written: asyncio.Future[tuple[LedgerRecord, ...]] = asyncio.get_running_loop().create_future()
        async with self._entrance:
            while self._waiting_rows and self._waiting_rows + len(encoded) > self._queue_limit_rows:
                self._room.clear()
                await self._room.wait()
            self._waiting.append((encoded, written))
            self._waiting_rows += len(encoded)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all(), name="ledger commit")
        return await written

    async def close(self) -> None:
        """Commit what waits and end the thread."""
        while self._committing is not None:
            await asyncio.shield(self._committing)
        self._thread.shutdown()

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                await self._commit_waiting()
        finally:
            self._committing = None

    async def _commit_waiting(self) -> None:
        group, self._waiting = self._waiting, deque()
        rows = [row for encoded, _ in group for row in encoded]
        error = LedgerError("the ledger's writer was stopped before the commit. Start the service again.")
        records: tuple[LedgerRecord, ...] = ()
        try:
            loop = asyncio.get_running_loop()
            records = await loop.run_in_executor(self._thread, self._store.append_encoded, rows)
        except LedgerError as refusal:
            error = refusal
        finally:
            self._waiting_rows -= len(rows)
            self._room.set()
            self._settle(group, records, error)

    def _settle(
        self,
        group: deque[_Waiting],
        records: tuple[LedgerRecord, ...],
        error: LedgerError,
    ) -> None:
        self._commits += bool(records)
        self._committed_rows += len(records)
        start = 0
        for encoded, written in group:
            mine, start = records[start : start + len(encoded)], start + len(encoded)
            if written.done():  # its appender was cancelled; the rows stand all the same
                continue
            if mine:
                written.set_result(mine)
            else:
                written.set_exception(LedgerError(str(error)))
