"""Layers, hover boxes and the ways out, on sites of one zone or one house whose every metre can be seen at a glance."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, box
from tests_support.plans import DEPOT, QUAD

from skystork.airspace.obstacles import VERTICAL_MARGIN_M, Obstacle, ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Restriction, Zone
from skystork.fleet.profile import DroneProfile, ReturnPath
from skystork.frames import LocalFrame
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.orders.reasons import ReasonCode
from skystork.planning.bezier import evaluate, segment_points
from skystork.planning.direct_return import TOUCH_M
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible, LegName, SafePoint, WayKind
from skystork.planning.free_space import planning_margin_m
from skystork.planning.hover_box import hover_half_width_m
from skystork.planning.planner import Planner

FRAME = LocalFrame(DEPOT)
STRAIGHT = replace(QUAD, return_path=ReturnPath.DIRECT)
MARGIN_M = planning_margin_m(QUAD)
FLOOR = AltitudeLimit(0.0, AltitudeReference.AGL, "SFC")


def house(area: Polygon, closed_below_m: float) -> Obstacle:
    return Obstacle("H-1", (ring_of(area),), closed_below_m - VERTICAL_MARGIN_M)


def ring_of(area: Polygon) -> tuple[tuple[float, float], ...]:
    corners = [FRAME.to_geodetic(*corner) for corner in area.exterior.coords]
    return tuple((corner.longitude_deg, corner.latitude_deg) for corner in corners)


def zone(area: Polygon, floor_m: float = 0.0) -> Zone:
    lower = AltitudeLimit(floor_m, AltitudeReference.AGL, f"{floor_m:.0f} m")
    upper = AltitudeLimit(500.0, AltitudeReference.AGL, "500 m")
    return Zone("works", "CRANE WORKS", "D", Restriction.PROHIBITED, (ring_of(area),), lower, upper)


def planner(*zones: Zone, houses: Sequence[Obstacle] = (), rally: Sequence[tuple[float, float]] = ()) -> Planner:
    return Planner(
        ZoneSet(zones, FRAME, 0.0),
        FRAME,
        service_radius_m=8000.0,
        obstacles=ObstacleSet(houses, FRAME, 0.0) if houses else None,
        rally_points=tuple(SafePoint(f"R-{index}", FRAME.to_geodetic(*at)) for index, at in enumerate(rally)),
    )


def request(
    east_m: float, north_m: float, *, profile: DroneProfile = QUAD, layers_m: tuple[float, ...] = (80.0,)
) -> FlightRequest:
    return FlightRequest(
        flight_id=FlightId("F-1"),
        order_id=OrderId("O-1"),
        vehicle_id=VehicleId("MR-7"),
        profile=profile,
        pad=DEPOT,
        drop_off=FRAME.to_geodetic(east_m, north_m),
        payload_kg=1.0,
        departs_at_s=1.8e9,
        outbound_height_m=layers_m[0],
        inbound_height_m=105.0,
        wind_enu_m_s=(0.0, 0.0),
        battery_j=profile.battery_j,
        outbound_layers_m=layers_m,
    )


def planned(by: Planner, asked: FlightRequest) -> FlightPlan:
    plan = by.plan(asked)
    assert isinstance(plan, FlightPlan), plan
    return plan


def refused(by: Planner, asked: FlightRequest) -> tuple[str, ReasonCode]:
    answer = by.plan(asked)
    assert isinstance(answer, Infeasible)
    return answer.reasons[0].text, answer.reasons[0].code


def test_of_free_layers_the_lowest_is_flown_because_it_is_there_soonest() -> None:
    plan = planned(planner(), request(2000.0, 0.0, layers_m=(80.0, 50.0, 65.0)))
    assert plan.request.outbound_height_m == plan.leg(LegName.OUTBOUND).start_height_home_m == 50.0


def test_a_house_is_flown_round_when_that_is_soonest_and_over_when_it_is_wide() -> None:
    narrow, wide = (house(box(900.0, -half, 1000.0, half), 60.0) for half in (20.0, 2500.0))
    asked = request(2000.0, 0.0, layers_m=(80.0, 50.0))
    assert planned(planner(houses=[narrow]), asked).request.outbound_height_m == 50.0
    assert planned(planner(houses=[wide]), asked).request.outbound_height_m == 80.0


def test_a_zone_above_the_low_layer_is_passed_below() -> None:
    roofed = zone(box(900.0, -2500.0, 1000.0, 2500.0), floor_m=75.0)
    asked = request(2000.0, 0.0, layers_m=(80.0, 50.0))
    way_home = replace(asked, inbound_layers_m=(60.0, 105.0))
    plan = planned(planner(roofed), way_home)
    assert (plan.request.outbound_height_m, plan.request.inbound_height_m) == (50.0, 60.0)


def test_a_house_in_the_hover_box_of_the_doorstep_is_refused_with_its_distance() -> None:
    half_m = hover_half_width_m(QUAD)
    near, far = (house(box(2000.0 + gap_m, -5.0, 2020.0, 5.0), 15.0) for gap_m in (half_m - 0.25, half_m + 0.25))
    text, _ = refused(planner(houses=[near]), request(2000.0, 0.0))
    assert "hover box of the drop-off" in text and f"{half_m - 0.25:.1f} m from its middle" in text
    plan = planned(planner(houses=[far]), request(2000.0, 0.0))
    assert plan.around.obstacle_set_hash != ""
    assert {each.place for each in plan.around.hover_boxes} == {"pad", "drop_off"}


def test_along_the_mission_every_instant_of_every_leg_has_its_way() -> None:
    plan = planned(planner(), request(2000.0, 0.0))
    ways = {way.leg: way for way in plan.around.failsafe_ways}
    assert set(ways) == set(LegName)
    assert all(way.from_s == 0.0 and way.to_s == plan.leg(name).duration_s for name, way in ways.items())
    assert ways[LegName.OUTBOUND].kind is WayKind.REVERSE and ways[LegName.INBOUND].kind is WayKind.FORWARD


def test_a_flight_that_begins_in_the_air_never_turns_back_to_where_it_began() -> None:
    start = FRAME.to_geodetic(500.0, 100.0)
    plan = planned(planner(), replace(request(2000.0, 0.0), start=start, start_height_home_m=80.0))
    kinds = {way.leg: way.kind for way in plan.around.failsafe_ways}
    assert kinds[LegName.CLIMB] is kinds[LegName.OUTBOUND] is WayKind.FORWARD


BESIDE = zone(box(700.0, -1500.0, 1600.0, 1000.0))
"""The way to (2000, 0) leads round its north; straight home from beyond it leads through it."""
ABOUT = ((600.0, 1300.0), (2000.0, 1100.0))
"""Rally points that see every part of that way that is nearer to them than to the pad."""


def test_a_straight_return_through_a_zone_is_refused_with_zone_and_metres() -> None:
    text, code = refused(planner(BESIDE), request(2000.0, 0.0, profile=STRAIGHT))
    assert code is ReasonCode.ZONE and "CRANE WORKS" in text and f"{MARGIN_M:.0f} m must be kept" in text
    assert "goes through CRANE WORKS" in text


def test_a_rally_point_on_the_far_side_makes_it_possible_and_goes_on_board() -> None:
    plan = planned(planner(BESIDE, rally=[(-900.0, 0.0), *ABOUT]), request(2000.0, 0.0, profile=STRAIGHT))
    assert [point.name for point in plan.around.safe_points] == ["home", "R-1", "R-2"]


def test_every_straight_way_is_clear_and_leads_to_the_nearest_safe_point_wherever_one_looks() -> None:
    plan = planned(planner(BESIDE, rally=ABOUT), request(2000.0, 0.0, profile=STRAIGHT))
    closed = box(700.0, -1500.0, 1600.0, 1000.0)
    places = [FRAME.to_enu_m(point.position) for point in plan.around.safe_points]
    for name in (LegName.OUTBOUND, LegName.INBOUND):
        ways = [way for way in plan.around.failsafe_ways if way.leg is name]
        began_s = 0.0
        for segment in plan.leg(name).segments:
            for share in np.linspace(0.0, 1.0, 21):
                at_s = began_s + share * segment.duration_s
                here = evaluate(segment_points(segment), np.array([share]))[0]
                nearest = min(range(len(places)), key=lambda index: math.dist(here, places[index]))
                found = {way.safe_point for way in ways if way.from_s - 1e-6 <= at_s <= way.to_s + 1e-6}
                assert nearest in found
                for index in found:
                    assert LineString([here, places[index]]).distance(closed) >= MARGIN_M - TOUCH_M
            began_s += segment.duration_s


def test_the_fence_holds_the_straight_ways_too() -> None:
    plan = planned(planner(BESIDE, rally=ABOUT), request(2000.0, 0.0, profile=STRAIGHT))
    outline = Polygon(plan.around.fence.inclusion_enu_m)
    rally = FRAME.to_enu_m(plan.around.safe_points[1].position)
    assert plan.around.fence.vertices <= 64
    assert outline.contains(shapely.Point(rally).buffer(40.0))


@pytest.mark.parametrize("height_m", [119.0, 121.0])
def test_a_return_height_above_the_limit_of_the_site_is_refused(height_m: float) -> None:
    answer = planner().plan(request(2000.0, 0.0, profile=replace(STRAIGHT, return_height_m=height_m)))
    assert isinstance(answer, FlightPlan) == (height_m <= 120.0)
