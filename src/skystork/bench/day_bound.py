"""What no dispatcher could beat: bounds on the share of first wishes that can be kept, for one who knows the whole day.

Two bounds. With an unlimited fleet an order is kept if one drone or one van of its own could bring it in time, lifting
off or driving when the order is placed. With the fleet of the day a linear program is solved: each order asks for
minutes of drones (its flight and the turn) or of vans (the shortest leg that could lead to its door, the service, and
its part of loading a full van) within the time in which they would be of use, orders may be cut into pieces and shared
out between any vehicles, and no 5 minutes hold more work than the fleet has. Every plan that can be driven and flown is
a solution of it, so the least it leaves undone is a bound; that it is reached is not said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from skystork.bench.day_stream import COSTS, STORM_S, Day, DayOrder

SLOT_S = 300.0


@dataclass(frozen=True, slots=True)
class Bound:
    """Upper bounds on first wishes kept."""

    unlimited_percent: float
    """With a vehicle for each order."""
    fleet_percent: float
    """With the fleet of the day."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Work that an order could be, by one kind of vehicle."""

    order: int
    by_van: bool
    work_s: float
    from_s: float
    until_s: float


def bound_day(day: Day) -> Bound:
    """Reckon both bounds of a day."""
    legs_m = _legs_m(day)
    jobs = [job for order in day.orders for job in _jobs(day, order, legs_m)]
    possible = {job.order for job in jobs}
    kept = _solve(day, jobs) if jobs else 0.0
    many = len(day.orders)
    return Bound(100.0 * len(possible) / many, 100.0 * min(float(len(possible)), kept) / many)


def _legs_m(day: Day) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The shortest way to each door, from another one or from the hub [m]."""
    doors = np.array([(0.0, 0.0), *((order.east_m, order.north_m) for order in day.orders)])
    apart = np.hypot(doors[:, None, 0] - doors[None, :, 0], doors[:, None, 1] - doors[None, :, 1])
    np.fill_diagonal(apart, np.inf)
    nearest: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = apart.min(axis=1)[1:]
    return nearest


def _jobs(day: Day, order: DayOrder, legs_m: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Iterator[_Job]:
    due_s, storm_s = order.placed_s + order.wish_s, day.storm_begins_s
    if order.flyable and not order.breaks_off:
        first_s, last_s = order.placed_s, due_s - order.out_s
        if storm_s <= first_s < storm_s + STORM_S:
            first_s = storm_s + STORM_S
        if storm_s <= last_s < storm_s + STORM_S:
            last_s = storm_s
        if first_s <= last_s:
            work_s = order.total_s + COSTS.turn_s
            yield _Job(order.number, False, work_s, first_s, last_s + work_s)
    direct_m = math.hypot(order.east_m, order.north_m) * COSTS.circuity
    if order.placed_s + COSTS.load_s + direct_m / COSTS.van_m_s + COSTS.service_s <= due_s:
        leg_s = legs_m[order.number] * COSTS.circuity / COSTS.van_m_s
        work_s = float(leg_s) + COSTS.service_s + COSTS.load_s / COSTS.van_parcels
        yield _Job(order.number, True, work_s, order.placed_s, due_s)


def _solve(day: Day, jobs: list[_Job]) -> float:
    """The most orders kept: variables are the share of each job, then its work in each slot."""
    rows: list[tuple[int, int, float]] = []
    slots = [(int(job.from_s // SLOT_S), int(job.until_s // SLOT_S)) for job in jobs]
    many, column = 1 + max(last for _, last in slots), len(jobs)
    orders = sorted({job.order for job in jobs})
    row_of = {number: row for row, number in enumerate(orders)}
    equal: list[tuple[int, int, float]] = []
    for number, (job, (first, last)) in enumerate(zip(jobs, slots, strict=True)):
        rows.append((row_of[job.order], number, 1.0))
        equal.append((number, number, -job.work_s))
        for slot in range(first, last + 1):
            equal.append((number, column, 1.0))
            rows.append((len(orders) + slot + many * job.by_van, column, 1.0))
            column += 1
    fleet_s = [day.load.drones * SLOT_S] * many + [day.load.vans * SLOT_S] * many
    found = linprog(
        c=np.r_[-np.ones(len(jobs)), np.zeros(column - len(jobs))],
        A_ub=_sparse(rows, len(orders) + 2 * many, column),
        b_ub=np.r_[np.ones(len(orders)), fleet_s],
        A_eq=_sparse(equal, len(jobs), column),
        b_eq=np.zeros(len(jobs)),
        bounds=[*((0.0, 1.0) for _ in jobs), *((0.0, SLOT_S) for _ in range(column - len(jobs)))],
        method="highs",
    )
    if found.fun is None:
        return float(len(orders))
    return -float(found.fun)


def _sparse(entries: list[tuple[int, int, float]], rows: int, columns: int) -> coo_matrix:
    row, column, value = zip(*entries, strict=True)
    return coo_matrix((value, (row, column)), shape=(rows, columns))
