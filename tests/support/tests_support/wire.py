"""An endpoint in memory whose figures a test sets; what is sent is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skystork.shell.bus import Address, DatagramReceiver, EndpointFigures


class Wire:
    """A network's end, without a network."""

    def __init__(self, peer: Address | None = None) -> None:
        self.peer = peer
        self.receive: DatagramReceiver = lambda _data, _address: None
        self.sent: list[tuple[bytes, Address]] = []
        self._figures = EndpointFigures()

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        self.receive = receiver

    def send(self, data: bytes, address: Address) -> None:
        self.sent.append((data, address))

    def close(self) -> None:
        self.receive = lambda _data, _address: None

    def figures(self) -> EndpointFigures:
        return self._figures

    def meet(self, **figures: Any) -> None:
        """Set figures."""
        self._figures = replace(self._figures, **figures)
