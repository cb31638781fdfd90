"""A client of server-sent events (WHATWG HTML, 9.2) that reads as it is told to, and no faster."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Told:
    """One event."""

    id: str
    event: str
    data: Any


class EventStream:
    """What comes over one connection. See :func:`event_stream`."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> Told:
        """The next event; comments are passed over."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line and fields:
                return Told(fields["id"], fields["event"], json.loads(fields["data"]))
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        raise AssertionError("the stream ended")

    async def take(self, count: int) -> list[Told]:
        """So many."""
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def event_stream(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> AsyncIterator[EventStream]:
    """Listen while the block runs."""
    async with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no", "a proxy must not hold events back"
        yield EventStream(answer.aiter_lines())
