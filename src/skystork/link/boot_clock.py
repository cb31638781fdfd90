"""The vehicle's time since boot; when it goes backwards the vehicle has rebooted.

A single older time is a datagram that was late on its way. A reboot is believed at the second of two times that are
both far behind the newest one and in order among themselves.
"""

from __future__ import annotations

from collections import deque

_LATE_MS = 2_000
"""A datagram this late is taken for reordering [ms]; UDP reorders within fractions of a second."""

_WRAP_MS = 2**32
"""time_boot_ms is a uint32: it wraps after 49.7 days."""


_MANY, _SOON_S = 3, 60.0
TOO_OFTEN = (
    "system {} reboots again and again: two vehicles speak under one id from one address (give each its own "
    "MAV_SYS_ID), or its power fails"
)
"""Said of so many reboots so soon."""


class BootClock:
    """Watches time_boot_ms."""

    def __init__(self) -> None:
        self._newest_ms: int | None = None
        self._suspect_ms: int | None = None
        self._reboots_s: deque[float] = deque(maxlen=_MANY)

    def receive(self, time_boot_ms: int) -> bool:
        """Take a time since boot; returns whether it proves a reboot."""
        if self._newest_ms is None or self._is_ahead(time_boot_ms):
            self._newest_ms, self._suspect_ms = time_boot_ms, None
            return False
        if self._newest_ms - time_boot_ms <= _LATE_MS:
            return False
        if self._suspect_ms is None or time_boot_ms <= self._suspect_ms:
            self._suspect_ms = time_boot_ms
            return False
        self._newest_ms, self._suspect_ms = time_boot_ms, None
        return True

    def too_often(self, now_s: float) -> bool:
        """Note a reboot that was proven; returns whether there were too many to be believed."""
        self._reboots_s.append(now_s)
        return len(self._reboots_s) == _MANY and now_s - self._reboots_s[0] <= _SOON_S

    def _is_ahead(self, time_boot_ms: int) -> bool:
        newest_ms = self._newest_ms or 0
        wrapped = newest_ms > _WRAP_MS * 3 // 4 and time_boot_ms < _WRAP_MS // 4
        return wrapped or time_boot_ms >= newest_ms
