"""The weather mast at the depot: tells the site's mean wind and gust on the bus, once a minute, retained."""

from __future__ import annotations

import asyncio
import json

from skystork_sim.bus import Bus
from skystork_sim.message_header import MessageHeader

PERIOD_S = 60.0
"""WMO-No. 8: a station's mean wind is over two or ten minutes; it is renewed each minute."""
GUST_SIGMAS = 3.0
"""The highest 3 s gust of ten minutes lies about three standard deviations above the mean (Wieringa 1973)."""


async def run_station(bus: Bus, *, site: str, wind_enu_m_s: tuple[float, float], gust_sigma_m_s: float) -> None:
    """Publish readings until cancelled.

    Parameters
    ----------
    wind_enu_m_s
        Mean velocity of the air [m/s].
    gust_sigma_m_s
        Standard deviation of each component of the turbulence [m/s].
    """
    mean_m_s = (wind_enu_m_s[0] ** 2 + wind_enu_m_s[1] ** 2) ** 0.5
    header = MessageHeader("weather")
    while True:
        now_s = asyncio.get_running_loop().time()
        reading = {
            **header.make(now_s),
            "atS": now_s,
            "windEnuMS": list(wind_enu_m_s),
            "gustMS": round(mean_m_s + GUST_SIGMAS * gust_sigma_m_s, 2),
            "rainMmH": 0.0,
            "visibilityM": 10_000.0,
        }
        await bus.publish(f"skystork/v1/{site}/weather/state", json.dumps(reading).encode(), qos=1, retain=True)
        await asyncio.sleep(PERIOD_S)
