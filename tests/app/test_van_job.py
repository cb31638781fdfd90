"""How long the vans' plan is searched for, and by whom."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.app.van_job import PEER_S, STEPS, Question, effort_of, plan_vans
from skystork.dispatch.van_plan import StopKind
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.van_route import VanParcel, VanPosition
from skystork.orders.order import OrderId

SITE = load_site(default_site())
NOW_S = 1_795_255_200.0


def question(parcels: int, effort_s: float | None) -> Question:
    """Doorsteps about the depot, and two vans that stand there."""
    frame, profile = SITE.frame, SITE.vans[0].profile
    doors = [
        frame.to_geodetic(900.0 * (number % 5) - 1_800.0, 700.0 * (number // 5) - 900.0) for number in range(parcels)
    ]
    asked = [VanParcel(OrderId(f"O-{number}"), door, 2.0, NOW_S + 7_200.0) for number, door in enumerate(doors)]
    vans = [VanPosition(van.vehicle_id, profile, SITE.depot, NOW_S) for van in SITE.vans[:2]]
    return Question(vans, asked, SITE.depot, NOW_S, Roads(), {}, effort_s)


def test_in_virtual_time_the_effort_is_a_number_of_steps() -> None:
    effort = effort_of(question(3, None))
    assert (effort.steps, effort.peer_steps, effort.spent) == (STEPS, 0, None)


def test_in_real_time_pyvrp_has_its_turn_after_the_whole_of_the_own_search() -> None:
    effort = effort_of(question(3, 0.6))
    assert effort.spent is not None
    assert (1 - effort.peer_fraction) * (0.6 + PEER_S) == pytest.approx(0.6)


def test_with_a_clock_every_parcel_is_in_one_route_as_without() -> None:
    asked = question(15, 0.05)
    plans = [plan_vans(asked), plan_vans(replace(asked, effort_s=None))]
    for plan in plans:
        served = [
            each
            for route in plan.routes
            for stop in route.stops
            if stop.kind is StopKind.DELIVER
            for each in stop.order_ids
        ]
        assert sorted(served) == sorted(parcel.order_id for parcel in asked.parcels)
        assert not plan.unserved and plan.lateness_s == 0


@pytest.mark.parametrize("effort_s", [None, 0.05])
def test_windows_and_parcels_that_come_later_are_held_with_and_without_pyvrp(effort_s: float | None) -> None:
    asked = question(12, effort_s)
    parcels = [
        replace(
            parcel,
            earliest_s=NOW_S + 3_000.0 if number % 3 == 0 else -math.inf,
            loadable_from_s=NOW_S + 1_500.0 if number % 3 == 1 else -math.inf,
        )
        for number, parcel in enumerate(asked.parcels)
    ]
    plan = plan_vans(replace(asked, parcels=parcels))

    known, seen = {parcel.order_id: parcel for parcel in parcels}, list[OrderId]()
    for stop in (stop for route in plan.routes for stop in route.stops if stop.order_ids):
        mine = [known[order_id] for order_id in stop.order_ids]
        loads = stop.kind is StopKind.LOAD
        held_s = max(each.loadable_from_s if loads else each.earliest_s for each in mine)
        assert stop.not_before_s == held_s <= stop.eta_s
        seen += [] if loads else stop.order_ids
    assert sorted(seen) == sorted(known) and plan.lateness_s == 0
