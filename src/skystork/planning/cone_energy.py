"""Energy in the cone problem: further unknowns and rows about those of :mod:`skystork.planning.cone_rows`.

A piece has one speed ``a`` more: where the bound of its velocities says ``s r >= |V - s m|`` for a disc of radius r
about m, this says ``a >= |V - s m|`` and ``s r >= a``. Of the air speed ``a + s d``, d is what the wind lies beside m,
as the guess flies; 0 where no zone limits the ground speed. With ``u s >= (a + s d)²`` and ``e (a + s d) >= u²``
u and e bound its square and its cube, times s where time is stretched, and the energy of a piece is at most a sum of s
and e. A product of two unknowns is a cone of three rows: x y >= z² is x + y >= |(2 z, x - y)|. That is two cones for
each piece beside the ten that are there.

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
    def unknowns(self) -> int:
        """Those without energy; a, u and e of each piece; the cost."""
        return self.base.unknowns + 3 * self.base.pieces + 1

    @property
    def linear_rows(self) -> int:
        """Those without energy, the cost, the budget, the bound of each a."""
        return self.base.linear_rows + 2 + self.base.pieces


@dataclass(frozen=True, slots=True)
class EnergyPattern:
    """Where the entries stand: those without energy first, in their order."""

    rows: Index
    columns: Index
    cones: int
    speeds: Index
    """Entries that were the bound s r of a velocity and are now a of its piece."""
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
    """(pieces, 2) constant and cubic share of power at full speed."""
    radii: Array
    """(pieces,) of the disc that holds the velocities of a piece."""
    beside: Array
    """(pieces,) air speed less the distance from the middle of that disc."""
    wind_fraction: float
    weight_fraction: float
    budget_fraction: float


@lru_cache(maxsize=64)
def energy_pattern_of(shape: EnergyShape) -> EnergyPattern:
    """The entries of the matrix of a shape with energy."""
    plain, base, count = pattern_of(shape.base), shape.base, shape.base.pieces
    heads, cones = shape.linear_rows, plain.cones + 2 * count
    part, cone = np.divmod(plain.rows - base.linear_rows, plain.cones)
    linear = plain.rows < base.linear_rows
    moved = np.where(linear, plain.rows, heads + part * cones + cone)
    speeds = np.flatnonzero(~linear & (part == 0) & (plain.cone_kinds[cone] < _VELOCITIES))
    pieces = np.arange(count)
    scale, many = np.array([base.unknowns - 1]), np.full(count, base.unknowns - 1)
    a, u, e = (base.unknowns + count * k + pieces for k in range(3))
    cost = np.array([shape.unknowns - 1])
    columns_moved = plain.columns.copy()
    columns_moved[speeds] = a[plain.cone_pieces[cone[speeds]]]
    bounds = base.linear_rows + 2 + pieces
    square = [heads + plain.cones + cones * k + pieces for k in range(3)]
    cube = [rows + count for rows in square]
    entries = [
        (np.full(count + 2, base.linear_rows), np.concatenate([scale, e, cost])),
        (np.full(count + 1, base.linear_rows + 1), np.concatenate([scale, e])),
        (bounds, a), (bounds, many),
        (square[0], u), (square[0], many), (square[1], a), (square[1], many), (square[2], u), (square[2], many),
        (cube[0], e), (cube[0], a), (cube[0], many), (cube[1], u), (cube[2], e), (cube[2], a), (cube[2], many),
    ]  # fmt: skip
    rows, columns = (np.concatenate(each) for each in zip(*entries, strict=True))
    return EnergyPattern(
        np.concatenate([moved, rows]),
        np.concatenate([columns_moved, columns]),
        cones,
        speeds,
        np.flatnonzero(plain.cone_kinds < _VELOCITIES),
    )


def with_energy(
    shape: EnergyShape, values: Array, h: Array, durations: Array, numbers: EnergyNumbers
) -> tuple[Array, Array]:
    """Values and h of the problem with energy, from those without."""
    pattern, plain, base = energy_pattern_of(shape), pattern_of(shape.base), shape.base
    count, ones = base.pieces, np.ones(base.pieces)
    own = values.copy()
    own[pattern.speeds] /= numbers.radii[plain.cone_pieces[pattern.velocities]]
    fixed, cubic = _weights(pattern, plain.cone_pieces, plain.cone_kinds, durations, numbers)
    weight = numbers.weight_fraction
    cost = np.concatenate([[1 + weight * fixed], weight * cubic]) / (1 + weight)
    filled = [
        own, cost, np.array([-1.0]), np.array([fixed]), cubic, ones, -numbers.radii,
        -ones, -ones, -2 * ones, -2 * numbers.beside, -ones, ones,
        -ones, -ones, -numbers.beside, -2 * ones, -ones, ones, numbers.beside,
    ]  # fmt: skip
    heads, none = base.linear_rows, np.zeros(count)
    one, two, three = (h[heads + plain.cones * k : heads + plain.cones * (k + 1)] for k in range(3))
    budget = np.array([0.0, min(numbers.budget_fraction, MOST)])
    filled_h = [h[:heads], budget, none, one, none, none, two, none, none, three, none, none]
    return np.concatenate(filled), np.concatenate(filled_h)


def _weights(
    pattern: EnergyPattern, cone_pieces: Index, cone_kinds: Index, durations: Array, numbers: EnergyNumbers
) -> tuple[float, Array]:
    """What s and each e add to the energy.

    A piece has five velocities; its last is the first of the next. Those at rest stand in the wind.
    """
    shares = (durations / durations.sum())[:, None] * numbers.polynomials
    pieces, kinds = cone_pieces[pattern.velocities], cone_kinds[pattern.velocities]
    begins = np.where((kinds == 0) & (pieces > 0), shares[np.maximum(pieces - 1, 0), 1], 0.0)
    cubic = np.bincount(pieces, (shares[pieces, 1] + begins) / 5, len(durations)).astype(np.float64)
    standing = 2 * (shares[0, 1] + shares[-1, 1]) / 5
    return float(shares[:, 0].sum() + standing * numbers.wind_fraction**3), cubic


def energy_numbers(
    points: Array, durations: Array, discs: Array, motion: Motion, energy: EnergyTerms, *, costs_j: float
) -> EnergyNumbers:
    """By the power at full speed; pieces that the guess flies too slowly for a wing are flown on rotors.

    Parameters
    ----------
    discs
        (pieces, 3) middle and radius of what holds the velocities over ground, by full speed.
    costs_j
        What the guess costs by the tables: the budget is taken in the measure of the polynomials, which are a little
        off them [J].
    """
    full, power = motion.air_speed_m_s, energy.power
    velocity = 5 * np.diff(points, axis=1) / durations[:, None, None]
    through_air, off = velocity - np.array(motion.wind_enu_m_s), velocity - full * discs[:, None, :2]
    speeds = np.hypot(through_air[..., 0], through_air[..., 1])
    watts = max(power.watts(full), 1e-9)
    on_wing = (speeds.min(axis=1) >= power.wing_from_m_s)[:, None]
    wing, rotor = (power.touching(float(speeds.max()), on_wing=borne) for borne in (True, False))
    polynomials = np.where(on_wing, [wing], [rotor])
    fitted_w = polynomials[:, 0] + polynomials[:, 1] * (speeds**3).mean(axis=1)
    return EnergyNumbers(
        polynomials * np.array([1.0, full**3]) / watts,
        discs[:, 2],
        (speeds - np.hypot(off[..., 0], off[..., 1])).mean(axis=1) / full,
        float(np.hypot(*motion.wind_enu_m_s)) / full,
        energy.weight_s_per_j * watts,
        energy.budget_j * float(fitted_w @ durations) / costs_j / (watts * float(durations.sum())),
    )
