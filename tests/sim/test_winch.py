"""The simulated winch: what it does with its line, and what it tells, by pymavlink's reading of its frames."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

from skystork_sim.winch import LineEnd, Winch, WinchFault, Work
from skystork_sim.winch_component import WinchAction, WinchComponent, WinchFlag

HEIGHT_M = 7.0
LOAD_KG = 0.8
GROUND = ("ground", 14550)


@dataclass
class World:
    """A winch seven metres above the ground, and a ground station; time goes on in tenths of a second."""

    fault: WinchFault = WinchFault.NONE
    jam_at_m: float = 3.0
    load_kg: float = LOAD_KG
    let_go_at_m: list[float] = field(default_factory=list)
    now_s: float = 100.0
    heard: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        end = LineEnd(lambda: HEIGHT_M, lambda: self.load_kg, self._let_go)
        self.winch = Winch(end, lambda: (self.fault, self.jam_at_m))
        self.component = WinchComponent(self.winch, system_id=1, boot_s=self.now_s, controller=GROUND)
        self._codec = common.MAVLink(None, srcSystem=255, srcComponent=190)
        self._parser = common.MAVLink(None)

    def order(
        self, action: float, *, length_m: float = 0.0, rate_m_s: float = 0.0, target: int = 0, instance: float = 1.0
    ) -> list[int]:
        """DO_WINCH; returns the results acknowledged."""
        asked = (instance, action, length_m, rate_m_s, 0.0, 0.0, 0.0)
        message = common.MAVLink_command_long_message(1, target, 42_600, 0, *asked)
        self.component.receive_datagram(message.pack(self._codec), GROUND, self.now_s)
        before = len(self.heard)
        self._take()
        return [each.result for each in self.heard[before:] if each.get_type() == "COMMAND_ACK"]

    def run(self, duration_s: float) -> list[Any]:
        """Let time pass; the statuses told."""
        before, end_s = len(self.heard), self.now_s + duration_s
        while self.now_s < end_s:
            self.now_s += 0.1
            if self.component.next_timer_s() <= self.now_s:
                self.component.handle_timer(self.now_s)
                self._take()
        return [each for each in self.heard[before:] if each.get_type() == "WINCH_STATUS"]

    def _take(self) -> None:
        for data, _ in self.component.datagrams_to_send(self.now_s):
            self.heard += self._parser.parse_buffer(data) or []

    def _let_go(self, height_m: float) -> None:
        self.load_kg = 0.0
        self.let_go_at_m.append(height_m)


def order_of(statuses: list[Any], *flags: WinchFlag) -> list[WinchFlag]:
    """In which order these flags were shown first."""
    seen: list[WinchFlag] = []
    for status in statuses:
        seen += [flag for flag in flags if status.status & flag and (not seen or seen[-1] != flag)]
    return seen


SEQUENCE = (
    WinchFlag.DROPPING,
    WinchFlag.ARRESTING,
    WinchFlag.GROUND_SENSE,
    WinchFlag.RETRACTING,
    WinchFlag.REDELIVER,
    WinchFlag.LOCKED,
)


def test_a_delivery_is_mavlinks_sequence_and_lets_go_on_the_ground() -> None:
    world = World()
    assert world.order(WinchAction.DELIVER) == [0]
    told = world.run(40.0)
    drop, arrest, ground, retract, _, locked = SEQUENCE
    assert order_of(told, *SEQUENCE) == [drop, arrest, ground, retract, locked]
    assert world.let_go_at_m == [pytest.approx(0.0, abs=0.05)]
    last = told[-1]
    assert last.status == WinchFlag.HEALTHY | WinchFlag.FULLY_RETRACTED | WinchFlag.CLUTCH_ENGAGED | WinchFlag.LOCKED
    assert (last.line_length, last.speed, last.tension) == (0.0, 0.0, 0.0)
    lowering = [each for each in told if each.status & drop and each.line_length > 1.0]
    assert all(each.speed == pytest.approx(1.0) and each.tension == pytest.approx(0.9) for each in lowering)
    coming_in = [each for each in told if each.status & retract and 0.5 < each.line_length < 6.0]
    assert all(each.speed == pytest.approx(-0.5) and each.tension == pytest.approx(0.1) for each in coming_in)
    assert all(each.current > lowering[0].current and each.voltage < 24.0 for each in coming_in)


def test_it_speaks_as_a_component_of_its_own_and_tells_its_type() -> None:
    world = World()
    world.run(2.0)
    assert {each.get_srcComponent() for each in world.heard} == {169}
    beat = next(each for each in world.heard if each.get_type() == "HEARTBEAT")
    assert (beat.type, beat.autopilot) == (common.MAV_TYPE_WINCH, common.MAV_AUTOPILOT_INVALID)


def test_a_hook_that_holds_is_lowered_once_more_and_then_comes_up_with_its_load() -> None:
    world = World(fault=WinchFault.SNAG)
    world.order(WinchAction.DELIVER)
    told = world.run(60.0)
    _, _, ground, retract, again, locked = SEQUENCE
    assert order_of(told, *SEQUENCE)[2:] == [ground, retract, again, ground, retract, locked]
    assert world.let_go_at_m == []
    assert [each.tension for each in told if each.status & retract][-2] == pytest.approx(0.9)


def test_a_jam_stops_the_line_and_says_so_and_the_order_must_be_given_anew() -> None:
    world = World(fault=WinchFault.JAM)
    world.order(WinchAction.DELIVER)
    stuck = world.run(20.0)[-1]
    assert stuck.line_length == pytest.approx(3.0, abs=0.11)
    assert not stuck.status & (WinchFlag.MOVING | WinchFlag.HEALTHY | WinchFlag.FULLY_RETRACTED)
    assert world.order(WinchAction.RETRACT) == [0]
    assert world.run(20.0)[-1].line_length == stuck.line_length
    world.fault = WinchFault.NONE
    assert world.run(5.0)[-1].line_length == stuck.line_length
    world.order(WinchAction.RETRACT)
    assert world.run(10.0)[-1].status & WinchFlag.FULLY_RETRACTED
    assert world.load_kg == LOAD_KG


def test_a_line_let_go_of_takes_the_load_and_never_comes_in() -> None:
    world = World(fault=WinchFault.ABANDON)
    world.order(WinchAction.DELIVER)
    told = world.run(30.0)
    assert told[-1].status & WinchFlag.ABANDON_LINE and not told[-1].status & WinchFlag.FULLY_RETRACTED
    assert world.let_go_at_m == [pytest.approx(0.0, abs=0.05)]
    assert world.order(WinchAction.RETRACT) == [2]


def test_a_silent_winch_neither_answers_nor_tells() -> None:
    world = World(fault=WinchFault.SILENT)
    assert world.order(WinchAction.DELIVER) == []
    world.run(10.0)
    assert world.heard == [] and world.winch.line_m == 0.0


def test_length_and_rate_are_obeyed_and_held() -> None:
    world = World()
    assert world.order(WinchAction.RELATIVE_LENGTH_CONTROL, length_m=2.0, rate_m_s=0.5) == [0]
    told = world.run(10.0)
    assert told[-1].line_length == pytest.approx(2.0, abs=0.051)
    assert {round(each.speed, 3) for each in told if each.status & WinchFlag.MOVING} == {0.5}
    world.order(WinchAction.RELATIVE_LENGTH_CONTROL, length_m=-1.0, rate_m_s=math.nan)
    assert world.run(10.0)[-1].line_length == pytest.approx(1.0, abs=0.1)
    world.order(WinchAction.RATE_CONTROL, rate_m_s=0.5)
    world.run(2.0)
    world.order(WinchAction.HOLD)
    assert world.run(5.0)[-1].line_length == pytest.approx(2.0, abs=0.2)


def test_a_relaxed_reel_lets_the_load_down_and_the_load_stays_on_the_hook() -> None:
    world = World()
    world.order(WinchAction.RELATIVE_LENGTH_CONTROL, length_m=0.5, rate_m_s=0.5)
    world.run(3.0)
    world.order(WinchAction.RELAXED)
    last = world.run(10.0)[-1]
    assert last.line_length == pytest.approx(HEIGHT_M, abs=0.1) and not last.status & WinchFlag.CLUTCH_ENGAGED
    assert world.load_kg == LOAD_KG


def test_the_hook_is_presented_to_the_crew_and_taken_in_again() -> None:
    world = World(load_kg=0.0)
    world.order(WinchAction.LOAD_PAYLOAD)
    told = world.run(5.0)
    assert any(each.status & WinchFlag.LOAD_PAYLOAD for each in told)
    assert told[-1].line_length == pytest.approx(0.5, abs=0.05)
    assert world.order(WinchAction.LOCK) == [2]
    world.order(WinchAction.LOAD_LINE)
    world.run(5.0)
    assert world.winch.work is Work.LOCKED
    assert world.order(WinchAction.LOCK) == [0]


@pytest.mark.parametrize(
    ("action", "more"),
    [(11.0, {}), (4.5, {}), (math.nan, {}), (4.0, {"instance": 2.0}), (1.0, {"length_m": math.nan})],
)
def test_an_order_that_is_none_is_denied_and_nothing_moves(action: float, more: dict[str, float]) -> None:
    world = World()
    assert world.order(action, **more) == [2]  # type: ignore[arg-type]
    assert world.run(3.0)[-1].line_length == 0.0


@pytest.mark.parametrize(("target", "answers"), [(0, [0]), (169, [0]), (1, []), (25, [])])
def test_it_answers_for_itself_only(target: int, answers: list[int]) -> None:
    assert World().order(WinchAction.DELIVER, target=target) == answers
