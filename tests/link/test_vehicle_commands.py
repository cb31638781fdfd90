"""What a request looks like when it arrives, read by pymavlink."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from tests_support.link_world import LinkWorld
from tests_support.px4_counterpart import Px4Counterpart

from skystork.link.contract import CommandResult, CommandSettled, LinkSettings, RequestId
from skystork.link.vehicle_commands import command_int
from skystork.link.vehicle_link import VehicleLink

Ask = Callable[[VehicleLink, float], RequestId]


@pytest.mark.parametrize(
    ("ask", "command", "leading_params"),
    [
        (lambda link, now_s: link.arm(now_s), 400, (1, 0)),
        (lambda link, now_s: link.disarm(now_s), 400, (0, 0)),
        (lambda link, now_s: link.disarm(now_s, force=True), 400, (0, 21196)),
        (lambda link, now_s: link.return_to_launch(now_s), 20, (0, 0)),
        (lambda link, now_s: link.land(now_s), 21, (0, 0, 0, math.nan, math.nan, math.nan, math.nan)),
        (lambda link, now_s: link.hold(now_s), 176, (1, 4, 3)),
        (lambda link, now_s: link.set_mode("AUTO.MISSION", now_s), 176, (1, 4, 4)),
        (lambda link, now_s: link.set_mode("POSCTL", now_s), 176, (1, 3, 0)),
        (lambda link, now_s: link.gripper_release(now_s), 211, (1, 0)),
        (lambda link, now_s: link.request_message(148, now_s), 512, (148, 0)),
        (lambda link, now_s: link.start_mission(now_s, first_item=4), 300, (4, 0)),
        (lambda link, now_s: link.send_command(178, (1, 8.5, -1, 0, 0, 0, 0), now_s), 178, (1, 8.5, -1)),
    ],
)
def test_the_vehicle_receives_the_command_that_was_meant(
    ask: Ask, command: int, leading_params: tuple[float, ...]
) -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    ask(world.fleet.vehicle(1), world.now_s)
    world.run(limit_s=0.2)
    (received,) = [each for each in counterpart.received if each.get_type() == "COMMAND_LONG"]
    params = [getattr(received, f"param{number}") for number in range(1, 8)]
    assert (received.target_system, received.target_component, received.command) == (1, 1, command)
    assert params[: len(leading_params)] == pytest.approx(leading_params, nan_ok=True)


def test_a_position_travels_as_integers_in_a_command_int() -> None:
    counterpart = Px4Counterpart()
    world = LinkWorld([counterpart])
    world.connect()
    message = command_int(
        1, 192, 5, (-1.0, 1.0, 0.0, math.nan), latitude_deg=47.3977419, longitude_deg=-8.5455938, altitude_m=520.5
    )
    world.fleet.vehicle(1).send_command_int(message, world.now_s)
    world.run(limit_s=1)
    (received,) = [each for each in counterpart.received if each.get_type() == "COMMAND_INT"]
    assert (received.x, received.y, received.z, received.frame) == (473977419, -85455938, 520.5, 5)
    (settled,) = world.told(CommandSettled)
    assert isinstance(settled, CommandSettled)
    assert settled.result is CommandResult.ACCEPTED


def test_set_up_commands_of_one_kind_wait_for_each_other_instead_of_taking_each_others_place() -> None:
    world = LinkWorld([Px4Counterpart()], settings=LinkSettings(message_intervals_us=((436, 100_000), (147, 500_000))))
    world.connect()
    world.run(limit_s=2)
    results = [event.result for event in world.told(CommandSettled) if isinstance(event, CommandSettled)]
    assert results == [CommandResult.ACCEPTED] * 2
