"""Set points of a leg against the curve they come from."""

import numpy as np
import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.flight.setpoints import LegSetpoints
from skystork.frames import LocalFrame
from skystork.link.offboard import setpoint_message
from skystork.planning.flight_plan import BezierSegment, Leg, LegName

FRAME = LocalFrame(DEPOT)
BEND = Leg(
    LegName.OUTBOUND,
    (
        BezierSegment(((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (20.0, 5.0), (40.0, 5.0), (60.0, 0.0)), 6.0),
        BezierSegment(((60.0, 0.0), (80.0, -5.0), (100.0, -15.0), (130.0, -30.0), (130.0, -30.0), (130.0, -30.0)), 8.0),
    ),
    None,
    80.0,
    80.0,
    14.0,
    1e4,
)


@pytest.mark.parametrize("at_s", [0.5, 3.0, 5.9, 6.5, 10.0, 13.5])
def test_velocity_and_acceleration_are_the_derivatives_of_position(at_s: float) -> None:
    points = LegSetpoints(BEND)
    step_s = 1e-4
    before, here, after = (points.at(at_s + shift_s) for shift_s in (-step_s, 0.0, step_s))
    place = [np.array(each.position_enu_m) for each in (before, here, after)]
    assert np.array(here.velocity_enu_m_s) == pytest.approx((place[2] - place[0]) / (2 * step_s), abs=1e-4)
    speeds = [np.array(each.velocity_enu_m_s) for each in (before, after)]
    assert np.array(here.acceleration_enu_m_s2) == pytest.approx((speeds[1] - speeds[0]) / (2 * step_s), abs=1e-3)


def test_before_the_leg_it_is_asked_for_the_beginning_and_after_it_for_the_end_at_rest() -> None:
    points = LegSetpoints(BEND)
    assert points.duration_s == 14.0
    assert points.at(-5.0) == points.at(0.0) and points.at(0.0).velocity_enu_m_s == (0.0, 0.0)
    assert points.at(99.0).position_enu_m == (130.0, -30.0) and points.at(99.0).velocity_enu_m_s == (0.0, 0.0)


def test_a_message_holds_north_before_east_and_the_height_above_home() -> None:
    leg = straight_plan(FRAME, distance_m=3000.0).leg(LegName.OUTBOUND)
    point = LegSetpoints(leg).at(100.0)
    where = FRAME.to_geodetic(*point.position_enu_m)
    message = setpoint_message(7, where, point.height_home_m, point.velocity_enu_m_s, point.acceleration_enu_m_s2)
    assert (message.vx, message.vy) == pytest.approx((0.0, 15.0), abs=1e-9)
    assert (message.coordinate_frame, message.alt, message.target_system) == (6, 80.0, 7)
    assert message.lat_int == round(where.latitude_deg * 1e7) and message.lon_int == round(where.longitude_deg * 1e7)
