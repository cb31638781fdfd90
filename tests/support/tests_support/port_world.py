"""A vehicle port and a counterpart of its vehicle, joined by a wire that may lose and that delays, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import TypeVar

from skystork.link.contract import LinkSettings
from skystork.link.fleet_link import FleetLink
from skystork.shell.bus import Address, DatagramReceiver
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import run_virtual
from skystork.shell.vehicle_port import VehiclePort
from tests_support.px4_counterpart import Px4Counterpart

START_S = 1_800_000_000.0
VEHICLE: Address = ("10.0.1.1", 14581)

CounterpartT = TypeVar("CounterpartT", bound=Px4Counterpart)


class LossyWire:
    """An endpoint whose other end is one counterpart, in the loop's time."""

    def __init__(self, counterpart: Px4Counterpart, *, loss: float) -> None:
        self.counterpart = counterpart
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._rng = Random(1)
        self._loss = loss
        self._receiver: DatagramReceiver | None = None
        self._live()

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        self._receiver = receiver

    def send(self, data: bytes, address: Address) -> None:
        if address == VEHICLE:
            self._later(self._arrive, data)

    def close(self) -> None:
        self.closed = True

    def _live(self) -> None:
        if not self.closed:
            self.counterpart.handle_timer(self._loop.time())
            self._flush()
            self._loop.call_later(0.05, self._live)

    def _arrive(self, data: bytes) -> None:
        self.counterpart.receive(data, self._loop.time())
        self._flush()

    def _flush(self) -> None:
        for data in self.counterpart.outbox:
            self._later(self._hand_over, data)
        self.counterpart.outbox.clear()

    def _hand_over(self, data: bytes) -> None:
        if self._receiver is not None and not self.closed:
            self._receiver(data, VEHICLE)

    def _later(self, what: Callable[[bytes], None], data: bytes) -> None:
        if self._rng.random() >= self._loss:
            self._loop.call_later(0.01 + 0.05 * self._rng.random(), what, data)


def in_virtual_time(
    play: Callable[[VehiclePort, CounterpartT, LinkRunner], Coroutine[object, object, None]],
    counterpart: CounterpartT,
    *,
    loss: float = 0.0,
) -> None:
    """Play with one vehicle on the wire, in virtual time."""

    async def stage() -> None:
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(1, VEHICLE)
        runner = LinkRunner(fleet, LossyWire(counterpart, loss=loss))
        try:
            await asyncio.sleep(3)
            await play(VehiclePort(runner, 1), counterpart, runner)
        finally:
            runner.close()

    run_virtual(stage(), START_S)
