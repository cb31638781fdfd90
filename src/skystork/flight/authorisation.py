"""A person's word for a launch, in two steps: authorised, then launched.

Theory of operation
-------------------
A flight that was planned, checked and cleared waits to be authorised; only then its parcel is loaded and its mission
goes on board. When both are verified it waits to be launched; only then it may arm. Each word names who gave it. At
both steps a person may refuse instead, and time does so by itself: the independent check proves the zones only for
take-offs until :data:`LAPSES_S` after the planned one. Sites whose flights launch by themselves
pass no such desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.errors import IllegalTransition

LAPSES_S = 900.0
"""From one step to the next word [s]; LATEST_DEPARTURE_S of planning/flight_check.py."""


class LaunchState(StrEnum):
    """How far a person let it go."""

    AUTHORISE = "authorise"
    """Waits to be authorised: nothing was loaded."""
    LOADING = "loading"
    """Authorised; the parcel is loaded and the mission goes on board."""
    START = "start"
    """All is on board and verified; waits to be launched."""
    STARTED = "started"
    """May arm."""
    REFUSED = "refused"
    """A person said no."""
    LAPSED = "lapsed"
    """Nobody said anything in time."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """A person let it be loaded."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class BroughtOnBoard:
    """Parcel and mission are on board, read back equal."""


@dataclass(frozen=True, slots=True)
class LaunchOrdered:
    """A person let it arm."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class LaunchRefused:
    """A person said no."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class WordOverdue:
    """Nobody gave the next word in time."""


LaunchEvent = Authorised | BroughtOnBoard | LaunchOrdered | LaunchRefused | WordOverdue
S = LaunchState
TRANSITIONS: Mapping[LaunchState, Mapping[type[LaunchEvent], LaunchState]] = MappingProxyType(
    {
        S.AUTHORISE: {Authorised: S.LOADING, LaunchRefused: S.REFUSED, WordOverdue: S.LAPSED},
        S.LOADING: {BroughtOnBoard: S.START, LaunchRefused: S.REFUSED},
        S.START: {LaunchOrdered: S.STARTED, LaunchRefused: S.REFUSED, WordOverdue: S.LAPSED},
        S.STARTED: {},
        S.REFUSED: {},
        S.LAPSED: {},
    }
)
TERMINAL = frozenset({S.STARTED, S.REFUSED, S.LAPSED})


class Authorisation:
    """Where one launch stands; not frozen, people settle it."""

    def __init__(self, since_s: float) -> None:
        self.state = S.AUTHORISE
        self.since_s = since_s
        """Since when it stands there [s since the Unix epoch]."""
        self.authorised_by = ""
        self.refused_by = ""
        self.why = ""

    def why_not(self, event: LaunchEvent) -> str:
        """Why this cannot be said now; empty where it can."""
        if type(event) in TRANSITIONS[self.state]:
            return ""
        words = {
            S.AUTHORISE: "it was not authorised yet",
            S.LOADING: "it is authorised, and being loaded",
            S.START: "it is authorised, and waits to be launched",
            S.STARTED: "it was launched",
            S.REFUSED: f"it was refused by {self.refused_by}",
            S.LAPSED: "nobody said anything in time, and it was given up",
        }
        return words[self.state]

    def take(self, event: LaunchEvent, now_s: float) -> None:
        """Go on by the table; raises IllegalTransition where it has no such step."""
        following = TRANSITIONS[self.state].get(type(event))
        if following is None:
            raise IllegalTransition("launch", self.state, type(event).__name__)
        self.state, self.since_s = following, now_s
        match event:
            case Authorised():
                self.authorised_by = event.by
            case LaunchRefused():
                self.refused_by, self.why = event.by, event.why

    @property
    def overdue_at_s(self) -> float | None:
        """When the next word comes too late; None where none is awaited [s since the Unix epoch]."""
        return self.since_s + LAPSES_S if self.state in {S.AUTHORISE, S.START} else None
