"""What can happen to an order and to a flight: the only things that are ever written to the ledger.

Past tense, frozen, of plain types, so that a row of the ledger is the event and nothing else. State is their fold
(:mod:`skystork.orders.book`).
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from skystork.errors import LedgerError
from skystork.orders.client_events import OrderPlaced, OrderRedirected, OrderRescheduled
from skystork.orders.control_events import (
    AlarmOver,
    AlarmTaken,
    CapacitySet,
    CommandProposed,
    CommandSettled,
    CommandTaken,
    DispatchPaused,
    DispatchResumed,
    OrderTakenOffDrone,
    ZoneClosed,
    ZoneOpened,
    ZonesRemoved,
    ZonesUploaded,
)
from skystork.orders.dispatch_events import (
    ArrivalForeseen,
    OrderDecided,
    PartnerAsked,
    PartnerCollected,
    PartnerDeclined,
    PricedWay,
    PromiseOffered,
    RouteDropped,
)
from skystork.orders.flight_events import (
    ContingencyCleared,
    ContingencyRaised,
    FlightCleared,
    FlightLanded,
    FlightLaunched,
    FlightPhaseChanged,
    FlightPlanned,
    FlightRerouted,
    FlightTracked,
    LaunchChecked,
    LaunchSettled,
    MissionAsked,
    MissionDropped,
    MissionUploaded,
    ParcelAwaitsCollection,
    ParcelReturned,
    ParcelReturning,
    ParcelStranded,
    ReleaseConfirmed,
    ReleaseFailed,
    ReleaseRequested,
    ReleaseUnresolved,
    ReleaseWithheld,
    RerouteBegun,
    RerouteUndone,
    SteeringOrdered,
    SteeringSettled,
    ZonesChanged,
    ZonesKept,
    ZoneTouch,
)
from skystork.orders.order import FlightId, Mode, Order, OrderId, RouteId, VehicleId
from skystork.orders.reasons import Reason

__all__ = [
    "AlarmOver",
    "AlarmTaken",
    "ArrivalForeseen",
    "CapacitySet",
    "CommandProposed",
    "CommandSettled",
    "CommandTaken",
    "ContingencyCleared",
    "ContingencyRaised",
    "DispatchPaused",
    "DispatchResumed",
    "FlightCleared",
    "FlightLanded",
    "FlightLaunched",
    "FlightPhaseChanged",
    "FlightPlanned",
    "FlightRerouted",
    "FlightTracked",
    "LaunchChecked",
    "LaunchSettled",
    "MissionAsked",
    "MissionDropped",
    "MissionUploaded",
    "OrderDecided",
    "OrderPlaced",
    "OrderRedirected",
    "OrderRescheduled",
    "OrderTakenOffDrone",
    "ParcelAwaitsCollection",
    "ParcelReturned",
    "ParcelReturning",
    "ParcelStranded",
    "PartnerAsked",
    "PartnerCollected",
    "PartnerDeclined",
    "PricedWay",
    "PromiseOffered",
    "ReleaseConfirmed",
    "ReleaseFailed",
    "ReleaseRequested",
    "ReleaseUnresolved",
    "ReleaseWithheld",
    "RerouteBegun",
    "RerouteUndone",
    "RouteDropped",
    "SteeringOrdered",
    "SteeringSettled",
    "ZoneClosed",
    "ZoneOpened",
    "ZoneTouch",
    "ZonesChanged",
    "ZonesKept",
    "ZonesRemoved",
    "ZonesUploaded",
]
"""Events of flights, of deciding and of commands, to be found here with all others."""


@dataclass(frozen=True, slots=True)
class ServiceStarted:
    """A controller took the ledger in hand."""

    site: str
    version: str
    seed: int | None = None
    """Seed of the simulated world; None with real vehicles."""


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """The order is ours now: it ends delivered, undeliverable with the reason, or cancelled."""

    order_id: OrderId
    order: Order


@dataclass(frozen=True, slots=True)
class EligibilityAssessed:
    """Which modes may carry the order, and what stands in the way of the others."""

    order_id: OrderId
    drone_reasons: tuple[Reason, ...]
    """Empty: a drone may."""
    van_reasons: tuple[Reason, ...]
    drone_profiles: tuple[str, ...] = ()
    """The types of aircraft that can fly it."""


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """The customer was told a time."""

    order_id: OrderId
    mode: Mode
    promised_by_s: float


@dataclass(frozen=True, slots=True)
class PromiseRevised:
    """The customer was told a new time, before the old one passed wherever that was known before."""

    order_id: OrderId
    promised_by_s: float
    previous_s: float
    message: str
    """The sentence the customer got."""


@dataclass(frozen=True, slots=True)
class OrderAssigned:
    """A drone was chosen; planning and loading begin."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    eta_s: float
    lateness_s: float
    energy_j: float
    over: tuple[str, ...] = ()
    """Neighbourhoods that its way leads over: their noise budgets count it."""
    heard_db: tuple[tuple[str, float], ...] = ()
    """Its sound exposure level by neighbourhood [dB(A)], where one has a budget of sound."""


@dataclass(frozen=True, slots=True)
class AssignmentDropped:
    """The chosen drone will not fly it; the order waits again."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RoutePlanned:
    """A van's plan was renewed."""

    route_id: RouteId
    vehicle_id: VehicleId
    update: int
    stops: tuple[OrderId, ...]
    distance_m: float
    energy_j: float
    roads: str = ""
    """Who says how long the ways take, and where the straight line stands in for him."""


@dataclass(frozen=True, slots=True)
class OrderRouted:
    """The order stands in a van's plan, or a robot was sent with it."""

    order_id: OrderId
    vehicle_id: VehicleId
    eta_s: float
    lateness_s: float
    reasons: tuple[Reason, ...] = ()
    """Why not by drone."""
    mode: Mode = Mode.VAN


@dataclass(frozen=True, slots=True)
class ParcelLoaded:
    """The parcel is in the van."""

    order_id: OrderId
    vehicle_id: VehicleId


@dataclass(frozen=True, slots=True)
class OrderDelivered:
    """Handed over, once."""

    order_id: OrderId
    mode: Mode
    vehicle_id: VehicleId
    evidence: str
    flight_id: FlightId | None = None


@dataclass(frozen=True, slots=True)
class OrderUndeliverable:
    """No mode can carry it, or it is stranded: the customer was told, a person has it."""

    order_id: OrderId
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """Cancelled before it left the depot."""

    order_id: OrderId
    why: str


@dataclass(frozen=True, slots=True)
class SettledByHand:
    """A person's word at the desk, and what came of it; what it changed is in the events beside it."""

    action_id: str
    action: str
    by: str
    why: str
    outcome: str
    """``finished`` or ``refused``."""
    detail: str
    order_id: OrderId | None = None
    vehicle_id: VehicleId | None = None
    found: str | None = None
    """With a closed order: what became of its parcel."""


@dataclass(frozen=True, slots=True)
class VehicleOutOfService:
    """A person must look at the vehicle before it flies again, whatever is restarted meanwhile."""

    vehicle_id: VehicleId
    why: str


@dataclass(frozen=True, slots=True)
class VehicleRestored:
    """A person looked, and it may fly again."""

    vehicle_id: VehicleId
    by: str
    why: str


Event = (
    ServiceStarted
    | OrderAccepted
    | OrderPlaced
    | OrderRescheduled
    | OrderRedirected
    | EligibilityAssessed
    | OrderDecided
    | PromiseOffered
    | PromiseMade
    | PromiseRevised
    | OrderAssigned
    | AssignmentDropped
    | MissionAsked
    | MissionDropped
    | FlightPlanned
    | LaunchChecked
    | LaunchSettled
    | FlightCleared
    | MissionUploaded
    | FlightLaunched
    | FlightPhaseChanged
    | ReleaseRequested
    | ReleaseWithheld
    | ReleaseConfirmed
    | ReleaseFailed
    | ReleaseUnresolved
    | ContingencyRaised
    | ContingencyCleared
    | SteeringOrdered
    | RerouteBegun
    | RerouteUndone
    | FlightRerouted
    | SteeringSettled
    | ParcelReturning
    | FlightLanded
    | FlightTracked
    | ParcelReturned
    | ParcelAwaitsCollection
    | ParcelStranded
    | RoutePlanned
    | OrderRouted
    | RouteDropped
    | ArrivalForeseen
    | PartnerAsked
    | PartnerDeclined
    | PartnerCollected
    | ParcelLoaded
    | OrderDelivered
    | OrderUndeliverable
    | OrderCancelled
    | SettledByHand
    | VehicleOutOfService
    | VehicleRestored
    | ZonesChanged
    | ZonesKept
    | AlarmOver
    | AlarmTaken
    | CapacitySet
    | CommandProposed
    | CommandSettled
    | CommandTaken
    | DispatchPaused
    | DispatchResumed
    | OrderTakenOffDrone
    | ZoneClosed
    | ZoneOpened
    | ZonesUploaded
    | ZonesRemoved
)
_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in Event.__args__}


def event_payload(event: Event) -> dict[str, object]:
    """The event as plain JSON types."""
    payload: dict[str, object] = msgspec.to_builtins(event)
    return payload


def event_from_payload(kind: str, payload: object) -> Event:
    """Inverse of :func:`event_payload`.

    Raises
    ------
    LedgerError
        When the kind is unknown or the payload does not fit it: the ledger was written by a newer version.
    """
    try:
        event: Event = msgspec.convert(payload, _TYPES[kind])
    except (KeyError, msgspec.ValidationError) as error:
        raise LedgerError(
            f"ledger row of kind {kind} cannot be read: {error}. Use the version of Skystork that wrote it."
        ) from error
    return event
