"""The plan of one delivery flight, out and back, as one frozen value that can be written down and hashed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skystork.fleet.profile import DroneProfile
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.orders.reasons import Reason

Place = tuple[float, float]
"""East and north in the site's frame [m]."""


class LegName(StrEnum):
    """The legs of a delivery flight, in the order flown."""

    CLIMB = "climb"
    """Straight up over the pad to the cruise height."""
    OUTBOUND = "outbound"
    DESCENT = "descent"
    """Straight down over the doorstep to the drop height."""
    DROP = "drop"
    """Hold at the drop height: look, release, confirm."""
    DROP_CLIMB = "drop_climb"
    """Straight up to the height of the way home."""
    INBOUND = "inbound"
    LANDING = "landing"
    """Straight down onto the pad."""


@dataclass(frozen=True, slots=True)
class BezierSegment:
    """One polynomial piece of a horizontal trajectory; the curve lies in the convex hull of its control points."""

    control_points_enu_m: tuple[tuple[float, float], ...]
    """(degree + 1, 2), east and north in the site's frame [m]."""
    duration_s: float
    speed_limit_m_s: float | None = None
    """Of the zones it may be in, over ground [m/s]; None without one. No infinity: a plan is kept as JSON."""


@dataclass(frozen=True, slots=True)
class Corridor:
    """The free space a trajectory was planned in: one convex polygon for each segment group, in flight order."""

    polygons_enu_m: tuple[tuple[tuple[float, float], ...], ...]
    """Each (n, 2), counter-clockwise, not closed [m]."""
    path_enu_m: tuple[tuple[float, float], ...]
    """The shortest path that the corridor was laid about (n, 2) [m]."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: where, how high, how long, at what cost."""

    name: LegName
    segments: tuple[BezierSegment, ...]
    """Horizontal motion; empty for the vertical legs and the drop."""
    corridor: Corridor | None
    start_height_home_m: float
    end_height_home_m: float
    duration_s: float
    energy_j: float


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Where the vehicle means to be, when."""

    t_s: float
    """Since take-off [s]."""
    east_m: float
    north_m: float
    height_home_m: float


@dataclass(frozen=True, slots=True)
class HandItem:
    """One item of a mission by hand, as it goes on board."""

    command: int
    """MAV_CMD."""
    params: tuple[float | None, ...]
    """The first four, of one that stands nowhere up to seven; None where MAVLink has NaN: a plan is kept as JSON."""
    name: str = ""
    """Of the way that leads to it, for a person; empty where it leads nowhere."""
    position: Geodetic | None = None
    """None where it stands nowhere."""
    height_home_m: float = 0.0
    """Where it stands [m above home]."""


@dataclass(frozen=True, slots=True)
class FlightRequest:
    """What is asked of the planner."""

    flight_id: FlightId
    order_id: OrderId
    vehicle_id: VehicleId
    profile: DroneProfile
    pad: Geodetic
    drop_off: Geodetic
    payload_kg: float
    departs_at_s: float
    """Planned take-off [s since the Unix epoch]; zones are taken as active over the whole flight."""
    outbound_height_m: float
    """Cruise height out, above home [m]."""
    inbound_height_m: float
    """Cruise height home [m]."""
    wind_enu_m_s: tuple[float, float]
    battery_j: float
    """Energy on board at take-off [J]."""
    full_battery_j: float | None = None
    """Energy of this battery when full, cold and aged as it is [J]; None: as new and warm."""
    start: Geodetic | None = None
    """Where it is, when it is in the air already; None: on its pad."""
    start_height_home_m: float = 0.0
    """Its height there, above home [m]."""
    ends_at_drop_off: bool = False
    """It lands at the drop-off and delivers nothing: a flight to a rally point."""
    outbound_layers_m: tuple[float, ...] = ()
    """Layers to choose the height out from [m above home]; empty: ``outbound_height_m`` alone."""
    inbound_layers_m: tuple[float, ...] = ()
    """The same for the way home."""
    by_hand: tuple[HandItem, ...] = ()
    """A mission that a person drew, flown as it is: nothing is looked for, all of it is checked."""

    @property
    def full_j(self) -> float:
        """What a full charge of this battery gives [J]."""
        return self.profile.battery_j if self.full_battery_j is None else self.full_battery_j

    @property
    def begins(self) -> Geodetic:
        """Where the first leg begins."""
        return self.start or self.pad

    def layers_m(self, name: LegName) -> tuple[float, ...]:
        """Heights that a level leg may have [m above home]."""
        if name is LegName.OUTBOUND:
            return self.outbound_layers_m or (self.outbound_height_m,)
        return self.inbound_layers_m or (self.inbound_height_m,)


class WayKind(StrEnum):
    """How the vehicle gets down from a leg when it is lost or its battery sags."""

    REVERSE = "reverse"
    """Back over the outbound curve at its height, and down where it began."""
    FORWARD = "forward"
    """On along the rest of the plan."""
    DIRECT = "direct"
    """Up, straight to a safe point at one height, and down."""
    DOWN = "down"
    """Straight down: it is over its pad."""


@dataclass(frozen=True, slots=True)
class SafePoint:
    """Where a vehicle may come down by itself."""

    name: str
    position: Geodetic


@dataclass(frozen=True, slots=True)
class FailsafeWay:
    """The way out from every instant of a part of one leg; proven clear at all of them."""

    leg: LegName
    from_s: float
    """Since the leg's beginning [s]."""
    to_s: float
    kind: WayKind
    safe_point: int
    """Where it ends: index into the plan's safe points; -1 where it ends where an outbound leg began in the air."""
    height_home_m: float


@dataclass(frozen=True, slots=True)
class HoverBox:
    """Space about a vertical part of the flight that the vehicle may drift in; a square prism, sides east and north."""

    place: str
    """``pad``, ``drop_off`` or ``start``."""
    centre: Geodetic
    half_width_m: float
    floor_home_m: float
    ceiling_home_m: float


@dataclass(frozen=True, slots=True)
class FlightFence:
    """What the fence on board encloses and shuts out, in the site's frame."""

    inclusion_enu_m: tuple[Place, ...]
    """Corners of the one inclusion polygon, not closed [m]."""
    exclusions_enu_m: tuple[tuple[Place, ...], ...] = ()

    @property
    def vertices(self) -> int:
        """In all."""
        return len(self.inclusion_enu_m) + sum(len(ring) for ring in self.exclusions_enu_m)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flight may fall back on: the space it hovers in, its ways out, where they end, and the fence."""

    hover_boxes: tuple[HoverBox, ...]
    safe_points: tuple[SafePoint, ...]
    """The pad first."""
    failsafe_ways: tuple[FailsafeWay, ...]
    """Together they cover every instant of every leg."""
    fence: FlightFence
    obstacle_set_hash: str = ""
    """Of the obstacles it was planned against; empty where the site has none."""


@dataclass(frozen=True, slots=True)
class FlightPlan:
    """A flight that the planner found; not yet checked, not yet cleared."""

    request: FlightRequest
    legs: tuple[Leg, ...]
    """In the order of :class:`LegName`, all seven."""
    track: tuple[TrackPoint, ...]
    """Sampled at 1 s, first at t = 0 on the pad, last on the pad."""
    energy_j: float
    """Sum over the legs [J]."""
    reserve_j: float
    """What is left at touch-down by the estimate [J]."""
    zone_set_hash: str
    """Of the zone set it was planned against (sha256 hex)."""
    site_origin: Geodetic
    """Origin of the frame that every ``_enu_m`` of the plan is in."""
    around: Surroundings

    @property
    def duration_s(self) -> float:
        """Take-off to touch-down [s]."""
        return sum(leg.duration_s for leg in self.legs)

    @property
    def time_to_drop_s(self) -> float:
        """Take-off to the end of the drop [s]."""
        return self.time_over_door_s + sum(leg.duration_s for leg in self.legs if leg.name is LegName.DROP)

    @property
    def time_over_door_s(self) -> float:
        """Take-off to the begin of the drop [s]."""
        before = (LegName.CLIMB, LegName.OUTBOUND, LegName.DESCENT)
        return sum(leg.duration_s for leg in self.legs if leg.name in before)

    def leg(self, name: LegName) -> Leg:
        """The leg of that name."""
        return next(leg for leg in self.legs if leg.name is name)


@dataclass(frozen=True, slots=True)
class Infeasible:
    """The planner's answer when there is no flight, or none within the limits."""

    request: FlightRequest
    reasons: tuple[Reason, ...]
