"""Frames as server-sent events: one a tick for all who look; whoever is slow skips frames and gets the newest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from skystork.app.http.picture import TICK_S, sse
from skystork.shell.loops import real_span_s


class FrameStream:
    """Makes frames while anybody looks.

    Parameters
    ----------
    make
        The frame as of now; a value that msgspec writes.
    """

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._encoder = msgspec.json.Encoder()
        self._looking = self._number = 0
        self._event = b""
        self._next = asyncio.Event()

    async def run(self) -> None:
        """For the life of the server."""
        while True:
            await asyncio.sleep(real_span_s(TICK_S))
            if self._looking:
                self._tick()

    async def listen(self) -> AsyncIterator[bytes]:
        """The newest frame, then each that follows."""
        self._looking += 1
        try:
            self._tick()
            while True:
                yield self._event
                await self._next.wait()
        finally:
            self._looking -= 1

    def _tick(self) -> None:
        self._number += 1
        self._event = sse("frame", self._encoder.encode(self._make()), str(self._number))
        self._next.set()
        self._next = asyncio.Event()
