"""Reading a stretch of one log from the vehicle.

Theory of operation
-------------------
LOG_REQUEST_DATA names a stretch; the vehicle sends it in LOG_DATA of at most 90 bytes each, by itself and once. It
works at one request at a time: a new one takes the place of the old (PX4 1.17, ``mavlink_log_handler.cpp``). So the
stretch is asked for, and when its end came, or nothing for the retry time, the first gap is asked for, until there is
none. Every new byte gives the retries back: only a vehicle that sends nothing at all ends it.

A log that ends before the stretch does says so by a LOG_DATA without bytes, or (PX4) by silence behind its last byte.
A log is long: whoever wants it whole reads stretch after stretch and keeps what came, so that a broken link costs one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.pieces import Pieces
from skystork.link.service_messages import LogData
from skystork.link.transitions import follow

RETRY_S = 0.5
"""As for a command (MAVSDK's command sender)."""
RETRIES = 12
"""Six seconds without a byte: a vehicle at the edge of its radio is silent for less."""


class ReadState(StrEnum):
    """Where reading stands."""

    ASKED = "asked"
    """No byte yet."""
    RECEIVING = "receiving"
    """Some came."""
    READ = "read"
    """The stretch is here."""
    ENDED = "ended"
    """The log ends within the stretch; what there is, is here."""
    NO_ANSWER = "no_answer"
    """The vehicle fell silent."""


@dataclass(frozen=True, slots=True)
class BytesCame:
    """New bytes; some are missing."""


@dataclass(frozen=True, slots=True)
class LastBytesCame:
    """Nothing is missing any more."""


@dataclass(frozen=True, slots=True)
class LogEnded:
    """The vehicle says that the log has no more."""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """The first gap is asked for."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """All retries passed without a byte."""


_S = ReadState
TRANSITIONS: Mapping[ReadState, Mapping[type, ReadState]] = MappingProxyType(
    {
        _S.ASKED: {
            BytesCame: _S.RECEIVING,
            LastBytesCame: _S.READ,
            LogEnded: _S.ENDED,
            AskedAgain: _S.ASKED,
            WentSilent: _S.NO_ANSWER,
        },
        _S.RECEIVING: {
            BytesCame: _S.RECEIVING,
            LastBytesCame: _S.READ,
            LogEnded: _S.ENDED,
            AskedAgain: _S.RECEIVING,
            WentSilent: _S.NO_ANSWER,
        },
        _S.READ: {},
        _S.ENDED: {},
        _S.NO_ANSWER: {},
    }
)

TERMINAL = frozenset({_S.READ, _S.ENDED, _S.NO_ANSWER})

Stretch = tuple[int, int]
"""Offset in the log and number of bytes."""


class LogRead:
    """One stretch of one log.

    Parameters
    ----------
    log_id, offset, count
        Which bytes.
    """

    def __init__(self, log_id: int, offset: int, count: int) -> None:
        self.log_id, self.offset = log_id, offset
        self.state = ReadState.ASKED
        self._pieces = Pieces(count)
        self._asked_to = count
        """Where in the stretch the last request ends."""
        self._deadline_s = 0.0
        self._retries_left = RETRIES

    @property
    def data(self) -> bytes:
        """The bytes before the first gap."""
        gap = self._pieces.first_gap()
        return bytes(self._pieces.data if gap is None else self._pieces.data[: gap[0]])

    def start(self, now_s: float) -> Stretch:
        """Ask for all of it."""
        return self._ask(now_s)

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive(self, message: LogData, now_s: float) -> Stretch | None:
        """Take a piece; returns what to ask for, if anything."""
        if self.state in TERMINAL or message.id != self.log_id:
            return None
        place = message.ofs - self.offset
        if message.count == 0:
            self._take_end(place)
            return None
        # PX4 fills its last piece beyond the end of the stretch.
        # PX4 fills its last piece beyond the end of the stretch.
        reach = min(message.count, max(0, len(self._pieces.data) - place))
        if self._pieces.take(place, message.data[:reach]):
            self._deadline_s, self._retries_left = now_s + RETRY_S, RETRIES
            self._follow(BytesCame() if self._pieces.missing else LastBytesCame())
        at_end = place < self._asked_to <= place + message.count
        return self._again(now_s) if at_end and self.state not in TERMINAL else None

    def handle_timer(self, now_s: float) -> Stretch | None:
        """Act on a passed deadline; returns what to ask for."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return None
        if self._retries_left == 0:
            self._follow(WentSilent())
            return None
        self._retries_left -= 1
        return self._again(now_s)

    def _take_end(self, place: int) -> None:
        """The log ends here: if all before it came, that is all there is."""
        gap = self._pieces.first_gap()
        if gap is not None and gap[0] == place:
            self._follow(LogEnded())

    def _again(self, now_s: float) -> Stretch:
        self._follow(AskedAgain())
        return self._ask(now_s)

    def _ask(self, now_s: float) -> Stretch:
        gap = self._pieces.first_gap()
        assert gap is not None, "something is missing"
        self._deadline_s, self._asked_to = now_s + RETRY_S, gap[1]
        return self.offset + gap[0], gap[1] - gap[0]

    def _follow(self, event: object) -> None:
        self.state = follow(TRANSITIONS, self.state, event)
