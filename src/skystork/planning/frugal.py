"""A flight for which energy counts: at what air speed to fly it, and the cone problem with energy from there.

The fastest flight at a lower air speed is laid out first, since stretching a fast one would stretch its ramps too. The
cone problem then shares speed between the pieces, under the whole of the bounds. Of what was found the cheapest within
the budget is taken, by its proven energy.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from skystork.planning.corridor import Cell
from skystork.planning.energy_bound import EnergyBudgetError, EnergyTerms, energy_bound_j
from skystork.planning.time_layout import Motion, shortest_time_s
from skystork.planning.trajectory import Trajectory, guessed_trajectory, optimise_trajectory, with_less_energy

Path = tuple[tuple[float, float], ...]

SPEED_SHARES = tuple(float(share) for share in np.linspace(1.0, 0.2, 9))
"""Air speeds that are compared, by the greatest, fastest first."""
LEAST_OVER_WIND = 1.1
"""Slower than this times the wind no leg is flown: it would drift rather than fly."""
ROOM = 0.995
"""Of the budget, for the energy guessed from speed and length alone."""
FRUGAL_WEIGHT = 100.0
"""Seconds for what a second at full speed costs, where the least energy is sought."""


def frugal_trajectory(
    path: Path, cells: tuple[Cell, ...], motion: Motion, energy: EnergyTerms, *, taut_path: Path
) -> Trajectory | None:
    """The cheapest flight found by time and energy, within the budget; None where the solver finds none.

    Raises
    ------
    EnergyBudgetError
        If no flight found keeps the budget.
    """
    found = _tried(path, cells, motion, energy, taut_path)
    kept = [each for each in found if _bound(each) <= energy.budget_j]
    if found and not kept:
        weight = FRUGAL_WEIGHT / max(energy.power.watts(motion.air_speed_m_s), 1e-9)
        found += _tried(path, cells, motion, EnergyTerms(energy.power, weight), taut_path)
        kept = [each for each in found if _bound(each) <= energy.budget_j]
        if not kept:
            least_j = min(_bound(each) for each in found)
            raise EnergyBudgetError(least_j, energy.budget_j)
    return min(kept, key=lambda each: energy.cost_s(each.duration_s, _bound(each)), default=None)


def _tried(
    path: Path, cells: tuple[Cell, ...], motion: Motion, energy: EnergyTerms, taut_path: Path
) -> list[Trajectory]:
    """The fastest flight at the best air speed, and what the cone problem makes of it."""
    slower = replace(motion, air_speed_m_s=_best_speed_m_s(taut_path, motion, energy))
    shortest_s = shortest_time_s(taut_path, motion)
    fast = energy.weight_s_per_j == 0 and slower == motion
    if not fast and math.isinf(energy.power.wing_from_m_s):
        start = replace(guessed_trajectory(path, cells, slower), shortest_time_s=shortest_s)
        found = with_less_energy(start, cells, motion, energy)
        if found is not None and _bound(found) <= energy.budget_j:
            return [found]
    first = optimise_trajectory(path, cells, slower, taut_path=taut_path)
    if first is None:
        return []
    bound_j = energy_bound_j(first.segments, energy.power, motion.wind_enu_m_s)
    first = replace(first, shortest_time_s=shortest_s, energy_bound_j=bound_j)
    if fast and bound_j <= energy.budget_j:
        return [first]
    second = with_less_energy(first, cells, motion, energy)
    return [first] if second is None else [first, second]


def _best_speed_m_s(path: Path, motion: Motion, energy: EnergyTerms) -> float:
    """Of the air speeds the cheapest within the budget, by length and power alone; else that of least energy."""
    guesses = []
    for share in SPEED_SHARES:
        speed_m_s = motion.air_speed_m_s * share
        if share < 1 and speed_m_s < LEAST_OVER_WIND * math.hypot(*motion.wind_enu_m_s):
            break
        time_s = shortest_time_s(path, replace(motion, air_speed_m_s=speed_m_s))
        guesses.append((energy.power.watts(speed_m_s) * time_s, time_s, speed_m_s))
    within = [guess for guess in guesses if guess[0] <= ROOM * energy.budget_j]
    if not within:
        return min(guesses)[2]
    return min(within, key=lambda guess: energy.cost_s(guess[1], guess[0]))[2]


def _bound(flight: Trajectory) -> float:
    return math.inf if flight.energy_bound_j is None else flight.energy_bound_j
