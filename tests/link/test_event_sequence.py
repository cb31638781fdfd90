"""Events are told in order, once, and what is missing is asked for."""

from __future__ import annotations

import random

import pytest

from skystork.link.event_sequence import (
    ASKED_AT_ONCE,
    MOST_HELD,
    RETRIES,
    RETRY_S,
    EventSequence,
    Missed,
    SequenceEffect,
    SequenceState,
)
from skystork.link.service_messages import CurrentEventSequence, Event, RequestEvent, ResponseEventError


def event(sequence: int) -> Event:
    return Event(0x01000001, 1_000, sequence & 0xFFFF, 0, 0, 0x66, b"")


def numbers(effects: list[SequenceEffect]) -> list[int]:
    return [each.sequence for each in effects if isinstance(each, Event)]


def error(sequence: int, oldest: int) -> ResponseEventError:
    return ResponseEventError(255, 190, sequence & 0xFFFF, oldest & 0xFFFF, 0)


def begun(sequence: int) -> EventSequence:
    book = EventSequence(1, 1)
    assert numbers(book.receive(event(sequence), 0.0)) == [sequence]
    return book


def test_the_count_wraps() -> None:
    book = begun(65526)
    assert [numbers(book.receive(event(65526 + step), 0.0)) for step in range(1, 13)] == [
        [(65526 + step) & 0xFFFF] for step in range(1, 13)
    ]
    assert book.state is SequenceState.IN_STEP


def test_a_duplicate_says_nothing_new() -> None:
    book = begun(5)
    assert book.receive(event(5), 0.0) == []
    assert book.receive(event(4), 0.0) == []


def test_a_gap_is_asked_for_and_told_in_order_when_it_comes() -> None:
    book = begun(65534)
    assert book.receive(event(1), 1.0) == [RequestEvent(1, 1, 65535, 0)]
    assert book.receive(event(2), 1.1) == []
    assert book.receive(event(0), 1.2) == []
    assert numbers(book.receive(event(65535), 1.3)) == [65535, 0, 1, 2]
    assert book.next_timer_s() is None


def test_only_what_is_missing_is_asked_for() -> None:
    book = begun(10)
    book.receive(event(13), 1.0)
    book.receive(event(12), 1.0)
    assert book.handle_timer(1.0 + RETRY_S) == [RequestEvent(1, 1, 11, 11)]


def test_the_newest_number_shows_an_event_that_was_lost_last() -> None:
    book = begun(10)
    assert book.receive_current(CurrentEventSequence(10, 0), 1.0) == []
    assert book.receive_current(CurrentEventSequence(12, 0), 2.0) == [RequestEvent(1, 1, 11, 12)]
    assert numbers(book.receive(event(11), 2.1)) == [11]
    assert book.state is SequenceState.CATCHING_UP
    assert numbers(book.receive(event(12), 2.1)) == [12]
    assert book.state is SequenceState.IN_STEP


def test_what_was_before_the_first_number_is_history() -> None:
    book = EventSequence(1, 1)
    assert book.receive_current(CurrentEventSequence(65535, 0), 0.0) == []
    assert book.receive(event(65535), 0.0) == []
    assert numbers(book.receive(event(0), 0.0)) == [0]


def test_an_event_not_kept_any_more_is_skipped_and_counted() -> None:
    book = begun(10)
    book.receive(event(50), 1.0)
    told = book.receive_error(error(11, 31), 1.1)
    assert told == [Missed(20), RequestEvent(1, 1, 31, 49)]
    assert book.receive_error(error(11, 31), 1.1) == []  # the same, late
    for number in range(31, 49):
        assert numbers(book.receive(event(number), 1.2)) == [number]
    assert numbers(book.receive(event(49), 1.2)) == [49, 50]


def test_no_more_is_asked_for_than_a_vehicle_keeps() -> None:
    book = begun(10)
    assert book.receive(event(50), 1.0) == [RequestEvent(1, 1, 11, 11 + ASKED_AT_ONCE - 1)]


def test_an_error_that_names_a_number_beyond_all_known_is_not_believed() -> None:
    book = begun(10)
    book.receive(event(12), 1.0)
    assert book.receive_error(error(11, 11 + 30_000), 1.1) == []
    assert book.receive_error(error(11, 11), 1.1) == []


def test_a_vehicle_that_does_not_answer_loses_the_gap_and_not_what_followed() -> None:
    book = begun(10)
    book.receive(event(13), 0.0)
    now_s, told = 0.0, []
    for _ in range(RETRIES + 1):
        now_s += RETRY_S
        told = book.handle_timer(now_s)
    assert told[0] == Missed(2)
    assert numbers(told) == [13]
    assert book.next_timer_s() is None


def test_a_newest_number_that_nobody_can_send_is_given_up() -> None:
    book = begun(10)
    book.receive_current(CurrentEventSequence(12, 0), 0.0)
    told: list[SequenceEffect] = []
    for turn in range(1, RETRIES + 2):
        told = book.handle_timer(turn * RETRY_S)
    assert told == [Missed(2)]
    assert numbers(book.receive(event(13), 9.0)) == [13]


def test_behind_a_gap_only_so_many_are_held() -> None:
    book = begun(0)
    told: list[SequenceEffect] = []
    for number in range(2, MOST_HELD + 3):
        told = book.receive(event(number), 0.0)
    assert told[0] == Missed(1)
    assert numbers(told) == list(range(2, MOST_HELD + 3))


@pytest.mark.parametrize("anew", ["flag", "reboot"])
def test_after_a_reset_the_count_begins_anew(anew: str) -> None:
    book = begun(500)
    book.receive(event(510), 0.0)
    if anew == "flag":
        book.receive_current(CurrentEventSequence(65526, 1), 1.0)
    else:
        book.restart()
    assert book.next_timer_s() is None
    assert numbers(book.receive(event(65526), 1.1)) == [65526]


@pytest.mark.parametrize("seed", range(20))
def test_over_a_terrible_network_every_event_a_vehicle_keeps_is_told_once_and_in_order(seed: int) -> None:
    """Loss 30 %, both ways, and reordering; the vehicle keeps 20."""
    rng = random.Random(seed)
    book, told, missed, sent = EventSequence(1, 1), [], 0, []
    flying: list[Event | ResponseEventError] = []
    now_s = 0.0

    def take(effects: list[SequenceEffect]) -> None:
        nonlocal missed
        for effect in effects:
            if isinstance(effect, Event):
                told.append(effect.sequence)
            elif isinstance(effect, Missed):
                missed += effect.count
            elif rng.random() > 0.3:
                span = (effect.last_sequence - effect.first_sequence) & 0xFFFF
                for number in ((effect.first_sequence + step) & 0xFFFF for step in range(span + 1)):
                    kept = number in sent[-20:]
                    flying.append(event(number) if kept else error(number, sent[-20:][0]))

    for turn in range(600):
        now_s += 0.05
        if turn % 7 == 0 and turn < 500:
            sent.append((65000 + len(sent)) & 0xFFFF)
            flying.append(event(sent[-1]))
        if turn % 60 == 0 and sent:
            take(book.receive_current(CurrentEventSequence(sent[-1], 0), now_s))
        rng.shuffle(flying)
        for each in flying[: len(flying) // 2 + 1]:
            flying.remove(each)
            if rng.random() > 0.3:
                take(book.receive(each, now_s) if isinstance(each, Event) else book.receive_error(each, now_s))
        timer_s = book.next_timer_s()
        if timer_s is not None and timer_s <= now_s:
            take(book.handle_timer(now_s))
    first = sent.index(told[0])
    assert told == [number for number in sent[first:] if number in set(told)]
    assert missed == len(sent) - first - len(told)
    assert len(told) >= 0.9 * (len(sent) - first)
