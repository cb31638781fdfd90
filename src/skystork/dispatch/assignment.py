"""Which drone flies which order now: a rolling horizon over every drone's next flights.

First the orders that can all be on time are chosen (:mod:`skystork.dispatch.on_time`); then the flights that come
first are matched to the drones at least cost, each drone keeping what follows, so that the match sees what it does
to the flights after it. The match is a linear assignment (Crouse, IEEE Trans. AES 52:1679, 2016, as in SciPy).
Only an order whose drone is ready now is committed; the others wait, and are decided anew the next time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from skystork.dispatch.cost import (
    Cost,
    DroneAvailability,
    Visit,
    WaitingOrder,
    can_fly,
    time_sequence,
    time_visit,
    total_cost,
    usable_j,
)
from skystork.dispatch.on_time import DroneQueue, choose_on_time, within_limits
from skystork.dispatch.rules import SiteRules
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

MOST_MATCHES = 4
"""Matches in a row; each can only lower the cost, and after the second there is rarely anything left."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another drone that was considered for an order."""

    vehicle_id: VehicleId
    eta_s: float
    cost: Cost
    reason: Reason | None = None
    """Why it could not fly it; None where it could and cost more, or serves another order."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A drone that is ready now takes the order: load it."""

    order_id: OrderId
    vehicle_id: VehicleId
    eta_s: float
    cost: Cost
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A drone that is not ready yet is foreseen for the order; nothing is committed."""

    order_id: OrderId
    vehicle_id: VehicleId
    eta_s: float
    cost: Cost
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Unassigned:
    """No drone for the order: it goes by road where it may."""

    order_id: OrderId
    reasons: tuple[Reason, ...]


def assign(
    waiting: Sequence[WaitingOrder], drones: Sequence[DroneAvailability], *, now_s: float, rules: SiteRules
) -> tuple[Assignment | Awaiting | Unassigned, ...]:
    """Decide about every waiting order.

    Parameters
    ----------
    drones
        Those in service, idle or on their way back; each vehicle once.

    Returns
    -------
    tuple of Assignment, Awaiting or Unassigned
        One for each waiting order, in the order given.
    """
    fleet = sorted(drones, key=lambda drone: drone.vehicle_id)
    flyable = [order for order in waiting if any(can_fly(drone, order) for drone in fleet)]
    limit_s = rules.flight_lateness_limit_s
    schedule = choose_on_time(flyable, fleet, now_s=now_s, lateness_limit_s=limit_s)
    _match_first_flights(schedule.queues, now_s, limit_s)
    if not schedule.dropped:
        _match_one_each(schedule.queues, now_s, limit_s)
    decisions = {decision.order_id: decision for queue in schedule.queues for decision in _decide(queue, fleet, now_s)}
    for order in waiting:
        if order.order.order_id not in decisions:
            decisions[order.order.order_id] = _unassigned(order, fleet, schedule.queues, now_s, limit_s)
    return tuple(decisions[order.order.order_id] for order in waiting)


def _match_first_flights(queues: Sequence[DroneQueue], now_s: float, limit_s: float) -> None:
    """Exchange first flights among the drones until that no longer lowers the cost."""
    for _ in range(MOST_MATCHES):
        firsts = [queue.sequence[:1] for queue in queues]
        tails = [queue.sequence[1:] for queue in queues]
        matrix = _scalar(
            [
                [_price(queue, [*first, *tail], now_s, limit_s) for queue, tail in zip(queues, tails, strict=True)]
                for first in firsts
            ]
        )
        rows, columns = linear_sum_assignment(matrix)
        if not matrix[rows, columns].sum() < np.trace(matrix) * (1 - 1e-12):
            return
        for row, column in zip(rows, columns, strict=True):
            queues[column].restart([*firsts[row], *tails[column]], now_s)


def _match_one_each(queues: Sequence[DroneQueue], now_s: float, limit_s: float) -> None:
    """Where there is a drone for each order, send each by its own if that costs less than what is foreseen."""
    orders = [order for queue in queues for order in queue.sequence]
    if len(orders) > len(queues):
        return
    idle: list[WaitingOrder | None] = [*orders, *[None] * (len(queues) - len(orders))]
    costs = [[_price(queue, [] if order is None else [order], now_s, limit_s) for queue in queues] for order in idle]
    try:
        rows, columns = linear_sum_assignment(_scalar(costs))
    except ValueError:  # SciPy's word for: no complete match
        return
    matched = [cost for row, column in zip(rows, columns, strict=True) if (cost := costs[row][column]) is not None]
    foreseen = [cost for queue in queues if (cost := _price(queue, queue.sequence, now_s, limit_s)) is not None]
    if sum(matched, Cost()) < sum(foreseen, Cost()):
        for row, column in zip(rows, columns, strict=True):
            order = idle[row]
            queues[column].restart([] if order is None else [order], now_s)


def _price(queue: DroneQueue, sequence: Sequence[WaitingOrder], now_s: float, limit_s: float) -> Cost | None:
    """Cost of a sequence; None where the drone cannot fly it or it would break a promise that now holds."""
    visits = time_sequence(queue.drone, sequence, now_s)
    return total_cost(visits) if visits is not None and within_limits(visits, limit_s) else None


def _scalar(costs: Sequence[Sequence[Cost | None]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """One number for each cost, such that a millisecond of lateness outweighs all energy; ``inf`` where impossible."""
    most_j = max((cost.energy_j for row in costs for cost in row if cost is not None), default=0.0)
    joules_per_s = 1e3 * (1.0 + most_j * len(costs))
    return np.array(
        [[np.inf if cost is None else cost.lateness_s * joules_per_s + cost.energy_j for cost in row] for row in costs]
    ).reshape(len(costs), len(costs))


def _decide(
    queue: DroneQueue, fleet: Sequence[DroneAvailability], now_s: float
) -> Iterator[Assignment | Awaiting | Unassigned]:
    """Commit the first flight of a drone that is ready; everything else waits."""
    for flight, visit in enumerate(time_sequence(queue.drone, queue.sequence, now_s) or ()):
        kind = Assignment if flight == 0 and queue.drone.ready_at_s <= now_s else Awaiting
        yield kind(
            visit.waiting.order.order_id,
            queue.drone.vehicle_id,
            visit.eta_s,
            visit.cost,
            tuple(_alternatives(visit, queue.drone, fleet, now_s)),
        )


def _alternatives(
    visit: Visit, chosen: DroneAvailability, fleet: Sequence[DroneAvailability], now_s: float
) -> Iterator[Alternative]:
    """Every other drone with what it would have cost to send it first to this order."""
    for drone in fleet:
        estimate = visit.waiting.estimates.get(drone.profile.name)
        if drone.vehicle_id == chosen.vehicle_id or estimate is None:
            continue
        other = time_visit(drone, visit.waiting, max(now_s, drone.ready_at_s))
        short = None if can_fly(drone, visit.waiting) else _energy_reason(estimate.energy_j, usable_j(drone, 0))
        yield Alternative(drone.vehicle_id, other.eta_s, other.cost, short)


def _unassigned(
    order: WaitingOrder,
    fleet: Sequence[DroneAvailability],
    queues: Sequence[DroneQueue],
    now_s: float,
    limit_s: float,
) -> Unassigned:
    able = [drone for drone in fleet if drone.profile.name in order.estimates]
    if not able:
        names = ", ".join(sorted(order.estimates)) or "none"
        text = f"no drone in service is of a type that can fly it ({names})"
        return Unassigned(order.order.order_id, (Reason(ReasonCode.FLEET, text, 0, 1),))
    if not any(can_fly(drone, order) for drone in able):
        closest = [(order.estimates[drone.profile.name].energy_j, usable_j(drone, 0)) for drone in able]
        needed_j, best_j = min(closest, key=lambda pair: pair[0] - pair[1])
        return Unassigned(order.order.order_id, (_energy_reason(needed_j, best_j),))
    return Unassigned(order.order.order_id, (_late_reason(order, queues, now_s, limit_s),))


def _energy_reason(needed_j: float, usable: float) -> Reason:
    text = f"out and back takes {needed_j:.0f} J, the battery gives {usable:.0f} J above its reserve"
    return Reason(ReasonCode.ENERGY, text, needed_j, usable)


def _late_reason(order: WaitingOrder, queues: Sequence[DroneQueue], now_s: float, limit_s: float) -> Reason:
    """How late it would be with the drone that is soonest there after the flights already foreseen."""
    at_once_s = min(
        time_visit(queue.drone, order, max(now_s, queue.drone.ready_at_s)).eta_s
        for queue in queues
        if can_fly(queue.drone, order)
    )
    queued_s = min(
        (
            time_visit(queue.drone, order, queue.free_s).eta_s
            for queue in queues
            if can_fly(queue.drone, order, len(queue.sequence))
        ),
        default=at_once_s,
    )
    late_s = queued_s - order.promised_by_s
    text = (
        f"the soonest drone is there {late_s:.0f} s after the promise"
        if at_once_s - order.promised_by_s > limit_s
        else f"drones are taken by orders that can be on time: there {late_s:.0f} s after the promise"
    )
    return Reason(ReasonCode.PROMISE, f"{text}; {limit_s:.0f} s are allowed", late_s, limit_s)
