"""A counterpart on a real UDP socket, in a thread of its own: for commands that run their own event loop."""

from __future__ import annotations

import select
import socket
import threading
import time
from types import TracebackType
from typing import Self

from tests_support.px4_counterpart import Px4Counterpart

_POLL_S = 0.02


class UdpVehicle:
    """Answers whoever speaks to it, as PX4's ground-station port does; ended by leaving the ``with``."""

    def __init__(self, counterpart: Px4Counterpart) -> None:
        self.counterpart = counterpart
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._peer: tuple[str, int] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vehicle", daemon=True)

    @property
    def connection(self) -> str:
        """How a command reaches it."""
        return f"udpout://127.0.0.1:{self._socket.getsockname()[1]}?local_port={free_port()}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            ready, _, _ = select.select([self._socket], [], [], _POLL_S)
            if ready:
                data, self._peer = self._socket.recvfrom(2048)
                self.counterpart.receive(data, time.monotonic())
            if self._peer is None:
                continue
            if self.counterpart.next_timer_s() <= time.monotonic():
                self.counterpart.handle_timer(time.monotonic())
            for frame in self.counterpart.outbox:
                self._socket.sendto(frame, self._peer)
            self.counterpart.outbox.clear()


def free_port() -> int:
    """A UDP port nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
