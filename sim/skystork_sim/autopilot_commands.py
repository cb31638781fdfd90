"""What a simulated PX4 answers to commands: COMMAND_LONG and COMMAND_INT, each with its habits.

DO_SET_MODE is answered twice, the second time by the commander, and only that answer is true. DO_GRIPPER is answered
IN_PROGRESS and, when it has opened or failed, once more. Some commands have no handler and get no answer at all.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pymavlink.dialects.v20 import common

from skystork.frames import Geodetic
from skystork_sim.autopilot_modes import Mode
from skystork_sim.wire import Wire

if TYPE_CHECKING:
    from skystork_sim.autopilot import Autopilot

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED, IN_PROGRESS = 0, 1, 2, 3, 4, 5  # MAV_RESULT
SECOND_ACK_S = 0.008  # measured 8 to 9 ms after the first
GRIPPER_ANSWER_S = 0.1  # after PD_GRIPPER_TO: measured 1.1 s in all
FORCE = 21_196  # param2 of COMPONENT_ARM_DISARM
NO_HANDLER = frozenset({42_600, 420})  # DO_WINCH, INJECT_FAILURE of units that SITL lacks: no answer
NO_PROGRESS = 255
CRITICAL_SEVERITY = 2

Params = tuple[float, float, float, float, float, float, float]
Handler = Callable[["Autopilot", Params, tuple[int, int], float], int | None]


def answer_command(vehicle: Autopilot, message: Any, partner: tuple[int, int], now_s: float) -> None:
    """Carry out a command and send what PX4 would answer."""
    command = message.command
    if command in NO_HANDLER:
        return
    handler = HANDLERS.get(command)
    result = UNSUPPORTED if handler is None else handler(vehicle, _params(message), partner, now_s)
    if result is not None:
        vehicle.send(acknowledgement(vehicle.wire, command, result, partner))


def acknowledgement(wire: Wire, command: int, result: int, partner: tuple[int, int], progress: int = 0) -> bytes:
    """COMMAND_ACK to whoever asked."""
    return wire.encode(
        common.MAVLink_command_ack_message(
            command, result, progress=progress, target_system=partner[0], target_component=partner[1]
        )
    )


def _params(message: Any) -> Params:
    """The seven parameters; positions of COMMAND_INT in degrees."""
    first = (message.param1, message.param2, message.param3, message.param4)
    if message.get_type() == "COMMAND_INT":
        return (*first, message.x / 1e7, message.y / 1e7, message.z)
    return (*first, message.param5, message.param6, message.param7)


def _set_mode(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    custom = int(params[1]) << 16 | int(params[2]) << 24
    known = custom in Mode.__members__.values()
    result = ACCEPTED
    if known:
        mode = Mode(custom)
        if vehicle.mode_available(mode):
            vehicle.command_mode(mode, now_s)
        else:
            result = TEMPORARILY_REJECTED
            vehicle.say(CRITICAL_SEVERITY, f"Switching to {mode.name.capitalize()} is currently not available")
    vehicle.send(acknowledgement(vehicle.wire, common.MAV_CMD_DO_SET_MODE, ACCEPTED, partner))
    vehicle.send_later(now_s + SECOND_ACK_S, acknowledgement(vehicle.wire, common.MAV_CMD_DO_SET_MODE, result, partner))
    return None


def _arm_disarm(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    force = params[1] == FORCE
    if params[0] != 0:
        return ACCEPTED if vehicle.arm(now_s, "Armed by external command") else TEMPORARILY_REJECTED
    if vehicle.status.armed and not vehicle.aircraft.mass.on_ground and not force:
        vehicle.say(CRITICAL_SEVERITY, "Disarming denied: not landed")
        return TEMPORARILY_REJECTED
    vehicle.disarm(now_s, "Disarmed by external command")
    return ACCEPTED


def _mission_start(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    mission = vehicle.navigator.mission
    if not mission.valid:
        vehicle.say(CRITICAL_SEVERITY, "Mission start denied! No valid mission")
        return DENIED
    first = int(params[0])
    if not 0 <= first < len(mission.items):
        return DENIED
    previous = vehicle.status.mode
    vehicle.status.mode = Mode.MISSION
    mission.complete, mission.current = False, first
    if not vehicle.status.armed and not vehicle.arm(now_s, "Armed by mission start"):
        vehicle.status.mode = previous
        return TEMPORARILY_REJECTED
    mission.current = first
    vehicle.command_mode(Mode.MISSION, now_s)
    return ACCEPTED


def _enter(mode: Mode) -> Handler:
    def handler(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
        vehicle.command_mode(mode, now_s)
        return ACCEPTED

    return handler


def _terminate(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    if params[0] >= 1:
        vehicle.command_mode(Mode.TERMINATION, now_s)
    return ACCEPTED


def _change_speed(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    vehicle.navigator.change_speed(params[1] if params[1] > 0 else None)
    return ACCEPTED


def _reposition(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    latitude, longitude, altitude = params[4], params[5], params[6]
    mass = vehicle.aircraft.mass
    altitude_m = mass.altitude_m if math.isnan(altitude) else altitude  # AMSL whatever the frame says
    if not vehicle.fence_allows(round(latitude * 1e7), round(longitude * 1e7)):
        vehicle.say(CRITICAL_SEVERITY, "Reposition is outside geofence")
        return ACCEPTED
    if vehicle.status.armed:
        vehicle.failsafe.commanded()
        vehicle.status.intended = Mode.LOITER
        point = vehicle.aircraft.frame.to_enu_m(Geodetic(latitude, longitude))
        vehicle.navigator.goto(point, altitude_m, now_s)
    return ACCEPTED


def _gripper(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    command = common.MAV_CMD_DO_GRIPPER
    busy = now_s < vehicle.gripper_busy_until_s
    opened = True if busy or params[1] != 0 else vehicle.aircraft.release(now_s)
    if opened is None:
        return None
    vehicle.send(acknowledgement(vehicle.wire, command, IN_PROGRESS, partner, NO_PROGRESS))
    if not busy:
        vehicle.gripper_busy_until_s = now_s + vehicle.parameters["PD_GRIPPER_TO"] + GRIPPER_ANSWER_S
        result = ACCEPTED if opened else FAILED
        vehicle.send_later(vehicle.gripper_busy_until_s, acknowledgement(vehicle.wire, command, result, partner))
    return None


def _request_message(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    frame = vehicle.telemetry.build(int(params[0]), now_s)
    if frame is None:
        return DENIED
    vehicle.send(frame)
    return ACCEPTED


def _set_interval(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    return ACCEPTED if vehicle.telemetry.set_interval(int(params[0]), params[1], now_s) else FAILED


def _get_interval(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    interval_s = vehicle.telemetry.interval_s(int(params[0]))
    known = interval_s is not None and math.isfinite(interval_s)
    interval_us = round(interval_s * 1e6) if known and interval_s is not None else (0 if interval_s is None else -1)
    vehicle.send(vehicle.wire.encode(common.MAVLink_message_interval_message(int(params[0]), interval_us)))
    return ACCEPTED


def _denied(vehicle: Autopilot, params: Params, partner: tuple[int, int], now_s: float) -> int | None:
    return DENIED


HANDLERS: Mapping[int, Handler] = {
    common.MAV_CMD_DO_SET_MODE: _set_mode,
    common.MAV_CMD_COMPONENT_ARM_DISARM: _arm_disarm,
    common.MAV_CMD_MISSION_START: _mission_start,
    common.MAV_CMD_NAV_TAKEOFF: _enter(Mode.TAKEOFF),
    common.MAV_CMD_NAV_RETURN_TO_LAUNCH: _enter(Mode.RTL),
    common.MAV_CMD_NAV_LAND: _enter(Mode.LAND),
    common.MAV_CMD_DO_FLIGHTTERMINATION: _terminate,
    common.MAV_CMD_DO_CHANGE_SPEED: _change_speed,
    common.MAV_CMD_DO_REPOSITION: _reposition,
    common.MAV_CMD_DO_GRIPPER: _gripper,
    common.MAV_CMD_REQUEST_MESSAGE: _request_message,
    common.MAV_CMD_SET_MESSAGE_INTERVAL: _set_interval,
    common.MAV_CMD_GET_MESSAGE_INTERVAL: _get_interval,
    common.MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN: _denied,
}
"""Everything else is UNSUPPORTED: DO_PAUSE_CONTINUE, DO_SET_MISSION_CURRENT, DO_FENCE_ENABLE, DO_PARACHUTE, ..."""
