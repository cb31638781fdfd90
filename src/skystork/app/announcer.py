"""What supervisors see on the bus of every vehicle and every order, in the shape of VDA 5050.

A change that somebody may decide by goes out within a tenth of a second, at QoS 1, where VDA 5050 takes 0. What only
moved is told by ``visualization`` at QoS 0, because the next place comes a second later; the retained state follows it
every five seconds, and is repeated every 30 s. State is a latest value: old values are not queued up. See docs/mqtt.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from skystork.app import bus_messages as make
from skystork.app.bus_header import CONTROLLER, Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.app.van_view import VanView
from skystork.contract.header import NO_HEADER, Message
from skystork.contract.vehicle_messages import ActionState, Connection, ConnectionState
from skystork.link.contract import LinkEvent, TelemetrySample
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import OrderId, VehicleId
from skystork.shell.bus import Bus

BATCH_S = 0.05
"""What changes within this goes out together; half of what a person notices as a delay."""
PERIOD_S = 5.0
"""Between rounds, for what only moved: where it is, its ``visualization`` tells each second."""
VISUAL_S = 1.0
"""Between two places of one vehicle: a person cannot follow faster."""
DESKS_AT_A_TIME = 16
"""Told without a pause: a round of 300 aircraft takes some 10 ms, in which nothing else would be heard (measured)."""
REPEAT_S = 30.0
"""VDA 5050: state at least every 30 s."""


class _Sent(NamedTuple):
    """What a topic was told last."""

    at_s: float
    body: Message


class Announcer:
    """Publishes what changed about vehicles and orders.

    Parameters
    ----------
    vans
        By serial number.
    actions_of
        The last commands to a vehicle, newest last.
    version_of
        Version of a target of commands.
    """

    def __init__(
        self,
        bus: Bus,
        root: str,
        header: Header,
        desks: Sequence[DroneDesk],
        journal: Journal,
        *,
        vans: Mapping[str, VanView],
        actions_of: Callable[[VehicleId], tuple[ActionState, ...]],
        version_of: Callable[[str], str | None],
        as_foreseen: Callable[[OrderRecord], OrderRecord] = lambda record: record,
    ) -> None:
        self._as_foreseen = as_foreseen
        self._bus, self._root, self._header = bus, root, header
        self._desks, self._journal, self._vans = desks, journal, vans
        self._actions_of, self._version_of = actions_of, version_of
        self._by_vehicle = {desk.drone.vehicle_id: desk for desk in desks}
        self._orders: dict[OrderId, None] = dict.fromkeys(record.order.order_id for record in journal.book.orders())
        self._moved: dict[DroneDesk, None] = {}
        self._alerts: list[tuple[float, e.ContingencyRaised | e.ContingencyCleared]] = []
        self._flights: list[e.FlightCleared | e.FlightRerouted] = []
        self._updates: dict[str, int] = {}
        self._keys: dict[VehicleId, object] = {}
        self._sent: dict[str, _Sent] = {}
        self._shown_s: dict[str, float] = {}
        self._news = asyncio.Event()
        for desk in desks:
            desk.port.events.append(partial(self._note_heard, desk))
        journal.listen(self._note)

    async def run(self) -> None:
        """For the life of the service."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._prompt(), name="announcer changes")
            while True:
                await self.publish_round()
                await asyncio.sleep(PERIOD_S)

    async def publish_round(self) -> None:
        """Everything that changed since it was told last."""
        await self._publish_news()
        for number, desk in enumerate(self._desks, start=1):
            if number % DESKS_AT_A_TIME == 0:
                await asyncio.sleep(0)
            await self._tell_connection(desk)
            await self._tell_state(desk)
        for serial, view in self._vans.items():
            if view.state is not None:
                await self._send_changed(
                    f"{self._base(serial)}/visualization", serial, make.van_visualization(view.state), qos=0
                )

    async def _prompt(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._publish_news()
            await asyncio.sleep(BATCH_S)

    async def _publish_news(self) -> None:
        orders, self._orders = self._orders, {}
        for order_id in orders:
            await self._tell_order(order_id)
        moved, self._moved = self._moved, {}
        now_s = asyncio.get_running_loop().time()
        told = 0
        for desk in moved:
            changed, shown = self._keys.get(desk.drone.vehicle_id) != self._key(desk), self._is_shown(desk, now_s)
            if changed or shown:
                told += 1
                if told % DESKS_AT_A_TIME == 0:
                    await asyncio.sleep(0)
                await self._tell_moved(desk, changed=changed, shown=shown)
        flights, self._flights = self._flights, []
        for event in flights:
            await self._tell_flight(event)
        alerts, self._alerts = self._alerts, []
        for at_s, alert in alerts:
            topic = f"{self._root}/alerts/{alert.flight_id}-{alert.rule}"
            payload = self._header.seal(make.contingency_alert(alert), topic, CONTROLLER, at_s)
            await self._bus.publish(topic, payload, qos=1, retain=True)

    # ------------------------------------------------------------------ what is noted

    def _note(self, at_s: float, event: e.Event) -> None:
        order_id = getattr(event, "order_id", None)
        if order_id is not None and order_id in self._journal.book:
            self._orders[order_id] = None
        if (desk := self._by_vehicle.get(getattr(event, "vehicle_id", None) or VehicleId(""))) is not None:
            self._moved[desk] = None
        if isinstance(event, e.ContingencyRaised | e.ContingencyCleared):
            self._alerts.append((at_s, event))
        if isinstance(event, e.FlightCleared | e.FlightRerouted):
            self._flights.append(event)
        self._news.set()

    def tell_order(self, order_id: OrderId) -> None:
        """Its arrival moved: tell it with the next messages."""
        self._orders[order_id] = None
        self._news.set()

    def _note_heard(self, desk: DroneDesk, event: LinkEvent) -> None:
        only_moved = isinstance(event, TelemetrySample) and "position" in event.told and "mode" not in event.told
        if not only_moved or self._is_shown(desk, event.at_s):
            self._moved[desk] = None
            self._news.set()

    # ------------------------------------------------------------------ what is told

    def _base(self, serial: str) -> str:
        return f"{self._root}/{self._header.manufacturer}/{serial}"

    def _is_shown(self, desk: DroneDesk, now_s: float) -> bool:
        """Whether its place is to be told: in the air, once a second."""
        return now_s - self._shown_s.get(desk.drone.serial_number, -VISUAL_S) >= VISUAL_S and desk.tracker.armed

    async def _tell_moved(self, desk: DroneDesk, *, changed: bool, shown: bool) -> None:
        """The state where a decision may rest on what changed; where it is, when that is due."""
        if changed:
            await self._tell_connection(desk)
            await self._tell_state(desk)
        serial = desk.drone.serial_number
        body = make.visualization(desk.state, self._header.last(f"{self._base(serial)}/state")) if shown else None
        if body is not None:
            self._shown_s[serial] = asyncio.get_running_loop().time()
            await self._send(f"{self._base(serial)}/visualization", serial, body, qos=0, retain=False)

    def _key(self, desk: DroneDesk) -> object:
        """All that a decision may rest on; compared many times a second."""
        flight, decisive = desk.flight, desk.tracker.decisive
        what = (flight.plan.request.flight_id, flight.phase) if flight else None
        return what, decisive, desk.busy, desk.out_of_service, desk.kept, self._actions_of(desk.drone.vehicle_id)

    async def _tell_state(self, desk: DroneDesk) -> None:
        vehicle_id, serial = desk.drone.vehicle_id, desk.drone.serial_number
        self._keys[vehicle_id] = self._key(desk)
        body = make.drone_state(desk, self._actions_of(vehicle_id), self._version_of(f"vehicle/{vehicle_id}"))
        await self._send_changed(f"{self._base(serial)}/state", serial, body)

    async def _tell_connection(self, desk: DroneDesk) -> None:
        serial = desk.drone.serial_number
        await self._send_changed(f"{self._base(serial)}/connection", serial, make.connection(desk.tracker.link))

    async def _tell_order(self, order_id: OrderId) -> None:
        record, base = self._as_foreseen(self._journal.book.order(order_id)), f"{self._root}/deliveries/{order_id}"
        await self._send_changed(
            f"{base}/status", CONTROLLER, make.delivery_status(record, self._version_of(f"order/{order_id}"))
        )
        await self._send_changed(f"{base}/eta", CONTROLLER, make.delivery_eta(record))
        proof = make.delivery_proof(record)
        if proof is not None:
            await self._send_changed(f"{base}/proof", CONTROLLER, proof)

    async def _tell_flight(self, event: e.FlightCleared | e.FlightRerouted) -> None:
        desk = self._by_vehicle.get(event.vehicle_id)
        if desk is None or desk.flight is None or desk.flight.plan.request.flight_id != event.flight_id:
            return
        update = self._updates[event.flight_id] = self._updates.get(event.flight_id, -1) + 1
        serial = desk.drone.serial_number
        await self._send(
            f"{self._base(serial)}/order", serial, make.flight_order(desk.flight.plan, update), retain=False
        )

    async def _send_changed(self, topic: str, serial: str, body: Message, *, qos: int = 1) -> None:
        sent, now_s = self._sent.get(topic), asyncio.get_running_loop().time()
        if sent is None or body != sent.body or (now_s - sent.at_s >= REPEAT_S and serial != CONTROLLER):
            self._sent[topic] = _Sent(now_s, body)
            await self._send(topic, serial, body, qos=qos, retain=qos > 0)

    async def _send(self, topic: str, serial: str, body: Message, *, qos: int = 1, retain: bool = True) -> None:
        payload = self._header.seal(body, topic, serial, asyncio.get_running_loop().time())
        await self._bus.publish(topic, payload, qos=qos, retain=retain)


def connection_message(header: Header, topic: str, at_s: float, state: str) -> bytes:
    """The controller's own ``connection`` message: birth, farewell or last will."""
    return header.seal(Connection(**NO_HEADER, connection_state=ConnectionState(state)), topic, CONTROLLER, at_s)
