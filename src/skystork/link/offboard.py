"""A set point for OFFBOARD as a message: position over the ellipsoid, speed and acceleration as feed-forward.

The global message is taken rather than the local one: the local frame of the autopilot begins where its estimator
began, which nobody on the ground knows to the decimetre. Heights are above home (frame 6), as in the mission.
Source: PX4 v1.17.0, src/modules/mavlink/mavlink_receiver.cpp; frames 5, 6 and 11 accepted (measured on SITL).
"""

from __future__ import annotations

import math

from skystork.frames import Geodetic
from skystork.link.service_messages import SetPositionTargetGlobalInt
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT

_FRAME_RELATIVE_INT = 6  # MAV_FRAME_GLOBAL_RELATIVE_ALT_INT
_HEADING_FREE = 0b1100_0000_0000  # POSITION_TARGET_TYPEMASK: yaw and yaw rate ignored


def setpoint_message(
    system_id: int,
    position: Geodetic,
    height_home_m: float,
    velocity_enu_m_s: tuple[float, float],
    acceleration_enu_m_s2: tuple[float, float],
) -> SetPositionTargetGlobalInt:
    """Return a set point in level flight, heading as it is."""
    east, north = velocity_enu_m_s
    to_east, to_north = acceleration_enu_m_s2
    lat, lon = round(position.latitude_deg * 1e7), round(position.longitude_deg * 1e7)
    return SetPositionTargetGlobalInt(
        0, system_id, AUTOPILOT_COMPONENT, _FRAME_RELATIVE_INT, _HEADING_FREE, lat, lon, height_home_m,
        north, east, 0.0, to_north, to_east, 0.0, math.nan, 0.0,
    )  # fmt: skip
