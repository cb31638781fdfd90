"""Small changes of one van and its drones: within every limit, rightly counted, and as good as any plan can be."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from skystork.dispatch.wave_check import check_wave
from skystork.dispatch.wave_effort import steps
from skystork.dispatch.wave_model import make_model
from skystork.dispatch.wave_problem import WavePlan, WaveProblem, WaveTruck
from skystork.dispatch.wave_rounds import Rounds
from skystork.dispatch.wave_search import solve_wave
from skystork.dispatch.wave_shuttles import is_shuttles


def span_wave(orders: int, seed: int, *, drones: int = 2, van_s: float = 1e9, drone_s: float = 1e9) -> WaveProblem:
    """One van on roads that are the same both ways; a third of the parcels must go by road, the last drone is slow."""
    dice = np.random.default_rng(seed)
    places = dice.uniform(0, 1_000, (orders + 1, 2))
    road = np.abs(places[:, None] - places[None]).sum(axis=2)
    flight = np.where(np.arange(orders + 1) % 3 == 1, np.inf, 2 * np.hypot(*(places - places[0]).T) / 1.5)
    flights = np.tile(flight, (drones, 1)) * np.linspace(1.0, 1.5, drones)[:, None]
    return WaveProblem(
        (WaveTruck(0, 1e9, van_s),), road[None], np.zeros_like(road)[None], np.zeros(orders + 1),
        flights, np.zeros((drones, orders + 1)), (drone_s,) * drones, span_cost=1.0,
    )  # fmt: skip


def rounds_of(problem: WaveProblem, plan: WavePlan, seed: int = 1) -> Rounds:
    close = make_model(problem, reach=20, truck_guide=0.0, drone_guide=0.0).close
    rounds = Rounds(problem, close, np.array([88_172_645_463_325_252 + seed], dtype=np.uint64))
    rounds.begin(plan)
    return rounds


def all_by_road(problem: WaveProblem) -> WavePlan:
    return WavePlan((tuple(range(1, problem.size + 1)),), ((),) * len(problem.drone_shift_s))


def least_span(problem: WaveProblem) -> float:
    """Over every way to give each order to a vehicle, the tour in its best sequence."""
    roads, best = problem.truck_time_s[0], math.inf
    for owners in itertools.product(range(1 + len(problem.drone_shift_s)), repeat=problem.size):
        loads = [
            sum(problem.drone_time_s[drone, order + 1] for order, owner in enumerate(owners) if owner == drone + 1)
            for drone in range(len(problem.drone_shift_s))
        ]
        if max(loads, default=0.0) < best:
            group = [order + 1 for order, owner in enumerate(owners) if owner == 0]
            tours = (
                math.fsum(roads[a, b] for a, b in itertools.pairwise((0, *tour, 0)))
                for tour in itertools.permutations(group)
            )
            best = min(best, max(min(tours), *loads))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_shortest_span_of_a_small_wave_is_found(seed: int) -> None:
    problem = span_wave(6, seed)
    assert is_shuttles(problem)
    rounds = rounds_of(problem, all_by_road(problem))
    rounds.go(100_000, 1.0, 0.02)
    verdict = check_wave(problem, rounds.plan())
    assert not verdict.violations
    assert verdict.cost == pytest.approx(least_span(problem))


@pytest.mark.parametrize("drones", [0, 1, 3])
def test_what_is_kept_is_a_whole_plan_as_short_as_it_was_said_to_be(drones: int) -> None:
    problem = span_wave(60, 5, drones=drones)
    rounds = rounds_of(problem, all_by_road(problem))
    spans_s = [check_wave(problem, rounds.plan()).span_s]
    for heat in (3.0, 0.3, 0.02):
        rounds.go(50_000, heat, heat)
        verdict = check_wave(problem, rounds.plan())
        assert not verdict.violations
        assert verdict.span_s == pytest.approx(rounds.span_s)
        spans_s.append(verdict.span_s)
    assert spans_s == sorted(spans_s, reverse=True)
    assert spans_s[-1] < 0.5 * spans_s[0]


def test_no_duty_is_longer_than_its_shift() -> None:
    free = span_wave(40, 6)
    long = rounds_of(free, all_by_road(free))
    long.go(50_000, 1.0, 0.02)
    flown_s = [sum(free.drone_time_s[drone, order] for order in own) for drone, own in enumerate(long.plan().flights)]
    tight = replace(free, drone_shift_s=(0.5 * flown_s[0], 0.5 * flown_s[1]))
    rounds = rounds_of(tight, all_by_road(tight))
    rounds.go(100_000, 3.0, 0.02)
    assert any(rounds.plan().flights)
    assert not check_wave(tight, rounds.plan()).violations


def test_a_wave_of_another_kind_is_not_for_small_changes() -> None:
    problem = span_wave(6, 1)
    one_way = problem.truck_time_s.copy()
    one_way[0, 1, 2] *= 2
    assert not is_shuttles(replace(problem, truck_time_s=one_way))
    assert not is_shuttles(replace(problem, span_cost=0.0))
    assert not is_shuttles(replace(problem, trucks=problem.trucks * 2))
    assert not is_shuttles(replace(problem, truck_cost=problem.truck_time_s))
    assert not is_shuttles(replace(problem, weight_kg=np.full(7, 1e9)))


@pytest.mark.parametrize("effort", [1, 40, 3_000])
def test_the_whole_search_answers_within_all_limits_after_any_effort(effort: int) -> None:
    problem = span_wave(40, 3)
    plan = solve_wave(problem, steps(effort))
    assert not check_wave(problem, plan).violations
    assert not plan.unserved
    assert plan == solve_wave(problem, steps(effort))
