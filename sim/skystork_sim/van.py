"""A simulated van on the message bus: takes tours, drives them, tells where it is and what it has handed over.

Topics below ``skystork/v1/<site>/<manufacturer>/<serialNumber>``: ``order`` in, ``state`` and ``connection`` out
(retained), in the shape of VDA 5050. The van drives the straight line times its circuity, each leg with a seeded
traffic factor, and tells its state on every change, every 5 s while driving and every 30 s otherwise.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from skystork.frames import Geodetic, distance_m
from skystork_sim.bus import Bus
from skystork_sim.van_orders import Action, Stop, Tour, parse_order

PROTOCOL_VERSION = "2.0.0"  # VDA 5050
DRIVING_REPORT_S = 5.0  # 0.2 Hz
IDLE_REPORT_S = 30.0  # VDA 5050: state at least every 30 s
ARRIVED_S = 0.001  # a double holds the epoch to 2.4e-7 s: shorter sleeps might never end
TRAFFIC_SPREAD = 0.15  # a leg takes 15 % more or less
DEPOT_M = 50.0
"""Within this of the depot a van loads there [m]."""
LEAST_WAIT_S = 1e-3
"""Shorter waits are over: beside the Unix time of today, doubles do not resolve below 2.4e-7 s."""
BATTERY_J = 79e3 * 3600  # 79 kWh: a small electric van, e.g. the usable pack of an eSprinter class vehicle


@dataclass(frozen=True, slots=True)
class VanType:
    """What the drive needs of a profile."""

    speed_m_s: float
    circuity: float
    service_s: float
    load_s: float
    energy_j_per_m: float


class SimulatedVan:
    """One van; mutable because it is on its way.

    Parameters
    ----------
    depot
        Where it starts.
    rng
        Decides on the traffic of each leg.
    on_action
        Told of each finished action: time, action id, action type, position.
    take_over
        Asked when a parcel is to be collected away from the depot: whether the order's parcel is there to be taken.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        site: str,
        manufacturer: str,
        serial_number: str,
        kind: VanType,
        depot: Geodetic,
        rng: Random,
        on_action: Callable[[float, str, str, Geodetic], None] | None = None,
        take_over: Callable[[str, Geodetic], bool] | None = None,
    ) -> None:
        self._bus, self._kind, self._rng, self._on_action = bus, kind, rng, on_action
        self._depot, self._take_over = depot, take_over
        self._said: dict[str, str] = {}
        """What it says about actions that failed."""
        self._manufacturer, self._serial_number = manufacturer, serial_number
        self._topic = f"skystork/v1/{site}/{manufacturer}/{serial_number}"
        self._tour = Tour()
        self._news = asyncio.Event()
        self.position = depot
        self.broken_down = False
        """It stands where it is, and says so."""
        self.silent = False
        """Its radio is off: it hears no order and says nothing."""
        self._driving = False
        self._last: tuple[str, int] = ("", 0)
        self._used_j = 0.0
        self._headers = {"state": 0, "connection": 0}

    async def run(self) -> None:
        """Serve until cancelled; says goodbye on the way out."""
        await self._publish("connection", {"connectionState": "ONLINE"})
        await self._tell()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(), name=f"van-orders[{self._serial_number}]")
                tasks.create_task(self._drive_forever(), name=f"van-drive[{self._serial_number}]")
                tasks.create_task(self._tell_regularly(), name=f"van-state[{self._serial_number}]")
        finally:
            await self._publish("connection", {"connectionState": "OFFLINE"})

    async def _listen(self) -> None:
        async for message in self._bus.subscribe(f"{self._topic}/order"):
            order = parse_order(message.payload)
            if order is not None and not self.silent and self._tour.take(order):
                self._news.set()
                await self._tell()

    async def _drive_forever(self) -> None:
        while True:
            stop = self._tour.begin_next()
            if stop is None:
                self._news.clear()
                await self._news.wait()
            else:
                await self._drive_to(stop.position)
                await self._serve(stop)

    async def _drive_to(self, target: Geodetic) -> None:
        start, kind = self.position, self._kind
        road_m = distance_m(start, target) * kind.circuity
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        traffic = self._rng.uniform(1.0 - TRAFFIC_SPREAD, 1.0 + TRAFFIC_SPREAD)
        duration_s = road_m / kind.speed_m_s * traffic
        if duration_s <= 0.0:
            return
        used_before_j = self._used_j
        self._driving = True
        await self._tell()
        while (left_s := began_s + duration_s - loop.time()) > ARRIVED_S:
            step_s = min(DRIVING_REPORT_S, left_s)
            await asyncio.sleep(step_s)
            if self.broken_down:
                began_s += step_s
            share = min(1.0, (loop.time() - began_s) / duration_s)
            self.position = _between(start, target, share)
            self._used_j = used_before_j + road_m * share * kind.energy_j_per_m
            await self._tell()
        self.position = target
        self._driving = False

    async def _serve(self, stop: Stop) -> None:
        self._last = (stop.node_id, stop.sequence_id)
        actions = self._tour.open_actions()
        for action in actions:
            self._tour.mark(action, "RUNNING")
        await self._tell()
        if actions:
            latest_s = max(action.not_before_s for action in actions)
            await asyncio.sleep(max(self._takes_s(stop, actions), latest_s - asyncio.get_running_loop().time()))
        for action in actions:
            if not self._can_do(action, stop):
                self._said[action.action_id] = "no such parcel there"
                self._tour.mark(action, "FAILED")
                continue
            self._tour.mark(action, "FINISHED")
            if self._on_action is not None:
                now_s = asyncio.get_running_loop().time()
                self._on_action(now_s, action.action_id, action.action_type, self.position)
        self._tour.begun = None
        await self._tell()

    def _takes_s(self, stop: Stop, actions: list[Action]) -> float:
        """Loading at the depot, a hand-over or a collection elsewhere, or as long as the order says."""
        told_s = [action.duration_s for action in actions if action.duration_s is not None]
        if told_s:
            return max(told_s)
        loading = all(action.action_type == "pick" for action in actions)
        return self._kind.load_s if loading and self._at_depot(stop) else self._kind.service_s

    def _can_do(self, action: Action, stop: Stop) -> bool:
        if action.action_type != "pick" or self._take_over is None or self._at_depot(stop):
            return True
        return self._take_over(action.action_id.partition(":")[2], stop.position)

    def _at_depot(self, stop: Stop) -> bool:
        return distance_m(stop.position, self._depot) < DEPOT_M

    async def _tell_regularly(self) -> None:
        while True:
            await asyncio.sleep(IDLE_REPORT_S)
            await self._tell()

    async def _tell(self) -> None:
        statuses = self._tour.statuses
        await self._publish(
            "state",
            {
                "orderId": self._tour.order_id,
                "orderUpdateId": max(0, self._tour.update_id),
                "lastNodeId": self._last[0],
                "lastNodeSequenceId": self._last[1],
                "driving": self._driving,
                "geodetic": {"latitude": self.position.latitude_deg, "longitude": self.position.longitude_deg},
                "batteryState": {"batteryCharge": round(100.0 * max(0.0, 1.0 - self._used_j / BATTERY_J), 1)},
                "actionStates": [
                    {"actionId": action_id, "actionType": kind, "actionStatus": status}
                    | ({"actionResult": self._said[action_id]} if action_id in self._said else {})
                    for action_id, (kind, status) in statuses.items()
                ],
                "loads": [{"loadId": load} for load in self._loads()],
            },
        )

    def _loads(self) -> list[str]:
        """Parcels on board: drops ordered and not finished."""
        return [
            action_id
            for action_id, (kind, status) in self._tour.statuses.items()
            if kind == "drop" and status != "FINISHED"
        ]

    async def _publish(self, kind: str, fields: dict[str, Any]) -> None:
        if self.silent:
            return
        now_s = asyncio.get_running_loop().time()
        head = {
            "headerId": self._headers[kind],
            "timestamp": datetime.fromtimestamp(now_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "version": PROTOCOL_VERSION,
            "manufacturer": self._manufacturer,
            "serialNumber": self._serial_number,
        }
        self._headers[kind] += 1
        await self._bus.publish(f"{self._topic}/{kind}", json.dumps(head | fields).encode(), qos=1, retain=True)


def _between(start: Geodetic, end: Geodetic, share: float) -> Geodetic:
    """A point on the way, good for the tens of kilometres a van drives."""
    return Geodetic(
        start.latitude_deg + (end.latitude_deg - start.latitude_deg) * share,
        start.longitude_deg + (end.longitude_deg - start.longitude_deg) * share,
    )
