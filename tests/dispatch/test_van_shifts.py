"""Shifts, rests, charging, collections and the plan so far: what a van's day adds to a route."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from skystork.dispatch.van_plan import StopKind, VanPlan
from skystork.dispatch.van_roads import Roads, SpeedByHour
from skystork.dispatch.van_route import Rest, VanParcel, VanPosition
from skystork.dispatch.vans import RouteEffort, plan_routes
from skystork.errors import InvalidInput
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import ReasonCode

DEPOT = Geodetic(54.523, -1.553)
FRAME = LocalFrame(DEPOT)
NOW_S = 1_763_715_600.0
VAN = VanProfile("e-van", 600.0, 60, 9.0, 1.3, 120.0, 300.0, 1_550.0)


def place(east_m: float, north_m: float) -> Geodetic:
    return FRAME.to_geodetic(east_m, north_m)


def parcel(number: int, at: tuple[float, float], left_s: float = 10_800.0) -> VanParcel:
    return VanParcel(OrderId(f"p{number}"), place(*at), 5.0, NOW_S + left_s)


def van(number: int, at: tuple[float, float] = (0.0, 0.0), profile: VanProfile = VAN) -> VanPosition:
    return VanPosition(VehicleId(f"v{number}"), profile, place(*at), NOW_S)


def planned(
    vans: list[VanPosition], parcels: list[VanParcel], *, steps: int = 600, roads: Roads | None = None, **more: object
) -> VanPlan:
    effort = RouteEffort(steps=steps, peer_steps=0)
    return plan_routes(vans, parcels, depot=DEPOT, now_s=NOW_S, effort=effort, roads=roads, **more)  # type: ignore[arg-type]


def kinds(plan: VanPlan, index: int = 0) -> list[StopKind]:
    return [stop.kind for stop in plan.routes[index].stops]


def test_a_parcel_that_waits_in_a_field_is_collected_there_and_delivered_by_the_same_van() -> None:
    stranded = replace(parcel(1, (4_000, 0), left_s=2_400), collected_at=place(3_000, 1_000))
    plan = planned([van(1), van(2, (2_500, 500))], [stranded])
    assert kinds(plan, 0) == []
    assert kinds(plan, 1) == [StopKind.COLLECT, StopKind.DELIVER, StopKind.RETURN]
    collect, deliver, _ = plan.routes[1].stops
    assert FRAME.to_enu_m(collect.position) == pytest.approx((3_000, 1_000), abs=0.1)
    assert collect.eta_s - collect.arrives_s == VAN.service_s
    assert deliver.lateness_s == 0.0


def test_a_collection_fits_into_a_tour_without_breaking_its_promises() -> None:
    aboard = tuple(parcel(100 + n, (2_000.0 * n, 0), left_s=1_000.0 + 600.0 * n) for n in range(1, 5))
    stranded = replace(parcel(1, (5_000, 2_000), left_s=6_000), collected_at=place(4_000, 1_500))
    plan = planned([replace(van(1, (500, 0)), on_board=aboard)], [stranded])
    assert plan.lateness_s == 0.0
    handed = {order_id for stop in plan.routes[0].stops if stop.kind is StopKind.DELIVER for order_id in stop.order_ids}
    assert handed == {"p1", *(p.order_id for p in aboard)}
    assert kinds(plan).count(StopKind.COLLECT) == 1


def test_a_van_on_its_way_to_a_collection_goes_on_to_it() -> None:
    stranded = replace(parcel(1, (-5_000, 0)), collected_at=place(-4_000, 0))
    near = replace(parcel(2, (1_200, 0)), collected_at=place(1_000, 0))
    plan = planned([replace(van(1, (900, 0)), collecting=stranded)], [near])
    assert plan.routes[0].stops[0].order_ids == ("p1",)
    assert sorted(o for s in plan.routes[0].stops if s.kind is StopKind.DELIVER for o in s.order_ids) == ["p1", "p2"]


def test_a_stop_that_a_driver_was_told_stays_next_unless_a_promise_breaks_by_it() -> None:
    far, near = parcel(100, (6_000, 0)), parcel(101, (1_500, 0))
    told = replace(van(1, (1_000, 0)), on_board=(far, near), told_next=far.order_id)
    assert planned([told], []).routes[0].stops[0].order_ids == ("p100",)
    urgent = replace(near, promised_by_s=NOW_S + 300.0)
    plan = planned([replace(told, on_board=(far, urgent))], [])
    assert plan.routes[0].stops[0].order_ids == ("p101",)
    assert plan.lateness_s == 0.0


def test_what_does_not_fit_into_the_shift_is_named_and_what_is_on_board_is_delivered_all_the_same() -> None:
    ends_s = NOW_S + 1_700.0
    aboard = (parcel(100, (8_000, 0)),)
    plan = planned([replace(van(1, (4_000, 0)), shift_ends_s=ends_s, on_board=aboard)], [parcel(1, (-6_000, 0))])
    assert [answer.order_id for answer in plan.unserved] == ["p1"]
    reason = plan.unserved[0].reasons[0]
    assert (reason.code, reason.limit) == (ReasonCode.FLEET, ends_s)
    assert kinds(plan) == [StopKind.DELIVER, StopKind.RETURN]
    assert plan.routes[0].over_s == pytest.approx(plan.routes[0].stops[-1].eta_s - ends_s)


def test_a_shift_that_is_over_takes_nothing_and_says_so() -> None:
    plan = planned([replace(van(1), shift_ends_s=NOW_S - 1.0)], [parcel(1, (500, 0))])
    assert "shift is over" in plan.unserved[0].reasons[0].text


def test_the_driver_rests_after_the_first_stop_past_the_time_and_later_stops_know_it() -> None:
    parcels = [parcel(1, (2_000, 0)), parcel(2, (4_000, 0))]
    tired = replace(van(1), rest=Rest(NOW_S + 400.0, 1_800.0))
    plan, without = planned([tired], parcels), planned([van(1)], parcels)
    at = kinds(plan).index(StopKind.REST)
    rest = plan.routes[0].stops[at]
    assert rest.eta_s - rest.arrives_s == 1_800.0
    assert plan.routes[0].stops[at - 1].eta_s >= NOW_S + 400.0
    assert plan.routes[0].stops[-1].eta_s == pytest.approx(without.routes[0].stops[-1].eta_s + 1_800.0)


def test_a_van_charges_where_its_range_ends_and_says_when_it_goes_on() -> None:
    short = replace(VAN, battery_j=40e3 * VAN.energy_j_per_m, reserve_fraction=0.0, charge_w=50_000.0)
    parcels = [parcel(n, (9_000.0 * (-1) ** n, 6_000.0 * (n - 2)), left_s=50_000) for n in range(1, 5)]
    plan = planned([van(1, profile=short)], parcels)
    left_j, here = short.battery_j, DEPOT
    assert not plan.unserved and plan.routes[0].over_s == 0.0
    for stop in plan.routes[0].stops:
        leg_m = math.dist(FRAME.to_enu_m(here), FRAME.to_enu_m(stop.position)) * short.circuity
        left_j -= leg_m * short.energy_j_per_m
        assert left_j >= -1.0
        if stop.kind in {StopKind.CHARGE, StopKind.LOAD}:
            left_j = min(short.battery_j, left_j + (stop.eta_s - stop.arrives_s) * short.charge_w)
        here = stop.position
    assert StopKind.CHARGE in kinds(plan)


def test_a_charger_on_the_way_spares_the_way_back_to_the_depot() -> None:
    short = replace(VAN, battery_j=26e3 * VAN.energy_j_per_m, reserve_fraction=0.0, charge_w=50_000.0)
    asked = [parcel(1, (12_000, 0), left_s=50_000)]
    alone = planned([van(1, profile=short)], asked)
    helped = planned([van(1, profile=short)], asked, chargers=[place(12_500, 0)])
    assert [answer.order_id for answer in alone.unserved] == ["p1"]
    assert not helped.unserved and StopKind.CHARGE in kinds(helped)


def test_in_the_slow_hour_the_same_way_takes_longer() -> None:
    factors = [1.0] * 24
    factors[9] = 0.5  # NOW_S is 09:00 UTC
    slow = planned([van(1)], [parcel(1, (4_000, 0))], roads=Roads(by_hour=SpeedByHour(tuple(factors))))
    quick = planned([van(1)], [parcel(1, (4_000, 0))])
    way_s = 4_000 * VAN.circuity / VAN.speed_m_s
    assert slow.routes[0].stops[1].arrives_s - quick.routes[0].stops[1].arrives_s == pytest.approx(way_s, abs=1.0)


def test_the_plan_so_far_is_kept_and_a_new_order_put_in_without_any_search() -> None:
    dice = random.Random(3)
    parcels = [parcel(n, (dice.uniform(-6_000, 6_000), dice.uniform(-6_000, 6_000)), 20_000) for n in range(12)]
    vans = [van(1), van(2)]
    before = planned(vans, parcels)
    incumbent = {route.vehicle_id: route.tasks for route in before.routes}
    again = planned(vans, parcels, steps=0, incumbent=incumbent)
    assert [route.tasks for route in again.routes] == [route.tasks for route in before.routes]
    more = planned(vans, [*parcels, parcel(50, (1_000, 1_000), 20_000)], steps=0, incumbent=incumbent)
    for old, new in zip(before.routes, more.routes, strict=True):
        assert [task for task in new.tasks if task[0] != "p50"] == list(old.tasks)
    assert not more.unserved and more.lateness_s == 0.0


def test_an_incumbent_that_no_longer_fits_is_planned_anew_and_nothing_is_dropped() -> None:
    parcels = [parcel(n, (1_000.0 * n, 0)) for n in range(1, 5)]
    small = replace(VAN, capacity_parcels=2)
    incumbent = {VehicleId("v1"): [(p.order_id, True) for p in parcels] + [(p.order_id, False) for p in parcels]}
    plan = planned([van(1, profile=small)], parcels, incumbent=incumbent)
    assert not plan.unserved
    assert kinds(plan).count(StopKind.LOAD) == 2


@pytest.mark.parametrize(
    ("vans", "parcels", "words"),
    [
        ([van(1), van(1)], [], "claimed twice"),
        (
            [replace(van(1), on_board=(parcel(1, (1, 1)),)), replace(van(2), on_board=(parcel(1, (1, 1)),))],
            [],
            "on board of two vans",
        ),
        ([van(1)], [VanParcel(OrderId("p1"), Geodetic(float("nan"), 0.0), 5.0, NOW_S)], "no number"),
        ([van(1)], [VanParcel(OrderId("p1"), DEPOT, float("inf"), NOW_S)], "no number"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(
    vans: list[VanPosition], parcels: list[VanParcel], words: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        planned(vans, parcels)
    assert words in str(refusal.value)
