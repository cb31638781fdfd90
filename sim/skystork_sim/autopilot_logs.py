"""The autopilot's logs, listed and sent as PX4 does.

A request for the list is answered by one entry for each log, or by nothing where there are none; logs are sent only
after the list was asked for. One stretch is sent at a time, at the pace of the link; a new request takes its place.
Nothing is repeated. Source: PX4 v1.17.0, mavlink_log_handler.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pymavlink.dialects.v20 import common

PIECE_BYTES = 90  # LOG_DATA.data, common.xml
SPACING_S = 0.0005  # between pieces: 180 kB/s, a slow Wi-Fi link


class LogServer:
    """Gives out logs.

    Parameters
    ----------
    logs
        Time [s since the Unix epoch] and content of each, counted from 0.
    """

    def __init__(self, logs: Sequence[tuple[int, bytes]]) -> None:
        self._logs = logs
        self._listed = False
        self._sending: Iterator[Any] = iter(())
        self._next_s: float | None = None

    def receive(self, message: Any, now_s: float) -> list[Any]:
        """What is to be sent at once."""
        kind = message.get_type()
        if kind == "LOG_REQUEST_LIST":
            self._listed = True
            return [
                common.MAVLink_log_entry_message(number, len(self._logs), len(self._logs), at_s, len(data))
                for number, (at_s, data) in enumerate(self._logs)
                if number >= message.start
            ]
        if kind == "LOG_REQUEST_END":
            self._next_s = None
        elif self._listed and message.id < len(self._logs) and message.ofs < len(self._logs[message.id][1]):
            self._sending, self._next_s = self._pieces(message.id, message.ofs, message.count), now_s
        return []

    def next_timer_s(self) -> float | None:
        """When the next piece leaves."""
        return self._next_s

    def due(self, now_s: float) -> list[Any]:
        """The pieces that leave up to now."""
        pieces = []
        while self._next_s is not None and self._next_s <= now_s:
            piece = next(self._sending, None)
            self._next_s = None if piece is None else self._next_s + SPACING_S
            pieces += [] if piece is None else [piece]
        return pieces

    def _pieces(self, number: int, offset: int, count: int) -> Iterator[Any]:
        data = self._logs[number][1]
        while offset < min(len(data), offset + count) and count > 0:
            piece = data[offset : offset + PIECE_BYTES]
            padded = list(piece.ljust(PIECE_BYTES, b"\xaa"))  # what is behind the end is not cleared
            yield common.MAVLink_log_data_message(number, offset, len(piece), padded)
            offset, count = offset + len(piece), count - len(piece)
