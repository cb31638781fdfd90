"""An order ends by what is heard of the vehicle, not by its acknowledgement alone."""

from __future__ import annotations

import pytest

from skystork.link.confirmed_command import ARMED, FLIES_MISSION, RETURNS, ConfirmedCommand, OrderState, VisibleEffect
from skystork.link.contract import CommandResult, CommandSettled, RequestId, StatusText, sample_of


def settled(result: CommandResult, detail: str = "") -> CommandSettled:
    return CommandSettled(1.0, RequestId(1), 400, result, detail)


def test_an_acceptance_alone_confirms_nothing() -> None:
    order = ConfirmedCommand(ARMED)
    order.settle(settled(CommandResult.ACCEPTED))
    order.observe(sample_of(2.0, armed=False, mode="AUTO.LOITER"))
    assert order.state is OrderState.ACCEPTED
    order.give_up()
    ended = order.confirmation()
    assert ended.outcome is OrderState.WITHOUT_EFFECT
    assert ended.detail == "wanted armed, heard disarmed, AUTO.LOITER, answered accepted"


@pytest.mark.parametrize("result", [CommandResult.NO_ANSWER, CommandResult.SUPERSEDED])
def test_an_effect_that_is_seen_counts_without_an_acknowledgement(result: CommandResult) -> None:
    order = ConfirmedCommand(ARMED)
    order.settle(settled(result))
    assert order.state is OrderState.SILENT
    order.observe(sample_of(2.0, armed=True))
    assert order.confirmation().confirmed


def test_neither_answered_nor_seen_is_unknown() -> None:
    order = ConfirmedCommand(ARMED)
    order.settle(settled(CommandResult.NO_ANSWER))
    order.give_up()
    assert order.confirmation().outcome is OrderState.UNKNOWN


def test_a_refusal_ends_it_at_once_with_what_the_vehicle_said() -> None:
    order = ConfirmedCommand(ARMED)
    order.settle(settled(CommandResult.TEMPORARILY_REJECTED, "Arm auth: Denied"))
    ended = order.confirmation()
    assert ended.outcome is OrderState.REFUSED
    assert ended.detail.endswith("answered temporarily_rejected; it said: Arm auth: Denied")


@pytest.mark.parametrize("first", ["refusal", "reason"])
def test_the_reason_may_come_on_either_side_of_the_refusal_and_only_the_first_after_it_counts(first: str) -> None:
    order, words = ConfirmedCommand(ARMED), [StatusText(1.0, 2, "Arm auth: Denied"), StatusText(1.1, 6, "Battery good")]
    if first == "refusal":
        order.settle(settled(CommandResult.TEMPORARILY_REJECTED))
        assert order.unexplained
    for text in words:
        order.hear(text)
    if first == "reason":
        order.settle(settled(CommandResult.TEMPORARILY_REJECTED))
    assert not order.unexplained
    order.hear(StatusText(2.0, 2, "Battery low"))
    assert order.confirmation().detail.endswith("answered temporarily_rejected; it said: Arm auth: Denied")


def test_an_effect_seen_before_the_acknowledgement_stays_seen() -> None:
    order = ConfirmedCommand(RETURNS)
    order.observe(sample_of(0.5, mode="AUTO.RTL"))
    order.settle(settled(CommandResult.ACCEPTED))
    assert order.confirmation().confirmed


def test_both_parts_of_an_effect_are_wanted_and_may_be_told_apart() -> None:
    order = ConfirmedCommand(FLIES_MISSION)
    order.settle(settled(CommandResult.ACCEPTED))
    order.observe(sample_of(2.0, mode="AUTO.MISSION"))
    assert order.state is OrderState.ACCEPTED
    order.observe(sample_of(2.5, armed=True))
    assert order.confirmation().confirmed


def test_what_is_wanted_reads_as_a_person_says_it() -> None:
    assert str(FLIES_MISSION) == "armed and AUTO.MISSION"
    assert str(VisibleEffect(armed=False)) == "disarmed"
    assert str(VisibleEffect(modes=frozenset({"AUTO.RTL", "AUTO.LAND"}))) == "AUTO.LAND or AUTO.RTL"
