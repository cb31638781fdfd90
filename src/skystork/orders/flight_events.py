"""What can happen to a flight and to the parcel on it; all others are in :mod:`skystork.orders.events`."""

from __future__ import annotations

from dataclasses import dataclass

from skystork.frames import Geodetic
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.orders.reasons import Finding, Reason
from skystork.orders.track import TrackFigures


@dataclass(frozen=True, slots=True)
class MissionAsked:
    """A person wants a mission by hand flown by this vehicle: a flight without a parcel."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    """Empty."""
    name: str
    """Of its file."""
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class MissionDropped:
    """A mission by hand that never left the ground, and why."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    """Empty."""
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class FlightPlanned:
    """A plan was found and passed the independent check."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    plan_hash: str
    duration_s: float
    energy_j: float
    reserve_j: float
    route_m: float
    """Length of the outbound corridor's path [m]."""


@dataclass(frozen=True, slots=True)
class LaunchChecked:
    """The vehicle was checked before its launch; one failure among the findings and it was not armed."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    step: str
    """``clearance``, before anything is loaded, or ``arming``."""
    passed: tuple[str, ...]
    """Names of the checks that passed."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class LaunchSettled:
    """A person's word at the launch desk."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    """Empty for a mission by hand."""
    step: str
    """``Authorised``, ``LaunchOrdered`` or ``LaunchRefused``."""
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class FlightCleared:
    """Zones, separation, vehicle and battery were checked; the flight may be uploaded."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    departs_at_s: float
    separation: str = ""
    """What was done to keep it apart from other flights, and why that; empty where it meets nobody."""


@dataclass(frozen=True, slots=True)
class MissionUploaded:
    """Mission, fence and rally points are on board and were read back equal."""

    flight_id: FlightId
    vehicle_id: VehicleId
    mission_id: int | None
    fence_id: int | None
    rally_id: int | None
    items: int


@dataclass(frozen=True, slots=True)
class FlightLaunched:
    """The vehicle is armed and was seen to leave the ground."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    ground_amsl_m: float | None = None
    """Altitude of the ground it left, as it told it there: heights of this flight count from it [m AMSL]."""


@dataclass(frozen=True, slots=True)
class FlightPhaseChanged:
    """The flight went into another phase."""

    flight_id: FlightId
    vehicle_id: VehicleId
    phase: str
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """Written before the gripper is told to open; each try has its own number."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    attempt: int


@dataclass(frozen=True, slots=True)
class ReleaseWithheld:
    """Right before the request was to be sent something was no longer true: not sent, the parcel is on board."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    attempt: int
    why: str


@dataclass(frozen=True, slots=True)
class ReleaseConfirmed:
    """The gripper reported that it opened."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    evidence: str
    position: Geodetic | None = None
    height_home_m: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseFailed:
    """The gripper reported that it did not open; the parcel is on board."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    evidence: str


@dataclass(frozen=True, slots=True)
class ReleaseUnresolved:
    """The gripper was told to open and nobody knows whether it did; a person decides."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    evidence: str


@dataclass(frozen=True, slots=True)
class ContingencyRaised:
    """A rule fired and its action was taken."""

    flight_id: FlightId
    vehicle_id: VehicleId
    rule: str
    action: str
    detail: str
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class ContingencyCleared:
    """The condition of a rule is gone."""

    flight_id: FlightId
    vehicle_id: VehicleId
    rule: str
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class SteeringOrdered:
    """A person ordered something of a flight in the air; written before anything is sent."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    action_id: str
    """Never done twice."""
    action: str
    by: str
    why: str
    place: Geodetic | None = None
    """Where to, with ``divert`` and ``rally``."""


@dataclass(frozen=True, slots=True)
class RerouteBegun:
    """Another plan is about to go on board in the air: until it is settled, which one the vehicle has is not known."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    plan_hash: str
    """Of the new plan."""
    item: int
    """Of the old mission that was current: to go on from where the old plan is put back."""


@dataclass(frozen=True, slots=True)
class RerouteUndone:
    """The plan it had before is on board again, whole."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId


@dataclass(frozen=True, slots=True)
class FlightRerouted:
    """Another plan is on board, from where it was in the air: to another doorstep, or to a rally point."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    plan_hash: str
    mission_id: int | None
    place: Geodetic
    energy_j: float
    lands_there: bool
    """At a rally point; else it delivers there and comes home."""
    fence_id: int | None = None
    """Of the new plan's fence, as the vehicle told it."""


@dataclass(frozen=True, slots=True)
class SteeringSettled:
    """What came of such an order; one that was refused was never begun."""

    vehicle_id: VehicleId
    action_id: str
    action: str
    by: str
    outcome: str
    """``finished``, ``failed`` or ``refused``."""
    detail: str
    flight_id: FlightId | None = None
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class ParcelReturning:
    """The flight goes home with the parcel on board."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class FlightLanded:
    """On the ground and disarmed."""

    flight_id: FlightId
    vehicle_id: VehicleId
    position: Geodetic | None
    at_pad: bool
    flown_s: float
    energy_j: float | None
    """From the battery's own report [J]."""
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class FlightTracked:
    """How near to its plan the flight was flown."""

    flight_id: FlightId
    vehicle_id: VehicleId
    order_id: OrderId
    parts: tuple[TrackFigures, ...]
    whole: bool
    """False where it was taken over in the air, so that the beginning is missing."""


@dataclass(frozen=True, slots=True)
class ParcelReturned:
    """The depot crew took the parcel out of the vehicle; it can go by another mode."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId


@dataclass(frozen=True, slots=True)
class ParcelAwaitsCollection:
    """The vehicle is down at a rally point with the parcel: the order goes on by road, from there."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    position: Geodetic
    """Where a van is to take it over."""
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ParcelStranded:
    """The vehicle is down away from the depot with the parcel on board."""

    order_id: OrderId
    flight_id: FlightId
    vehicle_id: VehicleId
    position: Geodetic | None


@dataclass(frozen=True, slots=True)
class ZoneTouch:
    """A flight in the air that changed zones touch, and what it was told to do."""

    flight_id: FlightId
    vehicle_id: VehicleId
    zone_id: str
    """The first it meets; ``obstacle`` and its id where it meets no zone."""
    first_at_s: float | None
    """When, at the plan's speed; None where only its way back is touched."""
    inside: bool
    """It was in a closed zone."""
    action: str
    """``hold``, ``return``, ``land`` or ``none``."""
    why: str


@dataclass(frozen=True, slots=True)
class ZonesChanged:
    """Other zones are in force from here on."""

    before: str
    """Hash of the set."""
    after: str
    added: tuple[str, ...]
    """Ids."""
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    """Ids, each with the fields that differ."""
    affected: tuple[ZoneTouch, ...]
    obstacles_changed: bool = False
    """Buildings are others too."""


@dataclass(frozen=True, slots=True)
class ZonesKept:
    """Changed zone files could not be used: the zones of before stay in force."""

    zones: str
    """Hash of the set that stays."""
    why: tuple[str, ...]
