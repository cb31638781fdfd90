"""From a message to the part of the vehicle's state it tells.

A value the message marks as unknown, or that cannot be (a latitude above 90°), becomes None: the sample then says
nothing about it, and who keeps the state keeps what it had.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from skystork.fleet.vehicle import LandedState, MissionState
from skystork.frames import Geodetic
from skystork.link.autopilot import PX4, Autopilot
from skystork.link.contract import TelemetrySample, Told, sample_of
from skystork.link.messages import (
    BatteryStatus,
    CurrentMode,
    DistanceSensor,
    ExtendedSysState,
    GlobalPositionInt,
    Heartbeat,
    HomePosition,
    Incoming,
    MissionCurrent,
    SysStatus,
    SystemTime,
)
from skystork.link.service_messages import WinchStatus
from skystork.link.winch import FULLY_RETRACTED

_CUSTOM_MODE_ENABLED, _SAFETY_ARMED = 0x01, 0x80  # MAV_MODE_FLAG
_CRITICAL = 5  # MAV_STATE_CRITICAL; 6 emergency, 7 power-off and 8 flight termination are worse
_PREARM_CHECK = 0x10000000  # MAV_SYS_STATUS_PREARM_CHECK
_DOWNWARD = 25  # MAV_SENSOR_ROTATION_PITCH_270
_NO_HEADING, _NO_COUNT, _NO_SPEED = 65535, 65535, 32767  # UINT16_MAX and INT16_MAX: unknown (common.xml)
_NO_TEMPERATURE = 32767  # INT16_MAX (mavlink.io, BATTERY_STATUS)
_CM_PER_M, _MM_PER_M = 100.0, 1000.0

_LANDED_STATES = dict(enumerate(LandedState))  # MAV_LANDED_STATE counts in the order of the enumeration
_MISSION_STATES = dict(enumerate(MissionState))  # MISSION_STATE counts in the order of the enumeration


def sample_from(message: Incoming, at_s: float, autopilot: Autopilot = PX4) -> TelemetrySample | None:
    """Return what a message tells of the vehicle's state; None for a message that tells nothing of it."""
    reader = _reader_of(type(message))
    if reader is not None:
        return reader(message, at_s)
    dialect_reader = _dialect_reader_of(type(message))
    return None if dialect_reader is None else dialect_reader(message, at_s, autopilot)


def _position(latitude_1e7: int, longitude_1e7: int) -> Geodetic | None:
    """A position in degrees × 1e7; an autopilot without a fix says 0/0 or INT32_MAX."""
    if abs(latitude_1e7) > 900_000_000 or abs(longitude_1e7) > 1_800_000_000 or latitude_1e7 == longitude_1e7 == 0:
        return None
    return Geodetic(latitude_1e7 / 1e7, longitude_1e7 / 1e7)


def _read_heartbeat(message: Heartbeat, at_s: float, autopilot: Autopilot) -> TelemetrySample:
    custom = message.base_mode & _CUSTOM_MODE_ENABLED
    return sample_of(
        at_s,
        armed=bool(message.base_mode & _SAFETY_ARMED),
        mode=autopilot.mode_name(message.custom_mode) if custom else None,
        failsafe=message.system_status >= _CRITICAL,
    )


def _read_current_mode(message: CurrentMode, at_s: float, autopilot: Autopilot) -> TelemetrySample:
    return TelemetrySample(at_s, {"mode": autopilot.mode_name(message.custom_mode)})


def _read_sys_status(message: SysStatus, at_s: float) -> TelemetrySample:
    ready = bool(message.onboard_control_sensors_health & _PREARM_CHECK)
    return TelemetrySample(at_s, {"ready_to_arm": ready})


def _read_system_time(message: SystemTime, at_s: float) -> TelemetrySample:
    return TelemetrySample(at_s, {"boot_time_s": message.time_boot_ms / 1000})


def _read_global_position(message: GlobalPositionInt, at_s: float) -> TelemetrySample:
    told: Told = {"boot_time_s": message.time_boot_ms / 1000}
    position = _position(message.lat, message.lon)
    if position is not None:
        told["position"] = position
        told["altitude_amsl_m"] = message.alt / _MM_PER_M
        told["relative_altitude_m"] = message.relative_alt / _MM_PER_M
    vx, vy, vz = message.vx, message.vy, message.vz  # north, east, down
    if _NO_SPEED not in (vx, vy, vz):
        told["velocity_enu_m_s"] = (vy / 100, vx / 100, -vz / 100)
    if message.hdg < 36_000:
        told["heading_deg"] = message.hdg / 100
    return TelemetrySample(at_s, told)


def _read_mission_current(message: MissionCurrent, at_s: float, autopilot: Autopilot) -> TelemetrySample:
    state = _MISSION_STATES.get(message.mission_state, MissionState.UNKNOWN)
    empty = state is MissionState.NO_MISSION and message.total == _NO_COUNT  # PX4 says 65535 where there are none
    return sample_of(
        at_s,
        mission_sequence=max(0, message.seq - autopilot.mission_offset) if message.seq != _NO_COUNT else None,
        mission_total=0 if empty else message.total if message.total != _NO_COUNT else None,
        mission_state=state,
        mission_id=message.mission_id,
        fence_id=message.fence_id,
        rally_id=message.rally_points_id,
    )


def _read_distance(message: DistanceSensor, at_s: float) -> TelemetrySample | None:
    in_range = message.min_distance <= message.current_distance <= message.max_distance
    if message.orientation != _DOWNWARD or not in_range or message.signal_quality == 1:  # 1: invalid signal
        return None
    return TelemetrySample(at_s, {"ground_clearance_m": message.current_distance / _CM_PER_M})


def _read_battery(message: BatteryStatus, at_s: float) -> TelemetrySample | None:
    """Only the first battery: a second one has another id, and the two would alternate."""
    if message.id != 0 or not 0 <= message.battery_remaining <= 100:
        return None
    told = message.temperature != _NO_TEMPERATURE
    temperature_deg_c = message.temperature / 100 if told else None
    fraction = message.battery_remaining / 100
    return sample_of(at_s, battery_fraction=fraction, battery_temperature_deg_c=temperature_deg_c)


def _read_home(message: HomePosition, at_s: float) -> TelemetrySample | None:
    home = _position(message.latitude, message.longitude)
    if home is None:
        return None
    return TelemetrySample(at_s, {"home": home, "home_altitude_amsl_m": message.altitude / _MM_PER_M})


def _read_extended_state(message: ExtendedSysState, at_s: float) -> TelemetrySample:
    return TelemetrySample(at_s, {"landed": _LANDED_STATES.get(message.landed_state, LandedState.UNDEFINED)})


def _read_winch(message: WinchStatus, at_s: float) -> TelemetrySample:
    line_m = None if math.isnan(message.line_length) else message.line_length
    return sample_of(at_s, winch_line_m=line_m, winch_retracted=bool(message.status & FULLY_RETRACTED))


_READERS: Mapping[type, Callable[[Any, float], TelemetrySample | None]] = MappingProxyType(
    {
        SysStatus: _read_sys_status,
        SystemTime: _read_system_time,
        GlobalPositionInt: _read_global_position,
        DistanceSensor: _read_distance,
        BatteryStatus: _read_battery,
        HomePosition: _read_home,
        ExtendedSysState: _read_extended_state,
        WinchStatus: _read_winch,
    }
)

_DIALECT_READERS: Mapping[type, Callable[[Any, float, Autopilot], TelemetrySample | None]] = MappingProxyType(
    {
        Heartbeat: _read_heartbeat,
        CurrentMode: _read_current_mode,
        MissionCurrent: _read_mission_current,
    }
)

_reader_of, _dialect_reader_of = _READERS.get, _DIALECT_READERS.get
