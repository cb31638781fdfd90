"""What the console reads of the past: figures, replay, audit trail, plans; rows under ``/console``.

The ledger's file is read in a thread by a connection that only reads; the service goes on meanwhile.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from skystork.app.console_figures import Figures, figures_of
from skystork.app.http.console_routes import IdPath
from skystork.app.ledger_history import MOST_ROWS, HistoryRow, LedgerHistory
from skystork.app.service import Service
from skystork.errors import LedgerError
from skystork.flight.mission import compile_mission
from skystork.flight.plan_file import write_plan_file
from skystork.orders.order import FlightId
from skystork.shell.track_store import FlownPoint
from skystork.shell.web.problem import invalid, not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, File, Nothing, Route, row, rows_of

LONGEST_REPLAY_S = 7200.0
Moment = Annotated[float, msgspec.Meta(ge=0, le=1e11, description="[s since the Unix epoch]")]


class Span(msgspec.Struct, rename="camel"):
    """Where the ledger begins and ends."""

    from_s: float | None
    to_s: float | None


class SpanQuery(msgspec.Struct, rename="camel"):
    """Which part of the past."""

    from_s: Moment
    to_s: Moment


class Track(msgspec.Struct, rename="camel"):
    """One flight as it was flown: time, latitude, longitude, height above home."""

    flight_id: str
    vehicle_id: str
    points: list[tuple[float, float, float, float]]


class Replay(msgspec.Struct, rename="camel"):
    """A part of the past."""

    tracks: tuple[Track, ...]
    events: tuple[HistoryRow, ...]


class AuditQuery(msgspec.Struct, rename="camel"):
    """Which rows."""

    before: Annotated[int, msgspec.Meta(ge=0, le=10**15)] = 0
    """Rows before this one; 0: the newest."""
    people: Annotated[int, msgspec.Meta(ge=0, le=1)] = 1
    """Only what people did."""


class AuditPage(msgspec.Struct, rename="camel"):
    """Rows, newest first."""

    rows: tuple[HistoryRow, ...]


class Chain(msgspec.Struct, rename="camel"):
    """Whether anything was changed."""

    rows: int
    broken: int | None
    """The first row that does not follow from the one before; null where all do."""


class HistoryRoutes:
    """The rows and their handlers."""

    tag = "console"

    def __init__(self, service: Service) -> None:
        self._service, self._history = service, LedgerHistory(service.folder.ledger)

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/console/figures", Scope.KPI_READ)
    async def console_figures(self, call: Call[Nothing, Nothing, Nothing]) -> Figures:
        """Figures of everything the ledger holds, with their course."""
        return await asyncio.to_thread(figures_of, self._history, self._service.site)

    @row("GET", "/console/replay/span", Scope.LEDGER_READ)
    async def console_replay_span(self, call: Call[Nothing, Nothing, Nothing]) -> Span:
        """Where the ledger begins and ends."""
        return Span(*(await asyncio.to_thread(self._history.span_s) or (None, None)))

    @row("GET", "/console/replay", Scope.LEDGER_READ, refusals=(422,))
    async def console_replay(self, call: Call[Nothing, SpanQuery, Nothing]) -> Replay:
        """Where everything was in a part of the past, and what was recorded."""
        from_s, to_s = call.query.from_s, call.query.to_s
        if not 0 <= to_s - from_s <= LONGEST_REPLAY_S:
            raise invalid(f"fromS to toS is {to_s - from_s:g} s; 0 to {LONGEST_REPLAY_S:g} s can be shown at once")
        events = await asyncio.to_thread(self._history.between, from_s, to_s)
        return Replay(_tracks(self._service.flown_between(from_s, to_s)), events)

    @row("GET", "/console/audit", Scope.LEDGER_READ)
    async def console_audit(self, call: Call[Nothing, AuditQuery, Nothing]) -> AuditPage:
        """The audit trail, newest first."""
        before, people = call.query.before or None, bool(call.query.people)
        return AuditPage(
            await asyncio.to_thread(self._history.page, before=before, people_only=people, limit=MOST_ROWS // 5)
        )

    @row("GET", "/console/audit/chain", Scope.LEDGER_READ)
    async def console_audit_chain(self, call: Call[Nothing, Nothing, Nothing]) -> Chain:
        """Walk along the chain of hashes."""
        report = await asyncio.to_thread(self._history.verify)
        return Chain(report.rows, report.broken.seq if report.broken else None)

    @row("GET", "/console/audit/export", Scope.LEDGER_READ, answer_media=("application/jsonl",))
    async def console_audit_export(self, call: Call[Nothing, Nothing, Nothing]) -> File:
        """Everything that was recorded, as JSON Lines with the hashes."""
        return File(await asyncio.to_thread(self._history.as_lines), "application/jsonl", "audit.jsonl")

    @row("GET", "/console/flights/{id}/plan", Scope.FLEET_READ, refusals=(404,))
    async def console_flight_plan(self, call: Call[IdPath, Nothing, Nothing]) -> File:
        """A flight as QGroundControl opens it."""
        record = self._service.journal.book.flights.get(FlightId(call.path.id))
        if record is None or record.plan_hash is None:
            raise not_found(f"plan of a flight {call.path.id}")
        site = self._service.site
        try:
            plan = self._service.plan_of(record.flight_id, record.plan_hash)
        except LedgerError as error:
            raise not_found(f"plan of {call.path.id}: {error}") from error
        text = write_plan_file(
            compile_mission(plan, site.frame), plan.request.pad, site.table.ground_amsl_m, plan.request.profile
        )
        return File(text.encode(), "application/json", f"{record.flight_id}.plan")


def _tracks(points: tuple[FlownPoint, ...]) -> tuple[Track, ...]:
    found: dict[str, Track] = {}
    for point in points:
        track = found.setdefault(point.flight_id, Track(point.flight_id, point.vehicle_id, []))
        track.points.append(
            (point.at_s, round(point.latitude_deg, 6), round(point.longitude_deg, 6), round(point.height_home_m, 1))
        )
    return tuple(found.values())
