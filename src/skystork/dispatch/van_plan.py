"""A van plan as people, the map and the ledger read it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from skystork.dispatch.van_arrays import Log, State
from skystork.dispatch.van_model import Setup
from skystork.dispatch.van_route import Task
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
    COLLECT = "collect"
    """One parcel is taken over away from the depot, where a drone came down with it."""
    CHARGE = "charge"
    """The van charges."""
    REST = "rest"
    """The driver rests where the van stands."""
    RETURN = "return"
    """The end, at the depot."""


@dataclass(frozen=True, slots=True)
class VanStop:
    """One stop, in the order driven."""

    kind: StopKind
    position: Geodetic
    order_ids: tuple[OrderId, ...]
    """The one handed over or collected, those loaded, or none."""
    arrives_s: float
    eta_s: float
    """Handed over, loaded, charged or rested [s since the Unix epoch]."""
    lateness_s: float = 0.0
    """After the promise [s]."""
    reasons: tuple[Reason, ...] = ()
    """PROMISE with its numbers where late."""
    not_before_s: float = -math.inf
    """Not loaded, or not handed over, before [s since the Unix epoch]."""


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
    """How much later it may leave without missing an aim [s]; 0 where one is missed already, ``inf`` without any."""
    over_s: float = 0.0
    """After the shift's end, with what it has on board already [s]."""

    @property
    def tasks(self) -> tuple[tuple[OrderId, bool], ...]:
        """The route as the next plan takes it up: orders, and whether picked or handed over."""
        picking = {StopKind.LOAD, StopKind.COLLECT}
        return tuple((order_id, stop.kind in picking) for stop in self.stops for order_id in stop.order_ids)


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
    roads: str = ""
    """Who says how long the ways take."""

    @property
    def distance_m(self) -> float:
        """By road, all vans [m]."""
        return sum(route.distance_m for route in self.routes)

    @property
    def energy_j(self) -> float:
        """All vans [J]."""
        return sum(route.energy_j for route in self.routes)

    @property
    def lateness_s(self) -> float:
        """All hand-overs after their promise, summed [s]."""
        return sum(stop.lateness_s for route in self.routes for stop in route.stops)


def describe_route(setup: Setup, state: State, index: int) -> VanRoute:
    """Put one van's route into words."""
    van, tasks = setup.vans[index], setup.routes(state)[setup.vans[index].vehicle_id]
    log, (_, _, metres, over_s, returns_s) = setup.log(state, index)
    stops = list[VanStop]()
    for step, task in enumerate(tasks):
        stops += _charging(setup, log, step)
        stop = _stop(setup, task, setup.now_s + float(log.arrives_s[step]), setup.now_s + float(log.done_s[step]))
        if stop.kind is StopKind.LOAD and stops and stops[-1].kind is StopKind.LOAD:
            before = stops.pop()
            stop = _loaded_together(before, stop)
        stops.append(stop)
        if log.rested[0] == step:
            rested_s = stop.eta_s + (van.rest.duration_s if van.rest else 0.0)
            stops.append(VanStop(StopKind.REST, stop.position, (), stop.eta_s, rested_s))
    stops += _charging(setup, log, len(tasks))
    if metres > AT_DEPOT_M:
        home_s = setup.now_s + returns_s
        stops.append(VanStop(StopKind.RETURN, setup.depot, (), home_s, home_s))
    over_s = max(0.0, setup.now_s + returns_s - van.shift_ends_s) if over_s > 0 else 0.0
    energy_j = metres * van.profile.energy_j_per_m
    return VanRoute(van.vehicle_id, tuple(stops), metres, energy_j, _slack_s(setup, tasks, log), over_s)


def _loaded_together(before: VanStop, stop: VanStop) -> VanStop:
    """One call at the depot: the van goes when the last of its parcels is there."""
    order_ids, not_before_s = (*before.order_ids, *stop.order_ids), max(before.not_before_s, stop.not_before_s)
    return replace(stop, order_ids=order_ids, arrives_s=before.arrives_s, not_before_s=not_before_s)


def _charging(setup: Setup, log: Log, step: int) -> list[VanStop]:
    place = int(log.charger[step])
    if place < 0:
        return []
    from_s, until_s = setup.now_s + float(log.charged_from_s[step]), setup.now_s + float(log.charged_until_s[step])
    return [VanStop(StopKind.CHARGE, setup.places[place], (), from_s, until_s)]


def _stop(setup: Setup, task: Task, arrives_s: float, done_s: float) -> VanStop:
    parcel = task.parcel
    if task.picks:
        kind = StopKind.LOAD if parcel.collected_at is None else StopKind.COLLECT
        place, ready_s = parcel.collected_at or setup.depot, parcel.loadable_from_s
        return VanStop(kind, place, (parcel.order_id,), arrives_s, done_s, not_before_s=ready_s)
    lateness_s, reasons = max(0.0, done_s - parcel.promised_by_s), tuple[Reason, ...]()
    if lateness_s > 0:
        text = f"no van can be there sooner than {lateness_s:.0f} s after the promise without making others late"
        reasons = (Reason(ReasonCode.PROMISE, text, done_s, parcel.promised_by_s),)
    order_ids, from_s = (parcel.order_id,), parcel.earliest_s
    return VanStop(StopKind.DELIVER, parcel.position, order_ids, arrives_s, done_s, lateness_s, reasons, from_s)


def _slack_s(setup: Setup, tasks: list[Task], log: Log) -> float:
    """The least margin to what any parcel is aimed at; a wait on the way would allow more, which is left unused."""
    margins = [
        task.parcel.aim_s - setup.now_s - float(done_s)
        for task, done_s in zip(tasks, log.done_s, strict=True)
        if not task.picks
    ]
    return max(0.0, min(margins, default=math.inf))
