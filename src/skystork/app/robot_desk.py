"""The sidewalk robots: each is sent one parcel at a time, and what it says of it is where the parcel is.

A robot speaks as a van does (VDA 5050, docs/mqtt.md): its tour is the depot, one doorstep, and the depot again. It is
free when it said that it handed over and stands at the depot; then it charges for its turnaround.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from skystork.app.bus_header import Header
from skystork.app.journal import Journal
from skystork.app.site import Site
from skystork.app.van_arrivals import van_arrivals
from skystork.app.van_tour import tour_order
from skystork.app.van_view import VanView, read_state
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


@dataclass(frozen=True, slots=True)
class RobotAvailability:
    """A robot that was heard: at the depot, or on its way back."""

    robot: Robot
    ready_at_s: float
    """When it can be loaded [s since the Unix epoch]; in the past where it stands idle."""


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
        self._following = asyncio.Lock()

    def available(self, now_s: float) -> Iterator[RobotAvailability]:
        """Robots that were heard, each with when it can be loaded."""
        for view in self.views.values():
            robot = self.robots[view.van.vehicle_id]
            if view.state is None or (self._has_order(robot.vehicle_id) and not view.under_way):
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
        if not reasons and not own:
            reasons = (Reason(ReasonCode.FLEET, f"no {profile.name} is in service", 0, 1),)
        if reasons:
            return e.PricedWay(Mode.ROBOT, None, None, None, None, None, reasons)
        soonest = min(own, key=lambda each: (each.ready_at_s, each.robot.vehicle_id))
        trip, rules = trip_of(profile, straight_m), self._site.rules
        eta_s, cost = max(soonest.ready_at_s, now_s) + trip.out_s, trip_cost(trip, rules)
        late_s = max(0.0, eta_s - (record.promised_by_s or eta_s))
        price = cost + (rules.late_cost if late_s > 0 else 0.0)
        return e.PricedWay(Mode.ROBOT, soonest.robot.vehicle_id, eta_s, cost, price, late_s)

    def arrivals(self, now_s: float) -> dict[OrderId, float]:
        """When each order aboard or being loaded is handed over [s since the Unix epoch]."""
        return van_arrivals(self.views.values(), {}, now_s, now_s)

    async def send(self, record: OrderRecord, vehicle_id: VehicleId) -> None:
        """Have a robot that stands idle bring a waiting order."""
        robot, now_s = self.robots[vehicle_id], asyncio.get_running_loop().time()
        order, place = record.order, record.order.drop_off
        trip = trip_of(robot.profile, distance_m(self._site.depot, place))
        there_s = now_s + trip.out_s
        stops = (
            VanStop(StopKind.LOAD, self._site.depot, (order.order_id,), now_s, now_s + robot.profile.load_s),
            VanStop(StopKind.DELIVER, place, (order.order_id,), there_s - robot.profile.service_s, there_s),
            VanStop(StopKind.RETURN, self._site.depot, (), now_s + trip.total_s, now_s + trip.total_s),
        )
        late_s = max(0.0, there_s - (record.promised_by_s or there_s))
        await self._journal.record(e.OrderRouted(order.order_id, vehicle_id, there_s, late_s, mode=Mode.ROBOT))
        await self._publish(self._view(vehicle_id), stops, now_s)

    async def run(self) -> None:
        """Send again what was missed, for the life of the service."""
        while True:
            await asyncio.sleep(ROUND_S)
            now_s = asyncio.get_running_loop().time()
            for view in self.views.values():
                if view.has_missed_update(now_s) and view.stops_left:
                    await self._publish(view, view.stops_left, now_s)

    async def listen(self) -> None:
        """Take the robots' states in; runs for the life of the service."""
        async with asyncio.TaskGroup() as tasks:
            for serial, view in self.views.items():
                tasks.create_task(self._listen_to(serial, view), name=f"robot states[{serial}]")

    async def _listen_to(self, serial: str, view: VanView) -> None:
        async for message in self._bus.subscribe(f"{self._base}/{serial}/state"):
            state = read_state(message.payload)
            if state is None:
                continue
            async with self._following:
                was_out = view.under_way
                now_s = asyncio.get_running_loop().time()
                await self._follow(view, view.take(state, now_s))
                if was_out and not view.under_way:
                    self._back_s[view.van.vehicle_id] = now_s

    async def _follow(self, view: VanView, ended: list[str]) -> None:
        for action_id in ended:
            kind, _, order_id = action_id.partition(":")
            if OrderId(order_id) not in self._journal.book:
                continue
            record = self._journal.book.order(OrderId(order_id))
            if record.vehicle_id != view.van.vehicle_id or record.state not in {OrderState.ROUTED, OrderState.ON_ROAD}:
                continue
            if view.failed(action_id):
                await self._give_up(view, record, kind, action_id)
                continue
            events: list[e.Event] = []
            if record.state is OrderState.ROUTED:
                events.append(e.ParcelLoaded(record.order.order_id, view.van.vehicle_id))
            if kind == "drop":
                robot_id = view.van.vehicle_id
                evidence = f"{robot_id} reported the hand-over"
                events.append(e.OrderDelivered(record.order.order_id, Mode.ROBOT, robot_id, evidence))
            if events:
                await self._journal.record(*events)

    async def _give_up(self, view: VanView, record: OrderRecord, kind: str, action_id: str) -> None:
        said = (view.state.results.get(action_id) if view.state else "") or "no reason given"
        what = "be loaded" if kind == "pick" else "hand the parcel over; it is in its compartment"
        text = f"{view.van.vehicle_id} could not {what}: {said}"
        reason = Reason(ReasonCode.VEHICLE, text, said, "FINISHED")
        await self._journal.record(e.OrderUndeliverable(record.order.order_id, (reason,)))

    def _has_order(self, vehicle_id: VehicleId) -> bool:
        carried = self._journal.book.orders(OrderState.ROUTED, OrderState.ON_ROAD)
        return any(record.vehicle_id == vehicle_id for record in carried)

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
