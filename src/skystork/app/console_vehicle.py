"""One vehicle for the console: what it flies, how far it is, and the plan beside what was flown.

The plan is the list of points a second apart that the planner wrote; flown is what the service keeps of the track.
Speed and battery of the plan follow from its track and from the energy of its legs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from skystork.app.console_frame import DroneMark, drone_mark
from skystork.app.drone_desk import DroneDesk
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import LocalFrame
from skystork.orders.book import OrderBook
from skystork.planning.flight_plan import FlightPlan

MOST_PLAN_POINTS = 600
"""A plan has one a second; a picture needs no more than a screen has columns."""


class PlanPoint(msgspec.Struct, frozen=True, rename="camel", array_like=True):
    """Where and how the plan is at a moment."""

    t_s: float
    latitude: float
    longitude: float
    height_m: float
    speed_m_s: float
    battery: float


class FlownSample(msgspec.Struct, frozen=True, rename="camel", array_like=True):
    """What was seen of the flight at a moment."""

    t_s: float
    latitude: float
    longitude: float
    height_m: float
    speed_m_s: float | None
    battery: float | None


class PlanView(msgspec.Struct, frozen=True, rename="camel"):
    """A plan to draw."""

    points: tuple[PlanPoint, ...]
    corridors: tuple[tuple[tuple[float, float], ...], ...]
    """Convex polygons of free space, each of (latitude, longitude)."""
    drop_off: tuple[float, float]
    duration_s: float
    drop_at_s: float
    reserve: float
    """Share of the battery left at touch-down by the plan."""
    layers: dict[str, float]
    """Height of each level leg [m above home]."""


class ActionView(msgspec.Struct, frozen=True, rename="camel"):
    """One thing a person may order, or why not now."""

    action: str
    why_not: str
    effect: str


class VehicleView(msgspec.Struct, frozen=True, rename="camel"):
    """Everything of one vehicle."""

    mark: DroneMark
    profile: str
    autopilot: str
    serial_number: str
    mission_step: int | None
    mission_steps: int | None
    step_name: str
    parcel: str
    recipient: str
    weight_kg: float | None
    promised_by_s: float | None
    launched_at_s: float | None
    last_heard_s: float | None
    winch_line_m: float | None
    plan: PlanView | None
    flown: tuple[FlownSample, ...]
    actions: tuple[ActionView, ...]
    said: tuple[str, ...]
    """Why it would not arm, in its own words."""


EFFECTS = {
    SteerAction.HOLD: "stops where it is and stays (AUTO.LOITER); each minute takes battery from its way home",
    SteerAction.RESUME: "goes on with its mission from where it stands",
    SteerAction.RETURN: "comes home along its checked path with the parcel on board; the order waits again",
    SteerAction.DIVERT: "gets a new plan to another doorstep, checked before it is sent",
    SteerAction.RALLY: "lands at the nearest rally point by a new, checked plan; the parcel stays on board",
    SteerAction.LAND: "comes down straight where it is, whatever is below; a person must fetch it",
}
"""What each order causes, in the words of the confirmation."""


def vehicle_view(
    desk: DroneDesk, book: OrderBook, flown: Sequence[FlownSample], frame: LocalFrame, now_s: float
) -> VehicleView:
    """Everything of one vehicle as it is now."""
    flight, state = desk.flight, desk.state
    record = book.order(flight.plan.request.order_id) if flight and flight.plan.request.order_id in book else None
    return VehicleView(
        mark=drone_mark(desk, now_s),
        profile=desk.drone.profile.name,
        autopilot=desk.drone.autopilot,
        serial_number=desk.drone.serial_number,
        mission_step=state.mission_sequence,
        mission_steps=state.mission_total,
        step_name=step_name(flight, state.mission_sequence),
        parcel=flight.parcel if flight else "",
        recipient=record.order.recipient if record else "",
        weight_kg=record.order.parcel.weight_kg if record else None,
        promised_by_s=record.promised_by_s if record else None,
        launched_at_s=flight.launched_at_s if flight else None,
        last_heard_s=state.last_heard_s,
        winch_line_m=state.winch_line_m,
        plan=plan_view(flight.plan, frame) if flight else None,
        flown=tuple(flown),
        actions=tuple(_actions(flight, desk)),
        said=tuple(desk.said.why_not_arming()),
    )


def step_name(flight: Flight | None, sequence: int | None) -> str:
    """Where in its mission the vehicle is, in a word."""
    if flight is None or sequence is None:
        return ""
    hold = flight.mission.hold_sequence
    return "at the drop-off" if sequence == hold else "way out" if sequence < hold else "way home"


def plan_view(plan: FlightPlan, frame: LocalFrame) -> PlanView:
    """A plan for the map and the profile."""
    legs = {leg.name: leg.end_height_home_m for leg in plan.legs if leg.corridor is not None}
    corridors = tuple(
        tuple(_round_place(frame, *corner) for corner in polygon)
        for leg in plan.legs
        if leg.corridor is not None
        for polygon in leg.corridor.polygons_enu_m
    )
    drop = plan.request.drop_off
    return PlanView(
        points=tuple(_thinned(list(_plan_points(plan, frame)))),
        corridors=corridors,
        drop_off=(drop.latitude_deg, drop.longitude_deg),
        duration_s=plan.duration_s,
        drop_at_s=plan.time_to_drop_s,
        reserve=plan.reserve_j / plan.request.profile.battery_j,
        layers={str(name): height_m for name, height_m in legs.items()},
    )


def _plan_points(plan: FlightPlan, frame: LocalFrame) -> Iterator[PlanPoint]:
    """The last point stands: its speed is that of the one before the plan's end, which is rest."""
    track = plan.track
    speeds = [
        math.dist((a.east_m, a.north_m), (b.east_m, b.north_m)) / max(b.t_s - a.t_s, 1e-6) for a, b in pairwise(track)
    ]
    for point, speed_m_s in zip(track, [*speeds, 0.0], strict=True):
        latitude, longitude = _round_place(frame, point.east_m, point.north_m)
        battery = (plan.request.battery_j - _used_j(plan, point.t_s)) / plan.request.profile.battery_j
        yield PlanPoint(
            round(point.t_s, 1),
            latitude,
            longitude,
            round(point.height_home_m, 1),
            round(speed_m_s, 1),
            round(battery, 4),
        )


def _used_j(plan: FlightPlan, t_s: float) -> float:
    """Energy of the legs until then, each leg's in proportion to its time [J]."""
    used_j = begins_s = 0.0
    for leg in plan.legs:
        share = min(max((t_s - begins_s) / max(leg.duration_s, 1e-6), 0.0), 1.0)
        used_j += leg.energy_j * share
        begins_s += leg.duration_s
    return used_j


def _thinned(points: list[PlanPoint]) -> list[PlanPoint]:
    step = max(1, math.ceil(len(points) / MOST_PLAN_POINTS))
    return [*points[:-1:step], points[-1]] if points else []


def _round_place(frame: LocalFrame, east_m: float, north_m: float) -> tuple[float, float]:
    place = frame.to_geodetic(east_m, north_m)
    return round(place.latitude_deg, 6), round(place.longitude_deg, 6)


def _actions(flight: Flight | None, desk: DroneDesk) -> Iterator[ActionView]:
    for action in SteerAction:
        if flight is None or flight.phase not in AIRBORNE:
            why = "it is not in the air"
        else:
            place = flight.plan.request.drop_off if action is SteerAction.DIVERT else None
            why = flight.why_not(SteerOrder("", action, "", place=place), desk.state)
        yield ActionView(action, why, EFFECTS[action])
