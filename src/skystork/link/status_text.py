"""STATUSTEXT chunks put together again.

A text longer than 50 bytes travels in chunks with one id; the last is shorter than 50 bytes, or the vehicle stops
sending. Chunks may be lost, doubled and out of order, so a text is told when it is whole, or after a second with
"[…]" where a part is missing.
"""

from __future__ import annotations

from skystork.link.contract import StatusText
from skystork.link.messages import StatusTextMessage
from skystork.link.service import LinkService

_CHUNK_BYTES = 50  # STATUSTEXT.text, common.xml
_PATIENCE_S = 1.0  # PX4 sends the chunks of a text back to back
_MISSING = "[…]".encode()
_REMEMBERED = 8  # finished ids whose duplicates are recognised; PX4 counts them up


class _Chunks:
    """The parts of one text so far."""

    def __init__(self, severity: int, deadline_s: float) -> None:
        self.severity = severity
        self.deadline_s = deadline_s
        self.parts: dict[int, bytes] = {}
        self.count: int | None = None

    def whole(self) -> bool:
        return self.count is not None and len(self.parts) == self.count

    def joined(self) -> bytes:
        length = self.count or max(self.parts) + 2  # an end that never came is one more missing part
        return b"".join(self.parts.get(number, _MISSING) for number in range(length))


class StatusTextJoiner(LinkService):
    """Collects chunks and gives out texts."""

    TAKES = (StatusTextMessage,)

    def __init__(self) -> None:
        self._open: dict[int, _Chunks] = {}
        self._finished: list[int] = []

    def receive(self, message: StatusTextMessage, now_s: float) -> list[StatusText]:
        """Take a message; returns the text it completes, if any."""
        text = message.text.split(b"\0", 1)[0]
        if message.id == 0:
            return [StatusText(now_s, message.severity, _clean(text))]
        if message.id in self._finished:
            return []
        chunks = self._open.setdefault(message.id, _Chunks(message.severity, now_s + _PATIENCE_S))
        chunks.parts[message.chunk_seq] = text
        if len(text) < _CHUNK_BYTES:
            chunks.count = message.chunk_seq + 1
        return [self._finish(message.id, now_s)] if chunks.whole() else []

    def next_timer_s(self) -> float | None:
        """When an unfinished text must be given out."""
        return min((chunks.deadline_s for chunks in self._open.values()), default=None)

    def handle_timer(self, now_s: float) -> list[StatusText]:
        """Give out the texts whose missing parts do not come."""
        overdue = [number for number, chunks in self._open.items() if chunks.deadline_s <= now_s]
        return [self._finish(number, now_s) for number in overdue]

    def forget(self, now_s: float) -> list[StatusText]:  # noqa: ARG002  (one shape for all services)
        """The vehicle rebooted and counts its texts from the start."""
        self._open.clear()
        self._finished.clear()
        return []

    def _finish(self, number: int, now_s: float) -> StatusText:
        chunks = self._open.pop(number)
        self._finished = [*self._finished, number][-_REMEMBERED:]
        return StatusText(now_s, chunks.severity, _clean(chunks.joined()))


def _clean(text: bytes) -> str:
    """Text without control characters; PX4 ends a text that has an EVENT twin in a tab."""
    decoded = text.decode("utf-8", errors="replace")
    return "".join(character for character in decoded if character.isprintable()).strip()
