"""Uploads and commands against a living autopilot, through a network that loses, doubles, delays and reorders."""

from __future__ import annotations

import math

import pytest
from pymavlink.dialects.v20 import common
from tests_support.link_world import LinkWorld
from tests_support.px4_counterpart import Px4Counterpart

from skystork.link.contract import (
    CommandResult,
    CommandSettled,
    MissionItem,
    MissionType,
    TransferOutcome,
    TransferSettled,
)

UNSET = math.nan
DELIVERY = (
    MissionItem(22, 3, (0.0, 0.0, 0.0, UNSET), 47.3977419, 8.5455938, 30.0),
    MissionItem(178, 2, (1.0, 10.0, -1.0, 0.0)),
    *(MissionItem(16, 3, (0.0, 0.0, 0.0, UNSET), 47.3988199 + i * 1e-4, 8.5455938, 30.0) for i in range(12)),
    MissionItem(211, 2, (1.0, 0.0, 0.0, 0.0)),
    MissionItem(93, 2, (5.0, -1.0, -1.0, -1.0)),
    MissionItem(20, 2, (0.0, 0.0, 0.0, 0.0)),
)
FENCE = tuple(
    MissionItem(5001, 0, (4.0, 0.0, 0.0, 0.0), latitude, longitude)
    for latitude, longitude in ((47.39, 8.54), (47.39, 8.55), (47.40, 8.55), (47.40, 8.54))
)
RALLY = (MissionItem(5100, 3, (0.0, 0.0, 0.0, 0.0), 47.3973826, 8.5455938, 20.0),)


def terrible(seed: int, counterpart: Px4Counterpart) -> LinkWorld:
    world = LinkWorld([counterpart], seed=seed, loss=0.2, duplication=0.1, jitter_s=0.1)
    world.connect()
    return world


def transfers(world: LinkWorld) -> list[TransferSettled]:
    return [event for event in world.told(TransferSettled) if isinstance(event, TransferSettled)]


def commands(world: LinkWorld) -> list[CommandSettled]:
    return [event for event in world.told(CommandSettled) if isinstance(event, CommandSettled)]


@pytest.mark.parametrize("seed", range(25))
def test_fence_rally_and_mission_arrive_whole_at_20_percent_loss(seed: int) -> None:
    counterpart = Px4Counterpart()
    world = terrible(seed, counterpart)
    link = world.fleet.vehicle(1)
    wanted = {MissionType.FENCE: FENCE, MissionType.RALLY: RALLY, MissionType.MISSION: DELIVERY}
    for mission_type, items in wanted.items():
        link.upload(mission_type, items, world.now_s)

    world.run(lambda: len(transfers(world)) == 3, limit_s=180)

    assert [(each.mission_type, each.outcome) for each in transfers(world)] == [
        (mission_type, TransferOutcome.VERIFIED) for mission_type in wanted
    ]
    assert [each.opaque_id for each in transfers(world)] == [counterpart.plan_id(kind) for kind in (1, 2, 0)]
    for mission_type, items in wanted.items():
        on_board = counterpart.plans[mission_type]
        assert [item.command for item in on_board] == [item.command for item in items]
        assert [(item.x, item.y) for item in on_board] == [
            (round(item.latitude_deg * 1e7), round(item.longitude_deg * 1e7)) for item in items
        ]
    assert [item.seq for item in counterpart.plans[0] if item.current] == [0]


@pytest.mark.parametrize("seed", range(10))
def test_an_empty_list_clears_what_was_on_board(seed: int) -> None:
    counterpart = Px4Counterpart()
    world = terrible(seed, counterpart)
    link = world.fleet.vehicle(1)
    link.upload(MissionType.FENCE, FENCE, world.now_s)
    link.upload(MissionType.FENCE, (), world.now_s)
    world.run(lambda: len(transfers(world)) == 2, limit_s=120)
    assert [each.outcome for each in transfers(world)] == [TransferOutcome.VERIFIED] * 2
    assert counterpart.plans[1] == []


@pytest.mark.parametrize("seed", range(25))
def test_the_gripper_opens_at_most_once_however_bad_the_network(seed: int) -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart], seed=seed, loss=0.4, jitter_s=0.3)
    world.connect()
    world.fleet.vehicle(1).gripper_release(world.now_s)
    world.run(lambda: bool(commands(world)), limit_s=60)
    world.run(limit_s=20)
    (settled,) = commands(world)
    assert counterpart.releases <= 1
    assert settled.result in (CommandResult.ACCEPTED, CommandResult.NO_ANSWER)
    assert counterpart.releases == 1 or settled.result is CommandResult.NO_ANSWER


@pytest.mark.parametrize("seed", range(10))
def test_every_command_settles_once(seed: int) -> None:
    counterpart = Px4Counterpart()
    world = terrible(seed, counterpart)
    link = world.fleet.vehicle(1)
    asked = [
        link.arm(world.now_s),
        link.set_mode("AUTO.MISSION", world.now_s),
        link.return_to_launch(world.now_s),
        link.land(world.now_s),
        link.request_message(148, world.now_s),
        link.request_message(242, world.now_s),
        link.gripper_release(world.now_s),
    ]
    world.run(limit_s=60)
    assert sorted(each.request_id for each in commands(world)) == asked


def test_a_lost_final_ack_is_made_up_for_by_the_read_back() -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    world.lose = lambda data, _: data[7:10] == b"\x2f\0\0" and data[1] > 4  # MISSION_ACK with an opaque id
    world.fleet.vehicle(1).upload(MissionType.MISSION, DELIVERY, world.now_s)
    world.run(lambda: bool(transfers(world)))
    (settled,) = transfers(world)
    sent = [each for each in counterpart.received if isinstance(each, common.MAVLink_mission_count_message)]
    assert settled.outcome is TransferOutcome.VERIFIED
    assert settled.opaque_id == counterpart.plan_id(0)
    assert len(sent) == 1  # not uploaded a second time: that would reset a mission in flight


def test_the_read_back_is_closed_so_that_the_next_upload_finds_the_vehicle_free() -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    begun_s = world.now_s
    for _ in range(3):
        world.fleet.vehicle(1).upload(MissionType.MISSION, DELIVERY, world.now_s)
    world.run(lambda: len(transfers(world)) == 3)
    assert counterpart.transfers_dropped == 0
    assert world.now_s - begun_s < 3.0


def test_a_busy_vehicle_is_waited_for() -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    counterpart.begin_foreign_transfer(world.now_s)
    world.fleet.vehicle(1).upload(MissionType.RALLY, RALLY, world.now_s)
    world.run(lambda: bool(transfers(world)))
    assert [each.outcome for each in transfers(world)] == [TransferOutcome.VERIFIED]
    assert counterpart.transfers_dropped == 1


def test_a_vehicle_that_stays_busy_ends_the_upload_in_bounded_time() -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    begun_s = world.now_s
    world.fleet.vehicle(1).upload(MissionType.RALLY, RALLY, world.now_s)
    while not transfers(world):
        counterpart.begin_foreign_transfer(world.now_s)
        world.run(limit_s=0.5)
    (settled,) = transfers(world)
    assert settled.outcome is TransferOutcome.REFUSED
    assert "busy" in settled.detail
    assert 6.0 < world.now_s - begun_s < 20.0


def test_a_verdict_about_another_list_is_not_taken_for_this_one() -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    world.fleet.vehicle(1).upload(MissionType.MISSION, DELIVERY, world.now_s)
    counterpart.send(common.MAVLink_mission_ack_message(255, 190, 4, 1))
    counterpart.send(common.MAVLink_mission_ack_message(255, 191, 4, 0))  # another station's
    world.run(lambda: bool(transfers(world)))
    assert [each.outcome for each in transfers(world)] == [TransferOutcome.VERIFIED]


def test_a_refused_plan_is_not_tried_again_and_says_why() -> None:
    counterpart = Px4Counterpart()
    counterpart.refuse_plans_with = 3
    world = LinkWorld([counterpart])
    world.connect()
    world.fleet.vehicle(1).upload(MissionType.MISSION, DELIVERY, world.now_s)
    world.run(lambda: bool(transfers(world)))
    (settled,) = transfers(world)
    assert (settled.outcome, settled.detail) == (TransferOutcome.REFUSED, "MISSION_ACK UNSUPPORTED")
    assert sum(1 for each in counterpart.received if each.get_type() == "MISSION_COUNT") == 1


def test_a_plan_that_reads_back_different_is_never_verified() -> None:
    counterpart = Px4Counterpart()
    counterpart.spoil = {"z": 300.0}
    world = LinkWorld([counterpart])
    world.connect()
    world.fleet.vehicle(1).upload(MissionType.MISSION, DELIVERY, world.now_s)
    world.run(lambda: bool(transfers(world)))
    (settled,) = transfers(world)
    assert (settled.outcome, settled.detail) == (TransferOutcome.DIFFERENT, "item 0: z is 300.0 on board, 30.0 sent")


def test_a_vehicle_that_goes_silent_amid_an_upload_settles_it_as_no_answer() -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    world.fleet.vehicle(1).upload(MissionType.MISSION, DELIVERY, world.now_s)
    world.run(lambda: any(each.get_type() == "MISSION_ITEM_INT" for each in counterpart.received))
    counterpart.silent = True
    world.run(lambda: bool(transfers(world)), limit_s=120)
    (settled,) = transfers(world)
    assert settled.outcome is TransferOutcome.NO_ANSWER
    assert settled.detail == "no answer to the upload"
