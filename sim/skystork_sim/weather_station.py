"""The weather mast at the depot: tells the site's mean wind and gust on the bus, once a minute, retained."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from skystork_sim.bus import Bus
from skystork_sim.message_header import MessageHeader

PERIOD_S = 60.0
"""WMO-No. 8: a station's mean wind is over two or ten minutes; it is renewed each minute."""
GUST_SIGMAS = 3.0
"""The highest 3 s gust of ten minutes lies about three standard deviations above the mean (Wieringa 1973)."""


@dataclass(frozen=True, slots=True)
class Mast:
    """What the mast measures."""

    wind_enu_m_s: tuple[float, float]
    """Mean velocity of the air [m/s]."""
    gust_sigma_m_s: float
    """Standard deviation of each component of the turbulence [m/s]."""
    rain_mm_h: float = 0.0


async def run_station(bus: Bus, measured: Callable[[], Mast], *, site: str) -> None:
    """Publish readings until cancelled; the weather may turn between two of them."""
    header = MessageHeader("weather")
    while True:
        now_s, mast = asyncio.get_running_loop().time(), measured()
        mean_m_s = (mast.wind_enu_m_s[0] ** 2 + mast.wind_enu_m_s[1] ** 2) ** 0.5
        reading = {
            **header.make(now_s),
            "atS": now_s,
            "windEnuMS": list(mast.wind_enu_m_s),
            "gustMS": round(mean_m_s + GUST_SIGMAS * mast.gust_sigma_m_s, 2),
            "rainMmH": mast.rain_mm_h,
            "visibilityM": 10_000.0,
        }
        await bus.publish(f"skystork/v1/{site}/weather/state", json.dumps(reading).encode(), qos=1, retain=True)
        await asyncio.sleep(PERIOD_S)
