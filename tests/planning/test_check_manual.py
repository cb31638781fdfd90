"""The fence of a mission by hand, held to its ways by the independent check."""

from __future__ import annotations

import math

import pytest

from skystork.planning.check_manual import ManualLeg, check_manual_fence

ORIGIN_DEG = (-1.5, 54.5)
Place = tuple[float, float]
SQUARE = ((-100.0, -100.0), (400.0, -100.0), (400.0, 400.0), (-100.0, 400.0))


def degrees(place: Place) -> Place:
    """Near the origin, on a sphere: to a centimetre over these distances."""
    east_m, north_m = place
    north_deg = math.degrees(1 / 6_363_000.0)
    east_deg = north_deg / math.cos(math.radians(ORIGIN_DEG[1]))
    return ORIGIN_DEG[0] + east_m * east_deg, ORIGIN_DEG[1] + north_m * north_deg


def leg(name: str, start: Place, end: Place) -> ManualLeg:
    return ManualLeg(name, degrees(start), degrees(end), 50.0, 50.0, 30.0, 1.0)


LEGS = (leg("1 take-off", (0, 0), (0, 0)), leg("2 way-point", (0, 0), (300, 0)), leg("3 way-point", (300, 0), (0, 300)))


def judged(inclusion: tuple[Place, ...], *exclusions: tuple[Place, ...]) -> list[tuple[str, str]]:
    fence = {
        "inclusion_deg": [list(degrees(corner)) for corner in inclusion],
        "exclusions_deg": [[list(degrees(corner)) for corner in ring] for ring in exclusions],
    }
    return [(name, text) for name, text in check_manual_fence(LEGS, fence, ORIGIN_DEG)]


def test_a_fence_well_about_all_ways_passes() -> None:
    assert judged(SQUARE) == []


def test_a_way_that_leaves_the_fence_is_named() -> None:
    small = ((-100.0, -100.0), (200.0, -100.0), (200.0, 400.0), (-100.0, 400.0))
    assert [name for name, _ in judged(small)] == ["2 way-point", "3 way-point"]


def test_a_way_too_near_to_the_edge_is_named_with_the_distance() -> None:
    close = ((-100.0, -15.0), (400.0, -15.0), (400.0, 400.0), (-100.0, 400.0))
    found = dict(judged(close))
    assert "15" in found["2 way-point"]
    assert "40" in found["2 way-point"]


def test_a_way_through_an_exclusion_is_named() -> None:
    found = judged(SQUARE, ((140.0, -5.0), (160.0, -5.0), (160.0, 5.0), (140.0, 5.0)))
    assert [name for name, _ in found] == ["2 way-point"]
    assert "exclusion" in found[0][1]


def test_a_fence_that_does_not_fit_on_board_is_refused() -> None:
    ring = tuple((150 + 600 * math.cos(at / 10.5), 150 + 600 * math.sin(at / 10.5)) for at in range(66))
    assert any("66" in text and "64" in text for _, text in judged(ring))


@pytest.mark.parametrize("fence", [{}, {"inclusion_deg": [], "exclusions_deg": []}, {"inclusion_deg": [[0, 1]]}])
def test_what_is_no_fence_is_refused(fence: dict[str, object]) -> None:
    assert list(check_manual_fence(LEGS, fence, ORIGIN_DEG))


def test_numbers_that_are_none_are_refused() -> None:
    fence = {"inclusion_deg": [[math.nan, 54.5], [-1.4, 54.5], [-1.4, 54.6]], "exclusions_deg": []}
    assert list(check_manual_fence(LEGS, fence, ORIGIN_DEG))
