"""The tour of a van as a value: VDA 5050 shaped orders, and how an update changes what is not begun.

A node with a smaller or equal ``orderUpdateId`` is ignored. A higher one replaces all stops not begun; the stop being
driven to or served stays, and actions once finished are never done again, whatever the new list says.
Source: VDA 5050 version 2.0, chapter 6.6 (order update), cut down to stops with positions.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skystork.frames import Geodetic


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do at a stop."""

    action_id: str
    action_type: str
    """``pick``, ``drop``, ``startCharging`` or ``rest``."""
    duration_s: float | None = None
    """How long it takes, where the order says so."""
    not_before_s: float = -math.inf
    """The parcel, or who takes it, is not there before [s since the Unix epoch]."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A node of the tour."""

    node_id: str
    sequence_id: int
    position: Geodetic
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class TourOrder:
    """One order message."""

    order_id: str
    update_id: int
    stops: tuple[Stop, ...]
    """Released nodes only, in the order driven."""


def parse_order(payload: bytes) -> TourOrder | None:
    """The order in a message; None for what is none (a real van reports an error and keeps going)."""
    try:
        raw = json.loads(payload)
        stops = tuple(_stop(node) for node in raw["nodes"] if node.get("released", True))
        order = TourOrder(str(raw["orderId"]), int(raw["orderUpdateId"]), stops)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    finite = all(
        math.isfinite(stop.position.latitude_deg) and math.isfinite(stop.position.longitude_deg) for stop in stops
    )
    return order if finite else None


def _stop(node: dict[str, Any]) -> Stop:
    place = node["geodetic"]
    actions = tuple(_action(each) for each in node.get("actions", ()))
    position = Geodetic(float(place["latitude"]), float(place["longitude"]))
    return Stop(str(node["nodeId"]), int(node["sequenceId"]), position, actions)


def _action(each: dict[str, Any]) -> Action:
    told = {str(one["key"]): one["value"] for one in each.get("actionParameters", ())}
    duration_s = float(told["durationS"]) if "durationS" in told else None
    not_before_s = datetime.fromisoformat(told["notBefore"]).timestamp() if "notBefore" in told else -math.inf
    return Action(str(each["actionId"]), str(each["actionType"]), duration_s, not_before_s)


class Tour:
    """What a van has to do and has done; mutable because it is a tour in progress."""

    def __init__(self) -> None:
        self.order_id = ""
        self.update_id = -1
        self.begun: Stop | None = None
        """Driven to or served now."""
        self.waiting: list[Stop] = []
        self.statuses: dict[str, tuple[str, str]] = {}
        """Action id: type and status, for the life of the van."""

    def take(self, order: TourOrder) -> bool:
        """Apply an order or an update; False where it is old and ignored."""
        if order.order_id == self.order_id and order.update_id <= self.update_id:
            return False
        for stop in self.waiting:
            for action in stop.actions:
                if self.statuses.get(action.action_id, ("", ""))[1] == "WAITING":
                    del self.statuses[action.action_id]
        self.order_id, self.update_id = order.order_id, order.update_id
        under_way = None if self.begun is None else self.begun.node_id
        self.waiting = [stop for stop in order.stops if stop.node_id != under_way and self._has_work(stop)]
        for stop in self.waiting:
            for action in stop.actions:
                self.statuses.setdefault(action.action_id, (action.action_type, "WAITING"))
        return True

    def begin_next(self) -> Stop | None:
        """Set out to the next stop."""
        self.begun = self.waiting.pop(0) if self.waiting else None
        return self.begun

    def open_actions(self) -> list[Action]:
        """Actions of the begun stop that are not finished."""
        if self.begun is None:
            return []
        return [action for action in self.begun.actions if self.statuses[action.action_id][1] != "FINISHED"]

    def mark(self, action: Action, status: str) -> None:
        """Set the status of an action."""
        self.statuses[action.action_id] = (action.action_type, status)

    def _has_work(self, stop: Stop) -> bool:
        """A stop all of whose actions are finished is done with; one without actions is a place to go to."""
        return not stop.actions or any(
            self.statuses.get(action.action_id, ("", ""))[1] != "FINISHED" for action in stop.actions
        )
