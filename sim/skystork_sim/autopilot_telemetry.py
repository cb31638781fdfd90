"""What a simulated PX4 tells unasked, and how often: the rates of a radio link.

PX4's default on a ground-station link is 370 messages a second; the intervals here are those a fleet on radio asks
for, so that eight aircraft fit one core. SET_MESSAGE_INTERVAL changes each of them; HEARTBEAT and MISSION_CURRENT are
fixed at 1 Hz, as on the real one. MISSION_CURRENT is also sent when it changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import common

from skystork_sim.aircraft import RANGE_FINDER_LIMIT_M, Aircraft
from skystork_sim.autopilot_conditions import Failsafe
from skystork_sim.autopilot_failures import Failures
from skystork_sim.autopilot_gnss import Gnss
from skystork_sim.autopilot_mission import MissionRunner
from skystork_sim.autopilot_modes import STANDARD_MODE, Status
from skystork_sim.autopilot_plans import PlanServer
from skystork_sim.wire import CURRENT_MODE_ID, Wire

HEARTBEAT, SYS_STATUS, GPS_RAW_INT, ATTITUDE, GLOBAL_POSITION_INT, MISSION_CURRENT = 0, 1, 24, 30, 33, 42
VFR_HUD, DISTANCE_SENSOR, BATTERY_STATUS, AUTOPILOT_VERSION = 74, 132, 147, 148
HOME_POSITION, EXTENDED_SYS_STATE = 242, 245
FIXED = frozenset({HEARTBEAT, MISSION_CURRENT})

GROUND_AND_FLIGHT_S = {
    HEARTBEAT: (1.0, 1.0),
    MISSION_CURRENT: (1.0, 1.0),
    GLOBAL_POSITION_INT: (1.0, 0.25),
    SYS_STATUS: (1.0, 1.0),
    EXTENDED_SYS_STATE: (1.0, 1.0),
    GPS_RAW_INT: (2.0, 1.0),
    VFR_HUD: (2.0, 1.0),
    ATTITUDE: (2.0, 1.0),
    BATTERY_STATUS: (2.0, 2.0),
    CURRENT_MODE_ID: (2.0, 2.0),
    HOME_POSITION: (2.0, 2.0),
    DISTANCE_SENSOR: (2.0, 2.0),
}
"""Message id: interval on the ground and in flight [s]."""

SENSORS_PRESENT, SENSORS_ENABLED, SENSORS_HEALTH = 33570863, 33636399, 304138303  # recorded when ready, no logging
PREARM_CHECK = 0x1000_0000  # MAV_SYS_STATUS_PREARM_CHECK
VERSION_1_17_0 = 17_891_583  # 0x011100FF
CAPABILITIES = 59_647  # recorded
UNIT_ID = 5_283_920_058_631_409_231  # of SITL instance 0; the others count on from it
GIT_HASH = bytes([0, 0, 0, 196, 209, 42, 241, 214])
QUADROTOR, FIXED_ROTOR_VTOL, PX4 = 2, 22, 12  # MAV_TYPE, MAV_AUTOPILOT
NO_READING = 65_535


class Telemetry:
    """Builds and times the messages; mutable because it keeps the times.

    Parameters
    ----------
    checks_pass
        Whether the pre-arm checks pass now.
    """

    def __init__(
        self,
        *,
        wire: Wire,
        aircraft: Aircraft,
        status: Status,
        mission: MissionRunner,
        plans: PlanServer,
        failsafe: Failsafe,
        gnss: Gnss,
        failures: Failures,
        checks_pass: Callable[[float], bool],
    ) -> None:
        self._wire, self._aircraft, self._status = wire, aircraft, status
        self._mission, self._plans, self._failsafe, self._checks_pass = mission, plans, failsafe, checks_pass
        self._gnss, self._failures = gnss, failures
        phase_s = aircraft.system_id % 20 * 0.0125  # so that not all vehicles speak at once
        self._due_s = dict.fromkeys(GROUND_AND_FLIGHT_S, status.boot_s + 0.45 + phase_s)
        self._asked_s: dict[int, float] = {}
        self._next_s = status.boot_s + 0.45 + phase_s
        self._last_mission: tuple[int, ...] = ()
        self._builders: dict[int, Callable[[float], Any]] = {
            HEARTBEAT: self._heartbeat,
            SYS_STATUS: self._sys_status,
            GPS_RAW_INT: self._gps_raw_int,
            ATTITUDE: self._attitude,
            GLOBAL_POSITION_INT: self._global_position_int,
            VFR_HUD: self._vfr_hud,
            DISTANCE_SENSOR: self._distance_sensor,
            BATTERY_STATUS: self._battery_status,
            AUTOPILOT_VERSION: self._autopilot_version,
            HOME_POSITION: self._home_position,
            EXTENDED_SYS_STATE: self._extended_sys_state,
        }

    def next_s(self) -> float:
        """When something is due."""
        return self._next_s

    def interval_s(self, message_id: int) -> float | None:
        """Interval now in force; None for a message that is not streamed."""
        if message_id in self._asked_s:
            return self._asked_s[message_id]
        pair = GROUND_AND_FLIGHT_S.get(message_id)
        return None if pair is None else pair[self._status.armed]

    def set_interval(self, message_id: int, interval_us: float, now_s: float) -> bool:
        """SET_MESSAGE_INTERVAL; False for what is unknown or fixed."""
        if message_id in FIXED or message_id not in GROUND_AND_FLIGHT_S:
            return False
        if interval_us == 0:
            self._asked_s.pop(message_id, None)
        else:
            self._asked_s[message_id] = math.inf if interval_us < 0 else max(0.02, interval_us / 1e6)
        self._due_s[message_id] = now_s
        self._next_s = now_s
        return True

    def armed_changed(self, now_s: float) -> None:
        """Rates of the ground and of flight differ."""
        self._due_s[GLOBAL_POSITION_INT] = min(self._due_s[GLOBAL_POSITION_INT], now_s + 0.25)
        self._next_s = min(self._next_s, now_s + 0.25)

    def due(self, now_s: float) -> list[bytes]:
        """What is to be sent now."""
        frames: list[bytes] = []
        if now_s < self._next_s:
            return frames
        for message_id, due_s in self._due_s.items():
            if due_s > now_s:
                continue
            frame = self.build(message_id, now_s)
            if frame is not None:
                frames.append(frame)
            interval = self.interval_s(message_id) or 1.0
            self._due_s[message_id] = due_s + interval if due_s + interval > now_s else now_s + interval
        self._next_s = min(self._due_s.values())
        return frames

    def mission_changed(self) -> bytes | None:
        """MISSION_CURRENT when it says something new since the last."""
        report = (*self._mission.report(), *self._plans.opaque_ids)
        return None if report == self._last_mission else self._mission_current()

    def build(self, message_id: int, now_s: float) -> bytes | None:
        """One message now; None for one that this vehicle does not know."""
        if message_id == MISSION_CURRENT:
            return self._mission_current()
        if message_id == CURRENT_MODE_ID:
            status = self._status
            return self._wire.current_mode(
                custom=status.mode, intended=status.intended, standard=STANDARD_MODE.get(status.mode, 0)
            )
        builder = self._builders.get(message_id)
        return None if builder is None else self._wire.encode(builder(now_s))

    def _mission_current(self) -> bytes:
        sequence, total, state, mode = self._mission.report()
        mission_id, fence_id, rally_id = self._plans.opaque_ids
        self._last_mission = (sequence, total, state, mode, mission_id, fence_id, rally_id)
        return self._wire.mission_current(
            sequence=sequence, total=total, state=state, mode=mode, plan_ids=(mission_id, fence_id, rally_id)
        )

    def _heartbeat(self, now_s: float) -> Any:
        status = self._status
        kind = FIXED_ROTOR_VTOL if self._aircraft.mass.limits.has_wing else QUADROTOR
        state = status.system_status(now_s, runnable=self._checks_pass(now_s))
        return common.MAVLink_heartbeat_message(kind, PX4, status.base_mode(), status.mode, state, 3)

    def _extended_sys_state(self, _now_s: float) -> Any:
        return common.MAVLink_extended_sys_state_message(int(self._aircraft.mass.borne), int(self._status.landed))

    def _level_and_millivolts(self, now_s: float) -> tuple[float, int]:
        battery = self._aircraft.battery
        level = self._failures.battery_level(battery.fraction, now_s)
        return level, round(battery.voltage_at(level) * 1000)

    def _sys_status(self, now_s: float) -> Any:
        level, millivolts = self._level_and_millivolts(now_s)
        health = SENSORS_HEALTH if self._checks_pass(now_s) else SENSORS_HEALTH & ~PREARM_CHECK
        head = (SENSORS_PRESENT, SENSORS_ENABLED, health, 100, millivolts, -100)
        return common.MAVLink_sys_status_message(*head, round(level * 100), 0, 0, 0, 0, 0, 0)

    def _battery_status(self, now_s: float) -> Any:
        level, millivolts = self._level_and_millivolts(now_s)
        voltages = [millivolts] + [NO_READING] * 9
        head = (0, 1, 1, 32_767, voltages, -100, 0, -1)
        return common.MAVLink_battery_status_message(*head, round(level * 100), 0, int(self._failsafe.charge))

    def _distance_sensor(self, now_s: float) -> Any:
        clearance_cm = round(self._aircraft.clearance_m(now_s) * 100)
        most_cm = round(RANGE_FINDER_LIMIT_M * 100)
        return common.MAVLink_distance_sensor_message(self._boot_ms(now_s), 0, most_cm, clearance_cm, 0, 0, 25, 0)

    def _home_position(self, now_s: float) -> Any:
        home = self._aircraft.frame.to_geodetic(*self._status.home_enu_m)
        altitude_mm = round((self._status.home_amsl_m + self._status.home_shift_m) * 1000)
        head = (round(home.latitude_deg * 1e7), round(home.longitude_deg * 1e7), altitude_mm)
        return common.MAVLink_home_position_message(
            *head, 0.0, 0.0, 0.0, [1.0, 0.0, 0.0, 0.0], 0.0, 0.0, 0.0, self._boot_ms(now_s) * 1000
        )

    def _gps_raw_int(self, now_s: float) -> Any:
        mass, place = self._aircraft.mass, self._aircraft.position()
        head = (
            self._boot_ms(now_s) * 1000,
            self._gnss.fix_type,
            round(place.latitude_deg * 1e7),
            round(place.longitude_deg * 1e7),
        )
        speed_cm_s = round(mass.ground_speed_m_s * 100)
        return common.MAVLink_gps_raw_int_message(
            *head, round(mass.altitude_m * 1000), 70, 110, speed_cm_s, self._heading(), self._gnss.satellites
        )

    def _vfr_hud(self, _now_s: float) -> Any:
        mass = self._aircraft.mass
        air_speed = mass.air_speed_m_s if mass.limits.has_wing else math.nan
        throttle = 0 if mass.on_ground else 50
        return common.MAVLink_vfr_hud_message(
            air_speed, mass.ground_speed_m_s, self._heading() // 100, throttle, mass.altitude_m, mass.up_m_s
        )

    def _attitude(self, now_s: float) -> Any:
        yaw = (math.radians(self._heading() / 100) + math.pi) % math.tau - math.pi
        return common.MAVLink_attitude_message(self._boot_ms(now_s), 0.0, 0.0, yaw, 0.0, 0.0, 0.0)

    def _autopilot_version(self, _now_s: float) -> Any:
        return common.MAVLink_autopilot_version_message(
            CAPABILITIES,
            VERSION_1_17_0,
            VERSION_1_17_0,
            101_854_463,
            1,
            GIT_HASH,
            GIT_HASH,
            bytes(8),
            0,
            0,
            UNIT_ID + self._aircraft.system_id - 1,
        )

    def _boot_ms(self, now_s: float) -> int:
        return round((now_s - self._status.boot_s) * 1000) & 0xFFFF_FFFF

    def _global_position_int(self, now_s: float) -> Any:
        mass, status = self._aircraft.mass, self._status
        place = self._aircraft.position()
        above_home = mass.altitude_m - status.home_amsl_m - status.home_shift_m
        return common.MAVLink_global_position_int_message(
            self._boot_ms(now_s),
            round(place.latitude_deg * 1e7),
            round(place.longitude_deg * 1e7),
            round(mass.altitude_m * 1000),
            round(above_home * 1000),
            round(mass.velocity_north_m_s * 100),
            round(mass.velocity_east_m_s * 100),
            round(-mass.up_m_s * 100),
            self._heading(),
        )

    def _heading(self) -> int:
        """Where it goes; north while it stands [cdeg]."""
        mass = self._aircraft.mass
        if mass.ground_speed_m_s < 0.5:
            return 0
        return round(math.degrees(math.atan2(mass.velocity_east_m_s, mass.velocity_north_m_s)) * 100) % 36_000
