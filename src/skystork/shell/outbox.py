"""What is to be sent to the broker: in order, kept until the broker has it, bounded.

Events (not retained) are never dropped: their sender waits while the outbox is full. State (retained) never makes
anybody wait: while the broker is away or the outbox is full, a state that still waits is overwritten by its successor
on the same topic, so that beyond the limit there is at most one message for each topic.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Outgoing:
    """One message. Not frozen: a waiting state is overwritten in its place."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    response_topic: str = ""
    correlation: bytes = b""
    handed_over_s: float = 0.0
    """When it was last taken for the broker [s of the monotonic clock]."""


@dataclass(frozen=True, slots=True)
class BusStatistics:
    """Figures for the console."""

    connected: bool
    published: int
    """Acknowledged by the broker."""
    pending: int
    """Not acknowledged."""
    in_flight: int
    """Of these, sent."""
    reconnects: int
    dropped: int
    """QoS 0 while the broker was away."""
    problem: str | None
    """Why there is no connection."""


class Outbox:
    """The queue between all publishers and the one connection."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Outgoing] = deque()
        self._in_flight: dict[int, Outgoing] = {}
        self._waiting_states: dict[str, Outgoing] = {}
        self._entrance = asyncio.Lock()  # first come, first served while it is full
        self._at_the_entrance = 0
        self._room, self._work, self._empty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        """Messages that the broker has not acknowledged."""
        return len(self._waiting) + len(self._in_flight)

    @property
    def in_flight(self) -> int:
        """Of these, with the broker."""
        return len(self._in_flight)

    async def put(self, message: Outgoing, *, overwrite: bool) -> None:
        """Take a message; one that is not retained waits for room.

        Parameters
        ----------
        message
            To be sent after all that came before it.
        overwrite
            A waiting state of the same topic may be replaced, because the broker is away.
        """
        if message.retain:
            self._put_state(message, overwrite=overwrite or len(self) >= self._limit)
            return
        if not self._at_the_entrance and len(self) < self._limit:
            self._add(message)
            return
        self._at_the_entrance += 1
        try:
            async with self._entrance:
                while len(self) >= self._limit:
                    self._room.clear()
                    await self._room.wait()
                self._add(message)
        finally:
            self._at_the_entrance -= 1

    def renew(self, topic: str, payload: bytes) -> bool:
        """Whether a state of this topic still waits, which then says this instead."""
        earlier = self._waiting_states.get(topic)
        if earlier is None:
            return False
        earlier.payload = payload
        return True

    def _put_state(self, message: Outgoing, *, overwrite: bool) -> None:
        earlier = self._waiting_states.get(message.topic)
        if earlier is not None and overwrite:
            earlier.payload, earlier.qos = message.payload, max(earlier.qos, message.qos)
            return
        self._waiting_states[message.topic] = message
        self._add(message)

    def _add(self, message: Outgoing) -> None:
        self._waiting.append(message)
        self._work.set()
        self._empty.clear()

    async def take(self) -> Outgoing:
        """The next message, now in flight until :meth:`settle` or :meth:`return_in_flight`."""
        while not self._waiting:
            self._work.clear()
            await self._work.wait()
        message = self._waiting.popleft()
        if self._waiting_states.get(message.topic) is message:
            del self._waiting_states[message.topic]
        self._in_flight[id(message)] = message
        return message

    def oldest_in_flight_s(self) -> float | None:
        """When the one that waits longest for the broker's word was taken; None where none does."""
        return next(iter(self._in_flight.values())).handed_over_s if self._in_flight else None

    def settle(self, message: Outgoing) -> None:
        """The broker has it."""
        del self._in_flight[id(message)]
        self._room.set()
        if not len(self):
            self._empty.set()

    def return_in_flight(self) -> None:
        """The connection is gone: what was not acknowledged goes out again, first and in the same order.

        A state among it may be overwritten like any other that waits, unless a successor waits already.
        """
        for message in self._in_flight.values():
            if message.retain:
                self._waiting_states.setdefault(message.topic, message)
        self._waiting.extendleft(reversed(self._in_flight.values()))
        self._in_flight.clear()
        if self._waiting:
            self._work.set()

    async def emptied(self) -> None:
        """Return when the broker has everything."""
        await self._empty.wait()
