"""``/v1/flights``: every flight, its plan as the independent check had it, and the track it flew."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from skystork.app.flight_files import FlightFiles
from skystork.app.http.fields import Cursor, PageSize, PartyName
from skystork.app.http.fleet_views import moment
from skystork.app.http.pages import cursor_after, read_cursor
from skystork.app.http.replay import TrackPoint
from skystork.app.service import Service
from skystork.app.state_folder import StateFolder
from skystork.errors import LedgerError
from skystork.orders.book import FlightRecord
from skystork.orders.order import FlightId
from skystork.planning.document import plan_document
from skystork.shell.web.problem import conflict, not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, row, rows_of


class FlightPath(msgspec.Struct, rename="camel"):
    """``/v1/flights/{flightId}``."""

    flight_id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,64}$")]


class FlightsQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which flights."""

    vehicle_id: PartyName | UnsetType = UNSET
    order_id: PartyName | UnsetType = UNSET
    cursor: Cursor = ""
    limit: PageSize = 50


class FlightView(msgspec.Struct, rename="camel", omit_defaults=True):
    """One flight."""

    flight_id: str
    order_id: str
    vehicle_id: str
    phase: str
    assigned_at: str
    plan_hash: str | None = None
    launched_at: str | None = None
    rerouted_at: str | None = None
    landed: bool = False
    landed_at_pad: bool = False
    ended_at: str | None = None


class Flights(msgspec.Struct, rename="camel", omit_defaults=True):
    """A page, the newest first."""

    items: tuple[FlightView, ...]
    next: str | None = None


class PlanView(msgspec.Struct, rename="camel"):
    """A plan."""

    flight_id: str
    plan_hash: str
    document: dict[str, Any]
    """As the independent check read it; docs/flight-check.md has its fields."""


class TrackView(msgspec.Struct, rename="camel"):
    """What was flown, a point a second."""

    flight_id: str
    start: str | None
    points: tuple[TrackPoint, ...]


class FlightRoutes:
    """The rows and their handlers."""

    tag = "flights"

    def __init__(self, service: Service, folder: StateFolder) -> None:
        self._service, self._files = service, FlightFiles(folder.plans)

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/flights", Scope.FLEET_READ)
    async def list_flights(self, call: Call[Nothing, FlightsQuery, Nothing]) -> Flights:
        """Flights, the newest first."""
        records, query = list(self._service.journal.book.flights.values()), call.query
        index = min(read_cursor(query.cursor) or len(records), len(records))
        found: list[FlightView] = []
        while index > 0 and len(found) < query.limit:
            index -= 1
            record = records[index]
            if query.vehicle_id in {UNSET, record.vehicle_id} and query.order_id in {UNSET, record.order_id}:
                found.append(flight_view(record))
        return Flights(tuple(found), cursor_after(index) if index else None)

    @row("GET", "/v1/flights/{flightId}", Scope.FLEET_READ)
    async def get_flight(self, call: Call[FlightPath, Nothing, Nothing]) -> FlightView:
        """One flight."""
        return flight_view(self._record(call.path.flight_id))

    @row("GET", "/v1/flights/{flightId}/plan", Scope.FLEET_READ, refusals=(409,))
    async def get_plan(self, call: Call[FlightPath, Nothing, Nothing]) -> PlanView:
        """The plan that it flies or flew."""
        record = self._record(call.path.flight_id)
        if record.plan_hash is None:
            raise conflict(f"flight {record.flight_id} has no plan: it is {record.phase}")
        try:
            plan = await asyncio.to_thread(self._files.load, record.flight_id, record.plan_hash)
        except LedgerError as error:
            raise conflict(str(error)) from error
        return PlanView(record.flight_id, record.plan_hash, plan_document(plan))

    @row("GET", "/v1/flights/{flightId}/track", Scope.FLEET_READ)
    async def get_track(self, call: Call[FlightPath, Nothing, Nothing]) -> TrackView:
        """The track that it flew."""
        record = self._record(call.path.flight_id)
        points = self._service.track_of(record.flight_id)
        start_s = points[0].at_s if points else 0.0
        told = tuple(
            TrackPoint(
                round(each.at_s - start_s, 1),
                round(each.latitude_deg, 7),
                round(each.longitude_deg, 7),
                round(each.altitude_amsl_m, 1),
                round(each.height_home_m, 1),
            )
            for each in points
        )
        return TrackView(record.flight_id, moment(start_s) if points else None, told)

    def _record(self, flight_id: str) -> FlightRecord:
        record = self._service.journal.book.flights.get(FlightId(flight_id))
        if record is None:
            raise not_found(f"flight {flight_id}")
        return record


def flight_view(record: FlightRecord) -> FlightView:
    """As the ledger has it."""
    return FlightView(
        record.flight_id,
        record.order_id,
        record.vehicle_id,
        record.phase,
        moment(record.assigned_at_s) or "",
        record.plan_hash,
        moment(record.launched_at_s),
        moment(record.rerouted_at_s),
        record.landed,
        record.landed_at_pad,
        moment(record.ended_at_s),
    )
