"""``/v1/events``, ``/v1/replay``, ``/v1/audit``: what the ledger holds, as pages, as a stream, as any past hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from skystork.app.http.fields import Cursor, MomentText, PageSize, moment_of_query
from skystork.app.http.ledger_reads import EventView, LedgerReads, event_view
from skystork.app.http.order_routes import may_see
from skystork.app.http.pages import cursor_after, read_cursor
from skystork.app.http.picture import QUIET_S, sse
from skystork.app.http.replay import Replay, replay_of
from skystork.app.service import Service
from skystork.app.state_folder import StateFolder
from skystork.orders.order import OrderId
from skystork.shell.ledger_rows import LedgerRecord
from skystork.shell.loops import real_span_s
from skystork.shell.track_store import read_tracks
from skystork.shell.web.problem import HttpRefusal
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Caller, Nothing, Route, Streamed, row, rows_of

AUDITED = (
    "CommandProposed", "CommandTaken", "CommandSettled", "SettledByHand", "SteeringOrdered", "SteeringSettled",
    "OrderPlaced", "OrderRescheduled", "OrderRedirected", "OrderTakenOffDrone", "VehicleOutOfService",
    "VehicleRestored", "DispatchPaused", "DispatchResumed", "CapacitySet", "ZoneClosed", "ZoneOpened", "ZonesChanged",
    "ZonesUploaded", "ZonesRemoved",
    "ServiceStarted",
)  # fmt: skip
"""Kinds of events that a person or a program caused."""
BATCH_ROWS = 500
LONGEST_REPLAY_S = 3600
_encode = msgspec.json.Encoder().encode


class EventsQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A page."""

    cursor: Cursor = ""
    limit: PageSize = 100


class StreamQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Where to begin."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53, description="Begin after this `seq`")] | UnsetType = UNSET
    """Now if not given."""


class ReplayQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which hour."""

    start: MomentText
    seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_REPLAY_S)] = LONGEST_REPLAY_S
    every: Annotated[int, msgspec.Meta(ge=1, le=60, description="Between points of a track [s]")] = 5


class Events(msgspec.Struct, rename="camel", omit_defaults=True):
    """A page."""

    items: tuple[EventView, ...]
    next: str | None = None
    """``cursor`` of the next page; missing on the last."""


class LedgerRoutes:
    """The rows and their handlers."""

    tag = "ledger"

    def __init__(self, service: Service, folder: StateFolder, reads: LedgerReads) -> None:
        self._service, self._folder, self._reads = service, folder, reads

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/events", Scope.LEDGER_READ)
    async def list_events(self, call: Call[Nothing, EventsQuery, Nothing]) -> Events:
        """Events of the ledger, the oldest first."""
        after, limit = read_cursor(call.query.cursor), call.query.limit
        records = await self._reads.ask(lambda reader: reader.page(after, limit))
        return _page(records, limit)

    @row("GET", "/v1/events/stream", Scope.ORDERS_READ, answer_media=("text/event-stream",))
    async def stream_events(self, call: Call[Nothing, StreamQuery, Nothing]) -> Streamed:
        """Events as they are written, as server-sent events.

        `id` is the event's `seq`: a client that comes back with `Last-Event-ID` misses nothing. Without `ledger:read`
        only events of orders that the caller may see are sent.
        """
        after = _last_event_id(call.headers.get("last-event-id", ""))
        if after is None and call.query.after is not UNSET:
            after = call.query.after
        if after is None:
            after = await self._reads.ask(lambda reader: reader.last_seq())
        return Streamed(self._follow(call.caller, after))

    @row("GET", "/v1/audit", Scope.LEDGER_READ)
    async def list_audit(self, call: Call[Nothing, EventsQuery, Nothing]) -> Events:
        """What people and programs ordered and what came of it, the newest first."""
        before, limit = read_cursor(call.query.cursor) or 2**62, call.query.limit
        records = await self._reads.ask(lambda reader: reader.of_kinds(AUDITED, before, limit))
        return _page(records, limit)

    @row("GET", "/v1/replay", Scope.LEDGER_READ)
    async def get_replay(self, call: Call[Nothing, ReplayQuery, Nothing]) -> Replay:
        """Any past hour: how the orders stood at its start, all that happened, and what was flown."""
        start_s = moment_of_query(call.query.start, "start")
        until_s = start_s + call.query.seconds
        self._service.flush_tracks()
        records = list(self._service.journal.book.orders())
        path, every = self._folder.tracks, call.query.every
        points = await asyncio.to_thread(read_tracks, path, start_s, until_s, every)
        return await self._reads.ask(lambda reader: replay_of(reader, records, points, start_s, until_s))

    async def _follow(self, caller: Caller, after: int) -> AsyncIterator[bytes]:
        yield b": events follow\n\n"
        while True:
            records = await self._batch(after)
            for record in records:
                after = record.seq
                if self._may_hear(caller, record):
                    yield sse(record.kind, _encode(event_view(record)), str(record.seq))
            if not records and not await self._news():
                yield b": nothing new\n\n"

    async def _batch(self, after: int) -> tuple[LedgerRecord, ...]:
        return await self._reads.ask(lambda reader: reader.page(after, BATCH_ROWS))

    async def _news(self) -> bool:
        """Whether something was written meanwhile."""
        try:
            async with asyncio.timeout(real_span_s(QUIET_S)), self._reads.news:
                await self._reads.news.wait()
        except TimeoutError:
            return False
        return True

    def _may_hear(self, caller: Caller, record: LedgerRecord) -> bool:
        if caller.may(Scope.LEDGER_READ):
            return True
        book, order_id = self._service.journal.book, OrderId(record.order_id or "")
        return order_id in book and may_see(caller, book.order(order_id))


def _page(records: tuple[LedgerRecord, ...], limit: int) -> Events:
    more = cursor_after(records[-1].seq) if len(records) == limit else None
    return Events(tuple(map(event_view, records)), more)


def _last_event_id(given: str) -> int | None:
    """None where there is none; a browser sends back what it got (WHATWG HTML, 9.2.4)."""
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise HttpRefusal(400, "bad-header", "Last-Event-ID is the id of an event: a number")
    return int(given)
