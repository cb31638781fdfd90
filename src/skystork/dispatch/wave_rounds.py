"""Rounds of annealing by small changes of one van and its drones: each from a plan, warm to cold."""

from __future__ import annotations

import numpy as np

from skystork.dispatch.wave_anneal import anneal
from skystork.dispatch.wave_arrays import Seed, Whole
from skystork.dispatch.wave_problem import WavePlan, WaveProblem
from skystork.dispatch.wave_shuttles import make_bounds, make_duties, read_duties

NEAR = 12
"""Places about one among which its partners of a change are drawn."""
NEAREST = 5
"""Neighbours that a short arc is the mean of."""


class Rounds:
    """The best plan so far, and one that is being changed.

    Parameters
    ----------
    close
        Places by the time to them, of each place (n+1, near).
    seed
        (1,) changed as it goes.
    """

    def __init__(self, problem: WaveProblem, close: Whole, seed: Seed) -> None:
        self._problem, self._seed = problem, seed
        self._close, self._flight = np.ascontiguousarray(close[:, :NEAR]), np.ascontiguousarray(problem.drone_time_s)
        self._arc = np.ascontiguousarray(problem.truck_time_s[problem.trucks[0].kind])
        short = np.sort(self._arc[1:, 1:], axis=1)[:, 1 : NEAREST + 1]
        flights = problem.drone_time_s[np.isfinite(problem.drone_time_s) & (problem.drone_time_s > 0)]
        self._short_s = max(float(np.median(short.mean(axis=1))), 1e-9)
        # A first guess: a minute of flight is worth what an arc to a near neighbour is in the minutes of a flight.
        self._bounds = make_bounds(problem, self._short_s / float(np.median(flights)) if len(flights) else 0.0)

    def begin(self, plan: WavePlan) -> None:
        """Go on from this plan, which serves every order; what flying is worth is known from the rounds before."""
        self._now, self._best, self._kept = (make_duties(self._problem, plan) for _ in range(3))

    def go(self, changes: int, hot: float, cold: float) -> None:
        """Try so many changes, from hot to cold in times of a short arc."""
        question = (self._arc, self._close, self._flight, self._bounds)
        heat = (hot * self._short_s, cold * self._short_s)
        anneal(*question, *self._now, *self._best, *self._kept, self._seed, changes, *heat)

    @property
    def span_s(self) -> float:
        """Its longest duty [s]."""
        return float(self._best[1][:2].max())

    def plan(self) -> WavePlan:
        """The best so far."""
        return read_duties(self._best[0], len(self._problem.drone_shift_s))
