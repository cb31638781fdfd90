"""The live picture: one JSON document of everything that moves, sent whole once and then as what changed.

What changed is a JSON merge patch (RFC 7396): a member that is gone is ``null``. So nothing in the picture itself is
ever null; what is not known is left out. One patch a tick is made for all listeners together. A listener that does not
keep up is sent the whole picture anew instead of a queue of old patches.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec

from skystork.shell.loops import real_span_s

TICK_S = 0.5
"""Of real time: 2 Hz, whatever the speed of the world."""
QUIET_S = 15.0
"""A comment at least this often, so that a proxy does not take the line for dead [s]."""

WAITING_DELTAS = 4
"""Two seconds; a client slower than this is better served with the whole."""

Document = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class LivePicture:
    """Makes the picture while anybody looks at it.

    Parameters
    ----------
    make
        The whole picture as JSON types, without a null in it.
    """

    def __init__(self, make: Callable[[], Document]) -> None:
        self._make = make
        self._number = 0
        self._now: Document = {}
        self._listeners: set[_Listener] = set()

    def whole(self) -> Document:
        """As it is now."""
        return self._make()

    async def run(self) -> None:
        """For the life of the server."""
        while True:
            await asyncio.sleep(real_span_s(TICK_S))
            if self._listeners:
                self._tick()

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """The picture, then what changes, as server-sent events."""
        me = _Listener()
        if not self._listeners:
            self._now = self._make()
        self._listeners.add(me)
        try:
            yield self._snapshot()
            while True:
                message = await me.next()
                yield self._snapshot() if message is None else message
        finally:
            self._listeners.discard(me)

    def _tick(self) -> None:
        new = self._make()
        patch = merge_patch(self._now, new)
        self._now = new
        if patch:
            self._number += 1
            message = sse("delta", _encode(patch), str(self._number))
            for listener in self._listeners:
                listener.put(message)

    def _snapshot(self) -> bytes:
        return sse("snapshot", _encode(self._now), str(self._number))


class _Listener:
    """What one client has not got yet; one that is too slow misses it and gets the whole picture."""

    def __init__(self) -> None:
        self._news: asyncio.Queue[bytes] = asyncio.Queue(WAITING_DELTAS)
        self._missed = False

    def put(self, message: bytes) -> None:
        if self._news.full():
            self._missed = True
        else:
            self._news.put_nowait(message)

    async def next(self) -> bytes | None:
        """The next message; None where some were missed."""
        try:
            async with asyncio.timeout(real_span_s(QUIET_S)):
                message = await self._news.get()
        except TimeoutError:
            return b": nothing new\n\n"
        if not self._missed:
            return message
        while not self._news.empty():
            self._news.get_nowait()
        self._missed = False
        return None


def merge_patch(before: Document, after: Document) -> Document:
    """What turns ``before`` into ``after`` by RFC 7396; empty where they are the same."""
    patch: Document = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = merge_patch(old, value)
            if inner:
                patch[name] = inner
        elif value != old:
            patch[name] = value
    return patch


def sse(event: str, data: bytes, number: str) -> bytes:
    """One server-sent event; JSON has no line breaks in it."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (number.encode(), event.encode(), data)
