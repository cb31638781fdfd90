"""The commands of a delivery flight, as PX4 understands them; modes as the vehicle's own autopilot calls them.

Numbers and parameters are MAVLink's (mavlink.io, common.xml, MAV_CMD); the choices between them are PX4's behaviour
as measured on 1.17.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from skystork.errors import LinkUsageError
from skystork.link.autopilot import Autopilot
from skystork.link.messages import CommandInt, CommandLong, MavCommand

AUTOPILOT_COMPONENT = 1
"""MAV_COMP_ID_AUTOPILOT1."""

_EVERY_COMPONENT = 0  # MAV_COMP_ID_ALL
_WINCH_DELIVER, _WINCH_RETRACT = 4.0, 6.0  # WINCH_ACTIONS
_CUSTOM_MODE_ENABLED = 1.0  # MAV_MODE_FLAG_CUSTOM_MODE_ENABLED, param1 of DO_SET_MODE
_FORCE_DISARM = 21196.0  # param2 of COMPONENT_ARM_DISARM: also in the air
_GRIPPER_RELEASE = 0.0  # GRIPPER_ACTION_RELEASE


def command_long(system_id: int, command: int, params: Sequence[float]) -> CommandLong:
    """Return a COMMAND_LONG to a vehicle's autopilot.

    Raises
    ------
    LinkUsageError
        There are not seven parameters.
    """
    if len(params) != 7:
        raise LinkUsageError(f"command {command} has {len(params)} parameters; COMMAND_LONG takes seven")
    return CommandLong(system_id, AUTOPILOT_COMPONENT, command, 0, *params)


def command_int(
    system_id: int,
    command: int,
    frame: int,
    params: tuple[float, float, float, float],
    *,
    latitude_deg: float,
    longitude_deg: float,
    altitude_m: float,
) -> CommandInt:
    """Return a COMMAND_INT, which keeps a position to a centimetre where COMMAND_LONG's float32 keeps a metre."""
    x, y = round(latitude_deg * 1e7), round(longitude_deg * 1e7)
    return CommandInt(system_id, AUTOPILOT_COMPONENT, frame, command, *params, x, y, altitude_m)


def set_mode(system_id: int, autopilot: Autopilot, name: str) -> CommandLong:
    """Return DO_SET_MODE for a mode's name.

    Raises
    ------
    LinkUsageError
        The autopilot has no mode of that name.
    """
    main, sub = autopilot.mode_parameters(name)
    return command_long(
        system_id, MavCommand.DO_SET_MODE, (_CUSTOM_MODE_ENABLED, float(main), float(sub), 0.0, 0.0, 0.0, 0.0)
    )


def arm(system_id: int) -> CommandLong:
    """Return the command to arm."""
    return command_long(system_id, MavCommand.COMPONENT_ARM_DISARM, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


def disarm(system_id: int, *, force: bool) -> CommandLong:
    """Return the command to disarm; forced, the motors stop in the air too and the vehicle falls."""
    magic = _FORCE_DISARM if force else 0.0
    return command_long(system_id, MavCommand.COMPONENT_ARM_DISARM, (0.0, magic, 0.0, 0.0, 0.0, 0.0, 0.0))


def start_mission(system_id: int, first_item: int) -> CommandLong:
    """Return MISSION_START: PX4 arms by itself and begins at the given item, even amid a mission."""
    return command_long(system_id, MavCommand.MISSION_START, (float(first_item), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


def return_to_launch(system_id: int) -> CommandLong:
    """Return NAV_RETURN_TO_LAUNCH: home, or the nearest rally point (RTL_TYPE)."""
    return command_long(system_id, MavCommand.NAV_RETURN_TO_LAUNCH, (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


def land(system_id: int) -> CommandLong:
    """Return NAV_LAND where the vehicle is."""
    unset = math.nan
    return command_long(system_id, MavCommand.NAV_LAND, (0.0, 0.0, 0.0, unset, unset, unset, unset))


def release_gripper(system_id: int, instance: int, confirmation: int = 0) -> CommandLong:
    """Return DO_GRIPPER, release; ``confirmation`` counts how often it was sent before."""
    params = (float(instance), _GRIPPER_RELEASE, 0.0, 0.0, 0.0, 0.0, 0.0)
    return command_long(system_id, MavCommand.DO_GRIPPER, params)._replace(confirmation=confirmation)


def winch(system_id: int, instance: int, *, retract: bool) -> CommandLong:
    """Return DO_WINCH to all components of the vehicle: the winch may be one of its own (MAV_COMP_ID_WINCH), or the
    autopilot's; PX4 forwards what is for all, and has no handler itself."""
    action = _WINCH_RETRACT if retract else _WINCH_DELIVER
    return CommandLong(
        system_id, _EVERY_COMPONENT, MavCommand.DO_WINCH, 0, float(instance), action, 0.0, 0.0, 0.0, 0.0, 0.0
    )


def request_message(system_id: int, message_id: int) -> CommandLong:
    """Return REQUEST_MESSAGE: send one message now."""
    return command_long(system_id, MavCommand.REQUEST_MESSAGE, (float(message_id), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


def set_message_interval(system_id: int, message_id: int, interval_us: int) -> CommandLong:
    """Return SET_MESSAGE_INTERVAL."""
    return command_long(
        system_id,
        MavCommand.SET_MESSAGE_INTERVAL,
        (float(message_id), float(interval_us), 0.0, 0.0, 0.0, 0.0, 0.0),
    )
