"""Mission items on the wire, and whether what was read back is what was sent.

PX4 does not return an item as it got it (measured on 1.17): frames 3 and 0 come back as 6 and 5, a fence vertex sent in
frame 3 comes back in 5, ``current`` is set on the item it stands at, ``autocontinue`` of fence vertices is lost, and a
parameter it does not keep comes back as 0 or NaN. None of these changes what will be flown; everything else must be
equal. ArduPilot puts its home before the mission and rounds what it stores (``ardupilot.py``).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from skystork.link.autopilot import PX4, Autopilot
from skystork.link.contract import MissionItem, MissionType
from skystork.link.messages import MissionItemInt

VEHICLE_GIVES_UP_S = 5.0
"""PX4 drops a transfer after this silence without saying so, and is busy until then (measured on 1.17) [s]."""

_DEGREES_1E7 = 1e7  # MISSION_ITEM_INT.x and y of global frames
_FRAME_RELATIVE = 3  # MAV_FRAME_GLOBAL_RELATIVE_ALT
_FRAME_MISSION = 2  # MAV_FRAME_MISSION: no position
_PLAIN_FRAMES = {5: 0, 6: 3}  # the _INT twin of a frame means the same (mavlink.io, MAV_FRAME)
_YAW_COMMANDS = frozenset({16, 17, 19, 21, 22, 31, 84, 85})  # NAV_* whose param4 is a yaw angle [deg], kept modulo 360
_ROUNDED = {"z": 0.01}
"""What ArduPilot keeps of a number: heights to a centimetre, parameters as whole numbers (AP_Mission)."""
_ROUNDED_PARAMETER = 0.5
_FLOAT32_RELATIVE = 4 * 2.0**-23
"""A float32 that has been to radians and back differs by a few units in the last place."""


_HOME_PLACE = MissionItem(16, 0, (0.0, 0.0, 0.0, 0.0))
"""NAV_WAYPOINT, overwritten by the autopilot with its home."""


def to_wire(
    item: MissionItem, sequence: int, mission_type: MissionType, *, target_system: int, target_component: int
) -> MissionItemInt:
    """Write an item as MISSION_ITEM_INT; item 0 of a mission is marked current.

    The mark matters in flight: without it PX4 keeps the index of the plan before and starts amid the new one.
    """
    param1, param2, param3, param4 = item.params
    return MissionItemInt(
        target_system=target_system,
        target_component=target_component,
        seq=sequence,
        frame=item.frame,
        command=item.command,
        current=int(sequence == 0 and mission_type is MissionType.MISSION),
        autocontinue=int(item.autocontinue),
        param1=param1,
        param2=param2,
        param3=param3,
        param4=param4,
        x=round(item.latitude_deg * _DEGREES_1E7),
        y=round(item.longitude_deg * _DEGREES_1E7),
        z=item.altitude_m,
        mission_type=int(mission_type),
    )


def on_board(items: Sequence[MissionItem], mission_type: MissionType, autopilot: Autopilot) -> list[MissionItem]:
    """The list as the autopilot counts it: where it puts its home before a mission, a place is kept for that."""
    kept = autopilot.mission_offset if mission_type is MissionType.MISSION and items else 0
    return [*[_HOME_PLACE] * kept, *items]


def describe_difference(
    sent: Sequence[MissionItemInt], read: Sequence[MissionItemInt], autopilot: Autopilot = PX4
) -> str | None:
    """Say in what the plan on board differs from the one sent; None where it does not.

    The autopilot's own items before a mission are not compared: they are its home.
    """
    is_mission = any(item.mission_type == MissionType.MISSION for item in (*sent, *read))
    its_own = autopilot.mission_offset if is_mission else 0
    if len(sent) != len(read) and not (not sent and len(read) <= its_own):
        return f"{len(read)} items on board, {len(sent)} sent"
    for ours, theirs in zip(sent[its_own:], read[its_own:], strict=True):
        field = _differing_field(ours, theirs, rounded=autopilot.rounds_items)
        if field is not None:
            return f"item {ours.seq}: {field} is {getattr(theirs, field)} on board, {getattr(ours, field)} sent"
    return None


def _differing_field(ours: MissionItemInt, theirs: MissionItemInt, *, rounded: bool) -> str | None:
    if ours.command != theirs.command:
        return "command"
    if _plain_frame(ours) != _plain_frame(theirs):
        return "frame"
    if ours.mission_type == MissionType.MISSION and ours.autocontinue != theirs.autocontinue:
        return "autocontinue"
    for field in ("x", "y"):
        if getattr(ours, field) != getattr(theirs, field):
            return field
    for field in ("param1", "param2", "param3", "param4", "z"):
        turn_deg = 360.0 if field == "param4" and ours.command in _YAW_COMMANDS else None
        slack = _ROUNDED.get(field, _ROUNDED_PARAMETER) if rounded else 0.0
        if not _same_float(getattr(ours, field), getattr(theirs, field), turn_deg, slack):
            return field
    return None


def _plain_frame(item: MissionItemInt) -> int:
    """The frame as far as it changes what is flown: a fence vertex has no height to count from anywhere."""
    frame = _PLAIN_FRAMES.get(item.frame, item.frame)
    return 0 if item.mission_type == MissionType.FENCE and frame == _FRAME_RELATIVE else frame


def _same_float(ours: float, theirs: float, turn_deg: float | None, slack: float) -> bool:
    """Equal within float32 and the slack; NaN equals NaN or 0; angles are equal modulo a turn."""
    if math.isnan(ours) or math.isnan(theirs):
        return (math.isnan(ours) or ours == 0) and (math.isnan(theirs) or theirs == 0)
    ours_32: float = struct.unpack("<f", struct.pack("<f", ours))[0]
    if turn_deg is not None and math.isfinite(theirs):
        off_deg = math.remainder(ours_32 - theirs, turn_deg)
        return abs(off_deg) <= _FLOAT32_RELATIVE * turn_deg
    return ours_32 == theirs or math.isclose(ours_32, theirs, rel_tol=_FLOAT32_RELATIVE, abs_tol=slack)
