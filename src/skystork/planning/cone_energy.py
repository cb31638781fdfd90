"""Energy in the cone problem: further unknowns and rows about those of :mod:`skystork.planning.cone_rows`.

For each control point V of the velocity in scaled time, and wind w: a >= |V - s w|, u s >= a², e a >= u². Then a, u/s
and e bound speed, its square and its cube, times s where time is stretched, and the energy of a piece is at most a
sum of s, a and e. Products of two unknowns are cones of three rows: x y >= z² is x + y >= |(2 z, x - y)|.

The last unknown is the cost, time and energy at its weight; a row more holds the budget.

Source: Boyd and Vandenberghe, Convex Optimization (2004), 3.2.6, for the perspective of a convex function.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from skystork.planning.cone_rows import DISCS, Shape, pattern_of
from skystork.planning.energy_bound import EnergyTerms
from skystork.planning.time_layout import Motion

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_VELOCITIES = sum(order == 1 for order, _ in DISCS)
MOST = 100.0
"""Of the energy without units, where no budget is set."""


@dataclass(frozen=True, slots=True)
class EnergyShape:
    """A shape with its energy."""

    base: Shape

    @property
    def points(self) -> int:
        """Velocities bounded: four of each piece, less three at rest at the two ends."""
        return _VELOCITIES * self.base.pieces - 3

    @property
    def unknowns(self) -> int:
        """Those without energy, a, u and e of each velocity, the cost."""
        return self.base.unknowns + 3 * self.points + 1

    @property
    def linear_rows(self) -> int:
        """Those without energy, the cost, the budget."""
        return self.base.linear_rows + 2


@dataclass(frozen=True, slots=True)
class EnergyPattern:
    """Where the entries stand: those without energy first, in their order."""

    rows: Index
    columns: Index
    cones: int
    copied: Index
    """Entries without energy that come again: the components of the velocities."""
    velocities: Index
    """Cones without energy that bound these velocities."""

    @property
    def size(self) -> int:
        """Entries of the matrix."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class EnergyNumbers:
    """Without units: energy by that of full speed for the time guessed, in which s is 1."""

    polynomials: Array
    """(pieces, 3) constant, linear and cubic share of power at full speed."""
    wind: Array
    """(2,) by full speed."""
    weight_fraction: float
    budget_fraction: float


@lru_cache(maxsize=64)
def energy_pattern_of(shape: EnergyShape) -> EnergyPattern:
    """The entries of the matrix of a shape with energy."""
    plain, base = pattern_of(shape.base), shape.base
    count, heads = shape.points, shape.linear_rows
    cones = plain.cones + 3 * count
    velocities = np.flatnonzero(plain.cone_kinds < _VELOCITIES)
    number = np.full(plain.cones, -1)
    number[velocities] = np.arange(count)
    part, cone = np.divmod(plain.rows - base.linear_rows, plain.cones)
    linear = plain.rows < base.linear_rows
    moved = np.where(linear, plain.rows, heads + part * cones + cone)
    copied = np.flatnonzero((part >= 1) & (number[cone] >= 0))
    again = heads + part[copied] * cones + plain.cones + number[cone[copied]]
    scale = np.array([base.unknowns - 1])
    a, u, e = (base.unknowns + count * k + np.arange(count) for k in range(3))
    cost = np.array([shape.unknowns - 1])
    first = heads + plain.cones + np.arange(count)
    second, third, many = first + count, first + 2 * count, np.repeat(scale, count)
    entries = [
        (np.full(2 * count + 2, base.linear_rows), np.concatenate([scale, a, e, cost])),
        (np.full(2 * count + 1, base.linear_rows + 1), np.concatenate([scale, a, e])),
        (first, a), (second, u), (second, many), (second + cones, a), (second + 2 * cones, u),
        (second + 2 * cones, many),
        (third, e), (third, a), (third + cones, u), (third + 2 * cones, e), (third + 2 * cones, a),
    ]  # fmt: skip
    rows, columns = (np.concatenate(each) for each in zip(*entries, strict=True))
    return EnergyPattern(
        np.concatenate([moved, again, rows]),
        np.concatenate([plain.columns, plain.columns[copied], columns]),
        cones,
        copied,
        velocities,
    )


def with_energy(
    shape: EnergyShape, values: Array, h: Array, durations: Array, numbers: EnergyNumbers
) -> tuple[Array, Array]:
    """Values and h of the problem with energy, from those without."""
    pattern, plain, base = energy_pattern_of(shape), pattern_of(shape.base), shape.base
    ones = np.ones(shape.points)
    again = values[pattern.copied].copy()
    wind_entries = plain.columns[pattern.copied] == base.unknowns - 1
    axis = (plain.rows[pattern.copied] - base.linear_rows) // plain.cones - 1
    again[wind_entries] = numbers.wind[axis[wind_entries]]
    fixed, linear, cubic = _weights(pattern, plain.cone_pieces, plain.cone_kinds, durations, numbers)
    weight = numbers.weight_fraction
    cost = np.concatenate([[1 + weight * fixed], weight * linear, weight * cubic]) / (1 + weight)
    filled = [
        values, again, cost, np.array([-1.0]), np.concatenate([[fixed], linear, cubic]),
        -ones, -ones, -ones, -2 * ones, -ones, ones, -ones, -ones, -2 * ones, -ones, ones,
    ]  # fmt: skip
    heads, none = base.linear_rows, np.zeros(2 * shape.points)
    one, two, three = (h[heads + plain.cones * k : heads + plain.cones * (k + 1)] for k in range(3))
    budget = np.array([0.0, min(numbers.budget_fraction, MOST)])
    filled_h = [
        h[:heads], budget, one, np.zeros(shape.points), none,
        two, two[pattern.velocities], none, three, three[pattern.velocities], none,
    ]  # fmt: skip
    return np.concatenate(filled), np.concatenate(filled_h)


def _weights(
    pattern: EnergyPattern, cone_pieces: Index, cone_kinds: Index, durations: Array, numbers: EnergyNumbers
) -> tuple[float, Array, Array]:
    """What s, each a and each e add to the energy.

    A piece has five velocities; its last is the first of the next. Those at rest stand in the wind.
    """
    shares = (durations / durations.sum())[:, None] * numbers.polynomials
    pieces, kinds = cone_pieces[pattern.velocities], cone_kinds[pattern.velocities]
    begins = ((kinds == 0) & (pieces > 0)).astype(float)[:, None]
    weights = (shares[pieces] + begins * shares[np.maximum(pieces - 1, 0)]) / 5
    wind = float(np.hypot(*numbers.wind))
    standing = 2 * (shares[0] + shares[-1]) / 5
    fixed = float(shares[:, 0].sum() + standing[1] * wind + standing[2] * wind**3)
    return fixed, weights[:, 1], weights[:, 2]


def energy_numbers(
    points: Array, durations: Array, motion: Motion, energy: EnergyTerms, *, costs_j: float
) -> EnergyNumbers:
    """By the power at full speed; pieces that the guess flies too slowly for a wing are flown on rotors.

    Parameters
    ----------
    costs_j
        What the guess costs by the tables: the budget is taken in the measure of the polynomials, which are a little
        off them [J].
    """
    full, power = motion.air_speed_m_s, energy.power
    velocity = 5 * np.diff(points, axis=1) / durations[:, None, None] - np.array(motion.wind_enu_m_s)
    speeds = np.hypot(velocity[..., 0], velocity[..., 1])
    watts = max(power.watts(full), 1e-9)
    on_wing = (speeds.min(axis=1) >= power.wing_from_m_s)[:, None]
    wing, rotor = (power.touching(float(speeds.max()), on_wing=borne) for borne in (True, False))
    polynomials = np.where(on_wing, [wing], [rotor])
    powers = np.stack([np.ones_like(speeds), speeds, speeds**3], axis=2)
    fitted_j = float((np.einsum("nkc,nc->nk", powers, polynomials).mean(axis=1) * durations).sum())
    return EnergyNumbers(
        polynomials * np.array([1.0, full, full**3]) / watts,
        np.array(motion.wind_enu_m_s) / full,
        energy.weight_s_per_j * watts,
        energy.budget_j * fitted_j / costs_j / (watts * float(durations.sum())),
    )
