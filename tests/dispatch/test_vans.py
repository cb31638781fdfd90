"""Van routes, looked over by a checker that shares no code with the planner, and against every possible route."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from skystork.dispatch.van_plan import StopKind, VanPlan
from skystork.dispatch.van_route import VanParcel, VanPosition
from skystork.dispatch.vans import RouteEffort, plan_routes
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import ReasonCode

DEPOT = Geodetic(54.523, -1.553)
FRAME = LocalFrame(DEPOT)
NOW_S = 1_763_715_600.0
EFFORT = RouteEffort(steps=1_500, peer_steps=40, seed=3)
VAN = VanProfile("e-van", 600.0, 60, 9.0, 1.3, 120.0, 300.0, 1_550.0)


def place(east_m: float, north_m: float) -> Geodetic:
    return FRAME.to_geodetic(east_m, north_m)


def parcel(number: int, at: tuple[float, float], left_s: float = 10_800.0, weight_kg: float = 5.0) -> VanParcel:
    return VanParcel(OrderId(f"p{number}"), place(*at), weight_kg, NOW_S + left_s)


def van(
    number: int,
    at: tuple[float, float] = (0.0, 0.0),
    on_board: tuple[VanParcel, ...] = (),
    driving_to: OrderId | None = None,
    profile: VanProfile = VAN,
) -> VanPosition:
    return VanPosition(VehicleId(f"v{number}"), profile, place(*at), NOW_S, on_board, driving_to)


def random_parcels(rng: random.Random, count: int, soonest_s: float, latest_s: float) -> list[VanParcel]:
    return [
        parcel(n, (rng.uniform(-8_000, 8_000), rng.uniform(-8_000, 8_000)), rng.uniform(soonest_s, latest_s))
        for n in range(count)
    ]


def check(plan: VanPlan, vans: Sequence[VanPosition], parcels: Sequence[VanParcel]) -> None:
    """Times, loads and completeness of a plan from its stops alone."""
    known = {p.order_id: p for p in [*parcels, *(p for v in vans for p in v.on_board)]}
    delivered = [o for r in plan.routes for s in r.stops if s.kind is StopKind.DELIVER for o in s.order_ids]
    assert sorted(delivered) == sorted(set(known) - {answer.order_id for answer in plan.unserved})
    by_id = {v.vehicle_id: v for v in vans}
    for route in plan.routes:
        v = by_id[route.vehicle_id]
        aboard = {p.order_id for p in v.on_board}
        here, time_s, driven_m = FRAME.to_enu_m(v.position), max(NOW_S, v.free_at_s), 0.0
        for stop in route.stops:
            there = FRAME.to_enu_m(stop.position)
            leg_m = math.dist(here, there) * v.profile.circuity
            assert stop.arrives_s == pytest.approx(time_s + leg_m / v.profile.speed_m_s, abs=1e-3)
            if stop.kind is StopKind.LOAD:
                aboard |= set(stop.order_ids)
                assert len(aboard) <= v.profile.capacity_parcels
                assert sum(known[o].weight_kg for o in aboard) <= v.profile.capacity_kg + 1e-6
                assert stop.eta_s >= stop.arrives_s + v.profile.load_s - 1e-3
                assert all(stop.eta_s >= known[o].loadable_from_s for o in stop.order_ids)
            elif stop.kind is StopKind.DELIVER:
                (order_id,) = stop.order_ids
                aboard.remove(order_id)
                assert stop.eta_s >= stop.arrives_s + v.profile.service_s - 1e-3
                assert stop.eta_s >= known[order_id].earliest_s
                assert stop.lateness_s == pytest.approx(max(0.0, stop.eta_s - known[order_id].promised_by_s), abs=1e-3)
                assert bool(stop.reasons) == (stop.lateness_s > 0)
            here, time_s, driven_m = there, stop.eta_s, driven_m + leg_m
        assert not aboard
        assert math.hypot(*here) < 0.01
        assert route.distance_m == pytest.approx(driven_m, abs=0.1)
        assert route.energy_j == pytest.approx(driven_m * v.profile.energy_j_per_m, rel=1e-6, abs=100)


def test_two_vans_share_a_town_and_every_parcel_is_on_time() -> None:
    parcels = random_parcels(random.Random(5), 14, 5_400, 10_800)
    vans = [van(1), van(2)]
    plan = plan_routes(vans, parcels, depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, vans, parcels)
    assert plan.lateness_s == 0


def test_the_same_question_gets_the_same_answer() -> None:
    parcels = random_parcels(random.Random(6), 12, 3_600, 10_800)
    plans = [plan_routes([van(1), van(2)], parcels, depot=DEPOT, now_s=NOW_S, effort=EFFORT) for _ in range(2)]
    assert plans[0] == plans[1]


def test_a_van_on_the_road_hands_over_what_it_has_and_comes_back_for_more() -> None:
    aboard = (parcel(100, (4_000, 0)), parcel(101, (5_000, 500)))
    vans = [van(1, at=(3_000, 0), on_board=aboard)]
    fresh = [parcel(1, (-3_000, 0)), parcel(2, (-3_500, 100))]
    plan = plan_routes(vans, fresh, depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, vans, fresh)
    kinds = [stop.kind for stop in plan.routes[0].stops]
    assert kinds == [StopKind.DELIVER] * 2 + [StopKind.LOAD] + [StopKind.DELIVER] * 2 + [StopKind.RETURN]


def test_a_van_passes_the_depot_before_its_last_parcel_when_a_new_order_is_urgent() -> None:
    aboard = (parcel(100, (-6_000, 0), left_s=10_000),)
    urgent = [parcel(1, (3_000, 0), left_s=1_700)]
    vans = [van(1, at=(2_000, 0), on_board=aboard)]
    plan = plan_routes(vans, urgent, depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, vans, urgent)
    assert [stop.order_ids for stop in plan.routes[0].stops[:3]] == [("p1",), ("p1",), ("p100",)]
    assert plan.lateness_s == 0


def test_a_parcel_on_board_is_delivered_by_its_own_van_though_another_is_at_the_door() -> None:
    aboard = (parcel(100, (6_000, 0)),)
    vans = [van(1, at=(-6_000, 0), on_board=aboard), van(2, at=(6_000, 0))]
    plan = plan_routes(vans, [], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, vans, [])
    assert plan.routes[0].stops[0].order_ids == ("p100",)


def test_the_doorstep_being_driven_to_stays_first_though_another_is_nearer() -> None:
    far, near = parcel(100, (6_000, 0)), parcel(101, (1_500, 0))
    vans = [van(1, at=(1_000, 0), on_board=(near, far), driving_to=far.order_id)]
    plan = plan_routes(vans, [parcel(1, (1_000, 1_000))], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, vans, [parcel(1, (1_000, 1_000))])
    assert plan.routes[0].stops[0].order_ids == ("p100",)


def test_what_cannot_be_on_time_is_still_routed_and_says_by_how_much_it_is_late() -> None:
    parcels = [parcel(1, (9_000, 0), left_s=600), parcel(2, (-3_000, 0), left_s=2_400), parcel(3, (0, 20), left_s=-60)]
    plan = plan_routes([van(1)], parcels, depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, [van(1)], parcels)
    late = {s.order_ids[0]: s for s in plan.routes[0].stops if s.lateness_s > 0}
    assert {"p1", "p3"} <= set(late)
    assert late[OrderId("p1")].reasons[0].code is ReasonCode.PROMISE


def test_a_second_trip_is_made_when_one_load_is_too_heavy() -> None:
    small = VanProfile("small", 20.0, 10, 9.0, 1.3, 120.0, 300.0, 1_550.0)
    parcels = [parcel(n, (1_000.0 * n, 1_000.0), weight_kg=9.0) for n in range(1, 6)]
    vans = [van(1, profile=small)]
    plan = plan_routes(vans, parcels, depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, vans, parcels)
    assert sum(stop.kind is StopKind.LOAD for stop in plan.routes[0].stops) == 3


def test_a_parcel_no_van_can_carry_is_reported_with_its_weight() -> None:
    plan = plan_routes([van(1)], [parcel(1, (500, 0), weight_kg=700.0)], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    (answer,) = plan.unserved
    assert answer.order_id == "p1"
    assert (answer.reasons[0].code, answer.reasons[0].value, answer.reasons[0].limit) == (
        ReasonCode.WEIGHT,
        700.0,
        600.0,
    )


def test_without_a_van_every_parcel_is_unserved_for_want_of_one() -> None:
    plan = plan_routes([], [parcel(1, (500, 0))], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    assert plan.unserved[0].reasons[0].code is ReasonCode.FLEET


def test_a_parcel_still_in_the_air_is_loaded_only_once_it_is_back() -> None:
    coming = VanParcel(OrderId("p1"), place(1_000, 0), 2.0, NOW_S + 9_000, loadable_from_s=NOW_S + 1_200)
    plan = plan_routes([van(1)], [coming], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, [van(1)], [coming])
    assert plan.routes[0].stops[0].eta_s >= NOW_S + 1_200


def test_nothing_is_handed_over_before_the_earliest_time() -> None:
    evening = VanParcel(OrderId("p1"), place(1_000, 0), 2.0, NOW_S + 9_000, earliest_s=NOW_S + 5_000)
    plan = plan_routes([van(1)], [evening, parcel(2, (2_000, 0))], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, [van(1)], [evening, parcel(2, (2_000, 0))])
    assert plan.lateness_s == 0


def test_a_van_with_nothing_to_do_stays_where_it_is() -> None:
    plan = plan_routes([van(1)], [], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    assert plan.routes[0].stops == ()
    assert plan.routes[0].slack_s == math.inf


def least_distance_on_time(parcels: Sequence[VanParcel], vans: int) -> float:
    """By trying every split and sequence, each van loading everything first (one trip, equal vans)."""
    best = math.inf
    for owners in itertools.product(range(vans), repeat=len(parcels)):
        total_m = 0.0
        for number in range(vans):
            share = [p for p, owner in zip(parcels, owners, strict=True) if owner == number]
            total_m += min((tour_m(order) for order in itertools.permutations(share)), default=0.0)
        best = min(best, total_m)
    return best


def tour_m(order: Sequence[VanParcel]) -> float:
    here, time_s, driven_m = (0.0, 0.0), NOW_S + VAN.load_s, 0.0
    for p in order:
        there = FRAME.to_enu_m(p.position)
        leg_m = math.dist(here, there) * VAN.circuity
        driven_m, time_s, here = driven_m + leg_m, time_s + leg_m / VAN.speed_m_s + VAN.service_s, there
        if time_s > p.promised_by_s:
            return math.inf
    return driven_m + math.hypot(*here) * VAN.circuity if order else 0.0


@pytest.mark.parametrize("seed", range(8))
def test_small_plans_are_as_short_as_the_best_of_all_routes(seed: int) -> None:
    parcels = random_parcels(random.Random(seed), 6, 3_000, 7_200)
    best_m = least_distance_on_time(parcels, 2)
    plan = plan_routes([van(1), van(2)], parcels, depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, [van(1), van(2)], parcels)
    if math.isfinite(best_m):
        assert plan.lateness_s == 0
        assert plan.distance_m <= best_m + len(parcels) * 2  # whole metres within the solver
    else:
        assert plan.lateness_s > 0


@pytest.mark.parametrize("seed", range(6))
def test_any_mixture_of_vans_on_the_road_and_orders_gives_a_sound_plan(seed: int) -> None:
    rng = random.Random(100 + seed)
    parcels = random_parcels(rng, 8, -600, 6_000)
    aboard = [
        parcel(100 + n, (rng.uniform(-6_000, 6_000), rng.uniform(-6_000, 6_000)), rng.uniform(0, 5_000))
        for n in range(5)
    ]
    vans = [
        van(1, (rng.uniform(-5_000, 5_000), 1_000), tuple(aboard[:3]), aboard[1].order_id),
        van(2, (2_000, rng.uniform(-5_000, 5_000)), tuple(aboard[3:])),
        van(3, profile=VanProfile("small", 15.0, 3, 9.0, 1.3, 90.0, 200.0, 700.0)),
    ]
    plan = plan_routes(vans, parcels, depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    check(plan, vans, parcels)
    assert plan.routes[0].stops[0].order_ids == (aboard[1].order_id,)


def handed_over(plan: VanPlan) -> list[str]:
    return [stop.order_ids[0] for route in plan.routes for stop in route.stops if stop.kind is StopKind.DELIVER]


def by_its_margin(number: int, at: tuple[float, float], left_s: float, ahead_s: float) -> VanParcel:
    return replace(parcel(number, at, left_s), ahead_s=ahead_s)


def test_the_margin_of_one_is_given_away_before_the_promise_of_another_breaks() -> None:
    far, near = by_its_margin(1, (6_000, 0), 1_700.0, 100.0), by_its_margin(2, (-2_000, 0), 3_000.0, 2_400.0)
    plan = plan_routes([van(1)], [far, near], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    assert handed_over(plan) == ["p1", "p2"]
    assert plan.lateness_s == 0.0


def test_margins_are_kept_where_no_promise_breaks_by_it() -> None:
    far, near = by_its_margin(1, (6_000, 0), 9_000.0, 5_000.0), by_its_margin(2, (-2_000, 0), 3_000.0, 2_200.0)
    plan = plan_routes([van(1)], [far, near], depot=DEPOT, now_s=NOW_S, effort=EFFORT)
    assert handed_over(plan) == ["p2", "p1"]
    assert plan.routes[0].slack_s == pytest.approx(NOW_S + 800.0 - plan.routes[0].stops[1].eta_s)


def test_what_breaks_is_told_by_the_promise_and_not_by_the_aim() -> None:
    late = by_its_margin(1, (6_000, 0), 600.0, 500.0)
    (route,) = plan_routes([van(1)], [late], depot=DEPOT, now_s=NOW_S, effort=EFFORT).routes
    handed = route.stops[1]
    assert handed.lateness_s == pytest.approx(handed.eta_s - NOW_S - 600.0)
    assert f"{handed.lateness_s:.0f} s after the promise" in handed.reasons[0].text
