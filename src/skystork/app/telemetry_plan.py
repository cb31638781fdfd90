"""Which messages a vehicle is asked to send how often, when it is first heard.

PX4's ground-station link sends 370 messages a second by default; a supervisor of twenty aircraft needs a dozen from
each. HEARTBEAT and MISSION_CURRENT stay at 1 Hz: PX4 does not let them be changed (measured on PX4 1.17.0 SITL).
"""

from __future__ import annotations

_OFF = -1
_HZ_2, _HZ_1, _HZ_HALF = 500_000, 1_000_000, 2_000_000

TELEMETRY_INTERVALS_US: tuple[tuple[int, int], ...] = (
    (33, _HZ_2),  # GLOBAL_POSITION_INT: twice what ASTM F3411 asks of a broadcast, so that a drop is seen to settle
    (245, _HZ_1),  # EXTENDED_SYS_STATE: take-off and landing
    (132, _HZ_1),  # DISTANCE_SENSOR: the look before a drop
    (1, _HZ_HALF),  # SYS_STATUS: pre-arm health
    (147, _HZ_HALF),  # BATTERY_STATUS
    (242, _HZ_HALF),  # HOME_POSITION
    (30, _OFF),  # ATTITUDE
    (31, _OFF),  # ATTITUDE_QUATERNION
    (83, _OFF),  # ATTITUDE_TARGET
    (36, _OFF),  # SERVO_OUTPUT_RAW
    (32, _OFF),  # LOCAL_POSITION_NED
    (85, _OFF),  # POSITION_TARGET_LOCAL_NED
    (74, _OFF),  # VFR_HUD
    (141, _OFF),  # ALTITUDE
    (230, _OFF),  # ESTIMATOR_STATUS
)
"""(message id, interval [µs]); -1 is off (MAV_CMD_SET_MESSAGE_INTERVAL)."""
