"""Building van routes by insertion: the start for the solver, and the way in for what the solver left out.

Each parcel goes where it adds least lateness, then least energy, over all vans and all places. So the first orders
inserted, those due soonest, keep their promise, and what cannot be on time is late by as little as the rest allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from skystork.dispatch.van_route import Clock, Task, VanParcel
from skystork.orders.order import VehicleId

MOST_SETTLED = 30
"""Parcels taken out and put back; each takes some 30 ms with 20 parcels a van. A count, so that answers repeat."""
Routes = dict[VehicleId, list[Task]]


def fixed_tasks(clock: Clock) -> int:
    """How many steps at the head of a van's sequence may not be moved: the doorstep it is driving to."""
    return 0 if clock.van.driving_to is None else 1


def insert_all(parcels: Sequence[VanParcel], routes: Routes, clocks: Mapping[VehicleId, Clock]) -> None:
    """Insert parcels from the depot, or into the van they are on board of (those first); then by the time promised.

    Every parcel must be one that some van can carry; the routes are changed in place.
    """
    owner = {parcel.order_id: name for name, clock in clocks.items() for parcel in clock.van.on_board}
    for parcel in sorted(parcels, key=lambda p: (p.order_id not in owner, p.promised_by_s, p.order_id)):
        mine = owner.get(parcel.order_id)
        keys = {name: clock.time(routes[name]).key(clock.van.profile.energy_j_per_m) for name, clock in clocks.items()}
        candidates = (
            (_added(clocks[name], keys[name], trial), name, trial)
            for name in (clocks if mine is None else (mine,))
            for trial in _trials(parcel, routes[name], fixed_tasks(clocks[name]), on_board=mine is not None)
        )
        possible = [(added, name, trial) for added, name, trial in candidates if added is not None]
        _, name, trial = min(possible, key=lambda candidate: candidate[:2])
        routes[name] = trial


def _trials(parcel: VanParcel, tasks: list[Task], fixed: int, *, on_board: bool) -> Iterator[list[Task]]:
    """Every sequence with the parcel in it; pick-ups join a call at the depot, or open one anywhere."""
    for drop in range(fixed, len(tasks) + 1):
        dropped = [*tasks[:drop], Task(parcel, picks=False), *tasks[drop:]]
        if on_board:
            yield dropped
            continue
        for pick in range(fixed, drop + 1):
            inside_a_call = pick > fixed and tasks[pick - 1].picks and pick < len(tasks) and tasks[pick].picks
            if not inside_a_call:
                yield [*dropped[:pick], Task(parcel, picks=True), *dropped[pick:]]


def _added(clock: Clock, before: tuple[float, float, float], trial: list[Task]) -> tuple[float, float, float] | None:
    """What a trial adds to the van's key; None where it does not fit on board."""
    timed = clock.time(trial)
    if not timed.fits:
        return None
    lateness_s, late, energy_j = timed.key(clock.van.profile.energy_j_per_m)
    return lateness_s - before[0], late - before[1], energy_j - before[2]


def settle_late(routes: Routes, clocks: Mapping[VehicleId, Clock]) -> Routes:
    """Take parcels out one by one and put each back where it costs least; kept where that lowers the whole key.

    Those in vans that are late come first; at most ``MOST_SETTLED`` are tried.
    """
    best, best_key = routes, plan_key(routes, clocks)
    lateness_s = {name: clocks[name].time(tasks).lateness_s for name, tasks in routes.items()}
    movable = [
        task.parcel
        for name in sorted(routes, key=lambda name: (-lateness_s[name], name))
        for task in routes[name][fixed_tasks(clocks[name]) :]
        if not task.picks
    ]
    for parcel in movable[:MOST_SETTLED]:
        trial = {name: [task for task in tasks if task.parcel is not parcel] for name, tasks in best.items()}
        insert_all([parcel], trial, clocks)
        if (key := plan_key(trial, clocks)) < best_key:
            best, best_key = trial, key
    return best


def plan_key(routes: Routes, clocks: Mapping[VehicleId, Clock]) -> tuple[float, float, float]:
    """Lateness, late hand-overs and energy over all vans."""
    keys = [clocks[name].time(tasks).key(clocks[name].van.profile.energy_j_per_m) for name, tasks in routes.items()]
    return sum(key[0] for key in keys), sum(key[1] for key in keys), sum(key[2] for key in keys)
