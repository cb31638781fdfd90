"""The newest weather reading of the site, from its station on the bus. Without one nothing flies."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable

from skystork.airspace.weather import Weather
from skystork.shell.bus import Bus

FIRST_READING_S = 15.0
"""How long a start waits for the station's retained reading before orders are decided without it."""


class WeatherDesk:
    """Holds one reading; a malformed one is not taken, so the old one ages and in the end nothing flies."""

    def __init__(self, bus: Bus, topic_root: str) -> None:
        self._bus, self._topic = bus, f"{topic_root}/weather/state"
        self._first = asyncio.Event()
        self.reading: Weather | None = None
        self.on_reading: Callable[[], None] = lambda: None
        """Called after each reading taken."""

    async def listen(self) -> None:
        """Take readings in; runs for the life of the service."""
        async for message in self._bus.subscribe(self._topic):
            reading = read_weather(message.payload)
            if reading is not None:
                self.reading = reading
                self._first.set()
                self.on_reading()

    async def wait_first(self) -> bool:
        """Whether a reading came within the patience of a start."""
        try:
            async with asyncio.timeout(FIRST_READING_S):
                await self._first.wait()
        except TimeoutError:
            return False
        return True


def read_weather(payload: bytes) -> Weather | None:
    """A station's message; None unless every figure is there and finite."""
    try:
        message = json.loads(payload)
        wind = message["windEnuMS"]
        figures = [float(message["atS"]), float(wind[0]), float(wind[1]), float(message["gustMS"])]
        figures += [float(message.get("rainMmH", 0.0)), float(message.get("visibilityM", 10_000.0))]
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError):
        return None
    if not all(math.isfinite(figure) for figure in figures):
        return None
    at_s, east_m_s, north_m_s, gust_m_s, rain_mm_h, visibility_m = figures
    return Weather(at_s, (east_m_s, north_m_s), gust_m_s, rain_mm_h, visibility_m)
