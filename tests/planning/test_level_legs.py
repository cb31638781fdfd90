"""Level legs within what the battery gives."""

from dataclasses import replace

import pytest
from tests_support.plans import DEPOT, QUAD, straight_plan

from skystork.airspace.volume import ZoneSet
from skystork.flight.mission import MAV_CMD_DO_CHANGE_SPEED, compile_mission
from skystork.frames import LocalFrame
from skystork.orders.reasons import ReasonCode
from skystork.planning.flight_plan import FlightPlan, Infeasible, LegName
from skystork.planning.planner import Planner

FRAME = LocalFrame(DEPOT)
RACER = replace(QUAD, cruise_air_speed_m_s=20.0, max_air_speed_m_s=22.0)
"""Cruises well above the speed at which it goes furthest, 13 m/s."""
DISTANCE_M = 3000.0


def planned(battery_j, weight_s_per_j=0.0, **changes):
    planner = Planner(ZoneSet([], FRAME, 0.0), FRAME, service_radius_m=8000.0, energy_weight_s_per_j=weight_s_per_j)
    asked = straight_plan(FRAME, distance_m=DISTANCE_M).request
    return planner.plan(replace(asked, profile=replace(RACER, battery_j=4e6), battery_j=battery_j, **changes))


@pytest.fixture(scope="module")
def fastest():
    return planned(4e6)


KEPT_J = 0.25 * 4e6


def test_a_full_battery_gives_the_fastest_flight(fastest):
    assert isinstance(fastest, FlightPlan)
    assert fastest.leg(LegName.OUTBOUND).duration_s == pytest.approx(DISTANCE_M / 20 + 20 / 3 + 3 / 4, rel=1e-3)


@pytest.mark.parametrize("wind", [(0.0, 0.0), (5.0, 2.0)])
def test_where_the_fastest_flight_would_eat_the_reserve_it_is_flown_slower(wind):
    fastest = planned(4e6, wind_enu_m_s=wind)
    battery_j = KEPT_J + 0.93 * fastest.energy_j
    slower = planned(battery_j, wind_enu_m_s=wind)
    assert isinstance(slower, FlightPlan), slower
    assert slower.reserve_j >= KEPT_J
    assert slower.duration_s > fastest.duration_s
    assert slower.reserve_j < KEPT_J + 0.03 * fastest.energy_j  # no more is saved than must be


def test_what_no_speed_makes_possible_is_refused_with_the_energies(fastest):
    answer = planned(KEPT_J + 0.5 * fastest.energy_j)
    assert isinstance(answer, Infeasible)
    (reason,) = answer.reasons
    assert reason.code is ReasonCode.ENERGY
    assert "flown slower it does not take enough less" in reason.text
    assert reason.remedy.endswith("% of the battery at take-off")


def test_without_room_for_the_upright_legs_alone_it_is_refused_too():
    answer = planned(KEPT_J + 1e4)
    assert isinstance(answer, Infeasible)
    assert [reason.code for reason in answer.reasons] == [ReasonCode.ENERGY]


def test_a_site_that_weighs_energy_gets_slower_flights_that_take_less(fastest):
    weighed = planned(4e6, weight_s_per_j=2e-3)
    assert weighed.energy_j < 0.97 * fastest.energy_j
    assert weighed.duration_s > fastest.duration_s


def test_a_slower_plan_is_flown_at_its_own_speed(fastest):
    slower = planned(KEPT_J + 0.93 * fastest.energy_j)
    speeds = {}
    for name, plan in (("fast", fastest), ("slow", slower)):
        items = compile_mission(plan, FRAME).items
        speeds[name] = [item.params[1] for item in items if item.command == MAV_CMD_DO_CHANGE_SPEED]
    assert speeds["fast"][0] == 20.0
    assert 12.0 < speeds["slow"][0] < 19.0
