"""Own-fleet separation in space and time, on two straight lines whose every number can be seen."""

from dataclasses import replace

from tests_support.plans import DEPOT, straight_plan

from skystork.clearance.deconfliction import Conflict, Reservation, Separation, find_conflict, find_departure, reserve
from skystork.frames import LocalFrame
from skystork.planning.flight_plan import TrackPoint

FRAME = LocalFrame(DEPOT)
APART = Separation(horizontal_m=25.0, vertical_m=15.0)
EAST = straight_plan(FRAME, distance_m=3000.0, flight_id="F-1")


def test_the_same_way_at_the_same_time_is_a_conflict_and_a_later_take_off_is_none() -> None:
    first = reserve(EAST, 1000.0)
    second = straight_plan(FRAME, distance_m=3000.0, flight_id="F-2")
    conflict = find_conflict(reserve(second, 1000.0), [first], APART)
    assert conflict is not None
    assert conflict.other == "F-1"
    found = find_departure(second, 1000.0, [first], APART)
    assert isinstance(found, Reservation)
    assert found.departs_at_s > 1000.0
    assert find_conflict(found, [first], APART) is None


def test_neighbouring_pads_farther_apart_than_the_separation_may_leave_together() -> None:
    beside = straight_plan(FRAME, distance_m=3000.0, flight_id="F-2", pad_north_m=30.0)
    found = find_departure(beside, 1000.0, [reserve(EAST, 1000.0)], APART)
    assert isinstance(found, Reservation)
    assert found.departs_at_s == 1000.0


def test_neighbouring_pads_nearer_than_the_separation_wait() -> None:
    beside = straight_plan(FRAME, distance_m=3000.0, flight_id="F-2", pad_north_m=20.0)
    found = find_departure(beside, 1000.0, [reserve(EAST, 1000.0)], APART)
    assert not isinstance(found, Reservation) or found.departs_at_s > 1000.0


def test_one_that_goes_out_passes_below_one_that_comes_home() -> None:
    out, home = reserve(EAST, 1000.0), reserve(EAST, 1000.0)
    cruise_out, cruise_home = out.track[60:200], home.track[330:470]
    assert abs(cruise_home[:, 2].min() - cruise_out[:, 2].max()) >= APART.vertical_m


def test_a_flight_that_hangs_about_over_the_pad_leaves_no_departure() -> None:
    points = tuple(TrackPoint(float(t_s), 0.0, 0.0, 40.0) for t_s in (0, 5000))
    hanging = replace(EAST, track=points, legs=tuple(replace(leg, duration_s=700.0) for leg in EAST.legs))
    second = straight_plan(FRAME, distance_m=3000.0, flight_id="F-2")
    assert isinstance(find_departure(second, 1000.0, [reserve(hanging, 900.0)], APART), Conflict)


def test_flights_at_other_times_do_not_meet() -> None:
    late = reserve(straight_plan(FRAME, distance_m=3000.0, flight_id="F-2"), 5000.0)
    assert find_conflict(late, [reserve(EAST, 1000.0)], APART) is None
