"""Asking a vehicle which logs it keeps.

Theory of operation
-------------------
LOG_REQUEST_LIST is answered by one LOG_ENTRY for each log; each tells how many there are, and whoever lost one asks for
it by its number (common.xml, LOG_REQUEST_LIST). PX4 counts from 0, ArduPilot from 1. A vehicle without logs answers
with an entry that says so (ArduPilot), or not at all (PX4 1.17, ``mavlink_log_handler.cpp``): silence from the start
is therefore no failure, but an empty list of which it is said that nothing came.

PX4 lists its files anew at each request, and sends logs only after it was asked for the list once since its boot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.service_contract import LogFile
from skystork.link.service_messages import LogEntry
from skystork.link.transitions import expects, follow

RETRY_S = 1.5
"""mavlink.io, mission: 1500 ms; a vehicle looks through its card before it answers."""
RETRIES = 5
"""mavlink.io, mission: 5."""
ALL = 0xFFFF
"""``end`` of LOG_REQUEST_LIST: up to the last."""


class ListState(StrEnum):
    """Where asking stands."""

    ASKED = "asked"
    """No entry yet."""
    LISTING = "listing"
    """Some came, not all."""
    LISTED = "listed"
    """All came."""
    EMPTY = "empty"
    """The vehicle says that it has none, or nothing at all."""
    CUT = "cut"
    """It fell silent amid the list."""


@dataclass(frozen=True, slots=True)
class EntryCame:
    """An entry; more are missing."""


@dataclass(frozen=True, slots=True)
class LastEntryCame:
    """Nothing is missing any more."""


@dataclass(frozen=True, slots=True)
class NoneThere:
    """The vehicle has no logs."""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """Silence; asked once more for what is missing."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """All retries passed in silence."""


_S = ListState
TRANSITIONS: Mapping[ListState, Mapping[type, ListState]] = MappingProxyType(
    {
        _S.ASKED: {
            EntryCame: _S.LISTING,
            LastEntryCame: _S.LISTED,
            NoneThere: _S.EMPTY,
            AskedAgain: _S.ASKED,
            WentSilent: _S.EMPTY,
        },
        _S.LISTING: {
            EntryCame: _S.LISTING,
            LastEntryCame: _S.LISTED,
            AskedAgain: _S.LISTING,
            WentSilent: _S.CUT,
        },
        _S.LISTED: {},
        _S.EMPTY: {},
        _S.CUT: {},
    }
)

TERMINAL = frozenset({_S.LISTED, _S.EMPTY, _S.CUT})

Asked = tuple[int, int]
"""First and last number of the logs to list."""


class LogList:
    """One list from the question to its end."""

    def __init__(self) -> None:
        self.state = ListState.ASKED
        self._logs: dict[int, LogFile] = {}
        self._count = 0
        self._deadline_s = 0.0
        self._retries_left = RETRIES

    @property
    def logs(self) -> tuple[LogFile, ...]:
        """What is known, in the order of their numbers."""
        return tuple(self._logs[number] for number in sorted(self._logs))

    def start(self, now_s: float) -> Asked:
        """Ask for all."""
        self._deadline_s = now_s + RETRY_S
        return 0, ALL

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive(self, entry: LogEntry, now_s: float) -> None:
        """Take an entry."""
        if entry.num_logs == 0:
            if expects(TRANSITIONS, self.state, NoneThere()):
                self.state = follow(TRANSITIONS, self.state, NoneThere())
            return
        if self.state in TERMINAL:
            return
        self._count = entry.num_logs
        self._logs[entry.id] = LogFile(entry.id, entry.size, entry.time_utc or None)
        self._deadline_s, self._retries_left = now_s + RETRY_S, RETRIES
        event = LastEntryCame() if len(self._logs) >= self._count else EntryCame()
        self.state = follow(TRANSITIONS, self.state, event)

    def handle_timer(self, now_s: float) -> Asked | None:
        """Act on a passed deadline; returns what to ask for."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return None
        if self._retries_left == 0:
            self.state = follow(TRANSITIONS, self.state, WentSilent())
            return None
        self._retries_left -= 1
        self.state = follow(TRANSITIONS, self.state, AskedAgain())
        self._deadline_s = now_s + RETRY_S
        return self._first_missing(), ALL

    def _first_missing(self) -> int:
        """The first number not here; every other time from the start, since nobody knows whether that is 0 or 1."""
        number = min(self._logs, default=0)
        while number in self._logs:
            number += 1
        return number if self._retries_left % 2 == 0 else 0
