"""Urgent orders that came make urgent orders expected, for which a drone is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.app.urgent_orders import LOOK_BACK_S, UrgentOrders
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.order import Order, OrderId, Parcel

SITE = load_site(default_site())
NOW_S = 1_795_255_200.0


def accepted(name: str, at_s: float, within_s: float | None) -> e.OrderAccepted:
    by_s = None if within_s is None else at_s + within_s
    parcel = Parcel(1.0, 0.3, 0.2, 0.1)
    return e.OrderAccepted(OrderId(name), Order(OrderId(name), at_s, Geodetic(54.52, -1.55), parcel, deliver_by_s=by_s))


def test_nothing_is_expected_where_nothing_urgent_came() -> None:
    urgent = UrgentOrders(SITE)
    urgent.note(NOW_S, accepted("O-1", NOW_S, None))
    urgent.note(NOW_S, accepted("O-2", NOW_S, 0.6 * SITE.rules.drone_promise_s))
    urgent.note(NOW_S, accepted("O-3", NOW_S, -60.0))
    assert urgent.expected(NOW_S) == ()


def test_as_many_an_hour_are_expected_as_came_in_the_last_for_the_fastest_aircraft() -> None:
    urgent = UrgentOrders(SITE)
    for number, within_s in enumerate((600.0, 800.0)):
        urgent.note(NOW_S + number, accepted(f"O-{number}", NOW_S + number, within_s))
    (expected,) = urgent.expected(NOW_S + 60.0)
    fastest = max((drone.profile for drone in SITE.drones), key=lambda profile: profile.cruise_air_speed_m_s)
    assert expected.kind == fastest.name
    assert expected.per_s == pytest.approx(2 / 3_600.0)
    assert (expected.notice_s, expected.flight_s) == (350.0, fastest.load_s + 700.0 + fastest.turnaround_s)
    assert urgent.expected(NOW_S + LOOK_BACK_S + 0.5)[0].per_s == pytest.approx(1 / 3_600.0)
    assert urgent.expected(NOW_S + LOOK_BACK_S + 60.0) == ()


def test_without_drones_none_is_kept() -> None:
    urgent = UrgentOrders(replace(SITE, drones=()))
    urgent.note(NOW_S, accepted("O-1", NOW_S, 600.0))
    assert urgent.expected(NOW_S) == ()
