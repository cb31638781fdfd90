"""Plans a wave: anytime, from an empty plan or a given one, the same answer for the same seed and number of steps.

What the compiled search (:mod:`skystork.dispatch.wave_kernel`) finds hard by itself is steered here. It empties a tour
only by luck, because every stop that leaves it costs more than it saves until the last one has left. So after a first
annealing the smallest tour is emptied and its truck kept at home, orders that find no place wait at a price that rises
while there are any, and the fewer trucks are kept where that turns out cheaper. Where one truck and its drones are to
be back soon and nothing else counts, several plans are tried from nothing, each by a few such steps and then small
changes by the million (:mod:`skystork.dispatch.wave_anneal`): which parts of a town the truck drives to is settled
early in each and is not undone later. The best one is changed on. How long to go on is asked of the caller after each
slice; nothing here reads a clock.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from skystork.dispatch.wave_arrays import Settings, State
from skystork.dispatch.wave_effort import CHANGES, STEPS, Effort, Spent
from skystork.dispatch.wave_problem import WavePlan, WaveProblem
from skystork.dispatch.wave_settings import WaveSettings

if TYPE_CHECKING:
    from skystork.dispatch.wave_rounds import Rounds

SLICES = 60
"""How often the caller is asked in a whole search, about."""
SMALL_CHANGES = 100
"""So many small changes are a step."""
FIRST_ROUND = 0.01
"""Share of the effort in which the pace of small changes is learnt."""
STRAIGHT_FROM = 0.6
"""Share of the effort from which on the best tour is shortened by itself; before, the search is too hot to keep it."""


def solve_wave(
    problem: WaveProblem, spent: Spent, *, settings: WaveSettings | None = None, start: WavePlan | None = None
) -> WavePlan:
    """Plan a wave.

    Parameters
    ----------
    spent
        How the effort is measured: :func:`skystork.dispatch.wave_effort.steps`, or a clock of the caller's.
    start
        A plan to begin with; orders it does not place are inserted. It is never made worse.

    Returns
    -------
    WavePlan
        Within all limits. Orders that found no place are named in it.
    """
    if problem.size == 0:
        return WavePlan(tuple(() for _ in problem.trucks), tuple(() for _ in problem.drone_shift_s))
    return _Search(problem, spent, settings or WaveSettings()).run(start)


class _Search:
    def __init__(self, problem: WaveProblem, spent: Spent, settings: WaveSettings) -> None:
        # Numba takes a second to import, and most of what uses this package plans no wave.
        from skystork.dispatch import wave_kernel, wave_model, wave_shuttles, wave_state, wave_tour  # noqa: PLC0415

        self._search, self._worth, self._shape = wave_kernel.search, wave_state.worth, wave_model
        self._straighten = wave_tour.straighten
        self._problem, self._settings = problem, settings
        self._effort = Effort(spent)
        self._seed = np.array([88_172_645_463_325_252 + 7_919 * settings.seed], dtype=np.uint64)
        self._small = wave_shuttles.is_shuttles(problem)
        self._choose_trucks = len(problem.trucks) > 1 and not problem.span_cost > 0
        self._lay_out(settings.guides[0])

    def _lay_out(self, guide: tuple[float, float]) -> None:
        shape, settings = self._shape, self._settings
        reach = settings.reach_by_small if self._small else settings.reach
        self._model = shape.make_model(self._problem, reach=reach, truck_guide=guide[0], drone_guide=guide[1])
        self._arc = shape.short_arc(self._model)
        self._prices = shape.first_prices(self._model, short_arc_cost=self._arc, fewer_trucks=self._choose_trucks)

    def run(self, start: WavePlan | None) -> WavePlan:
        """The best plan for the effort."""
        if self._small:
            return self._shuttled(start)
        best = self._cheapest(start) if self._choose_trucks else self._shortest(start)
        return self._shape.read_plan(self._model, best)

    def _cheapest(self, start: WavePlan | None) -> State:
        """First freely, then with fewer trucks where that pays, then to the end from the best."""
        settings, state = self._settings, self._shape.make_state(self._model, start)
        best = self._shape.copied(state)
        hot = settings.hot if state.absent[0] else 0.3 * settings.hot  # a complete plan is not melted down
        self._anneal(state, best, 0.3, (hot, 3 * settings.cold), len(self._problem.trucks))
        best = self._fewer_trucks(best)
        self._prices[1] = self._model.absent_cost
        state = self._shape.copied(best)
        self._anneal(state, best, 1.0, (0.5 * settings.hot, settings.cold), self._used(best))
        return best

    def _shortest(self, start: WavePlan | None) -> State:
        """Short tries from nothing, each led in another way; the best of them, or the plan given, to the end."""
        settings, trucks = self._settings, len(self._problem.trucks)
        best, guided = self._shape.make_state(self._model, start), settings.guides[0]
        least = self._worth(self._model, best)
        for guide in settings.guides if best.absent[0] else ():
            self._lay_out(guide)
            state = self._shape.make_state(self._model, start)
            found = self._shape.copied(state)
            until = self._effort.share + settings.try_fraction
            self._anneal(state, found, until, (settings.hot, 3 * settings.cold), trucks)
            if (reached := self._worth(self._model, found)) < least:
                best, guided, least = found, guide, reached
        self._lay_out(guided)
        best = self._shape.make_state(self._model, self._shape.read_plan(self._model, best))
        self._anneal(self._shape.copied(best), best, 1.0, (0.3 * settings.hot, settings.cold), trucks)
        return best

    def _shuttled(self, start: WavePlan | None) -> WavePlan:
        """The plan given, or the best of some tries, and small changes of it to the end."""
        from skystork.dispatch import wave_rounds  # noqa: PLC0415

        rounds = wave_rounds.Rounds(self._problem, self._model.close, self._seed)
        given = self._shape.make_state(self._model, start)
        best = self._tried(start, rounds) if given.absent[0] else given
        if best.absent[0]:
            self._anneal(self._shape.copied(best), best, 1.0, (self._settings.hot, self._settings.cold), 1)
        else:
            self._change_little(best, rounds)
        return self._shape.read_plan(self._model, best)

    def _tried(self, start: WavePlan | None, rounds: Rounds) -> State:
        """The best of some plans from nothing, each led in another way, roughly made and then changed little."""
        effort, settings = self._effort, self._settings
        best, least, width = start, math.inf, settings.tries_fraction / len(settings.tries)
        for turn, hot in enumerate(settings.tries):
            if effort.share >= (turn + 1) * width:
                continue
            self._lay_out(settings.guides[turn % len(settings.guides)])
            state = self._shape.make_state(self._model, start)
            found = self._shape.copied(state)
            self._anneal(state, found, (turn + settings.rough_fraction) * width, (settings.hot, 3 * settings.cold), 1)
            if not found.absent[0]:
                rounds.begin(self._shape.read_plan(self._model, found))
                self._round(rounds, effort.share, (turn + 1) * width, (hot, settings.cold))
                found = self._shape.make_state(self._model, rounds.plan())
            if (reached := self._worth(self._model, found)) < least:
                best, least = self._shape.read_plan(self._model, found), reached
        return self._shape.make_state(self._model, best)

    def _change_little(self, best: State, rounds: Rounds) -> None:
        """Rounds of small changes, each from the best plan, until the effort is spent."""
        effort, settings = self._effort, self._settings
        effort.kind = CHANGES
        goal = settings.changes_per_order * self._problem.size / SMALL_CHANGES
        while effort.share < 1:
            width = (1 - effort.share) / max(1, round(effort.left() / goal)) if effort.left() else FIRST_ROUND
            self._straighten(self._model, best, self._model.close, self._seed, settings.kicks_of_a_round)
            rounds.begin(self._shape.read_plan(self._model, best))
            self._round(rounds, effort.share, effort.share + width, (settings.warm, settings.cold))
            _take_over(best, self._shape.make_state(self._model, rounds.plan()))

    def _round(self, rounds: Rounds, began: float, until: float, heat: tuple[float, float]) -> None:
        """One of them, slice by slice."""
        effort, width = self._effort, max(until - began, 1e-6)
        effort.kind = CHANGES
        while effort.share < until:
            at = min(1.0, (effort.share - began) / width)
            to = min(1.0, at + 1 / (SLICES * width))
            count = effort.slice((to - at) * width)
            rounds.go(count * SMALL_CHANGES, *(heat[0] * (heat[1] / heat[0]) ** part for part in (at, to)))
            effort.took(count)

    def _fewer_trucks(self, best: State) -> State:
        """Keep a truck at home, again and again, while that pays."""
        settings = self._settings
        while self._effort.share < 0.65 and self._used(best) > 1:
            used = self._used(best)
            trial = self._shape.make_state(self._model, _without_smallest(self._shape.read_plan(self._model, best)))
            found = self._shape.copied(trial)
            self._prices[1] = self._model.absent_cost
            heat = (settings.hot * 0.5, settings.cold * 3)
            self._anneal(trial, found, min(0.7, self._effort.share + 0.1), heat, used - 1, stop_when_all=True)
            if found.absent[0] and self._promising(found, best):
                self._anneal(trial, found, 0.7, heat, used - 1, stop_when_all=True)
            if found.absent[0]:
                return best
            self._anneal(trial, found, min(0.75, self._effort.share + 0.1), heat, used - 1)
            if not self._worse(best, found):
                return best
            best = found
        return best

    def _promising(self, found: State, best: State) -> bool:
        """Whether it would be cheaper if those left out cost four times what an order costs on average."""
        return bool(found.cost[0] * (1 + 4 * found.absent[0] / self._problem.size) < best.cost[0])

    def _anneal(
        self,
        state: State,
        best: State,
        until: float,
        heat: tuple[float, float],
        most_trucks: int,
        *,
        stop_when_all: bool = False,
    ) -> None:
        """Slice by slice, from hot to cold; at least one slice, so that there is an answer whatever the effort."""
        effort, began = self._effort, self._effort.share
        settings = Settings(
            self._settings.removed_by_small if self._small else self._settings.mean_removed,
            self._settings.longest_string,
            len(self._problem.trucks) <= 2,
            self._settings.tour_fraction * (min(5.0, 200 / self._problem.size) if self._choose_trucks else 1.0),
            most_trucks,
            self._settings.price_fraction,
            self._settings.price_spread,
        )
        effort.kind = STEPS
        while effort.taken == 0 or effort.share < until - 1e-3:
            width = max(until - began, 1e-6)
            at = min(1.0, (effort.share - began) / width)
            to = min(1.0, at + 1 / (SLICES * width))
            hot, cold = (self._arc * heat[0] * (heat[1] / heat[0]) ** part for part in (at, to))
            count = effort.slice((to - at) * width)
            self._search(self._model, state, best, settings, self._seed, self._prices, count, hot, cold)
            effort.took(count)
            if self._problem.span_cost > 0 and effort.share >= STRAIGHT_FROM:
                self._shorten_tours(state, best)
            if stop_when_all and not best.absent[0]:
                return

    def _shorten_tours(self, state: State, best: State) -> None:
        """Of the best plan; where that helped, the search goes on from it."""
        before = self._worth(self._model, best)
        self._straighten(self._model, best, self._model.close, self._seed, self._settings.kicks)
        if self._worth(self._model, best) < before:
            _take_over(state, best)

    def _used(self, state: State) -> int:
        return int(np.count_nonzero(state.stops))

    def _worse(self, first: State, second: State) -> bool:
        return bool(self._worth(self._model, first) > self._worth(self._model, second))


def _take_over(state: State, other: State) -> None:
    for mine, its in zip(state, other, strict=True):
        mine[:] = its


def _without_smallest(plan: WavePlan) -> WavePlan:
    """The plan with the shortest of its tours empty."""
    smallest = min((truck for truck, tour in enumerate(plan.tours) if tour), key=lambda truck: len(plan.tours[truck]))
    return WavePlan(tuple(() if truck == smallest else tour for truck, tour in enumerate(plan.tours)), plan.flights)
