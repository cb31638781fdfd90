"""What of a situation can be used: everything wrong is told with its remedy, and the rest is decided all the same.

A dispatcher that stops over one bad row stops a town. So a bad row is set aside, its order waits in the decision as
:attr:`~skystork.dispatch.horizon_decision.Why.BAD_INPUT`, and nobody has to guess why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from skystork.dispatch.horizon_situation import Flight, HorizonDrone, HorizonOrder, HorizonVan, Situation
from skystork.dispatch.wave_arrays import Floats
from skystork.errors import Problem
from skystork.orders.order import VehicleId


class _Vehicle(Protocol):
    @property
    def vehicle_id(self) -> VehicleId: ...

    @property
    def hub_id(self) -> str: ...

    @property
    def in_service(self) -> bool: ...


V = TypeVar("V", bound=_Vehicle)


@dataclass(frozen=True, slots=True)
class Usable:
    """What is decided over."""

    orders: tuple[HorizonOrder, ...]
    drones: tuple[HorizonDrone, ...]
    vans: tuple[HorizonVan, ...]
    road_s: Floats
    """(0, 0) where straight lines are to be used."""
    problems: tuple[Problem, ...]


def inspect(situation: Situation) -> Usable:
    """Set aside what cannot be used."""
    problems: list[Problem] = []
    hubs = {hub.hub_id for hub in situation.hubs}
    road_s = _road(situation, problems)
    orders = [order for order in _once(situation.orders, problems) if not _tell(_order(order, road_s), problems)]
    drones = [drone for drone in _claimed_once(situation.drones, hubs, problems) if not _tell(_drone(drone), problems)]
    vans = [van for van in _claimed_once(situation.vans, hubs, problems) if not _tell(_van(van, road_s), problems)]
    return Usable(tuple(orders), tuple(drones), tuple(vans), road_s, tuple(problems))


def _tell(found: Iterable[Problem], problems: list[Problem]) -> bool:
    """Note what was found; whether there was anything."""
    before = len(problems)
    problems.extend(found)
    return len(problems) > before


def _once(orders: Sequence[HorizonOrder], problems: list[Problem]) -> Iterator[HorizonOrder]:
    seen: set[str] = set()
    for order in orders:
        if order.order_id in seen:
            text = "the first is decided; give each order once"
            problems.append(Problem(f"orders {order.order_id}", "given twice", order.order_id, "once", text))
        else:
            seen.add(order.order_id)
            yield order


def _claimed_once(vehicles: Sequence[V], hubs: set[str], problems: list[Problem]) -> Iterator[V]:
    seen: set[str] = set()
    for vehicle in vehicles:
        name = vehicle.vehicle_id
        if name in seen:
            text = "The first claim counts; find out who else claims it."
            problems.append(Problem(f"vehicles {name}", "claimed twice", name, "one claim", text))
        elif vehicle.hub_id not in hubs:
            known = ", ".join(sorted(hubs)) or "none"
            text = "Name its hub; it is left out until then."
            problems.append(Problem(f"vehicles {name}", "belongs to no known hub", vehicle.hub_id, known, text))
        elif vehicle.in_service:
            yield vehicle
        seen.add(name)


def _order(order: HorizonOrder, road_s: Floats) -> Iterable[Problem]:
    """What is wrong with an order: of thousands hardly one has anything, so it is asked first whether all is well."""
    east_m, north_m = order.position_enu_m
    known = math.isfinite(east_m + north_m + order.weight_kg + order.late_cost) and order.due_s == order.due_s
    well = known and order.released_s < math.inf and order.earliest_s < math.inf and not len(road_s)
    if well and order.weight_kg > 0 and order.late_cost >= 0 and all(map(_is_whole, order.flights)):
        return ()
    return _order_problems(order, road_s)


def _is_whole(flight: Flight) -> bool:
    cost, energy_j = flight.cost, flight.energy_j
    return 0 <= flight.out_s <= flight.total_s < math.inf and 0 <= energy_j < math.inf and 0 <= cost < math.inf


def _order_problems(order: HorizonOrder, road_s: Floats) -> Iterator[Problem]:
    where = f"orders {order.order_id}"
    if not all(math.isfinite(each) for each in order.position_enu_m):
        yield Problem(where, "no place", f"{order.position_enu_m}", "two finite numbers [m]", "Give its doorstep.")
    if not (math.isfinite(order.weight_kg) and order.weight_kg > 0):
        yield Problem(where, "no weight", f"{order.weight_kg}", "above 0 kg", "Weigh the parcel.")
    if math.isnan(order.due_s) or math.isnan(order.released_s) or math.isnan(order.earliest_s):
        yield Problem(where, "a time that is no time", "nan", "a number of seconds", "Give its times.")
    if not (math.isfinite(order.late_cost) and order.late_cost >= 0):
        yield Problem(
            where, "no cost of being late", f"{order.late_cost}", "at least 0", "Give what a promise is worth."
        )
    if not order.van_reasons:
        yield from _place(where, order.place, road_s)
    for flight in order.flights:
        if not _is_whole(flight):
            numbers = (flight.out_s, flight.total_s, flight.energy_j, flight.cost)
            limit = "finite, at least 0, and out no longer than out and back"
            yield Problem(f"{where} flight {flight.kind}", "no flight", f"{numbers}", limit, "Estimate it anew.")


def _place(where: str, place: int, road_s: Floats) -> Iterator[Problem]:
    if len(road_s) and not 0 <= place < len(road_s):
        limit = f"0 to {len(road_s) - 1}"
        yield Problem(where, "no row in the matrix of travel times", f"{place}", limit, "Add it to the matrix.")


def _drone(drone: HorizonDrone) -> Iterator[Problem]:
    where = f"drones {drone.vehicle_id}"
    if math.isnan(drone.ready_at_s):
        yield Problem(where, "no time when it is ready", "nan", "a number of seconds", "It is left out until then.")
    if math.isnan(drone.usable_j) or math.isnan(drone.full_j):
        yield Problem(where, "no energy", "nan", "a number of joules", "It is left out until its battery is known.")
    if not (math.isfinite(drone.turn_s) and drone.turn_s >= 0 and drone.swap_s >= 0):
        yield Problem(where, "no turnaround", f"{drone.turn_s}", "at least 0 s", "Mend its profile.")


def _van(van: HorizonVan, road_s: Floats) -> Iterator[Problem]:
    where = f"vans {van.vehicle_id}"
    if not van.shift_ends_s > van.shift_begins_s:
        limit = f"after {van.shift_begins_s:.0f} s"
        text = "It carries nothing until its shift is mended."
        yield Problem(where, "its shift ends before it begins", f"{van.shift_ends_s:.0f} s", limit, text)
    if not (math.isfinite(van.speed_m_s) and van.speed_m_s > 0 and van.circuity > 0):
        yield Problem(where, "no speed", f"{van.speed_m_s} m/s", "above 0 m/s", "Mend its profile.")
    if math.isnan(van.free_at_s) or not all(math.isfinite(each) for each in van.position_enu_m):
        yield Problem(
            where, "nobody knows where it is", f"{van.position_enu_m}", "a place and a time", "Ask its driver."
        )
    if not (van.capacity_kg > 0 and van.service_s >= 0 and van.load_s >= 0):
        yield Problem(where, "carries nothing", f"{van.capacity_kg} kg", "above 0 kg", "Mend its profile.")
    yield from _place(where, van.place, road_s)


def _road(situation: Situation, problems: list[Problem]) -> Floats:
    """The matrix with what is impossible in it closed: no time is made up for a leg that nobody knows."""
    road_s = situation.road_s
    if road_s is None:
        return np.zeros((0, 0))
    if road_s.ndim != 2 or road_s.shape[0] != road_s.shape[1] or not road_s.size:
        text = "Straight lines are used until it is mended."
        problems.append(Problem("road_s", "not a matrix of travel times", f"{road_s.shape}", "square", text))
        return np.zeros((0, 0))
    holes = np.argwhere(~np.isfinite(road_s) | (road_s < 0))
    if not len(holes):
        return np.ascontiguousarray(road_s, np.float64)
    row, column = holes[0]
    seen = f"{road_s[row, column]} from {row} to {column}, {len(holes)} such"
    text = "No van drives these legs; ask the router again."
    problems.append(Problem("road_s", "holes or negative times", seen, "finite, at least 0 s", text))
    closed = np.array(road_s, np.float64)
    closed[holes[:, 0], holes[:, 1]] = math.inf
    return closed
