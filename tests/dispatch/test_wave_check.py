"""The independent check of a wave's plan: every limit on its own, and the cost by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skystork.dispatch.wave_check import check_wave
from skystork.dispatch.wave_problem import WavePlan, WaveProblem, WaveTruck

ROAD = np.array([[0, 10, 20, 30], [11, 0, 12, 13], [21, 22, 0, 23], [31, 32, 33, 0]], dtype=float)
WAVE = WaveProblem(
    trucks=(WaveTruck(0, 5.0, 100.0, leaving_cost=7.0), WaveTruck(0, 5.0, 100.0)),
    truck_time_s=ROAD[None],
    truck_cost=2 * ROAD[None],
    weight_kg=np.array([0.0, 3.0, 2.0, 1.0]),
    drone_time_s=np.array([[0.0, np.inf, 40.0, 50.0]]),
    drone_cost=np.array([[0.0, 0.0, 4.0, 5.0]]),
    drone_shift_s=(60.0,),
    span_cost=0.5,
)


def test_arcs_departures_flights_and_the_span_are_counted() -> None:
    verdict = check_wave(WAVE, WavePlan(((1, 2), ()), ((3,),)))
    assert verdict.violations == ()
    assert verdict.span_s == 50.0  # the drone: the tour takes 10 + 12 + 21
    assert verdict.cost == pytest.approx(7.0 + 2 * 43.0 + 5.0 + 0.5 * 50.0)


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (WavePlan(((1, 2, 3), ()), ((),)), "truck 0 is loaded with 6 kg, it carries 5 kg"),
        (WavePlan(((3, 2), (1,)), ((),)), None),
        (WavePlan(((1,), ()), ((2, 3),)), "drone 0 flies 90 s, its shift is 60 s"),
        (WavePlan(((2, 3), ()), ((1,),)), "drone 0 flies inf s, its shift is 60 s"),
        (WavePlan(((1, 2), ()), ((),)), "orders [3] are forgotten"),
        (WavePlan(((1, 2), ()), ((),), unserved=(3,)), None),
        (WavePlan(((1, 2), (3,)), ((3,),)), "order 3 is planned 2 times"),
        (WavePlan(((1, 2, 4), ()), ((3,),)), "order 4 does not exist"),
        (WavePlan(((1, 2),), ((3,),)), "1 tours and 1 duties for 2 trucks and 1 drones"),
    ],
)
def test_each_broken_limit_is_named(plan: WavePlan, says: str | None) -> None:
    assert check_wave(WAVE, plan).violations == (() if says is None else (says,))


def test_more_parcels_than_the_truck_holds_are_named() -> None:
    small = replace(WAVE, trucks=(replace(WAVE.trucks[0], capacity_parcels=1), WAVE.trucks[1]))
    broken = check_wave(small, WavePlan(((1, 2), ()), ((3,),))).violations
    assert broken == ("truck 0 is loaded with 2 parcels, it carries 1",)


def test_a_tour_longer_than_the_shift_is_named() -> None:
    short = WaveProblem(
        (WaveTruck(0, 9.0, 60.0),), ROAD[None], ROAD[None], WAVE.weight_kg, WAVE.drone_time_s, WAVE.drone_cost, (60.0,)
    )
    verdict = check_wave(short, WavePlan(((1, 2, 3),), ((),)))
    assert verdict.violations == ("truck 0 is out for 76 s, its shift is 60 s",)
