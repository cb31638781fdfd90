"""Orders and fleet as boards: one line each, and one order with all that happened to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from skystork.app.drone_desk import DroneDesk
from skystork.app.ledger_history import HistoryRow, LedgerHistory
from skystork.fleet.energy import level_power_w
from skystork.orders import events as e
from skystork.orders.book import OrderBook, OrderRecord
from skystork.orders.order_state import OrderState


class OrderLine(msgspec.Struct, frozen=True, rename="camel"):
    """One order on the board."""

    order_id: str
    state: str
    mode: str
    vehicle_id: str
    flight_id: str
    recipient: str
    weight_kg: float
    accepted_at_s: float
    promised_by_s: float | None
    eta_s: float | None
    delivered_at_s: float | None


class OrderView(msgspec.Struct, frozen=True, rename="camel"):
    """One order with its reasons and its past."""

    order: OrderLine
    latitude: float
    longitude: float
    drone_reasons: tuple[str, ...] | None
    """Why no drone; null until assessed, empty where one may."""
    van_reasons: tuple[str, ...] | None
    ways: tuple[str, ...]
    """Each way that was compared when it was last decided over, in a sentence."""
    timeline: tuple[HistoryRow, ...]


class FleetLine(msgspec.Struct, frozen=True, rename="camel"):
    """What a drone is and did."""

    vehicle_id: str
    profile: str
    autopilot: str
    flights: int
    delivered: int
    range_m: float | None
    """Still-air range of what is in its battery, empty, reserve kept [m]."""


def order_line(record: OrderRecord) -> OrderLine:
    """One order, for the board."""
    order = record.order
    return OrderLine(
        order.order_id, record.state, record.mode or "", record.vehicle_id or "", record.flight_id or "",
        order.recipient, order.parcel.weight_kg, record.accepted_at_s,
        record.promised_by_s, record.eta_s, record.delivered_at_s,
    )  # fmt: skip


def order_view(record: OrderRecord, ledger: Path) -> OrderView:
    """One order with its timeline, read from the ledger's file."""
    order = record.order
    ways = record.decided.ways if record.decided is not None else ()
    return OrderView(
        order=order_line(record),
        latitude=order.drop_off.latitude_deg,
        longitude=order.drop_off.longitude_deg,
        drone_reasons=None if record.drone_reasons is None else tuple(map(str, record.drone_reasons)),
        van_reasons=None if record.van_reasons is None else tuple(map(str, record.van_reasons)),
        ways=tuple(map(way_words, ways)),
        timeline=LedgerHistory(ledger).of_order(order.order_id),
    )


def way_words(way: e.PricedWay) -> str:
    """One way as it was compared: by what, when and for how much, or what stands in its way."""
    by = f"{way.mode} {way.vehicle_id}" if way.vehicle_id else f"{way.mode}"
    if way.eta_s is None:
        return f"{by}: {'; '.join(str(reason) for reason in way.reasons) or 'none is free for it'}"
    late = f", {way.late_s / 60:.0f} min late" if way.late_s else ""
    cost = "" if way.cost is None else f", cost {way.cost:.2f}"
    return f"{by}: there at {datetime.fromtimestamp(way.eta_s, UTC):%H:%M}Z{late}{cost}"


def fleet_lines(desks: Sequence[DroneDesk], book: OrderBook) -> Iterator[FleetLine]:
    """Each drone with what it did."""
    flights = Counter(each.vehicle_id for each in book.flights.values() if each.launched_at_s is not None)
    delivered = Counter(each.vehicle_id for each in book.orders(OrderState.DELIVERED))
    for desk in desks:
        profile, vehicle_id = desk.drone.profile, desk.drone.vehicle_id
        yield FleetLine(
            vehicle_id=vehicle_id,
            profile=profile.name,
            autopilot=desk.drone.autopilot,
            flights=flights[vehicle_id],
            delivered=delivered[vehicle_id],
            range_m=range_m(desk),
        )


def range_m(desk: DroneDesk) -> float | None:
    """How far it gets empty in still air on what is in its battery, with the reserve kept [m]."""
    profile, fraction = desk.drone.profile, desk.state.battery_fraction
    if fraction is None:
        return None
    cruise_w = level_power_w(profile, payload_kg=0.0, air_speed_m_s=profile.cruise_air_speed_m_s)
    usable_j = max(fraction - profile.reserve_fraction, 0.0) * profile.battery_j
    return usable_j / cruise_w * profile.cruise_air_speed_m_s
