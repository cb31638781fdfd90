"""How long each vehicle of a planned wave is out, what it costs, and what one order by the other mode would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skystork.dispatch.objective import WaveObjective
from skystork.dispatch.wave_problem import WavePlan, WaveProblem


@dataclass(frozen=True, slots=True)
class OtherWay:
    """One order carried by the other mode, all else as it is."""

    cost: float
    """What it adds to the plan without that order."""
    span_s: float
    """The longest duty of the wave then [s]."""


class Duties:
    """The duties of a plan.

    Parameters
    ----------
    priced
        The problem with its costs, whatever was asked of the search.
    objective
        Which of several other ways is the best one.
    """

    def __init__(self, priced: WaveProblem, plan: WavePlan, objective: WaveObjective) -> None:
        self._problem, self._tours, self._objective = priced, plan.tours, objective
        self._driven = [self._drive(truck, tour) for truck, tour in enumerate(plan.tours)]
        self._flown_s = [float(priced.drone_time_s[drone, list(duty)].sum()) for drone, duty in enumerate(plan.flights)]

    def saved_by_van(self, truck: int, order: int) -> float:
        """What a tour would save without one of its orders."""
        return self._driven[truck][1] - self._without(truck, order)[1]

    def flown_instead(self, truck: int, order: int) -> OtherWay | None:
        """The best of the drones that have time for an order of a tour."""
        problem, without_s = self._problem, self._without(truck, order)[0]
        ways = list[OtherWay]()
        for drone, flown_s in enumerate(self._flown_s):
            longer_s = flown_s + float(problem.drone_time_s[drone, order])
            if longer_s <= problem.drone_shift_s[drone]:
                span_s = max(longer_s, without_s, self._others_s({truck}, {drone}))
                ways.append(OtherWay(float(problem.drone_cost[drone, order]), span_s))
        return self._best(ways)

    def driven_instead(self, drone: int, order: int) -> OtherWay | None:
        """The best place, in any tour with room and time for it, of an order of a drone."""
        rest_s = self._flown_s[drone] - float(self._problem.drone_time_s[drone, order])
        return self._best(
            [
                OtherWay(cost, max(longer_s, rest_s, self._others_s({truck}, {drone})))
                for truck in range(len(self._tours))
                for longer_s, cost in self._insertions(truck, order)
            ]
        )

    def _insertions(self, truck: int, order: int) -> Iterator[tuple[float, float]]:
        """How long the tour is then and what it costs more, for each place of an order in it that keeps its limits."""
        limits, tour, problem = self._problem.trucks[truck], self._tours[truck], self._problem
        load_kg = sum(float(problem.weight_kg[each]) for each in (*tour, order))
        if load_kg > limits.capacity_kg or len(tour) >= limits.capacity_parcels:
            return
        times, costs = problem.truck_time_s[limits.kind], problem.truck_cost[limits.kind]
        leaving = 0.0 if tour else limits.leaving_cost
        for before, after in zip((0, *tour), (*tour, 0), strict=True):
            more_s, more = (
                float(arc[before, order] + arc[order, after] - arc[before, after]) for arc in (times, costs)
            )
            if self._driven[truck][0] + more_s <= limits.shift_s:
                yield self._driven[truck][0] + more_s, more + leaving

    def _without(self, truck: int, order: int) -> tuple[float, float]:
        return self._drive(truck, [each for each in self._tours[truck] if each != order])

    def _drive(self, truck: int, tour: Sequence[int]) -> tuple[float, float]:
        """How long a tour is, and what it costs."""
        limits, here, time_s, cost = self._problem.trucks[truck], 0, 0.0, 0.0
        for there in (*tour, 0) if tour else ():
            time_s += float(self._problem.truck_time_s[limits.kind, here, there])
            cost += float(self._problem.truck_cost[limits.kind, here, there])
            here = there
        return time_s, cost + (limits.leaving_cost if tour else 0.0)

    def _others_s(self, trucks: set[int], drones: set[int]) -> float:
        """The longest duty of all but these."""
        driven = (time_s for truck, (time_s, _) in enumerate(self._driven) if truck not in trucks)
        flown = (time_s for drone, time_s in enumerate(self._flown_s) if drone not in drones)
        return max((*driven, *flown), default=0.0)

    def _best(self, ways: list[OtherWay]) -> OtherWay | None:
        if self._objective is WaveObjective.EARLIEST_FINISH:
            return min(ways, key=lambda way: (way.span_s, way.cost), default=None)
        return min(ways, key=lambda way: (way.cost, way.span_s), default=None)
