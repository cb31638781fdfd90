"""Orders are awaited until the vehicle is heard to carry them out."""

from __future__ import annotations

import pytest
from tests_support.port_world import in_virtual_time
from tests_support.px4_counterpart import Px4Counterpart

from skystork.link.confirmed_command import EFFECT_PATIENCE_S, OrderState
from skystork.link.contract import CommandResult
from skystork.shell.confirmed_orders import ConfirmedOrders
from skystork.shell.link_runner import LinkRunner
from skystork.shell.vehicle_port import VehiclePort

MISSION, RTL = 0x04040000, 0x05040000
DO_SET_MODE, ARM = 176, 400


def test_arming_is_confirmed_by_the_heartbeat_and_disarming_too_at_20_percent_loss() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        orders = ConfirmedOrders(port)
        assert (await orders.arm()).confirmed
        assert counterpart.armed
        assert (await orders.disarm()).confirmed
        assert not counterpart.armed

    in_virtual_time(play, Px4Counterpart(), loss=0.2)


def test_a_mode_is_confirmed_by_the_heartbeat_and_a_refused_one_is_not_waited_for() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, runner: LinkRunner) -> None:
        orders = ConfirmedOrders(port)
        assert (await orders.set_mode("AUTO.MISSION")).confirmed
        counterpart.set_mode_verdict = 1
        begun_s = runner.now_s()
        ended = await orders.set_mode("AUTO.LOITER")
        assert (ended.outcome, ended.result) == (OrderState.REFUSED, CommandResult.TEMPORARILY_REJECTED)
        assert runner.now_s() - begun_s < 0.5

    in_virtual_time(play, Px4Counterpart())


def test_why_it_was_refused_is_heard_even_after_the_refusal() -> None:
    """A busy PX4 acknowledges first and says its reason in the next round of its link (v1.17.0, seen in SITL)."""

    async def play(port: VehiclePort, counterpart: Px4Counterpart, runner: LinkRunner) -> None:
        counterpart.set_mode_verdict, counterpart.says_why_after_s = 1, 0.1
        begun_s = runner.now_s()
        ended = await ConfirmedOrders(port).set_mode("AUTO.MISSION")
        assert ended.outcome is OrderState.REFUSED
        assert ended.detail.endswith("answered temporarily_rejected; it said: Arm auth: Denied")
        assert runner.now_s() - begun_s < 0.5

    in_virtual_time(play, Px4Counterpart())


def test_accepted_and_not_done_is_told_apart_from_done() -> None:
    async def play(port: VehiclePort, _counterpart: Px4Counterpart, runner: LinkRunner) -> None:
        begun_s = runner.now_s()
        ended = await ConfirmedOrders(port).return_to_launch()
        assert (ended.outcome, ended.result) == (OrderState.WITHOUT_EFFECT, CommandResult.ACCEPTED)
        assert "wanted AUTO.LAND or AUTO.PRECLAND or AUTO.RTL, heard disarmed, AUTO.LOITER" in ended.detail
        assert runner.now_s() - begun_s == pytest.approx(EFFECT_PATIENCE_S, abs=0.5)

    in_virtual_time(play, Px4Counterpart())


def test_an_order_that_nobody_answers_is_confirmed_when_it_is_seen_and_else_unknown() -> None:
    async def play(port: VehiclePort, counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        orders = ConfirmedOrders(port)
        counterpart.deaf_commands = {ARM, 20}
        assert (await orders.arm()).outcome is OrderState.UNKNOWN
        counterpart.custom_mode = RTL  # it does, and its answer is lost
        assert (await orders.return_to_launch()).confirmed

    in_virtual_time(play, Px4Counterpart())


def test_nobody_listens_any_more_when_an_order_has_ended() -> None:
    async def play(port: VehiclePort, _counterpart: Px4Counterpart, _runner: LinkRunner) -> None:
        before = len(port.events)
        await ConfirmedOrders(port).land()
        await ConfirmedOrders(port).start_mission()
        assert len(port.events) == before

    in_virtual_time(play, Px4Counterpart())
