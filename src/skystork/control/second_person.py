"""A command that two people must agree to.

Theory of operation
-------------------
The first person's command passes every check and is written as proposed; nothing is done. A second person, of another
name and with a role that may give the same command, confirms it within a minute and before it expires; then it is
checked anew and carried out in the name of both. Whoever proposed it may not confirm it. Time ends it; a restart of the
service does not, because the proposal is in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.errors import IllegalTransition


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    """Waits for a second person."""
    CONFIRMED = "confirmed"
    """Two people agreed: it is carried out."""
    LAPSED = "lapsed"
    """Nobody agreed in time; nothing was done."""


@dataclass(frozen=True, slots=True)
class SecondAgreed:
    """Somebody else confirmed it."""

    by: str


@dataclass(frozen=True, slots=True)
class TimeIsOver:
    """Nobody did."""


ProposalEvent = SecondAgreed | TimeIsOver
S = ProposalState
TRANSITIONS: Mapping[ProposalState, Mapping[type[ProposalEvent], ProposalState]] = MappingProxyType(
    {
        S.PROPOSED: {SecondAgreed: S.CONFIRMED, TimeIsOver: S.LAPSED},
        S.CONFIRMED: {},
        S.LAPSED: {},
    }
)
TERMINAL = frozenset({S.CONFIRMED, S.LAPSED})


class Proposal:
    """One proposed command; not frozen, because it is settled."""

    def __init__(self, issuer: str, confirm_by_s: float) -> None:
        self.issuer, self.confirm_by_s = issuer, confirm_by_s
        self.state = S.PROPOSED

    def why_not(self, second: str, now_s: float) -> str:
        """Why this person cannot confirm it now; empty where that is possible."""
        if self.state is not S.PROPOSED:
            return f"it is {self.state} already"
        if second == self.issuer:
            return "whoever proposed it cannot confirm it: a second person must"
        return f"nobody agreed within {now_s - self.confirm_by_s:.0f} s" if now_s > self.confirm_by_s else ""

    def take(self, event: ProposalEvent) -> None:
        """Go on by the table; raises IllegalTransition where it has no such step."""
        following = TRANSITIONS[self.state].get(type(event))
        if following is None:
            raise IllegalTransition("proposal", self.state, type(event).__name__)
        self.state = following
