"""Speeds by the hour, and the estimate of a leg."""

from __future__ import annotations

import numpy as np
import pytest

from skystork.dispatch.van_roads import SAME_ALL_DAY, Roads, SpeedByHour, drive_s
from skystork.errors import ConfigError
from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic, LocalFrame

VAN = VanProfile("e-van", 600.0, 60, 9.0, 1.3, 120.0, 300.0, 1_550.0)
MIDNIGHT_S = 1_763_683_200.0
HOUR_S = 3_600.0


def test_the_day_as_a_whole_is_as_fast_as_the_profile_says() -> None:
    working = SpeedByHour().factors[7:19]
    assert 12 / sum(1 / factor for factor in working) == pytest.approx(1.0, abs=1e-4)
    assert min(working) == working[0] < 1.0 < working[4]


def test_a_leg_of_an_hour_over_a_change_of_speed_is_driven_in_two_parts() -> None:
    factors = [1.0] * 24
    factors[8] = 0.5
    hours = SpeedByHour(tuple(factors)).from_now(MIDNIGHT_S + 7.5 * HOUR_S)
    assert hours[0] == pytest.approx(0.5 * HOUR_S)
    assert drive_s(HOUR_S, 0.0, hours) == pytest.approx(1.5 * HOUR_S)
    assert drive_s(HOUR_S, 0.5 * HOUR_S, hours) == pytest.approx(1.5 * HOUR_S)
    assert drive_s(HOUR_S, 24.0 * HOUR_S, hours) == pytest.approx(1.5 * HOUR_S)


def test_who_leaves_later_never_arrives_earlier() -> None:
    dice = np.random.default_rng(4)
    hours = SpeedByHour(tuple(dice.uniform(0.4, 1.6, 24))).from_now(MIDNIGHT_S + 1_234.0)
    leaves_s = np.sort(dice.uniform(0, 20 * HOUR_S, 200))
    arrives_s = [leave_s + drive_s(5_000.0, leave_s, hours) for leave_s in leaves_s]
    assert arrives_s == sorted(arrives_s)


def test_the_local_clock_decides_the_hour() -> None:
    factors = tuple(1.0 if hour != 9 else 0.5 for hour in range(24))
    east = SpeedByHour(factors, utc_offset_s=2 * HOUR_S).from_now(MIDNIGHT_S + 7 * HOUR_S)
    assert east[1] == 0.5
    assert SpeedByHour(factors).from_now(MIDNIGHT_S + 7 * HOUR_S)[1] == 1.0


def test_without_a_router_a_leg_is_the_straight_line_times_the_circuity() -> None:
    depot = Geodetic(54.5, -1.5)
    there = LocalFrame(depot).to_geodetic(3_000.0, 4_000.0)
    metres, seconds = Roads().tables([depot, there], VAN)
    assert metres[0, 1] == metres[1, 0] == pytest.approx(5_000.0 * 1.3)
    assert seconds[0, 1] == pytest.approx(5_000.0 * 1.3 / 9.0)
    assert list(SAME_ALL_DAY.from_now(MIDNIGHT_S)[1:]) == [1.0] * 24


@pytest.mark.parametrize("factors", [(1.0,) * 5, (*(1.0,) * 23, float("nan")), (-1.0,) * 24])
def test_speeds_that_cannot_be_are_refused(factors: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError):
        SpeedByHour(factors)
