"""The vehicles of a site, and the frozen snapshot of what is known of an aircraft now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skystork.fleet.profile import DroneProfile, RobotProfile, VanProfile
from skystork.frames import Geodetic
from skystork.orders.order import VehicleId


@dataclass(frozen=True, slots=True)
class Drone:
    """One aircraft as the site file names it."""

    vehicle_id: VehicleId
    serial_number: str
    system_id: int
    """MAVLink system id, 1..250."""
    profile: DroneProfile
    pad: Geodetic
    """Its own landing pad."""
    autopilot: str = "px4"
    """Its firmware; the names are those of ``link/ardupilot.py``."""
    network: str = "main"
    """Name of the site's network that it is heard on."""
    signing_key: str = ""
    """Its key file, relative to the site's folder; empty where it does not sign."""
    battery_cycles: float = 0.0
    """Full charges so far of the oldest pack that goes into it."""


@dataclass(frozen=True, slots=True)
class VanShift:
    """When a van may be on the road; all from local midnight on [s]."""

    starts_s: float
    ends_s: float
    """Back at the depot by then."""
    rest_from_s: float | None = None
    """The driver rests after the first stop that ends then or later; None: no rest is planned."""
    rest_s: float = 0.0
    """How long."""


@dataclass(frozen=True, slots=True)
class Van:
    """One van as the site file names it."""

    vehicle_id: VehicleId
    serial_number: str
    profile: VanProfile
    shift: VanShift | None = None
    """None: at any hour."""


@dataclass(frozen=True, slots=True)
class Robot:
    """One sidewalk robot as the site file names it."""

    vehicle_id: VehicleId
    serial_number: str
    profile: RobotProfile

    def as_van(self) -> Van:
        """The road vehicle whose language it speaks: one parcel, from the depot and back."""
        own = self.profile
        limits = (own.payload_limit_kg, 1, own.speed_m_s, own.circuity, own.service_s, own.load_s, own.energy_j_per_m)
        return Van(self.vehicle_id, self.serial_number, VanProfile(own.name, *limits))


class LinkState(StrEnum):
    """Whether the vehicle is heard."""

    NEVER = "never"
    """No heartbeat since we started."""
    UP = "up"
    LOST = "lost"
    """Silent for longer than the loss time."""


class LandedState(StrEnum):
    """MAV_LANDED_STATE, by name."""

    UNDEFINED = "undefined"
    ON_GROUND = "on_ground"
    IN_AIR = "in_air"
    TAKEOFF = "takeoff"
    LANDING = "landing"


class MissionState(StrEnum):
    """MISSION_STATE of MISSION_CURRENT, by name."""

    UNKNOWN = "unknown"
    NO_MISSION = "no_mission"
    NOT_STARTED = "not_started"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETE = "complete"


STICK_MODES = frozenset(
    {"MANUAL", "ALTCTL", "ALTITUDE_CRUISE", "POSCTL", "POSCTL.SLOW", "STABILIZED", "ACRO", "QHOVER", "QLOITER"}
)
"""Flown by a pilot's sticks; the last two are ArduPilot's for a QuadPlane (``link/px4_modes.py``, ``ardupilot.py``)."""


@dataclass(frozen=True, slots=True)
class VehicleState:
    """Everything the link has told of one aircraft, at one instant; None where never told."""

    vehicle_id: VehicleId
    at_s: float
    """When the newest part arrived [s since the Unix epoch]."""
    link: LinkState = LinkState.NEVER
    last_heard_s: float | None = None
    position: Geodetic | None = None
    position_at_s: float | None = None
    """When the position arrived; what is decided over a doorstep asks how old a reading is [s since the Unix epoch]."""
    altitude_amsl_m: float | None = None
    height_home_m: float | None = None
    """Altitude above the ground altitude below [m]."""
    ground_amsl_m: float | None = None
    """Altitude that heights count from: its own on the ground before it armed, else that of its home [m AMSL]."""
    velocity_enu_m_s: tuple[float, float, float] | None = None
    heading_deg: float | None = None
    battery_fraction: float | None = None
    """0..1 as the vehicle reports it."""
    battery_at_s: float | None = None
    """When that arrived: on the ground it is told seldom [s since the Unix epoch]."""
    battery_temperature_deg_c: float | None = None
    """Of the pack [degrees Celsius]; None where it is not measured."""
    armed: bool = False
    mode: str = "UNKNOWN"
    """PX4 mode name, e.g. ``AUTO.MISSION``."""
    mode_at_s: float | None = None
    """When the mode arrived [s since the Unix epoch]."""
    failsafe: bool = False
    """MAV_STATE_CRITICAL or worse."""
    ready_to_arm: bool = False
    """SYS_STATUS health has MAV_SYS_STATUS_PREARM_CHECK."""
    landed: LandedState = LandedState.UNDEFINED
    mission_sequence: int | None = None
    """Index of the current mission item."""
    mission_at_s: float | None = None
    """When the current item arrived [s since the Unix epoch]."""
    mission_total: int | None = None
    mission_state: MissionState = MissionState.UNKNOWN
    mission_id: int | None = None
    """Opaque id of the mission on board; None where the vehicle sends none."""
    fence_id: int | None = None
    rally_id: int | None = None
    home: Geodetic | None = None
    home_altitude_amsl_m: float | None = None
    ground_clearance_m: float | None = None
    """Downward range finder [m]."""
    ground_clearance_at_s: float | None = None
    """When that reading arrived: a sensor that died says nothing more [s since the Unix epoch]."""
    boot_time_s: float | None = None
    """Time since the vehicle's boot, from time_boot_ms [s]."""
    winch_line_m: float | None = None
    """Line released by the winch [m]; None without a winch, or where it does not measure."""
    remote_id_at_s: float | None = None
    """When its last Remote ID location arrived [s since the Unix epoch]."""
    remote_id_interval_s: float | None = None
    """The longest time between two of the last five locations [s]."""
    remote_id_error: str | None = None
    """What the Remote ID transmitter says against arming; empty where it is ready, None where there is none."""
    winch_retracted: bool | None = None
    """The winch's line is fully in; None without a winch. With a line out the vehicle must not fly on."""

    @property
    def by_hand(self) -> bool:
        """Whether a pilot flies it."""
        return self.mode in STICK_MODES
