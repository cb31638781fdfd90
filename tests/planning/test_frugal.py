from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import box
from tests_support.plans import QUAD

from skystork.planning.bezier import segment_points
from skystork.planning.cruise import plan_cruise
from skystork.planning.energy_bound import EnergyBudgetError, EnergyTerms, energy_bound_j
from skystork.planning.free_space import space_of
from skystork.planning.leg_energy import horizontal_energy_j
from skystork.planning.power_curve import power_curve
from skystork.planning.time_layout import Motion

WINDS = {"calm": (0.0, 0.0), "head": (-8.0, 0.0), "tail": (8.0, 0.0), "cross": (0.0, 8.0)}
RACER = replace(QUAD, cruise_air_speed_m_s=20.0, max_air_speed_m_s=22.0, power=replace(QUAD.power, drag_area_m2=0.4))
"""Goes furthest on a joule at 12 m/s."""
POWER = power_curve(RACER, payload_kg=1.0)
CLOSED = [box(400, 900, 600, 1500), box(1000, 500, 1200, 1100)]


@pytest.fixture(scope="module")
def space():
    return space_of(box(0, 0, 2000, 2000).difference(shapely.union_all(CLOSED)), 5.0)


def flown(space, terms, wind="calm"):
    path = space.paths.between((100.0, 1000.0), (1900.0, 1000.0))
    found = plan_cruise(path, space.walls, Motion(20.0, 4.0, 8.0, WINDS[wind]), energy=terms)
    assert found is not None
    return found


def exact_j(flight, wind, profile=RACER):
    return horizontal_energy_j(profile, flight.segments, payload_kg=1.0, wind_enu_m_s=WINDS[wind])


@pytest.mark.parametrize("weight", [0.0, 1e-3])
@pytest.mark.parametrize("wind", WINDS)
def test_the_bound_is_never_below_the_energy_and_within_a_hundredth_of_it(space, wind, weight):
    flight = flown(space, EnergyTerms(POWER, weight), wind).trajectory
    energy_j = exact_j(flight, wind)
    assert energy_j * (1 - 1e-9) <= flight.energy_bound_j <= 1.01 * energy_j


@pytest.mark.parametrize("wind", WINDS)
def test_the_bound_holds_for_a_wing_that_begins_to_carry_on_the_way(space, darlington, wind):
    flight = flown(space, None, wind).trajectory
    winged = replace(darlington.winged, cruise_air_speed_m_s=20.0)
    energy_j = exact_j(flight, wind, winged)
    bound_j = energy_bound_j(flight.segments, power_curve(winged, payload_kg=1.0), WINDS[wind])
    assert energy_j * (1 - 1e-3) <= bound_j <= 1.01 * energy_j  # the integral itself is cut where power jumps


@pytest.mark.parametrize("wind", WINDS)
def test_the_more_energy_weighs_the_less_is_used_and_the_longer_it_takes(space, wind):
    flights = [flown(space, EnergyTerms(POWER, weight), wind).trajectory for weight in (0.0, 5e-4, 2e-3, 2e-2)]
    energies, times = [exact_j(each, wind) for each in flights], [each.duration_s for each in flights]
    assert energies == sorted(energies, reverse=True)
    assert times == sorted(times)
    assert energies[-1] < 0.995 * energies[0]  # against the wind nearly full speed is best


def test_energy_of_no_weight_changes_nothing(space):
    assert flown(space, EnergyTerms(POWER)).trajectory.segments == flown(space, None).trajectory.segments


def test_the_cone_problem_with_energy_does_better_than_a_lower_air_speed_alone(space):
    """Which it can, since wind makes some legs worth more speed than others."""
    weight = 1e-3
    terms = EnergyTerms(POWER, weight)
    best = flown(space, terms, "cross").trajectory
    slow = []
    for speed_m_s in np.arange(12.0, 20.5, 0.5):
        path = space.paths.between((100.0, 1000.0), (1900.0, 1000.0))
        flight = plan_cruise(path, space.walls, Motion(float(speed_m_s), 4.0, 8.0, WINDS["cross"])).trajectory
        slow.append(terms.cost_s(flight.duration_s, exact_j(flight, "cross")))
    assert terms.cost_s(best.duration_s, best.energy_bound_j) < min(slow)


def test_a_frugal_flight_keeps_the_bounds_and_its_cells(space):
    found = flown(space, EnergyTerms(POWER, 2e-3), "cross")
    for index, segment in zip(found.trajectory.cells, found.trajectory.segments, strict=True):
        points = segment_points(segment)
        velocity = 5 * np.diff(points, axis=0) / segment.duration_s
        acceleration = 4 * np.diff(velocity, axis=0) / segment.duration_s
        assert np.hypot(*(velocity - np.array(WINDS["cross"])).T).max() <= 20.0 * (1 + 1e-6)
        assert np.hypot(*acceleration.T).max() <= 4.0 * (1 + 1e-6)
        cell = found.cells[index]
        assert np.max(points @ cell.normals.T - cell.offsets_m) <= 1e-3


@pytest.mark.parametrize("wind", WINDS)
def test_a_budget_is_kept_and_most_of_it_used_for_speed(space, wind):
    free, frugal = (flown(space, EnergyTerms(POWER, weight), wind).trajectory for weight in (0.0, 2e-2))
    budget_j = (free.energy_bound_j + frugal.energy_bound_j) / 2
    kept = flown(space, EnergyTerms(POWER, budget_j=budget_j), wind).trajectory
    assert exact_j(kept, wind) <= kept.energy_bound_j <= budget_j
    assert free.duration_s < kept.duration_s < frugal.duration_s


def test_a_budget_that_cannot_be_met_gives_no_flight_and_tells_what_it_takes(space):
    with pytest.raises(EnergyBudgetError, match=r"needs \d+ J at the least found, the budget is 5000 J"):
        flown(space, EnergyTerms(POWER, budget_j=5000.0))


@pytest.mark.parametrize(("weight", "budget_j"), [(-1.0, 1.0), (float("nan"), 1.0), (0.0, 0.0), (0.0, float("nan"))])
def test_absurd_terms_are_refused(weight, budget_j):
    with pytest.raises(ValueError, match="energy"):
        EnergyTerms(POWER, weight, budget_j)
