"""PX4's own arithmetic of returning, against figures worked out by hand."""

import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.clearance.checks import failures
from skystork.clearance.return_formula import check_return, turning_points
from skystork.frames import LocalFrame
from skystork.planning.flight_plan import LegName

PLAN = straight_plan(LocalFrame(DEPOT), distance_m=1500.0)
"""Legs [s, kJ]: climb 27, 40; out 100, 200; down 51, 60; drop 15, 20; up 34, 40; home 100, 200; landing 70, 80."""
PX4 = {"RTL_TIME_FACTOR": 1.1, "RTL_TIME_MARGIN": 100.0, "BAT_CRIT_THR": 0.07, "COM_FLT_TIME_MAX": -1.0}


def told(battery: float, **parameters: float) -> list[str]:
    return [each.text for each in failures(check_return(PLAN, battery, PX4 | parameters))]


def test_the_way_home_from_the_doorstep_is_the_climb_the_cruise_and_the_landing() -> None:
    after = {point.after: point for point in turning_points(PLAN, 1.0)}
    drop = after[LegName.DROP]
    assert drop.flown_s == 27 + 100 + 51 + 15
    assert drop.left_j == pytest.approx(1.6e6 - 320e3)
    assert (drop.home_s, drop.home_j) == (34 + 100 + 70, 320e3)
    assert drop.lasts_s == pytest.approx(1280e3 / (320e3 / 204))  # 816 s; needed: 1.1 x 204 + 100 = 324 s


def test_a_full_battery_covers_it() -> None:
    assert not told(1.0)


def test_the_battery_must_last_for_the_formula_wherever_it_turns_home() -> None:
    """At the end of the climb from the doorstep 360 kJ are used, and the way home is 170 s and 280 kJ: 1,647 W. The
    formula asks for 1.1 x 170 + 100 = 287 s, which are 473 kJ: 833 kJ in all, 0.5205 of the battery."""
    assert not told(0.521)
    (text,) = told(0.520)
    assert text.startswith("return time is 287 s of battery after the drop_climb, required more than ")
    assert "1.1 x 170 s home + 100 s = 287 s" in text


def test_a_greater_margin_on_board_asks_for_more() -> None:
    """1.1 x 170 + 500 = 687 s at 1,647 W are 1,132 kJ: 1,492 kJ in all, 0.932 of the battery."""
    assert not told(0.933, RTL_TIME_MARGIN=500.0)
    (text,) = told(0.931, RTL_TIME_MARGIN=500.0)
    assert "= 687 s" in text


def test_a_charge_at_the_critical_threshold_would_turn_it_home() -> None:
    (text,) = told(0.9, BAT_CRIT_THR=0.6)
    assert text.startswith("charge in flight is 0.550 after the inbound, 327 s from take-off, required above")


def test_a_longest_flight_time_shorter_than_the_plan_would_turn_it_home() -> None:
    assert not told(1.0, COM_FLT_TIME_MAX=398.0)
    (text,) = told(1.0, COM_FLT_TIME_MAX=397.0)
    assert text.startswith("flight time is 397 s by the plan, required less than COM_FLT_TIME_MAX 397 s")


def test_without_the_vehicle_s_own_figures_nothing_is_claimed() -> None:
    assert check_return(PLAN, 1.0, {}) == ()
    assert check_return(PLAN, None, PX4) == ()
