"""Gathers what wants a person from the whole service, and remembers who took what.

The matters themselves are made in :mod:`skystork.app.attention`; here is only where their facts come from. Who has a
matter is in the ledger for as long as it lasts, and so are the rules that hold for a flight: a restart takes no matter
from the queue and none from its owner.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from skystork.airspace.weather import Weather
from skystork.app import attention as a
from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.app.parts import PartFailure
from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import LocalFrame
from skystork.link.network_watch import NetworkFigures
from skystork.orders import events as e
from skystork.orders.order_state import OrderState

HELD = "HELD"
"""The rule that a hold raises: such a flight is a matter of its own."""
LOOK_S = 1.0
OVER_S = 120.0
"""A matter that was owned is over when it was not seen for so long: a controller that begins anew first listens, and
what lasts is seen again within this."""
OLD_WEATHER_S = 600.0
"""As the launch gate: a METAR special report is due within ten minutes of a change."""


class AttentionDesk:
    """One for each service."""

    def __init__(
        self,
        desks: Sequence[DroneDesk],
        journal: Journal,
        *,
        weather: Callable[[], Weather | None],
        networks: Callable[[], Sequence[NetworkFigures]],
        launches: Callable[[], Sequence[a.Matter]],
        bus_problem: Callable[[], str | None],
        failing: Callable[[float], Iterable[PartFailure]],
        unread: Callable[[], tuple[str, ...]],
    ) -> None:
        self._bus_problem, self._failing, self._unread = bus_problem, failing, unread
        self._desks, self._journal = desks, journal
        self._weather, self._networks, self._launches = weather, networks, launches
        self._unseen_s: dict[str, float] = {}
        """Owned matters that are not there now, each with the moment from which on."""
        self._since_s: dict[str, float] = {}

    def queue(self) -> tuple[a.Owned, ...]:
        """Everything that wants a person now, least time left first."""
        now_s = asyncio.get_running_loop().time()
        matters = a.by_time_left(self._matters(now_s))
        keys = {matter.key for matter in matters}
        self._since_s = {key: since_s for key, since_s in self._since_s.items() if key in keys}
        owners = self._journal.book.control.owners
        return tuple(a.with_owner(matter, owners.get(matter.key, ""), now_s) for matter in matters)

    async def take(self, key: str, owner: str) -> str:
        """Have a person own a matter; empty where that was done, else why not."""
        if why := self.why_not_taken(key):
            return why
        await self._journal.record(e.AlarmTaken(key, owner))
        return ""

    async def run(self) -> None:
        """Let owned matters go that are over; for the life of the service."""
        while True:
            await asyncio.sleep(LOOK_S)
            now_s = asyncio.get_running_loop().time()
            owned = self._journal.book.control.owners
            there = {matter.key for matter in self._matters(now_s)} if owned else set()
            self._unseen_s = {key: self._unseen_s.get(key, now_s) for key in owned if key not in there}
            over = [key for key, unseen_s in self._unseen_s.items() if now_s - unseen_s > OVER_S]
            if over:
                await self._journal.record(*map(e.AlarmOver, over))

    def why_not_taken(self, key: str) -> str:
        """Why nobody can own this; empty where somebody can."""
        return "" if key in {owned.matter.key for owned in self.queue()} else "it is over, or was never there"

    def _since(self, key: str, now_s: float) -> float:
        return self._since_s.setdefault(key, now_s)

    def _matters(self, now_s: float) -> Iterator[a.Matter]:
        yield from self._launches()
        if problem := self._bus_problem():
            yield a.bus_down(problem, self._since("bus", now_s))
        if unread := self._unread():
            yield a.site_unread(unread, self._since("site", now_s))
        for failure in self._failing(now_s):
            yield a.part_failed(failure.name, failure.why, failure.times, since_s=failure.since_s)
        for desk in self._desks:
            if desk.flight is not None and desk.flight.phase in AIRBORNE:
                yield from self._of_flight(desk, desk.flight, now_s)
            if desk.out_of_service:
                vehicle_id = desk.drone.vehicle_id
                yield a.out_of_service(vehicle_id, desk.out_of_service, self._since(f"vehicle:{vehicle_id}", now_s))
        yield from self._of_orders(now_s)
        weather = self._weather()
        if weather is None or now_s - weather.at_s > OLD_WEATHER_S:
            yield a.weather_old(weather.at_s if weather else None, self._since("weather", now_s))
        for figures in self._networks():
            if not figures.up:
                since_s = self._since(f"network:{figures.name}", now_s)
                yield a.network_down(figures.name, str(figures.connection), since_s)

    def _of_flight(self, desk: DroneDesk, flight: Flight, now_s: float) -> Iterator[a.Matter]:
        facts, flight_id = flight_facts(desk, flight, now_s), flight.plan.request.flight_id
        if flight.phase is FlightPhase.HOLDING:
            yield a.held(facts, self._since(f"held:{flight_id}", now_s), now_s, flight.held_by.removeprefix("; "))
        for (of_flight, rule), (since_s, raised) in self._journal.book.contingencies.items():
            if of_flight == flight_id and rule != HELD:
                yield a.contingency(facts, rule, raised.detail, action=raised.action, since_s=since_s, now_s=now_s)

    def _of_orders(self, now_s: float) -> Iterator[a.Matter]:
        for record in self._journal.book.orders():
            order_id, due_s = record.order.order_id, record.promised_by_s
            if record.state is OrderState.RELEASE_UNKNOWN:
                yield a.stranded(order_id, record.vehicle_id or "", record.changed_at_s)
            elif not record.ended and due_s is not None and _is_late(record.eta_s, due_s, now_s):
                since_s = self._since(f"late:{order_id}", now_s)
                yield a.order_late(order_id, record.state, promised_by_s=due_s, eta_s=record.eta_s, since_s=since_s)


def _is_late(eta_s: float | None, due_s: float, now_s: float) -> bool:
    return eta_s > due_s if eta_s is not None else now_s > due_s - a.PROMISE_NOTICE_S


def flight_facts(desk: DroneDesk, flight: Flight, now_s: float) -> a.FlightFacts:
    """What the matters of a flight are made of.

    The rest of its way is that of the plan from the point of it that is nearest to where the vehicle is, at the plan's
    mean power: a flight that stands still needs no less for it. One that turned back needs its way home again.
    """
    plan, profile, state = flight.plan, flight.plan.request.profile, desk.state
    drain_per_s = plan.energy_j / max(plan.duration_s, 1.0) / profile.battery_j
    left_s = _left_s(flight, desk.state)
    orders = (SteerOrder("", action, "", place=plan.request.drop_off) for action in SteerAction)
    return a.FlightFacts(
        vehicle_id=desk.drone.vehicle_id,
        flight_id=plan.request.flight_id,
        order_id=plan.request.order_id,
        phase=flight.phase,
        link_up=state.link is LinkState.UP,
        silent_s=now_s - (state.last_heard_s or now_s),
        height_m=state.height_home_m or 0.0,
        parcel_on_board=flight.parcel is Parcel.ON_BOARD,
        battery=state.battery_fraction or 0.0,
        reserve=profile.reserve_fraction,
        need=left_s * drain_per_s,
        drain_per_s=drain_per_s,
        allowed=frozenset(order.action for order in orders if not flight.why_not(order, state)),
    )


def _left_s(flight: Flight, state: VehicleState) -> float:
    """Time that the plan takes from where the vehicle is [s]; all of it where that is not known."""
    plan = flight.plan
    if state.position is None:
        return plan.duration_s
    east_m, north_m = LocalFrame(plan.site_origin).to_enu_m(state.position)
    is_before = flight.parcel is Parcel.ON_BOARD and flight.phase is not FlightPhase.RETURNING
    half = [point for point in plan.track if (point.t_s <= plan.time_to_drop_s) == is_before] or list(plan.track)
    nearest = min(half, key=lambda point: math.hypot(point.east_m - east_m, point.north_m - north_m))
    return plan.duration_s - nearest.t_s
