"""A winch with a parcel on its line: lowers, feels for the ground, lets go, reels in; and what can go wrong with it.

Theory of operation. An order puts the winch to work at something; each step lets line out or takes it in at that work's
speed, and what the line shows (ground, its end, a jam) moves the work on. Delivering is a sequence of the winch's own
(common.xml, WINCH_DELIVER): drop, slow down above the ground, feel for it, reel in, lock. A hook that did not let go is
lowered once more; if it still holds, the parcel comes up with it.

Lengths are metres of line let out, speeds positive outwards, tension in kilograms, as WINCH_STATUS has them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

LINE_M = 30.0  # chosen: four times the drop height of the fleet's hexarotor
HOOK_KG = 0.1  # chosen, below what the controller takes for an empty hook
DROP_M_S, ARREST_M_S, REEL_M_S = 1.0, 0.3, 0.5  # chosen; firmware_configs/px4_hexa_winch.params reckons with 0.5
ARREST_M = 1.0  # above the ground
FEEL_S = 2.0  # the line stays slack this long, so that the hook comes free
TOLD_APART_M = 0.5  # reeled in so far, a load that hangs is told from one that lies
PRESENTED_M = 0.5  # chosen: the hook hangs so far below the box for the crew


class WinchFault(StrEnum):
    """What is wrong with a winch."""

    NONE = "none"
    SILENT = "silent"
    """Does nothing and says nothing."""
    JAM = "jam"
    """The reel does not turn once so much line is out."""
    SNAG = "snag"
    """The hook does not let go: the load stays on the line."""
    ABANDON = "abandon"
    """On the ground it lets go of the whole line, to free the vehicle."""


class Work(StrEnum):
    """What a winch is at."""

    LOCKED = "locked"
    """The line is in, the motor off."""
    HOLDING = "holding"
    """The motor holds the line where it is."""
    RELAXED = "relaxed"
    """The reel turns freely."""
    MOVING = "moving"
    """Towards a length, at a rate."""
    DROPPING = "dropping"
    ARRESTING = "arresting"
    """Slower, right above the ground."""
    FEELING = "feeling"
    """The load lies on the ground, the line is slack."""
    REELING_IN = "reeling_in"
    REDELIVERING = "redelivering"
    """The load still hangs, and is lowered once more."""
    LOADING_LINE = "loading_line"
    LOADING_PAYLOAD = "loading_payload"
    """The hook is let down for the crew."""
    ABANDONED = "abandoned"
    """The whole line is gone, with whatever hung on it."""


AT_REST = frozenset({Work.LOCKED, Work.HOLDING, Work.ABANDONED})


@dataclass(frozen=True, slots=True)
class LineEnd:
    """What is at the ends of the line, as the aircraft has it."""

    reel_height_m: Callable[[], float]
    """Of the reel above the ground [m]."""
    load_kg: Callable[[], float]
    """Weight of the parcel on the hook; 0 without one [kg]."""
    let_go_at_m: Callable[[float], None]
    """The parcel leaves the hook, so high above the ground [m]."""


class Winch:
    """One winch; mutable because it is a machine at work.

    Parameters
    ----------
    fault_now
        What is wrong now, and at what length of line a jam begins [m].
    """

    def __init__(self, end: LineEnd, fault_now: Callable[[], tuple[WinchFault, float]]) -> None:
        self.work = Work.LOCKED
        self.line_m = self.speed_m_s = 0.0
        self._end, self._fault_now = end, fault_now
        self._target_m = self._rate_m_s = self._felt_s = 0.0
        self._may_lower_again = False

    @property
    def silent(self) -> bool:
        """Whether it neither hears nor speaks."""
        return self._fault_now()[0] is WinchFault.SILENT

    @property
    def jammed(self) -> bool:
        """Whether the reel does not turn, whatever the motor does."""
        fault, from_m = self._fault_now()
        return fault is WinchFault.JAM and self.line_m >= from_m

    @property
    def retracted(self) -> bool:
        """Whether all of the line is in."""
        return self.line_m <= 0 and self.work in {Work.LOCKED, Work.HOLDING, Work.RELAXED}

    @property
    def tension_kg(self) -> float:
        """What hangs on the line; nothing while it is in, or lies on the ground."""
        if self.line_m <= 0 or self.work in {Work.FEELING, Work.ABANDONED} or self._above_ground_m() <= 0:
            return 0.0
        return HOOK_KG + self._end.load_kg()

    def begin(self, work: Work) -> bool:
        """Put it to work; False where it cannot: the line is gone, or not in and to be locked."""
        if self.work is Work.ABANDONED or (work is Work.LOCKED and self.line_m > 0):
            return False
        self.work, self._may_lower_again = work, work is Work.DROPPING
        if work is Work.LOADING_PAYLOAD:
            self._target_m, self._rate_m_s = PRESENTED_M, math.copysign(ARREST_M_S, PRESENTED_M - self.line_m)
        if work is Work.ABANDONED:
            self._abandon()
        return True

    def move_to(self, line_m: float, rate_m_s: float) -> bool:
        """Let line out or take it in, to this length at this speed; False where the line is gone."""
        if not self.begin(Work.MOVING):
            return False
        self._target_m = min(LINE_M, max(0.0, line_m))
        self._rate_m_s = math.copysign(abs(rate_m_s), self._target_m - self.line_m)
        return True

    def step(self, duration_s: float) -> None:
        """Work on for a while, short against the time that a metre of line takes [s]."""
        before_m = self.line_m
        if self.jammed or self.silent:
            self.work = self.work if self.work in AT_REST else Work.HOLDING  # to go on it must be told anew
        else:
            rate_m_s = self._rate_now_m_s()
            self.line_m = min(LINE_M, max(0.0, self.line_m + rate_m_s * duration_s))
            self._look(duration_s)
        self.speed_m_s = (self.line_m - before_m) / duration_s

    def _rate_now_m_s(self) -> float:
        match self.work:
            case Work.DROPPING:
                return DROP_M_S
            case Work.ARRESTING | Work.REDELIVERING:
                return ARREST_M_S
            case Work.REELING_IN | Work.LOADING_LINE:
                return -REEL_M_S
            case Work.MOVING | Work.LOADING_PAYLOAD:
                return self._rate_m_s
            case Work.RELAXED:
                return DROP_M_S if self.tension_kg > 0 else 0.0
        return 0.0

    def _look(self, duration_s: float) -> None:
        """Go over to what comes next where the line shows that it is time."""
        above_m = self._above_ground_m()
        match self.work:
            case Work.DROPPING if above_m <= ARREST_M or self.line_m >= LINE_M:
                self.work = Work.ARRESTING
            case Work.ARRESTING | Work.REDELIVERING if above_m <= 0 or self.line_m >= LINE_M:
                self.work, self._felt_s = Work.FEELING, 0.0
            case Work.FEELING:
                self._feel(duration_s)
            case Work.REELING_IN if self._may_lower_again and self._end.load_kg() > 0 and above_m >= TOLD_APART_M:
                self.work, self._may_lower_again = Work.REDELIVERING, False
            case Work.REELING_IN | Work.LOADING_LINE if self.line_m <= 0:
                self.work = Work.LOCKED
            case Work.MOVING | Work.LOADING_PAYLOAD if (self._target_m - self.line_m) * self._rate_m_s <= 0:
                self.work = Work.HOLDING

    def _feel(self, duration_s: float) -> None:
        """Wait until the hook has come free."""
        self._felt_s += duration_s
        if self._felt_s < FEEL_S:
            return
        fault, _ = self._fault_now()
        if fault is WinchFault.ABANDON:
            self._abandon()
            return
        if fault is not WinchFault.SNAG:
            self._end.let_go_at_m(max(0.0, self._above_ground_m()))
        self.work = Work.REELING_IN

    def _abandon(self) -> None:
        self._end.let_go_at_m(max(0.0, self._above_ground_m()))
        self.work, self.line_m = Work.ABANDONED, LINE_M

    def _above_ground_m(self) -> float:
        """Of the end of the line [m]."""
        return self._end.reel_height_m() - self.line_m
