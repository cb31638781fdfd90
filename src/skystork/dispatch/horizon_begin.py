"""What of a plan is begun now: slack is spent on purpose, and a drone is kept for the urgent order that is expected."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skystork.dispatch.horizon_arrays import BACK
from skystork.dispatch.horizon_model import Picture
from skystork.dispatch.horizon_plan import Planned
from skystork.dispatch.horizon_settings import HorizonSettings
from skystork.dispatch.horizon_situation import Expected
from skystork.dispatch.wave_arrays import Floats

SOON_S = 1.0
"""The next decision comes by then at the latest; what is to begin before it begins now."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What begins now."""

    launches: frozenset[int]
    """Nodes of orders whose drone is loaded now."""
    kept: frozenset[int]
    """Nodes whose drone stands ready and is kept for urgent ones."""
    waiting: frozenset[int]
    """Nodes whose drone stands ready while there is time left."""
    vans: frozenset[int]


NOTHING_BEGUN = Begun(frozenset(), frozenset(), frozenset(), frozenset())


def begin(planned: Planned, picture: Picture, expected: tuple[Expected, ...], settings: HorizonSettings) -> Begun:
    """Choose what begins."""
    said: dict[int, str] = {}
    for kind, number in picture.kinds.items():
        said |= _drones(planned, number, _reserve(planned, number, expected, kind, settings), settings)
    vans = {van for van in range(len(planned.plan.stops)) if _leaves(planned, van, settings)}
    launches, kept, waiting = (
        frozenset(node for node, what in said.items() if what == each) for each in ("launch", "kept", "waiting")
    )
    return Begun(launches, kept, waiting, frozenset(vans))


def _drones(planned: Planned, kind: int, reserve: int, settings: HorizonSettings) -> dict[int, str]:
    """What is done about first flights of drones that stand ready; those that can wait least come first."""
    model, plan = planned.model, planned.plan
    ready = np.flatnonzero((model.drone_kind == kind) & (model.ready_s <= model.now_s + SOON_S) & (model.head == 0))
    idle, said = len(ready), dict[int, str]()
    slack_s = {int(drone): _slack_s(planned, int(drone)) for drone in ready if plan.flights[drone] > 0}
    for drone, slack in sorted(slack_s.items(), key=lambda pair: (pair[1], pair[0])):
        node = int(plan.queue[drone, 0])
        if planned.table[node, 6] > model.now_s + SOON_S:
            continue
        if slack > settings.launch_slack_s and idle <= reserve:
            said[node] = "kept"
        elif slack > settings.relaxed_slack_s and len(plan.stops) > 0:  # without a van there is none to wait for
            said[node] = "waiting"
        else:
            said[node] = "launch"
            idle -= 1
    return said


def _slack_s(planned: Planned, drone: int) -> float:
    """How long its first flight can wait; one whose promise is lost does not wait."""
    model, plan = planned.model, planned.plan
    slack_s = float(plan.latest_s[drone, 0] - plan.free_s[drone, 0])
    return -math.inf if model.late_cost[plan.queue[drone, 0]] == 0 else slack_s


def _reserve(planned: Planned, kind: int, expected: tuple[Expected, ...], name: str, settings: HorizonSettings) -> int:
    """Drones to keep: urgent orders expected until one that comes then can wait for a return, less the returns."""
    model = planned.model
    wanted = 0.0
    for each in expected:
        if each.kind == name:
            until_s = model.now_s + max(each.notice_s, each.flight_s)
            returns = int(
                ((model.drone_kind == kind) & (model.ready_s > model.now_s) & (model.ready_s < until_s)).sum()
            )
            come = each.per_s * (until_s - model.now_s)
            wanted += settings.keep_for_urgent * (come + math.sqrt(come)) - returns
    return max(0, math.ceil(wanted))


def _leaves(planned: Planned, van: int, settings: HorizonSettings) -> bool:
    """Whether a van that waits at the hub goes now: its tour can wait no longer, is full, or is overdue."""
    model, plan = planned.model, planned.plan
    if model.away[van] == 1 or plan.stops[van] == 0 or model.van_start_s[van] > model.now_s + SOON_S:
        return False
    tour = first_tour(plan.row[van], int(plan.stops[van]))
    if len(tour) >= min(settings.van_leave_parcels, int(model.most_parcels[van])):
        return True
    if float(planned.table[tour[0], 8]) - model.now_s <= settings.van_leave_slack_s:
        return True
    overdue_s = max((model.now_s - float(model.due_s[node]) for node in tour), default=0.0)
    return overdue_s > settings.stale_leave_s


def first_tour(row: Floats, stops: int) -> list[int]:
    """The nodes before the first call at the hub."""
    tour: list[int] = []
    for node in row[:stops]:
        if node == BACK:
            break
        tour.append(int(node))
    return tour
