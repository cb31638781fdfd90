"""Many datagrams by one system call: Linux's recvmmsg, which Python's socket module lacks.

Of what a datagram costs, the call and the address made of text each time are a third (measured); here the call is made
once for all that wait, and an address is made once for each sender. Where there is no recvmmsg, and for IPv6, datagrams
are read one by one.

A sieve may look at what was read before any of it becomes a Python object: what it takes out goes no further.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from skystork.link.sieve import Reading, Sifted
from skystork.shell.bus import Address

MOST = 384
"""Datagrams a call; more would keep others waiting: unsifted they are some 8 ms of work, which only a fleet's first
heartbeats are. 250 vehicles send 310 in a rest of the socket, and a second call for a few costs as much as for many."""
DATAGRAM_BYTES = 2048
"""MAVLink 2's largest frame is 293 bytes; PX4 packs several into one datagram of at most 1,500."""
Sift = Callable[[Reading, int], Sifted]
"""Takes out of so many datagrams what needs no more looking at; returns the places of the rest."""


class Arrived(NamedTuple):
    """One look at a socket."""

    datagrams: list[tuple[bytes, Address]]
    """With where they came from."""
    read: int
    """How many there were, with those that a sieve took out."""
    proven: Sequence[bytes] = ()
    """What a sieve has proven, to be taken before the others."""


Reader = Callable[[], Arrived]
"""Gives what waits, at most :data:`MOST`; raises BlockingIOError where nothing does, OSError for an error of before."""

_STRIDE = DATAGRAM_BYTES + 64
"""Between two datagrams in the buffer [bytes]: at a power of two their first bytes, all that most have, would share a
few lines of the processor's cache and drive each other out."""
_NAME_BYTES = 16  # struct sockaddr_in: family, port, address, padding
_REMEMBERED = 4096  # senders whose address is kept; anybody can invent any number of them


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Header(ctypes.Structure):
    """struct mmsghdr: a message, and how many bytes of it came."""

    _fields_ = (("message", _Message), ("received", ctypes.c_uint32))


_WORDS = ctypes.sizeof(_Header) // 4  # 32-bit words of a header


def reader_of(bound: socket.socket, sift: Sift | None = None, *, most: int = MOST) -> Reader:
    """The quickest way to read a non-blocking UDP socket on this machine; one by one nothing is sifted."""
    if bound.family is socket.AF_INET and sys.platform == "linux" and ctypes.sizeof(ctypes.c_void_p) == 8:
        return _ManyReader(bound, sift, most).read
    return lambda: read_singly(bound, most=most)


def read_singly(bound: socket.socket, *, most: int = MOST) -> Arrived:
    """Read what waits, by a call for each datagram; see :data:`Reader`."""
    datagrams: list[tuple[bytes, Address]] = []
    while len(datagrams) < most:
        try:
            data, sender = bound.recvfrom(DATAGRAM_BYTES)
        except OSError:
            if not datagrams:
                raise
            break
        datagrams.append((data, (sender[0], sender[1])))
    return Arrived(datagrams, len(datagrams))


class _ManyReader:
    """Owns the buffers that the kernel writes to."""

    def __init__(self, bound: socket.socket, sift: Sift | None, most: int) -> None:
        self._descriptor, self._most = bound.fileno(), most
        self._sift = sift
        self._call = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._data = ctypes.create_string_buffer(most * _STRIDE)
        self._names = ctypes.create_string_buffer(most * _NAME_BYTES)
        self._vectors = (_Vector * most)()
        self._headers = (_Header * most)()
        for index, (vector, header) in enumerate(zip(self._vectors, self._headers, strict=True)):
            vector.base = ctypes.addressof(self._data) + index * _STRIDE
            vector.length = DATAGRAM_BYTES
            message = header.message
            message.name = ctypes.addressof(self._names) + index * _NAME_BYTES
            message.name_length = _NAME_BYTES  # the kernel writes the same back for IPv4
            message.vectors = ctypes.addressof(self._vectors) + index * ctypes.sizeof(_Vector)
            message.vector_count = 1
        self._view = memoryview(self._data).cast("B")
        words = np.frombuffer(memoryview(self._headers).cast("B"), np.uint32)
        lengths = words[_Header.received.offset // 4 :: _WORDS]
        data = np.frombuffer(self._view, np.uint8).reshape(most, _STRIDE)
        names = np.frombuffer(memoryview(self._names).cast("B"), np.uint8).reshape(most, _NAME_BYTES)
        self._reading = Reading(data, lengths, names)
        self._addresses: dict[bytes, Address] = {}

    def read(self) -> Arrived:
        """See :data:`Reader`."""
        count = self._call(self._descriptor, self._headers, self._most, socket.MSG_DONTWAIT, None)
        if count < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        proven, others = ([], range(count)) if self._sift is None else self._sift(self._reading, count)
        names, lengths = self._names.raw if others else b"", self._reading.lengths[:count].tolist()
        return Arrived(
            [(self._data_at(place, lengths[place]), self._sender_at(place, names)) for place in others],
            count,
            [self._data_at(place, lengths[place]) for place in proven],
        )

    def _data_at(self, place: int, length: int) -> bytes:
        start = place * _STRIDE
        return self._view[start : start + length].tobytes()

    def _sender_at(self, place: int, names: bytes) -> Address:
        name = names[place * _NAME_BYTES + 2 : place * _NAME_BYTES + 8]  # port and address
        return self._addresses.get(name) or self._learn(name)

    def _learn(self, name: bytes) -> Address:
        if len(self._addresses) >= _REMEMBERED:
            self._addresses.clear()
        address = self._addresses[name] = socket.inet_ntoa(name[2:]), int.from_bytes(name[:2], "big")
        return address
