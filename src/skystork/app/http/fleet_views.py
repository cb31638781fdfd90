"""Vehicles as ``/v1`` and the live picture tell them; what was never told is left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from skystork.app.bus_header import rfc3339
from skystork.app.drone_desk import DroneDesk
from skystork.app.http.fields import Latitude, Longitude
from skystork.app.van_view import VanView
from skystork.frames import Geodetic


class Place(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A place on the globe (WGS 84)."""

    latitude_deg: Latitude
    longitude_deg: Longitude


class DroneView(msgspec.Struct, rename="camel", omit_defaults=True):
    """One aircraft now."""

    vehicle_id: str
    serial_number: str
    profile: str
    autopilot: str
    status: str
    """A flight's phase; ``ready``, ``busy``, ``keptBack``, ``outOfService`` without one."""
    link: str
    """``never``, ``up`` or ``lost``."""
    mode: str
    armed: bool
    pad: Place
    flight_id: str | None = None
    order_id: str | None = None
    position: Place | None = None
    altitude_amsl_m: float | None = None
    height_home_m: float | None = None
    heading_deg: float | None = None
    speed_m_s: float | None = None
    """Over ground [m/s]."""
    climb_m_s: float | None = None
    battery_fraction: float | None = None
    mission_sequence: int | None = None
    mission_total: int | None = None
    last_heard_at: str | None = None
    free_at: str | None = None
    why: str | None = None
    """Why it is kept back or out of service."""


class VanNow(msgspec.Struct, rename="camel", omit_defaults=True):
    """One van or sidewalk robot now."""

    vehicle_id: str
    kind: Literal["van", "robot"]
    serial_number: str
    profile: str
    driving: bool
    stops_left: int
    stops: tuple[VanStopView, ...]
    position: Place | None = None
    battery_percent: float | None = None


class VanStopView(msgspec.Struct, rename="camel", omit_defaults=True):
    """A stop of a van's tour that is not done."""

    kind: str
    order_ids: tuple[str, ...]
    place: Place
    eta: str


def place(position: Geodetic) -> Place:
    """With 0.1 µdeg, a centimetre."""
    return Place(round(position.latitude_deg, 7), round(position.longitude_deg, 7))


def drone_view(desk: DroneDesk) -> DroneView:
    """From a desk's newest snapshot."""
    state, flight, drone = desk.state, desk.flight, desk.drone
    request = flight.plan.request if flight else None
    velocity = state.velocity_enu_m_s
    return DroneView(
        vehicle_id=drone.vehicle_id,
        serial_number=drone.serial_number,
        profile=drone.profile.name,
        autopilot=drone.autopilot,
        status=_status(desk),
        link=state.link.value,
        mode=state.mode,
        armed=state.armed,
        pad=place(drone.pad),
        flight_id=request.flight_id if request else None,
        order_id=request.order_id if request else None,
        position=place(state.position) if state.position else None,
        altitude_amsl_m=rounded(state.altitude_amsl_m, 1),
        height_home_m=rounded(state.height_home_m, 1),
        heading_deg=rounded(state.heading_deg, 0),
        speed_m_s=rounded((velocity[0] ** 2 + velocity[1] ** 2) ** 0.5, 1) if velocity else None,
        climb_m_s=rounded(velocity[2], 1) if velocity else None,
        battery_fraction=rounded(state.battery_fraction, 3),
        mission_sequence=state.mission_sequence,
        mission_total=state.mission_total,
        last_heard_at=moment(state.last_heard_s),
        free_at=moment(desk.free_at_s),
        why=desk.out_of_service or desk.kept or desk.untold or None,
    )


def _status(desk: DroneDesk) -> str:
    if desk.flight is not None:
        return str(desk.flight.phase)
    if desk.out_of_service is not None:
        return "outOfService"
    if desk.busy:
        return "busy"
    return "keptBack" if desk.kept else "ready"


def on_the_ground(vans: Iterable[VanView], robots: Iterable[VanView]) -> tuple[VanNow, ...]:
    """Vans, then robots."""
    return (*(van_view(each, "van") for each in vans), *(van_view(each, "robot") for each in robots))


def van_view(view: VanView, kind: Literal["van", "robot"]) -> VanNow:
    """From what the van or robot told last."""
    state, left = view.state, view.stops_left
    stops = tuple(
        VanStopView(stop.kind.value, tuple(stop.order_ids), place(stop.position), rfc3339(stop.eta_s)) for stop in left
    )
    return VanNow(
        vehicle_id=view.van.vehicle_id,
        kind=kind,
        serial_number=view.van.serial_number,
        profile=view.van.profile.name,
        driving=state.driving if state else False,
        stops_left=len(left),
        stops=stops,
        position=place(state.position) if state else None,
        battery_percent=state.battery_percent if state else None,
    )


def rounded(value: float | None, digits: int) -> float | None:
    """None stays None."""
    return None if value is None else round(value, digits)


def moment(at_s: float | None) -> str | None:
    """RFC 3339, UTC, milliseconds."""
    return None if at_s is None else rfc3339(at_s)
