"""How often a caller may ask: a bucket of tokens for each, filled at its rate (RFC 6585, 429)."""

from __future__ import annotations

import math
from collections import OrderedDict

from skystork.shell.web.problem import HttpRefusal

MOST_BUCKETS = 10_000
"""Callers remembered; the one longest unheard is forgotten, and its bucket is full again by then."""
BURST_S = 2.0
"""Of its rate a caller may save up [s]."""


class Rates:
    """All buckets; time is the caller's, in seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, rate_hz: float, now_s: float, *, burst: float | None = None) -> None:
        """Take one; raises HttpRefusal 429 that says when the next is there."""
        most = max(1.0, rate_hz * BURST_S) if burst is None else burst
        left, at_s = self._left.pop(name, (most, now_s))
        left = min(most, left + (now_s - at_s) * rate_hz)
        allowed = left >= 1.0
        self._left[name] = (left - 1.0 if allowed else left, now_s)
        if len(self._left) > MOST_BUCKETS:
            self._left.popitem(last=False)
        if not allowed:
            wait_s = (1.0 - left) / rate_hz
            raise HttpRefusal(
                429,
                "too-many",
                f"more than {rate_hz:g} a second: wait {wait_s:.1f} s",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )
