"""How much may be asked of the server: rates of callers, sizes of bodies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one server; the defaults are for a site's staff and its merchants' tills."""

    session_rate_hz: float = 50.0
    """Of one browser that is logged in: a console's page asks a few times a second."""
    anonymous_rate_hz: float = 10.0
    """Of one address that is nobody."""
    login_rate_hz: float = 0.2
    """Tries for one name, over time: 17,280 a day against a password of fifteen letters."""
    body_limit_bytes: int = 64 * 1024
    """Of a JSON body: an order takes under 1 kB."""
    file_limit_bytes: int = 16 * 1024 * 1024
    """Of a file of zones or a mission."""

    def of_body(self, own_bytes: int, media: str) -> int:
        """Most bytes of a body that a route itself would take up to ``own_bytes`` of [bytes]."""
        return min(own_bytes, self.body_limit_bytes if media == "application/json" else self.file_limit_bytes)


DEFAULT_LIMITS = Limits()
