"""What a simulated PX4 answers to commands: COMMAND_LONG and COMMAND_INT, each with its habits.

DO_SET_MODE is answered twice, the second time by the commander, and only that answer is true. DO_GRIPPER is answered
IN_PROGRESS and, when it has opened or failed, once more. Some commands have no handler and get no answer at all.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymavlink.dialects.v20 import common

from skystork.frames import Geodetic
from skystork_sim.autopilot_modes import MODE_NAMES, Mode, mode_of_command
from skystork_sim.wire import Wire

if TYPE_CHECKING:
    from skystork_sim.autopilot import Autopilot

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED, IN_PROGRESS = 0, 1, 2, 3, 4, 5  # MAV_RESULT
SECOND_ACK_S = 0.008  # measured 8 to 9 ms after the first
GRIPPER_ANSWER_S = 0.1  # after PD_GRIPPER_TO: measured 1.1 s in all
FORCE = 21_196  # param2 of COMPONENT_ARM_DISARM
NO_HANDLER = frozenset(
    {42_600, 92, 93, 189, 190, 203, 204, 205, 206, 214, 220, 242, 243, 3000, 30_001, 30_002, 31_010, 31_011, 31_012}
)
"""Known to the commander but carried out elsewhere, where nobody is at home on this vehicle: no answer.
Source: PX4 v1.17 Commander.cpp; DO_WINCH 42600 recorded."""
NO_PROGRESS = 255
CRITICAL_SEVERITY, INFO_SEVERITY = 2, 6
NAV_PRECLAND = 260  # PX4's own, not in common.xml
NOBODY = (0, 0)  # whom the acknowledgement of a failure injection is for
REPOSITION_CHANGE_MODE = 1  # MAV_DO_REPOSITION_FLAGS; PX4 takes nothing else
STANDARD_MODES = {1: Mode.POSCTL, 4: Mode.ALTCTL, 5: Mode.RTL, 6: Mode.MISSION, 7: Mode.LAND, 8: Mode.TAKEOFF}
"""MAV_STANDARD_MODE on a multirotor."""

Params = tuple[float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Request:
    """One command as it came in."""

    vehicle: Autopilot
    params: Params
    """param1..param7; positions in degrees."""
    partner: tuple[int, int]
    """System and component id of who asks."""
    now_s: float


Handler = Callable[[Request], int | None]
"""Returns the MAV_RESULT to answer with; None where it has answered by itself or stays silent."""


def answer_command(vehicle: Autopilot, message: Any, partner: tuple[int, int], now_s: float) -> None:
    """Carry out a command and send what PX4 would answer."""
    command = message.command
    if command in NO_HANDLER:
        return
    handler = HANDLERS.get(command)
    result = UNSUPPORTED if handler is None else handler(Request(vehicle, _params(message), partner, now_s))
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


def _set_mode(ask: Request) -> int | None:
    result = ACCEPTED
    try:
        mode = mode_of_command(int(ask.params[1]), int(ask.params[2]))
    except ValueError:
        ask.vehicle.say(CRITICAL_SEVERITY, "Unsupported auto mode")
        mode, result = None, TEMPORARILY_REJECTED
    if mode is not None and not _switch(ask, mode):
        result = TEMPORARILY_REJECTED
    ask.vehicle.send(acknowledgement(ask.vehicle.wire, common.MAV_CMD_DO_SET_MODE, ACCEPTED, ask.partner))
    ask.vehicle.send_later(
        ask.now_s + SECOND_ACK_S, acknowledgement(ask.vehicle.wire, common.MAV_CMD_DO_SET_MODE, result, ask.partner)
    )
    return None


def _switch(ask: Request, mode: Mode) -> bool:
    """Change the mode; False, with a text, where it is not available."""
    if not ask.vehicle.mode_available(mode, ask.now_s):
        name = MODE_NAMES.get(mode, mode.name.capitalize())
        ask.vehicle.say(CRITICAL_SEVERITY, f"Switching to {name} is currently not available")
        return False
    ask.vehicle.command_mode(mode, ask.now_s)
    return True


def _arm_disarm(ask: Request) -> int | None:
    force = ask.params[1] == FORCE
    if round(ask.params[0]) not in (0, 1):
        ask.vehicle.say(CRITICAL_SEVERITY, f"Unsupported ARM_DISARM param: {ask.params[0]:.3f}")
        return None
    if ask.params[0] != 0:
        return _arm(ask, common.MAV_CMD_COMPONENT_ARM_DISARM, "Armed by external command")
    if ask.vehicle.status.armed and not ask.vehicle.aircraft.mass.on_ground and not force:
        ask.vehicle.say(CRITICAL_SEVERITY, "Disarming denied: not landed")
        return TEMPORARILY_REJECTED
    ask.vehicle.arming.disarm(ask.now_s, "Disarmed by external command")
    return ACCEPTED


def _mission_start(ask: Request) -> int | None:
    vehicle, mission = ask.vehicle, ask.vehicle.navigator.mission
    if not mission.flyable:
        vehicle.say(CRITICAL_SEVERITY, "Mission start denied! No valid mission")
        return DENIED
    first = int(ask.params[0])
    if not -1 <= first < len(mission.items):
        return DENIED
    vehicle.command_mode(Mode.MISSION, ask.now_s)
    if first >= 0:
        vehicle.navigator.jump(first, ask.now_s)
    return _arm(ask, common.MAV_CMD_MISSION_START, "Armed by mission start")


def _arm(ask: Request, command: int, text: str) -> int | None:
    """Arm, perhaps after asking for leave, and answer only then."""
    vehicle = ask.vehicle

    def settled(now_s: float) -> None:
        result = ACCEPTED if vehicle.arming.arm(now_s, text) else TEMPORARILY_REJECTED
        vehicle.send(acknowledgement(vehicle.wire, command, result, ask.partner))

    if vehicle.status.armed:
        settled(ask.now_s)
    else:
        vehicle.arm_authorisation.ask(ask.now_s, settled)
    return None


def _enter(mode: Mode, text: str = "") -> Handler:
    def handler(ask: Request) -> int | None:
        if not _switch(ask, mode):
            return TEMPORARILY_REJECTED
        if text:
            ask.vehicle.say(INFO_SEVERITY, text)
        return ACCEPTED

    return handler


def _take_off(ask: Request) -> int | None:
    altitude = ask.params[6]
    ask.vehicle.navigator.takeoff_amsl_m = None if math.isnan(altitude) else altitude
    return ACCEPTED if _switch(ask, Mode.TAKEOFF) else TEMPORARILY_REJECTED


def _terminate(ask: Request) -> int | None:
    if ask.params[0] < 1 or not ask.vehicle.status.armed:
        return DENIED
    ask.vehicle.command_mode(Mode.TERMINATION, ask.now_s)
    return ACCEPTED


def _inject_failure(ask: Request) -> int | None:
    result = ask.vehicle.failures.inject(*ask.params[:3], ask.now_s)
    if result is not None:
        ask.vehicle.send(acknowledgement(ask.vehicle.wire, common.MAV_CMD_INJECT_FAILURE, result, NOBODY))
    return None


def _reboot(ask: Request) -> int | None:
    return ACCEPTED if ask.params[0] == 0 else DENIED


def _set_home(ask: Request) -> int | None:
    status, aircraft = ask.vehicle.status, ask.vehicle.aircraft
    if ask.params[0] > 0.5:
        ask.vehicle.home.follow()
        status.home_amsl_m = aircraft.mass.altitude_m
        return ACCEPTED
    if not all(math.isfinite(value) for value in ask.params[4:]):
        return DENIED
    status.home_enu_m = aircraft.frame.to_enu_m(Geodetic(ask.params[4], ask.params[5]))
    status.home_amsl_m = ask.params[6]
    return ACCEPTED


def _set_standard_mode(ask: Request) -> int | None:
    mode = STANDARD_MODES.get(round(ask.params[0]))
    if mode is None:
        return FAILED
    return ACCEPTED if _switch(ask, mode) else TEMPORARILY_REJECTED


def _change_speed(ask: Request) -> int | None:
    ask.vehicle.navigator.change_speed(ask.params[1] if ask.params[1] > 0 else None)
    return ACCEPTED


def _reposition(ask: Request) -> int | None:
    if int(ask.params[1]) != REPOSITION_CHANGE_MODE:
        return UNSUPPORTED
    latitude, longitude, altitude = ask.params[4], ask.params[5], ask.params[6]
    mass = ask.vehicle.aircraft.mass
    altitude_m = mass.altitude_m if math.isnan(altitude) else altitude  # AMSL whatever the frame says
    if not _switch(ask, Mode.LOITER):
        return TEMPORARILY_REJECTED
    point = (mass.east_m, mass.north_m)
    if math.isfinite(latitude) and math.isfinite(longitude):
        if not ask.vehicle.fence.area.allows(round(latitude * 1e7), round(longitude * 1e7)):
            ask.vehicle.say(CRITICAL_SEVERITY, "Reposition is outside geofence")
            return ACCEPTED
        point = ask.vehicle.aircraft.frame.to_enu_m(Geodetic(latitude, longitude))
    if ask.vehicle.status.armed and ask.vehicle.status.mode is Mode.LOITER:
        ask.vehicle.navigator.goto(point, altitude_m)
    return ACCEPTED


def _gripper(ask: Request) -> int | None:
    command = common.MAV_CMD_DO_GRIPPER
    busy = ask.now_s < ask.vehicle.gripper_busy_until_s
    opened = True if busy or ask.params[1] != 0 else ask.vehicle.aircraft.release(ask.now_s)
    if opened is None:
        return None
    ask.vehicle.send(acknowledgement(ask.vehicle.wire, command, IN_PROGRESS, ask.partner, NO_PROGRESS))
    if not busy:
        ask.vehicle.gripper_busy_until_s = ask.now_s + ask.vehicle.parameters["PD_GRIPPER_TO"] + GRIPPER_ANSWER_S
        result = ACCEPTED if opened else FAILED
        ask.vehicle.send_later(
            ask.vehicle.gripper_busy_until_s, acknowledgement(ask.vehicle.wire, command, result, ask.partner)
        )
    return None


def _run_checks(ask: Request) -> int | None:
    for frame in ask.vehicle.side.report_checks(ask.now_s):
        ask.vehicle.send(frame)
    return ACCEPTED


def _request_message(ask: Request) -> int | None:
    number = int(ask.params[0])
    frame = ask.vehicle.telemetry.build(number, ask.now_s) or ask.vehicle.side.build(number, ask.now_s)
    if frame is None:
        return DENIED
    ask.vehicle.send(frame)
    return ACCEPTED


def _set_interval(ask: Request) -> int | None:
    return ACCEPTED if ask.vehicle.telemetry.set_interval(int(ask.params[0]), ask.params[1], ask.now_s) else FAILED


def _get_interval(ask: Request) -> int | None:
    interval_s = ask.vehicle.telemetry.interval_s(int(ask.params[0]))
    known = interval_s is not None and math.isfinite(interval_s)
    interval_us = round(interval_s * 1e6) if known and interval_s is not None else (0 if interval_s is None else -1)
    ask.vehicle.send(ask.vehicle.wire.encode(common.MAVLink_message_interval_message(int(ask.params[0]), interval_us)))
    return ACCEPTED


HANDLERS: Mapping[int, Handler] = {
    common.MAV_CMD_DO_SET_MODE: _set_mode,
    common.MAV_CMD_COMPONENT_ARM_DISARM: _arm_disarm,
    common.MAV_CMD_MISSION_START: _mission_start,
    common.MAV_CMD_NAV_TAKEOFF: _take_off,
    common.MAV_CMD_NAV_RETURN_TO_LAUNCH: _enter(Mode.RTL, "Returning to launch"),
    common.MAV_CMD_NAV_LAND: _enter(Mode.LAND, "Landing at current position"),
    NAV_PRECLAND: _enter(Mode.PRECLAND, "Precision landing"),
    common.MAV_CMD_INJECT_FAILURE: _inject_failure,
    common.MAV_CMD_DO_SET_HOME: _set_home,
    common.MAV_CMD_DO_SET_STANDARD_MODE: _set_standard_mode,
    common.MAV_CMD_RUN_PREARM_CHECKS: lambda _ask: ACCEPTED,
    common.MAV_CMD_DO_SET_ACTUATOR: lambda _ask: ACCEPTED,
    common.MAV_CMD_DO_FLIGHTTERMINATION: _terminate,
    common.MAV_CMD_DO_CHANGE_SPEED: _change_speed,
    common.MAV_CMD_DO_REPOSITION: _reposition,
    common.MAV_CMD_DO_GRIPPER: _gripper,
    common.MAV_CMD_REQUEST_MESSAGE: _request_message,
    common.MAV_CMD_SET_MESSAGE_INTERVAL: _set_interval,
    common.MAV_CMD_GET_MESSAGE_INTERVAL: _get_interval,
    common.MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN: _reboot,
    common.MAV_CMD_RUN_PREARM_CHECKS: _run_checks,
}
"""Everything else is UNSUPPORTED: DO_PAUSE_CONTINUE, DO_SET_MISSION_CURRENT, DO_FENCE_ENABLE, DO_PARACHUTE, ..."""
