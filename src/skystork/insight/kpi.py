"""The report of a day: what was delivered, how well the promises were kept, what it took.

Van distance is that of the calls that happened (depot, doorsteps in the order served, depot), by road; plans are
not counted, because each replaces the one before.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from skystork.frames import Geodetic
from skystork.insight.carbon import (
    CHARGER_EFFICIENCY,
    JOULES_PER_KWH,
    Carbon,
    battery_kg,
    diesel_van_kg,
    electric_van_kg,
    short_tour_m,
    way_m,
)
from skystork.insight.order_story import EventRow, OrderStory, Stories, tell_stories
from skystork.orders.order import Mode


@dataclass(frozen=True, slots=True)
class RobotRoad:
    """What the figures need to know of a robot."""

    circuity: float
    """Pavement over straight distance."""
    energy_j_per_m: float
    """From its battery, per metre of pavement [J/m]."""


@dataclass(frozen=True, slots=True)
class RoadModel:
    """What the figures need to know of the site's roads and vans."""

    depot: Geodetic
    circuity: float
    """Road distance over straight distance."""
    energy_j_per_m: float
    """Of the van, per metre of road [J/m]."""
    slot_s: float
    """For the comparison one diesel tour serves the orders accepted within this [s]."""
    robots: Mapping[str, RobotRoad] = field(default_factory=dict)
    """By vehicle."""


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of everything the ledger holds."""

    accepted: int
    delivered_by_drone: int
    delivered_by_van: int
    delivered_by_robot: int
    delivered_by_partner: int
    undeliverable: int
    cancelled: int
    open: int
    refusals: Mapping[Mode, Mapping[str, int]]
    """Orders refused to a mode, by the code of the reason; an order counts once for each code."""
    later_promises: int
    """Orders that were offered a later time, because the shortest promise would not have been kept."""
    promises_due: int
    """First promises that are decided: delivered, given up, or past."""
    promises_kept: int
    told_before_late: int
    """Of the broken ones, those whose customer heard before the time passed."""
    told_after_late: int
    """Of the broken ones, those whose customer heard only then."""
    told_latest_s: float
    """How long after the time passed the last of these heard [s]; 0 where there is none."""
    median_minutes: Mapping[Mode, float]
    """Acceptance to delivery; only modes with deliveries."""
    p95_minutes: Mapping[Mode, float]
    drone_energy_kwh: float
    """From the socket."""
    van_energy_kwh: float
    robot_energy_kwh: float
    """From the socket."""
    van_distance_km: float
    carbon: Carbon
    flights: int
    parcels_returned: int
    contingencies: Mapping[str, int]

    @property
    def promises_kept_percent(self) -> float:
        """Of those due [%]; 100 where none is."""
        return 100.0 * self.promises_kept / self.promises_due if self.promises_due else 100.0


def make_report(events: Iterable[EventRow], road: RoadModel) -> Report:
    """Fold the ledger's events, oldest first, into the report."""
    stories = tell_stories(events)
    orders = list(stories.orders.values())
    due = [story for story in orders if _is_due(story, stories.last_s)]
    broken = [story for story in due if not _is_kept(story)]
    drone_j = math.fsum(stories.flight_energy_j.get(flight_id, 0.0) for flight_id in sorted(stories.landed))
    van_m, robot_j = _van_distance_m(stories, road), _robot_energy_j(stories, road)
    minutes = {mode: _minutes(orders, mode) for mode in Mode}
    return Report(
        accepted=len(orders),
        delivered_by_drone=len(minutes[Mode.DRONE]),
        delivered_by_van=len(minutes[Mode.VAN]),
        delivered_by_robot=len(minutes[Mode.ROBOT]),
        delivered_by_partner=len(minutes[Mode.PARTNER]),
        undeliverable=sum(story.undeliverable for story in orders),
        cancelled=sum(story.cancelled for story in orders),
        open=sum(not (story.delivered_s is not None or story.undeliverable or story.cancelled) for story in orders),
        refusals={mode: _refusals(orders, mode) for mode in (Mode.DRONE, Mode.VAN)},
        later_promises=sum(story.offered_later for story in orders),
        promises_due=len(due),
        promises_kept=len(due) - len(broken),
        told_before_late=sum(_told_late_s(story) <= 0 for story in broken),
        told_after_late=sum(0 < _told_late_s(story) < math.inf for story in broken),
        told_latest_s=max((late_s for each in broken if 0 < (late_s := _told_late_s(each)) < math.inf), default=0.0),
        median_minutes={mode: percentile(values, 50) for mode, values in minutes.items() if values},
        p95_minutes={mode: percentile(values, 95) for mode, values in minutes.items() if values},
        drone_energy_kwh=drone_j / CHARGER_EFFICIENCY / JOULES_PER_KWH,
        van_energy_kwh=van_m * road.energy_j_per_m / JOULES_PER_KWH,
        robot_energy_kwh=robot_j / CHARGER_EFFICIENCY / JOULES_PER_KWH,
        van_distance_km=van_m / 1e3,
        carbon=Carbon(
            battery_kg(drone_j),
            electric_van_kg(van_m),
            battery_kg(robot_j),
            diesel_kg=diesel_van_kg(_diesel_distance_m(orders, road)),
        ),
        flights=stories.flights,
        parcels_returned=stories.parcels_returned,
        contingencies=dict(sorted(stories.contingencies.items())),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank: the least value that at least so many per cent do not exceed."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def _is_due(story: OrderStory, last_s: float) -> bool:
    if story.promised_by_s is None or story.cancelled:
        return False
    return story.delivered_s is not None or story.undeliverable or story.promised_by_s < last_s


def _is_kept(story: OrderStory) -> bool:
    return (
        story.promised_by_s is not None and story.delivered_s is not None and story.delivered_s <= story.promised_by_s
    )


def _told_late_s(story: OrderStory) -> float:
    """After the promise passed, when the customer first heard of it [s]; 0 or less in time, ``inf`` never."""
    if story.promised_by_s is None:
        return math.inf
    return min(story.told_s, default=math.inf) - story.promised_by_s


def _minutes(orders: Sequence[OrderStory], mode: Mode) -> list[float]:
    return [
        (story.delivered_s - story.accepted_s) / 60
        for story in orders
        if story.mode is mode and story.delivered_s is not None
    ]


def _refusals(orders: Sequence[OrderStory], mode: Mode) -> dict[str, int]:
    counts = Counter(code for story in orders for refused, code in story.refusals if refused is mode)
    return dict(sorted(counts.items()))


def _van_distance_m(stories: Stories, road: RoadModel) -> float:
    ways = [[place or road.depot for place in places] for places in stories.van_places.values()]
    return math.fsum(way_m(way, road.depot, road.circuity) for way in ways)


def _robot_energy_j(stories: Stories, road: RoadModel) -> float:
    """Of every hand-over, out and home; a robot that the site has no more is not counted."""
    trips = ((road.robots.get(vehicle_id), doorstep) for vehicle_id, doorstep in stories.robot_calls)
    return math.fsum(
        way_m([doorstep], road.depot, robot.circuity) * robot.energy_j_per_m for robot, doorstep in trips if robot
    )


def _diesel_distance_m(orders: Sequence[OrderStory], road: RoadModel) -> float:
    """One tour for each slot of acceptance, over everything that was delivered by whatever mode."""
    waves: dict[int, list[Geodetic]] = {}
    for story in orders:
        if story.delivered_s is not None:
            waves.setdefault(math.floor(story.accepted_s / road.slot_s), []).append(story.drop_off)
    return math.fsum(short_tour_m(wave, road.depot, road.circuity) for wave in waves.values())
