"""The morning plan: all orders waiting at the depot shared out between vans and drones as one wave.

Each van drives one tour and each drone flies one order after another; both end within the shift. The wave is planned
for the least cost or for the earliest finish (:mod:`skystork.dispatch.objective`), by the same search. What an order
comes to by the other way is counted against the plan as it is, so that a person sees why it goes as it goes. Cost and
finish are those of the independent check (:mod:`skystork.dispatch.wave_check`), and a plan that breaks a limit by it
is not given out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from skystork.dispatch.eligibility import Eligibility
from skystork.dispatch.hours import clock
from skystork.dispatch.morning_duties import Duties, OtherWay
from skystork.dispatch.morning_wave import MorningWave, WaveRates, as_asked
from skystork.dispatch.objective import WaveObjective
from skystork.dispatch.van_model import Setup
from skystork.dispatch.van_plan import VanRoute, describe_route
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.van_route import Task, VanParcel, VanPosition
from skystork.dispatch.wave_check import WaveVerdict, check_wave
from skystork.dispatch.wave_effort import Spent
from skystork.dispatch.wave_problem import WavePlan, WaveProblem
from skystork.dispatch.wave_search import solve_wave
from skystork.dispatch.wave_settings import WaveSettings
from skystork.errors import BrokenPlan, InvalidInput, Problem
from skystork.fleet.vehicle import Drone, Van
from skystork.frames import Geodetic
from skystork.orders.order import Mode, Order, OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class WaveChoice:
    """One order of the wave: how it goes, and what the other way would come to."""

    order_id: OrderId
    mode: Mode | None
    """None where nothing can carry it in this wave."""
    vehicle_id: VehicleId | None
    cost: float | None
    """What the plan would save without it."""
    other_cost: float | None
    """What the other mode would add to the rest of the plan; None where it cannot."""
    other_finish_s: float | None
    """When the last vehicle would be back if it went by the other mode [s since the Unix epoch]; None likewise."""
    reasons: tuple[Reason, ...]
    """What keeps it from the other mode, or from both."""


@dataclass(frozen=True, slots=True)
class MorningPlan:
    """A wave as planned, and as the independent check counts it."""

    objective: WaveObjective
    routes: tuple[VanRoute, ...]
    """One for each van, by vehicle id."""
    flights: Mapping[VehicleId, tuple[OrderId, ...]]
    """For each drone its orders, the earliest promised first."""
    choices: tuple[WaveChoice, ...]
    """One for each order, as given."""
    cost: float
    """All kilometres and departures, by the rates."""
    finish_s: float
    """Every van is back, and every drone down and made ready again [s since the Unix epoch]."""


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
    objective: WaveObjective = WaveObjective.LEAST_COST,
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
        How long to search; see :mod:`skystork.dispatch.wave_effort`.
    objective
        What the wave is planned for; the limits are the same for both.

    Raises
    ------
    InvalidInput
        When there is no vehicle, one is named twice, or the shift ends before it starts.
    BrokenPlan
        When the independent check finds a limit broken.
    """
    names = [*(drone.vehicle_id for drone in drones), *(van.vehicle_id for van in vans)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        remedy = "Each vehicle carries one duty: name it once."
        raise InvalidInput((Problem("fleet", "one vehicle is claimed twice", ", ".join(twice), "once each", remedy),))
    wave = MorningWave(
        orders,
        tuple(_in_this_wave(order, eligible[order.order_id], now_s) for order in orders),
        drones=sorted(drones, key=_id),
        vans=sorted(vans, key=_id),
        depot=depot,
        shift_s=shift_s,
        rates=rates or WaveRates(),
        roads=roads or Roads(),
    )
    priced = wave.priced()
    plan = solve_wave(as_asked(priced, objective), spent, settings=settings)
    return _Description(wave, priced, plan, objective, now_s).told(judge(priced, plan))


def judge(priced: WaveProblem, plan: WavePlan) -> WaveVerdict:
    """What the independent check counts; raises BrokenPlan where it finds a limit broken."""
    verdict = check_wave(priced, plan)
    if verdict.violations:
        raise BrokenPlan("the morning plan", verdict.violations)
    return verdict


def _id(vehicle: Drone | Van) -> str:
    return vehicle.vehicle_id


class _Description:
    """A wave's plan in the words of the depot."""

    def __init__(
        self, wave: MorningWave, priced: WaveProblem, plan: WavePlan, objective: WaveObjective, now_s: float
    ) -> None:
        self._wave, self._priced, self._plan = wave, priced, plan
        self._objective, self._now_s = objective, now_s
        self._duties = Duties(priced, plan, objective)

    def told(self, verdict: WaveVerdict) -> MorningPlan:
        """The plan with routes, flights, and the choice for each order."""
        plan, wave = self._plan, self._wave
        choices = {order: self._unserved(order) for order in plan.unserved}
        for index, tour in enumerate(plan.tours):
            choices |= {order: self._by_van(index, order) for order in tour}
        for index, duty in enumerate(plan.flights):
            choices |= {order: self._by_drone(index, order) for order in duty}
        return MorningPlan(
            objective=self._objective,
            routes=self._routes(),
            flights={
                drone.vehicle_id: tuple(wave.orders[order - 1].order_id for order in sorted(duty, key=self._urgency))
                for drone, duty in zip(wave.drones, plan.flights, strict=True)
            },
            choices=tuple(choices[order] for order in range(1, len(wave.orders) + 1)),
            cost=verdict.cost,
            finish_s=self._now_s + verdict.span_s,
        )

    def _urgency(self, order: int) -> tuple[float, int]:
        by_s = self._wave.orders[order - 1].deliver_by_s
        return (math.inf if by_s is None else by_s), order

    def _routes(self) -> tuple[VanRoute, ...]:
        wave, now_s = self._wave, self._now_s
        parcels = [_parcel(order) for order in wave.orders]
        vans = [VanPosition(van.vehicle_id, van.profile, wave.depot, now_s) for van in wave.vans]
        setup = Setup(vans, parcels, depot=wave.depot, now_s=now_s, roads=wave.roads)
        tours = {}
        for van, tour in zip(wave.vans, self._plan.tours, strict=True):
            mine = [parcels[order - 1] for order in tour]
            tours[van.vehicle_id] = [Task(p, picks=True) for p in mine] + [Task(p, picks=False) for p in mine]
        state = setup.state(tours)
        return tuple(describe_route(setup, state, index) for index in range(len(vans)))

    def _unserved(self, order: int) -> WaveChoice:
        eligibility = self._wave.eligible[order - 1]
        reasons = eligibility.drone_reasons + eligibility.van_reasons
        if not eligibility.modes or not reasons:
            reasons += () if reasons else (_no_room("no vehicle has room or time left in this shift"),)
        else:
            reasons += (_no_room("the mode that may carry it has no room or time left in this shift"),)
        return WaveChoice(self._wave.orders[order - 1].order_id, None, None, None, None, None, reasons)

    def _by_van(self, truck: int, order: int) -> WaveChoice:
        other, reasons = self._duties.flown_instead(truck, order), self._wave.eligible[order - 1].drone_reasons
        if other is None and not reasons:
            reasons = (_no_room("the drones that may fly it are busy to the end of the shift"),)
        saved = self._duties.saved_by_van(truck, order)
        return self._choice(order, self._wave.vans[truck], saved, other, reasons)

    def _by_drone(self, drone: int, order: int) -> WaveChoice:
        other, reasons = self._duties.driven_instead(drone, order), self._wave.eligible[order - 1].van_reasons
        if other is None and not reasons:
            reasons = (_no_room("no van has room and time left for it in this shift"),)
        cost = float(self._priced.drone_cost[drone, order])
        return self._choice(order, self._wave.drones[drone], cost, other, reasons)

    def _choice(
        self,
        order: int,
        vehicle: Drone | Van,
        cost: float,
        other: OtherWay | None,
        reasons: tuple[Reason, ...],
    ) -> WaveChoice:
        mode = Mode.VAN if isinstance(vehicle, Van) else Mode.DRONE
        order_id, vehicle_id = self._wave.orders[order - 1].order_id, vehicle.vehicle_id
        if other is None:
            return WaveChoice(order_id, mode, vehicle_id, cost, None, None, reasons)
        return WaveChoice(order_id, mode, vehicle_id, cost, other.cost, self._now_s + other.span_s, reasons)


def _parcel(order: Order) -> VanParcel:
    by_s = math.inf if order.deliver_by_s is None else order.deliver_by_s
    return VanParcel(order.order_id, order.drop_off, order.parcel.weight_kg, by_s)


def _in_this_wave(order: Order, found: Eligibility, now_s: float) -> Eligibility:
    """A wave leaves at once: what is wanted later, or whose parcel comes later, is not shared out with it."""
    begins_s = order.begins_s(now_s)
    if begins_s <= now_s:
        return found
    text, limit = "it is wanted, or its parcel is there, after this wave leaves", clock(now_s)
    later = Reason(ReasonCode.HOURS, text, clock(begins_s), limit, remedy=f"a wave from {clock(begins_s)}")
    return replace(found, drone_reasons=(later, *found.drone_reasons), van_reasons=(later, *found.van_reasons))


def _no_room(text: str) -> Reason:
    return Reason(ReasonCode.FLEET, text, 0, 1)
