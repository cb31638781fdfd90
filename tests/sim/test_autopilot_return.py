"""The way home by RTL_TYPE: which way along a mission, from where, and over which heights."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests_support.protocol_talk import place

NAN = math.nan
RTL, LOITER = 0x0504_0000, 0x0304_0000
LAND_START = (2, 189, (0.0, 0.0, 0.0, 0.0), 0, 0, 0.0)
SPEED = (2, 178, (1.0, 5.0, -1.0, 0.0), 0, 0, 0.0)


def at(north_m: float, height_m: float, command: int = 16, east_m: float = 0.0) -> Any:
    return (3, command, (0.0, 0.0, 0.0, NAN), *place(north_m, east_m), height_m)


LOOP = (
    at(0, 20, 22),
    at(50, 20),
    at(100, 20),
    at(150, 20),
    at(150, 25, east_m=60),
    at(75, 25, east_m=60),
    at(0, 0, 21),
)


def flown_to(ground: Any, plan: Any, sequence: int) -> Any:
    ground.ready()
    ground.upload(plan)
    ground.command(300)
    assert ground.run(200.0, lambda: ground.vehicle.navigator.mission.current == sequence)
    ground.run(2.0)
    return ground


def way_home(ground: Any) -> list[int]:
    """Items that were current on the way."""
    since = len(ground.heard)
    assert ground.command(20) == [0]
    assert ground.run(400.0, lambda: not ground.vehicle.status.armed)
    seen = [each.message.seq for each in ground.heard[since:] if each.kind == "MISSION_CURRENT"]
    return [sequence for index, sequence in enumerate(seen) if index == 0 or sequence != seen[index - 1]]


@pytest.mark.parametrize(("sequence", "way"), [(3, [2, 1, 0]), (4, [4, 5])])
def test_the_way_along_a_mission_is_chosen_by_counting_items(make_ground: Any, sequence: int, way: list[int]) -> None:
    ground = flown_to(make_ground(parameters={"RTL_TYPE": 4}), LOOP, sequence)
    assert way_home(ground)[: len(way)] == way
    assert math.hypot(ground.vehicle.aircraft.mass.north_m, ground.vehicle.aircraft.mass.east_m) < 1.5


def test_items_that_are_no_places_are_counted_too(make_ground: Any) -> None:
    padded = (*LOOP[:4], SPEED, SPEED, SPEED, SPEED, *LOOP[4:])
    ground = flown_to(make_ground(parameters={"RTL_TYPE": 4}), padded, 3)
    assert way_home(ground)[:3] == [2, 1, 0]
    behind = flown_to(make_ground(parameters={"RTL_TYPE": 4}), (*LOOP[:2], LAND_START, *LOOP[2:]), 3)
    assert way_home(behind)[0] == 3  # on: the landing begins at item 2, which is behind


def test_begun_in_a_hold_it_starts_at_the_nearest_place(make_ground: Any) -> None:
    ground = flown_to(make_ground(parameters={"RTL_TYPE": 4}), LOOP, 3)
    assert ground.run(60.0, lambda: ground.vehicle.aircraft.mass.north_m > 112.0)
    ground.command(176, 1.0, 4.0, 3.0)
    ground.run(5.0)
    assert way_home(ground) == [3, 2, 1, 0]


def test_the_way_back_goes_down_to_the_doorstep_where_the_mission_does(make_ground: Any) -> None:
    """Every place is flown to at its own height: PX4 knows no drop."""
    dip = (at(0, 20, 22), at(60, 20), at(60, 5), at(60, 20), at(120, 20), at(180, 20), at(240, 20), at(0, 0, 21))
    ground = flown_to(make_ground(parameters={"RTL_TYPE": 2}), (*dip[:-1], at(300, 20)), 4)
    ground.command(20)
    assert ground.run(120.0, lambda: ground.vehicle.aircraft.mass.height_m < 7.0)
    assert abs(ground.vehicle.aircraft.mass.north_m - 60.0) < 5.0


def test_a_straight_return_climbs_first_and_comes_down_at_home(make_ground: Any) -> None:
    ground = flown_to(make_ground(parameters={"RTL_RETURN_ALT": 40.0}), LOOP, 2)
    north_m = ground.vehicle.aircraft.mass.north_m
    ground.command(20)
    assert ground.run(30.0, lambda: ground.vehicle.aircraft.mass.height_m > 38.0)
    assert abs(ground.vehicle.aircraft.mass.north_m - north_m) < 10.0
    assert ground.run(300.0, lambda: not ground.vehicle.status.armed)
    assert abs(ground.vehicle.aircraft.mass.north_m) < 1.5
