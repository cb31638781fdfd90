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

from skystork.link.contract import CommandResult, CommandSettled, LinkSettings, RequestId
from skystork.link.messages import MavCommand, MissionCurrent, MissionSetCurrent
from skystork.link.service import LinkService
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


class CurrentItemDesk(LinkService):
    """The jumps of one vehicle: one at a time, a new one taking the place of the open one."""

    TAKES = (MissionCurrent,)

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._jump: CurrentItemJump | None = None
        self._shown: int | None = None

    def request(
        self, request_id: RequestId, message: MissionSetCurrent, now_s: float
    ) -> list[MissionSetCurrent | CommandSettled]:
        """Begin a jump."""
        superseded = self._end(now_s)
        self._jump = CurrentItemJump(
            request_id, message, shown_before=self._shown, settings=self._settings, now_s=now_s
        )
        return [*superseded, message]

    def receive(self, current: MissionCurrent, now_s: float) -> list[CommandSettled]:
        """Take what the vehicle shows."""
        self._shown = current.seq
        if self._jump is not None:
            self._jump.receive(current)
        return self._settle(now_s)

    def next_timer_s(self) -> float | None:
        """The open jump's deadline."""
        return self._jump.next_timer_s() if self._jump else None

    def handle_timer(self, now_s: float) -> list[MissionSetCurrent | CommandSettled]:
        """Act on the open jump's deadline."""
        again = self._jump.handle_timer(now_s) if self._jump else []
        return [*again, *self._settle(now_s)]

    def forget(self, now_s: float) -> list[CommandSettled]:
        """The vehicle rebooted: end the open jump, and know of no shown item."""
        self._shown = None
        return self._end(now_s)

    def _end(self, now_s: float) -> list[CommandSettled]:
        if self._jump is not None:
            self._jump.abandon()
        return self._settle(now_s)

    def _settle(self, now_s: float) -> list[CommandSettled]:
        jump = self._jump
        if jump is None or jump.result is None:
            return []
        self._jump = None
        return [CommandSettled(now_s, jump.request_id, MavCommand.DO_SET_MISSION_CURRENT, jump.result)]
