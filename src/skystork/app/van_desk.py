"""The vans: what each has on board and does next, from its own messages; routes planned anew and sent as updates.

What is committed stays committed: parcels in a van, and parcels of the loading a van has begun or is on its way to.
Everything else at the depot is planned anew whenever an order is added, and where its van stands still. A van at the
depot is held until its plan is worth leaving for, by the site's rules.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from skystork.app.bus_header import Header
from skystork.app.journal import Journal
from skystork.app.road_desk import RoadDesk
from skystork.app.road_order import RoadOrder
from skystork.app.road_reports import RoadReports
from skystork.app.site import Site
from skystork.app.van_arrivals import soonest_drive_s, van_arrivals
from skystork.app.van_job import Question, plan_vans
from skystork.app.van_shift import ANY_HOUR
from skystork.app.van_tour import tour_name, tour_order
from skystork.app.van_view import VanView
from skystork.dispatch.van_plan import StopKind, VanPlan, VanRoute, VanStop
from skystork.dispatch.van_route import Rest, VanParcel, VanPosition
from skystork.errors import Unavailable
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId, RouteId, VehicleId
from skystork.orders.order_state import OrderState
from skystork.shell.bus import Bus
from skystork.shell.loops import VirtualLoop
from skystork.shell.solver_pool import SolverOverrunError, SolverPool

log = logging.getLogger("skystork")

EFFORT_S = 0.8
"""For one plan, in a worker [s of real time]; in virtual time a number of steps."""
FIRST_DEADLINE_S, DEADLINE_S = 600.0, 20.0
"""For the first plan, which may compile the search, and all others; meanwhile the vans go on with what they have."""
ROUND_S = 30.0
"""Between looks at the depot: a van's departure is decided in minutes."""
STILL_AGAIN_S = 300.0
"""Between plans that are made only because a van stands still."""
LONGEST_WAIT_S = 3600.0
"""A parcel waits for company no longer than this at the depot, whatever its slack: a quarter of the slot."""
AHEAD_S, AHEAD_FRACTION = 3600.0, 1 / 3
"""Routes aim to be this much ahead of the promise: legs take 15 % more or less, and orders are added on the way; of a
shorter promise this part of it. An order that came back from a drone has no time to give away."""
ETA_NEWS_S = 300.0
"""A change of the foreseen arrival smaller than this is not recorded."""


class VanDesk:
    """Plans, sends and follows the vans; orders for the road come in by the dictionary given."""

    def __init__(
        self,
        site: Site,
        journal: Journal,
        bus: Bus,
        root: str,
        *,
        road: dict[OrderId, RoadOrder],
        pool: SolverPool,
        roads: RoadDesk | None = None,
    ) -> None:
        self._site, self._journal, self._bus = site, journal, bus
        self._base = f"{root}/{site.table.manufacturer}"
        self._road, self._pool = road, pool
        self._roads = roads or RoadDesk(site.road, None)
        self._incumbent: dict[VehicleId, tuple[tuple[OrderId, bool], ...]] = {}
        """The newest plan, from which the next one starts."""
        self._edition, self._roads_by = 0, ""
        """Of the roads that the newest plan was made with, and who says so."""
        self._guessed = False
        """Whether the router had still to say how far it is between places of it that do not move."""
        self._deadline_s = FIRST_DEADLINE_S
        self._header = Header(site.table.manufacturer)
        self.vans = {van.serial_number: VanView(van, site.depot) for van in site.vans}
        self._reports = RoadReports(journal, bus, self._base, self.vans, Mode.VAN)
        self._planned_with: frozenset[OrderId] = frozenset()
        self._planned_at_s = 0.0
        self._unsent: dict[VehicleId, VanRoute] = {}
        """Routes of the newest plan that their vans do not have yet."""

    @property
    def views(self) -> Mapping[str, VanView]:
        """Every van by its serial number."""
        return self.vans

    async def listen(self) -> None:
        """Take the vans' states in; runs for the life of the service."""
        await self._reports.listen()

    async def run(self) -> None:
        """Plan and send for the life of the service."""
        while True:
            await self.plan_round()
            await asyncio.sleep(ROUND_S)

    def in_tour(self, order_id: OrderId) -> str:
        """The van that was sent a tour with this order in it; empty where none was."""
        for view in self.vans.values():
            if any(order_id in stop.order_ids for stop in view.stops_left) or order_id in view.committed:
                return view.van.vehicle_id
        return ""

    def arrivals(self, now_s: float) -> Mapping[OrderId, float]:
        """When each order in a tour is handed over, by where the vans are [s since the Unix epoch]."""
        return van_arrivals(self.vans.values(), self._unsent, self._planned_at_s, now_s)

    def drive_s(self, place: Geodetic) -> float:
        """From a parcel at the depot until a van that stands there has handed it over [s]; ``inf`` without vans."""
        return soonest_drive_s(self._site.vans, self._site.depot, place)

    def replan(self) -> None:
        """An order is gone: nothing of the newest plan is sent any more, and what is left is planned anew."""
        self._planned_with = frozenset()
        self._unsent.clear()

    async def plan_round(self) -> None:
        """Plan anew where an order was added, and let go what should leave."""
        parcels = [self._parcel(record) for record in self._at_depot()]
        wanted = frozenset(parcel.order_id for parcel in parcels)
        now_s = asyncio.get_running_loop().time()
        changed = wanted - self._planned_with or self._roads_have_changed(now_s)
        if changed or self._astray() or self._stands_still(now_s):
            plan = await self._plan(parcels, now_s)
            if plan is None:
                return
            self._planned_at_s = now_s
            self._unsent = {route.vehicle_id: route for route in plan.routes if route.stops}
            await self._note_plan(plan)
        self._planned_with = wanted
        await self._send_due()

    async def _plan(self, parcels: list[VanParcel], now_s: float) -> VanPlan | None:
        """A plan that fits the vans as they are when it is ready; None where there is none, the next round tries again.

        A plan takes seconds, in which a van may set out to load: what it carries then, no other van may be sent for.
        """
        views = list(self.vans.values())
        before = [view.commitment() for view in views]
        question = await self._question(views, parcels, now_s)
        try:
            plan = await self._pool.run(plan_vans, question, deadline_s=self._deadline_s, patience_s=self._deadline_s)
        except (SolverOverrunError, Unavailable):
            log.exception("no new van plan; the vans go on with what they have, the next round tries again")
            return None
        if [view.commitment() for view in views] != before:
            log.info("a van moved on while its tour was planned; the next round plans again")
            return None
        self._deadline_s, self._roads_by = DEADLINE_S, plan.roads
        self._incumbent = {route.vehicle_id: route.tasks for route in plan.routes}
        return plan

    async def _question(self, views: Sequence[VanView], parcels: list[VanParcel], now_s: float) -> Question:
        positions = [self._position(view, now_s) for view in views]
        known = [*parcels, *(parcel for van in positions for parcel in van.on_board)]
        known += [van.collecting for van in positions if van.collecting is not None]
        chargers = tuple(each.position for each in self._site.dispatch.chargers)
        stops = [self._site.depot, *chargers, *(parcel.position for parcel in known)]
        stops += [parcel.collected_at for parcel in known if parcel.collected_at is not None]
        effort_s = None if isinstance(asyncio.get_running_loop(), VirtualLoop) else EFFORT_S
        roads = await self._roads.roads_soon([*stops, *(van.position for van in positions)], now_s)
        self._edition, self._guessed = self._roads.edition, self._roads.lacks(stops)
        return Question(positions, parcels, self._site.depot, now_s, roads, dict(self._incumbent), effort_s, chargers)

    # ------------------------------------------------------------------ what is known

    def _roads_have_changed(self, now_s: float) -> bool:
        """Whether a plan by the newest roads is due: at once where stops were guessed, else not with each answer."""
        due = self._guessed or now_s - self._planned_at_s >= STILL_AGAIN_S
        return due and self._edition != self._roads.edition

    def _astray(self) -> bool:
        """Whether a parcel on the road stands in no tour we sent: after a restart, ours or the van's."""
        toured = {order_id for view in self.vans.values() for stop in view.stops_left for order_id in stop.order_ids}
        heard = {view.van.vehicle_id for view in self.vans.values() if view.state is not None}
        on_road = self._journal.book.orders(OrderState.ON_ROAD)
        return any(record.order.order_id not in toured and record.vehicle_id in heard for record in on_road)

    def _stands_still(self, now_s: float) -> bool:
        """Whether a van stands still that was to load more; not looked at again before a new plan had time to help."""
        if now_s - self._planned_at_s < STILL_AGAIN_S:
            return False
        still = {view.van.vehicle_id for view in self.vans.values() if view.stood_s(now_s) > 0}
        return bool(still) and any(record.vehicle_id in still for record in self._at_depot())

    def _aboard(self, view: VanView) -> list[OrderRecord]:
        """What the van has or is about to load, by its own word and by the ledger."""
        book, vehicle_id = self._journal.book, view.van.vehicle_id
        by_ledger = [r.order.order_id for r in book.orders(OrderState.ON_ROAD) if r.vehicle_id == vehicle_id]
        known = [order_id for order_id in dict.fromkeys((*view.committed, *by_ledger)) if order_id in book]
        return [record for record in map(book.order, known) if not record.ended]

    def _at_depot(self) -> Iterator[OrderRecord]:
        """Orders for the road whose parcel no van has or is about to load."""
        committed = {order_id for view in self.vans.values() for order_id in view.committed}
        for order_id in list(self._road):
            if self._journal.book.order(order_id).state is not OrderState.WAITING:
                del self._road[order_id]
        waiting = [self._journal.book.order(order_id) for order_id in self._road]
        routed = (record for record in self._journal.book.orders(OrderState.ROUTED) if record.mode is Mode.VAN)
        for record in [*waiting, *routed]:
            if record.order.order_id not in committed:
                yield record

    def _parcel(self, record: OrderRecord) -> VanParcel:
        order = record.order
        return VanParcel(
            order.order_id,
            order.drop_off,
            order.parcel.weight_kg,
            self._due_s(record),
            collected_at=record.pick_up,
            earliest_s=-math.inf if order.deliver_from_s is None else order.deliver_from_s,
            loadable_from_s=-math.inf if order.ready_at_s is None else order.ready_at_s,
            ahead_s=self._ahead_s(record),
        )

    def _due_s(self, record: OrderRecord) -> float:
        return record.promised_by_s or record.order.begins_s(record.accepted_at_s) + self._site.rules.van_slot_s

    def _ahead_s(self, record: OrderRecord) -> float:
        if record.attempts > 0:
            return 0.0
        given_s = self._due_s(record) - record.order.begins_s(record.accepted_at_s)
        return min(AHEAD_S, max(0.0, given_s) * AHEAD_FRACTION)

    def _position(self, view: VanView, now_s: float) -> VanPosition:
        profile, limits_kg = view.van.profile, self._journal.book.control.payload_kg
        limit_kg = min(profile.capacity_kg, limits_kg.get(view.van.vehicle_id, profile.capacity_kg))
        parcels = [self._parcel(record) for record in self._aboard(view)]
        collecting = next((parcel for parcel in parcels if parcel.order_id == view.collecting()), None)
        battery = view.state.battery_percent if view.state is not None else None
        shift, midnight_s = view.van.shift or ANY_HOUR, self._site.road.midnight_s(now_s)
        rested = view.has_rested(midnight_s) or shift.rest_from_s is None
        return VanPosition(
            view.van.vehicle_id,
            replace(profile, capacity_kg=limit_kg),
            view.place(),
            max(view.free_at_s(now_s), midnight_s + shift.starts_s),
            tuple(parcel for parcel in parcels if parcel is not collecting),
            view.driving_to(),
            collecting,
            view.told_next(),
            shift_ends_s=midnight_s + shift.ends_s,
            rest=None if rested else Rest(midnight_s + (shift.rest_from_s or 0.0), shift.rest_s),
            battery_fraction=1.0 if battery is None else battery / 100.0,
        )

    # ------------------------------------------------------------------ what is sent

    async def _note_plan(self, plan: VanPlan) -> None:
        for unserved in plan.unserved:
            self._road.pop(unserved.order_id, None)
            if self._journal.book.order(unserved.order_id).state is OrderState.WAITING:
                await self._journal.record(e.OrderUndeliverable(unserved.order_id, unserved.reasons))
        events = [event for route in plan.routes for stop in route.stops for event in self._news(route, stop)]
        if events:
            await self._journal.record(*events)
        for event in events:
            self._road.pop(event.order_id, None)

    def _news(self, route: VanRoute, stop: VanStop) -> Iterator[e.OrderRouted]:
        """What the plan changes for the order of a stop, where it is worth a line."""
        if stop.kind is not StopKind.DELIVER:
            return
        record = self._journal.book.order(stop.order_ids[0])
        if record.ended:  # handed over while the plan was made
            return
        same_van = record.vehicle_id == route.vehicle_id
        if same_van and record.eta_s is not None and abs(record.eta_s - stop.eta_s) < ETA_NEWS_S:
            return
        road = self._road.get(record.order.order_id)
        reasons = (*(road.reasons if road else ()), *stop.reasons)
        yield e.OrderRouted(record.order.order_id, route.vehicle_id, stop.eta_s, stop.lateness_s, reasons)

    async def _send_due(self) -> None:
        """Send every new route of a van on the road, and those of vans at the depot that should leave."""
        if self._journal.book.control.pause is not None:
            return
        now_s = asyncio.get_running_loop().time()
        for vehicle_id, route in list(self._unsent.items()):
            view = self._view(vehicle_id)
            if view.under_way or self._should_leave(route, now_s):
                del self._unsent[vehicle_id]
                await self._send(view, route, now_s)
        for view in self.vans.values():
            if view.has_missed_update(now_s) and view.stops_left:
                await self._publish(view, view.stops_left, now_s)

    def _should_leave(self, route: VanRoute, now_s: float) -> bool:
        waiting = {order_id for stop in route.stops for order_id in stop.order_ids}
        if not waiting:
            return False
        if any(stop.kind is StopKind.COLLECT for stop in route.stops):
            return True  # a parcel that lies in a field does not wait for company
        rules = self._site.rules
        if now_s < route.stops[0].not_before_s:
            return False  # not all of what it loads is there
        oldest_s = min(self._may_leave_s(self._journal.book.order(order_id)) for order_id in waiting)
        return (
            route.slack_s - (now_s - self._planned_at_s) <= rules.van_leave_slack_s
            or len(waiting) >= rules.van_leave_parcels
            or now_s - oldest_s >= LONGEST_WAIT_S
        )

    def _may_leave_s(self, record: OrderRecord) -> float:
        """From when a van could bring it without waiting for its parcel, or at its door."""
        drive_s = soonest_drive_s(self._site.vans, self._site.depot, record.order.drop_off)
        return record.order.leaves_from_s(record.accepted_at_s, drive_s)

    def _view(self, vehicle_id: VehicleId) -> VanView:
        return next(view for view in self.vans.values() if view.van.vehicle_id == vehicle_id)

    async def _send(self, view: VanView, route: VanRoute, now_s: float) -> None:
        stops = (*view.begun_loading(), *route.stops)
        if not view.differs(stops):
            return
        tour = RouteId(tour_name(view))
        order_ids = tuple(stop.order_ids[0] for stop in stops if stop.kind is StopKind.DELIVER)
        await self._journal.record(
            e.RoutePlanned(
                tour, view.van.vehicle_id, view.next_update, order_ids, route.distance_m, route.energy_j, self._roads_by
            )
        )
        await self._publish(view, stops, now_s)

    async def _publish(self, view: VanView, stops: tuple[VanStop, ...], now_s: float) -> None:
        topic = f"{self._base}/{view.van.serial_number}/order"
        body = tour_order(view, stops, now_s)
        await self._bus.publish(topic, self._header.seal(body, topic, view.van.serial_number, now_s), qos=1)
