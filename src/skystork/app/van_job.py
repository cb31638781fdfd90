"""One plan of the vans as a worker makes it: all it needs in one value, and how long it may search."""

from __future__ import annotations

import time
from dataclasses import dataclass

from skystork.dispatch.van_plan import VanPlan
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.van_route import VanParcel, VanPosition
from skystork.dispatch.vans import RouteEffort, plan_routes
from skystork.frames import Geodetic
from skystork.orders.order import OrderId, VehicleId

STEPS = 1_500
"""In virtual time: the same question gets the same answer, however busy the machine. PyVRP is not asked there."""
PEER_S = 0.4
"""For PyVRP, after the own search has had all of its time [s]. It seldom finds anything better in so short a time, and
what it finds is taken only where one clock for both says that it is better."""


@dataclass(frozen=True, slots=True)
class Question:
    """All that a worker needs to plan the vans."""

    positions: list[VanPosition]
    parcels: list[VanParcel]
    depot: Geodetic
    now_s: float
    roads: Roads
    incumbent: dict[VehicleId, tuple[tuple[OrderId, bool], ...]]
    effort_s: float | None
    """Real time to search; None: a number of steps."""
    chargers: tuple[Geodetic, ...] = ()
    """Beside the depot."""


def effort_of(asked: Question) -> RouteEffort:
    """How long to search, from now on."""
    if asked.effort_s is None:
        return RouteEffort(steps=STEPS, peer_steps=0)
    began_s, within_s = time.monotonic(), asked.effort_s + PEER_S
    return RouteEffort(spent=lambda _: (time.monotonic() - began_s) / within_s, peer_fraction=PEER_S / within_s)


def plan_vans(asked: Question) -> VanPlan:
    """The plan."""
    return plan_routes(
        asked.positions,
        asked.parcels,
        depot=asked.depot,
        now_s=asked.now_s,
        effort=effort_of(asked),
        roads=asked.roads,
        chargers=asked.chargers,
        incumbent=asked.incumbent,
    )
