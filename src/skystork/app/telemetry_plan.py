"""Which messages a vehicle is asked to send how often, when it is first heard.

PX4's ground-station link sends 370 messages a second by default; a supervisor of twenty aircraft needs a dozen from
each. HEARTBEAT and MISSION_CURRENT stay at 1 Hz: PX4 does not let them be changed (measured on PX4 1.17.0 SITL).
"""

from __future__ import annotations

_OFF = -1
_HZ_2, _HZ_1, _HZ_HALF, _EVERY_5_S = 500_000, 1_000_000, 2_000_000, 5_000_000

Intervals = tuple[tuple[int, int], ...]
"""(message id, interval [µs]); -1 is off (MAV_CMD_SET_MESSAGE_INTERVAL)."""

_NEVER: Intervals = (
    (30, _OFF),  # ATTITUDE
    (31, _OFF),  # ATTITUDE_QUATERNION
    (83, _OFF),  # ATTITUDE_TARGET
    (36, _OFF),  # SERVO_OUTPUT_RAW
    (32, _OFF),  # LOCAL_POSITION_NED
    (85, _OFF),  # POSITION_TARGET_LOCAL_NED
    (74, _OFF),  # VFR_HUD
    (141, _OFF),  # ALTITUDE
    (230, _OFF),  # ESTIMATOR_STATUS
    (436, _OFF),  # CURRENT_MODE: HEARTBEAT tells the mode
    (24, _OFF),  # GPS_RAW_INT
    (29, _OFF),  # SCALED_PRESSURE
    (241, _OFF),  # VIBRATION
    (380, _OFF),  # TIME_ESTIMATE_TO_TARGET
    (12901, _OFF),  # OPEN_DRONE_ID_LOCATION: broadcast by the vehicle itself; we need no copy
    (12904, _OFF),  # OPEN_DRONE_ID_SYSTEM
)
GROUND_INTERVALS_US: Intervals = (
    (33, _HZ_HALF),  # GLOBAL_POSITION_INT
    (245, _HZ_HALF),  # EXTENDED_SYS_STATE: somebody starts it by hand
    (132, _EVERY_5_S),  # DISTANCE_SENSOR
    (1, _HZ_HALF),  # SYS_STATUS: pre-arm health
    (147, _EVERY_5_S),  # BATTERY_STATUS
    (242, _EVERY_5_S),  # HOME_POSITION
)
FLIGHT_INTERVALS_US: Intervals = (
    (33, _HZ_2),  # GLOBAL_POSITION_INT: twice what ASTM F3411 asks of a broadcast, so that a drop is seen to settle
    (245, _HZ_1),  # EXTENDED_SYS_STATE: take-off and landing
    (132, _HZ_1),  # DISTANCE_SENSOR: the look before a drop
    (147, _HZ_1),  # BATTERY_STATUS
)
CONTACT_INTERVALS_US: Intervals = (*GROUND_INTERVALS_US, *_NEVER)
"""Asked for when a vehicle is first heard; a flight asks for more when it starts."""
_REMOTE_ID = 12901  # OPEN_DRONE_ID_LOCATION


def contact_intervals_us(*, remote_id: bool) -> Intervals:
    """What is asked for at first contact; where Remote ID is a condition of launch its copy is wanted each second."""
    if not remote_id:
        return CONTACT_INTERVALS_US
    return (*(each for each in CONTACT_INTERVALS_US if each[0] != _REMOTE_ID), (_REMOTE_ID, _HZ_1))
