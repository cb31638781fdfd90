"""A fleet link and its counterparts joined by a network in memory; time goes from timer to timer."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from random import Random
from types import MappingProxyType

from skystork.link.autopilot import PX4, Autopilot
from skystork.link.contract import LinkEvent, LinkSettings
from skystork.link.fleet_link import Address, FleetEvent, FleetLink, VehicleEvent
from skystork.link.signing import FrameSigning
from tests_support.px4_counterpart import Px4Counterpart

START_S = 1_800_000_000.0
GROUND: Address = ("10.0.0.1", 14550)


def vehicle_address(system_id: int) -> Address:
    return (f"10.0.1.{system_id}", 14580 + system_id)


def _lose_nothing(_data: bytes, _target: Address) -> bool:
    return False


class LinkWorld:
    """Runs both ends; ``loss``, ``duplication`` and ``jitter_s`` hold for each direction."""

    def __init__(
        self,
        counterparts: Iterable[Px4Counterpart],
        *,
        seed: int = 0,
        loss: float = 0.0,
        duplication: float = 0.0,
        jitter_s: float = 0.0,
        settings: LinkSettings | None = None,
        configured: bool = False,
        autopilot: Autopilot = PX4,
        signings: Mapping[int, FrameSigning] = MappingProxyType({}),
    ) -> None:
        self.fleet = FleetLink(settings or LinkSettings())
        self.now_s = START_S
        self.counterparts = {vehicle_address(each.system_id): each for each in counterparts}
        self.events: list[FleetEvent] = []
        self.lose: Callable[[bytes, Address], bool] = _lose_nothing
        self._rng = Random(seed)
        self._loss, self._duplication, self._jitter_s = loss, duplication, jitter_s
        self._flying: list[tuple[float, int, bytes, Address, Address]] = []
        self._sent = 0
        for address, each in self.counterparts.items():
            expected, signing = address if configured else None, signings.get(each.system_id)
            self.fleet.add_vehicle(each.system_id, expected, autopilot=autopilot, signing=signing)

    def send(self, data: bytes, source: Address, target: Address) -> None:
        """Put a datagram into the network: it may be lost, doubled, late."""
        if self._rng.random() < self._loss or self.lose(data, target):
            return
        for _ in range(2 if self._rng.random() < self._duplication else 1):
            late_s = self._jitter_s * self._rng.random() ** 3 * 4  # mostly quick, sometimes four times the jitter
            self._sent += 1
            heapq.heappush(self._flying, (self.now_s + 0.005 + late_s, self._sent, data, source, target))

    def run(self, until: Callable[[], bool] = lambda: False, *, limit_s: float = 60.0) -> None:
        """Step both ends until the condition holds or the time has passed."""
        end_s = self.now_s + limit_s
        self._exchange()
        while not until():
            timers = [self.fleet.next_timer_s(), *(each.next_timer_s() for each in self.counterparts.values())]
            timers.extend(entry[0] for entry in self._flying[:1])
            step_s = min(timer for timer in timers if timer is not None)
            if step_s > end_s:
                self.now_s = end_s
                return
            self.now_s = max(self.now_s, step_s)
            self._deliver()
            self.fleet.handle_timer(self.now_s)
            for each in self.counterparts.values():
                if each.next_timer_s() <= self.now_s:
                    each.handle_timer(self.now_s)
            self._exchange()

    def told(self, kind: type[LinkEvent] | None = None, system_id: int = 1) -> list[LinkEvent]:
        """The events of one vehicle, of one kind."""
        return [
            told.event
            for told in self.events
            if isinstance(told, VehicleEvent)
            and told.system_id == system_id
            and (kind is None or isinstance(told.event, kind))
        ]

    def connect(self) -> None:
        """Run until every vehicle is heard."""
        self.run(lambda: all(self.fleet.vehicle(each.system_id).state == "up" for each in self.counterparts.values()))

    def _deliver(self) -> None:
        while self._flying and self._flying[0][0] <= self.now_s:
            _, _, data, source, target = heapq.heappop(self._flying)
            if target == GROUND:
                self.fleet.receive_datagram(data, source, self.now_s)
            elif target in self.counterparts:
                self.counterparts[target].receive(data, self.now_s)

    def _exchange(self) -> None:
        while (event := self.fleet.next_event()) is not None:
            self.events.append(event)
        for data, target in self.fleet.datagrams_to_send(self.now_s):
            self.send(data, GROUND, target)
        for address, each in self.counterparts.items():
            for data in each.outbox:
                self.send(data, address, GROUND)
            each.outbox.clear()
