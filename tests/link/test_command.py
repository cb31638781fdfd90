from __future__ import annotations

import pytest

from skystork.errors import IllegalTransition
from skystork.link.command import CommandExchange, CommandState
from skystork.link.command_desk import CommandDesk
from skystork.link.contract import CommandResult, CommandSettled, LinkSettings, RequestId
from skystork.link.messages import CommandAck, CommandInt, CommandLong, MavCommand, MavResult

TAKEOFF = CommandLong(1, 1, 22, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
SET_MODE = TAKEOFF._replace(command=MavCommand.DO_SET_MODE)


def exchange(message: CommandLong | CommandInt = TAKEOFF) -> CommandExchange:
    return CommandExchange(RequestId(1), message, LinkSettings(), 0.0)


def answer(result: int, command: int = 22) -> CommandAck:
    return CommandAck(command, result, 0, 255, 190)


def test_a_command_in_progress_is_neither_sent_again_nor_given_up_for_ten_seconds() -> None:
    running = exchange()
    running.receive(answer(MavResult.IN_PROGRESS), 0.3)
    assert running.next_timer_s() == pytest.approx(10.3)
    assert running.handle_timer(5.0) == []
    assert running.state is CommandState.IN_PROGRESS
    running.receive(answer(MavResult.ACCEPTED), 9.0)
    assert running.result is CommandResult.ACCEPTED


def test_a_command_in_progress_that_never_ends_settles_unanswered() -> None:
    running = exchange()
    running.receive(answer(MavResult.IN_PROGRESS), 0.3)
    assert running.handle_timer(10.3) == []
    assert (running.state, running.result) == (CommandState.SETTLED, CommandResult.NO_ANSWER)


def test_a_command_in_progress_for_ever_settles_as_not_confirmed_when_the_limit_has_passed() -> None:
    running, now_s = exchange(), 0.0
    while running.state is not CommandState.SETTLED and now_s < 600.0:
        now_s += 5.0
        running.receive(CommandAck(22, MavResult.IN_PROGRESS, 40, 255, 190), now_s)
        running.handle_timer(now_s)
    assert (now_s, running.result) == (LinkSettings().command_limit_s, CommandResult.IN_PROGRESS)
    assert running.progress_percent == 40


@pytest.mark.parametrize("told", [0, 101, 255])
def test_a_progress_that_says_nothing_does_not_take_the_place_of_one_that_did(told: int) -> None:
    running = exchange()
    running.receive(CommandAck(22, MavResult.IN_PROGRESS, 70, 255, 190), 0.1)
    running.receive(CommandAck(22, MavResult.IN_PROGRESS, told, 255, 190), 0.2)
    assert running.progress_percent == 70


def test_how_far_a_command_came_is_told_when_it_failed() -> None:
    desk = CommandDesk(LinkSettings())
    desk.request(RequestId(1), TAKEOFF, 0.0)
    desk.receive(CommandAck(22, MavResult.IN_PROGRESS, 70, 255, 190), 0.1)
    (settled,) = desk.receive(answer(MavResult.FAILED), 0.2)
    assert isinstance(settled, CommandSettled)
    assert settled.detail == "last told: 70 % done"


def test_the_window_for_a_second_answer_opens_at_the_first_and_is_not_moved() -> None:
    changing = exchange(SET_MODE)
    changing.receive(answer(MavResult.ACCEPTED, 176), 1.0)
    changing.receive(answer(MavResult.DENIED, 176), 1.09)
    assert changing.next_timer_s() == pytest.approx(1.1)
    assert changing.state is CommandState.CLOSING
    changing.handle_timer(1.1)
    assert changing.result is CommandResult.DENIED


def test_an_answer_after_the_end_is_counted_and_changes_nothing() -> None:
    done = exchange()
    done.receive(answer(MavResult.DENIED), 0.1)
    done.receive(answer(MavResult.ACCEPTED), 0.2)
    assert (done.result, done.unexpected) == (CommandResult.DENIED, 1)


def test_a_result_of_a_newer_mavlink_is_no_success() -> None:
    newer = exchange()
    newer.receive(answer(42), 0.1)
    assert newer.result is CommandResult.FAILED


def test_a_command_int_is_repeated_as_it_was() -> None:
    message = CommandInt(1, 1, 5, 192, 0.0, 0.0, 0.0, 0.0, 473977419, 85455938, 500.0)
    assert exchange(message).handle_timer(0.5) == [message]


def test_abandoning_what_is_settled_is_our_own_mistake() -> None:
    done = exchange()
    done.receive(answer(MavResult.ACCEPTED), 0.1)
    with pytest.raises(IllegalTransition, match="settled"):
        done.abandon()
