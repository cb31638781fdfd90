"""What people ordered of the service, and what that made of the site; all others are in :mod:`skystork.orders.events`.

Every command is here twice: before it has any effect, and with what came of it. Together with the hashes of the ledger
that is the audit trail.
"""

from __future__ import annotations

from dataclasses import dataclass

from skystork.orders.order import OrderId, VehicleId


@dataclass(frozen=True, slots=True)
class CommandProposed:
    """A command that a second person must agree to; nothing is done yet."""

    command_id: str
    """Of the issuer's own choice."""
    issuer: str
    role: str
    via: str
    """Door it came by: ``mqtt``, ``http``, ``console``, ``cli``."""
    kind: str
    target: str
    content: str
    """The command as it came, as JSON."""
    confirm_by_s: float


@dataclass(frozen=True, slots=True)
class CommandTaken:
    """A command passed every check; written before anything of it is done."""

    command_id: str
    issuer: str
    role: str
    via: str
    kind: str
    target: str
    content: str
    """The command as it came, as JSON."""
    confirmed_by: str = ""
    """The second person, where one was needed."""


@dataclass(frozen=True, slots=True)
class CommandSettled:
    """What came of a command, or why it was refused."""

    command_id: str
    issuer: str
    role: str
    via: str
    kind: str
    target: str
    status: str
    """``FINISHED``, ``FAILED`` or ``REFUSED``."""
    reason: str
    """Kind of the refusal or failure; empty where it finished."""
    detail: str
    uses_id: bool = True
    """Its id counts as used; False where another command of this id stands, or it had none."""


@dataclass(frozen=True, slots=True)
class DispatchPaused:
    """Nothing new is started from here on."""

    issuer: str
    why: str
    grounded: bool = False
    """The fleet was grounded: opened again by two people."""


@dataclass(frozen=True, slots=True)
class DispatchResumed:
    """Orders are given to vehicles again."""

    issuer: str
    why: str


@dataclass(frozen=True, slots=True)
class CapacitySet:
    """What a vehicle may be loaded with, or how many flights the depot has at once."""

    issuer: str
    why: str
    vehicle_id: VehicleId | None = None
    """None: the depot."""
    payload_kg: float | None = None
    """None: what its profile allows."""
    flights_at_once: int | None = None
    """None: as many as there are drones."""


@dataclass(frozen=True, slots=True)
class ZoneClosed:
    """An area was closed to all flights by command, for a time."""

    zone_id: str
    feature: str
    """The zone as a GeoJSON feature (docs/zones.md)."""
    until_s: float
    """Open again by itself from then on [s since the Unix epoch]."""
    issuer: str
    why: str


@dataclass(frozen=True, slots=True)
class ZoneOpened:
    """What was closed by command is open again."""

    zone_id: str
    issuer: str
    """Empty where its time was over."""
    why: str


@dataclass(frozen=True, slots=True)
class ZonesUploaded:
    """A file of zones counts from here on, besides those of the site file."""

    zone_set: str
    features: str
    """Its zones as a GeoJSON array of features (docs/zones.md)."""
    format: str
    """Of the file as it came."""
    issuer: str


@dataclass(frozen=True, slots=True)
class AlarmTaken:
    """A person owns a matter of the attention queue from here on."""

    alarm_key: str
    by: str


@dataclass(frozen=True, slots=True)
class AlarmOver:
    """A matter that somebody owned is over."""

    alarm_key: str


@dataclass(frozen=True, slots=True)
class ZonesRemoved:
    """An uploaded file of zones counts no more; somebody else than who brought it took it away."""

    zone_set: str
    issuer: str


@dataclass(frozen=True, slots=True)
class OrderTakenOffDrone:
    """No drone carries this order from here on; it goes by road."""

    order_id: OrderId
    issuer: str
    why: str


ControlEvent = (
    CommandProposed
    | CommandTaken
    | CommandSettled
    | DispatchPaused
    | DispatchResumed
    | AlarmOver
    | AlarmTaken
    | CapacitySet
    | ZoneClosed
    | ZoneOpened
    | ZonesUploaded
    | ZonesRemoved
    | OrderTakenOffDrone
)
