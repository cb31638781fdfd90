"""How a wave lies in memory for the compiled search; the shapes are part of what its cache is looked up by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Seed = NDArray[np.uint64]

NOWHERE = -1
LEAST_GAIN = 1e-9
HARDER = 0.01
"""Added to the hardness of a customer for each step that it was left out."""
BLINK = 0.01
"""Share of the places that an insertion overlooks (the paper's beta)."""


class Model(NamedTuple):
    """The question. Index 0 is the depot, 1..n the customers; rows of a truck are chosen by its kind."""

    truck_cost: Floats
    """(kinds, n+1, n+1)"""
    truck_time: Floats
    """(kinds, n+1, n+1), the stop at the end of each arc included."""
    cost_into: Floats
    """(kinds, n+1, n+1) transposed: all arcs into a customer lie side by side."""
    time_into: Floats
    """(kinds, n+1, n+1) transposed"""
    kind: Whole
    """(trucks,)"""
    both_ways: NDArray[np.bool_]
    """(kinds,) whether every road is as long and as quick one way as the other."""
    capacity: Floats
    """(trucks,)"""
    most_stops: Whole
    """(trucks,)"""
    truck_limit: Floats
    """(trucks,) longest tour"""
    truck_fixed: Floats
    """(trucks,) cost of leaving the depot at all"""
    weight: Floats
    """(n+1,)"""
    hardness: Floats
    """(n+1,) 1 at first, more for each step that a customer was left out; changed by the search."""
    drone_time: Floats
    """(drones, n+1) out and back; ``inf`` where the drone may not serve it."""
    drone_cost: Floats
    """(drones, n+1)"""
    drone_limit: Floats
    """(drones,) sum of its flights"""
    near: Whole
    """(n+1, n) customers by distance; the customer itself first"""
    close: Whole
    """(n+1, up to 40) places by distance, the depot among them; the place itself not"""
    reach: int
    """Neighbours beside which an insertion is tried."""
    span_cost: float
    """Cost of a unit of time of the vehicle that is busy longest."""
    absent_cost: float
    """Highest cost of an order left out."""
    truck_guide: float
    """Part of the truck cost that only leads the search: this for each unit of its time."""
    drone_guide: float
    """The same of the drones."""


class State(NamedTuple):
    """A plan, and what is derived from it."""

    after: Whole
    """(n+1+trucks,)"""
    before: Whole
    where: Whole
    """(n+1,) truck k, trucks + drone d, or NOWHERE"""
    stops: Whole
    """(trucks,)"""
    load: Floats
    """(trucks,)"""
    busy: Floats
    """(trucks+drones,)"""
    cost: Floats
    """(1,) guide included, without span and absent ones"""
    absent: Whole
    """(1,) how many"""
    unplaced: Floats
    """(1,) the same, each as often as it is hard to place"""


class Settings(NamedTuple):
    """How to search."""

    mean_removed: float
    longest_string: int
    same_tour: bool
    """More than one string of a tour: where there are few tours."""
    tour_fraction: float
    """Steps that take out a whole tour."""
    most_tours: int
    """Trucks that may leave the depot."""
    price_fraction: float
    """Steps in which drone time has a price."""
    price_spread: float
    """Half the range of the logarithm of that price about its mean."""


class Work(NamedTuple):
    """Scratch of one search."""

    journal: Whole
    """(rows, 3) customer, node before and vehicle of each removal; row 0 holds how many there are."""
    removed: Whole
    """How many at 0, then the customers to be put in."""
    keys: Floats
    """What they are sorted by."""
    touched: NDArray[np.bool_]
    """(trucks,) tours that lost a string in this step."""
