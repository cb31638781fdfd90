"""Orders that wait: each assessed when it comes and anew as weather, zones and time change, and told to the dispatcher.

An assessment asks the planner for ways and takes milliseconds; thousands at once would hold up the event loop. Those
never assessed come first, the rest in turn, the oldest first: :data:`ANEW_A_ROUND` a round. What closes the sky for all
of them (weather that is too bad or too old, a site that cannot be read) is looked at each round, and holds at once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from skystork.airspace.weather import Weather
from skystork.app.journal import Journal
from skystork.app.site import Site
from skystork.dispatch.eligibility import Eligibility, ProfileAnswer, RouteAnswer, assess_eligibility
from skystork.dispatch.flight_estimate import FlightHeights
from skystork.dispatch.horizon_situation import Flight, HorizonOrder
from skystork.dispatch.noise import NoiseMap
from skystork.dispatch.site_limits import unread_reasons, weather_reasons
from skystork.fleet.profile import DroneProfile
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, Order, OrderId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import PAD_LEG, Reason, ReasonCode
from skystork.planning.planner import Planner, RouteEstimate

ANEW_A_ROUND = 8
"""Orders assessed anew in one round; each takes 4 to 6 ms of one core, and the loop is let go in between (measured)."""
ANEW_AFTER_S = 60.0
"""An assessment older than this is made anew: light, deadlines and the age of the weather change by themselves."""
MOST_DRONE_ATTEMPTS = 2
"""After this many starts that came to nothing the order goes another way: its time is better spent there."""
J_PER_KWH = 3.6e6
NO_SECOND_FLIGHT = frozenset({ReasonCode.ATTEMPTED, ReasonCode.ENERGY, ReasonCode.PLAN, ReasonCode.ZONE})
"""What another drone would meet again, where it is not about the first one's own pad."""
PASSING = frozenset({ReasonCode.WEATHER, ReasonCode.NIGHT, ReasonCode.NOISE, ReasonCode.PILOTS})
"""What keeps a drone away for a while only: an order that nothing else can carry waits for its end."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What was found out about an order, and on what it rests."""

    eligibility: Eligibility
    weather: Weather | None
    attempts: int
    at_s: float


class WaitingOrders:
    """Assessments of the orders that wait; one planner, changed with the zones."""

    def __init__(
        self,
        site: Site,
        journal: Journal,
        planner: Planner,
        weather: Callable[[], Weather | None],
        *,
        unread: Callable[[], tuple[str, ...]],
        full_j: Callable[[DroneProfile], float],
    ) -> None:
        self._site, self._journal, self._planner, self._weather = site, journal, planner, weather
        self._unread, self._full_j = unread, full_j
        self._noise = NoiseMap(site.dispatch.neighbourhoods, site.frame)
        self._assessed: dict[OrderId, Assessed] = {}
        self._told: dict[OrderId, HorizonOrder] = {}
        self._rests_on: dict[OrderId, tuple[object, ...]] = {}

    def renew(self, planner: Planner) -> None:
        """Plan by other zones from here on: every order is looked at anew."""
        self._planner = planner
        self._assessed = {order_id: replace(each, at_s=-math.inf) for order_id, each in self._assessed.items()}

    @property
    def planner(self) -> Planner:
        """By the zones in force."""
        return self._planner

    def knows(self, order_id: OrderId) -> bool:
        """Whether it was assessed."""
        return order_id in self._assessed

    def eligibility(self, order_id: OrderId) -> Eligibility:
        """As assessed last; KeyError for an order that was not."""
        return self._assessed[order_id].eligibility

    def over(self, order_id: OrderId, profile_name: str) -> tuple[str, ...]:
        """Neighbourhoods that the way of this type of aircraft leads over."""
        answers = self._assessed[order_id].eligibility.profiles
        return next((answer.over for answer in answers if answer.profile_name == profile_name), ())

    def heard(self, order_id: OrderId, profile_name: str) -> tuple[tuple[str, float], ...]:
        """How neighbourhoods with a budget of sound hear this type of aircraft on its way [dB(A)]."""
        answers = self._assessed[order_id].eligibility.profiles
        return next((answer.heard_db for answer in answers if answer.profile_name == profile_name), ())

    def energy_j(self, order_id: OrderId, profile_name: str) -> float:
        """Of the flight foreseen with this type of aircraft [J]."""
        answers = self._assessed[order_id].eligibility.profiles
        return next((answer.estimate.energy_j for answer in answers if answer.profile_name == profile_name), 0.0)

    def flight_cost(self, order_id: OrderId) -> float | None:
        """Of the cheapest flight that may bring the order; None where none may."""
        kinds = {drone.profile.name: (drone.profile.name, math.inf) for drone in self._site.drones}
        flights = self._flights(self._assessed[order_id].eligibility, 0.0, kinds) if order_id in self._assessed else ()
        return min((flight.cost for flight in flights), default=None)

    # ------------------------------------------------------------------ assessing

    async def assess(self, records: Sequence[OrderRecord]) -> None:
        """Assess those never assessed, and those that came back since; forget those that left."""
        known = {record.order.order_id for record in records}
        assigned = {record.order.order_id for record in self._journal.book.orders(OrderState.ASSIGNED)}
        for order_id in self._assessed.keys() - known - assigned:
            self.forget(order_id)
        for record in records:
            before = self._assessed.get(record.order.order_id)
            if before is None or before.attempts != record.attempts or before.at_s < 0:
                await self._assess(record)

    async def assess_anew(self, records: Sequence[OrderRecord], hurried: Callable[[], bool]) -> None:
        """Assess some of those whose assessment is out of date, the oldest first; one only where a decision is due."""
        now_s, weather = asyncio.get_running_loop().time(), self._weather()
        stale = [record for record in records if self._is_stale(record, weather, now_s)]
        stale.sort(key=lambda record: self._assessed[record.order.order_id].at_s)
        for record in stale[:ANEW_A_ROUND]:
            await self._assess(record)
            await asyncio.sleep(0)
            if hurried():
                return

    def forget(self, order_id: OrderId) -> None:
        """Know nothing of it any more."""
        self._assessed.pop(order_id, None)
        self._told.pop(order_id, None)
        self._rests_on.pop(order_id, None)

    def _is_stale(self, record: OrderRecord, weather: Weather | None, now_s: float) -> bool:
        before = self._assessed.get(record.order.order_id)
        if before is None:
            return False
        return before.weather is not weather or now_s - before.at_s >= ANEW_AFTER_S

    async def _assess(self, record: OrderRecord) -> None:
        before = self._assessed.get(record.order.order_id)
        found = self.look_at(record)
        if before is not None and _outline(before.eligibility) == _outline(found):
            return
        profiles = tuple(answer.profile_name for answer in found.able)
        await self._journal.record(
            e.EligibilityAssessed(record.order.order_id, found.drone_reasons, found.van_reasons, profiles)
        )

    def look_at(self, record: OrderRecord) -> Eligibility:
        """Assess an order and remember it; nothing is written."""
        found, now_s = self.assessment_of(record), asyncio.get_running_loop().time()
        self._assessed[record.order.order_id] = Assessed(found, self._weather(), record.attempts, now_s)
        return found

    def assessment_of(self, record: OrderRecord) -> Eligibility:
        """Which modes may carry an order, as things are now."""
        order, flight, now_s = record.order, self._site.flight, asyncio.get_running_loop().time()
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
            attempted=() if may_fly_again(record) else (Mode.DRONE,),
            full_j=self._full_j,
        )

    def _route(self, order: Order, profile: DroneProfile, now_s: float) -> RouteAnswer:
        """The way in the layer where it is shortest, out or home, whichever is longer; noise counts for both."""
        ways = [self._shortest(order, profile, now_s, layers) for layers in self._site.flight.both_layers]
        longer = max(ways, key=_length_m)
        paths, layers = [way.path_enu_m for way in ways], self._site.flight.both_layers
        heard = self._noise.heard(profile, *((path, min(each)) for path, each in zip(paths, layers, strict=True)))
        return RouteAnswer(longer.length_m, longer.reasons, self._noise.crossed(*paths), heard)

    def _shortest(self, order: Order, profile: DroneProfile, now_s: float, layers: Sequence[float]) -> RouteEstimate:
        estimates = [
            self._planner.route_length_m(
                self._site.depot, order.drop_off, height_home_m=height_m, at_s=now_s, profile=profile
            )
            for height_m in layers
        ]
        return min(estimates, key=_length_m)

    # ------------------------------------------------------------------ told to the dispatcher

    def closed(self) -> tuple[Reason, ...]:
        """What keeps every drone on the ground now."""
        now_s = asyncio.get_running_loop().time()
        return (*unread_reasons(self._unread()), *weather_reasons(self._site.rules, self._weather(), now_s))

    def quiet(
        self, record: OrderRecord, flown: dict[str, list[float]], heard: dict[str, list[tuple[float, float]]]
    ) -> tuple[Reason, ...]:
        """Neighbourhoods on the order's way that have had the flights, or the sound, they bear."""
        if not self._site.dispatch.neighbourhoods:
            return ()
        now_s = asyncio.get_running_loop().time()
        answers = self._assessed[record.order.order_id].eligibility.profiles
        crossed = tuple(dict.fromkeys(name for answer in answers for name in answer.over))
        loudest = max((answer.heard_db for answer in answers), key=_loudness, default=())
        return (*self._noise.reasons(crossed, flown, now_s), *self._noise.too_loud(loudest, heard, now_s))

    def soonest_flight_s(self, order_id: OrderId) -> float:
        """From being loaded to the hand-over by the quickest drone that may fly it [s]; ``inf`` where none may."""
        able = self._assessed[order_id].eligibility.able
        loads_s = {drone.profile.name: drone.profile.load_s for drone in self._site.drones}
        times = (loads_s.get(each.profile_name, 0.0) + each.estimate.time_to_drop_s for each in able)
        return min(times, default=math.inf)

    def told(
        self, record: OrderRecord, due_s: float, barred: tuple[Reason, ...], kinds: Mapping[str, tuple[str, float]]
    ) -> HorizonOrder:
        """The order as the dispatcher decides over it; the same object while nothing about it changed.

        Parameters
        ----------
        barred
            Why no drone may take it now, beside what was assessed.
        kinds
            Kinds of drones, each with its profile and the heaviest parcel [kg].
        """
        order_id = record.order.order_id
        found = self._assessed[order_id].eligibility
        rests_on = (found, due_s, barred, kinds, record.pick_up)
        if self._rests_on.get(order_id) != rests_on:
            self._told[order_id] = self._tell(record, found, due_s, barred, kinds)
            self._rests_on[order_id] = rests_on
        return self._told[order_id]

    def _tell(
        self,
        record: OrderRecord,
        found: Eligibility,
        due_s: float,
        barred: tuple[Reason, ...],
        kinds: Mapping[str, tuple[str, float]],
    ) -> HorizonOrder:
        order = record.order
        flights = () if barred else tuple(self._flights(found, order.parcel.weight_kg, kinds, order.deliver_from_s))
        return HorizonOrder(
            order_id=order.order_id,
            position_enu_m=self._site.frame.to_enu_m(order.drop_off),
            due_s=due_s,
            weight_kg=order.parcel.weight_kg,
            flights=flights,
            drone_reasons=() if flights else (*found.drone_reasons, *barred),
            van_reasons=found.van_reasons,
            late_cost=self._site.rules.late_cost,
            released_s=-math.inf if order.ready_at_s is None else order.ready_at_s,
            earliest_s=-math.inf if order.deliver_from_s is None else order.deliver_from_s,
            pick_up_enu_m=None if record.pick_up is None else self._site.frame.to_enu_m(record.pick_up),
        )

    def _flights(
        self,
        found: Eligibility,
        weight_kg: float,
        kinds: Mapping[str, tuple[str, float]],
        from_s: float | None = None,
    ) -> Iterator[Flight]:
        """One for each kind of drone that may fly it now, or when there is light for it."""
        profiles = {drone.profile.name: drone.profile for drone in self._site.drones}
        answers = {} if found.site_reasons else {answer.profile_name: answer for answer in found.profiles}
        for kind, (name, limit_kg) in kinds.items():
            answer = answers.get(name)
            if answer is None or weight_kg > limit_kg or not math.isfinite(answer.estimate.duration_s):
                continue
            if all(reason.code is ReasonCode.NIGHT for reason in answer.reasons) and answer.opens_s < math.inf:
                flight = self._flight(kind, answer, profiles[name])
                yield flight if from_s is None else replace(flight, opens_s=max(flight.opens_s, from_s - flight.out_s))

    def _flight(self, kind: str, answer: ProfileAnswer, profile: DroneProfile) -> Flight:
        """Loading counts with the flight: it holds the aircraft."""
        estimate, rules = answer.estimate, self._site.rules
        energy_kwh = estimate.energy_j / J_PER_KWH
        cost = (
            rules.flight_cost + rules.flight_cost_per_s * estimate.duration_s + rules.flight_cost_per_kwh * energy_kwh
        )
        return Flight(
            kind=kind,
            out_s=profile.load_s + estimate.time_to_drop_s,
            total_s=profile.load_s + estimate.duration_s,
            energy_j=estimate.above_reserve_j(profile),
            cost=cost,
            opens_s=answer.opens_s,
        )


def may_fly_again(record: OrderRecord) -> bool:
    """Not brought back, not dropped for what another drone would meet again, and not too often."""
    met_again = record.attempts > 0 and any(
        reason.code in NO_SECOND_FLIGHT and reason.leg != PAD_LEG for reason in record.reasons
    )
    return record.attempts < MOST_DRONE_ATTEMPTS and not record.came_home and not met_again


def may_fly_one_day(found: Eligibility) -> bool:
    """Whether a drone may take it now, or when what keeps it away has passed."""
    if any(reason.code not in PASSING for reason in found.site_reasons):
        return False
    return any(all(reason.code in PASSING for reason in answer.reasons) for answer in found.profiles)


def _loudness(heard: Sequence[tuple[str, float]]) -> float:
    return max((level_db for _, level_db in heard), default=-math.inf)


def _length_m(way: RouteEstimate) -> float:
    return math.inf if way.length_m is None else way.length_m


def _outline(found: Eligibility) -> tuple[object, ...]:
    """What is worth a line in the ledger when it changes: codes, not figures."""
    codes = [[(reason.code, reason.zone) for reason in each] for each in (found.drone_reasons, found.van_reasons)]
    return codes[0], codes[1], [answer.profile_name for answer in found.able]
