"""Orders and fleet as boards: one line each, and one order with all that happened to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from skystork.app.drone_desk import DroneDesk
from skystork.app.ledger_history import HistoryRow, LedgerHistory
from skystork.fleet.energy import level_power_w
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
    alternatives: tuple[str, ...]
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
    history = LedgerHistory(ledger)
    considered: tuple[str, ...] = ()
    for row in history.records():
        if row.order_id == order.order_id and row.kind == "OrderAssigned":
            told = row.payload.get("alternatives")
            considered = tuple(map(str, told)) if isinstance(told, list) else ()
    return OrderView(
        order=order_line(record),
        latitude=order.drop_off.latitude_deg,
        longitude=order.drop_off.longitude_deg,
        drone_reasons=None if record.drone_reasons is None else tuple(map(str, record.drone_reasons)),
        van_reasons=None if record.van_reasons is None else tuple(map(str, record.van_reasons)),
        alternatives=considered,
        timeline=history.of_order(order.order_id),
    )


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
