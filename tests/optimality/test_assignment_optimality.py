"""The assignment against every possible sequence of flights, on instances small enough to try them all."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest

from skystork.dispatch.assignment import Assignment, Awaiting, Unassigned, assign
from skystork.dispatch.cost import Cost, DroneAvailability, WaitingOrder, time_sequence, total_cost
from skystork.dispatch.flight_estimate import FlightEstimate
from skystork.dispatch.rules import SiteRules
from skystork.fleet.profile import Airframe, DroneProfile, PowerModel
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel, VehicleId

NOW_S = 1_000.0
RULES = SiteRules()


def profile(name: str, turnaround_s: float) -> DroneProfile:
    return DroneProfile(
        name=name,
        airframe=Airframe.LIFT_AND_CRUISE,
        empty_mass_kg=35.4,
        payload_limit_kg=2.268,
        box_m=(0.4, 0.3, 0.2),
        cruise_air_speed_m_s=30.0,
        max_air_speed_m_s=35.0,
        climb_speed_m_s=4.0,
        descent_speed_m_s=3.0,
        max_acceleration_m_s2=2.0,
        max_jerk_m_s3=2.0,
        battery_j=5.4e6,
        reserve_fraction=0.25,
        wind_limit_m_s=12.0,
        position_error_m=3.0,
        turnaround_s=turnaround_s,
        load_s=60.0,
        drop_height_m=7.0,
        drop_hold_s=15.0,
        power=PowerModel(6, 0.33, 1.5552, 1.0, 120.0, 0.4, 150.0, "design", 9.0, 30.0, 0.7, 21.0),
    )


FAST, SLOW = profile("fast", 180.0), profile("slow", 300.0)


def waiting_order(number: int, estimates: dict[str, FlightEstimate], left_s: float, road: bool = True) -> WaitingOrder:
    order = Order(OrderId(f"o{number}"), NOW_S, Geodetic(54.5, -1.55), Parcel(1.0, 0.3, 0.2, 0.1))
    return WaitingOrder(order, estimates, NOW_S + left_s, road)


def drone(number: int, kind: DroneProfile, ready_in_s: float, battery_j: float = 5.4e6) -> DroneAvailability:
    return DroneAvailability(VehicleId(f"d{number}"), kind, NOW_S + ready_in_s, battery_j)


def random_flight(rng: random.Random, factor: float = 1.0) -> FlightEstimate:
    out_s = rng.uniform(100, 700) * factor
    return FlightEstimate(duration_s=1.9 * out_s, time_to_drop_s=out_s, energy_j=5e5 + 2_000 * out_s)


def sequences(
    orders: Sequence[WaitingOrder], drones: Sequence[DroneAvailability]
) -> Iterator[tuple[tuple[WaitingOrder, ...], ...]]:
    """Every way to hand some of the orders to the drones, in every sequence."""
    for owners in itertools.product(range(len(drones) + 1), repeat=len(orders)):
        shares = [
            [order for order, owner in zip(orders, owners, strict=True) if owner == n] for n in range(len(drones))
        ]
        yield from itertools.product(*(itertools.permutations(share) for share in shares))


def most_on_time(orders: Sequence[WaitingOrder], drones: Sequence[DroneAvailability]) -> int:
    best = 0
    for plan in sequences(orders, drones):
        count = sum(map(len, plan))
        if count <= best:
            continue
        timed = [time_sequence(drone, share, NOW_S) for drone, share in zip(drones, plan, strict=True)]
        if all(visits is not None and all(v.cost.lateness_s == 0 for v in visits) for visits in timed):
            best = count
    return best


def cheapest_single_flights(orders: Sequence[WaitingOrder], drones: Sequence[DroneAvailability]) -> Cost | None:
    costs = []
    for chosen in itertools.permutations(drones, len(orders)):
        timed = [time_sequence(drone, [order], NOW_S) for drone, order in zip(chosen, orders, strict=True)]
        if all(visits is not None for visits in timed):
            costs.append(total_cost([visit for visits in timed for visit in visits or ()]))
    return min(costs, default=None)


@pytest.mark.parametrize("seed", range(40))
def test_with_a_drone_for_each_order_lateness_then_energy_is_the_least_possible(seed: int) -> None:
    rng = random.Random(seed)
    drones = [drone(n, rng.choice((FAST, SLOW)), ready_in_s=-10.0) for n in range(5)]
    orders = []
    for number in range(rng.randint(1, 5)):
        fast = random_flight(rng)
        estimates = {
            "fast": fast,
            "slow": FlightEstimate(fast.duration_s * 2, fast.time_to_drop_s * 2, fast.energy_j / 2),
        }
        orders.append(waiting_order(number, estimates, left_s=rng.uniform(200, 1_500), road=False))
    decisions = assign(orders, drones, now_s=NOW_S, rules=RULES)
    got = [decision for decision in decisions if isinstance(decision, Assignment)]
    best = cheapest_single_flights(orders, drones)
    assert best is not None
    lateness_s = sum(decision.cost.lateness_s for decision in decisions if not isinstance(decision, Unassigned))
    assert lateness_s <= best.lateness_s + 1e-6
    if len(got) == len(orders):
        energy_j = sum(decision.cost.energy_j for decision in got)
        assert lateness_s < best.lateness_s - 1e-6 or energy_j == pytest.approx(best.energy_j)


def on_time_of(seed: int) -> tuple[int, int]:
    """Orders on time by the dispatcher, and the most possible, with two drones for six orders."""
    rng = random.Random(seed)
    drones = [drone(1, FAST, ready_in_s=0.0), drone(2, rng.choice((FAST, SLOW)), ready_in_s=rng.uniform(-100, 900))]
    orders = []
    for number in range(6):
        fast = random_flight(rng)
        slow = FlightEstimate(fast.duration_s * 1.3, fast.time_to_drop_s * 1.3, fast.energy_j * 1.1)
        estimates = {"fast": fast} if rng.random() < 0.2 else {"fast": fast, "slow": slow}
        orders.append(waiting_order(number, estimates, left_s=rng.uniform(300, 2_400)))
    decisions = assign(orders, drones, now_s=NOW_S, rules=RULES)
    kept = sum(isinstance(d, Assignment | Awaiting) and d.cost.lateness_s == 0 for d in decisions)
    return kept, most_on_time(orders, drones)


def test_with_drones_scarce_nearly_as_many_orders_are_on_time_as_can_be() -> None:
    results = [on_time_of(seed) for seed in range(20)]
    assert all(kept >= most - 1 for kept, most in results)
    assert sum(kept for kept, _ in results) >= 0.95 * sum(most for _, most in results)
