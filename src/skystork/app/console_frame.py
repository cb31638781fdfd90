"""What the console draws twice a second: every vehicle, van and figure as of now, one frozen value for all who look.

Written for the wire: camelCase, altitudes above home, angles in degrees, moments in seconds since the Unix epoch. A
frame is made once for all browsers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import msgspec

from skystork.app.console_lines import plan_key
from skystork.app.drone_desk import DroneDesk
from skystork.app.van_view import VanView
from skystork.dispatch.partners import Partner
from skystork.flight.conformance import CROSS_TRACK_LIMIT_M
from skystork.orders.book import OrderBook
from skystork.orders.order import VehicleId
from skystork.orders.order_state import OrderState

STALE_S = 5.0
"""A position older than this is drawn as old [s]: PX4 sends GLOBAL_POSITION_INT at 1 Hz or more."""


class DroneMark(msgspec.Struct, frozen=True, rename="camel"):
    """One aircraft on the map and in the list."""

    vehicle_id: str
    latitude: float | None
    longitude: float | None
    heading: float | None
    """Over north [deg]."""
    height_m: float | None
    """Above home [m]."""
    speed_m_s: float | None
    """Over ground [m/s]."""
    climb_m_s: float | None
    battery: float | None
    """0..1."""
    link: str
    phase: str
    """Of its flight, or ``ready``, ``kept back``, ``out of service``, ``not ready``."""
    mode: str
    airborne: bool
    stale: bool
    flight_id: str | None
    order_id: str | None
    """Empty for a mission by hand."""
    plan_key: str | None
    """Another one where its flight has another plan."""
    eta_s: float | None
    cross_track_m: float | None
    conforming: bool
    """Within the volume its plan was cleared for; true where there is no flight."""
    note: str = ""
    """Why it is out of service or kept back."""


class VanMark(msgspec.Struct, frozen=True, rename="camel"):
    """One van or sidewalk robot."""

    vehicle_id: str
    kind: str
    """``van`` or ``robot``."""
    latitude: float | None
    longitude: float | None
    phase: str
    stops: tuple[tuple[float, float, str, str], ...]
    """What is left: latitude, longitude, kind, first order."""
    eta_s: float | None
    battery: float | None


class PartnerMark(msgspec.Struct, frozen=True, rename="camel"):
    """A courier who carries orders for us; where, only its own people know."""

    name: str
    asked: int
    """Orders that it has not answered for yet."""
    carries: int
    """Orders that it took and has not handed over."""
    capacity: int


class Weather(msgspec.Struct, frozen=True, rename="camel"):
    """The newest reading."""

    at_s: float
    wind_m_s: float
    wind_from: float
    """Where it comes from [deg over north]."""
    gust_m_s: float
    rain_mm_h: float
    visibility_m: float


class Gauge(msgspec.Struct, frozen=True, rename="camel"):
    """How full a queue is."""

    name: str
    depth: int
    limit: int


def drone_mark(desk: DroneDesk, now_s: float) -> DroneMark:
    """One aircraft as it is now."""
    state, flight, position = desk.state, desk.flight, desk.state.position
    east, north, up = state.velocity_enu_m_s or (None, None, None)
    deviation = flight.deviation if flight is not None else None
    return DroneMark(
        vehicle_id=desk.drone.vehicle_id,
        latitude=round(position.latitude_deg, 6) if position else None,
        longitude=round(position.longitude_deg, 6) if position else None,
        heading=_rounded(state.heading_deg, 0),
        height_m=_rounded(state.height_home_m, 1),
        speed_m_s=None if east is None or north is None else round(math.hypot(east, north), 1),
        climb_m_s=_rounded(up, 1),
        battery=_rounded(state.battery_fraction, 3),
        link=state.link,
        phase=phase_word(desk),
        mode=state.mode,
        airborne=state.landed in {"in_air", "takeoff", "landing"},
        stale=state.position_at_s is None or now_s - state.position_at_s > STALE_S,
        flight_id=flight.plan.request.flight_id if flight else None,
        order_id=flight.plan.request.order_id if flight else None,
        plan_key=plan_key(flight) if flight else None,
        eta_s=desk.free_at_s,
        cross_track_m=_rounded(deviation.cross_track_m, 1) if deviation else None,
        conforming=deviation is None
        or (
            deviation.cross_track_m <= max(deviation.allowed_m, CROSS_TRACK_LIMIT_M)
            and deviation.height_m <= CROSS_TRACK_LIMIT_M
        ),
        note=desk.out_of_service or desk.kept or desk.untold,
    )


def phase_word(desk: DroneDesk) -> str:
    """What a person calls what it does."""
    if desk.flight is not None:
        return desk.flight.phase
    if desk.out_of_service:
        return "out of service"
    if desk.busy:
        return "planning"
    if desk.kept:
        return "kept back"
    return "ready" if desk.state.ready_to_arm and desk.state.link == "up" else "not ready"


def van_mark(view: VanView, kind: str) -> VanMark:
    """One van or robot as its own messages tell it."""
    left, state = view.stops_left, view.state
    stops = tuple(
        (
            stop.position.latitude_deg,
            stop.position.longitude_deg,
            str(stop.kind),
            stop.order_ids[0] if stop.order_ids else "",
        )
        for stop in left
    )
    return VanMark(
        vehicle_id=view.van.vehicle_id,
        kind=kind,
        latitude=state.position.latitude_deg if state else None,
        longitude=state.position.longitude_deg if state else None,
        phase=str(left[0].kind) if left else "at the depot",
        stops=stops,
        eta_s=left[0].eta_s if left else None,
        battery=state.battery_percent / 100 if state and state.battery_percent is not None else None,
    )


def partner_marks(partners: Iterable[Partner], book: OrderBook) -> tuple[PartnerMark, ...]:
    """Each courier with what it has of ours."""
    asked = Counter(record.vehicle_id for record in book.orders(OrderState.OFFERED))
    carries = Counter(record.vehicle_id for record in book.orders(OrderState.WITH_PARTNER))
    return tuple(
        PartnerMark(each.name, asked[VehicleId(each.name)], carries[VehicleId(each.name)], each.capacity)
        for each in partners
    )


def order_counts(book: OrderBook) -> dict[str, int]:
    """How many orders stand in each state."""
    counts = Counter(record.state for record in book.orders())
    return {state.value: counts[state] for state in OrderState if counts[state]}


def fleet_marks(desks: Iterable[DroneDesk], now_s: float) -> tuple[DroneMark, ...]:
    """All aircraft."""
    return tuple(drone_mark(desk, now_s) for desk in desks)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)
