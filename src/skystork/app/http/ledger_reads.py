"""The ledger as the HTTP API reads it: through a connection of its own, in a thread, never the writer's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from skystork.app.bus_header import rfc3339
from skystork.app.journal import Journal
from skystork.shell.ledger_rows import LedgerRecord
from skystork.shell.store import LedgerReader

T = TypeVar("T")


class EventView(msgspec.Struct, rename="camel", omit_defaults=True):
    """One row of the ledger."""

    seq: int
    """1, 2, 3 …; the ``id`` of the event stream."""
    at: str
    kind: str
    payload: dict[str, Any]
    """The event's own fields, as docs/http.md says."""
    order_id: str | None = None
    flight_id: str | None = None
    vehicle_id: str | None = None


class LedgerReads:
    """Reads while the service writes; use as a context manager."""

    def __init__(self, path: Path, journal: Journal) -> None:
        self._path = path
        self._reader: LedgerReader | None = None
        self._thread = ThreadPoolExecutor(1, "ledger reads")
        self.news = asyncio.Condition()
        self._woken = asyncio.Event()
        journal.listen(lambda _at_s, _event: self._woken.set())

    async def ask(self, question: Callable[[LedgerReader], T]) -> T:
        """Have the reader answer in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    def _answer(self, question: Callable[[LedgerReader], T]) -> T:
        if self._reader is None:
            self._reader = LedgerReader.open(self._path)
        return question(self._reader)

    async def run(self) -> None:
        """Wake those who follow the ledger; for the life of the server."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            async with self.news:
                self.news.notify_all()

    def close(self) -> None:
        """Let go of the file."""
        self._thread.shutdown()
        if self._reader is not None:
            self._reader.close()


def event_view(record: LedgerRecord) -> EventView:
    """As it is told."""
    return EventView(
        record.seq,
        rfc3339(record.at_s),
        record.kind,
        record.payload,
        record.order_id,
        record.flight_id,
        record.vehicle_id,
    )
