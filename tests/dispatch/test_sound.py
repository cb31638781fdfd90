"""The sound of a flight at a place, against sums over small steps and against the laws of level and distance."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from tests_support.plans import QUAD

from skystork.dispatch.noise import DAY_S, HOUR_S, Neighbourhood, NoiseMap
from skystork.dispatch.sound import BESIDE_M, energy_of, exposure_db, heard_from_way, passed
from skystork.fleet.profile import NoiseFigures
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import ReasonCode

NOISE = NoiseFigures(pass_db=67.0, hover_db=70.0, at_m=76.2, source="assumed")
LOUD = replace(QUAD, noise=NOISE)
FRAME = LocalFrame(Geodetic(54.5166, -1.5075))
NOW_S = 1_795_255_200.0
WAY, HEIGHT_M = [(0.0, 0.0), (3_000.0, 0.0), (4_000.0, 2_000.0)], 80.0


def summed(listener: tuple[float, float], step_m: float = 0.5) -> float:
    """The level way alone, in small steps."""
    energy_s = 0.0
    for (e0, n0), (e1, n1) in pairwise(WAY):
        steps = round(math.dist((e0, n0), (e1, n1)) / step_m)
        for number in range(steps):
            share = (number + 0.5) / steps
            here = (e0 + (e1 - e0) * share, n0 + (n1 - n0) * share)
            away_m = math.hypot(math.dist(here, listener), HEIGHT_M)
            seconds = math.dist((e0, n0), (e1, n1)) / steps / LOUD.cruise_air_speed_m_s
            energy_s += energy_of(NOISE.pass_db) * (NOISE.at_m / away_m) ** 2 * seconds
    return energy_s


@pytest.mark.parametrize("listener", [(1_500.0, 0.0), (1_500.0, 400.0), (3_300.0, 100.0), (-500.0, -700.0)])
def test_a_way_is_heard_as_the_sum_of_its_small_steps(listener: tuple[float, float]) -> None:
    silent = replace(LOUD, noise=replace(NOISE, hover_db=-100.0))
    assert silent.noise is not None
    exact_s = heard_from_way(silent, silent.noise, WAY, HEIGHT_M, listener)
    assert exposure_db(exact_s) == pytest.approx(exposure_db(summed(listener)), abs=0.01)


def test_a_pass_from_far_to_far_is_its_greatest_level_and_its_duration() -> None:
    level_s = passed(NOISE, NOISE.pass_db, aside_m=NOISE.at_m, from_m=-1e7, to_m=1e7, speed_m_s=15.0)
    assert exposure_db(level_s) == pytest.approx(NOISE.pass_db + 10 * math.log10(math.pi * NOISE.at_m / 15.0), abs=1e-3)
    far_s = passed(NOISE, NOISE.pass_db, aside_m=2 * NOISE.at_m, from_m=-1e7, to_m=1e7, speed_m_s=15.0)
    assert exposure_db(level_s) - exposure_db(far_s) == pytest.approx(10 * math.log10(2), abs=1e-3)


def test_a_doorstep_hears_the_drop_and_another_street_hardly() -> None:
    at_door = exposure_db(heard_from_way(LOUD, NOISE, WAY, HEIGHT_M, WAY[-1]))
    on_the_way = exposure_db(heard_from_way(LOUD, NOISE, WAY, HEIGHT_M, WAY[1]))
    away = exposure_db(heard_from_way(LOUD, NOISE, WAY, HEIGHT_M, (4_000.0, 4_000.0)))
    assert at_door > on_the_way + 5 > away + 10
    garden = (WAY[-1][0], WAY[-1][1] + BESIDE_M)
    assert exposure_db(heard_from_way(LOUD, NOISE, WAY, HEIGHT_M, garden)) == pytest.approx(at_door, abs=0.5)


def quarter(east_m: float, north_m: float, **budgets: float) -> Neighbourhood:
    corners = ((-200.0, -200.0), (200.0, -200.0), (200.0, 200.0), (-200.0, 200.0))
    outline = tuple(FRAME.to_geodetic(east_m + east, north_m + north) for east, north in corners)
    return Neighbourhood("Mill Lane", outline, **budgets)  # type: ignore[arg-type]


def test_a_neighbourhood_beside_the_way_hears_it_and_one_without_a_budget_of_sound_is_not_reckoned() -> None:
    over, beside = (
        NoiseMap((quarter(1_500.0, north_m, leq_per_hour_db=50.0),), FRAME).heard(LOUD, (WAY, HEIGHT_M), (WAY, 105.0))
        for north_m in (0.0, 700.0)
    )
    assert over[0][1] > beside[0][1] + 6
    counted = NoiseMap((quarter(1_500.0, 0.0, flights_per_day=3),), FRAME)
    assert counted.heard(LOUD, (WAY, HEIGHT_M)) == () == counted.heard(QUAD, (WAY, HEIGHT_M))


def test_the_flight_that_would_go_over_the_budget_waits_until_enough_is_an_hour_old() -> None:
    area = quarter(1_500.0, 0.0, leq_per_hour_db=52.0)
    noise = NoiseMap((area,), FRAME)
    ((name, level_db),) = noise.heard(LOUD, (WAY, HEIGHT_M), (WAY, 105.0))
    bears = math.floor(energy_of(52.0) * HOUR_S / energy_of(level_db))
    assert bears >= 2
    before = {name: [(NOW_S - 3_000.0 + number, level_db) for number in range(bears)]}
    assert not list(noise.too_loud(((name, level_db),), {name: before[name][1:]}, NOW_S))
    (reason,) = noise.too_loud(((name, level_db),), before, NOW_S)
    assert (reason.code, reason.zone, reason.limit) == (ReasonCode.NOISE, "Mill Lane", 52.0)
    assert "dB(A) over the last hour" in reason.text and "10:10 UTC" in reason.remedy
    assert not list(noise.too_loud(((name, level_db),), before, NOW_S + 601.0))


def test_a_flight_too_loud_alone_goes_by_road_and_the_day_is_counted_too() -> None:
    noise = NoiseMap((quarter(1_500.0, 0.0, leq_per_day_db=20.0),), FRAME)
    (reason,) = noise.too_loud((("Mill Lane", 85.0),), {}, NOW_S)
    assert reason.remedy == "by road" and "day" in reason.text
    assert reason.value == pytest.approx(85.0 - 10 * math.log10(DAY_S), abs=0.1)
