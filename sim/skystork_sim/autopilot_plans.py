"""The mission protocol on the vehicle's side, for missions, fences and rally points alike.

Theory of operation. One transfer at a time. Receiving: MISSION_COUNT opens, we ask item by item, ask anew after
0.26 s, give up in silence after 5 s (a status text, no MISSION_ACK). Sending: MISSION_REQUEST_LIST opens, the ground
asks item by item and must close with MISSION_ACK, else we are busy for 5 s. Whoever comes while we are busy gets
MISSION_ACK ERROR. Only a complete list replaces what is on board.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pymavlink.dialects.v20 import common

from skystork_sim.autopilot_items import (
    ACCEPTED,
    ERROR,
    FENCE,
    MISSION,
    NO_SPACE,
    PlanItem,
    item_from_message,
    item_result,
    opaque_id,
)
from skystork_sim.wire import Wire

RETRY_S = 0.26  # measured
TIMEOUT_S = 5.0  # measured
ITEM_LIMIT = 10_000  # measured: more is NO_SPACE
ALL_TYPES = 255  # MAV_MISSION_TYPE_ALL
WARNING_SEVERITY, CRITICAL_SEVERITY = 4, 2  # MAV_SEVERITY


class Exchange(StrEnum):
    """What the protocol is doing."""

    IDLE = "idle"
    RECEIVING = "receiving"
    SENDING = "sending"


@dataclass(slots=True)
class PlanServer:
    """Holds the three plans and speaks the protocol; mutable because it is a protocol in progress."""

    wire: Wire
    plans: dict[int, tuple[PlanItem, ...]] = field(default_factory=lambda: {0: (), 1: (), 2: ()})
    opaque_ids: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Ids of mission, fence and rally points on board; 0 where there is none."""
    exchange: Exchange = Exchange.IDLE
    replaced: list[int] = field(default_factory=list)
    """Mission types changed since the owner last looked."""
    texts: list[tuple[int, str]] = field(default_factory=list)
    """Status texts to send: severity and text."""
    outgoing: list[bytes] = field(default_factory=list)
    _type: int = 0
    _count: int = 0
    _sequence: int = 0
    _items: list[PlanItem] = field(default_factory=list)
    _partner: tuple[int, int] = (255, 190)
    _retry_at_s: float = 0.0
    _expires_s: float = 0.0
    _float_items: bool = False

    def next_timer_s(self) -> float | None:
        """When to be called although nothing comes in."""
        if self.exchange is Exchange.IDLE:
            return None
        return min(self._retry_at_s, self._expires_s) if self.exchange is Exchange.RECEIVING else self._expires_s

    def handle_timer(self, now_s: float) -> None:
        """Ask again, or give up."""
        if self.exchange is Exchange.IDLE:
            return
        if now_s >= self._expires_s:
            self.exchange = Exchange.IDLE
            self.texts.append((CRITICAL_SEVERITY, "Operation timeout"))
        elif self.exchange is Exchange.RECEIVING and now_s >= self._retry_at_s:
            self._request(now_s)

    def receive(self, message: Any, partner: tuple[int, int], now_s: float) -> None:
        """Take one message of the mission protocol."""
        kind = message.get_type()
        if kind == "MISSION_COUNT":
            self._open_upload(message, partner, now_s)
        elif kind in ("MISSION_ITEM_INT", "MISSION_ITEM"):
            self._take_item(message, partner, now_s)
        elif kind == "MISSION_REQUEST_LIST":
            self._open_download(message, partner, now_s)
        elif kind in ("MISSION_REQUEST_INT", "MISSION_REQUEST"):
            self._give_item(message, partner, now_s)
        elif kind == "MISSION_CLEAR_ALL":
            self._clear(message, partner)
        elif kind == "MISSION_ACK" and self.exchange is Exchange.SENDING and partner == self._partner:
            self.exchange = Exchange.IDLE

    def _open_upload(self, message: Any, partner: tuple[int, int], now_s: float) -> None:
        again = self.exchange is Exchange.RECEIVING and partner == self._partner and self._sequence == 0
        if self.exchange is not Exchange.IDLE and not (again and message.mission_type == self._type):
            self._refuse(partner, message.mission_type, ERROR, "WPM: IGN MISSION_COUNT: Busy")
        elif message.count > ITEM_LIMIT:
            self._acknowledge(partner, message.mission_type, NO_SPACE)
        elif message.count == 0:
            self._store(partner, message.mission_type, ())
        else:
            self.exchange, self._type, self._count = Exchange.RECEIVING, message.mission_type, message.count
            self._partner, self._sequence, self._items, self._float_items = partner, 0, [], False
            self._expires_s = now_s + TIMEOUT_S
            self._request(now_s)

    def _take_item(self, message: Any, partner: tuple[int, int], now_s: float) -> None:
        if self.exchange is not Exchange.RECEIVING or partner != self._partner:
            if self.exchange is Exchange.IDLE and message.seq + 1 == self._count == self._sequence:
                self._acknowledge(partner, self._type, ACCEPTED)  # our acknowledgement was lost on the way
            else:
                self._refuse(partner, message.mission_type, ERROR, "IGN MISSION_ITEM: No transfer")
            return
        if message.seq != self._sequence:
            return  # a duplicate, or ahead of us: the retry timer asks for the one we want
        item = item_from_message(message)
        result = item_result(self._type, item)
        if result != ACCEPTED:
            self.exchange = Exchange.IDLE
            self._refuse(partner, self._type, result, "IGN MISSION_ITEM: Invalid item")
            return
        self._float_items = message.get_type() == "MISSION_ITEM"
        self._items.append(item)
        self._sequence += 1
        self._expires_s = now_s + TIMEOUT_S
        if self._sequence < self._count:
            self._request(now_s)
        else:
            self.exchange = Exchange.IDLE
            self._store(partner, self._type, tuple(self._items))

    def _open_download(self, message: Any, partner: tuple[int, int], now_s: float) -> None:
        same = self.exchange is Exchange.SENDING and message.mission_type == self._type
        if self.exchange is not Exchange.IDLE and not same:
            self._refuse(partner, message.mission_type, ERROR, "WPM: IGN MISSION_REQUEST_LIST: Busy")
            return
        plan = self.plans.get(message.mission_type, ())
        identity = opaque_id(plan)
        self.outgoing.append(self.wire.mission_count(partner, len(plan), message.mission_type, identity))
        if plan:
            self.exchange, self._type, self._partner, self._sequence = (
                Exchange.SENDING,
                message.mission_type,
                partner,
                0,
            )
            self._count = len(plan)
            self._expires_s = now_s + TIMEOUT_S

    def _give_item(self, message: Any, partner: tuple[int, int], now_s: float) -> None:
        wanted = message.seq
        if self.exchange is not Exchange.SENDING or message.mission_type != self._type:
            self._refuse(partner, message.mission_type, ERROR, "IGN MISSION_REQUEST: No active transfer")
            return
        if wanted not in (self._sequence - 1, self._sequence) or not 0 <= wanted < self._count:
            self._refuse(partner, message.mission_type, ERROR, "WPM: REJ. CMD: Req. WP was unexpected")
            return
        item = self.plans[self._type][wanted]
        if message.get_type() == "MISSION_REQUEST_INT":
            make: Any = common.MAVLink_mission_item_int_message
            frame, x, y = item.read_back_frame(), item.x, item.y
        else:
            make = common.MAVLink_mission_item_message
            scale = 1e7 if item.positional or self._type != MISSION else 1
            frame, x, y = item.frame, item.x / scale, item.y / scale
        first = int(wanted == 0 and self._type != FENCE)
        head = (*partner, wanted, frame, item.command, first, item.autocontinue)
        self.outgoing.append(self.wire.encode(make(*head, *item.params, x, y, item.z, self._type)))
        self._sequence = wanted + 1
        self._expires_s = now_s + TIMEOUT_S

    def _clear(self, message: Any, partner: tuple[int, int]) -> None:
        if self.exchange is not Exchange.IDLE:
            self._refuse(partner, message.mission_type, ERROR, "WPM: CLEAR CMD: Busy")
            return
        types = (0, 1, 2) if message.mission_type == ALL_TYPES else (message.mission_type,)
        for mission_type in types:
            self._replace(mission_type, ())
        self._acknowledge(partner, message.mission_type, ACCEPTED)

    def _request(self, now_s: float) -> None:
        make = (
            common.MAVLink_mission_request_message if self._float_items else common.MAVLink_mission_request_int_message
        )
        self.outgoing.append(self.wire.encode(make(*self._partner, self._sequence, self._type)))
        self._retry_at_s = now_s + RETRY_S

    def _store(self, partner: tuple[int, int], mission_type: int, items: tuple[PlanItem, ...]) -> None:
        self._replace(mission_type, items)
        self._acknowledge(partner, mission_type, ACCEPTED)

    def _replace(self, mission_type: int, items: tuple[PlanItem, ...]) -> None:
        self.plans[mission_type] = items
        self.opaque_ids[mission_type] = opaque_id(items)
        self.replaced.append(mission_type)

    def _acknowledge(self, partner: tuple[int, int], mission_type: int, result: int) -> None:
        plan = self.plans.get(mission_type, ())
        self.outgoing.append(self.wire.mission_ack(partner, result, mission_type, opaque_id(plan)))

    def _refuse(self, partner: tuple[int, int], mission_type: int, result: int, text: str) -> None:
        self._acknowledge(partner, mission_type, result)
        self.texts.append((WARNING_SEVERITY, text))
