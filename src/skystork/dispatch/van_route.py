"""What a van carries, where it is, and one route of pick-ups and hand-overs as values.

Loading at the depot takes ``load_s`` once for each call there, however many parcels; collecting elsewhere takes
``service_s``. A hand-over counts as done at the end of ``service_s``.
"""

from __future__ import annotations

import math
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
    """At the depot, or where it is collected, from then on [s since the Unix epoch]."""
    collected_at: Geodetic | None = None
    """Where it waits when that is not the depot: beside a drone that came down at a rally point."""
    ahead_s: float = 0.0
    """Aimed at so long before the promise: legs take longer than planned, and orders are added on the way [s]."""

    @property
    def aim_s(self) -> float:
        """Handed over by then, where no promise breaks by it [s since the Unix epoch]."""
        return self.promised_by_s - self.ahead_s


@dataclass(frozen=True, slots=True)
class Rest:
    """The driver's rest: after the first stop that ends then or later."""

    from_s: float
    """[s since the Unix epoch]"""
    duration_s: float


@dataclass(frozen=True, slots=True)
class VanPosition:
    """A van in service: where it is free to go on from, and what is on board."""

    vehicle_id: VehicleId
    profile: VanProfile
    position: Geodetic
    free_at_s: float
    """When it can drive on from there, its shift's start at the earliest [s since the Unix epoch]."""
    on_board: tuple[VanParcel, ...] = ()
    """Parcels that only this van can deliver."""
    driving_to: OrderId | None = None
    """The parcel on board whose doorstep it is on its way to: kept first. None also on the way to the depot."""
    collecting: VanParcel | None = None
    """The parcel it is on its way to collect, away from the depot: kept first, and its own."""
    told_next: OrderId | None = None
    """The parcel whose stop the driver was told to go to next: kept first unless a promise breaks by it."""
    shift_ends_s: float = math.inf
    """Back at the depot by then [s since the Unix epoch]."""
    rest: Rest | None = None
    battery_fraction: float = 1.0
    """Of the usable charge; only where the profile counts it."""


@dataclass(frozen=True, slots=True)
class Task:
    """One step of a route."""

    parcel: VanParcel
    picks: bool
    """Loaded or collected; else handed over."""


def head_of(van: VanPosition, *, with_told: bool) -> tuple[Task, ...]:
    """What stays first in a van's route whatever is planned."""
    by_id = {parcel.order_id: parcel for parcel in van.on_board}
    head = [Task(van.collecting, picks=True)] if van.collecting is not None else []
    stops = [van.driving_to, van.told_next if with_told else None]
    return (*head, *(Task(by_id[order_id], picks=False) for order_id in dict.fromkeys(stops) if order_id in by_id))
