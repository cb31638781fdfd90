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

FINISHED, RUNNING, FAILED = "FINISHED", "RUNNING", "FAILED"

STILL_S, STILL_M = 300.0, 20.0
"""A van under way that is not this far from where it was so long ago stands still; a red light is over by then."""
SILENT_S = 90.0
"""VDA 5050 2.0 asks for a state every 30 s at least."""
DEAF_S = 20.0
"""A van that works by an older update than the one sent, this long after it was sent, has not got it."""


@dataclass(frozen=True, slots=True)
class VanState:
    """The parts of a van's ``state`` message that we use."""

    position: Geodetic
    update: int
    driving: bool
    actions: Mapping[str, str]
    """Status by action id."""
    results: Mapping[str, str]
    """What the van says about an action, where it says something."""
    battery_percent: float | None


_ENDED = frozenset({FINISHED, FAILED})


def pick_action(order_id: OrderId) -> str:
    """Id of loading a parcel; stays the same through all updates, so that it is done once."""
    return f"pick:{order_id}"


def drop_action(order_id: OrderId) -> str:
    """Id of handing a parcel over."""
    return f"drop:{order_id}"


def pause_action(stop: VanStop) -> str:
    """Id of charging, or of the driver's rest; by the minute, so that a plan renewed does not rest again."""
    return f"{stop.kind}:{round(stop.arrives_s / 60.0)}"


def read_state(payload: bytes) -> VanState | None:
    """None for what is not a van's state, or holds no finite position."""
    try:
        message = json.loads(payload)
        geodetic = message["geodetic"]
        position = Geodetic(float(geodetic["latitude"]), float(geodetic["longitude"]))
        actions = {str(each["actionId"]): str(each["actionStatus"]) for each in message["actionStates"]}
        results = {str(each["actionId"]): str(each.get("actionResult") or "") for each in message["actionStates"]}
        battery = message.get("batteryState", {}).get("batteryCharge")
        state = VanState(position, int(message["orderUpdateId"]), bool(message["driving"]), actions, results, battery)
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
        self._finished: set[str] = set()
        self._failed: set[str] = set()
        self._sent_s = 0.0
        self._heard_s = -math.inf
        self._moved: tuple[Geodetic, float] | None = None
        """Where it was when it moved or worked last, and when."""

    def take(self, state: VanState, now_s: float) -> list[str]:
        """Take a state in; returns the actions newly ended, loadings first."""
        if self.state is None and not self._sent:
            self._sent = self._loading_found(state, now_s)
        self.state, self._heard_s = state, now_s
        if self._moved is None or self.serving or distance_m(self._moved[0], state.position) >= STILL_M:
            self._moved = state.position, now_s
        self._update = max(self._update, state.update)
        ended = [*self._news(FINISHED, self._finished), *self._news(FAILED, self._failed)]
        return sorted(ended, key=lambda name: name.startswith("drop"))

    def failed(self, action_id: str) -> bool:
        """Whether the van said that it could not do this, and has not done it since."""
        return action_id in self._failed and action_id not in self._finished

    def is_silent(self, now_s: float) -> bool:
        """Whether three of the states that VDA 5050 asks for went unheard."""
        return now_s - self._heard_s > SILENT_S

    def has_missed_update(self, now_s: float) -> bool:
        """Whether the van goes on by an older tour than the one sent: the message was lost, or the van began anew."""
        return self.state is not None and self.state.update < self._update and now_s - self._sent_s > DEAF_S

    def commitment(self) -> tuple[object, ...]:
        """What a plan may not change; another one than at the start of a plan makes that plan worthless."""
        return self.committed, self.driving_to(), self.collecting()

    def _news(self, status: str, told: set[str]) -> list[str]:
        actions = self.state.actions if self.state is not None else {}
        news = [name for name, reported in actions.items() if reported == status and name not in told]
        told.update(news)
        return news

    def _loading_found(self, state: VanState, now_s: float) -> tuple[VanStop, ...]:
        """After a restart: the loading under way or driven to, which nothing planned anew may take from the van."""
        names = [name for name, status in state.actions.items() if name.startswith("pick:") and status not in _ENDED]
        order_ids = tuple(OrderId(name.partition(":")[2]) for name in names)
        return (VanStop(StopKind.LOAD, self._depot, order_ids, now_s, now_s),) if order_ids else ()

    def send(self, stops: Sequence[VanStop], now_s: float) -> int:
        """Remember what is being sent; returns its update number."""
        if self._moved is not None and not self.under_way:
            self._moved = self._moved[0], now_s  # it stood at the depot, as it should
        self._sent, self._sent_s = tuple(stops), now_s
        self._update += 1
        return self._update

    @property
    def next_update(self) -> int:
        """The number of the next update sent."""
        return self._update + 1

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
        loaded = [OrderId(name.partition(":")[2]) for name in sorted(self._finished) if name.startswith("pick:")]
        aboard = [order_id for order_id in loaded if drop_action(order_id) not in self._finished]
        coming = [order_id for stop in self.begun_loading() for order_id in stop.order_ids]
        coming += [order_id for order_id in (self.collecting(),) if order_id is not None]
        return tuple(dict.fromkeys((*aboard, *coming)))

    def begun_loading(self) -> tuple[VanStop, ...]:
        """The loading that comes next in the tour sent, if that is what comes next."""
        left = self.stops_left
        return left[:1] if left and left[0].kind is StopKind.LOAD else ()

    def driving_to(self) -> OrderId | None:
        """The order whose doorstep it drives to or stands at."""
        left = self.stops_left
        return left[0].order_ids[0] if left and left[0].kind is StopKind.DELIVER else None

    def collecting(self) -> OrderId | None:
        """The order whose parcel it drives to, or takes over, away from the depot."""
        left = self.stops_left
        return left[0].order_ids[0] if left and left[0].kind is StopKind.COLLECT else None

    def told_next(self) -> OrderId | None:
        """The doorstep that the driver, serving one stop, sees as the next."""
        left = self.stops_left
        told = len(left) > 1 and left[1].kind is StopKind.DELIVER and self.serving
        return left[1].order_ids[0] if told else None

    def has_rested(self, since_s: float) -> bool:
        """Whether the van reported a rest of its driver as over that began since then [s since the Unix epoch]."""
        minutes = [int(name.partition(":")[2]) for name in self._finished if name.startswith(f"{StopKind.REST}:")]
        return any(60 * minute >= since_s for minute in minutes)

    @property
    def serving(self) -> bool:
        """Whether it does something where it stands, by its own word."""
        return self.state is not None and RUNNING in self.state.actions.values()

    def stood_s(self, now_s: float) -> float:
        """How long it has stood still, or said nothing, on its way [s]; 0 where it drives, works or has nothing to do.

        Nobody knows when it goes on. It is taken to stand as long again: a short stop costs little, and what a van that
        broke down was to bring goes to others soon.
        """
        if self._moved is None or self.serving or not self.under_way:
            return 0.0
        stood_s = now_s - self._moved[1]
        return stood_s if stood_s >= STILL_S else 0.0

    def place(self) -> Geodetic:
        """Where it goes on from: the depot while it loads there or drives there to load."""
        if self.begun_loading() or self.state is None:
            return self._depot
        return self.state.position

    def free_at_s(self, now_s: float) -> float:
        """When it can go on from there [s since the Unix epoch]."""
        if self.state is None or not self.under_way:
            return now_s
        profile, goes_on_s = self.van.profile, now_s + self.stood_s(now_s)
        loading = self.begun_loading()
        if loading:
            away_m = distance_m(self._depot, self.state.position) * profile.circuity
            return goes_on_s + away_m / profile.speed_m_s + profile.load_s
        return goes_on_s + (profile.service_s if self.serving else 0.0)

    @property
    def stops_left(self) -> tuple[VanStop, ...]:
        """Stops of the tour sent that are not done; the return counts until the van stands at the depot."""
        open_stops = [index for index, stop in enumerate(self._sent) if not self._done(stop)]
        return self._sent[open_stops[0] :] if open_stops else ()

    def _done(self, stop: VanStop) -> bool:
        if stop.kind in {StopKind.CHARGE, StopKind.REST}:
            return pause_action(stop) in self._finished | self._failed
        if stop.kind is StopKind.RETURN:
            at_depot = self.state is not None and distance_m(self._depot, self.state.position) < 50.0
            others = all(self._done(other) for other in self._sent if other.kind is not StopKind.RETURN)
            return at_depot and others
        make = drop_action if stop.kind is StopKind.DELIVER else pick_action
        ended = self._finished | self._failed  # a van that began anew forgets what it did; we do not
        return all(make(order_id) in ended for order_id in stop.order_ids)


def _outline(stops: Sequence[VanStop]) -> list[tuple[str, tuple[str, ...]]]:
    return [(stop.kind, tuple(sorted(stop.order_ids))) for stop in stops]
