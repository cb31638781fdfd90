"""MQTT's topics and filters, and the queue between a bus and one reader of it.

Source: OASIS MQTT 5.0, 4.7 (topic names and filters); the same rules hold in 3.1.1.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from skystork.errors import InvalidInput, Problem, SkystorkError
from skystork.shell.bus import BusMessage

_NAME_LIMIT_BYTES = 65_535  # MQTT 5.0, 1.5.4: the length of a string is two bytes
_RESERVED = frozenset("+#\0")
SUBSCRIPTION_LIMIT = 1000
"""Messages a reader may be behind; then the bus waits for it."""


def topic_matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic is meant by a filter.

    ``+`` stands for one level, ``#`` at the end for any number of levels, none included; neither stands for a first
    level that begins with ``$``, which is the broker's own.
    """
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    if wanted[-1] == "#":
        wanted.pop()
        levels = levels[: len(wanted)] if len(levels) >= len(wanted) else levels
    return len(wanted) == len(levels) and all(want in ("+", level) for want, level in zip(wanted, levels, strict=True))


def check_topic(topic: str) -> None:
    """Refuse what is no topic to publish to, before a broker closes the connection over it.

    Raises
    ------
    InvalidInput
        When it is empty, too long, or holds a wildcard or a NUL.
    """
    if not topic or len(topic.encode("utf-8", "replace")) > _NAME_LIMIT_BYTES or not _RESERVED.isdisjoint(topic):
        raise _refused("topic", topic, "1 to 65535 bytes without +, # and NUL")


def check_filter(topic_filter: str) -> None:
    """Refuse what is no filter to subscribe to.

    Raises
    ------
    InvalidInput
        When it is empty or too long, or a wildcard does not stand for whole levels, or ``#`` is not the last.
    """
    levels = topic_filter.split("/")
    whole = all(level in ("+", "#") or not any(c in level for c in "+#\0") for level in levels)
    too_long = len(topic_filter.encode("utf-8", "replace")) > _NAME_LIMIT_BYTES
    if not topic_filter or too_long or not whole or "#" in levels[:-1]:
        raise _refused("topic filter", topic_filter, "+ for a level, # for the last ones")


def _refused(what: str, seen: str, limit: str) -> InvalidInput:
    remedy = "Name things without these characters."
    return InvalidInput((Problem(what, "not allowed in MQTT", repr(seen[:80]), limit, remedy),))


class Subscription(AsyncIterator[BusMessage]):
    """What a filter brought, for one reader; ends when it is closed. Let go of it to end it unread."""

    def __init__(self, topic_filter: str) -> None:
        self.topic_filter = topic_filter
        self.closed = False
        self._error: SkystorkError | None = None
        self._messages: deque[BusMessage] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        """Messages not yet read."""
        return len(self._messages)

    def put(self, message: BusMessage) -> None:
        """Add a message; the bus first waits for :meth:`room`."""
        self._messages.append(message)
        self._arrived.set()
        if len(self._messages) >= SUBSCRIPTION_LIMIT:
            self._room.clear()

    async def room(self) -> None:
        """Return when there is room, or nobody reads any more."""
        await self._room.wait()

    def close(self, error: SkystorkError | None = None) -> None:
        """End it; the reader gets what had arrived, then the error or the end of the iteration."""
        self.closed, self._error = True, error
        self._arrived.set()
        self._room.set()

    async def __anext__(self) -> BusMessage:
        while not self._messages:
            if self.closed:
                raise self._error or StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        message = self._messages.popleft()
        if len(self._messages) < SUBSCRIPTION_LIMIT:
            self._room.set()
        return message

    def __aiter__(self) -> Subscription:
        return self
