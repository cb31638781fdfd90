"""Tables of the conversation on the ground: commands, modes, mission items, missions."""

from __future__ import annotations

import math

from tests_support.protocol_talk import Item, place

NAN = math.nan
HERE = place(20.0)

ANSWERS: tuple[tuple[int, tuple[float, ...], str], ...] = (
    (193, (0.0,), "DO_PAUSE_CONTINUE"),
    (224, (0.0,), "DO_SET_MISSION_CURRENT"),
    (207, (1.0,), "DO_FENCE_ENABLE"),
    (208, (1.0,), "DO_PARACHUTE"),
    (181, (1.0,), "DO_SET_RELAY"),
    (31_000, (), "WAYPOINT_USER_1"),
    (42_600, (1.0, 0.0, 5.0, 1.0), "DO_WINCH"),
    (420, (4.0, 1.0, 0.0), "INJECT_FAILURE GPS off"),
    (420, (3.0, 1.0, 0.0), "INJECT_FAILURE baro off"),
    (420, (100.0, 3.0, 0.0), "INJECT_FAILURE battery garbage"),
    (420, (100.0, 1.0, 1.0), "INJECT_FAILURE battery 1 off"),
    (420, (100.0, 0.0, 0.0), "INJECT_FAILURE battery ok"),
    (420, (101.0, 0.0, 1.0), "INJECT_FAILURE motor ok"),
    (420, (101.0, 3.0, 1.0), "INJECT_FAILURE motor garbage"),
    (211, (1.0, 0.0), "DO_GRIPPER release"),
    (178, (1.0, 5.0, -1.0), "DO_CHANGE_SPEED"),
    (185, (1.0,), "DO_FLIGHTTERMINATION disarmed"),
    (185, (0.0,), "DO_FLIGHTTERMINATION 0"),
    (192, (-1.0, 0.0, 0.0, NAN, NAN, NAN, NAN), "DO_REPOSITION without the mode flag"),
    (246, (1.0,), "PREFLIGHT_REBOOT"),
    (246, (0.0,), "PREFLIGHT_REBOOT nothing"),
    (400, (3.0,), "ARM_DISARM 3"),
    (400, (0.0,), "disarm when disarmed"),
    (401, (0.0,), "RUN_PREARM_CHECKS"),
    (512, (148.0,), "REQUEST_MESSAGE AUTOPILOT_VERSION"),
    (512, (65_000.0,), "REQUEST_MESSAGE unknown"),
    (512, (242.0,), "REQUEST_MESSAGE HOME_POSITION"),
    (511, (0.0, 100_000.0), "SET_MESSAGE_INTERVAL HEARTBEAT"),
    (511, (42.0, 100_000.0), "SET_MESSAGE_INTERVAL MISSION_CURRENT"),
    (511, (65_000.0, 100_000.0), "SET_MESSAGE_INTERVAL unknown"),
    (511, (147.0, 500_000.0), "SET_MESSAGE_INTERVAL BATTERY_STATUS"),
    (511, (33.0, -1.0), "SET_MESSAGE_INTERVAL GLOBAL_POSITION_INT off"),
    (511, (33.0, 0.0), "SET_MESSAGE_INTERVAL GLOBAL_POSITION_INT default"),
    (511, (2.0, 1_000_000.0), "SET_MESSAGE_INTERVAL SYSTEM_TIME"),
    (510, (33.0,), "GET_MESSAGE_INTERVAL"),
    (179, (1.0,), "DO_SET_HOME here"),
    (2500, (), "VIDEO_START_CAPTURE"),
    (262, (4.0,), "DO_SET_STANDARD_MODE 4"),
)
"""Command, parameters, name."""

MODES_ON_GROUND = ((4, 3), (4, 4), (4, 5), (4, 6), (4, 2), (3, 0), (6, 0), (99, 0), (4, 99))
"""Main and sub mode."""


def _at(command: int, frame: int, *params: float) -> Item:
    four = (*params, *([0.0] * (4 - len(params))))
    return (frame, command, four, *HERE, 10.0)


def _plain(command: int, *params: float, frame: int = 2) -> Item:
    return (frame, command, (*params, *([0.0] * (4 - len(params)))), 0, 0, 0.0)


ITEMS: dict[str, Item] = {
    **{f"NAV_WAYPOINT frame {frame}": _at(16, frame) for frame in (0, 1, 2, 3, 5, 6, 10)},
    "LOITER_UNLIM": _at(17, 6),
    "LOITER_TURNS": _at(18, 6),
    "LOITER_TIME": _at(19, 6),
    "LAND": _at(21, 6),
    "LOITER_TO_ALT": _at(31, 6),
    "ROI": _at(80, 6),
    "SPLINE": _at(82, 6),
    "PAYLOAD_PLACE": _at(94, 6),
    "DO_SET_ROI_LOCATION": _at(195, 6),
    "CONDITION_GATE": _at(4501, 6),
    "DO_REPOSITION": _at(192, 6),
    "RTL": _plain(20),
    "RTL frame 3": _plain(20, frame=3),
    "NAV_DELAY": _plain(93, 1.0, -1.0, -1.0, -1.0),
    "GUIDED_ENABLE": _plain(92),
    "CONDITION_DELAY": _plain(112, 1.0),
    "CONDITION_YAW": _plain(115, 1.0),
    "DO_SET_MODE": _plain(176, 1.0),
    "DO_JUMP": _plain(177, 0.0, 1.0),
    "DO_CHANGE_SPEED": _plain(178, 1.0, 5.0, -1.0),
    "DO_CHANGE_SPEED frame 3": _plain(178, 1.0, 5.0, -1.0, frame=3),
    "DO_SET_HOME": _plain(179, 1.0),
    "DO_SET_RELAY": _plain(181),
    "DO_SET_SERVO": _plain(183),
    "DO_LAND_START": _plain(189),
    "DO_PAUSE_CONTINUE": _plain(193),
    "DO_DIGICAM_CONTROL": _plain(203),
    "DO_MOUNT_CONTROL": _plain(205),
    "DO_FENCE_ENABLE": _plain(207),
    "DO_PARACHUTE": _plain(208),
    "DO_GRIPPER": _plain(211, 1.0, 0.0),
    "DO_SET_ACTUATOR": _plain(187, 0.1),
    "SET_CAMERA_MODE": _plain(530),
    "DO_GIMBAL_MANAGER_PITCHYAW": _plain(1000),
    "IMAGE_START_CAPTURE": _plain(2000),
    "DO_VTOL_TRANSITION": _plain(3000, 4.0),
    "DO_WINCH": _plain(42_600, 1.0),
    "PAYLOAD_PREPARE_DEPLOY": _plain(30_001),
    "WAYPOINT_USER_1": _at(31_000, 6),
}
"""One item in the middle of a mission."""

_TAKEOFF: Item = (3, 22, (0.0, 0.0, 0.0, NAN), *place(0.0), 10.0)
_FAR: Item = (3, 16, (0.0, 0.0, 0.0, NAN), *place(60.0), 10.0)
INFEASIBLE: dict[str, list[Item]] = {
    "plain": [_TAKEOFF, _FAR, _plain(20)],
    "no landing": [_TAKEOFF, _FAR],
    "two take-offs": [_TAKEOFF, _FAR, _TAKEOFF],
    "landing first": [(3, 21, (0.0, 0.0, 0.0, NAN), *place(0.0), 0.0), _FAR],
    "condition delay": [_TAKEOFF, _plain(112, 1.0), _FAR],
    "VTOL take-off on a quad": [(6, 84, (0.0, 0.0, 0.0, NAN), *place(0.0), 10.0), _FAR],
    "below home": [_TAKEOFF, (3, 16, (0.0, 0.0, 0.0, NAN), *place(60.0), -10.0)],
    "NaN altitude": [_TAKEOFF, (3, 16, (0.0, 0.0, 0.0, NAN), *place(60.0), NAN)],
    "20 km": [_TAKEOFF, (3, 16, (0.0, 0.0, 0.0, NAN), *place(20_000.0), 10.0)],
    "jump out of range": [_TAKEOFF, _FAR, _plain(177, 9.0, 1.0)],
}
"""Missions that are all taken, and found feasible or not some milliseconds later."""
