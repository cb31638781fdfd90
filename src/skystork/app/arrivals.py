"""When each order that somebody carries will be there, by where its vehicle is now; and when each drone is back.

A drone is as far in its plan as the place of the plan's track that is nearest to it: one that is held, or slower than
planned, arrives later by as much. On the ground it leaves at its cleared departure, or now. A van's next stop is as
far as its own position says, and every stop after it moves with it (:mod:`skystork.app.van_arrivals`). A parcel on its
way home goes on from there by a van that is ready, at the soonest. A partner's word is taken. What nobody can
tell is what the ledger has; and nothing is ever foreseen for a moment that has passed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from skystork.app.drone_desk import DroneDesk
from skystork.app.ways_now import time_in_plan_s, ways_now
from skystork.fleet.vehicle import LinkState
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.book import OrderRecord
from skystork.orders.order import OrderId, VehicleId
from skystork.orders.order_state import OrderState
from skystork.planning.flight_plan import FlightPlan

LOOK_S = 10.0
"""Between two looks for the place in the plan; in between it goes on by the clock, or stands where it is held."""
_BEFORE_LOADING = frozenset({FlightPhase.PLANNING})
_BY_DRONE = frozenset({OrderState.ASSIGNED, OrderState.FLYING, OrderState.RELEASING})
_BY_VAN = frozenset({OrderState.ROUTED, OrderState.ON_ROAD})


@dataclass(frozen=True, slots=True)
class _Progress:
    """Where in a plan a flight was at one moment."""

    plan: FlightPlan
    at_s: float
    done_s: float
    held: bool

    def now(self, now_s: float) -> float:
        """The same, gone on by the clock."""
        return self.done_s if self.held else self.done_s + now_s - self.at_s


class Arrivals:
    """Looks at desks and vans; writes nothing but :attr:`DroneDesk.free_at_s`.

    Parameters
    ----------
    by_road
        When each order in a tour is handed over, of vans and of robots.
    drive_s
        From a parcel at the depot until a van has handed it over at a place, at the soonest [s]; ``inf`` without vans.
    """

    def __init__(
        self,
        desks: Iterable[DroneDesk],
        frame: LocalFrame,
        by_road: Iterable[Callable[[float], Mapping[OrderId, float]]] = (),
        drive_s: Callable[[Geodetic], float] = lambda _: math.inf,
    ) -> None:
        self._desks = {desk.drone.vehicle_id: desk for desk in desks}
        self._frame, self._road, self._drive_s = frame, tuple(by_road), drive_s
        self._by_road: Mapping[OrderId, float] = {}
        self._progress: dict[VehicleId, _Progress] = {}

    def look(self, now_s: float) -> None:
        """Look at every vehicle; what :meth:`of` says holds for this moment."""
        self._by_road = {order_id: at_s for each in self._road for order_id, at_s in each(now_s).items()}
        for desk in self._desks.values():
            if desk.flight is not None and (left_s := self._until_home_s(desk, desk.flight, now_s)) is not None:
                desk.free_at_s = now_s + left_s + desk.drone.profile.turnaround_s

    def of(self, record: OrderRecord, now_s: float) -> float | None:
        """When an order that somebody carries is there [s since the Unix epoch]; None where nobody can tell."""
        told_s = record.eta_s
        if record.state in _BY_DRONE:
            told_s = self._by_drone(record, now_s)
        elif record.state in _BY_VAN:
            told_s = self._by_road.get(record.order.order_id, record.eta_s)
        return None if told_s is None else max(told_s, now_s)

    def soonest_by_road(self, record: OrderRecord, now_s: float) -> float:
        """When a parcel that comes home could be handed over by a van at the soonest [s since the Unix epoch].

        Taking it out is counted as loading. ``inf`` where nobody can tell.
        """
        desk = self._desks.get(record.vehicle_id) if record.vehicle_id is not None else None
        flight = desk.flight if desk is not None else None
        if desk is None or flight is None:
            return math.inf
        home_s = self._until_home_s(desk, flight, now_s) or 0.0
        return now_s + home_s + desk.drone.profile.load_s + self._drive_s(record.order.drop_off)

    def _by_drone(self, record: OrderRecord, now_s: float) -> float | None:
        desk = self._desks.get(record.vehicle_id) if record.vehicle_id is not None else None
        flight = desk.flight if desk is not None else None
        if desk is None or flight is None or flight.plan.request.flight_id != record.flight_id:
            if record.state is not OrderState.ASSIGNED or record.eta_s is None:
                return record.eta_s
            return now_s + record.eta_s - record.changed_at_s  # nothing of it is done yet
        return now_s + max(0.0, flight.plan.time_to_drop_s - self._done_s(desk, flight, now_s))

    def _until_home_s(self, desk: DroneDesk, flight: Flight, now_s: float) -> float | None:
        if flight.phase in {FlightPhase.LANDED, FlightPhase.TURNAROUND, FlightPhase.ENDED, FlightPhase.REFUSED}:
            return None
        if flight.phase is FlightPhase.RETURNING:
            ahead, _ = ways_now(flight, desk.state, self._frame, now_s)
            return float(ahead.times_s[-1]) - now_s
        return max(0.0, flight.plan.duration_s - self._done_s(desk, flight, now_s))

    def _done_s(self, desk: DroneDesk, flight: Flight, now_s: float) -> float:
        """How far it is in its plan [s]; below 0 by what lies before its take-off."""
        if flight.phase not in AIRBORNE:
            load_s = desk.drone.profile.load_s if flight.phase in _BEFORE_LOADING else 0.0
            return now_s - max(desk.departs_at_s or now_s, now_s + load_s)
        held, before = flight.phase is FlightPhase.HOLDING, self._progress.get(desk.drone.vehicle_id)
        known = before is not None and before.plan is flight.plan and before.held is held
        if known and before is not None and (now_s - before.at_s < LOOK_S or desk.state.link is not LinkState.UP):
            return before.now(now_s)
        found = _Progress(flight.plan, now_s, time_in_plan_s(flight, desk.state, self._frame), held)
        self._progress[desk.drone.vehicle_id] = found
        return found.done_s
