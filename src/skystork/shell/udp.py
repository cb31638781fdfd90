"""The fleet's UDP socket.

The socket is read by a loop of our own and not through asyncio's datagram transport, because that reads one datagram
for each wake-up, which costs twice the processor time at a fleet's rate (measured); what is read at a time is bounded,
so that a flood cannot starve timers. Once empty, the socket rests for some milliseconds and what comes meanwhile is
read in one go, because waking up for each datagram costs several times what the datagram does. Its receive buffer is
asked large: the default holds some 250 small datagrams, 14 ms of 300 vehicles, and whatever stalls the event loop
longer loses telemetry without a trace.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import Callable, Sequence

from skystork.errors import Unavailable
from skystork.shell.bus import Address, DatagramReceiver, EndpointFigures
from skystork.shell.connection_url import UdpOut
from skystork.shell.kernel_drops import kernel_drops
from skystork.shell.receive_many import MOST, Sift, reader_of

RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024
"""Linux grants twice that, and a small datagram takes 832 bytes of it (measured): 20,100 of them, 1.3 s of a full
network of 250 vehicles at 62 messages a second. It also bridges the time that a busy machine gives to others."""
SO_RCVBUFFORCE = 33
"""Linux: as SO_RCVBUF, but past ``net.core.rmem_max``, for a process with CAP_NET_ADMIN; Python has no name for it."""
LONG_READING = 256
"""Datagrams after which timers have their turn before what follows from them: some 4 ms of work."""
REST_S = 0.020
"""Between two looks at an emptied socket, in the world's time [s]: a radio link takes five times as long to answer, and
no decision on telemetry is that urgent; one of 300 vehicles finds some 370 datagrams."""
PHASES = 4
"""The looks of neighbouring sockets fall on this many instants of a rest: a full network takes some 3 ms to read, and
four of them read one after the other would hold up everything else for all of that."""


class FleetSocket:
    """A bound UDP socket read by the running event loop.

    Parameters
    ----------
    bound
        Bound and non-blocking; it becomes ours.
    peer
        The one address that everything on this network is reached through; None where vehicles have their own.
    rest_s
        How long what has come may wait for more [s].
    """

    def __init__(self, bound: socket.socket, peer: Address | None = None, *, rest_s: float = REST_S) -> None:
        self._socket = bound
        self.peer = peer
        self._loop = asyncio.get_running_loop()
        self._receiver: DatagramReceiver | None = None
        self._receive_proven: Callable[[Sequence[bytes]], None] = lambda _: None
        self.after_reading: Callable[[], None] = lambda: None
        """Called when all that was read together has been given out; after a long reading in the loop's next turn."""
        self._read_some = reader_of(bound)
        self._rest_s = rest_s
        self.phase_s = rest_s * (bound.fileno() % PHASES) / PHASES
        """When in a rest it looks [s]."""
        self._next_look: asyncio.Handle | None = None
        self._watching = False
        self._closed = False
        self.unsent = 0
        """Datagrams the system would not take; like any lost on the way, the protocol makes up for them."""

    @property
    def address(self) -> Address:
        """Where the socket is bound."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    @property
    def receive_buffer_bytes(self) -> int:
        """What the system granted; Linux tells twice the usable size."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Begin to read, giving each datagram to the receiver."""
        self._receiver = receiver
        self._watch()

    def sift_with(self, sift: Sift, receive_proven: Callable[[Sequence[bytes]], None]) -> None:
        """Have what is read looked through first from now on; what is proven of it goes to a receiver of its own."""
        self._read_some, self._receive_proven = reader_of(self._socket, sift), receive_proven

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram, or count it as unsent where the system does not take it."""
        try:
            self._socket.sendto(data, address)
        except OSError:  # a full buffer, no route, or the peer's port closed: all are a lossy network's
            self.unsent += 1

    def figures(self) -> EndpointFigures:
        """What was met so far."""
        if self._closed:
            return EndpointFigures(up=False, unsent=self.unsent)
        return EndpointFigures(unsent=self.unsent, kernel_drops=kernel_drops(self._socket))

    def close(self) -> None:
        """Stop reading and release the port."""
        if self._closed:
            return
        self._closed = True
        if self._next_look is not None:
            self._next_look.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _watch(self) -> None:
        """Have the loop tell when something has come."""
        self._watching = True
        self._loop.add_reader(self._socket.fileno(), self._read)

    def _rest(self) -> None:
        """Look again at the next instant."""
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._socket.fileno())
        self._next_look = self._loop.call_at(next_look_s(self._loop.time(), self._rest_s, self.phase_s), self._read)

    def _read(self) -> None:
        receiver, self._next_look = self._receiver, None
        if receiver is None:
            return
        try:
            datagrams, count, proven = self._read_some()
        except BlockingIOError:
            if not self._watching:
                self._watch()
            return
        except OSError:  # an ICMP error of an earlier send (the peer's port is closed); the next read goes on
            datagrams, count, proven = [], MOST, ()
        if proven:
            self._receive_proven(proven)
        for data, sender in datagrams:
            receiver(data, sender)
            if self._closed:
                return
        if count < MOST:
            self._rest()
        elif not self._watching:  # more is there; others have their turn first
            self._next_look = self._loop.call_soon(self._read)
        # The last thing: whatever becomes of it, the socket goes on.
        if count < LONG_READING:
            self.after_reading()
        else:
            self._loop.call_soon(self.after_reading)


def next_look_s(now_s: float, rest_s: float, phase_s: float) -> float:
    """The next of the instants that lie a rest apart, a phase after its multiples; up to a rest from now [s]."""
    return ((now_s - phase_s) // rest_s + 1) * rest_s + phase_s


async def open_fleet_socket(
    host: str, port: int, *, receive_buffer_bytes: int = RECEIVE_BUFFER_BYTES, rest_s: float = REST_S
) -> FleetSocket:
    """Bind a UDP socket for the fleet.

    Parameters
    ----------
    host
        Address or name to listen on; ``0.0.0.0`` for all.
    port
        0 lets the system choose.
    receive_buffer_bytes
        Asked from the system, which may grant less.
    rest_s
        How long what has come may wait for more [s].

    Raises
    ------
    Unavailable
        The port is in use or not allowed, or the host is not this machine's; the message says what to do.
    """
    try:
        family, address = await _resolve(host, port)
    except OSError as error:
        raise Unavailable(f"cannot listen for vehicles on {host}: {error}; give an address of this machine") from error
    return FleetSocket(_bind(family, address, host, port, receive_buffer_bytes), rest_s=rest_s)


async def open_socket_to(to: UdpOut) -> FleetSocket:
    """Bind our fixed port of a network behind one peer; the link's heartbeats go first.

    Raises
    ------
    Unavailable
        The peer's name is not known, or our port is in use; the message says what to do.
    """
    try:
        family, address = await _resolve(to.host, to.port)
    except OSError as error:
        raise Unavailable(f"{to}: no such host ({error}); check the name, or give its IP address") from error
    any_host = "::" if family is socket.AF_INET6 else "0.0.0.0"
    bound = _bind(family, (any_host, to.local_port), any_host, to.local_port, RECEIVE_BUFFER_BYTES)
    return FleetSocket(bound, (address[0], address[1]))


async def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    address = found[0][4]
    return found[0][0], (str(address[0]), int(address[1]))


def _bind(
    family: socket.AddressFamily, address: Address, host: str, port: int, receive_buffer_bytes: int
) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        _ask_buffer(bound, receive_buffer_bytes)
        bound.setblocking(False)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise Unavailable(_complaint(host, port, error)) from error
    return bound


def _ask_buffer(bound: socket.socket, wanted_bytes: int) -> None:
    """What the system grants without a privilege is its own affair; alarms tell when it was too little."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted_bytes)
    if sys.platform == "linux":
        with contextlib.suppress(PermissionError):
            bound.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, wanted_bytes)


def _complaint(host: str, port: int, error: OSError) -> str:
    remedies = {
        errno.EADDRINUSE: "another program has it (perhaps a ground station, or a second Skystork): "
        f"end that program (`ss -lunp sport = :{port}` names it) or give another port (with udpout:// as "
        "?local_port=)",
        errno.EACCES: "ports below 1024 need a privilege: give a port above",
        errno.EADDRNOTAVAIL: "the address is not this machine's: give one that is, or 0.0.0.0",
    }
    remedy = remedies.get(error.errno or 0, "give another address or port")
    return f"cannot listen for vehicles on UDP {host}:{port} ({error.strerror}): {remedy}"
