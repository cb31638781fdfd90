"""The order book: what the events of the ledger add up to. One writer, everybody else reads frozen records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from skystork.errors import IllegalTransition
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.control_book import ControlBook
from skystork.orders.control_events import ControlEvent
from skystork.orders.order import FlightId, Mode, Order, OrderId, VehicleId
from skystork.orders.order_state import MOVING_EVENTS, TERMINAL, OrderState, next_order_state
from skystork.orders.reasons import Reason, ReasonCode

_PUT_OFF = ({ReasonCode.SEPARATION}, {ReasonCode.SOLVER})
"""What passes by itself: a flight that ended on the ground for nothing else was not tried."""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """Everything known of one order."""

    order: Order
    accepted_at_s: float
    state: OrderState = OrderState.WAITING
    changed_at_s: float = 0.0
    drone_reasons: tuple[Reason, ...] | None = None
    """Why no drone; None until assessed, empty when a drone may."""
    van_reasons: tuple[Reason, ...] | None = None
    drone_profiles: tuple[str, ...] = ()
    mode: Mode | None = None
    vehicle_id: VehicleId | None = None
    flight_id: FlightId | None = None
    first_promise_s: float | None = None
    promised_by_s: float | None = None
    eta_s: float | None = None
    pick_up: Geodetic | None = None
    """Where a van is to take the parcel over; None: at the depot, or in a vehicle."""
    attempts: int = 0
    """Flights that brought it back or never left; not one that was only put off, or was let go for another."""
    came_home: bool = False
    """A drone brought it back."""
    put_off_at_s: float | None = None
    """When its flight was last put off for what passes: others held the air that it would take, or nobody was free to
    plan it [s since the Unix epoch]."""
    delivered_at_s: float | None = None
    reasons: tuple[Reason, ...] = ()
    """Of the last change, where it had any."""
    decided: e.OrderDecided | None = None
    """How it is to go, as decided last; None before the first decision."""
    declined_by: tuple[VehicleId, ...] = ()
    """Partners that would not carry it."""
    closed_by_hand: bool = False
    """A person told what became of its parcel; nothing reported it, so that what is on board is not known."""
    evidence: str = ""
    """What was reported when it was handed over."""
    released_at: Geodetic | None = None
    """Where a drone let its parcel go."""
    released_height_home_m: float | None = None
    road_only: bool = False
    """A person took it off the drones."""
    placed_by: str = ""
    """The account that placed it over HTTP; empty for files and the inbox."""
    reference: str = ""
    """The client's own name of it."""

    @property
    def ended(self) -> bool:
        """Whether the order is in a terminal state."""
        return self.state in TERMINAL


@dataclass(frozen=True, slots=True)
class FlightRecord:
    """Everything known of one flight."""

    flight_id: FlightId
    order_id: OrderId
    vehicle_id: VehicleId
    assigned_at_s: float
    phase: str = "assigned"
    mission: str = ""
    """Name of a mission by hand, whose ``order_id`` is empty; empty for a delivery."""
    over: tuple[str, ...] = ()
    """Neighbourhoods that its way leads over."""
    heard_db: tuple[tuple[str, float], ...] = ()
    """Its sound exposure level by neighbourhood [dB(A)]."""
    plan_hash: str | None = None
    mission_id: int | None = None
    fence_id: int | None = None
    """Both as the vehicle told them of what was uploaded, of the plan that it follows."""
    launched_at_s: float | None = None
    ground_amsl_m: float | None = None
    """Altitude that its heights count from; None where nobody saw it leave [m AMSL]."""
    rerouted_at_s: float | None = None
    """When it left for another place by another plan; the plan named here begins then."""
    reroute_item: int | None = None
    """Mission item to go on from by the plan named here; set while another plan may be on board."""
    landed: bool = False
    landed_at_pad: bool = False
    landed_position: Geodetic | None = None
    """Where it said it was when it was down."""
    ended_at_s: float | None = None


class OrderBook:
    """Fold of the ledger. Not frozen: it is the one mutable state of the orders layer, changed only by `apply`."""

    def __init__(self) -> None:
        self._orders: dict[OrderId, OrderRecord] = {}
        self._flights: dict[FlightId, FlightRecord] = {}
        self._actions: set[str] = set()
        self.control = ControlBook()
        """What commands made of the site."""
        self._placed: dict[tuple[str, str], e.OrderPlaced] = {}
        self.contingencies: dict[tuple[FlightId, str], tuple[float, e.ContingencyRaised]] = {}
        """Rules that were raised and not cleared, by flight and rule, each with when [s since the Unix epoch]."""
        self.out_of_service: dict[VehicleId, str] = {}
        """Vehicles that a person must look at, each with the reason."""

    def apply(self, at_s: float, event: e.Event) -> None:
        """Take one event in; raises :class:`~skystork.errors.IllegalTransition` before anything is changed."""
        if isinstance(event, e.OrderAccepted):
            self._accept(at_s, event)
            return
        if isinstance(event, e.OrderPlaced):
            self._placed[event.by, event.key] = event
        order_id = getattr(event, "order_id", None)
        if order_id is not None and order_id in self._orders:
            self._orders[order_id] = _advance(self._orders[order_id], at_s, event)
        if isinstance(event, e.SteeringOrdered | e.SteeringSettled | e.SettledByHand):
            self._actions.add(event.action_id)
        if isinstance(event, e.VehicleOutOfService):
            self.out_of_service[event.vehicle_id] = event.why
        if isinstance(event, e.VehicleRestored):
            self.out_of_service.pop(event.vehicle_id, None)
        if isinstance(event, e.ContingencyRaised):
            self.contingencies[event.flight_id, event.rule] = (at_s, event)
        if isinstance(event, e.ContingencyCleared):
            self.contingencies.pop((event.flight_id, event.rule), None)
        if isinstance(event, ControlEvent):
            self.control.apply(at_s, event)
        self._apply_to_flight(at_s, event)

    def apply_all(self, at_s: float, events: Sequence[e.Event]) -> None:
        """Take in events of one commit: all of them, or none where one raises IllegalTransition."""
        touched_orders: set[Any] = {getattr(event, "order_id", None) for event in events}
        touched_flights: set[Any] = {getattr(event, "flight_id", None) for event in events}
        orders = {key: self._orders.get(key) for key in touched_orders}
        flights = {key: self._flights.get(key) for key in touched_flights}
        try:
            for event in events:
                self.apply(at_s, event)
        except IllegalTransition:
            _restore(self._orders, orders)
            _restore(self._flights, flights)
            raise

    def __contains__(self, order_id: OrderId) -> bool:
        return order_id in self._orders

    def order(self, order_id: OrderId) -> OrderRecord:
        """The record of an order; KeyError when there is none."""
        return self._orders[order_id]

    def orders(self, *states: OrderState) -> Iterator[OrderRecord]:
        """Records in these states (all when none is named), in order of acceptance."""
        return (record for record in self._orders.values() if not states or record.state in states)

    def placed(self, by: str, key: str) -> e.OrderPlaced | None:
        """What a client placed under a key of its own; None where it did not."""
        return self._placed.get((by, key))

    def has_action(self, action_id: str) -> bool:
        """Whether an order of a person with this id was taken, carried out or not."""
        return action_id in self._actions

    @property
    def flights(self) -> Mapping[FlightId, FlightRecord]:
        """All flights, by id, in order of assignment."""
        return self._flights

    def open_flights(self) -> tuple[FlightRecord, ...]:
        """Flights that were assigned and whose vehicle is not free again."""
        return tuple(flight for flight in self._flights.values() if flight.ended_at_s is None)

    def _accept(self, at_s: float, event: e.OrderAccepted) -> None:
        if event.order_id not in self._orders:  # accepted twice is one acceptance: submission is idempotent
            self._orders[event.order_id] = OrderRecord(event.order, accepted_at_s=at_s, changed_at_s=at_s)

    def _apply_to_flight(self, at_s: float, event: e.Event) -> None:
        flight_id = getattr(event, "flight_id", None)
        if isinstance(event, e.OrderAssigned):
            ids = (event.flight_id, event.order_id, event.vehicle_id)
            self._flights[event.flight_id] = FlightRecord(*ids, at_s, over=event.over, heard_db=event.heard_db)
        elif isinstance(event, e.MissionAsked):
            asked = (event.flight_id, event.order_id, event.vehicle_id)
            self._flights[event.flight_id] = FlightRecord(*asked, at_s, mission=event.name)
        elif flight_id in self._flights:
            self._flights[flight_id] = _advance_flight(self._flights[flight_id], at_s, event)


def _restore(records: dict[Any, Any], before: Mapping[Any, Any]) -> None:
    for key, record in before.items():
        if record is not None:
            records[key] = record
        else:
            records.pop(key, None)


def _advance(record: OrderRecord, at_s: float, event: e.Event) -> OrderRecord:
    if type(event) in MOVING_EVENTS:
        record = replace(record, state=next_order_state(record.state, event), changed_at_s=at_s)
        if reasons := getattr(event, "reasons", ()):
            record = replace(record, reasons=reasons)
    return replace(record, **_facts(record, at_s, event))


_NOBODY: Mapping[str, Any] = {"mode": None, "vehicle_id": None, "flight_id": None, "eta_s": None}
"""Fields of an order that nobody carries any more."""


def _facts(record: OrderRecord, at_s: float, event: e.Event) -> dict[str, Any]:
    """The fields of the record that the event tells anew."""
    if isinstance(event, e.OrderPlaced | e.OrderRescheduled | e.OrderRedirected):
        return _facts_of_clients(record, event)
    return _facts_of_ours(record, at_s, event)


def _facts_of_ours(record: OrderRecord, at_s: float, event: e.Event) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    match event:
        case e.EligibilityAssessed():
            facts = {
                "drone_reasons": event.drone_reasons,
                "van_reasons": event.van_reasons,
                "drone_profiles": event.drone_profiles,
            }
        case e.PromiseMade():
            facts = {"first_promise_s": event.promised_by_s, "promised_by_s": event.promised_by_s}
        case e.PromiseRevised():
            facts = {"promised_by_s": event.promised_by_s}
        case e.OrderAssigned():
            facts = {"mode": Mode.DRONE, "vehicle_id": event.vehicle_id, "eta_s": event.eta_s}
            facts["flight_id"] = event.flight_id
        case e.OrderRouted():
            facts = {"mode": event.mode, "vehicle_id": event.vehicle_id, "eta_s": event.eta_s, "flight_id": None}
        case e.AssignmentDropped() | e.ParcelReturned() | e.ParcelAwaitsCollection():
            facts = {**_NOBODY, **_facts_of_no_delivery(record, at_s, event)}
        case e.ParcelLoaded():
            facts = {"vehicle_id": event.vehicle_id, "pick_up": None}
        case e.OrderDecided():
            facts = {"decided": event}
        case e.RouteDropped() | e.PartnerAsked() | e.PartnerDeclined() | e.ArrivalForeseen():
            facts = _facts_of_others(record, event)
        case e.OrderDelivered():
            facts = {"delivered_at_s": at_s, "evidence": event.evidence}
        case e.SettledByHand() if event.found is not None and event.outcome == "finished":
            facts = {"closed_by_hand": True}
        case e.ReleaseConfirmed() | e.OrderTakenOffDrone():
            facts = _facts_kept(event)
    return facts


def _facts_of_no_delivery(
    record: OrderRecord, at_s: float, event: e.AssignmentDropped | e.ParcelReturned | e.ParcelAwaitsCollection
) -> dict[str, Any]:
    """A drone had it, and does not deliver it."""
    if isinstance(event, e.AssignmentDropped):
        codes = {reason.code for reason in event.reasons}
        if codes in _PUT_OFF:
            return {"put_off_at_s": at_s}
        if codes == {ReasonCode.LET_GO}:
            return {}  # its drone was not tried
        return {"attempts": record.attempts + 1}
    lies_at = event.position if isinstance(event, e.ParcelAwaitsCollection) else None
    return {"attempts": record.attempts + 1, "came_home": True, "pick_up": lies_at}


def _facts_of_clients(
    record: OrderRecord, event: e.OrderPlaced | e.OrderRescheduled | e.OrderRedirected
) -> dict[str, Any]:
    """What the client said of it."""
    match event:
        case e.OrderPlaced():
            return {"placed_by": event.by, "reference": event.reference}
        case e.OrderRescheduled():
            return {"order": replace(record.order, deliver_by_s=event.deliver_by_s)}
    moved = {"order": replace(record.order, drop_off=event.drop_off), "drone_reasons": None, "van_reasons": None}
    return {**moved, **_NOBODY} if record.state is OrderState.WAITING else moved


def _facts_kept(event: e.ReleaseConfirmed | e.OrderTakenOffDrone) -> dict[str, Any]:
    """What moves the order nowhere by itself, or not alone."""
    if isinstance(event, e.OrderTakenOffDrone):
        return {"road_only": True}
    return {"released_at": event.position, "released_height_home_m": event.height_home_m}


def _facts_of_others(
    record: OrderRecord, event: e.RouteDropped | e.PartnerAsked | e.PartnerDeclined | e.ArrivalForeseen
) -> dict[str, Any]:
    """Who carries it now, where that is no drone's doing; and when it comes, whoever does."""
    if isinstance(event, e.ArrivalForeseen):
        return {"eta_s": event.eta_s}
    if isinstance(event, e.PartnerAsked):
        return {"mode": Mode.PARTNER, "vehicle_id": event.partner, "eta_s": event.eta_s, "flight_id": None}
    if isinstance(event, e.PartnerDeclined):
        return {**_NOBODY, "declined_by": (*record.declined_by, event.partner)}
    return dict(_NOBODY)


def _advance_flight(flight: FlightRecord, at_s: float, event: e.Event) -> FlightRecord:
    facts: dict[str, Any] = {}
    match event:
        case e.FlightPlanned():
            facts = {"phase": "planned", "plan_hash": event.plan_hash}
        case e.MissionUploaded():
            facts = {"phase": "uploaded", "mission_id": event.mission_id, "fence_id": event.fence_id}
        case e.RerouteBegun():
            facts = {"reroute_item": event.item}
        case e.RerouteUndone():
            facts = {"reroute_item": None}
        case e.FlightRerouted():
            facts = {"plan_hash": event.plan_hash, "mission_id": event.mission_id, "fence_id": event.fence_id}
            facts |= {"reroute_item": None, "rerouted_at_s": at_s}
        case e.FlightLaunched():
            facts = {"phase": "launched", "launched_at_s": at_s, "ground_amsl_m": event.ground_amsl_m}
        case e.FlightLanded():
            facts = {"landed": True, "landed_at_pad": event.at_pad, "landed_position": event.position}
        case e.FlightPhaseChanged():
            facts = {"phase": event.phase, "ended_at_s": at_s if event.phase == "ended" else None}
        case e.AssignmentDropped() | e.MissionDropped():
            facts = {"phase": "refused", "ended_at_s": at_s}
    return replace(flight, **facts)
