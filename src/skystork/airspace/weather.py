"""The weather that planning and eligibility use: one reading for the site, with its age."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weather:
    """A reading at the depot."""

    at_s: float
    """When it was read [s since the Unix epoch]."""
    wind_enu_m_s: tuple[float, float]
    """Velocity of the air, east and north [m/s]: a westerly wind is (+, 0)."""
    gust_m_s: float
    rain_mm_h: float = 0.0
    visibility_m: float = 10_000.0

    @property
    def wind_speed_m_s(self) -> float:
        """Mean wind speed [m/s]."""
        return float((self.wind_enu_m_s[0] ** 2 + self.wind_enu_m_s[1] ** 2) ** 0.5)
