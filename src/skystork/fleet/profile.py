"""What a type of vehicle can do. One profile for each airframe; the site file names them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from skystork.orders.order import Hazard


class Airframe(StrEnum):
    """How the vehicle stays up."""

    MULTIROTOR = "multirotor"
    """Rotors all the time (MAV_TYPE_QUADROTOR, HEXAROTOR)."""
    LIFT_AND_CRUISE = "lift_and_cruise"
    """Rotors to climb and hover, a wing to cruise (MAV_TYPE_VTOL_FIXEDROTOR; PX4: standard VTOL)."""


class Release(StrEnum):
    """What lets the parcel go."""

    GRIPPER = "gripper"
    """Opens at the drop height (MAV_CMD_DO_GRIPPER)."""
    WINCH = "winch"
    """Lowers the parcel on a line from the drop height (MAV_CMD_DO_WINCH)."""


class ReturnPath(StrEnum):
    """How the autopilot comes home by itself; the plan proves that way clear, the launch gate that it is set."""

    MISSION = "mission"
    """Along the mission, back over the items flown or on to the landing (PX4: RTL_TYPE 4)."""
    DIRECT = "direct"
    """Up to the return height and straight to the nearest of home and the rally points (PX4: RTL_TYPE 0)."""


class Guidance(StrEnum):
    """How a level leg gets from the plan to the autopilot."""

    MISSION = "mission"
    """As mission items: waypoints with radii, flown without us."""
    OFFBOARD = "offboard"
    """As set points, 20 a second, while we can send them; the mission stays on board for when we cannot."""


@dataclass(frozen=True, slots=True)
class PowerModel:
    """What electrical power depends on; see :mod:`skystork.fleet.energy_rotor` for the formulas."""

    rotors: int
    """That carry the vehicle."""
    rotor_radius_m: float
    induced_factor: float
    """Battery power for each watt of ideal induced or climbing power, at least 1."""
    profile_w_per_kg_1_5: float
    """Battery power of the blades at hover, sea level, for each kg^1.5 [W/kg^1.5]."""
    tip_speed_m_s: float
    """Of the blades in hover [m/s]."""
    drag_area_m2: float
    """Drag coefficient times frontal area, on the rotors [m^2]."""
    avionics_w: float
    """Constant load [W]."""
    source: str
    """Where the figures come from."""
    lift_over_drag: float = 0.0
    """On the wing at its best speed; 0 without a wing."""
    best_air_speed_m_s: float = 0.0
    """Of least drag on the wing, at the empty mass and sea level [m/s]; 0 without a wing."""
    drive_fraction: float = 0.0
    """Thrust power en route on the wing for each watt from the battery, 0..1; 0 without a wing."""
    stall_air_speed_m_s: float = 0.0
    """Below it, at the empty mass, the rotors carry the vehicle [m/s]; 0 without a wing."""


@dataclass(frozen=True, slots=True)
class NoiseFigures:
    """How loud one type of aircraft is; see :mod:`skystork.dispatch.sound`."""

    pass_db: float
    """Greatest level while it passes at cruise, at ``at_m`` from it [dB(A)]."""
    hover_db: float
    """Level while it climbs, descends or hovers, at ``at_m`` from it [dB(A)]."""
    at_m: float
    """Distance at which both hold [m]."""
    source: str
    """Where the figures come from."""


@dataclass(frozen=True, slots=True)
class DroneProfile:
    """One type of aircraft with the limits that planning, dispatch and checks use."""

    name: str
    airframe: Airframe
    empty_mass_kg: float
    """Ready to fly without a parcel, battery included [kg]."""
    payload_limit_kg: float
    box_m: tuple[float, float, float]
    """Inner sides of the parcel box, longest first [m]."""
    cruise_air_speed_m_s: float
    """Speed the planner aims at en route [m/s]."""
    max_air_speed_m_s: float
    climb_speed_m_s: float
    descent_speed_m_s: float
    max_acceleration_m_s2: float
    """Horizontal, also in turns: the turn radius is v²/a [m/s²]."""
    max_jerk_m_s3: float
    battery_j: float
    """Energy of a full, new battery [J]."""
    reserve_fraction: float
    """Share of the battery that a plan must leave at touch-down, 0..1."""
    wind_limit_m_s: float
    position_error_m: float
    """95 % horizontal error of navigation and path keeping [m]."""
    turnaround_s: float
    """From touch-down to ready: battery swap, inspection, next parcel [s]."""
    load_s: float
    """From the order to a loaded vehicle [s]."""
    drop_height_m: float
    """Height above the ground at which the gripper opens [m]."""
    drop_hold_s: float
    """Planned time at the drop height: look, release, confirm [s]."""
    power: PowerModel
    release: Release = Release.GRIPPER
    return_path: ReturnPath = ReturnPath.MISSION
    return_height_m: float = 110.0
    """Height above home of a straight return [m] (PX4: RTL_RETURN_ALT)."""
    guidance: Guidance = Guidance.MISSION
    battery_life_cycles: float = 300.0
    """Full charges after which a pack holds 80 % of its energy; 150 to 1,000 are seen (Rodrigues et al., Patterns
    3:100569, 2022)."""
    battery_cold_loss_fraction_per_deg: float = 0.008
    """Of its energy, lost for each degree below 20 degrees Celsius. Assumed; take the pack's own data sheet."""
    battery_coldest_deg: float = -10.0
    """The pack is not flown colder [degrees Celsius]; assumed, as above."""
    noise: NoiseFigures | None = None
    """Needed where a neighbourhood has a budget in decibels."""


@dataclass(frozen=True, slots=True)
class RobotProfile:
    """One type of sidewalk robot."""

    name: str
    payload_limit_kg: float
    box_m: tuple[float, float, float]
    """Inner sides of its compartment, longest first [m]."""
    range_m: float
    """Out and home along the pavements, with its reserve left [m]."""
    speed_m_s: float
    """Mean along the pavements, crossings included [m/s]."""
    circuity: float
    """Way along the pavements over straight distance, at least 1."""
    service_s: float
    """At the doorstep, until the recipient took the parcel out [s]."""
    load_s: float
    """At the depot before leaving [s]."""
    turnaround_s: float
    """From being back to being ready: charge and inspection [s]."""
    energy_j_per_m: float
    """From the battery, per metre of way [J/m]."""
    hazards: tuple[Hazard, ...] = (Hazard.NONE,)
    """What it may carry."""


@dataclass(frozen=True, slots=True)
class VanProfile:
    """One type of road vehicle."""

    name: str
    capacity_kg: float
    capacity_parcels: int
    speed_m_s: float
    """Mean door-to-door speed over the road distance [m/s]."""
    circuity: float
    """Road distance over straight distance, at least 1."""
    service_s: float
    """At the doorstep: park, walk, hand over [s]."""
    load_s: float
    """At the depot before leaving [s]."""
    energy_j_per_m: float
    """From the battery, per metre of road [J/m]."""
    battery_j: float = math.inf
    """Usable charge when full [J]; without it nobody counts how far it goes."""
    reserve_fraction: float = 0.1
    """Part of that which no plan touches."""
    charge_w: float = 11_000.0
    """At a charger [W]; 11 kW is the three-phase AC (16 A, 400 V) of type 2 wall boxes, IEC 61851-1."""
