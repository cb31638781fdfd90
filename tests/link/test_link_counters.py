"""Frames that are missing, by sequence numbers of one byte."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from skystork.link.link_counters import LinkCounters


def counted(numbers: Iterable[int]) -> LinkCounters:
    counters = LinkCounters()
    for number in numbers:
        counters.take(number & 0xFF, 0.0)
    return counters


@pytest.mark.parametrize("gap", [0, 1, 5, 127, 128, 130, 200, 248])
def test_a_gap_of_up_to_a_round_less_eight_is_counted_whole(gap: int) -> None:
    counters = counted([*range(300), *range(300 + gap, 900 + gap)])
    assert (counters.lost, counters.frames) == (gap, 900)


def test_a_long_gap_takes_nothing_back_of_what_was_lost_before() -> None:
    assert counted([*range(100), *range(150, 300), *range(440, 900)]).lost == 50 + 140


@pytest.mark.parametrize("gap", [256, 512])
def test_whole_rounds_leave_no_trace(gap: int) -> None:
    assert counted([*range(300), *range(300 + gap, 900 + gap)]).lost == 0


def test_a_few_that_come_late_are_counted_back() -> None:
    assert counted([*range(10), *range(15, 20), *range(10, 15), *range(20, 40)]).lost == 0


def test_a_second_path_that_is_three_frames_slower_loses_nothing() -> None:
    both = [number for newest in range(3, 900) for number in (newest, newest - 3)]
    assert counted([0, 1, 2, *both]).lost == 0
