"""Messages on the topics of one vehicle, after VDA 5050; positions in one geodetic block."""

from __future__ import annotations

from enum import StrEnum

from skystork.contract.header import Count, Foreign, Fraction, Latitude, Longitude, Message, Part, Upper


class ConnectionState(StrEnum):
    """Whether somebody is heard (VDA 5050, 6.14)."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    HIBERNATING = "HIBERNATING"
    CONNECTION_BROKEN = "CONNECTION_BROKEN"


class AltitudeReference(StrEnum):
    """From where an altitude counts."""

    MSL = "MSL"
    HOME = "HOME"
    AGL = "AGL"
    WGS84 = "WGS84"
    PRESSURE = "PRESSURE"
    GEOMETRIC = "GEOMETRIC"


class Altitude(Part, frozen=True, kw_only=True):
    """Never without its reference."""

    value: float | None
    """[m]; null where it is not known."""
    reference: AltitudeReference


class Geodetic(Part, frozen=True, kw_only=True):
    """Where something is."""

    latitude: Latitude
    longitude: Longitude
    altitude: Altitude
    heading: float | None = None
    """Clockwise from north [deg]."""


class Place(Part, frozen=True, kw_only=True, omit_defaults=True):
    """As geodetic, of anything: what is on the ground has no altitude of its own."""

    latitude: Latitude
    longitude: Longitude
    altitude: Altitude | None = None
    heading: float | None = None
    """Clockwise from north [deg]."""


class Connection(Message, frozen=True, kw_only=True):
    """Whether a vehicle, or the controller itself, is heard; also the last will."""

    connection_state: ConnectionState


class ErrorLevel(StrEnum):
    """How bad (VDA 5050, 6.11)."""

    WARNING = "WARNING"
    URGENT = "URGENT"
    CRITICAL = "CRITICAL"
    FATAL = "FATAL"


class VehicleError(Part, frozen=True, kw_only=True):
    """Something that is wrong."""

    error_type: Upper
    error_level: ErrorLevel
    error_description: str


class Information(Part, frozen=True, kw_only=True):
    """Something the vehicle said."""

    info_type: Upper
    info_level: Upper
    info_description: str


class OperatingMode(StrEnum):
    """Who flies."""

    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"


class ActionStatus(StrEnum):
    """How far an action is (VDA 5050, 6.11)."""

    WAITING = "WAITING"
    INITIALIZING = "INITIALIZING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class ActionState(Part, frozen=True, kw_only=True):
    """One thing a person had the vehicle told, and how far that is."""

    action_id: str
    action_type: str
    action_status: ActionStatus
    result_description: str = ""
    """A sentence; empty while it runs."""


class DroneBattery(Part, frozen=True, kw_only=True):
    """Of a drone."""

    battery_charge: Fraction | None
    """0 to 1 as the vehicle reports it."""


class DroneState(Message, frozen=True, kw_only=True):
    """What a drone does; everything a decision rests on."""

    order_id: str | None
    """What it flies for; null when free."""
    flight: str | None
    phase: Upper
    """Of the flight; ``READY`` or ``OUT_OF_SERVICE`` without one."""
    operating_mode: OperatingMode
    mode: str
    """The autopilot's own, such as ``AUTO.MISSION``."""
    driving: bool
    """Armed."""
    geodetic: Geodetic | None
    """Null until it is known."""
    battery_state: DroneBattery
    mission_sequence: int | None
    """Mission item it is flying to."""
    action_states: tuple[ActionState, ...]
    """The last commands to it, newest last."""
    errors: tuple[VehicleError, ...]
    information: tuple[Information, ...]
    """The last texts and events of the autopilot."""
    target_version: str | None
    """Version of this state, for the commands that must say what their issuer saw."""


class Velocity(Part, frozen=True, kw_only=True):
    """Over the ground [m/s]."""

    east: float
    north: float
    up: float


class Visualization(Message, frozen=True, kw_only=True):
    """Where a vehicle is, often; nothing is decided by it."""

    geodetic: Place
    velocity: Velocity | None = None
    reference_state_header_id: Count | None = None
    """The state message it belongs to."""


class ActionParameter(Part, frozen=True, kw_only=True):
    """A parameter by name."""

    key: str
    value: str | float | int | bool


class Action(Part, frozen=True, kw_only=True, omit_defaults=True):
    """Something to be done at a stop."""

    action_type: str
    """``pick``, ``drop``, ``startCharging`` or ``rest``."""
    action_id: str
    """``pick:<order>`` or ``drop:<order>``; done once, whatever a later update lists."""
    action_parameters: tuple[ActionParameter, ...] = ()
    """With ``startCharging`` and ``rest``: ``durationS``, how long it is foreseen to take.

    With ``pick`` and ``drop``, where the order asks for it: ``notBefore``, RFC 3339: waited for at the stop.
    """


class Node(Part, frozen=True, kw_only=True):
    """A stop, or a place of a flight."""

    node_id: str
    sequence_id: Count
    """Even: VDA 5050 counts edges between them."""
    released: bool
    """Cleared to here; always true, because nothing is sent that is not."""
    geodetic: Place
    actions: tuple[Action, ...]


class VehicleOrder(Message, frozen=True, kw_only=True):
    """A van's tour or an update of it; a drone's flight, as it was cleared."""

    order_id: str
    """The tour, ``TOUR-<vehicle id>``, or the order a drone flies."""
    order_update_id: Count
    """Grows by one; what is not higher than the last is ignored."""
    nodes: tuple[Node, ...]
    edges: tuple[Part, ...] = ()
    """None: how to get there is the van's, and the drone's is in its mission."""
    flight: str | None = None
    """Of a drone."""


class InstantAction(Part, frozen=True, kw_only=True):
    """One action."""

    action_type: str
    action_id: str
    """Issuer and command id."""
    blocking_type: Upper
    action_parameters: tuple[ActionParameter, ...]


class InstantActions(Message, frozen=True, kw_only=True):
    """What a person had a drone told, as it went to the vehicle; commands come in by ``control``."""

    actions: tuple[InstantAction, ...]


class TypeSpecification(Part, frozen=True, kw_only=True):
    """What kind of vehicle it is."""

    series_name: str
    """Profile of the site file."""
    vehicle_class: Upper
    """``UAV`` or ``ROAD_VEHICLE``."""
    airframe: Upper | None
    """Of a drone."""
    autopilot: str | None
    max_load_mass: float
    """[kg]"""


class PhysicalParameters(Part, frozen=True, kw_only=True):
    """What it can do."""

    speed_max: float
    """Over the air, of a van over the road [m/s]."""
    mass: float | None
    """Ready to go without a load [kg]."""
    acceleration_max: float | None
    """[m/s²]"""
    battery_capacity: float | None
    """[J]"""
    wind_limit: float | None
    """[m/s]"""


class LoadSpecification(Part, frozen=True, kw_only=True):
    """What it can carry."""

    max_loads: Count
    """Parcels at a time."""
    box: tuple[float, float, float] | None
    """Inner sides, longest first [m]."""
    release: Upper | None
    """How a drone lets go of its parcel."""


class Factsheet(Message, frozen=True, kw_only=True):
    """What a vehicle is, from the site file."""

    vehicle_id: str
    """As commands name it."""
    type_specification: TypeSpecification
    physical_parameters: PhysicalParameters
    load_specification: LoadSpecification
    commands: tuple[str, ...]
    """Types of the commands that can be given to it."""


class VanActionState(Part, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """How far a van is with an action."""

    action_id: str
    action_status: ActionStatus
    action_type: str = ""
    action_result: str | None = None
    """What the van says about it."""


class VanBattery(Part, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Of a van."""

    battery_charge: float
    """[%], as VDA 5050 has it."""


class VanPlace(Part, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Where a van is."""

    latitude: Latitude
    longitude: Longitude


class VanState(Foreign, frozen=True, kw_only=True):
    """What a van tells of itself."""

    order_update_id: Count
    """The update it works by."""
    driving: bool
    geodetic: VanPlace
    action_states: tuple[VanActionState, ...]
    battery_state: VanBattery | None = None


class VanConnection(Foreign, frozen=True, kw_only=True):
    """Whether a van is there; its own word and its own last will."""

    connection_state: ConnectionState
