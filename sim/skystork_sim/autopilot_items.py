"""Mission, fence and rally items as PX4 1.17 takes them: which it accepts, in which frame, and what they weigh.

Two gates. At upload each item alone is looked at (command and frame); a bad one ends the transfer. Some tens of
milliseconds later the whole mission is judged; the verdict shows only in MISSION_CURRENT.mission_state.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MISSION, FENCE, RALLY = 0, 1, 2  # MAV_MISSION_TYPE

NAV_WAYPOINT, NAV_LOITER_UNLIM, NAV_RETURN_TO_LAUNCH, NAV_LAND, NAV_TAKEOFF = 16, 17, 20, 21, 22
NAV_VTOL_TAKEOFF, NAV_VTOL_LAND, NAV_DELAY = 84, 85, 93
CONDITION_DELAY, CONDITION_DISTANCE = 112, 114
DO_CHANGE_SPEED, DO_GRIPPER, DO_VTOL_TRANSITION, DO_LAND_START = 178, 211, 3000, 189
FENCE_INCLUSION, FENCE_EXCLUSION, RALLY_POINT = 5001, 5002, 5100

TAKEOFFS = frozenset({NAV_TAKEOFF, NAV_VTOL_TAKEOFF})
LANDINGS = frozenset({NAV_LAND, NAV_VTOL_LAND})
NAV_LOITER_TIME = 19
POSITIONAL = frozenset({NAV_WAYPOINT, NAV_LOITER_UNLIM, NAV_LOITER_TIME, 31, 80, 195, 4501} | TAKEOFFS | LANDINGS)
"""Also LOITER_TO_ALT 31, ROI 80 and 195, CONDITION_GATE 4501."""
NON_POSITIONAL = frozenset(
    {NAV_RETURN_TO_LAUNCH, NAV_DELAY, CONDITION_DELAY, CONDITION_DISTANCE, DO_CHANGE_SPEED, DO_GRIPPER}
    | {DO_VTOL_TRANSITION, 177, 179, 187, 189, 203, 205, 530, 1000, 2000, 2001, 42600, 197}
)
"""Also DO_JUMP, DO_SET_HOME, DO_SET_ACTUATOR, DO_LAND_START, camera, mount and gimbal items, DO_WINCH 42600."""
GLOBAL_FRAMES = frozenset({0, 3, 5, 6})  # MAV_FRAME_GLOBAL, _RELATIVE_ALT and their _INT twins
MISSION_FRAME = 2  # MAV_FRAME_MISSION
AMSL_FRAMES = frozenset({0, 5})
READ_BACK_FRAME = {0: 5, 3: 6}

ACCEPTED, ERROR, UNSUPPORTED_FRAME, UNSUPPORTED, NO_SPACE = 0, 1, 2, 3, 4  # MAV_MISSION_RESULT

ITEM_BYTES = struct.Struct("<BHB4fiif")
"""frame, command, autocontinue, param1..4, x, y, z: found from the three ids in the recorded reference flight."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One item as stored on board."""

    command: int
    frame: int
    params: tuple[float, float, float, float]
    x: int
    """Latitude [1e-7 deg]."""
    y: int
    """Longitude [1e-7 deg]."""
    z: float
    """Altitude in the frame's reference [m]."""
    autocontinue: int
    current: int

    @property
    def positional(self) -> bool:
        """Whether it stands somewhere."""
        return self.command in POSITIONAL

    def read_back_frame(self) -> int:
        """The frame that PX4 names on download: the _INT twin."""
        return READ_BACK_FRAME.get(self.frame, self.frame)


def item_from_message(message: Any) -> PlanItem:
    """MISSION_ITEM_INT, or the float MISSION_ITEM that PX4 takes as well."""
    scale = 1e7 if message.get_type() == "MISSION_ITEM" and message.frame != MISSION_FRAME else 1
    return PlanItem(
        command=message.command,
        frame=message.frame,
        params=(message.param1, message.param2, message.param3, message.param4),
        x=round(message.x * scale),
        y=round(message.y * scale),
        z=message.z,
        autocontinue=message.autocontinue,
        current=message.current,
    )


def item_result(mission_type: int, item: PlanItem) -> int:
    """MAV_MISSION_RESULT for one item at upload."""
    if mission_type == RALLY:
        return ACCEPTED if item.command == RALLY_POINT and item.frame in GLOBAL_FRAMES else UNSUPPORTED
    if mission_type == FENCE:
        known = item.command in (FENCE_INCLUSION, FENCE_EXCLUSION, 5000, 5003, 5004)
        return ACCEPTED if known and item.frame in GLOBAL_FRAMES else UNSUPPORTED
    if item.frame == MISSION_FRAME:
        return ACCEPTED if item.command in NON_POSITIONAL else UNSUPPORTED
    if item.frame not in GLOBAL_FRAMES:
        return UNSUPPORTED_FRAME
    return ACCEPTED if item.positional else UNSUPPORTED


def opaque_id(items: Sequence[PlanItem]) -> int:
    """The id PX4 gives a plan: CRC-32 (reflected, start 0, no final inversion) over its items as uploaded."""
    digest = 0
    for item in items:
        packed = ITEM_BYTES.pack(item.frame, item.command, item.autocontinue, *item.params, item.x, item.y, item.z)
        digest = zlib.crc32(packed, digest ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
    return digest


def infeasibility(items: Sequence[PlanItem], *, has_wing: bool, fence: FenceArea) -> str | None:
    """Why PX4 would find the mission infeasible; None where it would fly it.

    Not looked at, as on the real one: heights below home, positions off the globe, long legs, a missing landing.
    """
    commands = [item.command for item in items]
    wing_items = {NAV_VTOL_TAKEOFF, NAV_VTOL_LAND, DO_VTOL_TRANSITION}
    outside = [index for index, item in enumerate(items) if item.positional and not fence.allows(item.x, item.y)]
    faults = (
        (not items, "no mission"),
        (not {CONDITION_DELAY, CONDITION_DISTANCE}.isdisjoint(commands), "unsupported condition item"),
        (commands[:1] != [] and commands[0] in LANDINGS, "starts with a landing"),
        (sum(command in TAKEOFFS for command in commands) > 1, "more than one take-off"),
        (not has_wing and not wing_items.isdisjoint(commands), "VTOL item on a multirotor"),
        (bool(outside), f"Geofence violation for waypoint {outside[0] + 1 if outside else 0}"),
    )
    return next((text for found, text in faults if found), None)


class FenceArea:
    """Inclusion and exclusion polygons in 1e-7 degrees; whole world where there are none."""

    def __init__(self, items: Sequence[PlanItem]) -> None:
        self.inclusions: list[list[tuple[int, int]]] = []
        self.exclusions: list[list[tuple[int, int]]] = []
        index = 0
        while index < len(items):
            size = max(1, int(items[index].params[0]))
            ring = [(item.x, item.y) for item in items[index : index + size]]
            target = self.inclusions if items[index].command == FENCE_INCLUSION else self.exclusions
            if items[index].command in (FENCE_INCLUSION, FENCE_EXCLUSION):
                target.append(ring)
            index += size

    def is_empty(self) -> bool:
        """Whether it forbids nothing."""
        return not self.inclusions and not self.exclusions

    def allows(self, x: int, y: int) -> bool:
        """Inside an inclusion, where there are any, and outside all exclusions."""
        inside = not self.inclusions or any(_contains(ring, x, y) for ring in self.inclusions)
        return inside and not any(_contains(ring, x, y) for ring in self.exclusions)


def _contains(ring: Sequence[tuple[int, int]], x: int, y: int) -> bool:
    """Even-odd rule."""
    inside = False
    previous_x, previous_y = ring[-1]
    for corner_x, corner_y in ring:
        if (corner_y > y) != (previous_y > y):
            crossing = corner_x + (y - corner_y) * (previous_x - corner_x) / (previous_y - corner_y)
            inside ^= x < crossing
        previous_x, previous_y = corner_x, corner_y
    return inside
