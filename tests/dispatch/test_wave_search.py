"""Small waves against every possible plan, and what the search promises whatever the wave."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from skystork.dispatch.wave_check import check_wave
from skystork.dispatch.wave_effort import steps
from skystork.dispatch.wave_problem import WavePlan, WaveProblem, WaveTruck
from skystork.dispatch.wave_search import solve_wave
from skystork.dispatch.wave_settings import WaveSettings


def scattered(orders: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances between scattered doorsteps: by road (not the same both ways), and out and back by air."""
    dice = np.random.default_rng(seed)
    places = dice.uniform(0, 1_000, (orders + 1, 2))
    road = np.abs(places[:, None] - places[None]).sum(axis=2) * dice.uniform(1.0, 1.1, (orders + 1, orders + 1))
    return road, 2 * np.hypot(*(places - places[0]).T)


def makespan_wave(orders: int, seed: int, *, drones: int = 2) -> WaveProblem:
    """One truck, drones half as fast again; a third of the parcels must go by road."""
    road, air = scattered(orders, seed)
    flight = np.where(np.arange(orders + 1) % 3 == 1, np.inf, air / 1.5)
    return WaveProblem(
        (WaveTruck(0, 1e9, 1e9),), road[None], np.zeros_like(road)[None], np.zeros(orders + 1),
        np.tile(flight, (drones, 1)), np.zeros((drones, orders + 1)), (1e9,) * drones, span_cost=1.0,
    )  # fmt: skip


def cost_wave(orders: int, seed: int, *, shift_s: float = 3_500.0, trucks: int = 2, kinds: int = 1) -> WaveProblem:
    """Trucks of limited load and shift, drones of limited shift, the distance costs."""
    road, air = scattered(orders, seed)
    weight = np.where(np.arange(orders + 1) % 4 == 3, 6.0, 1.0)
    weight[0] = 0.0
    flight = np.where(weight > 2.0, np.inf, air)
    roads = np.stack([road * (1 + 0.3 * kind) for kind in range(kinds)])
    return WaveProblem(
        tuple(WaveTruck(k % kinds, 12.0, shift_s, leaving_cost=50.0) for k in range(trucks)),
        roads, roads * 1.25, weight, np.tile(flight, (2, 1)), np.tile(air * 0.3, (2, 1)), (2_500.0, 1_500.0),
    )  # fmt: skip


def brute_force(problem: WaveProblem) -> float:
    """Least cost over every way to give each order to a vehicle, every tour in its best sequence."""
    trucks, drones = len(problem.trucks), len(problem.drone_shift_s)
    best = math.inf
    for owners in itertools.product(range(trucks + drones), repeat=problem.size):
        groups = [tuple(o + 1 for o in range(problem.size) if owners[o] == v) for v in range(trucks + drones)]
        tours = tuple(
            min(itertools.permutations(group), key=lambda tour, k=k: _time_s(problem, k, tour)) if group else ()
            for k, group in enumerate(groups[:trucks])
        )
        verdict = check_wave(problem, WavePlan(tours, tuple(groups[trucks:])))
        if not verdict.violations:
            best = min(best, verdict.cost)
    return best


def _time_s(problem: WaveProblem, truck: int, tour: tuple[int, ...]) -> float:
    matrix = problem.truck_time_s[problem.trucks[truck].kind]
    return math.fsum(matrix[a, b] for a, b in itertools.pairwise((0, *tour, 0)))


@pytest.mark.parametrize("seed", range(4))
def test_the_shortest_span_of_a_small_wave_is_found(seed: int) -> None:
    problem = makespan_wave(6, seed)
    assert check_wave(problem, solve_wave(problem, steps(3_000))).cost == pytest.approx(brute_force(problem))


@pytest.mark.parametrize("seed", range(4))
def test_the_cheapest_plan_of_a_small_wave_is_found(seed: int) -> None:
    problem = cost_wave(5, seed)
    plan = solve_wave(problem, steps(3_000))
    assert not check_wave(problem, plan).violations
    assert not plan.unserved
    assert check_wave(problem, plan).cost == pytest.approx(brute_force(problem))


def test_no_truck_is_given_more_parcels_than_it_holds() -> None:
    problem = cost_wave(5, 7, shift_s=20_000.0)
    problem = replace(problem, trucks=tuple(replace(truck, capacity_parcels=2) for truck in problem.trucks))
    plan = solve_wave(problem, steps(3_000))
    assert not check_wave(problem, plan).violations
    assert check_wave(problem, plan).cost == pytest.approx(brute_force(problem))


def test_trucks_of_two_kinds_each_drive_by_their_own_matrix() -> None:
    problem = cost_wave(5, 7, kinds=2)
    assert check_wave(problem, solve_wave(problem, steps(3_000))).cost == pytest.approx(brute_force(problem))


@pytest.mark.parametrize("effort", [1, 40, 4_000])
def test_there_is_an_answer_within_all_limits_after_any_effort(effort: int) -> None:
    problem = cost_wave(60, 3, trucks=12)
    plan = solve_wave(problem, steps(effort))
    assert not check_wave(problem, plan).violations
    assert not plan.unserved


def test_more_effort_does_not_cost_more() -> None:
    problem = cost_wave(60, 3, trucks=12)
    little, much = (check_wave(problem, solve_wave(problem, steps(effort))).cost for effort in (40, 20_000))
    assert much < little


def test_the_same_seed_and_steps_give_the_same_plan() -> None:
    problem = cost_wave(40, 5, trucks=8)
    first, second = (solve_wave(problem, steps(2_000), settings=WaveSettings(seed=9)) for _ in range(2))
    assert first == second
    assert first != solve_wave(problem, steps(2_000), settings=WaveSettings(seed=10))


def test_a_given_plan_is_never_made_worse_and_its_missing_orders_are_placed() -> None:
    problem = cost_wave(40, 5, trucks=8)
    good = solve_wave(problem, steps(20_000))
    again = solve_wave(problem, steps(1), start=good)
    assert check_wave(problem, again).cost <= check_wave(problem, good).cost + 1e-6
    tours = tuple(tour[1:] for tour in good.tours)
    repaired = solve_wave(problem, steps(50), start=WavePlan(tours, good.flights))
    assert not repaired.unserved
    assert not check_wave(problem, repaired).violations


def test_orders_that_find_no_place_are_named_and_the_others_served() -> None:
    problem = cost_wave(30, 2, trucks=1, shift_s=2_000.0)
    plan = solve_wave(problem, steps(4_000))
    assert plan.unserved
    assert not check_wave(problem, plan).violations
    assert sum(map(len, (*plan.tours, *plan.flights))) + len(plan.unserved) == 30


def test_a_wave_without_orders_or_of_one_kind_of_vehicle_only_has_a_plan() -> None:
    assert solve_wave(cost_wave(0, 1), steps(10)) == WavePlan(((), ()), ((), ()))
    road, air = scattered(8, 4)
    nothing = np.zeros((0, 9, 9))
    by_air = WaveProblem((), nothing, nothing, np.zeros(9), air[None], air[None], (1e9,))
    assert sorted(solve_wave(by_air, steps(50)).flights[0]) == list(range(1, 9))
    truck = WaveTruck(0, 1e9, 1e9)
    by_road = WaveProblem((truck,), road[None], road[None], np.zeros(9), np.zeros((0, 9)), np.zeros((0, 9)), ())
    assert sorted(solve_wave(by_road, steps(50)).tours[0]) == list(range(1, 9))


def test_a_truck_is_kept_at_home_where_one_tour_is_enough() -> None:
    """The shift allows one tour for all; a first plan that used both trucks must not stay so."""
    problem = cost_wave(12, 8, shift_s=20_000.0)
    problem = WaveProblem(
        tuple(WaveTruck(0, 100.0, 20_000.0, leaving_cost=5_000.0) for _ in problem.trucks),
        problem.truck_time_s, problem.truck_cost, problem.weight_kg, np.full((2, 13), np.inf),
        problem.drone_cost, problem.drone_shift_s,
    )  # fmt: skip
    plan = solve_wave(problem, steps(4_000), start=WavePlan((tuple(range(1, 7)), tuple(range(7, 13))), ((), ())))
    assert sum(1 for tour in plan.tours if tour) == 1
