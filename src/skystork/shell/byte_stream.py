"""What TCP connections and serial lines share: frames cut from bytes, figures, and when to try again."""

from __future__ import annotations

from skystork.link.stream_splitter import StreamSplitter
from skystork.shell.bus import Address, DatagramReceiver, EndpointFigures

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 10.0
"""Between attempts [s of real time]: soon at first, then seldom enough to do no harm to a peer that stays away."""
STABLE_AFTER_S = 5.0
"""A connection that held so long makes the next attempt a first one again [s of real time]."""
PENDING_LIMIT_BYTES = 16_384
"""Waiting to be sent on one connection. At 57,600 bit/s it is three seconds' worth: what waits longer is too old, and
the protocol asks again by itself."""


class StreamIntake:
    """The receiving end of all connections of one endpoint."""

    def __init__(self) -> None:
        self._receiver: DatagramReceiver | None = None
        self._splitters: dict[Address, StreamSplitter] = {}
        self._ended_bytes = self._ended_checksums = 0

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Say who takes the frames."""
        self._receiver = receiver

    def begin(self, address: Address) -> None:
        """A connection begins: nothing of an earlier one belongs to it."""
        self.end(address)
        self._splitters[address] = StreamSplitter()

    def end(self, address: Address) -> None:
        """A connection is over; its figures stay."""
        splitter = self._splitters.pop(address, None)
        if splitter is not None:
            self._ended_bytes += splitter.dropped_bytes
            self._ended_checksums += splitter.bad_checksum

    def take(self, data: bytes, address: Address) -> None:
        """Bytes arrived; whole frames are given on at once."""
        frames = self._splitters[address].feed(data)
        if frames and self._receiver is not None:
            self._receiver(b"".join(frames), address)

    def figures(self, *, up: bool, unsent: int, reconnects: int, problem: str | None) -> EndpointFigures:
        """The endpoint's own figures with those of the intake."""
        splitters = self._splitters.values()
        return EndpointFigures(
            up=up,
            unsent=unsent,
            dropped_bytes=self._ended_bytes + sum(splitter.dropped_bytes for splitter in splitters),
            bad_checksum=self._ended_checksums + sum(splitter.bad_checksum for splitter in splitters),
            reconnects=reconnects,
            problem=problem,
        )


class Backoff:
    """How long to wait before the next attempt."""

    def __init__(self) -> None:
        self._next_s = FIRST_BACKOFF_S

    def after(self, lasted_s: float) -> float:
        """The wait after a connection that lasted so long, 0 where none came about [s of real time]."""
        if lasted_s >= STABLE_AFTER_S:
            self._next_s = FIRST_BACKOFF_S
        wait_s, self._next_s = self._next_s, min(2 * self._next_s, LONGEST_BACKOFF_S)
        return wait_s
