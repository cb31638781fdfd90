"""A morning's orders and fleet as the problem of a wave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skystork.dispatch.eligibility import Eligibility
from skystork.dispatch.objective import WaveObjective
from skystork.dispatch.van_roads import Roads
from skystork.dispatch.wave_problem import Matrix, WaveProblem, WaveTruck
from skystork.fleet.profile import VanProfile
from skystork.fleet.vehicle import Drone, Van
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import Order


@dataclass(frozen=True, slots=True)
class WaveRates:
    """What a kilometre costs, in one unit. The defaults are those of Nguyen et al., EJOR 299 (2022)."""

    van_per_km: float = 1.25
    drone_per_km: float = 0.03
    leaving_cost: float = 0.0
    """For each van that leaves the depot at all."""


@dataclass(frozen=True, slots=True)
class MorningWave:
    """Who is there, and what is to be carried."""

    orders: Sequence[Order]
    eligible: Sequence[Eligibility]
    """Of each order, as given."""
    drones: Sequence[Drone]
    vans: Sequence[Van]
    depot: Geodetic
    shift_s: float
    rates: WaveRates
    roads: Roads

    def priced(self) -> WaveProblem:
        """The problem with the cost of every arc and flight, and all limits.

        Raises
        ------
        InvalidInput
            When there is no vehicle, or the shift ends before it starts.
        """
        profiles = list({van.profile.name: van.profile for van in self.vans}.values())
        kinds, stops = [profile.name for profile in profiles], len(self.orders) + 1
        places = [self.depot, *(order.drop_off for order in self.orders)]
        tables = [self.roads.tables(places, profile) for profile in profiles]
        times = [_times_s(profile, seconds) for profile, (_, seconds) in zip(profiles, tables, strict=True)]
        km = np.array([metres for metres, _ in tables]) / 1e3
        flights = [self._flights(drone) for drone in self.drones]
        return WaveProblem(
            trucks=tuple(self._truck(van.profile, kinds.index(van.profile.name)) for van in self.vans),
            truck_time_s=np.array(times).reshape(len(kinds), stops, stops),
            truck_cost=km.reshape(len(kinds), stops, stops) * self.rates.van_per_km,
            weight_kg=np.array([0.0, *self._weights_kg()]),
            drone_time_s=np.array([times_s for times_s, _ in flights]).reshape(len(flights), stops),
            drone_cost=np.array([costs for _, costs in flights]).reshape(len(flights), stops),
            drone_shift_s=(self.shift_s,) * len(flights),
        )

    def _truck(self, profile: VanProfile, kind: int) -> WaveTruck:
        leaving, parcels = self.rates.leaving_cost, profile.capacity_parcels
        return WaveTruck(kind, profile.capacity_kg, self.shift_s, leaving, parcels)

    def _weights_kg(self) -> list[float]:
        """What no van may take weighs more than any carries: the wave knows no other bar."""
        most_kg = max((van.profile.capacity_kg for van in self.vans), default=0.0)
        return [
            order.parcel.weight_kg + (most_kg if eligibility.van_reasons else 0.0)
            for order, eligibility in zip(self.orders, self.eligible, strict=True)
        ]

    def _flights(self, drone: Drone) -> tuple[list[float], list[float]]:
        """From one loading to the next, and the cost, of each order; ``inf`` where this type may not fly it."""
        profile, frame, times, costs = drone.profile, LocalFrame(self.depot), [0.0], [0.0]
        for order, eligibility in zip(self.orders, self.eligible, strict=True):
            able = next((each for each in eligibility.able if each.profile_name == profile.name), None)
            straight_m = math.hypot(*frame.to_enu_m(order.drop_off))
            times.append(math.inf if able is None else profile.load_s + able.estimate.duration_s + profile.turnaround_s)
            costs.append(2 * straight_m / 1e3 * self.rates.drone_per_km)
        return times, costs


def _times_s(profile: VanProfile, seconds: Matrix) -> Matrix:
    """Driving, loading at the depot, and service at each doorstep.

    Half of what a stop takes is counted on the way to it and half on the way from it. A tour lasts as long, and a road
    that is as quick both ways stays so: the search has quicker steps for such roads.
    """
    stays_s = np.full(len(seconds), profile.service_s)
    stays_s[0] = profile.load_s
    times: Matrix = seconds + (stays_s[:, None] + stays_s[None]) / 2
    np.fill_diagonal(times, 0.0)
    return times


def as_asked(priced: WaveProblem, objective: WaveObjective) -> WaveProblem:
    """The problem as the search is asked it: with its costs, or with the longest duty in their place."""
    if objective is WaveObjective.LEAST_COST:
        return priced
    free = tuple(replace(truck, leaving_cost=0.0) for truck in priced.trucks)
    nothing, nothing_flown = np.zeros_like(priced.truck_cost), np.zeros_like(priced.drone_cost)
    return replace(priced, trucks=free, truck_cost=nothing, drone_cost=nothing_flown, span_cost=1.0)
