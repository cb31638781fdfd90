"""Jumping to a mission item: MISSION_SET_CURRENT, believed when MISSION_CURRENT shows it.

Theory of operation
-------------------
PX4 knows the jump only as a message without acknowledgement (it refuses DO_SET_MISSION_CURRENT), but tells its
current item at 1 Hz and at each change. The message is sent again until the item is shown. An item beyond the wanted
one, to which the vehicle cannot have come on its old way, means that it has been there and passed on; sending again
would take it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.contract import CommandResult, LinkSettings, RequestId
from skystork.link.messages import MissionCurrent, MissionSetCurrent
from skystork.link.transitions import expects, follow


class JumpState(StrEnum):
    """Where a jump stands."""

    AWAITING = "awaiting"
    """Sent; the item is not shown yet."""
    SETTLED = "settled"
    """Ended; ``result`` says how."""


@dataclass(frozen=True, slots=True)
class ItemShown:
    """The vehicle shows the item, or one it can only have come to by it."""


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The retry time passed and a retry is left."""


@dataclass(frozen=True, slots=True)
class RetriesSpent:
    """The last waiting time passed."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """We no longer wait."""


TRANSITIONS: Mapping[JumpState, Mapping[type, JumpState]] = MappingProxyType(
    {
        JumpState.AWAITING: {
            ItemShown: JumpState.SETTLED,
            RetryDue: JumpState.AWAITING,
            RetriesSpent: JumpState.SETTLED,
            Abandoned: JumpState.SETTLED,
        },
        JumpState.SETTLED: {},
    }
)

TERMINAL = frozenset({JumpState.SETTLED})


class CurrentItemJump:
    """One jump from its first sending to its end.

    Parameters
    ----------
    request_id
        Under which it settles.
    message
        The MISSION_SET_CURRENT.
    shown_before
        The item the vehicle showed last; None where it has shown none.
    settings
        Retry times.
    now_s
        Now; the deadline counts from here.
    """

    def __init__(
        self,
        request_id: RequestId,
        message: MissionSetCurrent,
        *,
        shown_before: int | None,
        settings: LinkSettings,
        now_s: float,
    ) -> None:
        self.request_id = request_id
        self.message = message
        self.state = JumpState.AWAITING
        self.result: CommandResult | None = None
        self._shown_before = shown_before
        self._settings = settings
        self._retries_left = settings.transfer_retries
        self._deadline_s = now_s + settings.transfer_retry_s

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once settled."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive(self, current: MissionCurrent) -> None:
        """Take what the vehicle shows."""
        reached = current.seq == self.message.seq or self._has_passed_on(current.seq)
        if reached and expects(TRANSITIONS, self.state, ItemShown()):
            self.state = follow(TRANSITIONS, self.state, ItemShown())
            self.result = CommandResult.ACCEPTED

    def handle_timer(self, now_s: float) -> list[MissionSetCurrent]:
        """Act on a passed deadline; returns what must be sent again."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return []
        if self._retries_left == 0:
            self.state = follow(TRANSITIONS, self.state, RetriesSpent())
            self.result = CommandResult.NO_ANSWER
            return []
        self.state = follow(TRANSITIONS, self.state, RetryDue())
        self._retries_left -= 1
        self._deadline_s = now_s + self._settings.transfer_retry_s
        return [self.message]

    def abandon(self) -> None:
        """Stop waiting: another jump was asked for, or the vehicle rebooted."""
        self.state = follow(TRANSITIONS, self.state, Abandoned())
        self.result = CommandResult.SUPERSEDED

    def _has_passed_on(self, shown: int) -> bool:
        before, wanted = self._shown_before, self.message.seq
        return before is not None and shown > wanted and (before <= wanted or shown < before)
