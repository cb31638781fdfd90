"""Matching first flights to drones: the cheapest match, and always an end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from skystork.dispatch.horizon_match import cheapest

HUNG = Path(__file__).parents[1] / "data" / "match_that_hung.json"
"""Costs of 13 flights and 13 drones, null where one cannot fly the other: with fractions SciPy 1.17 never came back."""


def test_a_match_that_once_never_ended_ends_with_the_cheapest() -> None:
    rows = json.loads(HUNG.read_text(encoding="utf-8"))
    cost = np.array([[np.inf if each is None else each for each in row] for row in rows])
    mine = cost[cheapest(cost)].sum()
    assert abs(mine - cost[linear_sum_assignment(cost)].sum()) < 1e-4


def test_it_is_the_cheapest_on_made_costs() -> None:
    dice = np.random.default_rng(3)
    for count in range(1, 30):
        cost = dice.random((count, count + 3))
        cost[dice.random(cost.shape) < 0.4] = np.inf
        cost[np.arange(count), np.arange(count)] = dice.random(count)
        assert abs(cost[cheapest(cost)].sum() - cost[linear_sum_assignment(cost)].sum()) < 1e-4
