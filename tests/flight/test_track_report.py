"""How near to its plan a flight was flown, from the positions alone, in memory that does not grow."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_support.plans import DEPOT, straight_plan

from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.flight.mission import compile_mission
from skystork.flight.track_report import BIN_M, CRUISE, ErrorBins, TrackReport
from skystork.frames import LocalFrame
from skystork.orders.track import TrackFigures
from skystork.planning.flight_plan import Corridor, FlightPlan, LegName

FRAME = LocalFrame(DEPOT)
PLAN = straight_plan(FRAME, distance_m=3000.0)


def at(t_s: float, east_m: float, north_m: float, height_m: float, sequence: int) -> VehicleState:
    return VehicleState(
        PLAN.request.vehicle_id,
        t_s,
        link=LinkState.UP,
        position=FRAME.to_geodetic(east_m, north_m),
        position_at_s=t_s,
        height_home_m=height_m,
        mode="AUTO.MISSION",
        mission_at_s=t_s,
        mission_sequence=sequence,
    )


def flown_out(plan: FlightPlan, *, north_m: float, too_high_m: float = 0.0, slower: float = 1.0) -> TrackReport:
    """The way out, 3,000 m in 200 s by the plan, at 1 Hz."""
    mission = compile_mission(plan, FRAME)
    report = TrackReport(plan, mission, FRAME)
    for t_s in range(201):
        report.take(at(100 + t_s * slower, 15.0 * t_s, north_m, 80.0 + too_high_m, 2))
    confirm(report, 2)
    return report


def confirm(report: TrackReport, sequence: int) -> None:
    """One more word of the item, without a position."""
    report.take(replace(at(900.0, 0.0, 0.0, 0.0, sequence), position=None))


def part(report: TrackReport, name: str) -> TrackFigures:
    return next(row for row in report.figures() if row.part == name)


def test_a_flight_beside_its_plan_shows_by_how_much_in_each_direction() -> None:
    out = part(flown_out(PLAN, north_m=1.5, too_high_m=-0.8), LegName.OUTBOUND)
    assert out.positions == 201
    assert (out.cross_track_p50_m, out.cross_track_p95_m) == pytest.approx((1.5, 1.5), abs=BIN_M)
    assert out.cross_track_max_m == pytest.approx(1.5, abs=0.02)
    assert out.height_p95_m == pytest.approx(0.8, abs=BIN_M)
    assert out.time_max_s == pytest.approx(0.0, abs=0.1)


def test_a_flight_slower_than_planned_is_later_the_farther_it_comes() -> None:
    out = part(flown_out(PLAN, north_m=0.0, slower=1.1), LegName.OUTBOUND)
    assert out.time_p50_s == pytest.approx(10.0, abs=0.2)
    assert out.time_max_s == pytest.approx(20.0, abs=0.1)


def test_the_cruise_is_both_level_legs_and_the_vertical_ones_have_their_place_only() -> None:
    report = flown_out(PLAN, north_m=1.0)
    mission = compile_mission(PLAN, FRAME)
    for t_s in range(50):
        report.take(at(400.0 + t_s, 3000.4, 0.0, 80.0 - 1.5 * t_s, mission.hold_sequence))
    for t_s in range(201):
        report.take(at(500.0 + t_s, 3000.0 - 15.0 * t_s, 3.0, 105.0, mission.inbound_sequence + 1))
    confirm(report, mission.inbound_sequence + 1)
    assert [row.part for row in report.figures()] == ["outbound", "descent", "inbound", "cruise"]
    cruise, descent = part(report, CRUISE), part(report, LegName.DESCENT)
    assert cruise.positions == 402
    assert cruise.cross_track_p95_m == pytest.approx(3.0, abs=BIN_M)
    assert descent.cross_track_max_m == pytest.approx(0.4, abs=0.02)
    assert (descent.height_max_m, descent.time_max_s, descent.outside_corridor) == (None, None, None)


def test_positions_outside_the_corridor_and_its_position_error_are_counted() -> None:
    error_m = PLAN.request.profile.position_error_m
    square = ((-50.0, -2.0), (3050.0, -2.0), (3050.0, 2.0), (-50.0, 2.0))
    legs = tuple(replace(leg, corridor=Corridor((square,), ())) if leg.corridor else leg for leg in PLAN.legs)
    plan = replace(PLAN, legs=legs)
    assert part(flown_out(plan, north_m=1.9 + error_m), LegName.OUTBOUND).outside_corridor == 0
    assert part(flown_out(plan, north_m=2.1 + error_m), LegName.OUTBOUND).outside_corridor == 201


def test_a_position_between_two_items_is_counted_for_neither() -> None:
    report = flown_out(PLAN, north_m=0.0)
    report.take(at(901.0, 3000.0, 500.0, 80.0, 2))
    report.take(at(902.0, 3000.0, 0.0, 79.0, 3))
    confirm(report, 3)
    assert part(report, LegName.OUTBOUND).positions == 201
    assert part(report, LegName.DESCENT).positions == 1


def test_what_is_not_flown_by_the_mission_and_what_was_counted_is_not_counted() -> None:
    report = flown_out(PLAN, north_m=0.0)
    last = at(300.0, 3000.0, 0.0, 80.0, 2)
    report.take(last)
    report.take(replace(last, at_s=301.0))
    report.take(replace(last, position_at_s=302.0, mode="AUTO.LOITER"))
    report.take(replace(last, position_at_s=303.0, position=None))
    assert part(report, LegName.OUTBOUND).positions == 201


@given(st.lists(st.floats(0.0, 99.0), min_size=1, max_size=300), st.sampled_from([0.5, 0.95]))
def test_a_share_is_right_to_a_bin(errors: list[float], share: float) -> None:
    bins = ErrorBins(BIN_M)
    for error in errors:
        bins.add(error)
    exact = float(np.quantile(errors, share, method="inverted_cdf"))
    assert bins.share(share) == pytest.approx(exact, abs=BIN_M + 1e-9)
    assert bins.largest == max(errors)
