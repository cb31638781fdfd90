"""ArduPilot behind the same seam: our items are ours, its modes have PX4's names, its rounding is no difference."""

from __future__ import annotations

import math

import pytest
from tests_support.ardupilot_counterpart import HOME, ArduPilotCounterpart
from tests_support.link_world import LinkWorld
from tests_support.px4_counterpart import Px4Counterpart

from skystork.errors import LinkUsageError
from skystork.link.ardupilot import ARDUCOPTER, ARDUPLANE, AUTOPILOTS
from skystork.link.contract import (
    CommandResult,
    CommandSettled,
    ItemReached,
    MissionItem,
    MissionType,
    TelemetrySample,
    TransferOutcome,
    TransferSettled,
    WrongPeer,
)

ITEMS = tuple(MissionItem(16, 3, (0.0, 2.2, 0.0, math.nan), 54.7 + i * 1e-3, -1.5, 30.123 + i / 3) for i in range(4))


def connected() -> tuple[LinkWorld, ArduPilotCounterpart]:
    counterpart = ArduPilotCounterpart()
    world = LinkWorld([counterpart], autopilot=ARDUCOPTER)
    world.connect()
    return world, counterpart


def uploaded(items: tuple[MissionItem, ...]) -> tuple[LinkWorld, ArduPilotCounterpart, TransferSettled]:
    world, counterpart = connected()
    world.fleet.vehicle(1).upload(MissionType.MISSION, items, world.now_s)
    world.run(lambda: bool(world.told(TransferSettled)))
    (settled,) = world.told(TransferSettled)
    assert isinstance(settled, TransferSettled)
    return world, counterpart, settled


def test_a_mission_is_written_behind_its_home_and_reads_back_equal_though_rounded() -> None:
    _, counterpart, settled = uploaded(ITEMS)
    assert settled.outcome is TransferOutcome.VERIFIED, settled.detail
    home, *ours = counterpart.plans[0]
    assert (home.x, home.y, home.z) == HOME
    assert [item.x for item in ours] == [round(item.latitude_deg * 1e7) for item in ITEMS]


def test_a_height_that_differs_by_more_than_rounding_is_a_difference() -> None:
    world, counterpart = connected()
    counterpart.spoil = {"z": 30.0}  # of item 0, the home: not ours
    world.fleet.vehicle(1).upload(MissionType.MISSION, ITEMS, world.now_s)
    world.run(lambda: bool(world.told(TransferSettled)))
    assert [e.outcome for e in world.told(TransferSettled) if isinstance(e, TransferSettled)] == ["verified"]
    world.fleet.vehicle(1).upload(MissionType.RALLY, ITEMS[:1], world.now_s)
    world.run(lambda: len(world.told(TransferSettled)) == 2)
    last = world.told(TransferSettled)[-1]
    assert isinstance(last, TransferSettled)
    assert last.outcome is TransferOutcome.DIFFERENT
    assert "z is 30.0 on board, 30.123 sent" in last.detail


def test_a_cleared_mission_still_holds_its_home() -> None:
    _, counterpart, settled = uploaded(())
    assert settled.outcome is TransferOutcome.VERIFIED, settled.detail
    assert len(counterpart.plans[0]) == 1


def test_items_are_counted_as_ours_in_jumps_in_progress_and_when_reached() -> None:
    world, counterpart, _ = uploaded(ITEMS)
    world.fleet.vehicle(1).set_current_item(2, world.now_s)
    world.run(lambda: bool(world.told(CommandSettled)), limit_s=5)
    assert counterpart.current == 3
    counterpart.send(counterpart.mav_message_reached(3))
    world.run(limit_s=1.5)
    shown = [e.mission_sequence for e in world.told(TelemetrySample) if isinstance(e, TelemetrySample)]
    assert [sequence for sequence in shown if sequence is not None][-1] == 2
    assert [e.sequence for e in world.told(ItemReached) if isinstance(e, ItemReached)] == [2]


@pytest.mark.parametrize(("name", "number"), [("AUTO.MISSION", 3), ("AUTO.RTL", 6), ("AUTO.LAND", 9), ("GUIDED", 4)])
def test_a_mode_has_the_same_name_on_both(name: str, number: int) -> None:
    world, counterpart = connected()
    world.fleet.vehicle(1).set_mode(name, world.now_s)
    world.run(lambda: bool(world.told(CommandSettled)), limit_s=5)
    world.run(limit_s=1.5)
    modes = [e.mode for e in world.told(TelemetrySample) if isinstance(e, TelemetrySample) and e.mode]
    assert counterpart.custom_mode == number
    assert modes[-1] == name


def test_to_hold_is_guided_which_stays_without_sticks() -> None:
    world, counterpart = connected()
    world.fleet.vehicle(1).hold(world.now_s)
    world.run(lambda: bool(world.told(CommandSettled)), limit_s=5)
    assert counterpart.custom_mode == 4
    (settled,) = world.told(CommandSettled)
    assert isinstance(settled, CommandSettled)
    assert settled.result is CommandResult.ACCEPTED


def test_a_mode_it_does_not_have_is_refused_with_those_it_has() -> None:
    world, _ = connected()
    with pytest.raises(LinkUsageError, match=r"no ArduPilot Copter mode is called 'OFFBOARD'; there are .*GUIDED"):
        world.fleet.vehicle(1).set_mode("OFFBOARD", world.now_s)


def test_a_copter_where_a_px4_or_a_plane_is_expected_is_named_and_not_listened_to() -> None:
    for expected in (AUTOPILOTS["px4"], ARDUPLANE):
        world = LinkWorld([ArduPilotCounterpart()], autopilot=expected)
        world.run(limit_s=3)
        (wrong,) = world.told(WrongPeer)
        assert isinstance(wrong, WrongPeer)
        assert f"autopilot 3 on a vehicle of type 2; {expected.firmware}" in wrong.what
    world = LinkWorld([Px4Counterpart()], autopilot=ARDUCOPTER)
    world.run(limit_s=3)
    assert world.told(WrongPeer)
