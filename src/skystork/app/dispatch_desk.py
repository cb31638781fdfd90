"""The rolling horizon: each second, and at once on an event, everything that waits is decided anew over everything
that flies, drives and could carry it.

What is committed stays committed. These rules let go:

- a drone's order: its launch is refused (check, clearance, crew, vehicle), cancelled or called off by a person; or its
  promise breaks with this drone and another vehicle keeps it (:mod:`skystork.app.held_orders`). The event is
  ``AssignmentDropped`` with the reason. In the air the contingency rules decide.
- a van's order, as long as its tour was not sent: where its customer would have to be told, another way takes it
  (``RouteDropped`` with the rule ``VAN_LATE``); a robot that stands ready takes it where it brings it for less
  (``ROBOT_CHEAPER``). What stands in a tour that was sent stays.
- a robot's order that it is not loaded with in time (``ROBOT_NOT_LOADED``, :mod:`skystork.app.robot_desk`).
- a partner's order: the partner declines, does not answer or brings it back: ``PartnerDeclined``.

Everything else is foreseen only and may change each time; what changed is written (:mod:`skystork.app.decisions`).
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from skystork.airspace.weather import Weather
from skystork.app.decisions import DecisionLog, why_by_road
from skystork.app.drone_desk import DroneDesk
from skystork.app.full_batteries import FullBatteries
from skystork.app.held_orders import HeldOrder, let_go
from skystork.app.horizon_job import Newcomer
from skystork.app.horizon_round import HorizonRound, Quote, Vans, is_late
from skystork.app.journal import Journal
from skystork.app.partner_desk import PartnerDesk
from skystork.app.road_order import RoadOrder
from skystork.app.robot_desk import RobotDesk
from skystork.app.site import Site
from skystork.app.uncrossed import uncrossed
from skystork.app.waiting_orders import WaitingOrders, may_fly_one_day
from skystork.dispatch.eligibility import Eligibility
from skystork.dispatch.horizon_decision import Action, HorizonDecision, OrderChoice, PromiseOffer
from skystork.dispatch.partners import Partner
from skystork.orders import events as e
from skystork.orders.book import OrderBook, OrderRecord
from skystork.orders.order import FlightId, Mode, Order, OrderId, VehicleId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.planner import Planner
from skystork.shell.solver_thread import SolverThread

log = logging.getLogger("skystork")

DECISION_INTERVAL_S = 1.0
VAN_LATE = "VAN_LATE"
"""The rule that takes an order out of a van's plan where the van would not keep its promise."""
ROBOT_CHEAPER = "ROBOT_CHEAPER"
"""The rule that takes an order out of a van's plan where a robot that stands ready brings it for less."""
_WAKING = (
    e.OrderAccepted,
    e.OrderCancelled,
    e.AssignmentDropped,
    e.FlightLaunched,
    e.FlightLanded,
    e.ParcelReturned,
    e.ParcelAwaitsCollection,
    e.ParcelLoaded,
    e.PartnerDeclined,
    e.VehicleOutOfService,
    e.VehicleRestored,
    e.ZonesChanged,
)
"""Events that change what can be decided: a decision follows each of them at once."""


ROAD_AHEAD_S = 3_600.0
"""Before a van would leave for an order that is wanted later, it is given to the vans' plan: as long as a parcel waits
for company at the depot."""


class DispatchDesk:
    """Decides; the starting of flights, the planning of routes and the asking of partners are handed to others."""

    def __init__(  # noqa: PLR0917  # everything that carries parcels
        self,
        site: Site,
        journal: Journal,
        planner: Planner,
        drones: Sequence[DroneDesk],
        vans: Vans,
        partners: PartnerDesk,
        *,
        robots: RobotDesk,
        road: dict[OrderId, RoadOrder],
        weather: Callable[[], Weather | None],
        unread: Callable[[], tuple[str, ...]],
        start_flight: Callable[[DroneDesk, FlightId, Order], None],
        call_off: Callable[[DroneDesk, Reason], str],
    ) -> None:
        self._site, self._journal, self._vans, self._partners = site, journal, vans, partners
        self._drones = {desk.drone.vehicle_id: desk for desk in drones}
        self._pads = {name: site.frame.to_enu_m(desk.drone.pad) for name, desk in self._drones.items()}
        self._start_flight, self._call_off = start_flight, call_off
        self._once_let_go: set[OrderId] = set()
        self._orders = WaitingOrders(
            site, journal, planner, weather, unread=unread, full_j=FullBatteries(drones).best_j
        )
        self._robots = robots
        self._round = HorizonRound(site, journal, self._orders, drones, vans, partners, robots)
        self._wake = asyncio.Event()
        self._problems: frozenset[str] = frozenset()
        self._decided = DecisionLog(robots.robots, robots.ways, self._orders.flight_cost)
        self.road = road
        """Orders waiting for a van; emptied by the van desk."""
        self.foreseen: dict[OrderId, float] = {}
        """When each waiting order, or one called off its drone, is there as things stand [s since the Unix epoch]."""
        journal.listen(self._note)

    def renew(self, planner: Planner) -> None:
        """Plan by other zones from here on: every waiting order is looked at anew."""
        self._orders.renew(planner)
        self._round.pads.renew()
        self._wake.set()

    def wake(self) -> None:
        """Something changed: decide at once."""
        self._wake.set()

    def forget(self, order_id: OrderId) -> None:
        """Look at an order anew: its doorstep or its deadline changed."""
        self._orders.forget(order_id)
        self.road.pop(order_id, None)
        self._wake.set()

    def eligibility_of(self, order: Order) -> Eligibility:
        """Which modes may carry an order now, accepted or only asked about."""
        return self._orders.assessment_of(OrderRecord(order, asyncio.get_running_loop().time()))

    async def quote(self, order: Order) -> Quote:
        """What an order would be told if it came now; nothing is accepted and nothing is written."""
        return await self._round.quote(OrderRecord(order, asyncio.get_running_loop().time()))

    def _note(self, at_s: float, event: e.Event) -> None:
        self._round.urgent.note(at_s, event)
        ended = isinstance(event, e.FlightPhaseChanged) and event.phase == "ended"
        if ended or isinstance(event, _WAKING):
            self._wake.set()

    async def run(self) -> None:
        """Decide for the life of the service."""
        async with SolverThread() as self._round.thread:
            while True:
                self._wake.clear()
                await self.decide()
                await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(DECISION_INTERVAL_S):
                await self._wake.wait()
        except TimeoutError:
            return

    @property
    def _book(self) -> OrderBook:
        return self._journal.book

    async def decide(self) -> None:
        """One round over everything that waits."""
        records = self._round.waiting()
        if not (records or any(self._book.orders(OrderState.ASSIGNED))) or self._book.control.pause is not None:
            return
        await self._orders.assess(records)
        situation, newcomers = self._round.situation(
            [each for each in records if self._still_open(each.order.order_id)]
        )
        held = self._round.held
        answer, more = await self._round.look(situation, newcomers)
        if more:
            self._wake.set()
        for newcomer, offer in zip(newcomers, answer.offers, strict=True):
            await self._promise(newcomer, offer)
        self._round.remember(answer.decision)
        self._tell_problems(answer.decision.problems)
        self._let_go_of_drones(answer.decision, held)
        self._foresee(answer.decision, held)
        choices = [choice for choice in answer.decision.choices if choice.order_id not in held]
        await self._write(choices)
        for choice in uncrossed(choices, situation, self._pads):
            record = self._still_open(choice.order_id)
            if record is not None:
                await self._act(record, choice)
        waiting = [fresh for each in records if (fresh := self._still_open(each.order.order_id))]
        await self._orders.assess_anew(waiting, self._wake.is_set)

    def _still_open(self, order_id: OrderId) -> OrderRecord | None:
        """As it is now: while something else was awaited a person or a van may have taken it, or its customer moved it.

        One that was moved is looked at anew, by the next round.
        """
        record = self._book.order(order_id)
        return record if self._round.is_open(record) and self._orders.knows(order_id) else None

    def _tell_problems(self, problems: Sequence[object]) -> None:
        """What of the input could not be used, each once while it lasts."""
        texts = frozenset(str(problem) for problem in problems)
        for text in sorted(texts - self._problems):
            log.error("dispatch: %s", text)
        self._problems = texts

    # ------------------------------------------------------------------ what is told

    async def _promise(self, newcomer: Newcomer, offer: PromiseOffer) -> None:
        """Promise the shortest time that holds; a later one than the first is offered openly.

        Nothing is promised for what nobody can carry: it ends in this round, and its customer hears that.
        """
        order_id, rules = newcomer.order.order_id, self._site.rules
        if not self._orders.knows(order_id):
            return  # moved meanwhile: what was offered is not for this doorstep or time
        if offer.way is None and self._is_hopeless(self._book.order(order_id)):
            return
        flies = bool(newcomer.order.flights)
        within_s = offer.within_s if flies or newcomer.order.van_reasons else rules.van_slot_s
        if not math.isfinite(within_s):
            within_s = rules.van_slot_s
        mode = Mode.VAN if offer.way is None else Mode(offer.way.value)
        mode = Mode.ROBOT if offer.choice.vehicle_id in self._robots.robots else mode
        events: list[e.Event] = []
        if flies and within_s > rules.drone_promise_s:
            eta_s = float(offer.eta_s) if math.isfinite(offer.eta_s) else None
            known = None if offer.way is None else mode
            events.append(e.PromiseOffered(order_id, within_s, offer.refused_s, eta_s, known))
        by_s = min(newcomer.begins_s + within_s, newcomer.deadline_s)
        await self._journal.record(*events, e.PromiseMade(order_id, mode, by_s))

    def _foresee(self, decision: HorizonDecision, held: Mapping[OrderId, HeldOrder]) -> None:
        gone = held.keys() - self._once_let_go
        self.foreseen = {
            choice.order_id: float(choice.eta_s)
            for choice in decision.choices
            if choice.order_id not in gone and math.isfinite(choice.eta_s)
        }

    async def _write(self, choices: Sequence[OrderChoice]) -> None:
        """Every decision that says something new, in one commit."""
        now_s = asyncio.get_running_loop().time()
        held = tuple(self._round.caps.reasons(now_s))
        self._decided.keep({choice.order_id for choice in choices})
        news = []
        for choice in choices:
            record = self._book.order(choice.order_id)
            decided = self._decided.news(record, choice, held, self._refused(record, now_s), now_s)
            if decided is not None:
                news.append(decided)
        if news:
            await self._journal.record(*news)

    def _refused(self, record: OrderRecord, now_s: float) -> tuple[tuple[Partner, tuple[Reason, ...]], ...]:
        return self._partners.offers(record, now_s)[1]

    # ------------------------------------------------------------------ what is done

    async def _act(self, record: OrderRecord, choice: OrderChoice) -> None:
        routed = record.state is OrderState.ROUTED
        match choice.action:
            case Action.LAUNCH if choice.vehicle_id in self._robots.robots:
                await self._send_robot(record, choice)
            case Action.LAUNCH:
                await self._take_off(record, choice)
            case Action.PARTNER if choice.vehicle_id is not None:
                await self._let_go(record, choice)
                self.road.pop(record.order.order_id, None)
                await self._partners.ask(record, VehicleId(choice.vehicle_id))
            case Action.ROAD if not routed:
                await self._send_by_road(record, choice)
            case _ if not routed:
                await self._wait(record, choice)

    async def _send_robot(self, record: OrderRecord, choice: OrderChoice) -> None:
        robot_id = VehicleId(choice.vehicle_id or "")
        if not self._robots.is_free(robot_id, asyncio.get_running_loop().time()):
            return  # it changed while something was awaited: the next round knows
        await self._let_go(record, choice)
        self.road.pop(record.order.order_id, None)
        await self._robots.send(record, robot_id)

    async def _take_off(self, record: OrderRecord, choice: OrderChoice) -> None:
        order, desk = record.order, self._drones[VehicleId(choice.vehicle_id or "")]
        now_s = asyncio.get_running_loop().time()
        free = desk.availability(now_s)
        spare = self._round.caps.spare(now_s)
        if free is None or desk.busy or free.ready_at_s > now_s or spare == 0 or self._book.control.pause is not None:
            return  # it changed while something was awaited: the next round knows
        await self._let_go(record, choice)
        if desk.busy or not self._orders.knows(order.order_id):
            return  # a person took it for a mission by hand meanwhile, or the order was moved
        self.road.pop(order.order_id, None)
        desk.busy = True
        flight_id = FlightId(f"F-{len(self._book.flights) + 1:04d}")
        assigned = e.OrderAssigned(
            order.order_id,
            flight_id,
            desk.drone.vehicle_id,
            float(choice.eta_s),
            float(choice.late_s),
            self._orders.energy_j(order.order_id, desk.drone.profile.name),
            over=self._orders.over(order.order_id, desk.drone.profile.name),
            heard_db=self._orders.heard(order.order_id, desk.drone.profile.name),
        )
        await self._journal.record(assigned)
        self._start_flight(desk, flight_id, order)

    def _let_go_of_drones(self, decision: HorizonDecision, held: Mapping[OrderId, HeldOrder]) -> None:
        """Call off launches whose promise another vehicle keeps; each order once."""
        for gone, choice in let_go(decision, held):
            if gone.order_id in self._once_let_go:
                continue
            desk, record = self._drones[gone.vehicle_id], self._book.order(gone.order_id)
            text = f"{gone.text}: {choice.vehicle_id} keeps it"
            reason = Reason(ReasonCode.LET_GO, text, gone.vehicle_id, choice.vehicle_id or "", remedy="none needed")
            if record.state is OrderState.ASSIGNED and not self._call_off(desk, reason):
                self._once_let_go.add(gone.order_id)

    async def _let_go(self, record: OrderRecord, choice: OrderChoice) -> None:
        """Take it out of a van's plan, by one of two rules."""
        if record.state is not OrderState.ROUTED or record.vehicle_id is None:
            return
        rule, text = ROBOT_CHEAPER, f"{choice.vehicle_id} stands ready and brings it for less than {record.vehicle_id}"
        if is_late(record, self._site.rules):
            left_s = (record.promised_by_s or 0.0) - (record.eta_s or 0.0)
            keeps = f"{abs(left_s):.0f} s {'before' if left_s >= 0 else 'after'} its promise"
            rule, text = VAN_LATE, f"{record.vehicle_id} would bring it {keeps}; {choice.vehicle_id} keeps it"
        await self._journal.record(e.RouteDropped(record.order.order_id, record.vehicle_id, rule, text))
        self._vans.replan()

    async def _send_by_road(self, record: OrderRecord, choice: OrderChoice) -> None:
        """Given to the vans' plan an hour before a van would leave for it, so that nobody waits long at a door."""
        drive_s = self._vans.drive_s(record.order.drop_off)
        leaves_s = record.order.leaves_from_s(record.accepted_at_s, drive_s if math.isfinite(drive_s) else 0.0)
        if record.order.order_id in self.road or asyncio.get_running_loop().time() < leaves_s - ROAD_AHEAD_S:
            return
        found = self._orders.eligibility(record.order.order_id)
        reasons = why_by_road(record, choice, found.drone_reasons)
        self.road[record.order.order_id] = RoadOrder(record, reasons)

    async def _wait(self, record: OrderRecord, choice: OrderChoice) -> None:
        """Nothing is begun now: it keeps its place, goes by road late, or nobody can ever carry it."""
        order_id = record.order.order_id
        self.road.pop(order_id, None)
        found = self._orders.eligibility(order_id)
        if choice.way is not None or self._flies_one_day(record):
            return
        if not found.van_reasons:
            await self._send_by_road(record, choice)
        elif self._is_hopeless(record):
            reasons = (*found.drone_reasons, *found.van_reasons, *self._partner_words(record))
            await self._journal.record(e.OrderUndeliverable(order_id, reasons))

    def _flies_one_day(self, record: OrderRecord) -> bool:
        return may_fly_one_day(self._orders.eligibility(record.order.order_id)) and not record.road_only

    def _is_hopeless(self, record: OrderRecord) -> bool:
        """No mode can carry it, now or later."""
        by_road = not self._orders.eligibility(record.order.order_id).van_reasons
        return not by_road and not self._flies_one_day(record) and not self._could_go_with_a_partner(record)

    def _could_go_with_a_partner(self, record: OrderRecord) -> bool:
        """Now, or when its hours come or it has brought another."""
        offers, refused = self._partners.offers(record, asyncio.get_running_loop().time())
        passing = {ReasonCode.HOURS, ReasonCode.CAPACITY}
        return bool(offers) or any({reason.code for reason in reasons} <= passing for _, reasons in refused)

    def _partner_words(self, record: OrderRecord) -> Iterator[Reason]:
        for partner, reasons in self._refused(record, asyncio.get_running_loop().time()):
            for reason in reasons:
                yield Reason(reason.code, f"{partner.name}: {reason.text}", reason.value, reason.limit)
