from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skystork.link.contract import MissionItem, MissionType
from skystork.link.messages import MissionItemInt
from skystork.link.mission_items import describe_difference, to_wire

WAYPOINT = MissionItem(16, 3, (0.0, 2.0, 0.0, math.nan), 47.3977419, 8.5455938, 30.0)


def wire(item: MissionItem, sequence: int = 0, mission_type: MissionType = MissionType.MISSION) -> MissionItemInt:
    return to_wire(item, sequence, mission_type, target_system=1, target_component=1)


def test_only_the_first_item_of_a_mission_is_marked_current() -> None:
    assert [wire(WAYPOINT, sequence).current for sequence in (0, 1, 2)] == [1, 0, 0]
    assert wire(WAYPOINT, 0, MissionType.RALLY).current == 0


def test_a_position_is_rounded_to_the_nearest_unit() -> None:
    assert (wire(WAYPOINT).x, wire(WAYPOINT).y) == (473977419, 85455938)


@pytest.mark.parametrize(
    "returned",
    [
        {"frame": 6},
        {"current": 0, "target_system": 255, "target_component": 190},
        {"param4": 0.0},
        {"param1": math.nan},
        {"z": 30.000001},
    ],
)
def test_what_px4_changes_on_the_way_is_no_difference(returned: dict[str, float]) -> None:
    sent = wire(WAYPOINT)
    assert describe_difference([sent], [sent._replace(**returned)]) is None  # type: ignore[arg-type]


def test_the_autocontinue_that_px4_loses_counts_in_a_mission_only() -> None:
    fence = wire(MissionItem(5001, 0, (4.0, 0.0, 0.0, 0.0), 47.0, 8.0), 0, MissionType.FENCE)
    assert describe_difference([fence], [fence._replace(frame=5, autocontinue=0)]) is None
    mission = wire(WAYPOINT)
    assert describe_difference([mission], [mission._replace(autocontinue=0)]) is not None


def test_the_frame_of_a_fence_vertex_counts_for_nothing_and_that_of_a_rally_point_does() -> None:
    """PX4 1.17.0 gives a vertex sent in frame 3 back in frame 5 (seen on SITL); it has no height to count from."""
    for kind, same in ((MissionType.FENCE, True), (MissionType.RALLY, False)):
        sent = wire(MissionItem(5001, 3, (4.0, 0.0, 0.0, 0.0), 47.0, 8.0), 0, kind)
        assert (describe_difference([sent], [sent._replace(frame=5)]) is None) is same


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("command", 22),
        ("frame", 0),
        ("x", 473977420),
        ("y", 85455937),
        ("z", 30.001),
        ("param2", 2.001),
        ("param4", 90.0),
        ("param1", 1.0),
    ],
)
def test_every_change_that_would_fly_differently_is_named(field: str, value: float) -> None:
    sent = wire(WAYPOINT)
    difference = describe_difference([sent], [sent._replace(**{field: value})])  # type: ignore[arg-type]
    assert difference is not None
    assert difference.startswith(f"item 0: {field} is {value} on board")


def test_a_missing_item_is_a_difference() -> None:
    assert describe_difference([wire(WAYPOINT)], []) == "0 items on board, 1 sent"


def test_a_yaw_comes_back_modulo_a_turn_and_another_param4_must_not() -> None:
    turned = wire(MissionItem(16, 3, (0.0, 0.0, 0.0, -90.0), 47.0, 8.0, 30.0))
    assert describe_difference([turned], [turned._replace(param4=270.0)]) is None
    counted = wire(MissionItem(5001, 0, (4.0, 0.0, 0.0, -90.0), 47.0, 8.0), 0, MissionType.FENCE)
    assert describe_difference([counted], [counted._replace(param4=270.0)]) is not None


@given(st.floats(width=64, allow_nan=False, min_value=-1e6, max_value=1e6))
def test_a_double_equals_its_own_float32(value: float) -> None:
    sent = wire(MissionItem(16, 3, (value, 0.0, 0.0, 0.0), 47.0, 8.0, value))
    single = struct.unpack("<f", struct.pack("<f", value))[0]
    assert describe_difference([sent], [sent._replace(param1=single, z=single)]) is None
