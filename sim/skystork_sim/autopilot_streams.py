"""Which messages a simulated PX4 sends unasked, and how often.

Three sets. ``FLEET`` is what a fleet on radio asks for, and what a simulated site uses so that eight aircraft fit one
core. ``RADIO`` is PX4's default on a radio link (MAVLINK_MODE_NORMAL), ``SITL`` what PX4's simulation sends on its
ground-station link. HEARTBEAT and MISSION_CURRENT are fixed at 1 Hz.
Source: PX4 v1.17 mavlink_main.cpp; ``SITL`` measured on v1.17.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HEARTBEAT, SYS_STATUS, SYSTEM_TIME, PING, LINK_NODE_STATUS = 0, 1, 2, 4, 8
GPS_RAW_INT, SCALED_PRESSURE, ATTITUDE, ATTITUDE_QUATERNION, LOCAL_POSITION_NED = 24, 29, 30, 31, 32
GLOBAL_POSITION_INT, SERVO_OUTPUT_RAW, MISSION_CURRENT, VFR_HUD, ATTITUDE_TARGET = 33, 36, 42, 74, 83
POSITION_TARGET_LOCAL_NED, POSITION_TARGET_GLOBAL_INT, DISTANCE_SENSOR, ALTITUDE = 85, 87, 132, 141
BATTERY_STATUS, AUTOPILOT_VERSION, ESTIMATOR_STATUS, VIBRATION, HOME_POSITION = 147, 148, 230, 241, 242
EXTENDED_SYS_STATE, TIME_ESTIMATE_TO_TARGET, CURRENT_MODE, GNSS_INTEGRITY = 245, 380, 436, 441
OPEN_DRONE_ID_LOCATION, OPEN_DRONE_ID_SYSTEM = 12_901, 12_904
FIXED = frozenset({HEARTBEAT, MISSION_CURRENT})

StreamSet = Mapping[int, tuple[float, float]]
"""Message id: interval on the ground and in flight [s]."""


def _at_rates(rates_hz: Mapping[float, tuple[int, ...]]) -> StreamSet:
    return MappingProxyType({each: (1.0 / rate, 1.0 / rate) for rate, ids in rates_hz.items() for each in ids})


FLEET: StreamSet = MappingProxyType(
    {
        HEARTBEAT: (1.0, 1.0),
        MISSION_CURRENT: (1.0, 1.0),
        GLOBAL_POSITION_INT: (1.0, 0.25),
        SYS_STATUS: (1.0, 1.0),
        EXTENDED_SYS_STATE: (1.0, 1.0),
        GPS_RAW_INT: (2.0, 1.0),
        VFR_HUD: (2.0, 1.0),
        ATTITUDE: (2.0, 1.0),
        BATTERY_STATUS: (2.0, 2.0),
        CURRENT_MODE: (2.0, 2.0),
        HOME_POSITION: (2.0, 2.0),
        DISTANCE_SENSOR: (2.0, 2.0),
    }
)
_EACH_SECOND = (HEARTBEAT, MISSION_CURRENT, ALTITUDE, EXTENDED_SYS_STATE, SYS_STATUS, SCALED_PRESSURE, GNSS_INTEGRITY)
_SLOW: dict[float, tuple[int, ...]] = {
    1.0: (
        *_EACH_SECOND,
        OPEN_DRONE_ID_LOCATION,
        OPEN_DRONE_ID_SYSTEM,
        LINK_NODE_STATUS,
        POSITION_TARGET_GLOBAL_INT,
    ),
    0.5: (BATTERY_STATUS, CURRENT_MODE, HOME_POSITION, ESTIMATOR_STATUS, DISTANCE_SENSOR),
    0.1: (PING, VIBRATION),
    4.0: (VFR_HUD,),
}
_LEVELS = (ATTITUDE, ATTITUDE_QUATERNION, ATTITUDE_TARGET, SERVO_OUTPUT_RAW, LOCAL_POSITION_NED)
SITL: StreamSet = _at_rates(
    _SLOW
    | {50.0: (*_LEVELS, POSITION_TARGET_LOCAL_NED, GLOBAL_POSITION_INT), 5.0: (GPS_RAW_INT,)}
    | {0.5: (*_SLOW[0.5], TIME_ESTIMATE_TO_TARGET)}
)
RADIO: StreamSet = _at_rates(
    _SLOW
    | {15.0: (ATTITUDE,), 10.0: (ATTITUDE_QUATERNION,), 5.0: (GLOBAL_POSITION_INT, GPS_RAW_INT)}
    | {2.0: (ATTITUDE_TARGET,), 1.5: (POSITION_TARGET_LOCAL_NED,)}
    | {1.0: (*_SLOW[1.0], LOCAL_POSITION_NED, SERVO_OUTPUT_RAW, TIME_ESTIMATE_TO_TARGET)}
)
STREAM_SETS: Mapping[str, StreamSet] = MappingProxyType({"fleet": FLEET, "px4-radio": RADIO, "px4-default": SITL})
"""By name, for command lines."""
