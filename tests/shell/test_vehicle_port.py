from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine

import pytest
from tests_support.port_world import START_S, LossyWire
from tests_support.port_world import in_virtual_time as play_with
from tests_support.px4_counterpart import Px4Counterpart

from skystork.errors import LinkUsageError
from skystork.link.contract import (
    CommandResult,
    CommandSettled,
    LinkEvent,
    LinkSettings,
    Lost,
    MissionItem,
    MissionType,
    TelemetrySample,
    TransferOutcome,
)
from skystork.link.fleet_link import FleetLink, UnknownVehicle
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import run_virtual
from skystork.shell.vehicle_port import VehiclePort

PLAN = tuple(MissionItem(16, 3, (0.0, 0.0, 0.0, math.nan), 47.4 + i * 1e-3, 8.5, 30.0) for i in range(6))


def in_virtual_time(
    play: Callable[[VehiclePort, Px4Counterpart, LinkRunner], Coroutine[object, object, None]], *, loss: float = 0.0
) -> None:
    play_with(play, Px4Counterpart(), loss=loss)


def test_an_upload_and_a_start_are_two_awaits_even_at_20_percent_loss() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        uploaded = await port.upload(MissionType.MISSION, PLAN)
        assert uploaded.outcome is TransferOutcome.VERIFIED
        assert uploaded.opaque_id == counterpart.plan_id(0)
        assert (await port.set_current_item(4)).result is CommandResult.ACCEPTED
        assert counterpart.current == 4

    in_virtual_time(play, loss=0.2)


def test_requests_side_by_side_settle_each_for_itself() -> None:
    async def play(port: VehiclePort, _counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        async with asyncio.TaskGroup() as group:
            arm = group.create_task(port.arm())
            start = group.create_task(port.start_mission())
            release = group.create_task(port.gripper_release())
        assert (arm.result().command, arm.result().result) == (400, CommandResult.ACCEPTED)
        assert (start.result().command, start.result().result) == (300, CommandResult.DENIED)
        assert (release.result().command, release.result().result) == (211, CommandResult.ACCEPTED)

    in_virtual_time(play)


def test_an_await_ends_by_itself_when_the_vehicle_is_gone() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, runner: LinkRunner) -> None:
        counterpart.silent = True
        begun_s = runner.now_s()
        assert (await port.hold()).result is CommandResult.NO_ANSWER
        assert runner.now_s() - begun_s == pytest.approx(2.0, abs=0.01)
        assert (await port.upload(MissionType.RALLY, PLAN)).outcome is TransferOutcome.NO_ANSWER

    in_virtual_time(play)


def test_an_await_that_is_cancelled_leaves_nothing_behind() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        counterpart.deaf_commands = {20}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await port.return_to_launch()
        await asyncio.sleep(5)
        assert (await port.arm()).result is CommandResult.ACCEPTED

    in_virtual_time(play)


def test_a_listener_that_fails_does_not_stop_the_link() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))

        def fail(event: LinkEvent) -> None:
            if isinstance(event, Lost):
                raise ValueError(event)

        port.events.append(fail)
        counterpart.silent = True  # so that only the link's own timer can keep it going
        await asyncio.sleep(10)
        assert len(failures) == 1
        beats = len(counterpart.received)
        await asyncio.sleep(10)
        assert len(counterpart.received) - beats >= 9

    in_virtual_time(play)


def test_listeners_get_every_event() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        told: list[LinkEvent] = []
        port.events.append(told.append)
        await port.arm()
        await asyncio.sleep(2)
        counterpart.silent = True
        await asyncio.sleep(10)
        assert {type(event) for event in told} == {TelemetrySample, CommandSettled, Lost}

    in_virtual_time(play)


def test_strangers_are_told_to_those_who_asked() -> None:
    async def stage() -> None:
        strangers: list[UnknownVehicle] = []
        runner = LinkRunner(FleetLink(LinkSettings()), LossyWire(Px4Counterpart(9), loss=0.0))
        runner.subscribe_strangers(strangers.append)
        await asyncio.sleep(3)
        runner.close()
        assert [stranger.system_id for stranger in strangers] == [9]

    run_virtual(stage(), START_S)


def test_a_closed_link_refuses_requests_instead_of_never_answering() -> None:
    async def play(port: VehiclePort, _counterpart: Px4Counterpart, runner: LinkRunner) -> None:
        runner.close()
        with pytest.raises(LinkUsageError, match="closed"):
            await port.arm()

    in_virtual_time(play)


def test_a_list_is_read_back_without_being_written_and_one_that_was_changed_is_told() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        await port.upload(MissionType.MISSION, PLAN)
        await asyncio.sleep(1.0)  # this wire lets the close of a transfer arrive after the next one has begun
        written = len([each for each in counterpart.received if each.get_type() == "MISSION_COUNT"])
        assert (await port.read_back(MissionType.MISSION, PLAN)).outcome is TransferOutcome.VERIFIED
        counterpart.plans[0][2].z = 55.0
        await asyncio.sleep(1.0)
        changed = await port.read_back(MissionType.MISSION, PLAN)
        assert changed.outcome is TransferOutcome.DIFFERENT
        assert "55" in changed.detail
        counterpart.plans[0] = []
        await asyncio.sleep(1.0)
        assert (await port.read_back(MissionType.MISSION, PLAN)).outcome is TransferOutcome.DIFFERENT
        assert len([each for each in counterpart.received if each.get_type() == "MISSION_COUNT"]) == written
        counterpart.silent = True
        assert (await port.read_back(MissionType.MISSION, PLAN)).outcome is TransferOutcome.NO_ANSWER

    in_virtual_time(play)
