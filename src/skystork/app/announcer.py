"""What supervisors see on the bus: retained state of every vehicle and every order, in the shape of VDA 5050.

State is a latest value: what changed since the last round is published, old values are not queued up. Aircraft
positions stand in one ``geodetic`` block whose altitude carries its reference; VDA 5050's ``x, y, theta`` on a map do
not fit an aircraft. State goes out with QoS 1 where somebody may decide by it, where VDA 5050 takes 0 always; what only
moved goes with QoS 0, because the next place comes two seconds later and an acknowledgement costs as much as the
message. See docs/mqtt.md.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.orders import events as e
from skystork.orders.book import OrderRecord
from skystork.orders.order import OrderId
from skystork.orders.reasons import Reason
from skystork.shell.bus import Bus

PERIOD_S = 2.0
"""Between rounds: a person cannot follow faster, and 20 aircraft stay at 10 messages a second."""
DESKS_AT_A_TIME = 16
"""Told without a pause: a round of 300 aircraft takes some 10 ms, in which nothing else would be heard (measured)."""
REPEAT_S = 30.0
"""VDA 5050: state at least every 30 s."""
SCHEMA_VERSION = "1.0.0"
_MOVING = frozenset({"geodetic", "batteryState", "missionSequence"})
"""Fields of a drone's state that change all the time in flight."""
_CONNECTIONS = {LinkState.UP: "ONLINE", LinkState.NEVER: "OFFLINE", LinkState.LOST: "CONNECTION_BROKEN"}


class Header:
    """VDA 5050 header fields with a counter for each topic."""

    def __init__(self, manufacturer: str) -> None:
        self.manufacturer = manufacturer
        self._counters: defaultdict[str, itertools.count[int]] = defaultdict(itertools.count)

    def make(self, topic: str, serial: str, at_s: float) -> dict[str, object]:
        """headerId, timestamp, version, manufacturer, serialNumber."""
        return {
            "headerId": next(self._counters[topic]),
            "timestamp": rfc3339(at_s),
            "version": SCHEMA_VERSION,
            "manufacturer": self.manufacturer,
            "serialNumber": serial,
        }


def rfc3339(at_s: float) -> str:
    """UTC with milliseconds and Z."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Sent(NamedTuple):
    """What a topic was told last."""

    assured_s: float
    """When it was last told with QoS 1: every so often it is, whether or not it changed."""
    body: dict[str, object]


class Announcer:
    """Publishes what changed, once a period."""

    def __init__(self, bus: Bus, root: str, header: Header, desks: Sequence[DroneDesk], journal: Journal) -> None:
        self._bus, self._root, self._header = bus, root, header
        self._desks, self._journal = desks, journal
        self._dirty: dict[OrderId, None] = dict.fromkeys(record.order.order_id for record in journal.book.orders())
        self._alerts: list[tuple[float, e.ContingencyRaised | e.ContingencyCleared]] = []
        self._sent: dict[str, _Sent] = {}
        journal.listen(self._note)

    async def run(self) -> None:
        """For the life of the service."""
        while True:
            await self.publish_round()
            await asyncio.sleep(PERIOD_S)

    async def publish_round(self) -> None:
        """Everything that changed since the last round."""
        now_s = asyncio.get_running_loop().time()
        dirty, self._dirty = self._dirty, {}
        for order_id in dirty:
            topic = f"{self._root}/deliveries/{order_id}/status"
            await self._send(topic, "controller", now_s, order_status(self._journal.book.order(order_id)))
        for number, desk in enumerate(self._desks, start=1):
            if number % DESKS_AT_A_TIME == 0:
                await asyncio.sleep(0)
            base = f"{self._root}/{self._header.manufacturer}/{desk.drone.serial_number}"
            await self._send_changed(f"{base}/connection", desk, now_s, _connection(desk.state))
            await self._send_changed(f"{base}/state", desk, now_s, vehicle_status(desk))
        alerts, self._alerts = self._alerts, []
        for at_s, alert in alerts:
            await self._send(f"{self._root}/alerts/{alert.flight_id}-{alert.rule}", "controller", at_s, _alert(alert))

    def _note(self, at_s: float, event: e.Event) -> None:
        if order_id := getattr(event, "order_id", None):
            self._dirty[order_id] = None
        if isinstance(event, e.ContingencyRaised | e.ContingencyCleared):
            self._alerts.append((at_s, event))

    async def _send_changed(self, topic: str, desk: DroneDesk, now_s: float, body: dict[str, object]) -> None:
        sent = self._sent.get(topic)
        due = sent is None or now_s - sent.assured_s >= REPEAT_S
        if sent is None or due or body != sent.body:
            qos = 0 if sent is not None and not due and only_moved(sent.body, body) else 1
            self._sent[topic] = _Sent(now_s if sent is None or qos else sent.assured_s, body)
            await self._send(topic, desk.drone.serial_number, now_s, body, qos=qos)

    async def _send(self, topic: str, serial: str, at_s: float, body: dict[str, object], *, qos: int = 1) -> None:
        message = {**self._header.make(topic, serial, at_s), **body}
        await self._bus.publish(topic, json.dumps(message, allow_nan=False).encode(), qos=qos, retain=True)


def only_moved(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether nothing differs but where a drone is; a place that came or went is more than that."""
    return all(
        value == before[name] or (name in _MOVING and value is not None and before[name] is not None)
        for name, value in after.items()
    )


def _told(reason: Reason) -> dict[str, str]:
    """Code and text, and what else is known of it."""
    more = {"zone": reason.zone, "leg": reason.leg, "remedy": reason.remedy}
    return {"code": reason.code, "text": reason.text, **{name: word for name, word in more.items() if word}}


def order_status(record: OrderRecord) -> dict[str, object]:
    """The body of ``deliveries/<id>/status``."""
    times = {
        "promisedBy": record.promised_by_s,
        "firstPromisedBy": record.first_promise_s,
        "eta": record.eta_s,
        "deliveredAt": record.delivered_at_s,
    }
    return {
        "orderId": record.order.order_id,
        "status": record.state.upper(),
        "mode": record.mode.upper() if record.mode else None,
        "vehicle": record.vehicle_id,
        "flight": record.flight_id,
        **{name: rfc3339(at_s) if at_s is not None else None for name, at_s in times.items()},
        "reasons": [_told(reason) for reason in record.reasons],
    }


def vehicle_status(desk: DroneDesk) -> dict[str, object]:
    """The body of a drone's ``state``."""
    state, flight = desk.state, desk.flight
    return {
        "orderId": flight.plan.request.order_id if flight else None,
        "flight": flight.plan.request.flight_id if flight else None,
        "phase": flight.phase.upper() if flight else ("OUT_OF_SERVICE" if desk.out_of_service else "READY"),
        "operatingMode": "AUTOMATIC" if state.mode.startswith("AUTO") else "MANUAL",
        "mode": state.mode,
        "driving": state.armed,
        "geodetic": _geodetic(state),
        "batteryState": {"batteryCharge": _rounded(state.battery_fraction, 3)},
        "missionSequence": state.mission_sequence,
        "errors": list(_errors(desk)),
        "information": [
            {"infoType": "AUTOPILOT", "infoLevel": "INFO", "infoDescription": text.text} for text in desk.said.texts
        ],
    }


def _connection(state: VehicleState) -> dict[str, object]:
    return {"connectionState": _CONNECTIONS[state.link]}


def _geodetic(state: VehicleState) -> dict[str, object] | None:
    if state.position is None:
        return None
    return {
        "latitude": round(state.position.latitude_deg, 7),
        "longitude": round(state.position.longitude_deg, 7),
        "altitude": {"value": _rounded(state.altitude_amsl_m, 1), "reference": "MSL"},
        "heading": _rounded(state.heading_deg, 0),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _errors(desk: DroneDesk) -> Iterator[dict[str, object]]:
    if desk.out_of_service:
        yield {"errorType": "OUT_OF_SERVICE", "errorLevel": "CRITICAL", "errorDescription": desk.out_of_service}
    if desk.state.failsafe:
        yield {"errorType": "FAILSAFE", "errorLevel": "URGENT", "errorDescription": f"mode {desk.state.mode}"}
    if desk.kept_back:
        yield {"errorType": "KEPT_BACK", "errorLevel": "WARNING", "errorDescription": str(desk.kept_back)}
    if not desk.state.armed:
        for reason in desk.said.why_not_arming():
            yield {"errorType": "ARMING_CHECK", "errorLevel": "WARNING", "errorDescription": reason}


def _alert(alert: e.ContingencyRaised | e.ContingencyCleared) -> dict[str, object]:
    raised = alert if isinstance(alert, e.ContingencyRaised) else None
    return {
        "flight": alert.flight_id,
        "vehicle": alert.vehicle_id,
        "order": alert.order_id,
        "rule": alert.rule,
        "active": raised is not None,
        "action": raised.action if raised else None,
        "detail": raised.detail if raised else None,
    }


def connection_message(header: Header, topic: str, at_s: float, state: str) -> bytes:
    """The controller's own ``connection`` message: birth, farewell or last will."""
    return json.dumps({**header.make(topic, "controller", at_s), "connectionState": state}).encode()
