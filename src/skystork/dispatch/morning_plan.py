"""The morning plan: all orders waiting at the depot shared out between vans and drones as one wave.

Each van drives one tour and each drone flies one order after another; both end within the shift. What an order costs by
the other way is counted against the plan as it is, so that a person sees why it goes as it goes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skystork.dispatch.eligibility import Eligibility
from skystork.dispatch.van_model import Setup
from skystork.dispatch.van_plan import VanRoute, describe_route
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.van_route import Task, VanParcel, VanPosition
from skystork.dispatch.wave_problem import WavePlan, WaveProblem, WaveTruck
from skystork.dispatch.wave_search import Spent, WaveSettings, solve_wave
from skystork.errors import InvalidInput, Problem
from skystork.fleet.profile import VanProfile
from skystork.fleet.vehicle import Drone, Van
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import Mode, Order, OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class WaveRates:
    """What a kilometre costs, in one unit. The defaults are those of Nguyen et al., EJOR 299 (2022)."""

    van_per_km: float = 1.25
    drone_per_km: float = 0.03
    leaving_cost: float = 0.0
    """For each van that leaves the depot at all."""


@dataclass(frozen=True, slots=True)
class WaveChoice:
    """One order of the wave: how it goes, and what the other way would cost."""

    order_id: OrderId
    mode: Mode | None
    """None where nothing can carry it in this wave."""
    vehicle_id: VehicleId | None
    cost: float | None
    """What the plan would save without it."""
    other_cost: float | None
    """What the other mode would add to the rest of the plan; None where it cannot."""
    reasons: tuple[Reason, ...]
    """What keeps it from the other mode, or from both."""


@dataclass(frozen=True, slots=True)
class MorningPlan:
    """A wave as planned."""

    routes: tuple[VanRoute, ...]
    """One for each van, by vehicle id."""
    flights: Mapping[VehicleId, tuple[OrderId, ...]]
    """For each drone its orders, the earliest promised first."""
    choices: tuple[WaveChoice, ...]
    """One for each order, as given."""
    cost: float


def plan_morning(
    orders: Sequence[Order],
    eligible: Mapping[OrderId, Eligibility],
    *,
    drones: Sequence[Drone],
    vans: Sequence[Van],
    depot: Geodetic,
    now_s: float,
    shift_s: float,
    spent: Spent,
    rates: WaveRates | None = None,
    settings: WaveSettings | None = None,
    roads: Roads | None = None,
) -> MorningPlan:
    """Plan the wave that leaves now.

    Parameters
    ----------
    eligible
        The answer of every mode about every order.
    now_s
        Loading begins [s since the Unix epoch].
    shift_s
        Every van is back and every drone is down by then [s].
    spent
        How long to search; see :mod:`skystork.dispatch.wave_search`.

    Raises
    ------
    InvalidInput
        When there is no vehicle, one is named twice, or the shift ends before it starts.
    """
    names = [*(drone.vehicle_id for drone in drones), *(van.vehicle_id for van in vans)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        remedy = "Each vehicle carries one duty: name it once."
        raise InvalidInput((Problem("fleet", "one vehicle is claimed twice", ", ".join(twice), "once each", remedy),))
    wave = _Wave(
        orders,
        eligible=eligible,
        drones=sorted(drones, key=_id),
        vans=sorted(vans, key=_id),
        depot=depot,
        shift_s=shift_s,
        rates=rates or WaveRates(),
        roads=roads or Roads(),
    )
    plan = solve_wave(wave.problem, spent, settings=settings)
    return wave.described(plan, now_s)


def _id(vehicle: Drone | Van) -> str:
    return vehicle.vehicle_id


class _Wave:
    """The orders as a wave's problem, and its plan in the words of the depot."""

    def __init__(
        self,
        orders: Sequence[Order],
        *,
        eligible: Mapping[OrderId, Eligibility],
        drones: Sequence[Drone],
        vans: Sequence[Van],
        depot: Geodetic,
        shift_s: float,
        rates: WaveRates,
        roads: Roads,
    ) -> None:
        self._orders, self._drones, self._vans, self._depot = orders, drones, vans, depot
        self._eligible = [eligible[order.order_id] for order in orders]
        frame = LocalFrame(depot)
        self._doorsteps = {order.order_id: frame.to_enu_m(order.drop_off) for order in orders}
        self._profiles = list({van.profile.name: van.profile for van in vans}.values())
        self._rates, self._roads = rates, roads
        self.problem = self._problem(shift_s)

    def _problem(self, shift_s: float) -> WaveProblem:
        stops, kinds = len(self._orders) + 1, [profile.name for profile in self._profiles]
        places = [self._depot, *(order.drop_off for order in self._orders)]
        tables = [self._roads.tables(places, profile) for profile in self._profiles]
        road = [metres for metres, _ in tables]
        times = [self._times_s(profile, seconds) for profile, (_, seconds) in zip(self._profiles, tables, strict=True)]
        most_kg = max((van.profile.capacity_kg for van in self._vans), default=0.0)
        weights = [
            # What no van may take weighs more than any carries: the wave knows no other bar.
            order.parcel.weight_kg + (most_kg if eligibility.van_reasons else 0.0)
            for order, eligibility in zip(self._orders, self._eligible, strict=True)
        ]
        flights = [self._flights(drone) for drone in self._drones]
        return WaveProblem(
            trucks=tuple(
                WaveTruck(
                    kinds.index(van.profile.name),
                    van.profile.capacity_kg,
                    shift_s,
                    self._rates.leaving_cost,
                    van.profile.capacity_parcels,
                )
                for van in self._vans
            ),
            truck_time_s=np.array(times).reshape(len(kinds), stops, stops),
            truck_cost=np.array(road).reshape(len(kinds), stops, stops) / 1e3 * self._rates.van_per_km,
            weight_kg=np.array([0.0, *weights]),
            drone_time_s=np.array([times_s for times_s, _ in flights]).reshape(len(flights), stops),
            drone_cost=np.array([costs for _, costs in flights]).reshape(len(flights), stops),
            drone_shift_s=(shift_s,) * len(flights),
        )

    def _times_s(self, profile: VanProfile, seconds: np.ndarray) -> np.ndarray:
        """Driving, loading on the way out of the depot, service at the end of each arc to a doorstep."""
        times = seconds.copy()
        times[0, 1:] += profile.load_s
        times[:, 1:] += profile.service_s
        np.fill_diagonal(times, 0.0)
        return times

    def _flights(self, drone: Drone) -> tuple[list[float], list[float]]:
        """From one loading to the next, and the cost, of each order; ``inf`` where this type may not fly it."""
        profile, times, costs = drone.profile, [0.0], [0.0]
        for order, eligibility in zip(self._orders, self._eligible, strict=True):
            able = next((each for each in eligibility.able if each.profile_name == profile.name), None)
            straight_m = math.hypot(*self._doorsteps[order.order_id])
            times.append(math.inf if able is None else profile.load_s + able.estimate.duration_s + profile.turnaround_s)
            costs.append(2 * straight_m / 1e3 * self._rates.drone_per_km)
        return times, costs

    def described(self, plan: WavePlan, now_s: float) -> MorningPlan:
        """The plan with routes, flights, and the choice for each order."""
        choices = {order: self._unserved(order) for order in plan.unserved}
        for index, tour in enumerate(plan.tours):
            choices |= {order: self._by_van(plan, index, order) for order in tour}
        for index, duty in enumerate(plan.flights):
            choices |= {order: self._by_drone(plan, index, order) for order in duty}
        fixed = sum(self._rates.leaving_cost for tour in plan.tours if tour)
        driven = sum(self._tour_cost(index, tour) for index, tour in enumerate(plan.tours))
        flown = sum(self.problem.drone_cost[d, order] for d, duty in enumerate(plan.flights) for order in duty)
        return MorningPlan(
            routes=self._routes(plan, now_s),
            flights={
                drone.vehicle_id: tuple(self._orders[order - 1].order_id for order in sorted(duty, key=self._urgency))
                for drone, duty in zip(self._drones, plan.flights, strict=True)
            },
            choices=tuple(choices[order] for order in range(1, len(self._orders) + 1)),
            cost=float(fixed + driven + flown),
        )

    def _urgency(self, order: int) -> tuple[float, int]:
        by_s = self._orders[order - 1].deliver_by_s
        return (math.inf if by_s is None else by_s), order

    def _tour_cost(self, truck: int, tour: Sequence[int]) -> float:
        matrix, here, cost = self.problem.truck_cost[self.problem.trucks[truck].kind], 0, 0.0
        for there in (*tour, 0) if tour else ():
            cost, here = cost + float(matrix[here, there]), there
        return cost

    def _routes(self, plan: WavePlan, now_s: float) -> tuple[VanRoute, ...]:
        parcels = [self._parcel(order) for order in self._orders]
        vans = [VanPosition(van.vehicle_id, van.profile, self._depot, now_s) for van in self._vans]
        setup = Setup(vans, parcels, depot=self._depot, now_s=now_s, roads=self._roads)
        tours = {}
        for van, tour in zip(self._vans, plan.tours, strict=True):
            mine = [parcels[order - 1] for order in tour]
            tours[van.vehicle_id] = [Task(p, picks=True) for p in mine] + [Task(p, picks=False) for p in mine]
        state = setup.state(tours)
        return tuple(describe_route(setup, state, index) for index in range(len(vans)))

    def _parcel(self, order: Order) -> VanParcel:
        by_s = math.inf if order.deliver_by_s is None else order.deliver_by_s
        return VanParcel(order.order_id, order.drop_off, order.parcel.weight_kg, by_s)

    def _unserved(self, order: int) -> WaveChoice:
        eligibility = self._eligible[order - 1]
        reasons = eligibility.drone_reasons + eligibility.van_reasons
        if not eligibility.modes or not reasons:
            reasons += () if reasons else (_no_room("no vehicle has room or time left in this shift"),)
        else:
            reasons += (_no_room("the mode that may carry it has no room or time left in this shift"),)
        return WaveChoice(self._orders[order - 1].order_id, None, None, None, None, reasons)

    def _by_van(self, plan: WavePlan, truck: int, order: int) -> WaveChoice:
        tour, eligibility = plan.tours[truck], self._eligible[order - 1]
        saved = self._tour_cost(truck, tour) - self._tour_cost(truck, [each for each in tour if each != order])
        spare = [
            (float(self.problem.drone_cost[d, order]), d)
            for d, duty in enumerate(plan.flights)
            if self.problem.drone_time_s[d, order] + self._flown_s(d, duty) <= self.problem.drone_shift_s[d]
        ]
        reasons = eligibility.drone_reasons
        if not spare and not reasons:
            reasons = (_no_room("the drones that may fly it are busy to the end of the shift"),)
        van_id, order_id = self._vans[truck].vehicle_id, self._orders[order - 1].order_id
        return WaveChoice(order_id, Mode.VAN, van_id, saved, min(spare)[0] if spare else None, reasons)

    def _flown_s(self, drone: int, duty: Sequence[int]) -> float:
        return float(sum(self.problem.drone_time_s[drone, order] for order in duty))

    def _by_drone(self, plan: WavePlan, drone: int, order: int) -> WaveChoice:
        added = [
            cost for truck, tour in enumerate(plan.tours) if (cost := self._insertion(truck, tour, order)) is not None
        ]
        reasons = self._eligible[order - 1].van_reasons
        if not added and not reasons:
            reasons = (_no_room("no van has room and time left for it in this shift"),)
        drone_id, order_id = self._drones[drone].vehicle_id, self._orders[order - 1].order_id
        cost = float(self.problem.drone_cost[drone, order])
        return WaveChoice(order_id, Mode.DRONE, drone_id, cost, min(added, default=None), reasons)

    def _insertion(self, truck: int, tour: Sequence[int], order: int) -> float | None:
        """What the order would add to a tour at the best place where it fits."""
        limits, problem = self.problem.trucks[truck], self.problem
        weight_kg = sum(float(problem.weight_kg[each]) for each in (*tour, order))
        if weight_kg > limits.capacity_kg or len(tour) >= limits.capacity_parcels:
            return None
        costs = [
            self._tour_cost(truck, longer)
            for place in range(len(tour) + 1)
            if self._driven_s(truck, longer := [*tour[:place], order, *tour[place:]]) <= limits.shift_s
        ]
        leaves = 0.0 if tour else limits.leaving_cost
        return min(costs) - self._tour_cost(truck, tour) + leaves if costs else None

    def _driven_s(self, truck: int, tour: Sequence[int]) -> float:
        matrix, here, time_s = self.problem.truck_time_s[self.problem.trucks[truck].kind], 0, 0.0
        for there in (*tour, 0):
            time_s, here = time_s + float(matrix[here, there]), there
        return time_s


def _no_room(text: str) -> Reason:
    return Reason(ReasonCode.FLEET, text, 0, 1)
