"""The header of everything that is published: one counter for each topic (VDA 5050, chapter 6)."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from skystork.contract.header import SCHEMA_VERSION, Message

CONTROLLER = "controller"
"""Stands for a serial number where a message is about no vehicle."""


class Header:
    """Counts the messages of each topic of one sender."""

    def __init__(self, manufacturer: str) -> None:
        self.manufacturer = manufacturer
        self._counters: defaultdict[str, itertools.count[int]] = defaultdict(itertools.count)
        self._last: dict[str, int] = {}

    def seal(self, body: Message, topic: str, serial: str, at_s: float) -> bytes:
        """The message as it goes out, its header filled in."""
        number = self._last[topic] = next(self._counters[topic])
        message = msgspec.structs.replace(
            body,
            header_id=number,
            timestamp=rfc3339(at_s),
            version=SCHEMA_VERSION,
            manufacturer=self.manufacturer,
            serial_number=serial,
        )
        return msgspec.json.encode(message)

    def last(self, topic: str) -> int | None:
        """Number of the newest message of a topic; None where there was none."""
        return self._last.get(topic)


def rfc3339(at_s: float) -> str:
    """UTC with milliseconds and Z."""
    second, millisecond = divmod(math.floor(at_s * 1000), 1000)
    return f"{_to_the_second(second)}.{millisecond:03}Z"


@lru_cache(maxsize=8)
def _to_the_second(second: int) -> str:
    """Hundreds of messages share a second."""
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds").removesuffix("+00:00")
