"""What a simulated PX4 says about itself: one builder for each message, from the state of the vehicle.

Fields that PX4 leaves without a value are NaN or the "unknown" of common.xml, as recorded from v1.17.0 SITL. Attitude
and motors are not simulated: a level vehicle that looks where it flies.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from pymavlink.dialects.v20 import common

from skystork_sim import autopilot_streams as ids
from skystork_sim.aircraft import RANGE_FINDER_LIMIT_M, Aircraft
from skystork_sim.autopilot_conditions import Failsafe
from skystork_sim.autopilot_failures import Failures
from skystork_sim.autopilot_gnss import Gnss
from skystork_sim.autopilot_modes import STANDARD_MODE, Status
from skystork_sim.wire import Wire

SENSORS_PRESENT, SENSORS_ENABLED, SENSORS_HEALTH = 33570863, 33636399, 304138303  # recorded when ready, no logging
PREARM_CHECK = 0x1000_0000  # MAV_SYS_STATUS_PREARM_CHECK
VERSION_1_17_0 = 17_891_583  # 0x011100FF
CAPABILITIES = 59_647  # recorded
UNIT_ID = 5_283_920_058_631_409_231  # of SITL instance 0; the others count on from it
GIT_HASH = bytes([0, 0, 0, 196, 209, 42, 241, 214])
QUADROTOR, FIXED_ROTOR_VTOL, PX4 = 2, 22, 12  # MAV_TYPE, MAV_AUTOPILOT
NO_READING = 65_535


RAW_LAYOUTS: Mapping[int, tuple[struct.Struct, int]] = {
    ids.LINK_NODE_STATUS: (struct.Struct("<QIIIIIHHHBB"), 117),
    ids.TIME_ESTIMATE_TO_TARGET: (struct.Struct("<iiiii"), 232),
    ids.GNSS_INTEGRITY: (struct.Struct("<IHHBBBBBBBBB"), 169),
}
"""Messages that the packaged dialect lacks: payload and CRC_EXTRA (common.xml, development.xml)."""
MOTORS_PWM, IDLE_PWM = {False: 900, True: 1600}, 900  # recorded: disarmed, hovering, and outputs without a motor
ESTIMATES = 831  # ESTIMATOR_STATUS_FLAGS, recorded in flight
HORIZONTAL_ESTIMATES = 8 | 16 | 256 | 512  # ESTIMATOR_POS_HORIZ_REL, _ABS and their predictions
SECONDS_A_MAH = 3.6  # at the current of -1 A that PX4 counts without a current sensor
NO_SET_POINTS = 63  # type_mask of POSITION_TARGET_LOCAL_NED while there is nothing to fly to, recorded
PRESSURE_HPA, TEMPERATURE_CDEG = 956.0, 1500  # at the recorded place
UNKNOWN_BYTE = 255


class Messages:
    """Builds the messages of one vehicle; mutable because it counts.

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
        failsafe: Failsafe,
        gnss: Gnss,
        failures: Failures,
        checks_pass: Callable[[float], bool],
    ) -> None:
        self._wire, self._aircraft, self._status = wire, aircraft, status
        self._failsafe, self._checks_pass = failsafe, checks_pass
        self._gnss, self._failures = gnss, failures
        mass = aircraft.mass
        self._origin_m = (mass.east_m, mass.north_m, mass.altitude_m)
        self._pings = 0
        self._builders: dict[int, Callable[[float], Any]] = {
            ids.HEARTBEAT: self._heartbeat,
            ids.SYS_STATUS: self._sys_status,
            ids.SYSTEM_TIME: self._system_time,
            ids.PING: self._ping,
            ids.GPS_RAW_INT: self._gps_raw_int,
            ids.SCALED_PRESSURE: self._scaled_pressure,
            ids.ATTITUDE: self._attitude,
            ids.ATTITUDE_QUATERNION: self._attitude_quaternion,
            ids.LOCAL_POSITION_NED: self._local_position_ned,
            ids.GLOBAL_POSITION_INT: self._global_position_int,
            ids.SERVO_OUTPUT_RAW: self._servo_output_raw,
            ids.VFR_HUD: self._vfr_hud,
            ids.ATTITUDE_TARGET: self._attitude_target,
            ids.POSITION_TARGET_LOCAL_NED: self._position_target_local_ned,
            ids.POSITION_TARGET_GLOBAL_INT: self._position_target_global_int,
            ids.DISTANCE_SENSOR: self._distance_sensor,
            ids.ALTITUDE: self._altitude,
            ids.BATTERY_STATUS: self._battery_status,
            ids.AUTOPILOT_VERSION: self._autopilot_version,
            ids.ESTIMATOR_STATUS: self._estimator_status,
            ids.VIBRATION: self._vibration,
            ids.HOME_POSITION: self._home_position,
            ids.EXTENDED_SYS_STATE: self._extended_sys_state,
            ids.OPEN_DRONE_ID_LOCATION: self._open_drone_id_location,
            ids.OPEN_DRONE_ID_SYSTEM: self._open_drone_id_system,
        }

    def knows(self, message_id: int) -> bool:
        """Whether the vehicle can send it."""
        return message_id in self._builders or message_id in RAW_LAYOUTS or message_id == ids.CURRENT_MODE

    def build(self, message_id: int, now_s: float) -> bytes | None:
        """One message now; None for one that this vehicle does not know."""
        if message_id == ids.CURRENT_MODE:
            status = self._status
            return self._wire.current_mode(
                custom=status.mode, intended=status.intended, standard=STANDARD_MODE.get(status.mode, 0)
            )
        if message_id in RAW_LAYOUTS:
            return self._raw(message_id, now_s)
        builder = self._builders.get(message_id)
        return None if builder is None else self._wire.encode(builder(now_s))

    def _raw(self, message_id: int, now_s: float) -> bytes:
        layout, crc_extra = RAW_LAYOUTS[message_id]
        values = {
            ids.LINK_NODE_STATUS: (self._boot_ms(now_s), 0, 0, 0, 0, 0, 0, 0, 0, 100, 100),
            ids.TIME_ESTIMATE_TO_TARGET: (-1, -1, -1, -1, -1),
            ids.GNSS_INTEGRITY: (0, 0, 0, 0, 0, 0, 0, 0, UNKNOWN_BYTE, UNKNOWN_BYTE, UNKNOWN_BYTE, UNKNOWN_BYTE),
        }[message_id]
        return self._wire.raw(message_id, crc_extra, layout.pack(*values))

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
        consumed_mah = -round((now_s - self._status.boot_s) / SECONDS_A_MAH)
        head = (0, 1, 1, 32_767, voltages, -100, consumed_mah, -1)
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
        return common.MAVLink_attitude_message(self._boot_ms(now_s), 0.0, 0.0, self._yaw_rad(), 0.0, 0.0, 0.0)

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

    def _yaw_rad(self) -> float:
        return (math.radians(self._heading() / 100) + math.pi) % math.tau - math.pi

    def _quaternion(self) -> list[float]:
        half = 0.5 * self._yaw_rad()
        return [math.cos(half), 0.0, 0.0, math.sin(half)]

    def _ned_m(self) -> tuple[float, float, float]:
        mass = self._aircraft.mass
        east, north, up = self._origin_m
        return mass.north_m - north, mass.east_m - east, up - mass.altitude_m

    def _ned_m_s(self) -> tuple[float, float, float]:
        mass = self._aircraft.mass
        return mass.velocity_north_m_s, mass.velocity_east_m_s, -mass.up_m_s

    def _system_time(self, now_s: float) -> Any:
        return common.MAVLink_system_time_message(round(now_s * 1e6), self._boot_ms(now_s))

    def _ping(self, now_s: float) -> Any:
        self._pings += 1
        return common.MAVLink_ping_message(self._boot_ms(now_s) * 1000, self._pings, 0, 0)

    def _scaled_pressure(self, now_s: float) -> Any:
        return common.MAVLink_scaled_pressure_message(self._boot_ms(now_s), PRESSURE_HPA, 0.0, TEMPERATURE_CDEG)

    def _attitude_quaternion(self, now_s: float) -> Any:
        return common.MAVLink_attitude_quaternion_message(self._boot_ms(now_s), *self._quaternion(), 0.0, 0.0, 0.0)

    def _attitude_target(self, now_s: float) -> Any:
        thrust = 0.0 if self._aircraft.mass.on_ground else 0.5
        return common.MAVLink_attitude_target_message(
            self._boot_ms(now_s), 0, self._quaternion(), 0.0, 0.0, 0.0, thrust
        )

    def _local_position_ned(self, now_s: float) -> Any:
        return common.MAVLink_local_position_ned_message(self._boot_ms(now_s), *self._ned_m(), *self._ned_m_s())

    def _position_target_local_ned(self, now_s: float) -> Any:
        flying = self._status.armed
        asked = (*self._ned_m(), *self._ned_m_s()) if flying else (math.nan,) * 6
        mask, yaw = (0, self._yaw_rad()) if flying else (NO_SET_POINTS, math.nan)
        return common.MAVLink_position_target_local_ned_message(
            self._boot_ms(now_s), 1, mask, *asked, 0.0, 0.0, 0.0, yaw, 0.0
        )

    def _position_target_global_int(self, now_s: float) -> Any:
        place, mass = self._aircraft.position(), self._aircraft.mass
        x, y = round(place.latitude_deg * 1e7), round(place.longitude_deg * 1e7)
        zeros = [0.0] * 6
        return common.MAVLink_position_target_global_int_message(
            self._boot_ms(now_s), 5, 0, x, y, mass.altitude_m, *zeros, math.nan, math.nan
        )

    def _servo_output_raw(self, now_s: float) -> Any:
        motors = [MOTORS_PWM[self._status.armed]] * 4
        idle = [IDLE_PWM] * 12
        return common.MAVLink_servo_output_raw_message(
            self._boot_ms(now_s) * 1000 & 0xFFFF_FFFF, 0, *motors, *idle[:4], *idle[4:]
        )

    def _altitude(self, now_s: float) -> Any:
        mass, status = self._aircraft.mass, self._status
        above_home = mass.altitude_m - status.home_amsl_m - status.home_shift_m
        local = mass.altitude_m - self._origin_m[2]
        terrain = mass.ground_m - self._origin_m[2]
        return common.MAVLink_altitude_message(
            self._boot_ms(now_s) * 1000, mass.altitude_m, mass.altitude_m, local, above_home, terrain, mass.height_m
        )

    def _estimator_status(self, now_s: float) -> Any:
        ratios = [0.1] * 6
        flags = ESTIMATES if self._gnss.position_valid else ESTIMATES & ~HORIZONTAL_ESTIMATES
        return common.MAVLink_estimator_status_message(
            self._boot_ms(now_s) * 1000, flags, *ratios[:5], math.nan, 0.3, 0.3
        )

    def _vibration(self, now_s: float) -> Any:
        return common.MAVLink_vibration_message(self._boot_ms(now_s) * 1000, 0.0, 0.0, 0.0, 0, 0, 0)

    def _open_drone_id_location(self, _now_s: float) -> Any:
        mass, place = self._aircraft.mass, self._aircraft.position()
        x, y = round(place.latitude_deg * 1e7), round(place.longitude_deg * 1e7)
        flying = common.MAV_ODID_STATUS_GROUND if mass.on_ground else common.MAV_ODID_STATUS_AIRBORNE
        speeds = (self._heading(), round(mass.ground_speed_m_s * 100), round(mass.up_m_s * 100))
        above = mass.altitude_m - self._status.home_amsl_m
        head = (0, 0, bytes(20), flying, *speeds, x, y, mass.altitude_m, mass.altitude_m, 0, above)
        return common.MAVLink_open_drone_id_location_message(*head, 10, 4, 4, 3, 0.0, 0)

    def _open_drone_id_system(self, _now_s: float) -> Any:
        home = self._aircraft.frame.to_geodetic(*self._status.home_enu_m)
        x, y = round(home.latitude_deg * 1e7), round(home.longitude_deg * 1e7)
        head = (0, 0, bytes(20), 0, 0, x, y, 1, 0, -1000.0, -1000.0, 0, 0)
        return common.MAVLink_open_drone_id_system_message(*head, self._status.home_amsl_m, 0)
