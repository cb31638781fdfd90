"""What the dispatcher is told of drones and vans: by their batteries as they are, and by the hours they work."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from skystork.app.drone_desk import DroneAvailability
from skystork.app.horizon_situation import horizon_drones, horizon_vans
from skystork.app.options import default_site
from skystork.app.site import Site, load_site
from skystork.app.van_view import VanView
from skystork.dispatch.horizon_situation import HorizonDrone, HorizonVan
from skystork.fleet.vehicle import VanShift
from skystork.orders import control_events as ce
from skystork.orders.book import OrderBook
from skystork.orders.order import VehicleId

SITE = load_site(default_site())
DRONE, VAN = SITE.drones[0], SITE.vans[0]
TEN_S = 1_795_255_200.0
"""10:00 UTC on 21 November 2026: local midnight is at 0:00 UTC."""
EIGHT_IN_THE_EVENING_S = TEN_S + 10 * 3_600.0


def told_drone(battery_j: float, full_j: float, *, ready_at_s: float = 0.0) -> HorizonDrone:
    free = DroneAvailability(DRONE.vehicle_id, DRONE.profile, ready_at_s, battery_j, full_j)
    (told,) = horizon_drones([free], now_s=TEN_S, spare=None, limits_kg={}, foreseen={}, holds={})
    return told


def test_a_swap_gives_a_drone_what_its_cold_and_aged_packs_hold_and_no_more() -> None:
    new_j = DRONE.profile.battery_j
    kept_j = DRONE.profile.reserve_fraction * new_j
    told = told_drone(0.6 * new_j, 0.7 * new_j, ready_at_s=TEN_S + 600.0)
    assert (told.usable_j, told.full_j) == (pytest.approx(0.6 * new_j - kept_j), pytest.approx(0.7 * new_j - kept_j))
    assert told_drone(0.0, 0.0).full_j == 0.0, "too cold to fly"


def told_van(site: Site, now_s: float, book: OrderBook | None = None, *, shift: VanShift | None = None) -> HorizonVan:
    view = VanView(replace(VAN, shift=shift), site.depot)
    (told,) = horizon_vans({"1": view}, book=book or OrderBook(), site=site, now_s=now_s, foreseen={})
    return told


def test_a_van_without_a_shift_drives_at_any_hour() -> None:
    told = told_van(SITE, TEN_S)
    assert told.shift_begins_s <= TEN_S
    assert told.shift_ends_s == math.inf


def test_a_van_works_in_its_shift_of_the_local_day() -> None:
    site = replace(SITE, road=replace(SITE.road, time_zone="Asia/Tokyo"))
    told = told_van(site, TEN_S, shift=VanShift(8 * 3_600.0, 20 * 3_600.0))
    assert (told.shift_begins_s, told.shift_ends_s) == (TEN_S - 11 * 3_600.0, TEN_S + 3_600.0), "it is 19:00 in Tokyo"


def test_a_van_carries_no_more_than_a_person_lets_it() -> None:
    book = OrderBook()
    book.apply(TEN_S, ce.CapacitySet("mp", "a broken shelf", VAN.vehicle_id, 50.0))
    assert told_van(SITE, TEN_S, book).capacity_kg == 50.0
    book.apply(TEN_S, ce.CapacitySet("mp", "", VehicleId("another"), 5.0))
    assert told_van(SITE, TEN_S, book).capacity_kg == 50.0


def test_a_van_is_as_fast_as_the_hour_is() -> None:
    slow = replace(SITE, road=replace(SITE.road, speed_by_hour=tuple(0.5 if hour == 10 else 1.0 for hour in range(24))))
    assert told_van(slow, TEN_S).speed_m_s == pytest.approx(0.5 * VAN.profile.speed_m_s)
    assert told_van(slow, EIGHT_IN_THE_EVENING_S).speed_m_s == pytest.approx(VAN.profile.speed_m_s)
