"""The rolling horizon: every second every waiting order is looked at again: a drone, a van, or the reason why not."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from skystork.airspace.weather import Weather
from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.app.site import Site
from skystork.dispatch.assignment import Alternative, Assignment, Awaiting, Unassigned, assign
from skystork.dispatch.cost import WaitingOrder
from skystork.dispatch.eligibility import Eligibility, RouteAnswer, assess_eligibility
from skystork.dispatch.flight_estimate import FlightHeights
from skystork.dispatch.site_limits import promised_by_s
from skystork.fleet.profile import DroneProfile
from skystork.orders import events as e
from skystork.orders.book import OrderBook, OrderRecord
from skystork.orders.order import FlightId, Mode, Order, OrderId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.planner import Planner

DECISION_INTERVAL_S = 1.0
MOST_DRONE_ATTEMPTS = 2
"""After this many starts that came to nothing the order goes by road: its time is better spent there."""


@dataclass(frozen=True, slots=True)
class RoadOrder:
    """An order that goes by road, and why not by air."""

    record: OrderRecord
    reasons: tuple[Reason, ...]


class DispatchDesk:
    """Decides; the starting of flights and the planning of routes are handed to others."""

    def __init__(
        self,
        site: Site,
        journal: Journal,
        planner: Planner,
        drones: Sequence[DroneDesk],
        *,
        weather: Callable[[], Weather | None],
        start_flight: Callable[[DroneDesk, FlightId, Order], None],
    ) -> None:
        self._site, self._journal, self._planner = site, journal, planner
        self._drones = {desk.drone.vehicle_id: desk for desk in drones}
        self._weather, self._start_flight = weather, start_flight
        self._eligible: dict[OrderId, Eligibility] = {}
        self._assessed_with: dict[OrderId, Weather | None] = {}
        self.road: dict[OrderId, RoadOrder] = {}
        """Orders waiting for a van; emptied by the van desk."""

    def renew(self, planner: Planner) -> None:
        """Plan by other zones from here on: every waiting order is looked at anew."""
        self._planner = planner
        self._assessed_with.clear()

    async def run(self) -> None:
        """Decide for the life of the service."""
        while True:
            await self.decide()
            await asyncio.sleep(DECISION_INTERVAL_S)

    async def decide(self) -> None:
        """One round over all waiting orders."""
        waiting = [record for record in self._book.orders(OrderState.WAITING) if record.order.order_id not in self.road]
        if not waiting or self._book.control.pause is not None:
            return
        for record in waiting:
            await self._assess(record)
        candidates = [record for record in waiting if self._may_fly(record)]
        for record in waiting:
            if not self._may_fly(record):
                await self._send_by_road(record, self._eligible[record.order.order_id].drone_reasons)
        await self._assign(candidates)

    @property
    def _book(self) -> OrderBook:
        return self._journal.book

    def forget(self, order_id: OrderId) -> None:
        """Look at an order anew: its doorstep or its time changed."""
        self._eligible.pop(order_id, None)
        self._assessed_with.pop(order_id, None)
        self.road.pop(order_id, None)

    def eligibility_of(self, order: Order) -> Eligibility:
        """Which modes may carry an order now, accepted or only asked about."""
        flight, now_s = self._site.flight, asyncio.get_running_loop().time()
        return assess_eligibility(
            order,
            rules=self._site.rules,
            depot=self._site.depot,
            drones=self._site.drones,
            vans=self._site.vans,
            route=lambda profile: self._route(order, profile, now_s),
            weather=self._weather(),
            heights=FlightHeights(flight.outbound_height_m, flight.inbound_height_m),
            now_s=now_s,
        )

    async def _assess(self, record: OrderRecord) -> None:
        order, weather = record.order, self._weather()
        known = self._assessed_with.get(order.order_id)
        if known is not None and known is weather:
            return
        eligibility = self.eligibility_of(order)
        before = self._eligible.get(order.order_id)
        self._eligible[order.order_id], self._assessed_with[order.order_id] = eligibility, weather
        if before is not None and before.drone_reasons == eligibility.drone_reasons:
            return
        profiles = tuple(answer.profile_name for answer in eligibility.able)
        await self._journal.record(
            e.EligibilityAssessed(order.order_id, eligibility.drone_reasons, eligibility.van_reasons, profiles)
        )

    def _route(self, order: Order, profile: DroneProfile, now_s: float) -> RouteAnswer:
        """The way in the layer where it is shortest, out or home, whichever is longer."""
        ways = [self._shortest(order, profile, now_s, layers) for layers in self._site.flight.both_layers]
        return max(ways, key=lambda way: math.inf if way.length_m is None else way.length_m)

    def _shortest(self, order: Order, profile: DroneProfile, now_s: float, layers: Sequence[float]) -> RouteAnswer:
        estimates = [
            self._planner.route_length_m(
                self._site.depot, order.drop_off, height_home_m=height_m, at_s=now_s, profile=profile
            )
            for height_m in layers
        ]
        best = min(estimates, key=lambda each: math.inf if each.length_m is None else each.length_m)
        return RouteAnswer(best.length_m, best.reasons)

    def _may_fly(self, record: OrderRecord) -> bool:
        """Eligible, and not brought back or dropped too often already."""
        eligibility = self._eligible[record.order.order_id]
        came_home = record.attempts > 0 and any(reason.code in _NO_SECOND_FLIGHT for reason in record.reasons)
        tried = record.attempts >= MOST_DRONE_ATTEMPTS or came_home or record.road_only
        return bool(eligibility.able) and not tried

    async def _assign(self, records: Sequence[OrderRecord]) -> None:
        now_s = asyncio.get_running_loop().time()
        limits_kg = self._book.control.payload_kg
        drones = [
            replace(found, payload_limit_kg=limits_kg.get(found.vehicle_id, math.inf))
            for desk in self._drones.values()
            if (found := desk.availability(now_s)) is not None
        ]
        waiting = [self._waiting(record) for record in records]
        by_id = {record.order.order_id: record for record in records}
        for decision in assign(waiting, drones, now_s=now_s, rules=self._site.rules):
            record = by_id[decision.order_id]
            match decision:
                case Assignment():
                    await self._take_off(record, decision)
                case Awaiting():
                    await self._promise(record, Mode.DRONE)
                case Unassigned() if not self._eligible[decision.order_id].van_reasons:
                    await self._send_by_road(record, decision.reasons)
                case Unassigned():
                    pass  # no road either: it waits for a drone to come into service, and flies late rather than never

    def _waiting(self, record: OrderRecord) -> WaitingOrder:
        eligibility = self._eligible[record.order.order_id]
        due_s = record.promised_by_s or self._promise_time_s(record, Mode.DRONE)
        estimates = {answer.profile_name: answer.estimate for answer in eligibility.able}
        return WaitingOrder(record.order, estimates, due_s, road_possible=not eligibility.van_reasons)

    async def _take_off(self, record: OrderRecord, decision: Assignment) -> None:
        await self._promise(record, Mode.DRONE)
        order, desk = record.order, self._drones[decision.vehicle_id]
        if self._is_gone(order.order_id) or not self._may_start_one():
            return
        flight_id = FlightId(f"F-{len(self._book.flights) + 1:04d}")
        cost = decision.cost
        await self._journal.record(
            e.OrderAssigned(
                order.order_id,
                flight_id,
                decision.vehicle_id,
                decision.eta_s,
                cost.lateness_s,
                cost.energy_j,
                tuple(_in_words(decision.alternatives)),
            )
        )
        self._start_flight(desk, flight_id, order)

    async def _send_by_road(self, record: OrderRecord, reasons: tuple[Reason, ...]) -> None:
        eligibility = self._eligible[record.order.order_id]
        if self._is_gone(record.order.order_id):
            return
        if eligibility.van_reasons:
            await self._journal.record(
                e.OrderUndeliverable(record.order.order_id, (*reasons, *eligibility.van_reasons))
            )
            return
        await self._promise(record, Mode.VAN)
        self.road[record.order.order_id] = RoadOrder(self._book.order(record.order.order_id), reasons or record.reasons)

    def _may_start_one(self) -> bool:
        """Whether a person's word lets one more flight begin now."""
        control = self._book.control
        flying = sum(desk.busy for desk in self._drones.values())
        return control.pause is None and (control.flights_at_once is None or flying < control.flights_at_once)

    def _is_gone(self, order_id: OrderId) -> bool:
        """Cancelled by a person while this round wrote something else."""
        return self._book.order(order_id).state is not OrderState.WAITING

    async def _promise(self, record: OrderRecord, mode: Mode) -> None:
        if self._book.order(record.order.order_id).promised_by_s is None:
            due_s = self._promise_time_s(record, mode)
            await self._journal.record(e.PromiseMade(record.order.order_id, mode, due_s))

    def _promise_time_s(self, record: OrderRecord, mode: Mode) -> float:
        rules = self._site.rules
        within_s = rules.drone_promise_s if mode is Mode.DRONE else rules.van_slot_s
        return promised_by_s(record.order, within_s, record.accepted_at_s)


_NO_SECOND_FLIGHT = frozenset({ReasonCode.ATTEMPTED, ReasonCode.ENERGY, ReasonCode.PLAN, ReasonCode.ZONE})
"""What another drone would meet again."""


def _in_words(alternatives: Sequence[Alternative]) -> Iterator[str]:
    for other in alternatives:
        if other.reason is not None:
            yield f"{other.vehicle_id}: {other.reason}"
        else:
            late_s, energy_kj = other.cost.lateness_s, other.cost.energy_j / 1e3
            yield f"{other.vehicle_id}: {late_s:.0f} s late, {energy_kj:.0f} kJ"
