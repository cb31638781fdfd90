"""The header of what the crew and the weather station publish (VDA 5050, chapter 6)."""

from __future__ import annotations

from datetime import UTC, datetime

VERSION = "1.1.0"


class MessageHeader:
    """Counts; mutable because it does."""

    def __init__(self, sender: str, manufacturer: str = "skystork") -> None:
        self._sender, self._manufacturer, self._next = sender, manufacturer, 0

    def make(self, now_s: float) -> dict[str, object]:
        """The next header."""
        number, self._next = self._next, self._next + 1
        return {
            "headerId": number,
            "timestamp": datetime.fromtimestamp(now_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "version": VERSION,
            "manufacturer": self._manufacturer,
            "serialNumber": self._sender,
        }
