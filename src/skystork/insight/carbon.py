"""Greenhouse gases of the deliveries, well to wheel, and of the same orders by diesel van.

Factors: UK government conversion factors for company reporting, DESNZ 2025 (Open Government Licence v3). They count
CO2, CH4 and N2O as CO2e. Building vehicles and batteries is not included. The frame is ISO 14083:2023: well to wheel,
empty running included.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from skystork.frames import Geodetic, LocalFrame

GENERATION_KG_PER_KWH = 0.177
"""UK electricity generated [kg CO2e/kWh]; DESNZ 2025, managed assets, electricity."""
TRANSMISSION_KG_PER_KWH = 0.177 * 0.00721 / 0.07609
"""Losses of transmission and distribution [kg CO2e/kWh]; DESNZ 2025, the ratio of its two class III e-van figures."""
UPSTREAM_KG_PER_KWH = 0.0459 + 0.00397
"""Well to tank of generation and of the losses [kg CO2e/kWh]; DESNZ 2025, WTT UK electricity."""
ELECTRICITY_KG_PER_KWH = GENERATION_KG_PER_KWH + TRANSMISSION_KG_PER_KWH + UPSTREAM_KG_PER_KWH
"""Well to socket [kg CO2e/kWh]."""
ELECTRIC_VAN_KG_PER_KM = 0.07609 + 0.00721 + 0.01979
"""Class III (1.74-3.5 t) battery electric: use, losses, well to tank [kg CO2e/km]; DESNZ 2025."""
DIESEL_VAN_KG_PER_KM = 0.27878 + 0.06706
"""Class III diesel: tank to wheel and well to tank [kg CO2e/km]; DESNZ 2025."""
CHARGER_EFFICIENCY = 0.88
"""Battery energy over socket energy; Rodrigues et al., Patterns 3:100569 (2022)."""
JOULES_PER_KWH = 3.6e6
MOST_SWEEPS = 20
"""Rounds of exchange over the comparison tour; it is short of improvements long before."""


@dataclass(frozen=True, slots=True)
class Carbon:
    """Emissions of the deliveries made [kg CO2e]."""

    drone_kg: float
    van_kg: float
    robot_kg: float
    diesel_kg: float
    """The same orders by diesel van."""

    @property
    def total_kg(self) -> float:
        """As delivered [kg CO2e]."""
        return self.drone_kg + self.van_kg + self.robot_kg

    @property
    def saved_fraction(self) -> float:
        """Share of the diesel van's emissions avoided; negative where it is worse, 0 where nothing was delivered."""
        return 1 - self.total_kg / self.diesel_kg if self.diesel_kg > 0 else 0.0


def battery_kg(battery_j: float) -> float:
    """Emissions of energy drawn from the batteries of drones or robots [kg CO2e]."""
    return battery_j / CHARGER_EFFICIENCY / JOULES_PER_KWH * ELECTRICITY_KG_PER_KWH


def electric_van_kg(distance_m: float) -> float:
    """Emissions of an electric van's way by road [kg CO2e]."""
    return distance_m / 1e3 * ELECTRIC_VAN_KG_PER_KM


def diesel_van_kg(distance_m: float) -> float:
    """Emissions of a diesel van's way by road [kg CO2e]."""
    return distance_m / 1e3 * DIESEL_VAN_KG_PER_KM


def way_m(places: Sequence[Geodetic], depot: Geodetic, circuity: float) -> float:
    """By road from the depot through the places, in order, and back [m]; 0 without any."""
    frame = LocalFrame(depot)
    return _tour_m([frame.to_enu_m(place) for place in places]) * circuity


def short_tour_m(doorsteps: Sequence[Geodetic], depot: Geodetic, circuity: float) -> float:
    """A short tour by road over all doorsteps, for comparison [m].

    Nearest neighbour, then 2-opt (Croes, Operations Research 6:791, 1958). No promise, capacity or working time is
    asked of it, so it flatters the van it stands for.
    """
    frame = LocalFrame(depot)
    left, tour = [frame.to_enu_m(doorstep) for doorstep in doorsteps], list[tuple[float, float]]()
    here = (0.0, 0.0)
    while left:
        here = min(left, key=lambda place: (math.dist(here, place), place))
        left.remove(here)
        tour.append(here)
    for _ in range(MOST_SWEEPS):
        if not _exchange_once(tour):
            break
    return _tour_m(tour) * circuity


def _exchange_once(tour: list[tuple[float, float]]) -> bool:
    """One sweep of 2-opt in place; whether anything got shorter."""
    shorter, closed = False, [(0.0, 0.0), *tour, (0.0, 0.0)]
    for first in range(1, len(closed) - 2):
        for last in range(first + 1, len(closed) - 1):
            before, after = closed[first - 1], closed[last + 1]
            old_m = math.dist(before, closed[first]) + math.dist(closed[last], after)
            new_m = math.dist(before, closed[last]) + math.dist(closed[first], after)
            if new_m < old_m - 1e-9:
                closed[first : last + 1] = closed[first : last + 1][::-1]
                shorter = True
    tour[:] = closed[1:-1]
    return shorter


def _tour_m(places: Sequence[tuple[float, float]]) -> float:
    closed = [(0.0, 0.0), *places, (0.0, 0.0)]
    return sum(math.dist(first, second) for first, second in itertools.pairwise(closed))
