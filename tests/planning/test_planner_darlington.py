import math
from dataclasses import replace

import numpy as np
import pytest
from shapely import LineString

from skystork.frames import Geodetic
from skystork.orders.reasons import ReasonCode
from skystork.planning.document import plan_document, plan_hash
from skystork.planning.flight_plan import FlightPlan, Infeasible, LegName
from skystork.planning.free_space import planning_margin_m

TEESSIDE = Geodetic(54.5092, -1.4294)


def planned(darlington, drop_off, **changes):
    plan = darlington.planner.plan(darlington.request(drop_off, **changes))
    assert isinstance(plan, FlightPlan), plan
    return plan


def refused(darlington, drop_off, **changes):
    answer = darlington.planner.plan(darlington.request(drop_off, **changes))
    assert isinstance(answer, Infeasible)
    return answer.reasons


@pytest.mark.parametrize("wind", [(0.0, 0.0), (8.0, 0.0), (-7.0, 9.0), (0.0, -12.0)])
def test_yarm_is_flown_round_the_teesside_zone_in_every_wind_and_passes_the_check(darlington, wind):
    plan = planned(darlington, darlington.yarm, wind_enu_m_s=wind)
    centre = darlington.frame.to_enu_m(TEESSIDE)
    nearest = min(math.dist((point.east_m, point.north_m), centre) for point in plan.track)
    assert nearest > 4630.0 + planning_margin_m(darlington.winged) - 1.0
    assert nearest < 4630.0 + planning_margin_m(darlington.winged) + 60.0  # it hugs the zone, it does not wander off
    assert darlington.check(plan_document(plan), plan.request) == ()


def test_a_doorstep_in_middleton_st_george_is_refused_with_the_zone_named(darlington):
    (reason,) = refused(darlington, darlington.middleton_st_george)
    assert reason.code is ReasonCode.ZONE
    assert "TEESSIDE INTERNATIONAL FRZ" in reason.text
    assert "1865 m inside" in reason.text
    assert reason.value == pytest.approx(-1865, abs=10)


def test_newton_aycliffe_is_a_straight_flight_in_no_more_than_the_least_time(darlington):
    plan = planned(darlington, darlington.newton_aycliffe)
    outbound = plan.leg(LegName.OUTBOUND)
    straight_m = math.hypot(*darlington.frame.to_enu_m(darlington.newton_aycliffe))
    line = LineString([(point.east_m, point.north_m) for point in plan.track])
    assert line.length == pytest.approx(2 * straight_m, rel=1e-4)
    assert outbound.duration_s == pytest.approx(straight_m / 30.0 + 30.0 / 7.0 + 7.0 / 4.0, rel=0.006)
    assert outbound.corridor is not None
    assert len(outbound.corridor.path_enu_m) == 2


def test_air_speed_is_at_most_cruise_and_a_head_wind_costs_what_the_wind_triangle_says(darlington):
    east = Geodetic(54.5166, -1.6500)  # 9.2 km due west
    calm = planned(darlington, east)
    windy = planned(darlington, east, wind_enu_m_s=(10.0, 0.0))
    length_m = math.hypot(*darlington.frame.to_enu_m(east))
    saved = calm.leg(LegName.OUTBOUND).duration_s - length_m / 30.0
    assert windy.leg(LegName.OUTBOUND).duration_s == pytest.approx(length_m / 20.0 + saved, rel=0.02)
    assert windy.leg(LegName.INBOUND).duration_s == pytest.approx(length_m / 40.0 + saved, rel=0.02)
    assert windy.energy_j > calm.energy_j


def test_the_same_request_gives_the_same_plan_whatever_was_planned_before(darlington):
    first, second = darlington.new_planner(), darlington.new_planner()
    second.plan(darlington.request(darlington.newton_aycliffe, wind_enu_m_s=(3.0, 4.0)))
    second.plan(darlington.request(darlington.yarm, wind_enu_m_s=(5.0, 1.0)))
    hashes = set()
    for planner in (first, second):
        plan = planner.plan(darlington.request(darlington.yarm))
        assert isinstance(plan, FlightPlan)
        hashes.add(plan_hash(plan))
    assert len(hashes) == 1


def test_a_route_estimate_agrees_with_the_path_of_the_plan(darlington):
    estimate = darlington.planner.route_length_m(
        darlington.depot, darlington.yarm, height_home_m=80.0, at_s=1.8e9, profile=darlington.winged
    )
    corridor = planned(darlington, darlington.yarm).leg(LegName.OUTBOUND).corridor
    assert corridor is not None
    assert estimate.reasons == ()
    laid_m = LineString(corridor.path_enu_m).length  # the shortest path with its bends moved off the walls
    assert estimate.length_m <= laid_m <= estimate.length_m * 1.001
    assert estimate.length_m > math.hypot(*darlington.frame.to_enu_m(darlington.yarm)) + 3000.0


def test_a_route_estimate_says_why_there_is_none(darlington):
    far = Geodetic(54.70, -1.35)
    for place, code in ((darlington.middleton_st_george, ReasonCode.ZONE), (far, ReasonCode.RADIUS)):
        estimate = darlington.planner.route_length_m(
            darlington.depot, place, height_home_m=80.0, at_s=1.8e9, profile=darlington.winged
        )
        assert estimate.length_m is None
        assert [reason.code for reason in estimate.reasons] == [code]


def test_above_the_granted_height_the_control_zone_itself_closes_the_depot(darlington):
    planner = type(darlington.planner)(
        darlington.zone_set, darlington.frame, max_height_home_m=150.0, service_radius_m=16_093.0
    )
    answer = planner.plan(darlington.request(darlington.newton_aycliffe, outbound_height_m=125.0))
    assert isinstance(answer, Infeasible)
    assert any("TEESSIDE CTR" in reason.text for reason in answer.reasons)


def test_a_height_above_the_limit_is_refused_with_both_numbers(darlington):
    (reason,) = refused(darlington, darlington.newton_aycliffe, outbound_height_m=130.0)
    assert (reason.code, reason.value, reason.limit) == (ReasonCode.PLAN, 130.0, 120.0)


def test_a_flight_that_would_not_keep_its_reserve_is_refused_with_the_energies(darlington):
    (reason,) = refused(darlington, darlington.yarm, battery_j=2.0e6)
    assert reason.code is ReasonCode.ENERGY
    assert reason.limit == 0.25 * 5.4e6
    assert float(reason.value) < 0.25 * 5.4e6


def test_too_much_wind_and_too_much_payload_are_both_told(darlington):
    reasons = refused(darlington, darlington.yarm, wind_enu_m_s=(13.0, 0.0), payload_kg=3.0)
    assert [reason.code for reason in reasons] == [ReasonCode.WEATHER, ReasonCode.WEIGHT]


def test_a_request_that_is_not_a_number_is_refused(darlington):
    for changes in (
        {"wind_enu_m_s": (math.nan, 0.0)},
        {"payload_kg": math.nan},
        {"outbound_height_m": math.nan},
        {"battery_j": math.nan},
        {"departs_at_s": math.nan},
        {"pad": Geodetic(math.nan, -1.5)},
    ):
        assert refused(darlington, darlington.newton_aycliffe, **changes)


def test_a_doorstep_at_the_pad_is_no_flight(darlington):
    (reason, *_) = refused(darlington, darlington.depot)
    assert reason.code is ReasonCode.PLAN


def test_a_multirotor_is_planned_with_its_own_limits(darlington):
    multirotor = replace(
        darlington.winged,
        airframe=type(darlington.winged.airframe)("multirotor"),
        cruise_air_speed_m_s=15.0,
        max_air_speed_m_s=18.0,
        battery_j=5.0e7,
    )
    plan = planned(darlington, darlington.yarm, profile=multirotor, battery_j=5.0e7)
    assert darlington.check(plan_document(plan), plan.request) == ()
    assert plan.leg(LegName.OUTBOUND).duration_s > 13_000 / 15.0


def test_the_track_is_one_point_a_second_from_pad_to_pad_without_a_jump(darlington):
    plan = planned(darlington, darlington.yarm)
    times = [point.t_s for point in plan.track]
    assert times[:-1] == [float(second) for second in range(len(times) - 1)]
    assert times[-1] == pytest.approx(plan.duration_s)
    places = np.array([(point.east_m, point.north_m, point.height_home_m) for point in plan.track])
    assert np.max(np.hypot(*np.diff(places[:, :2], axis=0).T)) <= 30.0 + 1e-6
    assert np.max(np.abs(np.diff(places[:, 2]))) <= 4.0 + 1e-6
    assert tuple(places[0]) == (0.0, 0.0, 0.0)
    assert tuple(places[-1]) == (0.0, 0.0, 0.0)
