"""An order to the winch ends by what its status shows."""

from __future__ import annotations

import math

import pytest

from skystork.errors import LinkUsageError
from skystork.link.messages import CommandAck, CommandLong
from skystork.link.request_id import RequestId
from skystork.link.service_contract import WinchOutcome, WinchSettled
from skystork.link.service_messages import WinchStatus
from skystork.link.winch import SILENCE_S, START_PATIENCE_S, WORK_PATIENCE_S
from skystork.link.winch_desk import WinchDesk

IN, MOVING, GROUND, REELING, REDELIVER, ABANDON = 1 | 2, 1 | 4 | 32, 1 | 4 | 128, 1 | 4 | 256, 1 | 4 | 512, 1 | 4 | 1024
UNKNOWN = math.nan

Shown = tuple[int, float, float]
"""Flags, line out [m], tension [kg]."""


def told_by(shown: list[Shown], *, retract: bool = False) -> WinchSettled | None:
    """One status a second after the order."""
    desk = WinchDesk(1)
    ask = desk.retract if retract else desk.deliver
    ask(RequestId(7), 0.0)
    told = [
        effect
        for number, (flags, line_m, tension_kg) in enumerate(shown)
        for effect in desk.receive(WinchStatus(line_m, 0.0, tension_kg, flags), number + 1.0)
    ]
    assert all(isinstance(effect, WinchSettled) for effect in told)
    assert len(told) <= 1
    return told[0] if told else None  # type: ignore[return-value]


DOWN: list[Shown] = [(IN, 0.0, 0.0), (MOVING, 3.0, 1.9), (GROUND, 7.0, 0.4)]
EMPTY_UP: list[Shown] = [(REELING, 6.0, 0.05), (REELING, 2.0, 0.06), (IN, 0.0, 0.0)]
LOADED_UP: list[Shown] = [(REELING, 6.0, 1.9), (IN, 0.0, 0.0)]


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ([*DOWN, *EMPTY_UP], WinchOutcome.DELIVERED),
        ([*DOWN, *LOADED_UP], WinchOutcome.STILL_LOADED),
        # The hook caught: the winch lowers again, and then it works, or not.
        ([*DOWN, (REDELIVER, 5.0, 1.9), (GROUND, 7.0, 0.3), *EMPTY_UP], WinchOutcome.DELIVERED),
        ([*DOWN, (REDELIVER, 5.0, 1.9), *LOADED_UP], WinchOutcome.STILL_LOADED),
        ([*DOWN, (REDELIVER, 5.0, 1.9), (ABANDON, 9.0, 1.9)], WinchOutcome.ABANDONED),
        # A winch that measures no tension: the ground felt for is the proof, and its absence is none.
        ([(MOVING, 3.0, UNKNOWN), (GROUND, 7.0, UNKNOWN), (REELING, 4.0, UNKNOWN), (IN, 0, UNKNOWN)], "delivered"),
        ([(MOVING, 3.0, UNKNOWN), (REELING, 4.0, UNKNOWN), (IN, 0.0, UNKNOWN)], WinchOutcome.UNKNOWN),
        # The status that showed the ground was lost; the tension tells.
        ([(MOVING, 3.0, 1.9), *EMPTY_UP], WinchOutcome.DELIVERED),
        ([(MOVING, 3.0, 1.9), (IN, 0.0, 0.0)], WinchOutcome.UNKNOWN),
    ],
)
def test_the_line_tells_where_the_parcel_is(shown: list[Shown], outcome: WinchOutcome) -> None:
    settled = told_by(shown)
    assert settled is not None
    assert settled.outcome == outcome
    assert settled.line_in is (outcome != WinchOutcome.ABANDONED)


def test_nothing_is_delivered_before_the_line_is_in() -> None:
    assert told_by([*DOWN, *EMPTY_UP[:-1]]) is None


def test_a_retraction_ends_with_the_line_in() -> None:
    assert told_by([(REELING, 6.0, 1.9)], retract=True) is None
    settled = told_by(LOADED_UP, retract=True)
    assert settled is not None
    assert settled.outcome is WinchOutcome.RETRACTED


def after(desk: WinchDesk, now_s: float) -> list[WinchOutcome]:
    return [effect.outcome for effect in desk.handle_timer(now_s) if isinstance(effect, WinchSettled)]


def test_silence_leaves_it_open_and_is_told_as_such() -> None:
    desk = WinchDesk(1)
    desk.deliver(RequestId(1), 100.0)
    assert desk.next_timer_s() == 100.0 + SILENCE_S
    assert after(desk, 104.9) == []
    assert after(desk, 105.0) == [WinchOutcome.UNKNOWN]
    assert desk.next_timer_s() is None


def test_a_winch_that_falls_silent_with_the_line_out_has_not_delivered() -> None:
    desk = WinchDesk(1)
    desk.deliver(RequestId(1), 0.0)
    for number, (flags, line_m, tension_kg) in enumerate([*DOWN, *EMPTY_UP[:-1]]):
        desk.receive(WinchStatus(line_m, 0.0, tension_kg, flags), float(number))
    (settled,) = desk.handle_timer(4.0 + SILENCE_S)
    assert isinstance(settled, WinchSettled)
    assert (settled.outcome, settled.line_in, settled.line_length_m) == (WinchOutcome.UNKNOWN, False, 2.0)


def test_a_winch_that_reports_and_does_not_move_still_has_the_parcel() -> None:
    desk = WinchDesk(1)
    desk.deliver(RequestId(1), 0.0)
    for second in range(1, 10):
        desk.receive(WinchStatus(0.1, 0.0, 0.0, IN), float(second))
    assert after(desk, START_PATIENCE_S - 0.1) == []
    assert after(desk, START_PATIENCE_S) == [WinchOutcome.STILL_LOADED]


def test_a_winch_that_never_ends_is_not_waited_for_for_ever() -> None:
    desk = WinchDesk(1)
    desk.deliver(RequestId(1), 0.0)
    for second in range(1, 180):
        assert desk.receive(WinchStatus(5.0, 0.0, 1.0, MOVING), float(second)) == []
    assert after(desk, WORK_PATIENCE_S) == [WinchOutcome.UNKNOWN]


@pytest.mark.parametrize("result", [1, 2, 3, 4])
def test_a_no_ends_it_and_a_yes_proves_nothing(result: int) -> None:
    desk = WinchDesk(1)
    desk.deliver(RequestId(1), 0.0)
    assert desk.receive(CommandAck(42600, 0, 0, 255, 190), 0.1) == []
    assert desk.receive(CommandAck(211, result, 0, 255, 190), 0.1) == []
    (settled,) = desk.receive(CommandAck(42600, result, 0, 255, 190), 0.2)
    assert isinstance(settled, WinchSettled)
    assert settled.outcome is WinchOutcome.REFUSED


def test_the_order_is_sent_once_to_all_components_and_no_second_one_beside_it() -> None:
    desk = WinchDesk(3)
    (sent,) = desk.deliver(RequestId(1), 0.0)
    assert sent == CommandLong(3, 0, 42600, 0, 1.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert desk.handle_timer(4.0) == []
    with pytest.raises(LinkUsageError, match="still at its last order"):
        desk.deliver(RequestId(2), 4.0)


@pytest.mark.parametrize("first_retracts", [False, True])
def test_bringing_the_line_in_takes_the_place_of_whatever_was_open(first_retracts: bool) -> None:
    """A flight that is taken over within the process finds its predecessor's order open, and nobody waits for it."""
    desk = WinchDesk(1)
    (desk.retract if first_retracts else desk.deliver)(RequestId(7), 0.0)
    desk.receive(WinchStatus(3.0, 0.0, 1.9, MOVING), 1.0)
    settled, sent = desk.retract(RequestId(8), 2.0)
    assert isinstance(settled, WinchSettled) and isinstance(sent, CommandLong)
    assert (settled.request_id, settled.outcome, settled.line_in) == (RequestId(7), WinchOutcome.UNKNOWN, False)
    (ended,) = desk.receive(WinchStatus(0.0, 0.0, 0.0, IN), 9.0)
    assert isinstance(ended, WinchSettled)
    assert (ended.request_id, ended.outcome) == (RequestId(8), WinchOutcome.RETRACTED)


def test_after_a_reboot_nobody_knows() -> None:
    desk = WinchDesk(1)
    desk.deliver(RequestId(1), 0.0)
    (settled,) = desk.forget(1.0)
    assert isinstance(settled, WinchSettled)
    assert settled.outcome is WinchOutcome.UNKNOWN
    assert desk.forget(2.0) == []
