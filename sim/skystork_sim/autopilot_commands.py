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
    custom = int(ask.params[1]) << 16 | int(ask.params[2]) << 24
    known = custom in Mode.__members__.values()
    result = ACCEPTED
    if known:
        mode = Mode(custom)
        if ask.vehicle.mode_available(mode):
            ask.vehicle.command_mode(mode, ask.now_s)
        else:
            result = TEMPORARILY_REJECTED
            ask.vehicle.say(CRITICAL_SEVERITY, f"Switching to {mode.name.capitalize()} is currently not available")
    ask.vehicle.send(acknowledgement(ask.vehicle.wire, common.MAV_CMD_DO_SET_MODE, ACCEPTED, ask.partner))
    ask.vehicle.send_later(
        ask.now_s + SECOND_ACK_S, acknowledgement(ask.vehicle.wire, common.MAV_CMD_DO_SET_MODE, result, ask.partner)
    )
    return None


def _arm_disarm(ask: Request) -> int | None:
    force = ask.params[1] == FORCE
    if ask.params[0] != 0:
        return _arm(ask, common.MAV_CMD_COMPONENT_ARM_DISARM, "Armed by external command", lambda _now_s: None)
    if ask.vehicle.status.armed and not ask.vehicle.aircraft.mass.on_ground and not force:
        ask.vehicle.say(CRITICAL_SEVERITY, "Disarming denied: not landed")
        return TEMPORARILY_REJECTED
    ask.vehicle.arming.disarm(ask.now_s, "Disarmed by external command")
    return ACCEPTED


def _mission_start(ask: Request) -> int | None:
    mission = ask.vehicle.navigator.mission
    if not mission.valid:
        ask.vehicle.say(CRITICAL_SEVERITY, "Mission start denied! No valid mission")
        return DENIED
    first = int(ask.params[0])
    if not 0 <= first < len(mission.items):
        return DENIED
    previous = ask.vehicle.status.mode

    def fly(now_s: float) -> None:
        mission.current = first
        ask.vehicle.command_mode(Mode.MISSION, now_s)

    def stay() -> None:
        ask.vehicle.status.mode = previous

    ask.vehicle.status.mode = Mode.MISSION
    mission.complete, mission.current = False, first
    return _arm(ask, common.MAV_CMD_MISSION_START, "Armed by mission start", fly, stay)


def _arm(
    ask: Request, command: int, text: str, then: Callable[[float], None], otherwise: Callable[[], None] = lambda: None
) -> int | None:
    """Arm, perhaps after asking for leave, and answer only then."""
    vehicle = ask.vehicle

    def settled(now_s: float) -> None:
        armed = vehicle.arming.arm(now_s, text)
        if armed:
            then(now_s)
        else:
            otherwise()
        result = ACCEPTED if armed else TEMPORARILY_REJECTED
        vehicle.send(acknowledgement(vehicle.wire, command, result, ask.partner))

    if vehicle.status.armed:
        settled(ask.now_s)
    else:
        vehicle.arm_authorisation.ask(ask.now_s, settled)
    return None


def _enter(mode: Mode) -> Handler:
    def handler(ask: Request) -> int | None:
        ask.vehicle.command_mode(mode, ask.now_s)
        return ACCEPTED

    return handler


def _terminate(ask: Request) -> int | None:
    if ask.params[0] >= 1:
        ask.vehicle.command_mode(Mode.TERMINATION, ask.now_s)
    return ACCEPTED


def _change_speed(ask: Request) -> int | None:
    ask.vehicle.navigator.change_speed(ask.params[1] if ask.params[1] > 0 else None)
    return ACCEPTED


def _reposition(ask: Request) -> int | None:
    latitude, longitude, altitude = ask.params[4], ask.params[5], ask.params[6]
    mass = ask.vehicle.aircraft.mass
    altitude_m = mass.altitude_m if math.isnan(altitude) else altitude  # AMSL whatever the frame says
    if not ask.vehicle.fence.area.allows(round(latitude * 1e7), round(longitude * 1e7)):
        ask.vehicle.say(CRITICAL_SEVERITY, "Reposition is outside geofence")
        return ACCEPTED
    if ask.vehicle.status.armed:
        ask.vehicle.failsafe.commanded()
        ask.vehicle.status.intended = Mode.LOITER
        point = ask.vehicle.aircraft.frame.to_enu_m(Geodetic(latitude, longitude))
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


def _request_message(ask: Request) -> int | None:
    frame = ask.vehicle.telemetry.build(int(ask.params[0]), ask.now_s)
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
    common.MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN: lambda _ask: DENIED,
}
"""Everything else is UNSUPPORTED: DO_PAUSE_CONTINUE, DO_SET_MISSION_CURRENT, DO_FENCE_ENABLE, DO_PARACHUTE, ..."""
