"""Several policies on the same days, put into rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from skystork.bench.day_bound import bound_day
from skystork.bench.day_horizon import Horizon
from skystork.bench.day_policies import DroneFirst, GreedyNearest, NearestIdle, Territory
from skystork.bench.day_result import DayResult
from skystork.bench.day_stream import LOADS, Load, make_day
from skystork.bench.day_world import Policy, replay

POLICIES: tuple[Callable[[], Policy], ...] = (
    NearestIdle,
    GreedyNearest,
    DroneFirst,
    lambda: Territory(2_000.0),
    lambda: Territory(5_000.0),
    lambda: Horizon(control=False),
    lambda: Horizon(control=True),
)
"""In the order of the table; each is made anew for each day."""


@dataclass(frozen=True, slots=True)
class Row:
    """One policy at one load: means over the days."""

    load: str
    policy: str
    kept_percent: float
    """Promises kept of those that were made."""
    spread_percent: float
    """Standard deviation of that from day to day."""
    urgent_kept_percent: float
    """The same of orders that wished 30 minutes."""
    wished_percent: float
    """First wishes kept, whatever was promised."""
    changed_percent: float
    """Orders that were promised longer than they wished."""
    cost: float | None
    """For each order; None of a bound, which bounds none."""


def rows(
    seeds: Sequence[int], generator: Callable[[int], Generator], *, loads: Sequence[Load] = LOADS, bounds: bool = True
) -> Iterator[Row]:
    """Play every day to every policy, and reckon the bounds.

    Parameters
    ----------
    generator
        Makes the dice of a seed.
    """
    for load in loads:
        for make in POLICIES:
            yield _row([replay(make_day(load, generator(seed)), make()) for seed in seeds])
        if bounds:
            yield from _bounds(load, seeds, generator)


def _row(results: Sequence[DayResult]) -> Row:
    return Row(
        results[0].load,
        results[0].policy,
        float(np.mean([each.kept_percent for each in results])),
        float(np.std([each.kept_percent for each in results])),
        float(np.mean([each.urgent_kept_percent for each in results])),
        float(np.mean([each.wished_percent for each in results])),
        float(np.mean([each.changed_percent for each in results])),
        float(np.mean([each.order_cost for each in results])),
    )


def _bounds(load: Load, seeds: Sequence[int], generator: Callable[[int], Generator]) -> Iterator[Row]:
    found = [bound_day(make_day(load, generator(seed))) for seed in seeds]
    for name, values in (
        ("bound: knows the day, this fleet", [each.fleet_percent for each in found]),
        ("bound: knows the day, unlimited fleet", [each.unlimited_percent for each in found]),
    ):
        kept, spread = float(np.mean(values)), float(np.std(values))
        yield Row(load.name, name, kept, spread, kept, kept, 0.0, None)
