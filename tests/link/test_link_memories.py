"""The small memories of a link: texts in chunks, reached items, time since boot, the jump to an item."""

from __future__ import annotations

import itertools

import pytest

from skystork.link.boot_clock import BootClock
from skystork.link.contract import CommandResult, LinkSettings, RequestId
from skystork.link.current_item import CurrentItemJump
from skystork.link.messages import MissionCurrent, MissionItemReached, MissionSetCurrent, StatusTextMessage
from skystork.link.reached_items import ReachedItems
from skystork.link.status_text import StatusTextJoiner

LONG = b"a" * 50 + b"b" * 50 + b"c\t"
CHUNKS = tuple(StatusTextMessage(4, LONG[start : start + 50], 9, start // 50) for start in (0, 50, 100))


@pytest.mark.parametrize("order", tuple(itertools.permutations(range(3))))
def test_chunks_are_joined_in_any_order_and_duplicates_say_nothing_new(order: tuple[int, ...]) -> None:
    joiner = StatusTextJoiner()
    told = [joiner.receive(CHUNKS[number], 1.0) for number in (*order, *order)]
    assert [text.text for texts in told for text in texts] == ["a" * 50 + "b" * 50 + "c"]
    assert joiner.next_timer_s() is None


def test_a_text_with_a_lost_chunk_is_told_late_and_marked() -> None:
    joiner = StatusTextJoiner()
    joiner.receive(CHUNKS[0], 1.0)
    joiner.receive(CHUNKS[2], 1.1)
    assert joiner.next_timer_s() == 2.0
    assert joiner.handle_timer(1.9) == []
    assert [text.text for text in joiner.handle_timer(2.0)] == ["a" * 50 + "[…]" + "c"]


def test_a_text_whose_end_is_lost_is_marked_as_cut() -> None:
    joiner = StatusTextJoiner()
    joiner.receive(CHUNKS[0], 1.0)
    assert [text.text for text in joiner.handle_timer(2.0)] == ["a" * 50 + "[…]"]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    (text,) = StatusTextJoiner().receive(StatusTextMessage(6, b"\xffbad\x07 text\0rest", 0, 0), 1.0)
    assert text.text == "\ufffdbad text"


def test_repetitions_of_the_old_plan_are_no_news_in_the_new_one() -> None:
    reached = ReachedItems()

    def is_news(at_s: float) -> bool:
        return bool(reached.receive(MissionItemReached(4), at_s))

    assert [is_news(at_s) for at_s in (10.0, 11.0)] == [True, False]
    reached.begin_anew()
    assert [is_news(at_s) for at_s in (12.0, 13.0, 15.0)] == [False, False, False]
    assert is_news(40.0)
    assert not is_news(60.0)


def test_time_going_back_twice_is_a_reboot_and_a_late_datagram_is_none() -> None:
    clock = BootClock()
    assert not any(clock.receive(time_ms) for time_ms in (60_000, 61_000, 50_000, 61_200, 50_100, 61_400, 60_000))
    assert [clock.receive(time_ms) for time_ms in (400, 600, 800)] == [False, True, False]


def test_the_wrap_after_49_days_is_no_reboot() -> None:
    clock = BootClock()
    assert not any(clock.receive(time_ms) for time_ms in (2**32 - 500, 2**32 - 1, 500, 1_500, 2_500))


@pytest.mark.parametrize(
    ("before", "wanted", "shown", "settled"),
    [
        (3, 5, 5, True),
        (3, 5, 6, True),  # been there and passed on
        (3, 5, 4, False),
        (3, 1, 2, True),  # back at 1 and passed on
        (3, 1, 4, False),  # went on before our message came
        (3, 1, 3, False),
        (None, 1, 2, False),
    ],
)
def test_a_jump_is_believed_when_shown_or_passed(before: int | None, wanted: int, shown: int, settled: bool) -> None:
    jump = CurrentItemJump(
        RequestId(1), MissionSetCurrent(1, 1, wanted), shown_before=before, settings=LinkSettings(), now_s=0.0
    )
    jump.receive(MissionCurrent(shown, 9, 3, 0, 0, 0))
    assert jump.result is (CommandResult.ACCEPTED if settled else None)
