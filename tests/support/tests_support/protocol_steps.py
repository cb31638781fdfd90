"""Steps that more than one scene of the conversation takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pymavlink.dialects.v20 import common

from tests_support.protocol_talk import Item, Talk, place

NAN = math.nan
LOITER, MISSION, RTL, LAND, OFFBOARD = 0x0304_0000, 0x0404_0000, 0x0504_0000, 0x0604_0000, 0x0006_0000
TAKEOFF = (3, 22, (0.0, 0.0, 0.0, NAN), *place(0.0), 10.0)
HOME = (2, 20, (0.0, 0.0, 0.0, 0.0), 0, 0, 0.0)


def waypoint(north_m: float, east_m: float = 0.0, height_m: float = 10.0) -> Item:
    """A waypoint about the pad."""
    return (3, 16, (0.0, 0.0, 0.0, NAN), *place(north_m, east_m), height_m)


def box(half_m: float, north_m: float = 0.0) -> list[Item]:
    """An inclusion fence about a place."""
    corners = ((-half_m, -half_m), (-half_m, half_m), (half_m, half_m), (half_m, -half_m))
    return [(5, 5001, (4.0, 0.0, 0.0, 0.0), *place(north_m + north, east), 0.0) for north, east in corners]


@dataclass(frozen=True)
class Scene:
    """One conversation with one fresh vehicle."""

    name: str
    play: Callable[[Talk], None]
    parameters: dict[str, int | float] = field(default_factory=dict)


def get_ready(talk: Talk) -> None:
    """Until it reports that it may arm; modes are then told at 10 Hz."""
    talk.demand(20.0, lambda: bool(talk.of("HEARTBEAT")), "HEARTBEAT")
    for streamed in (30, 31, 32, 36, 83, 85):  # 50 Hz each, of no use here
        talk.command(511, float(streamed), -1.0, wait_s=0.05)
    talk.command(511, 33.0, 200_000.0)
    talk.command(511, 436.0, 100_000.0)
    talk.command(511, 245.0, 200_000.0)
    talk.demand(
        20.0,
        lambda: (
            talk.last("HEARTBEAT").system_status == 3
            and bool(talk.of("SYS_STATUS"))
            and bool(talk.last("SYS_STATUS").onboard_control_sensors_health & 0x1000_0000)
        ),
        "ready",
    )
    talk.run(1.5)


def climb(talk: Talk, height_m: float = 10.0) -> None:
    """Armed and in the air by NAV_TAKEOFF, holding; the height is set by MIS_TAKEOFF_ALT."""
    talk.set_parameter("MIS_TAKEOFF_ALT", height_m)
    talk.command(22, 0.0, 0.0, 0.0, NAN, NAN, NAN, NAN)
    talk.command(400, 1.0)
    talk.demand(60.0, lambda: talk.mode_is(LOITER) and talk.height_m() > height_m - 2.0, "hold after take-off")
    talk.run(2.0)


def armed(talk: Talk) -> bool:
    """By the last heartbeat."""
    return bool(talk.last("HEARTBEAT").base_mode & 128)


def velocity(talk: Talk, north_m_s: float, frame: int = 1) -> Callable[[], Any]:
    """A stream of velocity set points."""

    def make() -> Any:
        return common.MAVLink_set_position_target_local_ned_message(
            0, talk.system_id, 1, frame, 0x0DC7, 0, 0, 0, north_m_s, 0, 0, 0, 0, 0, 0, 0
        )

    return make
