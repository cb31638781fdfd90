"""What a van does next, and the one clock and scale that every candidate sequence is put on.

A sequence is of pick-ups at the depot and hand-overs at doorsteps. Travel time is the straight line times the
profile's circuity over its mean speed. Loading takes ``load_s`` once for each call at the depot, however many
parcels; a hand-over counts as done at the end of ``service_s``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from skystork.fleet.profile import VanProfile
from skystork.frames import Geodetic
from skystork.orders.order import OrderId, VehicleId


@dataclass(frozen=True, slots=True)
class VanParcel:
    """One parcel to go by road."""

    order_id: OrderId
    position: Geodetic
    """The doorstep."""
    weight_kg: float
    promised_by_s: float
    """Handed over by then, if it can be [s since the Unix epoch]."""
    earliest_s: float = -math.inf
    """Not handed over before [s since the Unix epoch]."""
    loadable_from_s: float = -math.inf
    """At the depot from then on [s since the Unix epoch]."""


@dataclass(frozen=True, slots=True)
class VanPosition:
    """A van in service: where it is free to go on from, and what is on board."""

    vehicle_id: VehicleId
    profile: VanProfile
    position: Geodetic
    free_at_s: float
    """When it can drive on from there [s since the Unix epoch]."""
    on_board: tuple[VanParcel, ...] = ()
    """Parcels that only this van can deliver."""
    driving_to: OrderId | None = None
    """The parcel on board whose doorstep it is on its way to: kept first. None also on the way to the depot."""


@dataclass(frozen=True, slots=True)
class Task:
    """One step of a sequence."""

    parcel: VanParcel
    picks: bool
    """Loaded at the depot; else handed over."""


@dataclass(frozen=True, slots=True)
class TimedTask:
    """A step with its times."""

    task: Task
    distance_m: float
    """By road from the step before [m]."""
    arrives_s: float
    done_s: float
    """Loaded, or handed over [s since the Unix epoch]."""
    lateness_s: float


@dataclass(frozen=True, slots=True)
class TimedRoute:
    """A sequence put on the clock; ends at the depot."""

    tasks: tuple[TimedTask, ...]
    distance_m: float
    returns_s: float
    late: int
    """Hand-overs after their promise."""
    lateness_s: float
    fits: bool
    """Never more on board than the van carries, and nothing handed over that was not on board."""

    def key(self, energy_j_per_m: float) -> tuple[float, float, float]:
        """What is to be least, in this order: lateness, late hand-overs, energy."""
        return self.lateness_s, float(self.late), self.distance_m * energy_j_per_m


def road_m(first_enu_m: tuple[float, float], second_enu_m: tuple[float, float], profile: VanProfile) -> float:
    """Road distance foreseen: the straight line times the circuity [m]."""
    return math.dist(first_enu_m, second_enu_m) * profile.circuity


@dataclass(frozen=True, slots=True)
class Clock:
    """Times sequences of one van."""

    van: VanPosition
    start_enu_m: tuple[float, float]
    doorsteps_enu_m: dict[OrderId, tuple[float, float]]
    """The depot is the origin."""
    now_s: float

    def time(self, tasks: Sequence[Task]) -> TimedRoute:
        """Drive a sequence from where the van is and back to the depot.

        A parcel on board that the sequence does not hand over is left out of the load.
        """
        profile, here, now_s = self.van.profile, self.start_enu_m, max(self.now_s, self.van.free_at_s)
        handed = {task.parcel.order_id for task in tasks if not task.picks}
        on_board = {parcel.order_id: parcel.weight_kg for parcel in self.van.on_board if parcel.order_id in handed}
        timed, distance_m, fits, picking = list[TimedTask](), 0.0, True, False
        for task in tasks:
            there = (0.0, 0.0) if task.picks else self.doorsteps_enu_m[task.parcel.order_id]
            leg_m = road_m(here, there, profile)
            arrives_s = now_s + leg_m / profile.speed_m_s
            if task.picks:
                now_s = max(arrives_s + (0.0 if picking else profile.load_s), task.parcel.loadable_from_s)
                on_board[task.parcel.order_id] = task.parcel.weight_kg
                fits = fits and self._holds(on_board)
                late_s = 0.0
            else:
                now_s = max(arrives_s + profile.service_s, task.parcel.earliest_s)
                fits = fits and on_board.pop(task.parcel.order_id, None) is not None
                late_s = max(0.0, now_s - task.parcel.promised_by_s)
            timed.append(TimedTask(task, leg_m, arrives_s, now_s, late_s))
            here, distance_m, picking = there, distance_m + leg_m, task.picks
        home_m = road_m(here, (0.0, 0.0), profile)
        return TimedRoute(
            tasks=tuple(timed),
            distance_m=distance_m + home_m,
            returns_s=now_s + home_m / profile.speed_m_s,
            late=sum(step.lateness_s > 0 for step in timed),
            lateness_s=math.fsum(step.lateness_s for step in timed),
            fits=fits and not on_board,
        )

    def _holds(self, on_board: dict[OrderId, float]) -> bool:
        profile = self.van.profile
        return len(on_board) <= profile.capacity_parcels and math.fsum(on_board.values()) <= profile.capacity_kg + 1e-9
