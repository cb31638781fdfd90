"""A lift-and-cruise aircraft: transitions, wide turns, and the way home on the wing."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

NAN = math.nan
LATITUDE, LONGITUDE = 47.3977419, 8.5455938
M_PER_DEG_LAT, M_PER_DEG_LON = 111_190.0, 75_380.0


def item(command: int, east_m: float, north_m: float, height_m: float) -> Any:
    x = round((LATITUDE + north_m / M_PER_DEG_LAT) * 1e7)
    y = round((LONGITUDE + east_m / M_PER_DEG_LON) * 1e7)
    return (3, command, (0.0, 10.0, 0.0, NAN) if command == 16 else (0.0, 0.0, 0.0, NAN), x, y, height_m)


def change(command: int, *params: float) -> Any:
    four = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return (2, command, four, 0, 0, 0.0)


TO_ROTORS, TO_WING = change(3000, 3.0), change(3000, 4.0)
DELIVERY = (
    item(84, 0, 0, 80),
    change(178, 1.0, 30.0, -1.0),
    item(16, 0, 1500, 80),
    item(16, 896.6, 2692.5, 80),
    TO_ROTORS,
    item(16, 1000, 2830, 80),
    item(17, 1000, 2830, 4),
    item(16, 1000, 2830, 105),
    TO_WING,
    item(16, 0, 1500, 105),
    item(16, 0, 172, 105),
    TO_ROTORS,
    item(16, 0, 0, 105),
    item(21, 0, 0, 0),
)


@pytest.fixture
def flown(make_ground: Any) -> Any:
    ground = make_ground(winged=True, wind_m_s=(4.0, 0.0), gust_m_s=1.2, parameters={"RTL_TYPE": 4}).ready()
    ground.upload(DELIVERY)
    assert ground.command(300) == [0]
    ground.track = []
    while ground.vehicle.status.armed:
        ground.run(0.5)
        mass = ground.vehicle.aircraft.mass
        hovering = mass.height_m < 4.5 and ground.vehicle.navigator.mission.current == 6
        ground.track.append((mass.east_m, mass.north_m, mass.height_m, int(mass.borne), mass.air_speed_m_s))
        if hovering:
            ground.send(common.MAVLink_mission_set_current_message(1, 1, 7))
        assert ground.elapsed_s < 900.0
    return ground


def test_transitions_follow_the_recorded_order_of_vtol_states(flown: Any) -> None:
    assert flown.changes("EXTENDED_SYS_STATE", "vtol_state") == [3, 1, 4, 2, 3, 1, 4, 2, 3]


def test_it_climbs_on_the_rotors_before_it_goes_anywhere(flown: Any) -> None:
    early = [(east, north) for east, north, height, *_ in flown.track if 1.0 < height < 75.0][:30]
    assert max(math.hypot(*place) for place in early) < 5.0


def test_a_turn_at_speed_begins_early_and_does_not_overshoot(flown: Any) -> None:
    def off_second_leg_m(east: float, north: float) -> float:
        length = math.dist((0, 1500), (1000, 2830))
        return (east * (2830 - 1500) - (north - 1500) * 1000) / length  # right of the leg is positive

    outbound = [(e, n) for e, n, height, *_ in flown.track[:240] if height > 70.0 and 1450 < n < 2690]
    assert len(outbound) > 20
    assert max(-off_second_leg_m(*place) for place in outbound) < 5.0
    assert max(abs(off_second_leg_m(*place)) for place in outbound if place[1] > 1700) < 10.0


def test_it_keeps_its_air_speed_on_the_wing(flown: Any) -> None:
    speeds = [speed for *_, borne, speed in flown.track if borne == 4]
    assert sorted(speeds)[len(speeds) // 2] == pytest.approx(30.0, abs=2.0)


def test_it_hovers_over_the_drop_and_lands_on_its_pad(flown: Any) -> None:
    low = [(e, n) for e, n, height, *_ in flown.track if height < 5.0 and n > 500]
    assert max(math.dist(place, (1000, 2830)) for place in low) < 3.0
    assert math.hypot(flown.track[-1][0], flown.track[-1][1]) < 2.0
    assert flown.of("MISSION_CURRENT")[-1].message.mission_state == 5


def test_a_return_from_the_hover_goes_home_on_the_wing(make_ground: Any) -> None:
    ground = make_ground(winged=True, parameters={"RTL_TYPE": 4}).ready()
    ground.upload(DELIVERY)
    ground.command(300)
    assert ground.run(400.0, lambda: ground.vehicle.aircraft.mass.height_m < 4.5 and ground.elapsed_s > 60)
    ground.command(20)
    states = set()
    while ground.vehicle.status.armed:
        ground.run(1.0)
        states.add(int(ground.vehicle.aircraft.mass.borne))
        assert ground.elapsed_s < 900.0
    assert states == {1, 2, 3, 4}
    assert math.hypot(ground.vehicle.aircraft.mass.east_m, ground.vehicle.aircraft.mass.north_m) < 2.0
