from __future__ import annotations

import math

import pytest
from pymavlink.dialects.v20 import common
from tests_support.link_world import GROUND, LinkWorld, vehicle_address
from tests_support.px4_counterpart import Px4Counterpart

from skystork.errors import LinkUsageError
from skystork.link.contract import (
    CommandResult,
    CommandSettled,
    Heard,
    ItemReached,
    LinkSettings,
    Lost,
    MissionItem,
    MissionType,
    Rebooted,
    StatusText,
    TelemetrySample,
    TransferOutcome,
    TransferSettled,
    WrongPeer,
)

WAYPOINTS = tuple(MissionItem(16, 3, (0.0, 0.0, 0.0, math.nan), 47.4 + i * 1e-3, 8.5, 30.0) for i in range(5))


def connected(settings: LinkSettings | None = None) -> tuple[LinkWorld, Px4Counterpart]:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart], settings=settings)
    world.connect()
    return world, counterpart


def settled(world: LinkWorld) -> list[CommandSettled]:
    return [event for event in world.told(CommandSettled) if isinstance(event, CommandSettled)]


def sent_commands(counterpart: Px4Counterpart, command: int) -> list[int]:
    """Confirmations of the COMMAND_LONGs that arrived."""
    return [
        each.confirmation
        for each in counterpart.received
        if isinstance(each, common.MAVLink_command_long_message) and each.command == command
    ]


def test_the_first_heartbeat_makes_contact_and_the_vehicle_hears_ours_each_second() -> None:
    world, counterpart = connected()
    world.run(limit_s=10)
    beats = [each for each in counterpart.received if each.get_type() == "HEARTBEAT"]
    assert [event.silent_s for event in world.told(Heard) if isinstance(event, Heard)] == [None]
    assert 9 <= len(beats) <= 11
    assert {(each.type, each.get_srcSystem(), each.get_srcComponent()) for each in beats} == {(6, 255, 190)}


def test_silence_is_told_once_and_the_return_says_how_long_it_was() -> None:
    world, counterpart = connected()
    counterpart.silent = True
    world.run(limit_s=30)
    counterpart.silent = False
    world.run(limit_s=3)
    (lost,) = world.told(Lost)
    assert isinstance(lost, Lost)
    assert lost.at_s - lost.last_heard_s == pytest.approx(5.0)
    _, again = (event for event in world.told(Heard) if isinstance(event, Heard))
    assert again.silent_s == pytest.approx(again.at_s - lost.last_heard_s)


def test_the_last_of_two_answers_to_a_mode_counts() -> None:
    world, counterpart = connected()
    counterpart.set_mode_verdict = 1
    world.fleet.vehicle(1).hold(world.now_s)
    world.run(limit_s=2)
    assert [each.result for each in settled(world)] == [CommandResult.TEMPORARILY_REJECTED]
    assert sent_commands(counterpart, 176) == [0]


def test_an_unanswered_command_is_repeated_with_rising_confirmation_and_then_given_up() -> None:
    world, counterpart = connected()
    counterpart.deaf_commands = {20}
    world.fleet.vehicle(1).return_to_launch(world.now_s)
    world.run(limit_s=10)
    assert sent_commands(counterpart, 20) == [0, 1, 2, 3]
    assert [each.result for each in settled(world)] == [CommandResult.NO_ANSWER]


def test_an_unanswered_gripper_command_is_not_repeated() -> None:
    world, counterpart = connected()
    counterpart.deaf_commands = {211}
    world.fleet.vehicle(1).gripper_release(world.now_s)
    world.run(limit_s=10)
    assert sent_commands(counterpart, 211) == [0]
    assert [each.result for each in settled(world)] == [CommandResult.NO_ANSWER]


def test_in_progress_is_waited_out() -> None:
    world, counterpart = connected()
    begun_s = world.now_s
    world.fleet.vehicle(1).gripper_release(world.now_s)
    world.run(lambda: bool(settled(world)))
    assert settled(world)[0].result is CommandResult.ACCEPTED
    assert settled(world)[0].at_s - begun_s > 1.0
    assert counterpart.releases == 1


def test_a_second_release_is_refused_while_the_first_is_open() -> None:
    world, _ = connected()
    link = world.fleet.vehicle(1)
    link.gripper_release(world.now_s)
    with pytest.raises(LinkUsageError, match="must not be done twice"):
        link.gripper_release(world.now_s)


def test_an_order_to_go_another_way_ends_an_order_of_a_mode_that_is_not_answered_yet() -> None:
    world, counterpart = connected()
    counterpart.deaf_commands = {176}
    link = world.fleet.vehicle(1)
    first = link.set_mode("OFFBOARD", world.now_s)
    world.run(limit_s=0.2)
    second = link.land(world.now_s)
    world.run(limit_s=20.0)
    results = {each.request_id: each.result for each in settled(world)}
    assert results[first] is CommandResult.SUPERSEDED and second in results
    orders = [each.command for each in counterpart.received if each.get_type() == "COMMAND_LONG"]
    assert orders.count(176) == 1, "the mode is asked for no more"


def test_a_command_asked_for_anew_takes_the_place_of_the_open_one() -> None:
    world, counterpart = connected()
    counterpart.deaf_commands = {176}
    link = world.fleet.vehicle(1)
    first = link.set_mode("AUTO.MISSION", world.now_s)
    second = link.hold(world.now_s)
    world.run(limit_s=10)
    assert [(each.request_id, each.result) for each in settled(world)] == [
        (first, CommandResult.SUPERSEDED),
        (second, CommandResult.NO_ANSWER),
    ]


def test_a_refusal_carries_the_vehicles_words() -> None:
    world, _ = connected()
    world.fleet.vehicle(1).start_mission(world.now_s)
    world.run(lambda: bool(settled(world)))
    (refusal,) = settled(world)
    assert (refusal.result, refusal.detail) == (CommandResult.DENIED, "Mission start denied! No valid mission")


def test_answers_to_commands_nobody_sent_and_leaked_commands_change_nothing() -> None:
    world, counterpart = connected()
    link = world.fleet.vehicle(1)
    counterpart.send(common.MAVLink_command_ack_message(400, 0, 0, 0, 255, 190))
    counterpart.send(common.MAVLink_command_ack_message(211, 0, 0, 0, 0, 1))  # PX4 1.18 at boot, to 0/1
    counterpart.send(common.MAVLink_command_long_message(1, 0, 211, 0, 1, 0, 0, 0, 0, 0, 0))
    world.run(limit_s=2)
    assert settled(world) == []
    assert link.unexpected_answers == 1
    assert not [each for each in counterpart.received if each.get_type() == "COMMAND_ACK"]


def test_message_intervals_are_asked_for_one_after_the_other_at_contact() -> None:
    wanted = ((436, 100_000), (147, 500_000), (33, 200_000))
    world, counterpart = connected(LinkSettings(message_intervals_us=wanted))
    world.run(limit_s=3)
    assert counterpart.intervals == dict(wanted)
    assert sent_commands(counterpart, 511) == [0, 0, 0]


def test_a_reboot_settles_what_is_open_and_asks_for_the_intervals_again() -> None:
    world, counterpart = connected(LinkSettings(message_intervals_us=((436, 100_000),)))
    world.run(limit_s=30)
    counterpart.reboot(world.now_s)
    world.lose = lambda data, target: (
        data[7] in (20, 44, 76) and target == vehicle_address(1) and not world.told(Rebooted)
    )
    link = world.fleet.vehicle(1)
    link.return_to_launch(world.now_s)
    link.upload(MissionType.MISSION, WAYPOINTS, world.now_s)
    link.upload(MissionType.FENCE, (), world.now_s)
    world.run(lambda: bool(world.told(Rebooted)), limit_s=5)
    world.run(limit_s=0.5)
    outcomes = [event.outcome for event in world.told(TransferSettled) if isinstance(event, TransferSettled)]
    assert len(world.told(Rebooted)) == 1
    assert [each.result for each in settled(world) if each.command == 20] == [CommandResult.SUPERSEDED]
    assert outcomes == [TransferOutcome.NO_ANSWER] * 2
    assert counterpart.intervals == {436: 100_000}


def test_a_jump_is_settled_when_the_vehicle_shows_the_item() -> None:
    world, counterpart = connected()
    link = world.fleet.vehicle(1)
    link.upload(MissionType.MISSION, WAYPOINTS, world.now_s)
    world.run(lambda: bool(world.told(TransferSettled)))
    world.fleet.vehicle(1).set_current_item(3, world.now_s)
    world.run(lambda: bool(settled(world)), limit_s=5)
    assert counterpart.current == 3
    assert [(each.command, each.result) for each in settled(world)] == [(224, CommandResult.ACCEPTED)]


def test_a_jump_out_of_the_list_ends_as_no_answer() -> None:
    world, _ = connected()
    world.fleet.vehicle(1).set_current_item(9, world.now_s)
    world.run(lambda: bool(settled(world)), limit_s=30)
    assert [each.result for each in settled(world)] == [CommandResult.NO_ANSWER]


def test_a_repeated_item_reached_is_told_once() -> None:
    world, counterpart = connected()
    for _ in range(10):
        for sequence in (2, 3):
            counterpart.send(common.MAVLink_mission_item_reached_message(sequence))
        world.run(limit_s=1.0)
    told = [event.sequence for event in world.told(ItemReached) if isinstance(event, ItemReached)]
    assert told == [2, 3]


def test_a_text_in_chunks_is_told_whole_in_any_order() -> None:
    world, counterpart = connected()
    text = b"Arming denied: Resolve system health failures first\t"
    counterpart.send(common.MAVLink_statustext_message(2, text[50:], 7, 1))
    counterpart.send(common.MAVLink_statustext_message(2, text[:50], 7, 0))
    world.run(limit_s=1)
    (told,) = world.told(StatusText)
    assert isinstance(told, StatusText)
    assert (told.severity, told.text) == (2, "Arming denied: Resolve system health failures first")


def test_another_autopilot_under_the_vehicles_id_is_reported_once_and_not_listened_to() -> None:
    counterpart = Px4Counterpart(autopilot=3)
    world = LinkWorld([counterpart], configured=True)
    world.run(limit_s=5)
    (wrong,) = world.told(WrongPeer)
    assert isinstance(wrong, WrongPeer)
    assert "autopilot 3" in wrong.what
    assert not world.told(TelemetrySample)
    assert not world.told(Heard)


@pytest.mark.parametrize("autopilot", [8, 12])
def test_frames_of_a_camera_on_the_vehicle_do_not_keep_contact(autopilot: int) -> None:
    world, counterpart = connected()
    camera = Px4Counterpart(component_id=100)
    counterpart.silent = True
    for _ in range(8):
        camera.send(common.MAVLink_heartbeat_message(30, autopilot, 0, 0, 4, 3))
        for data in camera.outbox:
            world.send(data, vehicle_address(1), ("10.0.0.1", 14550))
        camera.outbox.clear()
        world.run(limit_s=1)
    assert len(world.told(Lost)) == 1
    assert not world.told(WrongPeer)


def test_after_a_loss_nothing_is_believed_before_the_next_heartbeat() -> None:
    world, counterpart = connected(LinkSettings(message_intervals_us=((436, 100_000),)))
    world.run(limit_s=1)
    counterpart.silent = True
    world.run(lambda: bool(world.told(Lost)), limit_s=20)
    world.lose = lambda data, target: data[7:10] == bytes(3) and target == GROUND
    counterpart.silent = False
    samples = len(world.told(TelemetrySample))
    world.run(limit_s=5)
    assert len(world.told(TelemetrySample)) == samples
    world.lose = lambda _data, _target: False
    world.run(limit_s=3)
    assert len(world.told(Heard)) == 2
    assert sent_commands(counterpart, 511) == [0, 0]  # asked for again: it may have been switched off meanwhile


def test_contact_that_is_made_again_in_flight_asks_for_the_rates_of_the_flight() -> None:
    """The rates of the ground would leave a drop without a fresh range: seen on PX4 1.17.0 SITL, a parcel came home."""
    world, counterpart = connected(LinkSettings(message_intervals_us=((132, 5_000_000), (436, -1))))
    world.fleet.vehicle(1).want_intervals(((132, 1_000_000),))
    counterpart.silent = True
    world.run(lambda: bool(world.told(Lost)), limit_s=20)
    counterpart.silent = False
    world.run(limit_s=5)
    assert counterpart.intervals == {132: 1_000_000, 436: -1}


def test_lost_frames_are_counted_by_their_sequence_numbers() -> None:
    world, counterpart = connected()
    world.run(limit_s=2)
    before = world.fleet.vehicle(1).counters.lost
    counterpart.mav.seq = (counterpart.mav.seq + 5) % 256
    world.run(limit_s=2)
    assert before == 0
    assert world.fleet.vehicle(1).counters.lost == 5


def test_late_and_doubled_frames_are_not_lost() -> None:
    world, counterpart = connected()
    world.run(limit_s=1)
    for _ in range(12):
        counterpart.send(common.MAVLink_mission_item_reached_message(0))
    first, second, third, *rest = counterpart.outbox
    counterpart.outbox[:] = [first, *rest, rest[-1], third, second]
    world.run(limit_s=1)
    assert world.fleet.vehicle(1).counters.lost == 0


def test_an_item_that_no_frame_can_hold_is_refused_at_once() -> None:
    world, _ = connected()
    link = world.fleet.vehicle(1)
    with pytest.raises(LinkUsageError, match="cannot be written"):
        link.upload(MissionType.MISSION, [MissionItem(16, 3, (0.0, 0.0, 0.0, 0.0), 1e6, 0.0)], world.now_s)
    with pytest.raises(LinkUsageError, match=r"AUTO\.LOITER"):
        link.set_mode("AUTO.HOVER", world.now_s)
    with pytest.raises(LinkUsageError, match="seven"):
        link.send_command(20, (0.0,), world.now_s)
