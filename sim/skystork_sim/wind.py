"""The wind over the site: steady, with slow gusts that are the same for every aircraft and every run of a seed."""

from __future__ import annotations

import math
from random import Random


class Wind:
    """Mean wind and an Ornstein-Uhlenbeck gust sampled at 1 Hz.

    Parameters
    ----------
    mean_enu_m_s
        Velocity of the air, east and north [m/s]: a westerly wind is (+, 0).
    gust_m_s
        Standard deviation of the gust, each axis [m/s].
    correlation_s
        How long a gust lasts [s].
    start_s
        When the series begins.
    """

    def __init__(
        self,
        mean_enu_m_s: tuple[float, float],
        gust_m_s: float,
        rng: Random,
        *,
        start_s: float,
        correlation_s: float = 20.0,
    ) -> None:
        self.mean_enu_m_s = mean_enu_m_s
        self._start_s = start_s
        self._rng = rng
        self._keep = math.exp(-1.0 / correlation_s)
        self._fresh_m_s = gust_m_s * math.sqrt(1.0 - self._keep**2)
        self._series: list[tuple[float, float]] = [(0.0, 0.0)]

    def gust_at(self, now_s: float) -> tuple[float, float]:
        """What the wind has more than its mean, east and north [m/s]."""
        index = max(0, int(now_s - self._start_s))
        series = self._series
        while len(series) <= index:
            east, north = series[-1]
            series.append(
                (
                    east * self._keep + self._rng.gauss(0.0, self._fresh_m_s),
                    north * self._keep + self._rng.gauss(0.0, self._fresh_m_s),
                )
            )
        return series[index]
