"""What it costs to let a drone fly a sequence of orders: lateness before energy, never the other way round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from skystork.dispatch.flight_estimate import FlightEstimate
from skystork.fleet.profile import DroneProfile
from skystork.orders.order import Order, VehicleId


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """Compared field by field: any lateness outweighs any energy."""

    lateness_s: float = 0.0
    """Sum over the orders of the time after the promise [s]."""
    energy_j: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.lateness_s + other.lateness_s, self.energy_j + other.energy_j)


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order that may fly and has no drone yet."""

    order: Order
    estimates: Mapping[str, FlightEstimate]
    """The flight foreseen with each type of aircraft that can fly it, by profile name."""
    promised_by_s: float
    road_possible: bool = True
    """Whether it may go by road instead; where not, it flies late rather than never."""


@dataclass(frozen=True, slots=True)
class DroneAvailability:
    """A drone in service: idle, or on its way back."""

    vehicle_id: VehicleId
    profile: DroneProfile
    ready_at_s: float
    """When it can be loaded, turnaround included [s since the Unix epoch]; in the past where it is idle."""
    battery_j: float
    """Energy on board then [J]."""
    payload_limit_kg: float = math.inf
    """What a person allows it to carry, where that is less than its type can."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One order in a drone's sequence, timed."""

    waiting: WaitingOrder
    starts_s: float
    """Loading begins."""
    eta_s: float
    """The parcel is down."""
    cost: Cost


def usable_j(drone: DroneAvailability, flight: int) -> float:
    """Energy above the reserve for its next flight (0), or a later one, which follows a battery swap [J]."""
    battery_j = drone.battery_j if flight == 0 else drone.profile.battery_j
    return battery_j - drone.profile.reserve_fraction * drone.profile.battery_j


def can_fly(drone: DroneAvailability, waiting: WaitingOrder, flight: int = 0) -> bool:
    """Whether the type of aircraft is able and the battery carries it home with the reserve."""
    estimate = waiting.estimates.get(drone.profile.name)
    if waiting.order.parcel.weight_kg > drone.payload_limit_kg:
        return False
    return estimate is not None and estimate.energy_j <= usable_j(drone, flight)


def time_visit(drone: DroneAvailability, waiting: WaitingOrder, starts_s: float) -> Visit:
    """Time one order when loading begins then."""
    estimate = waiting.estimates[drone.profile.name]
    eta_s = starts_s + drone.profile.load_s + estimate.time_to_drop_s
    return Visit(waiting, starts_s, eta_s, Cost(max(0.0, eta_s - waiting.promised_by_s), estimate.energy_j))


def free_again_s(drone: DroneAvailability, visit: Visit) -> float:
    """When the drone can be loaded for its next flight [s since the Unix epoch]."""
    duration_s = visit.waiting.estimates[drone.profile.name].duration_s
    return visit.starts_s + drone.profile.load_s + duration_s + drone.profile.turnaround_s


def time_sequence(drone: DroneAvailability, sequence: Sequence[WaitingOrder], now_s: float) -> tuple[Visit, ...] | None:
    """Time a drone's flights one after another; None where one of them is beyond it."""
    visits: list[Visit] = []
    starts_s = max(now_s, drone.ready_at_s)
    for flight, waiting in enumerate(sequence):
        if not can_fly(drone, waiting, flight):
            return None
        visits.append(time_visit(drone, waiting, starts_s))
        starts_s = free_again_s(drone, visits[-1])
    return tuple(visits)


def total_cost(visits: Sequence[Visit]) -> Cost:
    """Sum over a sequence."""
    return Cost(
        math.fsum(visit.cost.lateness_s for visit in visits), math.fsum(visit.cost.energy_j for visit in visits)
    )
