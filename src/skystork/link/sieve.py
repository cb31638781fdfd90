"""Most of what a fleet sends, nobody here reads: four frames of five are counted in machine code and go no further.

A frame is proven here, and counted, where the plain path would find no fault in it: one whole, unsigned MAVLink 2
frame with a right checksum, of the autopilot of a vehicle that is trusted, from that vehicle's own address, with the
sequence number that is due. If the link does not take its message, that is all. If it does, only its payload is still
to be read, by ``FleetLink.receive_proven``. Heartbeats alone change whether a vehicle is trusted: one passes where it
says the type and the autopilot that the vehicle is trusted for. Everything else and every doubt take the plain path.
What follows such a frame of a vehicle in the same reading takes it too, so a vehicle's frames are counted in their
order, and the proven ones of a reading come before all others.

The columns that it counts in are those of :class:`~skystork.link.link_counters.Tally`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skystork.link.codec import FrameCounters, crc_extras
from skystork.link.link_counters import NOBODY, Tally

READ = 256
"""Added to the CRC extra of a message that the link reads; the extra is one byte."""


class Reading(NamedTuple):
    """The buffers of a socket's reader."""

    data: NDArray[np.uint8]
    """(datagrams, bytes)"""
    lengths: NDArray[np.uint32]
    """(datagrams,)"""
    names: NDArray[np.uint8]
    """(datagrams, 16): struct sockaddr_in of the senders, of which bytes 2 to 7 are port and address."""


class Sifted(NamedTuple):
    """Places of datagrams of a reading, in order; what was counted and needs no more is in neither."""

    proven: list[int]
    """Counted, and to be read."""
    others: list[int]
    """Not looked into."""


def load_kernel() -> None:
    """Have the machine code ready: a second or two, and some 100 MB, in a process that has not got it.

    To be called before the vehicles' sockets are opened, or what comes meanwhile is lost; only who serves a fleet needs
    it.
    """
    from skystork.link import sieve_kernel  # noqa: F401, PLC0415  # dear to import, so not at the head of the module


class Sieve:
    """The sieve of one network.

    Parameters
    ----------
    tally
        Where frames of vehicles are counted.
    counters
        Where all frames of the network are counted.
    """

    def __init__(self, tally: Tally, counters: FrameCounters) -> None:
        from skystork.link.sieve_kernel import sift  # noqa: PLC0415  # see load_kernel

        self._sift = sift
        self._counters = counters
        self._tables = (_checksums(), _extras())
        self._columns = (tally.trusted_at, tally.kind, tally.expected, tally.frames, tally.heard_s)
        self._proven = self._others = np.empty(0, np.int32)

    def sift(self, reading: Reading, count: int, now_s: float) -> Sifted:
        """Count what is sound of the first datagrams; the places of what is still to be read."""
        if len(self._others) < count:
            self._proven, self._others = np.empty(len(reading.data), np.int32), np.empty(len(reading.data), np.int32)
        lists = self._proven, self._others
        proven, others = self._sift(*reading, count, now_s, *self._tables, *self._columns, *lists)
        self._counters.frames += count - others
        return Sifted(self._proven[:proven].tolist(), self._others[:others].tolist())


def address_key(address: tuple[str, int] | None) -> int:
    """Port and IPv4 address as one number, as the network orders their bytes; :data:`NOBODY` for any other address."""
    if address is None:
        return NOBODY
    host, port = address
    parts = host.split(".")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        return NOBODY
    return int.from_bytes(port.to_bytes(2, "big") + bytes(map(int, parts)), "big")


def _checksums() -> NDArray[np.uint16]:
    """CRC-16/MCRF4XX of each byte: polynomial 0x1021 with its bits reversed (mavlink.io, serialization)."""
    table = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ 0x8408, table >> 1).astype(np.uint16)
    return table


def _extras() -> NDArray[np.int16]:
    """CRC extras by message id; 256 more where the link reads the message; -1 for what no table has."""
    unread, read = crc_extras(read=False), crc_extras(read=True)
    table = np.full(max(*unread, *read) + 1, -1, np.int16)
    for message_id, extra in unread.items():
        table[message_id] = extra
    for message_id, extra in read.items():
        table[message_id] = extra + READ
    return table
