"""What is kept of a router's answers, and for how many places."""

from __future__ import annotations

import numpy as np

from skystork.dispatch.van_legs import LegTable
from skystork.dispatch.van_matrix import MatrixAnswer
from skystork.dispatch.van_roads import Leg, PlaceKey, place_key
from skystork.frames import Geodetic

PLACES = [Geodetic(54.5 + 0.01 * n, -1.5) for n in range(100)]
KEYS = [place_key(place) for place in PLACES]


def answer(sources: list[Geodetic], targets: list[Geodetic], *, less: tuple[int, int] | None = None) -> MatrixAnswer:
    """Ten metres and a second for each hundredth of a degree; ``less``: the pair that no road joins."""
    holes = [(PLACES[less[0]], PLACES[less[1]])] if less else []
    pairs = [(a, b) for a in sources for b in targets if (a, b) not in holes]
    return MatrixAnswer({(place_key(a), place_key(b)): leg(place_key(a), place_key(b)) for a, b in pairs}, tuple(holes))


def leg(first: PlaceKey, second: PlaceKey) -> Leg:
    steps = abs(first[0] - second[0]) / 100
    return Leg(10.0 * steps, steps)


def test_each_pair_is_where_it_belongs_however_the_table_grew() -> None:
    table = LegTable()
    for count in (3, 70, 100):
        table.make_room(KEYS[:count])
        table.keep(answer(PLACES[:count], PLACES[:count]), now_s=1.0)
    turned = KEYS[::-1]
    metres, seconds, holes = table.tables(turned)
    assert holes == 0
    for row, first in enumerate(turned):
        for column, second in enumerate(turned):
            assert Leg(metres[row, column], seconds[row, column]) == leg(first, second)


def test_what_was_asked_too_long_ago_is_missing_again_and_still_known() -> None:
    table = LegTable()
    table.make_room(KEYS[:3])
    table.keep(answer(PLACES[:3], PLACES[:3]), now_s=100.0)
    assert not table.missing(KEYS[:3], KEYS[:3], oldest_s=100.0).any()
    assert table.missing(KEYS[:3], KEYS[:3], oldest_s=101.0).sum() == 6
    assert not table.missing(KEYS[:3], KEYS[:3]).any()
    assert np.isfinite(table.tables(KEYS[:3])[1]).all()


def test_a_hole_is_told_once_and_asked_about_no_more_often_than_a_way() -> None:
    table = LegTable()
    table.make_room(KEYS[:3])
    torn = answer(PLACES[:3], PLACES[:3], less=(0, 2))
    assert table.keep(torn, now_s=100.0) == [(KEYS[0], KEYS[2])]
    assert table.tables(KEYS[:3])[2] == 1
    assert table.keep(torn, now_s=500.0) == []
    assert not table.missing(KEYS[:3], KEYS[:3], oldest_s=400.0).any()
    assert table.keep(answer(PLACES[:3], PLACES[:3]), now_s=600.0) == []
    assert table.tables(KEYS[:3])[2] == 0


def test_the_place_that_nobody_asked_about_for_longest_makes_room() -> None:
    table = LegTable(most_places=4)
    table.make_room(KEYS[:4])
    table.keep(answer(PLACES[:4], PLACES[:4]), now_s=1.0)
    assert table.make_room([KEYS[0], KEYS[9]]) == [KEYS[0], KEYS[9]]
    assert table.missing([KEYS[0], KEYS[9]], [KEYS[0], KEYS[9]]).sum() == 2
    assert table.make_room([KEYS[0], KEYS[2], KEYS[3]]) and not table.missing(KEYS[2:4], KEYS[2:4]).any()
    assert not table.missing(KEYS[1:2], KEYS[2:4]).any(), "a place without a row is not asked for"
    assert table.keep(answer(PLACES[1:2], PLACES[2:4], less=(1, 2)), now_s=2.0) == []


def test_more_places_than_there_is_room_for_are_left_out_from_the_end() -> None:
    table = LegTable(most_places=4)
    assert table.make_room([*KEYS[:3], KEYS[0], *KEYS[3:9]]) == KEYS[:4]
