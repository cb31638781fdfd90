"""What the bus tells of a site, folded into one picture: for a terminal anywhere that reaches the broker.

Theory of operation
-------------------
Every topic read here is retained, so a reader that comes late knows all of it at once (docs/mqtt.md). A message that
cannot be read is counted and changes nothing. Time is that of the newest message, so a simulated world shows its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from skystork.app.site import Site
from skystork.fleet.vehicle import Robot, Van
from skystork.flight.contingency import CRITICAL_RULES
from skystork.orders.order_state import TERMINAL, OrderState
from skystork.shell.console import (
    Alert,
    ConsoleSnapshot,
    DroneLine,
    NetworkLine,
    OrderLine,
    QueueDepth,
    Severity,
    VanLine,
)

URGENT_ORDERS = 8
_LINKS = {"ONLINE": "up", "OFFLINE": "never heard", "CONNECTION_BROKEN": "lost", "HIBERNATING": "asleep"}
_DONE = frozenset({"FINISHED", "FAILED"})
_ENDED = frozenset(state.upper() for state in TERMINAL)

Message = Mapping[str, Any]


class BusBoard:
    """Latest message of each topic of one site; :meth:`snapshot` draws the picture from them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._root = f"skystork/v1/{site.table.name}"
        self._latest: dict[str, Message] = {}
        self.unreadable = 0
        """Messages that were no JSON object."""

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        maker = f"{self._root}/{self._site.table.manufacturer}"
        business = (f"{self._root}/{word}" for word in ("deliveries/+/status", "alerts/+", "networks/+/state"))
        return (f"{maker}/+/state", f"{maker}/+/connection", *business)

    def receive(self, topic: str, payload: bytes) -> None:
        """Take one message; an empty one takes its topic's last away."""
        key = topic.removeprefix(f"{self._root}/")
        if not payload:
            self._latest.pop(key, None)
            return
        try:
            message = json.loads(payload)
        except ValueError:
            message = None
        if isinstance(message, dict):
            self._latest[key] = message
        else:
            self.unreadable += 1

    def snapshot(self) -> ConsoleSnapshot:
        """The site as the bus tells it now."""
        deliveries = [message for _, message in self._of("deliveries/")]
        counts = Counter(str(message.get("status")) for message in deliveries)
        return ConsoleSnapshot(
            site=self._site.table.name,
            at_s=max((_time(message.get("timestamp")) or 0.0 for message in self._latest.values()), default=0.0),
            speed=1.0,
            drones=tuple(self._drones()),
            vans=tuple(self._vans()),
            orders_by_state=tuple((s.value, counts[s.upper()]) for s in OrderState if counts[s.upper()]),
            urgent=tuple(_urgent(deliveries)),
            alerts=tuple(self._alerts()),
            queues=(QueueDepth("orders waiting", counts[OrderState.WAITING.upper()], max(1, len(deliveries))),),
            ended_orders=sum(counts[state] for state in _ENDED),
            all_orders=len(deliveries),
            networks=tuple(_network(message) for _, message in self._of("networks/")),
        )

    def _of(self, prefix: str) -> Iterator[tuple[str, Message]]:
        return ((key, self._latest[key]) for key in sorted(self._latest) if key.startswith(prefix))

    def _vehicle(self, serial: str, topic: str) -> Message:
        return self._latest.get(f"{self._site.table.manufacturer}/{serial}/{topic}", {})

    def _drones(self) -> Iterator[DroneLine]:
        for drone in self._site.drones:
            state = self._vehicle(drone.serial_number, "state")
            link = self._vehicle(drone.serial_number, "connection").get("connectionState", "OFFLINE")
            order_id = state.get("orderId")
            order = self._latest.get(f"deliveries/{order_id}/status", {})
            yield DroneLine(
                vehicle_id=drone.vehicle_id,
                mode=str(state.get("mode") or ""),
                phase=str(state.get("phase") or "not told yet").lower(),
                order_id=order_id,
                battery_fraction=_number(state.get("batteryState"), "batteryCharge"),
                link=_LINKS.get(link, str(link)),
                height_m=self._height_m(state),
                eta_s=_time(order.get("eta")),
            )

    def _height_m(self, state: Message) -> float | None:
        altitude_amsl_m = _number((state.get("geodetic") or {}).get("altitude"), "value")
        return None if altitude_amsl_m is None else altitude_amsl_m - self._site.table.ground_amsl_m

    def _vans(self) -> Iterator[VanLine]:
        ground: tuple[Van | Robot, ...] = (*self._site.vans, *self._site.robots)
        for van in ground:
            state = self._vehicle(van.serial_number, "state")
            left = [action for action in state.get("actionStates", ()) if action.get("actionStatus") not in _DONE]
            kind, _, order_id = str(left[0].get("actionId", "")).partition(":") if left else ("", "", "")
            order = self._latest.get(f"deliveries/{order_id}/status", {})
            at_rest = "at rest" if state else "not told yet"
            yield VanLine(van.vehicle_id, kind or at_rest, order_id or None, len(left), _time(order.get("eta")))

    def _alerts(self) -> Iterator[Alert]:
        controller = self._vehicle("controller", "connection")
        if controller.get("connectionState") not in {None, "ONLINE"}:
            at_s = _time(controller.get("timestamp")) or 0.0
            yield Alert(at_s, Severity.CRITICAL, "the controller is gone: what is shown here is its last word")
        active = [message for _, message in self._of("alerts/") if message.get("active")]
        for message in sorted(active, key=lambda message: str(message.get("timestamp")), reverse=True):
            severity = Severity.CRITICAL if message.get("rule") in CRITICAL_RULES else Severity.WARNING
            whom = message.get("vehicle") or message.get("network") or "site"
            text = f"{whom} {message.get('rule')}: {message.get('detail')} [{str(message.get('action')).lower()}]"
            yield Alert(_time(message.get("timestamp")) or 0.0, severity, text)


def _urgent(deliveries: list[Message]) -> Iterator[OrderLine]:
    due = [message for message in deliveries if message.get("status") not in _ENDED and message.get("promisedBy")]
    for message in sorted(due, key=lambda message: str(message["promisedBy"]))[:URGENT_ORDERS]:
        mode = str(message.get("mode") or "").lower()
        promised_s, expected_s = _time(message["promisedBy"]), _time(message.get("eta"))
        yield OrderLine(str(message.get("orderId")), str(message.get("status")).lower(), mode, promised_s, expected_s)


def _network(message: Message) -> NetworkLine:
    frames, lost = (int(message.get(name) or 0) for name in ("frames", "lost"))
    return NetworkLine(
        name=str(message.get("network")),
        connection=str(message.get("connection")),
        up=bool(message.get("up")),
        heard=int(message.get("heard") or 0),
        vehicles=int(message.get("vehicles") or 0),
        lost_fraction=lost / max(1, lost + frames),
        hurt=int(message.get("badChecksum") or 0),
        dropped=int(message.get("kernelDrops") or 0),
        refused=int(message.get("signaturesRefused") or 0) + int(message.get("unsigned") or 0),
    )


def _time(text: object) -> float | None:
    """A time of the bus [s since the Unix epoch]; None where there is none."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None


def _number(block: object, name: str) -> float | None:
    value = block.get(name) if isinstance(block, dict) else None
    return float(value) if isinstance(value, int | float) else None
