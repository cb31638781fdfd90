"""The arm authoriser: yes to the vehicle that was cleared, once and for a while; no to everything else."""

from __future__ import annotations

import pytest
from pymavlink.dialects.v20 import common
from tests_support.link_world import LinkWorld
from tests_support.px4_counterpart import Px4Counterpart

from skystork.link.arm_authorisation import ArmAuthoriser
from skystork.link.service_contract import ArmingAsked
from skystork.link.vehicle_link import VehicleLink

ACCEPTED, DENIED = 0, 2
NO_CLEARANCE, CLEARANCE_ENDED = 0, 3
REQUEST = 3001


def connected(*system_ids: int) -> tuple[LinkWorld, list[Px4Counterpart]]:
    counterparts = [Px4Counterpart(system_id) for system_id in system_ids]
    world = LinkWorld(counterparts)
    world.connect()
    return world, counterparts


def ask(world: LinkWorld, vehicle: Px4Counterpart, *, target: int = 255, confirmation: int = 0) -> None:
    vehicle.send(common.MAVLink_command_long_message(target, 0, REQUEST, confirmation, 0, 0, 0, 0, 0, 0, 0))
    world.run(limit_s=0.02)


def answers(vehicle: Px4Counterpart) -> list[tuple[int, int, int, int]]:
    """Result, reason, seconds and addressee of each answer that arrived."""
    return [
        (each.result, each.progress, each.result_param2, each.target_system)
        for each in vehicle.received
        if isinstance(each, common.MAVLink_command_ack_message) and each.command == REQUEST
    ]


def link(world: LinkWorld, vehicle: Px4Counterpart) -> VehicleLink:
    return world.fleet.vehicle(vehicle.system_id)


def test_without_a_clearance_the_answer_is_no_and_the_request_is_told() -> None:
    world, (vehicle,) = connected(1)
    ask(world, vehicle)
    assert answers(vehicle) == [(DENIED, NO_CLEARANCE, 0, 1)]
    assert [event.allowed for event in world.told(ArmingAsked) if isinstance(event, ArmingAsked)] == [False]


def test_a_cleared_vehicle_is_told_yes_for_the_arming_that_asked_and_no_other() -> None:
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 5.0)
    ask(world, vehicle)
    assert answers(vehicle) == [(ACCEPTED, 0, 0, 1)]


def test_an_answer_is_said_three_times_so_that_neither_a_lost_frame_nor_a_clock_that_stands_still_undoes_it() -> None:
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 5.0)
    ask(world, vehicle)
    world.run(limit_s=0.2)
    assert answers(vehicle) == [(ACCEPTED, 0, 0, 1)] * 3


def test_a_yes_is_not_said_again_after_it_was_withdrawn() -> None:
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 5.0)
    ask(world, vehicle)
    link(world, vehicle).side.arm_authoriser.withdraw()
    world.run(limit_s=0.2)
    assert answers(vehicle) == [(ACCEPTED, 0, 0, 1)]


def test_the_clearance_is_used_up_when_the_vehicle_is_heard_armed() -> None:
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 60.0)
    ask(world, vehicle)
    vehicle.armed = True
    world.run(limit_s=1.5)
    vehicle.armed = False
    world.run(limit_s=1.5)
    ask(world, vehicle)
    assert [answer[0] for answer in answers(vehicle)] == [ACCEPTED] * 3 + [DENIED]


def test_a_repeated_question_gets_the_same_answer_and_is_told_once() -> None:
    """The first answer may have been lost: PX4 asks again after 0.5 s."""
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 5.0)
    ask(world, vehicle)
    world.run(limit_s=0.4)
    ask(world, vehicle, confirmation=1)
    assert [answer[0] for answer in answers(vehicle)] == [ACCEPTED] * 4
    assert len(world.told(ArmingAsked)) == 1


def test_a_clearance_ends_by_itself_and_the_reason_says_so() -> None:
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 5.0)
    world.run(limit_s=5.1)
    ask(world, vehicle)
    assert answers(vehicle) == [(DENIED, CLEARANCE_ENDED, 0, 1)]


def test_a_withdrawn_clearance_is_none() -> None:
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 5.0)
    link(world, vehicle).side.arm_authoriser.withdraw()
    ask(world, vehicle)
    assert answers(vehicle) == [(DENIED, NO_CLEARANCE, 0, 1)]


def test_a_clearance_is_for_one_vehicle() -> None:
    world, (cleared, other) = connected(1, 2)
    link(world, cleared).side.arm_authoriser.grant(world.now_s, 5.0)
    ask(world, other)
    assert answers(other) == [(DENIED, NO_CLEARANCE, 0, 2)]


def test_a_vehicle_that_rebooted_is_not_the_one_that_was_cleared() -> None:
    world, (vehicle,) = connected(1)
    world.run(limit_s=20.0)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 60.0)
    vehicle.reboot(world.now_s)
    world.run(limit_s=2.0)
    ask(world, vehicle)
    assert answers(vehicle) == [(DENIED, NO_CLEARANCE, 0, 1)]


@pytest.mark.parametrize("target", [0, 1, 254])
def test_a_request_to_another_station_or_to_nobody_is_not_answered(target: int) -> None:
    world, (vehicle,) = connected(1)
    link(world, vehicle).side.arm_authoriser.grant(world.now_s, 5.0)
    ask(world, vehicle, target=target)
    assert answers(vehicle) == []


def test_other_commands_of_the_vehicle_are_not_answered() -> None:
    """PX4 leaks its inner commands to the link."""
    world, (vehicle,) = connected(1)
    vehicle.send(common.MAVLink_command_long_message(255, 190, 400, 0, 1, 0, 0, 0, 0, 0, 0))
    world.run(limit_s=0.1)
    assert not [each for each in vehicle.received if each.get_type() == "COMMAND_ACK"]


def test_a_service_that_was_never_granted_anything_has_nothing_to_forget() -> None:
    authoriser = ArmAuthoriser(1, 255)
    assert authoriser.forget(0.0) == []
    assert authoriser.next_timer_s() is None
