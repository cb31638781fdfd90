"""MAVLink over TCP: a connection that is made anew whenever it breaks, and a port that accepts connections.

The event loop is never held up: connecting waits in a task of its own, and what the peer does not take is dropped when
too much of it waits. A peer that vanished without a word is given up by the system when what was sent to it stays
unacknowledged (TCP_USER_TIMEOUT); our heartbeats see to it that there is always something to acknowledge.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from skystork.errors import Unavailable
from skystork.shell.bus import Address, DatagramReceiver, EndpointFigures
from skystork.shell.byte_stream import PENDING_LIMIT_BYTES, Backoff, StreamIntake
from skystork.shell.connection_url import TcpIn, TcpOut
from skystork.shell.loops import real_span_s

CONNECT_S = 5.0
"""An attempt to connect [s of real time]."""
UNACKNOWLEDGED_MS = 10_000
"""Twice the time after which a vehicle counts as lost."""


MOST_CONNECTIONS = 256
"""Accepted at a time on one port: MAVLink has 255 system ids, and each connection costs a descriptor."""


class _Stream(asyncio.Protocol):
    """One connection, which says when it begins and when it is over."""

    def __init__(
        self,
        intake: StreamIntake,
        address: Address | None,
        begun: Callable[[_Stream], None],
        over: Callable[[_Stream], None],
    ) -> None:
        self._intake, self._given_address = intake, address
        self._begun, self._over = begun, over
        self._transport: asyncio.Transport | None = None
        self.address: Address = address or ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere the system's own patience holds
            wire = transport.get_extra_info("socket")
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        if self._given_address is None:
            host, port = transport.get_extra_info("peername")[:2]
            self.address = (host, port)
        self._intake.begin(self.address)
        self._begun(self)

    def data_received(self, data: bytes) -> None:
        self._intake.take(data, self.address)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        self._intake.end(self.address)
        self._over(self)

    def send(self, data: bytes) -> bool:
        """Hand over; False where too much waits already."""
        if self._transport is None or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() + len(data) > PENDING_LIMIT_BYTES:
            return False
        self._transport.write(data)
        return True

    def close(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()


class TcpClient:
    """Connects to one peer, and again after each loss.

    Parameters
    ----------
    to
        Where; the name is resolved with each attempt.
    """

    def __init__(self, to: TcpOut) -> None:
        self._to = to
        self._intake = StreamIntake()
        self._stream: _Stream | None = None
        self._ended = asyncio.Event()
        self._unsent = self._reconnects = 0
        self._problem: str | None = "not connected yet"
        self._task = asyncio.create_task(self._stay_connected(), name=f"link[{to}]")

    @property
    def peer(self) -> Address:
        """The peer as it was typed; everything comes from there."""
        return self._to.host, self._to.port

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Say who takes the frames; until then they are lost."""
        self._intake.set_receiver(receiver)

    def send(self, data: bytes, address: Address) -> None:  # noqa: ARG002  (there is one address)
        """Send, or count as unsent while there is no connection."""
        if self._stream is None or not self._stream.send(data):
            self._unsent += 1

    def close(self) -> None:
        """Let the connection go for good."""
        self._task.cancel()
        if self._stream is not None:
            self._stream.close()

    def figures(self) -> EndpointFigures:
        """What was met so far."""
        up = self._stream is not None
        return self._intake.figures(up=up, unsent=self._unsent, reconnects=self._reconnects, problem=self._problem)

    async def _stay_connected(self) -> None:
        loop, backoff = asyncio.get_running_loop(), Backoff()
        while True:
            began_s, lasted_s = loop.time(), 0.0
            if await self._connect():
                await self._ended.wait()
                lasted_s = (loop.time() - began_s) / real_span_s(1.0)
                self._reconnects += 1
            await asyncio.sleep(real_span_s(backoff.after(lasted_s)))

    async def _connect(self) -> bool:
        self._ended.clear()
        try:
            async with asyncio.timeout(real_span_s(CONNECT_S)):
                await asyncio.get_running_loop().create_connection(
                    lambda: _Stream(self._intake, self.peer, self._begin, self._end), self._to.host, self._to.port
                )
        except TimeoutError:
            self._problem = f"{self._to} does not answer; check the address, and whether the vehicle is on"
            return False
        except OSError as error:
            self._problem = f"{self._to} cannot be reached ({error.strerror or error}); it is tried again"
            return False
        return True

    def _begin(self, stream: _Stream) -> None:
        self._stream, self._problem = stream, None

    def _end(self, stream: _Stream) -> None:
        if self._stream is stream:
            self._stream, self._problem = None, f"{self._to} ended the connection; it is tried again"
        self._ended.set()


class TcpServer:
    """Accepts connections; each is an address of its own. Open it with :func:`open_tcp_server`."""

    def __init__(self) -> None:
        self._intake = StreamIntake()
        self._streams: dict[Address, _Stream] = {}
        self._server: asyncio.Server | None = None
        self._unsent = self._ended = 0

    @property
    def peer(self) -> None:
        """Each connection has an address of its own."""
        return

    @property
    def address(self) -> Address:
        """Where it listens."""
        assert self._server is not None, "open it with open_tcp_server"
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def listen(self, at: TcpIn) -> None:
        """Begin to accept."""
        self._server = await asyncio.get_running_loop().create_server(self._accept, at.host, at.port)

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Say who takes the frames; until then they are lost."""
        self._intake.set_receiver(receiver)

    def send(self, data: bytes, address: Address) -> None:
        """Send on the connection that came from the address, or count as unsent where it is gone."""
        stream = self._streams.get(address)
        if stream is None or not stream.send(data):
            self._unsent += 1

    def close(self) -> None:
        """Stop to accept, and end what was accepted."""
        if self._server is not None:
            self._server.close()
        for stream in tuple(self._streams.values()):
            stream.close()

    def figures(self) -> EndpointFigures:
        """What was met so far; connections that ended count as reconnects."""
        return self._intake.figures(up=True, unsent=self._unsent, reconnects=self._ended, problem=None)

    def _accept(self) -> _Stream:
        return _Stream(self._intake, None, self._begin, self._end)

    def _begin(self, stream: _Stream) -> None:
        if len(self._streams) >= MOST_CONNECTIONS:
            stream.close()
            return
        self._streams[stream.address] = stream

    def _end(self, stream: _Stream) -> None:
        self._ended += 1
        self._streams.pop(stream.address, None)


async def open_tcp_server(at: TcpIn) -> TcpServer:
    """Listen for connections.

    Raises
    ------
    Unavailable
        The port is taken or not allowed, or the host is not this machine's; the message says what to do.
    """
    server = TcpServer()
    try:
        await server.listen(at)
    except OSError as error:
        raise Unavailable(
            f"cannot accept vehicles on {at} ({error.strerror or error}): give an address of this machine and a port "
            f"that nobody has (`ss -ltnp sport = :{at.port}` names who has it)"
        ) from error
    return server
