"""Events in their order, none twice, the missing ones asked for again.

Theory of operation
-------------------
An event carries a number that counts up by one and wraps after 65535; PX4 begins at 65526 after each boot (measured on
1.17), and tells the newest number every third second besides. A gap between the number expected and the number seen is
asked for with REQUEST_EVENT; what came too early waits, so that events are told in the order they happened. The vehicle
keeps only the last 20 (PX4 1.17, ``mavlink_events.h``) and answers for an older one with an error naming the oldest it
has: the ones between are lost, and that is told. Silence is answered by asking again, a few times; then the gap is
given up, because events that came after it must not wait for ever.

The first number seen begins the sequence: what was before is history. A reset flag, or a reboot, begins it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.service_messages import CurrentEventSequence, Event, RequestEvent, ResponseEventError
from skystork.link.transitions import follow

RETRY_S = 0.25
"""As for mission items (mavlink.io, mission: 250 ms an item)."""
RETRIES = 8
"""A gap outlives a link lost for two seconds; the vehicle has forgotten more than 20 events by then."""
ASKED_AT_ONCE = 20
"""What PX4 keeps; a greater gap would be answered by an error for each number."""
MOST_HELD = 64
"""Events held back behind a gap; more of them give the gap up."""
_AHEAD = 0x8000  # a number not half the circle ahead is a newer one
_RESET = 1  # MAV_EVENT_CURRENT_SEQUENCE_FLAGS_RESET


class SequenceState(StrEnum):
    """How the numbers stand."""

    UNKNOWN = "unknown"
    """No number was seen."""
    IN_STEP = "in_step"
    """Everything up to the newest number was told."""
    CATCHING_UP = "catching_up"
    """Events are missing; they were asked for."""


@dataclass(frozen=True, slots=True)
class Began:
    """The first number was seen."""


@dataclass(frozen=True, slots=True)
class GapSeen:
    """A number is missing."""


@dataclass(frozen=True, slots=True)
class GapClosed:
    """Nothing is missing any more: it came, or was given up."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The vehicle counts anew."""


TRANSITIONS: Mapping[SequenceState, Mapping[type, SequenceState]] = MappingProxyType(
    {
        SequenceState.UNKNOWN: {Began: SequenceState.IN_STEP, Restarted: SequenceState.UNKNOWN},
        SequenceState.IN_STEP: {GapSeen: SequenceState.CATCHING_UP, Restarted: SequenceState.UNKNOWN},
        SequenceState.CATCHING_UP: {GapClosed: SequenceState.IN_STEP, Restarted: SequenceState.UNKNOWN},
    }
)

TERMINAL: frozenset[SequenceState] = frozenset()


@dataclass(frozen=True, slots=True)
class Missed:
    """Events that nobody will tell any more."""

    count: int


SequenceEffect = Event | Missed | RequestEvent


class EventSequence:
    """The numbers of one vehicle's events.

    Parameters
    ----------
    target_system, target_component
        Whom to ask for what is missing.
    """

    def __init__(self, target_system: int, target_component: int) -> None:
        self.state = SequenceState.UNKNOWN
        self._target = (target_system, target_component)
        self._next = 0
        """The number expected."""
        self._missing_to = 0
        """The last number known to be missing, while catching up."""
        self._held: dict[int, Event] = {}
        self._retries_left = 0
        self._retry_s = 0.0

    def receive(self, event: Event, now_s: float) -> list[SequenceEffect]:
        """Take an event; returns what can be told now, in order, and what is to be asked for."""
        if self.state is SequenceState.UNKNOWN:
            self._begin(event.sequence)
        ahead = _ahead(self._next, event.sequence)
        if ahead >= _AHEAD:
            return []  # told before
        self._held[event.sequence] = event
        if ahead > 0 and len(self._held) > MOST_HELD:
            return self._give_up()
        if ahead > 0:
            return self._miss(event.sequence - 1, now_s)
        return self._tell()

    def receive_current(self, current: CurrentEventSequence, now_s: float) -> list[SequenceEffect]:
        """Take the newest number the vehicle has given out."""
        if current.flags & _RESET:
            self.restart()
            return []
        if self.state is SequenceState.UNKNOWN:
            self._begin((current.sequence + 1) & 0xFFFF)
        if _ahead(self._next, current.sequence) >= _AHEAD:
            return []
        return self._miss(current.sequence, now_s)

    def receive_error(self, error: ResponseEventError, now_s: float) -> list[SequenceEffect]:
        """Take the answer that an event is not kept any more."""
        skipped = _ahead(self._next, error.sequence_oldest_available)
        known_s = self.state is SequenceState.CATCHING_UP
        if not known_s or error.sequence != self._next or not 0 < skipped <= self._furthest() + 1:
            return []
        self._next = error.sequence_oldest_available
        told: list[SequenceEffect] = [Missed(skipped), *self._tell()]
        if self.state is SequenceState.CATCHING_UP:
            told.extend(self._ask(now_s))
        return told

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None while nothing is missing."""
        return self._retry_s if self.state is SequenceState.CATCHING_UP else None

    def handle_timer(self, now_s: float) -> list[SequenceEffect]:
        """Ask again, or give the gap up."""
        if self.state is not SequenceState.CATCHING_UP or now_s < self._retry_s:
            return []
        if self._retries_left == 0:
            return self._give_up()
        self._retries_left -= 1
        return self._ask(now_s)

    def restart(self) -> None:
        """The vehicle counts anew."""
        self.state = follow(TRANSITIONS, self.state, Restarted())
        self._held.clear()

    def _begin(self, sequence: int) -> None:
        self.state = follow(TRANSITIONS, self.state, Began())
        self._next = sequence

    def _miss(self, last: int, now_s: float) -> list[SequenceEffect]:
        """Everything from the number expected up to here is missing, as far as it is not held."""
        last &= 0xFFFF
        if self.state is SequenceState.CATCHING_UP:
            if _ahead(self._missing_to, last) < _AHEAD:
                self._missing_to = last
            return []
        self.state = follow(TRANSITIONS, self.state, GapSeen())
        self._missing_to, self._retries_left = last, RETRIES
        return self._ask(now_s)

    def _ask(self, now_s: float) -> list[SequenceEffect]:
        self._retry_s = now_s + RETRY_S
        last = self._next
        for step in range(1, min(ASKED_AT_ONCE, _ahead(self._next, self._missing_to) + 1)):
            if (self._next + step) & 0xFFFF in self._held:
                break
            last = (self._next + step) & 0xFFFF
        return [RequestEvent(*self._target, self._next, last)]

    def _tell(self) -> list[SequenceEffect]:
        """Give out what is held from the number expected on."""
        told: list[SequenceEffect] = []
        while (event := self._held.pop(self._next, None)) is not None:
            told.append(event)
            self._next = (self._next + 1) & 0xFFFF
        if self.state is SequenceState.CATCHING_UP:
            if told:
                self._retries_left = RETRIES  # the vehicle answers
            if not self._held and _ahead(self._next, self._missing_to) >= _AHEAD:
                self.state = follow(TRANSITIONS, self.state, GapClosed())
        return told

    def _give_up(self) -> list[SequenceEffect]:
        """Count what is missing as lost and go on behind it."""
        first_held = min((_ahead(self._next, number) for number in self._held), default=None)
        lost = first_held if first_held is not None else _ahead(self._next, self._missing_to) + 1
        self._next = (self._next + lost) & 0xFFFF
        told = [Missed(lost), *self._tell()]
        if self.state is SequenceState.CATCHING_UP:
            self._retries_left = RETRIES
        return told

    def _furthest(self) -> int:
        return max((_ahead(self._next, number) for number in (*self._held, self._missing_to)), default=0)


def _ahead(expected: int, number: int) -> int:
    """How far a number is ahead of the one expected, on the circle of 65536."""
    return (number - expected) & 0xFFFF
