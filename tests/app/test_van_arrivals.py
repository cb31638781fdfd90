"""When a van is at its doors, by where it is and what it was sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.app.van_arrivals import van_arrivals
from skystork.app.van_view import VanState, VanView, drop_action
from skystork.dispatch.van_plan import StopKind, VanRoute, VanStop
from skystork.orders.order import OrderId

SITE = load_site(default_site())
VAN = SITE.vans[0]
NOW_S = 1_000_000.0
A, B = OrderId("A"), OrderId("B")
AT_A, AT_B = SITE.frame.to_geodetic(3_000.0, 0.0), SITE.frame.to_geodetic(6_000.0, 0.0)
LEG_S = 3_000.0 * VAN.profile.circuity / VAN.profile.speed_m_s
SERVICE_S = VAN.profile.service_s
TOUR = (
    VanStop(StopKind.DELIVER, AT_A, (A,), NOW_S + LEG_S, NOW_S + LEG_S + SERVICE_S),
    VanStop(StopKind.DELIVER, AT_B, (B,), NOW_S + 2 * LEG_S + SERVICE_S, NOW_S + 2 * (LEG_S + SERVICE_S)),
)


def on_tour(east_m: float, **actions: str) -> VanView:
    view = VanView(VAN, SITE.depot)
    view.send(TOUR, NOW_S)
    statuses = {drop_action(OrderId(name)): status for name, status in actions.items()}
    view.take(VanState(SITE.frame.to_geodetic(east_m, 0.0), 1, True, statuses, {}, None), NOW_S)
    return view


def test_a_van_where_its_plan_has_it_is_foreseen_as_planned() -> None:
    found = van_arrivals([on_tour(1_500.0)], {}, NOW_S, NOW_S + LEG_S / 2)
    assert found == pytest.approx({A: TOUR[0].eta_s, B: TOUR[1].eta_s}, abs=1.0)


@pytest.mark.parametrize(("stood_s", "later_s"), [(240.0, 240.0), (900.0, 1800.0)])
def test_a_van_that_got_nowhere_is_later_at_every_door_and_soon_by_as_long_again(
    stood_s: float, later_s: float
) -> None:
    found = van_arrivals([on_tour(0.0)], {}, NOW_S, NOW_S + stood_s)
    assert found == pytest.approx({A: TOUR[0].eta_s + later_s, B: TOUR[1].eta_s + later_s}, abs=1.0)


def test_a_van_that_moves_or_works_does_not_stand_still() -> None:
    drives, works = on_tour(0.0), on_tour(3_000.0, A="RUNNING")
    drives.take(VanState(SITE.frame.to_geodetic(25.0, 0.0), 1, True, {}, {}, None), NOW_S + 800.0)
    assert drives.stood_s(NOW_S + 900.0) == works.stood_s(NOW_S + 900.0) == 0.0
    assert drives.stood_s(NOW_S + 1_200.0) == 400.0
    assert VanView(VAN, SITE.depot).stood_s(NOW_S) == 0.0, "it has nothing to do"


def test_a_van_that_comes_later_waits_less_for_its_customer_and_nobody_is_served_before() -> None:
    waits_s, door = 600.0, TOUR[0]
    opens_s = door.eta_s + waits_s
    tour = (
        replace(door, eta_s=opens_s, not_before_s=opens_s),
        replace(TOUR[1], arrives_s=TOUR[1].arrives_s + waits_s, eta_s=TOUR[1].eta_s + waits_s),
    )
    view = VanView(VAN, SITE.depot)
    route = VanRoute(VAN.vehicle_id, tour, 1.0, 1.0, 3_600.0)
    for held_s, later_s in ((0.0, 0.0), (500.0, 0.0), (900.0, 300.0)):
        found = van_arrivals([view], {VAN.vehicle_id: route}, NOW_S, NOW_S + held_s)
        assert found == pytest.approx({A: opens_s + later_s, B: tour[1].eta_s + later_s})
    view.send(tour, NOW_S)
    view.take(VanState(AT_A, 1, False, {drop_action(A): "RUNNING"}, {}, None), NOW_S + LEG_S)
    assert van_arrivals([view], {}, NOW_S, NOW_S + LEG_S) == pytest.approx({A: opens_s, B: tour[1].eta_s})


def test_a_van_at_a_door_is_done_there_when_it_said_or_a_whole_service_from_now() -> None:
    during = van_arrivals([on_tour(3_000.0, A="RUNNING")], {}, NOW_S, NOW_S + LEG_S + 30.0)
    late = van_arrivals([on_tour(3_000.0, A="RUNNING")], {}, NOW_S, NOW_S + 5_000.0)
    assert during[A] == TOUR[0].eta_s
    assert (late[A], late[B]) == pytest.approx((NOW_S + 5_000.0 + SERVICE_S, NOW_S + 5_000.0 + 2 * SERVICE_S + LEG_S))


def test_a_door_that_was_called_at_is_foreseen_no_more() -> None:
    assert set(van_arrivals([on_tour(3_000.0, A="FINISHED")], {}, NOW_S, NOW_S + LEG_S)) == {B}


def test_a_tour_that_waits_at_the_depot_begins_as_much_later_as_it_waits() -> None:
    route = VanRoute(VAN.vehicle_id, TOUR, 8_000.0, 1.0, 1_000.0)
    waits = VanView(VAN, SITE.depot)
    found = van_arrivals([waits], {VAN.vehicle_id: route}, NOW_S, NOW_S + 600.0)
    assert found == {A: TOUR[0].eta_s + 600.0, B: TOUR[1].eta_s + 600.0}
