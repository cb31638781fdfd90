"""What waits to leave a simulated vehicle, and to whom: frames with a time, status texts, one partner for ever.

The vehicle talks to the address that spoke to it first and never changes it (PX4's partner latch); others are obeyed
but not answered. While the ground counts as lost, status texts are kept back; when it is heard again, those of the
last five seconds leave, older ones never do.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

import heapq

from skystork_sim.wire import Wire

Address = tuple[str, int]
STALE_TEXT_S = 5.0  # PX4 v1.17 mavlink/streams/STATUSTEXT.hpp


class Outbox:
    """Frames in the order of their times; mutable because it is a queue.

    Parameters
    ----------
    controller
        Where it sends until somebody speaks to it.
    """

    def __init__(self, wire: Wire, controller: Address) -> None:
        self._wire = wire
        self._partner: Address | None = None
        self._controller = controller
        self._waiting: list[tuple[float, int, bytes]] = []
        self._sent = 0
        self._held: list[tuple[float, int, str]] = []
        self.now_s = 0.0
        """Set by the vehicle: the time of what is sent without one."""
        self.holds_texts = False
        """Whether the ground counts as lost."""

    def latch(self, address: Address) -> None:
        """Somebody spoke: the first is the partner."""
        if self._partner is None:
            self._partner = address

    def send(self, frame: bytes) -> None:
        """Send with what leaves next."""
        self.send_later(self.now_s, frame)

    def send_later(self, at_s: float, frame: bytes) -> None:
        """Send at a time."""
        self._sent += 1
        heapq.heappush(self._waiting, (at_s, self._sent, frame))

    def say(self, severity: int, text: str) -> None:
        """Send a status text; kept back while the ground counts as lost."""
        if self.holds_texts:
            self._held.append((self.now_s, severity, text))
            return
        for frame in self._wire.status_text(severity, text):
            self.send(frame)

    def flush_texts(self) -> None:
        """Say what was kept back, when it may be said."""
        if self.holds_texts or not self._held:
            return
        held, self._held = self._held, []
        for said_s, severity, text in held:
            if self.now_s - said_s < STALE_TEXT_S:
                self.say(severity, text)

    def next_s(self) -> float | None:
        """When the next frame leaves."""
        return self._waiting[0][0] if self._waiting else None

    def due(self, now_s: float) -> list[tuple[bytes, Address]]:
        """What is to leave now, one frame in each datagram, as PX4 sends them."""
        ready: list[tuple[bytes, Address]] = []
        address = self._partner or self._controller
        while self._waiting and self._waiting[0][0] <= now_s:
            ready.append((heapq.heappop(self._waiting)[2], address))
        return ready
