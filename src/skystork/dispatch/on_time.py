"""Which orders the drones can deliver on time when there are more orders than drones.

After Moore (Management Science 15:102, 1968): take the orders by due date; when one would be late, drop the order
that holds the drone longest. That is exact for one drone; over several drones each order goes to the drone that is
free again first. What was dropped is tried once more in every gap, then in the place of an order that finds another
gap. Measured against brute force in ``tests/optimality/test_assignment_optimality.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from skystork.dispatch.cost import (
    DroneAvailability,
    Visit,
    WaitingOrder,
    can_fly,
    free_again_s,
    time_sequence,
    time_visit,
    total_cost,
)

MOST_EXCHANGES = 2_000
"""Exchanges tried for the orders left over; one takes some 20 µs for each flight foreseen. A count, not a time: the
answer must not depend on how busy the machine is."""


@dataclass(slots=True)
class DroneQueue:
    """The flights foreseen for one drone; mutable, lives only while a schedule is made."""

    drone: DroneAvailability
    sequence: list[WaitingOrder] = field(default_factory=list)
    free_s: float = 0.0
    """When the drone is free after the last of them [s since the Unix epoch]."""

    def restart(self, sequence: Sequence[WaitingOrder], now_s: float) -> None:
        """Replace the sequence by another that the drone can fly."""
        visits = time_sequence(self.drone, sequence, now_s)
        self.sequence = list(sequence)
        self.free_s = free_again_s(self.drone, visits[-1]) if visits else max(now_s, self.drone.ready_at_s)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Flights foreseen for every drone, and the orders left over."""

    queues: tuple[DroneQueue, ...]
    dropped: tuple[WaitingOrder, ...]


def choose_on_time(
    waiting: Sequence[WaitingOrder], drones: Sequence[DroneAvailability], *, now_s: float, lateness_limit_s: float
) -> Schedule:
    """Choose a large set of orders that all arrive within the limit after their promise, and who flies them.

    Parameters
    ----------
    lateness_limit_s
        Lateness that still counts as on time [s].

    Returns
    -------
    Schedule
        Orders for which there is no road are never dropped but flown late, where any drone can fly them.
    """
    queues = tuple(DroneQueue(drone, free_s=max(now_s, drone.ready_at_s)) for drone in drones)
    dropped: list[WaitingOrder] = []
    for order in sorted(waiting, key=_due_s):
        if not _append(order, queues, lateness_limit_s):
            dropped.append(_displace(order, queues, now_s, lateness_limit_s))
    left = [
        order
        for order in sorted(dropped, key=_shortest_s)
        if not _insert(order, queues, now_s, lateness_limit_s, own_limit_s=lateness_limit_s)
    ]
    left = [
        order
        for order in sorted(left, key=_due_s)
        if order.road_possible or not _insert(order, queues, now_s, lateness_limit_s, own_limit_s=math.inf)
    ]
    tries = iter(range(MOST_EXCHANGES))
    left = [order for order in left if not _exchange(order, queues, now_s, lateness_limit_s, tries)]
    for order in [flown for queue in queues for flown in queue.sequence]:
        _move_if_cheaper(order, queues, now_s, lateness_limit_s)
    return Schedule(queues, tuple(left))


def within_limits(visits: Sequence[Visit], lateness_limit_s: float) -> bool:
    """Whether every order that could go by road is within the limit."""
    return all(visit.cost.lateness_s <= lateness_limit_s or not visit.waiting.road_possible for visit in visits)


def _due_s(order: WaitingOrder) -> tuple[float, str]:
    """Moore's due date is of the whole job: the promise plus the way home."""
    way_home_s = min(estimate.duration_s - estimate.time_to_drop_s for estimate in order.estimates.values())
    return order.promised_by_s + way_home_s, order.order.order_id


def _shortest_s(order: WaitingOrder) -> tuple[float, str]:
    return min(estimate.duration_s for estimate in order.estimates.values()), order.order.order_id


def _append(order: WaitingOrder, queues: Sequence[DroneQueue], limit_s: float) -> bool:
    """Put the order last with the drone that is free again first, among those where it is on time."""
    best: tuple[float, float, str] | None = None
    chosen: DroneQueue | None = None
    for queue in queues:
        if not can_fly(queue.drone, order, len(queue.sequence)):
            continue
        visit = time_visit(queue.drone, order, queue.free_s)
        key = (free_again_s(queue.drone, visit), visit.cost.energy_j, queue.drone.vehicle_id)
        if visit.cost.lateness_s <= limit_s and (best is None or key < best):
            best, chosen = key, queue
    if chosen is None or best is None:
        return False
    chosen.sequence.append(order)
    chosen.free_s = best[0]
    return True


def _displace(order: WaitingOrder, queues: Sequence[DroneQueue], now_s: float, limit_s: float) -> WaitingOrder:
    """Take the order in place of a longer one where that helps; returns the one left over."""
    best_gain_s, place = 0.0, None
    for queue in queues:
        for index, longer in enumerate(queue.sequence):
            trial = [*queue.sequence[:index], *queue.sequence[index + 1 :], order]
            gain_s = _duration_s(queue, longer) - _duration_s(queue, order)
            if gain_s <= best_gain_s:
                continue
            visits = time_sequence(queue.drone, trial, now_s)
            if visits is not None and _all_on_time(visits, limit_s):
                best_gain_s, place = gain_s, (queue, trial, longer)
    if place is None:
        return order
    queue, trial, longer = place
    queue.restart(trial, now_s)
    return longer


def _insert(
    order: WaitingOrder, queues: Sequence[DroneQueue], now_s: float, limit_s: float, *, own_limit_s: float
) -> bool:
    """Put the order where it costs least without making another late; among equals where the least margin is widest."""
    best, place = None, None
    for queue in queues:
        before = time_sequence(queue.drone, queue.sequence, now_s)
        for index in range(len(queue.sequence) + 1):
            trial = [*queue.sequence[:index], order, *queue.sequence[index:]]
            visits = time_sequence(queue.drone, trial, now_s)
            if before is None or visits is None or visits[index].cost.lateness_s > own_limit_s:
                continue
            if not _none_pushed_late(visits, index, limit_s):
                continue
            after, was = total_cost(visits), total_cost(before)
            least_margin_s = min(visit.waiting.promised_by_s - visit.eta_s for visit in visits)
            added = (after.lateness_s - was.lateness_s, after.energy_j - was.energy_j, -least_margin_s)
            if best is None or added < best:
                best, place = added, (queue, trial)
    if place is None:
        return False
    place[0].restart(place[1], now_s)
    return True


def _exchange(
    order: WaitingOrder, queues: Sequence[DroneQueue], now_s: float, limit_s: float, tries: Iterator[int]
) -> bool:
    """Take the order in the place of another that finds a gap elsewhere."""
    for queue in queues:
        was = list(queue.sequence)
        for index, moved in enumerate(was):
            rest = [*was[:index], *was[index + 1 :]]
            queue.restart(rest, now_s)
            if next(tries, None) is None:
                queue.restart(was, now_s)
                return False
            if _insert(order, [queue], now_s, limit_s, own_limit_s=limit_s) and _insert(
                moved, queues, now_s, limit_s, own_limit_s=limit_s
            ):
                return True
            queue.restart(was, now_s)
    return False


def _move_if_cheaper(order: WaitingOrder, queues: Sequence[DroneQueue], now_s: float, limit_s: float) -> None:
    """Take an order out and put it back where it costs least, which may be where it was."""
    queue = next(queue for queue in queues if order in queue.sequence)
    was = list(queue.sequence)
    queue.restart([other for other in was if other is not order], now_s)
    own_limit_s = limit_s if order.road_possible else math.inf
    if not _insert(order, queues, now_s, limit_s, own_limit_s=own_limit_s):
        queue.restart(was, now_s)


def _duration_s(queue: DroneQueue, order: WaitingOrder) -> float:
    estimate = order.estimates.get(queue.drone.profile.name)
    return math.inf if estimate is None else estimate.duration_s


def _all_on_time(visits: Sequence[Visit], limit_s: float) -> bool:
    return all(visit.cost.lateness_s <= limit_s for visit in visits)


def _none_pushed_late(visits: Sequence[Visit], inserted: int, limit_s: float) -> bool:
    others = [visit for index, visit in enumerate(visits) if index != inserted]
    return within_limits(others, limit_s)
