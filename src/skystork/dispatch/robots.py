"""Sidewalk robots: one parcel a trip, out along the pavements and home again, for what is light and near.

To the dispatcher a robot shuttles as a drone does: ready, out, home, charged, ready. What differs is where it may go
and what of the weather it minds: no airspace, no wind, no noise, no pilots.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from skystork.dispatch.horizon_situation import Flight
from skystork.dispatch.rules import SiteRules
from skystork.dispatch.site_limits import over
from skystork.fleet.profile import RobotProfile
from skystork.orders.order import Order
from skystork.orders.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class Trip:
    """Out and home of one order by one type of robot."""

    out_s: float
    """From the depot to the parcel handed over, loading included [s]."""
    total_s: float
    """Until it stands at the depot again [s]."""
    length_m: float
    """Both ways, along the pavements [m]."""
    energy_j: float


def trip_of(profile: RobotProfile, straight_m: float) -> Trip:
    """A trip to a doorstep so far from the depot, straight [m]."""
    way_m = straight_m * profile.circuity
    drive_s = way_m / profile.speed_m_s
    out_s = profile.load_s + drive_s + profile.service_s
    return Trip(out_s, out_s + drive_s, 2 * way_m, 2 * way_m * profile.energy_j_per_m)


def trip_cost(trip: Trip, rules: SiteRules) -> float:
    """Of carrying one order."""
    return rules.robot_cost + rules.robot_cost_per_km * trip.length_m / 1e3


def robot_flight(kind: str, trip: Trip, rules: SiteRules, *, from_s: float = -math.inf) -> Flight:
    """The trip as the dispatcher compares it; handed over no sooner than ``from_s`` [s since the Unix epoch]."""
    cost, opens_s = trip_cost(trip, rules), from_s - trip.out_s
    return Flight(kind=kind, out_s=trip.out_s, total_s=trip.total_s, energy_j=trip.energy_j, cost=cost, opens_s=opens_s)


def robot_reasons(order: Order, profile: RobotProfile, *, straight_m: float, now_s: float) -> Iterator[Reason]:
    """Everything that keeps an order from a type of robot."""
    trip, lasting = _lasting(order, profile, straight_m)
    yield from lasting
    left_s = math.inf if order.deliver_by_s is None else order.deliver_by_s - order.ready_from_s(now_s)
    if trip.out_s > left_s:
        yield over(ReasonCode.PROMISE, "it takes {:.0f} s, {:.0f} s are left", trip.out_s, left_s)


@lru_cache(maxsize=16_384)
def _lasting(order: Order, profile: RobotProfile, straight_m: float) -> tuple[Trip, tuple[Reason, ...]]:
    """The trip, and what keeps the order from it whatever the hour: asked each second of every order that waits."""
    trip = trip_of(profile, straight_m)
    return trip, tuple(_lasting_reasons(order, profile, trip))


def _lasting_reasons(order: Order, profile: RobotProfile, trip: Trip) -> Iterator[Reason]:
    parcel = order.parcel
    if parcel.weight_kg > profile.payload_limit_kg:
        text = "parcel weighs {:.3g} kg, it carries {:.4g} kg"
        yield over(ReasonCode.WEIGHT, text, parcel.weight_kg, profile.payload_limit_kg)
    if any(side_m > room_m for side_m, room_m in zip(parcel.sides_m(), profile.box_m, strict=True)):
        seen, limit = (" × ".join(f"{side_m:.2f}" for side_m in sides) for sides in (parcel.sides_m(), profile.box_m))
        text = f"parcel is {seen} m, its compartment takes {limit} m"
        yield Reason(ReasonCode.SIZE, text, seen, limit, remedy=f"packed within {limit} m")
    if parcel.hazard not in profile.hazards:
        text = f"it takes no {parcel.hazard} goods"
        yield Reason(ReasonCode.HAZARD, text, parcel.hazard, ", ".join(profile.hazards))
    if trip.length_m > profile.range_m:
        text = "out and home is {:.0f} m along the pavements, its range is {:.0f} m"
        yield over(ReasonCode.RADIUS, text, trip.length_m, profile.range_m)
