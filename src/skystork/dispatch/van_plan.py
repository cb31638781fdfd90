"""A van plan as people, the map and the ledger read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from skystork.dispatch.van_route import Clock, Task, TimedRoute, TimedTask
from skystork.frames import Geodetic
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import Reason, ReasonCode

AT_DEPOT_M = 1.0
"""A van as near as this stands at the depot [m]."""


class StopKind(StrEnum):
    """What a van stops for."""

    DELIVER = "deliver"
    """One parcel is handed over."""
    LOAD = "load"
    """Parcels are loaded at the depot."""
    RETURN = "return"
    """The end, at the depot."""


@dataclass(frozen=True, slots=True)
class VanStop:
    """One stop, in the order driven."""

    kind: StopKind
    position: Geodetic
    order_ids: tuple[OrderId, ...]
    """The one handed over, those loaded, or none."""
    arrives_s: float
    eta_s: float
    """Handed over or loaded [s since the Unix epoch]."""
    lateness_s: float = 0.0
    """After the promise [s]."""
    reasons: tuple[Reason, ...] = ()
    """PROMISE with its numbers where late."""


@dataclass(frozen=True, slots=True)
class VanRoute:
    """All that one van does from now on."""

    vehicle_id: VehicleId
    stops: tuple[VanStop, ...]
    """Empty for a van that stays at the depot."""
    distance_m: float
    """By road, back to the depot included [m]."""
    energy_j: float
    slack_s: float
    """How much later it may leave without breaking a promise [s]; 0 where one breaks already, ``inf`` without any."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """A parcel that no van can carry."""

    order_id: OrderId
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class VanPlan:
    """Every van and every parcel."""

    routes: tuple[VanRoute, ...]
    """One for each van, by vehicle id."""
    unserved: tuple[Unserved, ...]

    @property
    def distance_m(self) -> float:
        """By road, all vans [m]."""
        return sum(route.distance_m for route in self.routes)

    @property
    def lateness_s(self) -> float:
        """All hand-overs [s]."""
        return sum(stop.lateness_s for route in self.routes for stop in route.stops)


def describe_route(clock: Clock, tasks: Sequence[Task], depot: Geodetic) -> VanRoute:
    """Put a van's sequence in words; pick-ups in a row are one call at the depot."""
    timed, van = clock.time(tasks), clock.van
    stops: list[VanStop] = []
    for step in timed.tasks:
        if step.task.picks and stops and stops[-1].kind is StopKind.LOAD:
            before = stops.pop()
            order_ids = (*before.order_ids, step.task.parcel.order_id)
            stops.append(VanStop(StopKind.LOAD, depot, order_ids, before.arrives_s, step.done_s))
        else:
            stops.append(_stop(step, depot))
    if timed.distance_m > AT_DEPOT_M:
        stops.append(VanStop(StopKind.RETURN, depot, (), timed.returns_s, timed.returns_s))
    return VanRoute(
        van.vehicle_id, tuple(stops), timed.distance_m, timed.distance_m * van.profile.energy_j_per_m, _slack_s(timed)
    )


def _stop(step: TimedTask, depot: Geodetic) -> VanStop:
    parcel = step.task.parcel
    if step.task.picks:
        return VanStop(StopKind.LOAD, depot, (parcel.order_id,), step.arrives_s, step.done_s)
    reasons: tuple[Reason, ...] = ()
    if step.lateness_s > 0:
        text = f"no van can be there sooner than {step.lateness_s:.0f} s after the promise without making others late"
        reasons = (Reason(ReasonCode.PROMISE, text, step.done_s, parcel.promised_by_s),)
    return VanStop(
        StopKind.DELIVER, parcel.position, (parcel.order_id,), step.arrives_s, step.done_s, step.lateness_s, reasons
    )


def _slack_s(timed: TimedRoute) -> float:
    """The least margin of any promise; a wait on the way would allow more, which is left unused."""
    margins = (step.task.parcel.promised_by_s - step.done_s for step in timed.tasks if not step.task.picks)
    return max(0.0, min(margins, default=float("inf")))
