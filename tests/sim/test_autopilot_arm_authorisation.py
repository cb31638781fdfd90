"""A simulated vehicle with COM_ARM_AUTH_REQ asks before it arms, as PX4 1.17.0 was seen to do."""

import struct
from collections.abc import Callable
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

REQUEST, ARM, DISARM = 3001, 400, 0
ACCEPTED, TEMPORARILY_REJECTED, DENIED = 0, 1, 2


@pytest.fixture
def asking(make_ground: Any) -> Any:
    """A ready vehicle that asks system 255."""
    ground = make_ground().ready()
    for name, value in (("COM_ARM_AUTH_REQ", 1), ("COM_ARM_AUTH_ID", 255)):
        ground.send(common.MAVLink_param_set_message(1, 1, name.encode(), as_float(value), 6))
    return ground


def as_float(value: int) -> float:

    number: float = struct.unpack("<f", struct.pack("<i", value))[0]
    return number


def asked(ground: Any) -> list[tuple[int, int]]:
    """Addressee and confirmation of each request."""
    return [
        (each.message.target_system, each.message.confirmation)
        for each in ground.of("COMMAND_LONG")
        if each.message.command == REQUEST
    ]


def answer(ground: Any, result: int, *, reason: int = 0, seconds: int = 0) -> None:
    ground.send(common.MAVLink_command_ack_message(REQUEST, result, reason, seconds, 1, 1))


def arm(ground: Any) -> Callable[[], list[int]]:
    """Tell it to arm; returns a look at the answers so far."""
    before = len(ground.of("COMMAND_ACK"))
    ground.command(ARM, 1)
    return lambda: [each.message.result for each in ground.of("COMMAND_ACK")[before:]]


def test_told_to_arm_it_asks_first_and_answers_only_then(asking: Any) -> None:
    results = arm(asking)
    assert asked(asking) == [(255, 0)]
    assert results() == []
    answer(asking, ACCEPTED)
    asking.run(0.1)
    assert results() == [ACCEPTED]
    assert asking.vehicle.status.armed
    assert "Arm auth: Authorized for the next 0 seconds\t" in asking.texts()


@pytest.mark.parametrize(("reason", "text"), [(0, "Arm auth: Denied"), (5, "Arm auth: Denied because of bad weather")])
def test_a_no_keeps_it_disarmed_and_its_reason_is_said(asking: Any, reason: int, text: str) -> None:
    results = arm(asking)
    answer(asking, DENIED, reason=reason)
    asking.run(0.1)
    assert results() == [TEMPORARILY_REJECTED]
    assert not asking.vehicle.status.armed
    assert f"{text}\t" in asking.texts()


def test_without_an_answer_it_asks_again_and_gives_up_after_its_time(asking: Any) -> None:
    results = arm(asking)
    asking.run(1.2)
    assert asked(asking) == [(255, 0), (255, 1)]
    assert results() == [TEMPORARILY_REJECTED]
    assert "Arm auth: No response\t" in asking.texts()
    assert not asking.vehicle.status.armed


def test_a_yes_for_no_time_is_good_for_one_arming(asking: Any) -> None:
    arm(asking)
    answer(asking, ACCEPTED)
    asking.command(ARM, DISARM)
    asking.run(0.1)
    arm(asking)
    assert len(asked(asking)) == 2
    assert not asking.vehicle.status.armed


def test_a_yes_for_a_minute_lets_it_arm_again_unasked(asking: Any) -> None:
    arm(asking)
    answer(asking, ACCEPTED, seconds=60)
    asking.command(ARM, DISARM)
    arm(asking)
    assert len(asked(asking)) == 1
    assert asking.vehicle.status.armed


def test_a_mission_start_asks_too(asking: Any) -> None:
    asking.upload(((6, 22, (0, 0, 0, float("nan")), 473977419, 85455938, 30.0), (2, 20, (0, 0, 0, 0), 0, 0, 0.0)))
    asking.command(300, 0)
    assert asked(asking) == [(255, 0)]
    assert not asking.vehicle.status.armed
    answer(asking, ACCEPTED)
    asking.run(0.1)
    assert asking.vehicle.status.armed


def test_an_unasked_yes_is_worth_nothing(asking: Any) -> None:
    answer(asking, ACCEPTED, seconds=60)
    arm(asking)
    assert asked(asking) == [(255, 0)]
    assert not asking.vehicle.status.armed
