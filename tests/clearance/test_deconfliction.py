"""Separation of the own fleet in space and time, on plans whose every number can be seen."""

from dataclasses import replace

import numpy as np
import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.clearance.deconfliction import (
    DELAY_STEP_S,
    LONGEST_DELAY_S,
    Conflict,
    Reservation,
    Separation,
    find_conflict,
    find_departure,
    reserve,
)
from skystork.clearance.held_space import TIME_SLACK_S, TURN_BACK_S, hover
from skystork.frames import LocalFrame
from skystork.orders.order import FlightId
from skystork.planning.flight_plan import FailsafeWay, FlightPlan, TrackPoint, WayKind

FRAME = LocalFrame(DEPOT)
CYLINDER = Separation(25.0, 15.0)


def level(name: str, start: tuple[float, float], end: tuple[float, float], height_m: float) -> FlightPlan:
    """In the air all the time: a straight line of 100 s at one height."""
    track = (TrackPoint(0.0, *start, height_m), TrackPoint(100.0, *end, height_m))
    plan = straight_plan(FRAME, distance_m=1000.0, flight_id=name)
    legs = (replace(plan.legs[1], duration_s=100.0),)
    return replace(plan, legs=legs, track=track)


EAST = level("F-EAST", (-750.0, 0.0), (750.0, 0.0), 80.0)
NORTH = level("F-NORTH", (0.0, -750.0), (0.0, 750.0), 80.0)


def departure(plan: FlightPlan, others: list[Reservation], earliest_s: float = 1000.0) -> Reservation:
    found = find_departure(plan, earliest_s, others, CYLINDER)
    assert isinstance(found, Reservation)
    return found


def test_a_reservation_holds_a_point_for_each_second_along_the_track() -> None:
    held = reserve(EAST, 1000.0)
    assert held.track.shape == (101, 3)
    assert held.track[50] == pytest.approx((0.0, 0.0, 80.0))


def test_two_plans_that_meet_over_one_place_conflict_and_the_report_says_where() -> None:
    found = find_conflict(reserve(NORTH, 1000.0), [reserve(EAST, 1000.0)], CYLINDER)
    assert isinstance(found, Conflict) and found.other == "F-EAST"
    assert found.horizontal_m < 25.0 and found.vertical_m < 15.0
    assert 1030.0 < found.at_s < 1070.0


def test_the_later_of_two_crossing_flights_is_delayed_until_they_keep_clear() -> None:
    held = reserve(EAST, 1000.0)
    mine = departure(NORTH, [held])
    waits_s = TIME_SLACK_S + 2 * TURN_BACK_S  # the one ahead may turn back and come again
    assert waits_s <= mine.departs_at_s - 1000.0 <= waits_s + 5.0
    assert find_conflict(mine, [held], CYLINDER) is None
    assert find_conflict(reserve(NORTH, mine.departs_at_s - DELAY_STEP_S), [held], CYLINDER) is not None


@pytest.mark.parametrize("late_s", range(-int(TIME_SLACK_S), int(TIME_SLACK_S) + 1))
def test_at_30_m_s_no_second_of_the_slack_lets_a_crossing_flight_through(late_s: int) -> None:
    east, north = level("F-E", (-1500.0, 0.0), (1500.0, 0.0), 80.0), level("F-N", (0.0, -1485.0), (0.0, 1515.0), 80.0)
    assert find_conflict(reserve(north, 1000.0 + late_s), [reserve(east, 1000.0)], CYLINDER) is not None


def test_crossing_flights_far_apart_in_time_depart_when_they_like() -> None:
    assert departure(NORTH, [reserve(EAST, 1400.0)]).departs_at_s == 1000.0
    assert departure(NORTH, [reserve(EAST, 500.0)]).departs_at_s == 1000.0


def test_opposite_directions_at_two_heights_never_conflict() -> None:
    west = level("F-WEST", (750.0, 0.0), (-750.0, 0.0), 105.0)
    assert find_conflict(reserve(west, 1000.0), [reserve(EAST, 1000.0)], CYLINDER) is None


def test_opposite_directions_at_one_height_conflict() -> None:
    west = level("F-WEST", (750.0, 0.0), (-750.0, 0.0), 90.0)
    assert find_conflict(reserve(west, 1000.0), [reserve(EAST, 1000.0)], CYLINDER) is not None


@pytest.mark.parametrize(("gap_m", "together"), [(30.0, True), (20.0, False)])
def test_neighbouring_pads_launch_together_when_they_are_farther_apart_than_the_cylinder(
    gap_m: float, together: bool
) -> None:
    first = straight_plan(FRAME, distance_m=1500.0, flight_id="F-1")
    second = straight_plan(FRAME, distance_m=1500.0, flight_id="F-2", pad_north_m=gap_m)
    mine = find_departure(second, 1000.0, [reserve(first, 1000.0)], CYLINDER)
    departs_together = isinstance(mine, Reservation) and mine.departs_at_s == 1000.0
    assert departs_together is together


def test_a_conflict_that_no_delay_resolves_is_told_with_the_flight_it_is_with() -> None:
    above = straight_plan(FRAME, distance_m=1000.0, flight_id="F-STAYS")
    hover = (TrackPoint(0.0, 0.0, 0.0, 80.0), TrackPoint(2000.0, 0.0, 0.0, 80.0))
    stays = replace(above, legs=(replace(above.legs[1], duration_s=2000.0),), track=hover)
    found = find_departure(NORTH, 1000.0, [reserve(stays, 1000.0 - LONGEST_DELAY_S)], CYLINDER)
    assert isinstance(found, Conflict) and found.other == "F-STAYS"


def test_the_same_way_at_the_same_time_is_a_conflict_and_a_later_take_off_is_none() -> None:
    first = reserve(straight_plan(FRAME, distance_m=3000.0, flight_id="F-1"), 1000.0)
    second = straight_plan(FRAME, distance_m=3000.0, flight_id="F-2")
    assert find_conflict(reserve(second, 1000.0), [first], CYLINDER) is not None
    found = departure(second, [first])
    assert found.departs_at_s > 1000.0 and find_conflict(found, [first], CYLINDER) is None


def test_one_that_turns_back_does_not_meet_the_one_behind_it() -> None:
    """Flown second by second: the first turns at any instant and comes back over its path at its height."""
    first = reserve(straight_plan(FRAME, distance_m=3000.0, flight_id="F-1"), 1000.0)
    behind = departure(straight_plan(FRAME, distance_m=3000.0, flight_id="F-2"), [first])
    lag_s = round(behind.departs_at_s - first.departs_at_s)
    for turns_s in range(30, 225, 15):
        for after_s in range(int(TURN_BACK_S)):
            back, here_s = first.track[turns_s - after_s], turns_s + after_s - lag_s
            if turns_s - after_s > 27 and here_s >= 0:
                here = behind.track[here_s]
                assert np.hypot(*(back[:2] - here[:2])) >= 25.0 or abs(back[2] - here[2]) >= 15.0


def test_one_that_flies_straight_home_from_anywhere_does_not_meet_those_above_it() -> None:
    first = straight_plan(FRAME, distance_m=3000.0, flight_id="F-1")
    ways = tuple(
        FailsafeWay(leg.name, 0.0, leg.duration_s, WayKind.DIRECT, 0, 110.0) for leg in first.legs if leg.segments
    )
    first = replace(first, around=replace(first.around, failsafe_ways=ways))
    above = level("F-ABOVE", (1500.0, -750.0), (1500.0, 750.0), 110.0)
    assert find_conflict(reserve(above, 1000.0 + 127.0 - 50.0), [reserve(first, 1000.0)], CYLINDER) is not None
    far = level("F-FAR", (1500.0, -750.0), (1500.0, 750.0), 130.0)
    assert find_conflict(reserve(far, 1000.0 + 127.0 - 50.0), [reserve(first, 1000.0)], CYLINDER) is None


def test_the_departure_found_is_the_earliest_whole_second() -> None:
    held = reserve(EAST, 1000.0)
    mine = departure(NORTH, [held])
    for earlier_s in range(1000, int(mine.departs_at_s)):
        assert find_conflict(reserve(NORTH, float(earlier_s)), [held], CYLINDER) is not None


def test_one_that_goes_out_passes_below_one_that_comes_home() -> None:
    held = reserve(straight_plan(FRAME, distance_m=3000.0, flight_id="F-1"), 1000.0)
    cruise_out, cruise_home = held.track[60:200], held.track[330:470]
    assert abs(cruise_home[:, 2].min() - cruise_out[:, 2].max()) >= CYLINDER.vertical_m


def circling(radius_m: float = 170.0, for_s: float = 600.0, *, down_to_ground: bool = False) -> Reservation:
    """A wing that was told to hold over the origin at 80 m."""
    place = (0.0, 0.0, 80.0)
    box = hover(place, radius_m, for_s, down_to_ground=down_to_ground)
    return Reservation.standing(FlightId("F-HELD"), 1000.0, place, box)


@pytest.mark.parametrize("aside_m", [0.0, 40.0, 100.0, 150.0, 190.0])
def test_nothing_is_cleared_through_the_circle_of_a_wing_that_holds(aside_m: float) -> None:
    by = level("F-BY", (-750.0, aside_m), (750.0, aside_m), 80.0)
    found = find_conflict(reserve(by, 1200.0), [circling()], CYLINDER)
    assert found is not None and found.other == "F-HELD"


def test_past_its_circle_above_it_and_after_it_is_gone_others_are_cleared() -> None:
    aside = level("F-BY", (-750.0, 200.0), (750.0, 200.0), 80.0)
    above = level("F-BY", (-750.0, 0.0), (750.0, 0.0), 105.0)
    through = level("F-BY", (-750.0, 0.0), (750.0, 0.0), 80.0)
    assert find_conflict(reserve(aside, 1200.0), [circling()], CYLINDER) is None
    assert find_conflict(reserve(above, 1200.0), [circling()], CYLINDER) is None
    assert find_conflict(reserve(through, 1200.0), [circling(for_s=100.0)], CYLINDER) is None


def test_one_that_comes_down_where_it_is_holds_the_space_below_it_too() -> None:
    under = level("F-BY", (-750.0, 0.0), (750.0, 0.0), 30.0)
    assert find_conflict(reserve(under, 1200.0), [circling()], CYLINDER) is None
    assert find_conflict(reserve(under, 1200.0), [circling(down_to_ground=True)], CYLINDER) is not None
