"""Noise budgets: which neighbourhoods a way leads over, and when their budget is used up."""

from __future__ import annotations

import pytest

from skystork.dispatch.noise import Neighbourhood, NoiseMap
from skystork.errors import ConfigError
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import ReasonCode

FRAME = LocalFrame(Geodetic(54.5166, -1.5075))
NOW_S = 1_795_255_200.0


def square(east_m: float, north_m: float, half_m: float = 200.0) -> tuple[Geodetic, ...]:
    corners = ((-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m))
    return tuple(FRAME.to_geodetic(east_m + east, north_m + north) for east, north in corners)


MILL = Neighbourhood("Mill Lane", square(1_000.0, 0.0), flights_per_hour=2, flights_per_day=5)
PARK = Neighbourhood("Park", square(0.0, 2_000.0), flights_per_day=0)
MAP = NoiseMap((MILL, PARK), FRAME)


def test_a_way_over_a_neighbourhood_or_to_a_doorstep_in_it_crosses_it() -> None:
    assert MAP.crossed([(0.0, 0.0), (3_000.0, 0.0)]) == ("Mill Lane",)
    assert MAP.crossed([(0.0, 0.0), (1_000.0, 100.0)]) == ("Mill Lane",)
    assert MAP.crossed([(0.0, 0.0), (-3_000.0, 0.0)], [(0.0, 0.0), (0.0, 3_000.0)]) == ("Park",)
    assert MAP.crossed([(0.0, 0.0), (3_000.0, 900.0)], ()) == ()


def test_the_budget_of_the_hour_ends_with_its_last_flight_and_opens_when_the_first_is_an_hour_old() -> None:
    flown = {"Mill Lane": [NOW_S - 3_000.0, NOW_S - 600.0]}
    (reason,) = MAP.reasons(("Mill Lane",), flown, NOW_S)
    assert (reason.code, reason.value, reason.limit, reason.zone) == (ReasonCode.NOISE, 2, 2, "Mill Lane")
    assert "10:10 UTC" in reason.remedy
    assert list(MAP.reasons(("Mill Lane",), flown, NOW_S + 601.0)) == []


def test_the_budget_of_the_day_holds_over_quiet_hours() -> None:
    flown = {"Mill Lane": [NOW_S - 80_000.0 + 10_000.0 * number for number in range(5)]}
    (reason,) = MAP.reasons(("Mill Lane",), flown, NOW_S)
    assert "day" in reason.text


def test_a_budget_of_nothing_lets_nobody_over_it_ever() -> None:
    (reason,) = MAP.reasons(("Park",), {}, NOW_S)
    assert reason.remedy == "by road"


@pytest.mark.parametrize(
    ("outline", "budget", "what"),
    [
        (square(0, 0)[:2], 5, "encloses no area"),
        ((square(0, 0)[0], square(0, 0)[2], square(0, 0)[1], square(0, 0)[3]), 5, "encloses no area"),
        (square(0, 0), None, "no budget"),
        (square(0, 0), -1, "not a number of flights"),
    ],
)
def test_what_is_no_area_or_no_budget_is_refused(outline: tuple[Geodetic, ...], budget: int | None, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        Neighbourhood("Mill Lane", outline, flights_per_hour=budget)
