"""Waypoints of planned curves: what PX4 makes of them stays near the curve, and its speed is the plan's."""

import math
from dataclasses import replace

import pytest
from shapely import LineString, Polygon, box
from tests_support.plans import DEPOT, QUAD, straight_plan

from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Restriction, Zone
from skystork.fleet.profile import Airframe
from skystork.flight.mission import MAV_CMD_DO_CHANGE_SPEED, WAYPOINTING, compile_mission
from skystork.flight.waypoints import (
    CUT_M,
    SMALLEST_RADIUS_M,
    Waypoint,
    lay_waypoints,
    speed_steps,
)
from skystork.frames import LocalFrame
from skystork.planning.bezier_path import bezier_points
from skystork.planning.flight_plan import BezierSegment, FlightPlan, LegName
from skystork.planning.planner import Planner

FRAME = LocalFrame(DEPOT)
LAYING = WAYPOINTING[Airframe.MULTIROTOR]


def zone(area: Polygon) -> Zone:
    corners = [FRAME.to_geodetic(*corner) for corner in area.exterior.coords]
    ring = tuple((corner.longitude_deg, corner.latitude_deg) for corner in corners)
    limits = [AltitudeLimit(metres, AltitudeReference.AGL, f"{metres} m") for metres in (0.0, 500.0)]
    return Zone("works", "CRANE WORKS", "D", Restriction.PROHIBITED, (ring,), *limits)


def planned(wind_enu_m_s: tuple[float, float] = (0.0, 0.0)) -> FlightPlan:
    """Round two walls, one after the other, on two sides."""
    walls = [zone(box(600.0, -1500.0, 650.0, 400.0)), zone(box(1200.0, -400.0, 1250.0, 1500.0))]
    planner = Planner(ZoneSet(walls, FRAME, 0.0), FRAME, service_radius_m=6000.0)
    asked = replace(
        straight_plan(FRAME, distance_m=1900.0).request, wind_enu_m_s=wind_enu_m_s, profile=replace(QUAD, battery_j=4e6)
    )
    plan = planner.plan(replace(asked, battery_j=4e6))
    assert isinstance(plan, FlightPlan), plan
    return plan


@pytest.mark.parametrize("name", [LegName.OUTBOUND, LegName.INBOUND])
def test_what_px4_flies_of_a_curve_stays_near_it(name: LegName) -> None:
    leg = planned().leg(name)
    laid = lay_waypoints(leg, LAYING.flattening_m, LAYING.acceptance_m, 15.0, (0.0, 0.0))
    start = leg.segments[0].control_points_enu_m[0]
    curve = LineString(bezier_points(leg.segments)[0])
    line = LineString([start, *(each.place_enu_m for each in laid)])
    assert len(laid) > 4 and curve.hausdorff_distance(line) <= LAYING.flattening_m + 0.01
    assert 0.0 < max(each.cut_m for each in laid) <= CUT_M


def test_the_cut_is_that_of_the_tangent_arc_and_a_sharper_corner_gets_a_smaller_radius() -> None:
    for turn_rad in (0.2, 1.0, 2.0):
        arc_m = 3.0 / math.tan(turn_rad / 2)
        assert Waypoint((0.0, 0.0), 3.0, 15.0, turn_rad).cut_m == pytest.approx(
            arc_m * (1 / math.cos(turn_rad / 2) - 1)
        )
    bend = replace(
        planned().leg(LegName.OUTBOUND),
        segments=(line((0.0, 0.0), (100.0, 0.0)), line((100.0, 0.0), (100.0, 100.0))),
    )
    first, _ = lay_waypoints(bend, 0.5, 3.0, 15.0, (0.0, 0.0))
    assert SMALLEST_RADIUS_M <= first.acceptance_m < 3.0
    assert first.turn_rad == pytest.approx(math.pi / 2) and first.cut_m < 3.0 * math.tan(math.pi / 8)


def line(start: tuple[float, float], end: tuple[float, float]) -> BezierSegment:
    shares = [step / 5 for step in range(6)]
    points = tuple((start[0] + s * (end[0] - start[0]), start[1] + s * (end[1] - start[1])) for s in shares)
    return BezierSegment(points, 10.0)


def test_a_straight_leg_in_calm_air_sets_its_speed_once() -> None:
    mission = compile_mission(straight_plan(FRAME, distance_m=3000.0), FRAME)
    assert [item.params[1] for item in mission.items if item.command == MAV_CMD_DO_CHANGE_SPEED][:1] == [15.0]
    assert len({item.params[1] for item in mission.items if item.command == MAV_CMD_DO_CHANGE_SPEED}) == 1


def test_in_a_wind_the_speed_over_ground_is_the_plans_and_not_the_air_speed() -> None:
    plan = planned((6.0, 0.0))
    mission = compile_mission(plan, FRAME)
    speeds = [item.params[1] for item in mission.items if item.command == MAV_CMD_DO_CHANGE_SPEED]
    assert max(speeds) > 16.5 and min(speeds) < 11.0
    for name in (LegName.OUTBOUND, LegName.INBOUND):
        for waypoint in lay_waypoints(plan.leg(name), LAYING.flattening_m, LAYING.acceptance_m, 15.0, (6.0, 0.0)):
            assert waypoint.speed_m_s <= 15.0 + 6.0 + 0.01


def test_only_a_step_of_more_than_a_tenth_is_set() -> None:
    laid = [Waypoint((0.0, 0.0), 3.0, speed) for speed in (15.0, 14.0, 10.0, 10.5, 15.0)]
    assert [step for _, step in speed_steps(laid, 15.0)] == [None, None, 10.0, None, 15.0]
