"""The one way anything is recorded: applied to the order book, committed to the ledger, then told to listeners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from skystork.errors import LedgerError
from skystork.orders.book import OrderBook
from skystork.orders.events import Event, event_from_payload, event_payload
from skystork.shell.ledger_rows import LedgerEntry, LedgerRecord
from skystork.shell.ledger_writer import LedgerWriter

Listener = Callable[[float, Event], None]


class Journal:
    """Holds the order book and writes every event before anybody may act on it.

    An event that the order's table does not allow raises before anything is written. A commit that fails raises
    LedgerError out of the service: what memory then holds is not on disk, so the process ends and reads again.
    """

    def __init__(self, writer: LedgerWriter) -> None:
        self.book = OrderBook()
        self._writer = writer
        self._listeners: list[Listener] = []
        self._broken = asyncio.Event()
        self._why_broken = ""

    def replay(self, records: Iterable[LedgerRecord]) -> int:
        """Fold what the ledger holds; returns how many rows."""
        count = 0
        for record in records:
            self.book.apply(record.at_s, event_from_payload(record.kind, record.payload))
            count += 1
        return count

    def listen(self, listener: Listener) -> None:
        """Call this after each commit, in order."""
        self._listeners.append(listener)

    async def until_broken(self) -> None:
        """Wait for a commit that fails, whoever asked for it; raises LedgerError then."""
        await self._broken.wait()
        raise LedgerError(self._why_broken)

    async def record(self, *events: Event) -> None:
        """Commit events in one transaction; returns when they are on disk."""
        at_s = asyncio.get_running_loop().time()
        self.book.apply_all(at_s, events)
        try:
            await self._writer.append([_entry(at_s, event) for event in events])
        except LedgerError as error:
            self._why_broken = str(error)
            self._broken.set()
            raise
        for event in events:
            for listener in self._listeners:
                listener(at_s, event)


def _entry(at_s: float, event: Event) -> LedgerEntry:
    return LedgerEntry(
        kind=type(event).__name__,
        at_s=at_s,
        payload=event_payload(event),
        order_id=getattr(event, "order_id", None),
        flight_id=getattr(event, "flight_id", None),
        vehicle_id=getattr(event, "vehicle_id", None),
    )
