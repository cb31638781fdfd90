"""One van as its own messages tell it: where it is, what is done, what it is about to do."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from skystork.dispatch.van_plan import StopKind, VanStop
from skystork.fleet.vehicle import Van
from skystork.frames import Geodetic, distance_m
from skystork.orders.order import OrderId

FINISHED, RUNNING = "FINISHED", "RUNNING"


@dataclass(frozen=True, slots=True)
class VanState:
    """The parts of a van's ``state`` message that we use."""

    position: Geodetic
    update: int
    driving: bool
    actions: Mapping[str, str]
    """Status by action id."""
    battery_percent: float | None


def pick_action(order_id: OrderId) -> str:
    """Id of loading a parcel; stays the same through all updates, so that it is done once."""
    return f"pick:{order_id}"


def drop_action(order_id: OrderId) -> str:
    """Id of handing a parcel over."""
    return f"drop:{order_id}"


def read_state(payload: bytes) -> VanState | None:
    """None for what is not a van's state, or holds no finite position."""
    try:
        message = json.loads(payload)
        geodetic = message["geodetic"]
        position = Geodetic(float(geodetic["latitude"]), float(geodetic["longitude"]))
        actions = {str(each["actionId"]): str(each["actionStatus"]) for each in message["actionStates"]}
        battery = message.get("batteryState", {}).get("batteryCharge")
        state = VanState(position, int(message["orderUpdateId"]), bool(message["driving"]), actions, battery)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    return state if math.isfinite(position.latitude_deg + position.longitude_deg) else None


class VanView:
    """What we sent a van and what it reported; the one writer of both is the van desk."""

    def __init__(self, van: Van, depot: Geodetic) -> None:
        self.van, self._depot = van, depot
        self.state: VanState | None = None
        self._sent: tuple[VanStop, ...] = ()
        self._update = 0
        self._told: set[str] = set()
        self._heard_s = 0.0

    def take(self, state: VanState, now_s: float) -> list[str]:
        """Take a state in; returns the actions newly finished, loadings first."""
        if self.state is None and not self._sent:
            self._sent = self._loading_found(state, now_s)
        self.state, self._heard_s = state, now_s
        self._update = max(self._update, state.update)
        finished = [name for name, status in state.actions.items() if status == FINISHED and name not in self._told]
        self._told.update(finished)
        return sorted(finished, key=lambda name: name.startswith("drop"))

    def _loading_found(self, state: VanState, now_s: float) -> tuple[VanStop, ...]:
        """After a restart: the loading under way, which nothing planned anew may take from the van."""
        names = [name for name, status in state.actions.items() if status == RUNNING and name.startswith("pick:")]
        order_ids = tuple(OrderId(name.partition(":")[2]) for name in names)
        return (VanStop(StopKind.LOAD, self._depot, order_ids, now_s, now_s),) if order_ids else ()

    def send(self, stops: Sequence[VanStop]) -> int:
        """Remember what is being sent; returns its update number."""
        self._sent = tuple(stops)
        self._update += 1
        return self._update

    def differs(self, stops: Sequence[VanStop]) -> bool:
        """Whether these stops are another tour than what is left of the one sent."""
        return _outline(stops) != _outline(self.stops_left)

    @property
    def under_way(self) -> bool:
        """Something sent is not done."""
        return bool(self.stops_left)

    @property
    def committed(self) -> tuple[OrderId, ...]:
        """Parcels in the van, and those of the loading it has begun or drives to."""
        loaded = [OrderId(name.partition(":")[2]) for name, status in self._actions("pick:") if status == FINISHED]
        aboard = [order_id for order_id in loaded if self._status(drop_action(order_id)) != FINISHED]
        coming = [order_id for stop in self.begun_loading() for order_id in stop.order_ids]
        return tuple(dict.fromkeys((*aboard, *coming)))

    def begun_loading(self) -> tuple[VanStop, ...]:
        """The loading that comes next in the tour sent, if that is what comes next."""
        left = self.stops_left
        return left[:1] if left and left[0].kind is StopKind.LOAD else ()

    def driving_to(self) -> OrderId | None:
        """The order whose doorstep it drives to or stands at."""
        left = self.stops_left
        return left[0].order_ids[0] if left and left[0].kind is StopKind.DELIVER else None

    def place(self) -> Geodetic:
        """Where it goes on from: the depot while it loads there or drives there to load."""
        if self.begun_loading() or self.state is None:
            return self._depot
        return self.state.position

    def free_at_s(self, now_s: float) -> float:
        """When it can go on from there [s since the Unix epoch]."""
        if self.state is None or not self.under_way:
            return now_s
        profile = self.van.profile
        loading = self.begun_loading()
        if loading:
            away_m = distance_m(self._depot, self.state.position) * profile.circuity
            return now_s + away_m / profile.speed_m_s + profile.load_s
        serving = RUNNING in self.state.actions.values()
        return now_s + (profile.service_s if serving else 0.0)

    @property
    def stops_left(self) -> tuple[VanStop, ...]:
        """Stops of the tour sent that are not done; the return counts until the van stands at the depot."""
        open_stops = [index for index, stop in enumerate(self._sent) if not self._done(stop)]
        return self._sent[open_stops[0] :] if open_stops else ()

    def _done(self, stop: VanStop) -> bool:
        if stop.kind is StopKind.RETURN:
            at_depot = self.state is not None and distance_m(self._depot, self.state.position) < 50.0
            others = all(self._done(other) for other in self._sent if other.kind is not StopKind.RETURN)
            return at_depot and others
        make = pick_action if stop.kind is StopKind.LOAD else drop_action
        return all(self._status(make(order_id)) == FINISHED for order_id in stop.order_ids)

    def _actions(self, prefix: str) -> list[tuple[str, str]]:
        actions = self.state.actions if self.state is not None else {}
        return [(name, status) for name, status in actions.items() if name.startswith(prefix)]

    def _status(self, action_id: str) -> str:
        return self.state.actions.get(action_id, "") if self.state is not None else ""


def _outline(stops: Sequence[VanStop]) -> list[tuple[str, tuple[str, ...]]]:
    return [(stop.kind, tuple(sorted(stop.order_ids))) for stop in stops]
