"""What the customer sees: where the parcel is, when it comes, the proof that it came, and all that happened to it."""

from __future__ import annotations

import msgspec

from skystork.app.http.fleet_views import Place, moment, place, rounded
from skystork.app.http.ledger_reads import EventView, LedgerReads, event_view
from skystork.app.http.order_routes import OrderPath, seen_order
from skystork.app.service import Service
from skystork.frames import distance_m
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode
from skystork.orders.order_state import OrderState
from skystork.shell.web.problem import conflict
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, row, rows_of

CARRIED = frozenset({OrderState.FLYING, OrderState.RELEASING, OrderState.RETURNING, OrderState.ON_ROAD})
"""States in which the vehicle is where the parcel is."""


class Tracker(msgspec.Struct, rename="camel", omit_defaults=True):
    """Where it is now."""

    order_id: str
    status: OrderState
    destination: Place
    mode: Mode | None = None
    promised_by: str | None = None
    eta: str | None = None
    position: Place | None = None
    """Of the vehicle, while it carries the parcel."""
    heading_deg: float | None = None
    distance_m: float | None = None
    """From there to the doorstep, in a straight line [m]."""
    stops_before: int | None = None
    """Doorsteps that the van calls at first."""
    delivered_at: str | None = None


class Proof(msgspec.Struct, rename="camel", omit_defaults=True):
    """That it was handed over."""

    order_id: str
    mode: Mode
    vehicle_id: str
    delivered_at: str
    evidence: str
    """What reported it: the gripper, the winch, the van, or a person."""
    destination: Place
    ledger_seq: int
    """Row of the ledger that says so."""
    ledger_hash: str
    """SHA-256 that holds the row to all before it."""
    flight_id: str | None = None
    released_at: Place | None = None
    """Where the drone was when its parcel left it."""
    released_height_home_m: float | None = None


class Timeline(msgspec.Struct, rename="camel"):
    """All that happened to an order."""

    items: tuple[EventView, ...]


class TrackerRoutes:
    """The rows and their handlers."""

    tag = "orders"

    def __init__(self, service: Service, reads: LedgerReads) -> None:
        self._service, self._reads = service, reads

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/orders/{orderId}/tracker", Scope.ORDERS_READ)
    async def get_tracker(self, call: Call[OrderPath, Nothing, Nothing]) -> Tracker:
        """Where the parcel is and when it comes."""
        record = seen_order(self._service, call.caller, call.path.order_id)
        return self._with_vehicle(
            Tracker(
                order_id=record.order.order_id,
                status=record.state,
                destination=place(record.order.drop_off),
                mode=record.mode,
                promised_by=moment(record.promised_by_s),
                eta=moment(record.eta_s),
                delivered_at=moment(record.delivered_at_s),
            ),
            record,
        )

    @row("GET", "/v1/orders/{orderId}/proof", Scope.ORDERS_READ, refusals=(409,))
    async def get_proof(self, call: Call[OrderPath, Nothing, Nothing]) -> Proof:
        """The proof of delivery; 409 until it is delivered."""
        record = seen_order(self._service, call.caller, call.path.order_id)
        order_id = record.order.order_id
        rows = await self._reads.ask(lambda reader: reader.of_order(order_id))
        told = next((each for each in reversed(rows) if each.kind == "OrderDelivered"), None)
        if told is None:
            raise conflict(f"it is {record.state}: nothing proves a delivery yet")
        payload = told.payload
        return Proof(
            order_id=order_id,
            mode=Mode(str(payload["mode"])),
            vehicle_id=str(payload["vehicle_id"]),
            delivered_at=moment(told.at_s) or "",
            evidence=str(payload["evidence"]),
            destination=place(record.order.drop_off),
            ledger_seq=told.seq,
            ledger_hash=told.hash,
            flight_id=told.flight_id,
            released_at=place(record.released_at) if record.released_at else None,
            released_height_home_m=rounded(record.released_height_home_m, 1),
        )

    @row("GET", "/v1/orders/{orderId}/events", Scope.ORDERS_READ)
    async def list_order_events(self, call: Call[OrderPath, Nothing, Nothing]) -> Timeline:
        """All that happened to the order, the oldest first."""
        order_id = seen_order(self._service, call.caller, call.path.order_id).order.order_id
        rows = await self._reads.ask(lambda reader: reader.of_order(order_id))
        return Timeline(tuple(map(event_view, rows)))

    def _with_vehicle(self, tracker: Tracker, record: OrderRecord) -> Tracker:
        if record.state not in CARRIED:
            return tracker
        for desk in self._service.desks:
            if desk.drone.vehicle_id == record.vehicle_id and desk.state.position is not None:
                tracker.position = place(desk.state.position)
                tracker.heading_deg = rounded(desk.state.heading_deg, 0)
                tracker.distance_m = rounded(distance_m(desk.state.position, record.order.drop_off), 0)
        for view in self._service.ground.values():
            if view.van.vehicle_id == record.vehicle_id and view.state is not None:
                order_ids = [order_id for stop in view.stops_left for order_id in stop.order_ids]
                tracker.position = place(view.state.position)
                tracker.distance_m = rounded(distance_m(view.state.position, record.order.drop_off), 0)
                if record.order.order_id in order_ids:
                    tracker.stops_before = order_ids.index(record.order.order_id)
        return tracker
