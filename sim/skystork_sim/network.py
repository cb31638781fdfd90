"""Datagrams in memory: a network that loses, delays, reorders and doubles them, the same way for the same seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

Address = tuple[str, int]
Receiver = Callable[[bytes, Address], None]


@dataclass(frozen=True, slots=True)
class Cut:
    """No datagram passes to or from an address between two times."""

    address: Address
    from_s: float
    until_s: float


@dataclass(slots=True)
class Traffic:
    """What the network has done; mutable because it counts."""

    sent: int = 0
    lost: int = 0
    cut: int = 0
    doubled: int = 0


class MemoryNetwork:
    """Connects endpoints of one event loop; delivery is by the loop's clock.

    Parameters
    ----------
    loop
        Whose ``time`` and ``call_later`` are used.
    rng
        Decides on loss, jitter and duplication.
    loss
        Share of datagrams lost, 0..1.
    delay_s
        One way [s].
    jitter_s
        Added to the delay, uniform from 0 [s]; lets datagrams overtake each other.
    duplication
        Share of datagrams that arrive twice, 0..1.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        rng: Random,
        *,
        loss: float = 0.0,
        delay_s: float = 0.0,
        jitter_s: float = 0.0,
        duplication: float = 0.0,
    ) -> None:
        self._loop, self._rng = loop, rng
        self._loss, self._delay_s, self._jitter_s, self._duplication = loss, delay_s, jitter_s, duplication
        self._endpoints: dict[Address, MemoryEndpoint] = {}
        self._cuts: list[Cut] = []
        self._cut_tests: dict[Address, Callable[[float], bool]] = {}
        self.traffic = Traffic()

    def endpoint(self, address: Address) -> MemoryEndpoint:
        """Bind an address; raises ``OSError`` when it is taken, as a socket would."""
        if address in self._endpoints:
            raise OSError(f"address {address} is in use in the simulated network")
        endpoint = MemoryEndpoint(self, address)
        self._endpoints[address] = endpoint
        return endpoint

    def cut(self, cut: Cut) -> None:
        """Let nothing pass to or from an address for a time."""
        self._cuts.append(cut)

    def cut_while(self, address: Address, test: Callable[[float], bool]) -> None:
        """Let nothing pass to or from an address while the test says so."""
        self._cut_tests[address] = test

    def carry(self, data: bytes, sender: Address, receiver: Address) -> None:
        """Take one datagram on its way."""
        self.traffic.sent += 1
        if self._is_cut(sender) or self._is_cut(receiver):
            self.traffic.cut += 1
            return
        if self._loss and self._rng.random() < self._loss:
            self.traffic.lost += 1
            return
        self._deliver_later(data, sender, receiver)
        if self._duplication and self._rng.random() < self._duplication:
            self.traffic.doubled += 1
            self._deliver_later(data, sender, receiver)

    def release(self, address: Address) -> None:
        """Free an address."""
        self._endpoints.pop(address, None)

    def _is_cut(self, address: Address) -> bool:
        test = self._cut_tests.get(address)
        now_s = self._loop.time()
        if test is not None and test(now_s):
            return True
        return any(cut.address == address and cut.from_s <= now_s < cut.until_s for cut in self._cuts)

    def _deliver_later(self, data: bytes, sender: Address, receiver: Address) -> None:
        jitter_s = self._rng.uniform(0.0, self._jitter_s) if self._jitter_s else 0.0
        self._loop.call_later(self._delay_s + jitter_s, self._deliver, data, sender, receiver)

    def _deliver(self, data: bytes, sender: Address, receiver: Address) -> None:
        endpoint = self._endpoints.get(receiver)
        if endpoint is not None:
            endpoint.receive(data, sender)


@dataclass(slots=True)
class MemoryEndpoint:
    """A bound address of a :class:`MemoryNetwork`; mutable because its receiver comes later."""

    network: MemoryNetwork
    address: Address
    _receiver: Receiver | None = field(default=None)

    def set_receiver(self, receiver: Receiver) -> None:
        """Whom to tell what comes in; until then it is thrown away."""
        self._receiver = receiver

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; may be lost."""
        self.network.carry(data, self.address, address)

    def receive(self, data: bytes, sender: Address) -> None:
        """Called by the network."""
        if self._receiver is not None:
            self._receiver(data, sender)

    def close(self) -> None:
        """Release the address."""
        self.network.release(self.address)
