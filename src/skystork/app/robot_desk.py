"""The sidewalk robots: each is sent one parcel at a time, and what it says of it is where the parcel is.

A robot speaks as a van does (VDA 5050, docs/mqtt.md): its tour is the depot, one doorstep, and the depot again. It is
free when it said that it handed over and stands at the depot; then it charges for its turnaround.

An order whose robot is not loaded in time is anybody's again; what a robot is being loaded with, or has in its
compartment, stays with it. A robot that lost an order so, or says nothing, is offered to none for a while.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from skystork.app.bus_header import Header
from skystork.app.journal import Journal
from skystork.app.road_reports import RoadReports
from skystork.app.site import Site
from skystork.app.van_arrivals import van_arrivals
from skystork.app.van_tour import tour_order
from skystork.app.van_view import VanView
from skystork.dispatch.robots import robot_reasons, trip_cost, trip_of
from skystork.dispatch.van_plan import StopKind, VanStop
from skystork.fleet.profile import RobotProfile
from skystork.fleet.vehicle import Robot
from skystork.frames import distance_m
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import Mode, OrderId, VehicleId
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.bus import Bus

ROUND_S = 20.0
"""Between two looks whether a robot missed what it was sent."""
LOADED_WITHIN_S = 300.0
"""Beyond its time to load: one that stands ready at the depot and is not loaded by then is not coming to it."""
NOT_LOADED = "ROBOT_NOT_LOADED"
"""The rule that takes an order from a robot that is not loaded in time."""


@dataclass(frozen=True, slots=True)
class RobotAvailability:
    """A robot that was heard: at the depot, or on its way back."""

    robot: Robot
    ready_at_s: float
    """When it can be loaded [s since the Unix epoch]; in the past where it stands idle."""


def limited_to(robot: Robot, limits_kg: Mapping[VehicleId, float]) -> RobotProfile:
    """What a robot may carry where a person limited some vehicles."""
    own_kg = robot.profile.payload_limit_kg
    return replace(robot.profile, payload_limit_kg=min(own_kg, limits_kg.get(robot.vehicle_id, own_kg)))


class RobotDesk:
    """Sends and follows the robots."""

    def __init__(self, site: Site, journal: Journal, bus: Bus, root: str) -> None:
        self._site, self._journal, self._bus = site, journal, bus
        self._base = f"{root}/{site.table.manufacturer}"
        self._header = Header(site.table.manufacturer)
        self.robots = {robot.vehicle_id: robot for robot in site.robots}
        self.views: Mapping[str, VanView] = {
            robot.serial_number: VanView(robot.as_van(), site.depot) for robot in site.robots
        }
        self._back_s: dict[VehicleId, float] = {}
        """When each came home last."""
        self._given: dict[VehicleId, tuple[OrderId, float]] = {}
        """The order each was given last and when, or when it was first seen to be its own after a restart."""
        self._shunned_s: dict[VehicleId, float] = {}
        """When an order was taken from each that was not loaded in time."""
        self._reports = RoadReports(journal, bus, self._base, self.views, Mode.ROBOT, on_home=self._home)

    def available(self, now_s: float) -> Iterator[RobotAvailability]:
        """Robots that were heard, each with when it can be loaded."""
        for view in self.views.values():
            robot = self.robots[view.van.vehicle_id]
            if view.state is None or (self._has_order(robot.vehicle_id) and not view.under_way):
                continue
            if view.is_silent(now_s) or now_s - self._shunned_s.get(robot.vehicle_id, -math.inf) < LOADED_WITHIN_S:
                continue
            charged_s = self._back_s.get(robot.vehicle_id, -robot.profile.turnaround_s) + robot.profile.turnaround_s
            ready_s = now_s if not view.under_way else now_s + self._home_in_s(view) + robot.profile.turnaround_s
            yield RobotAvailability(robot, max(ready_s, charged_s))

    def is_free(self, vehicle_id: VehicleId, now_s: float) -> bool:
        """Whether it can be loaded now."""
        return any(each.robot.vehicle_id == vehicle_id and each.ready_at_s <= now_s for each in self.available(now_s))

    def ways(self, record: OrderRecord, now_s: float) -> tuple[e.PricedWay, ...]:
        """How each type of robot could bring an order: the soonest of it with its cost, or why none can."""
        straight_m = distance_m(self._site.depot, record.order.drop_off)
        profiles = {robot.profile.name: robot.profile for robot in self._site.robots}
        return tuple(self._way(record, profile, straight_m, now_s) for profile in profiles.values())

    def _way(self, record: OrderRecord, profile: RobotProfile, straight_m: float, now_s: float) -> e.PricedWay:
        reasons = tuple(robot_reasons(record.order, profile, straight_m=straight_m, now_s=now_s))
        own = [each for each in self.available(now_s) if each.robot.profile is profile]
        limits_kg, weight_kg = self._journal.book.control.payload_kg, record.order.parcel.weight_kg
        able = [each for each in own if weight_kg <= limited_to(each.robot, limits_kg).payload_limit_kg]
        if not reasons and not own:
            reasons = (Reason(ReasonCode.FLEET, f"no {profile.name} is in service", 0, 1),)
        elif not reasons and not able:
            most_kg = max(limited_to(each.robot, limits_kg).payload_limit_kg for each in own)
            text = f"parcel weighs {weight_kg:.3g} kg, a person limited each {profile.name} to {most_kg:.4g} kg at most"
            reasons = (Reason(ReasonCode.WEIGHT, text, weight_kg, most_kg),)
        if reasons:
            return e.PricedWay(Mode.ROBOT, None, None, None, None, None, reasons)
        soonest = min(able, key=lambda each: (each.ready_at_s, each.robot.vehicle_id))
        trip, rules = trip_of(profile, straight_m), self._site.rules
        leaves_s = record.order.leaves_from_s(max(soonest.ready_at_s, now_s), trip.out_s)
        eta_s, cost = leaves_s + trip.out_s, trip_cost(trip, rules)
        late_s = max(0.0, eta_s - (record.promised_by_s or eta_s))
        price = cost + (rules.late_cost if late_s > 0 else 0.0)
        return e.PricedWay(Mode.ROBOT, soonest.robot.vehicle_id, eta_s, cost, price, late_s)

    def arrivals(self, now_s: float) -> dict[OrderId, float]:
        """When each order aboard or being loaded is handed over [s since the Unix epoch]."""
        return van_arrivals(self.views.values(), {}, now_s, now_s)

    async def send(self, record: OrderRecord, vehicle_id: VehicleId) -> None:
        """Have a robot that stands idle bring a waiting order."""
        now_s, order_id = asyncio.get_running_loop().time(), record.order.order_id
        stops = self._stops(replace(record, vehicle_id=vehicle_id), now_s)
        there_s = stops[1].eta_s
        late_s = max(0.0, there_s - (record.promised_by_s or there_s))
        self._given[vehicle_id] = order_id, now_s
        await self._journal.record(e.OrderRouted(order_id, vehicle_id, there_s, late_s, mode=Mode.ROBOT))
        await self._publish(self._view(vehicle_id), stops, now_s)

    def _stops(self, record: OrderRecord, now_s: float) -> tuple[VanStop, VanStop, VanStop]:
        """The whole trip of an order by its robot, begun now."""
        profile, order_ids = self.robots[VehicleId(record.vehicle_id or "")].profile, (record.order.order_id,)
        depot, door = self._site.depot, record.order.drop_off
        trip = trip_of(profile, distance_m(depot, door))
        there_s, home_s = now_s + trip.out_s, now_s + trip.total_s
        from_s = -math.inf if record.order.deliver_from_s is None else record.order.deliver_from_s
        ready_s = -math.inf if record.order.ready_at_s is None else record.order.ready_at_s
        arrives_s, there_s = there_s - profile.service_s, max(there_s, from_s)
        return (
            VanStop(StopKind.LOAD, depot, order_ids, now_s, now_s + profile.load_s, not_before_s=ready_s),
            VanStop(StopKind.DELIVER, door, order_ids, arrives_s, there_s, not_before_s=from_s),
            VanStop(StopKind.RETURN, depot, (), home_s, home_s),
        )

    async def run(self) -> None:
        """Send again what was missed, for the life of the service."""
        while True:
            await asyncio.sleep(ROUND_S)
            now_s = asyncio.get_running_loop().time()
            for view in self.views.values():
                await self._look_after(view, now_s)

    async def _look_after(self, view: VanView, now_s: float) -> None:
        """Take back what it is not loaded with, send again what it missed, and on its way what nobody sent it on."""
        robot_id, profile = view.van.vehicle_id, view.van.profile
        record = self._order_of(robot_id)
        state = None if record is None else record.state
        if record is not None and state is OrderState.ROUTED and not view.serving:
            waited_s = now_s - self._given_s(robot_id, record.order.order_id, now_s)
            if waited_s >= profile.load_s + LOADED_WITHIN_S:
                await self._take_back(view, record, waited_s)
        elif record is not None and state is OrderState.ON_ROAD and not (view.under_way or view.state is None):
            await self._publish(view, self._stops(record, now_s)[1:], now_s)
        if view.has_missed_update(now_s) and not view.is_silent(now_s):
            await self._publish(view, view.stops_left, now_s)

    def _given_s(self, robot_id: VehicleId, order_id: OrderId, now_s: float) -> float:
        """When it was given the order, as far as is known."""
        if self._given.get(robot_id, ("", 0.0))[0] != order_id:
            self._given[robot_id] = order_id, now_s
        return self._given[robot_id][1]

    async def _take_back(self, view: VanView, record: OrderRecord, waited_s: float) -> None:
        """The parcel stands at the depot: any vehicle may have it; the robot is told, if it hears."""
        order_id, robot_id, now_s = record.order.order_id, view.van.vehicle_id, asyncio.get_running_loop().time()
        says = "says nothing" if view.is_silent(now_s) else "stands"
        text = f"{robot_id} {says}, and is not loaded {waited_s:.0f} s after it was given the order"
        self._shunned_s[robot_id] = now_s
        await self._journal.record(e.RouteDropped(order_id, robot_id, NOT_LOADED, text))
        await self._publish(view, (), now_s)

    async def listen(self) -> None:
        """Take the robots' states in; runs for the life of the service."""
        await self._reports.listen()

    def _home(self, view: VanView) -> None:
        self._back_s[view.van.vehicle_id] = asyncio.get_running_loop().time()

    def _has_order(self, vehicle_id: VehicleId) -> bool:
        return self._order_of(vehicle_id) is not None

    def _order_of(self, vehicle_id: VehicleId) -> OrderRecord | None:
        """What it has, or is to be loaded with; what it has first."""
        for state in (OrderState.ON_ROAD, OrderState.ROUTED):
            for record in self._journal.book.orders(state):
                if record.vehicle_id == vehicle_id:
                    return record
        return None

    def _home_in_s(self, view: VanView) -> float:
        """From where it is over what is left of its trip [s]."""
        profile, left = view.van.profile, view.stops_left
        here = view.state.position if view.state is not None else self._site.depot
        seconds = 0.0
        for stop in left:
            seconds += distance_m(here, stop.position) * profile.circuity / profile.speed_m_s
            seconds += {StopKind.LOAD: profile.load_s, StopKind.DELIVER: profile.service_s}.get(stop.kind, 0.0)
            here = stop.position
        return seconds

    def _view(self, vehicle_id: VehicleId) -> VanView:
        return self.views[self.robots[vehicle_id].serial_number]

    async def _publish(self, view: VanView, stops: tuple[VanStop, ...], now_s: float) -> None:
        topic = f"{self._base}/{view.van.serial_number}/order"
        body = tour_order(view, stops, now_s)
        await self._bus.publish(topic, self._header.seal(body, topic, view.van.serial_number, now_s), qos=1)
