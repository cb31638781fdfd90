"""One round of the rolling horizon: everything put together for the decision, and the decision made."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from skystork.app.drone_desk import DroneAvailability, DroneDesk
from skystork.app.flight_caps import FlightCaps
from skystork.app.held_orders import HeldOrder, as_held, held_orders, holds
from skystork.app.horizon_job import Newcomer, Round, look
from skystork.app.horizon_situation import HUB, horizon_drones, horizon_vans, kind_of, kinds_of
from skystork.app.journal import Journal
from skystork.app.pads import PadWatch
from skystork.app.partner_desk import PartnerDesk
from skystork.app.robot_desk import RobotDesk
from skystork.app.robots_round import horizon_robots, robot_kinds, with_robots
from skystork.app.site import Site
from skystork.app.urgent_orders import UrgentOrders
from skystork.app.van_view import VanView
from skystork.app.waiting_orders import WaitingOrders
from skystork.dispatch.eligibility import Eligibility
from skystork.dispatch.horizon_decision import HorizonDecision, PromiseOffer
from skystork.dispatch.horizon_settings import HorizonSettings
from skystork.dispatch.horizon_situation import HorizonOrder, Situation
from skystork.dispatch.rules import SiteRules
from skystork.frames import Geodetic
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.solver_thread import SolverThread, spent_after

IN_LOOP_MOST = 1_500
"""Orders times vehicles that are decided over in the event loop: 10 ms there (60 orders, 20 drones, 5 vans: 9 ms of one
core, measured); more is decided in a thread beside it."""
NEW_A_ROUND = 16
"""Orders that a promise is made for in one round; more wait for the next, which follows at once."""
NEW_A_ROUND_BESIDE = 2
"""The same where each look takes a good part of a tenth of a second."""
AGAIN_S = 30.0
"""Until a flight that was put off is planned again: a launch and its climb are over by then, and some plans."""
DEADLINE_S = 0.5
"""Of real time for one round: what is bettered until then stands, and the answer is feasible whenever it ends [s]."""


class Vans(Protocol):
    """What the decision needs of the van desk."""

    @property
    def views(self) -> Mapping[str, VanView]:
        """Every van by its serial number."""

    def in_tour(self, order_id: OrderId) -> str:
        """The van that was sent a tour with this order; empty where none was."""

    def replan(self) -> None:
        """An order is gone from the plans."""

    def drive_s(self, place: Geodetic) -> float:
        """From a parcel at the depot until a van that stands there has handed it over [s]; ``inf`` without vans."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would be told."""

    eligibility: Eligibility
    offer: PromiseOffer


class HorizonRound:
    """Makes situations out of what the desks know, and has them decided."""

    def __init__(  # noqa: PLR0917  # everything that carries parcels
        self,
        site: Site,
        journal: Journal,
        orders: WaitingOrders,
        drones: Sequence[DroneDesk],
        vans: Vans,
        partners: PartnerDesk,
        robots: RobotDesk,
    ) -> None:
        self._site, self._book, self._orders = site, journal.book, orders
        self._drones, self._vans, self._partners, self._robots = tuple(drones), vans, partners, robots
        self.caps = FlightCaps(site, journal.book, drones)
        self.urgent = UrgentOrders(site)
        self.pads = PadWatch(site, drones)
        self._queues: dict[str, tuple[OrderId, ...]] = {}
        self._tours: dict[str, tuple[OrderId, ...]] = {}
        self.held: dict[OrderId, HeldOrder] = {}
        """Orders of the last situation whose drone had not left the ground."""
        self.thread: SolverThread | None = None
        """Where large decisions are made; None: all in the event loop."""
        rules = site.rules
        self._settings = HorizonSettings(
            relaxed_slack_s=rules.flight_leave_slack_s,
            van_leave_slack_s=rules.van_leave_slack_s,
            van_leave_parcels=math.ceil(rules.van_leave_parcels),
            offer_margin_s=max(HorizonSettings().offer_margin_s, rules.warn_ahead_s),
        )
        self._within_s = (rules.drone_promise_s, *rules.later_promises_s, rules.van_slot_s)

    def waiting(self) -> list[OrderRecord]:
        """Orders that nobody has begun to carry; one in a tour that was sent is begun."""
        records = self._book.orders(OrderState.WAITING, OrderState.ROUTED)
        return [record for record in records if self.is_open(record)]

    def is_open(self, record: OrderRecord) -> bool:
        """Whether it is decided anew."""
        if record.state is OrderState.ROUTED:
            return record.mode is Mode.VAN and not self._vans.in_tour(record.order.order_id)
        return record.state is OrderState.WAITING

    def situation(self, records: Sequence[OrderRecord]) -> tuple[Situation, list[Newcomer]]:
        """Everything now, and apart from it the orders that nothing was promised for yet."""
        now_s = asyncio.get_running_loop().time()
        self.pads.look(self._orders.planner, now_s)
        available = [found for desk in self._drones if (found := desk.availability(now_s)) is not None]
        self.held = self._held(available)
        told = {**self._told(records, now_s), **self._told_held(now_s)}
        new = [record for record in records if record.promised_by_s is None]
        unpromised = {record.order.order_id for record in new}
        newcomers = [_newcomer(told[record.order.order_id], record) for record in new]
        situation = Situation(
            orders=tuple(each for order_id, each in told.items() if order_id not in unpromised),
            drones=(
                *horizon_drones(
                    available,
                    now_s=now_s,
                    spare=self.caps.spare(now_s),
                    limits_kg=self._book.control.payload_kg,
                    foreseen=self._queues,
                    holds=holds(self.held),
                ),
                *horizon_robots(self._robots.available(now_s), self._queues, self._book.control.payload_kg),
            ),
            hubs=(HUB,),
            vans=horizon_vans(self._vans.views, book=self._book, site=self._site, now_s=now_s, foreseen=self._tours),
            expected=self.urgent.expected(now_s),
            now_s=now_s,
        )
        return situation, newcomers

    def _held(self, available: Sequence[DroneAvailability]) -> dict[OrderId, HeldOrder]:
        found = held_orders(self._book, self._drones, available)
        return {order_id: each for order_id, each in found.items() if self._orders.knows(order_id)}

    def _told_held(self, now_s: float) -> dict[OrderId, HorizonOrder]:
        """Orders that a drone is being made ready for; a sky that closed is looked at by their own launches."""
        limits_kg = self._book.control.payload_kg
        kinds = kinds_of(self._site, limits_kg)
        return {
            order_id: as_held(
                self._orders.told(each.record, self._told_by_s(each.record), (), kinds),
                each,
                kind_of(each.free, limits_kg),
                now_s,
            )
            for order_id, each in self.held.items()
        }

    def _told_by_s(self, record: OrderRecord) -> float:
        """Later than this its customer would be told: then another vehicle may have it [s since the Unix epoch]."""
        return (record.promised_by_s or math.inf) - self._site.rules.warn_ahead_s

    def _told(self, records: Sequence[OrderRecord], now_s: float) -> dict[OrderId, HorizonOrder]:
        closed, flown, heard = self._orders.closed(), self.caps.flown_over(now_s), self.caps.heard_over(now_s)
        limits_kg = self._book.control.payload_kg
        kinds, robots = kinds_of(self._site, limits_kg), robot_kinds(self._site, limits_kg)
        told: dict[OrderId, HorizonOrder] = {}
        for record in records:
            noisy = self._orders.quiet(record, flown, heard)
            kept = _kept_on_the_road(record, self._site.rules)
            barred = (*closed, *noisy, *kept, *_put_off(record, now_s))
            soonest_s = math.inf if barred else now_s + self._orders.soonest_flight_s(record.order.order_id)
            each = self._orders.told(record, due_s(record, soonest_s), barred, kinds)
            if record.pick_up is None and (record.state is OrderState.WAITING or is_late(record, self._site.rules)):
                offers, _ = self._partners.offers(record, now_s)
                each = each if offers == each.partners else replace(each, partners=offers)
            if record.pick_up is None and not record.road_only:  # a van's plan that was not sent yields to a robot
                each = with_robots(each, record, self._site, robots, now_s)
            told[record.order.order_id] = each
        return told

    async def look(self, situation: Situation, newcomers: list[Newcomer]) -> tuple[Round, bool]:
        """Decide here where that is quick, else in a thread; the search ends by its deadline with what it has.

        Newcomers beyond what one round takes are left for the next: the second value says that there were some.
        """
        size = (len(situation.orders) + len(newcomers)) * (len(situation.drones) + len(situation.vans))
        thread = None if size <= IN_LOOP_MOST else self.thread
        at_once = NEW_A_ROUND if thread is None else NEW_A_ROUND_BESIDE
        more = len(newcomers) > at_once
        del newcomers[at_once:]
        question = situation, tuple(newcomers), self._within_s, self._settings, spent_after(DEADLINE_S)
        return (look(*question) if thread is None else await thread.run(look, *question)), more

    def remember(self, decision: HorizonDecision) -> None:
        """Go on from this decision the next time."""
        self._queues = {drone.vehicle_id: drone.queue for drone in decision.drones}
        self._tours = {van.vehicle_id: van.tour for van in decision.vans}

    async def quote(self, record: OrderRecord) -> Quote:
        """What an order would be told if it came now; nothing is accepted and nothing is written."""
        found = self._orders.look_at(record)
        situation, _ = self.situation([each for each in self.waiting() if self._orders.knows(each.order.order_id)])
        told = self._told([record], situation.now_s)[record.order.order_id]
        self._orders.forget(record.order.order_id)
        answer, _ = await self.look(situation, [_newcomer(told, record)])
        return Quote(found, answer.offers[0])


def _newcomer(told: HorizonOrder, record: OrderRecord) -> Newcomer:
    return Newcomer(told, record.order.begins_s(record.accepted_at_s), record.order.deliver_by_s or math.inf)


def due_s(record: OrderRecord, soonest_s: float) -> float:
    """Until when it is wanted; ``inf`` where nothing was promised yet.

    A customer who was told of a later time, to be on the safe side, is still to have it by the first one where a drone
    can keep that: told of one minute more, it would stand back behind orders that have ten.

    Parameters
    ----------
    soonest_s
        When the quickest drone could hand it over if it began now [s since the Unix epoch].
    """
    if record.promised_by_s is None:
        return math.inf
    first_s = record.first_promise_s
    return record.promised_by_s if first_s is None or soonest_s > first_s else min(first_s, record.promised_by_s)


def is_late(record: OrderRecord, rules: SiteRules) -> bool:
    """The van that has it would break its promise, or keep it by so little that its customer would be told."""
    if record.eta_s is None or record.promised_by_s is None:
        return False
    return record.eta_s + rules.warn_ahead_s > record.promised_by_s


def _put_off(record: OrderRecord, now_s: float) -> tuple[Reason, ...]:
    """What stood in its flight's way a moment ago, and would at once again: flights of others, or their planning."""
    if record.put_off_at_s is None or now_s - record.put_off_at_s >= AGAIN_S:
        return ()
    remedy = f"tried again after {AGAIN_S:.0f} s"
    if any(reason.code is ReasonCode.SOLVER for reason in record.reasons):
        text = "nobody was free to plan its flight a moment ago"
        return (Reason(ReasonCode.SOLVER, text, "busy", "free", remedy=remedy),)
    text = "other flights held the air that it would take a moment ago"
    return (Reason(ReasonCode.SEPARATION, text, "held", "free", remedy=remedy),)


def _kept_on_the_road(record: OrderRecord, rules: SiteRules) -> tuple[Reason, ...]:
    """An order in a van's plan stays there while the van keeps its promise; one that a person kept on the road, too."""
    if record.road_only:
        return (Reason(ReasonCode.COMMITTED, "a person took it off the drones", "road", "any way"),)
    if record.pick_up is not None:
        text = f"its parcel lies at {record.pick_up}: a van fetches it"
        return (Reason(ReasonCode.COMMITTED, text, str(record.pick_up), "the depot"),)
    if record.state is OrderState.ROUTED and not is_late(record, rules):
        text = f"it stands in the plan of {record.vehicle_id}, which keeps its promise"
        return (Reason(ReasonCode.COMMITTED, text, record.vehicle_id or "", "a van that is late"),)
    return ()
