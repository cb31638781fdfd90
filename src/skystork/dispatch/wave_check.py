"""The second pair of eyes on a plan of a wave: everything is counted again from the problem, stop by stop.

Nothing of the search is used here, neither its code nor what it derived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from skystork.dispatch.wave_problem import WavePlan, WaveProblem

TOLERANCE = 1e-6
"""Relative, and absolute for values below 1: sums of some hundred doubles in another sequence."""


@dataclass(frozen=True, slots=True)
class WaveVerdict:
    """What a plan costs, and every limit it breaks."""

    cost: float
    """All arcs, flights and departures, and the span at its cost; orders left out cost nothing here."""
    span_s: float
    """The duty that lasts longest [s]."""
    violations: tuple[str, ...]
    """Empty: the plan can be carried out. Orders it says it leaves out are no violation."""


def check_wave(problem: WaveProblem, plan: WavePlan) -> WaveVerdict:
    """Judge a plan."""
    duties, cost, broken = list[float](), 0.0, list(_bookkeeping(problem, plan))
    if not broken:
        for index, tour in enumerate(plan.tours):
            time_s, tour_cost = _drive(problem, index, tour)
            broken += _tour_limits(problem, index, tour, time_s)
            duties.append(time_s)
            cost += tour_cost
        for index, flights in enumerate(plan.flights):
            time_s, flights_cost = _fly(problem, index, flights)
            if not time_s <= problem.drone_shift_s[index] + _slack(problem.drone_shift_s[index]):
                broken.append(f"drone {index} flies {time_s:g} s, its shift is {problem.drone_shift_s[index]:g} s")
            duties.append(time_s)
            cost += flights_cost
    span_s = max(duties, default=0.0)
    return WaveVerdict(cost + problem.span_cost * span_s, span_s, tuple(broken))


def _slack(limit: float) -> float:
    return TOLERANCE * max(1.0, abs(limit))


def _bookkeeping(problem: WaveProblem, plan: WavePlan) -> Iterator[str]:
    if len(plan.tours) != len(problem.trucks) or len(plan.flights) != len(problem.drone_shift_s):
        yield f"{len(plan.tours)} tours and {len(plan.flights)} duties for {len(problem.trucks)} trucks and "\
              f"{len(problem.drone_shift_s)} drones"  # fmt: skip
    named = Counter(order for part in (*plan.tours, *plan.flights, plan.unserved) for order in part)
    for order, times in sorted(named.items()):
        if not 1 <= order <= problem.size:
            yield f"order {order} does not exist"
        elif times > 1:
            yield f"order {order} is planned {times} times"
    missing = [order for order in range(1, problem.size + 1) if order not in named]
    if missing:
        yield f"orders {missing} are forgotten"


def _drive(problem: WaveProblem, index: int, tour: tuple[int, ...]) -> tuple[float, float]:
    if not tour:
        return 0.0, 0.0
    truck, here, time_s = problem.trucks[index], 0, 0.0
    cost = truck.leaving_cost
    for there in (*tour, 0):
        time_s += float(problem.truck_time_s[truck.kind][here][there])
        cost += float(problem.truck_cost[truck.kind][here][there])
        here = there
    return time_s, cost


def _tour_limits(problem: WaveProblem, index: int, tour: tuple[int, ...], time_s: float) -> Iterator[str]:
    truck, load_kg = problem.trucks[index], sum(float(problem.weight_kg[order]) for order in tour)
    if not load_kg <= truck.capacity_kg + _slack(truck.capacity_kg):
        yield f"truck {index} is loaded with {load_kg:g} kg, it carries {truck.capacity_kg:g} kg"
    if len(tour) > truck.capacity_parcels:
        yield f"truck {index} is loaded with {len(tour)} parcels, it carries {truck.capacity_parcels}"
    if not time_s <= truck.shift_s + _slack(truck.shift_s):
        yield f"truck {index} is out for {time_s:g} s, its shift is {truck.shift_s:g} s"


def _fly(problem: WaveProblem, index: int, flights: tuple[int, ...]) -> tuple[float, float]:
    time_s = sum(float(problem.drone_time_s[index][order]) for order in flights)
    return time_s, sum(float(problem.drone_cost[index][order]) for order in flights)
