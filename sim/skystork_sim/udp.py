"""A real UDP socket with the face of a memory endpoint, for the fleet that runs as a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

Address = tuple[str, int]
Receiver = Callable[[bytes, Address], None]


class UdpEndpoint(asyncio.DatagramProtocol):
    """One bound socket; mutable because it is a connection.

    Parameters
    ----------
    is_cut
        Asked with the loop's time for each datagram: True loses it, in either direction.
    """

    def __init__(self, is_cut: Callable[[float], bool]) -> None:
        self._is_cut = is_cut
        self._receiver: Receiver | None = None
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # no subclass of it in CPython 3.11

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Called by asyncio."""
        if self._receiver is not None and not self._cut_now():
            self._receiver(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at the other end yet: to a radio that is silence."""

    def set_receiver(self, receiver: Receiver) -> None:
        """Whom to tell what comes in."""
        self._receiver = receiver

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; may be lost."""
        if self._transport is not None and not self._transport.is_closing() and not self._cut_now():
            self._transport.sendto(data, address)

    def close(self) -> None:
        """Release the port."""
        if self._transport is not None:
            self._transport.close()

    def _cut_now(self) -> bool:
        return self._is_cut(asyncio.get_running_loop().time())


async def open_udp(local: Address, is_cut: Callable[[float], bool] = lambda _now_s: False) -> UdpEndpoint:
    """Bind a socket; raises ``OSError`` when the port is taken."""
    loop = asyncio.get_running_loop()
    _, endpoint = await loop.create_datagram_endpoint(lambda: UdpEndpoint(is_cut), local_addr=local)
    return endpoint
