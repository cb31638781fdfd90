"""One command and its acknowledgement: COMMAND_LONG or COMMAND_INT, answered by COMMAND_ACK.

Theory of operation
-------------------
The command goes out with confirmation 0 and again with 1, 2, ... each time the retry time passes without an answer;
when the retries are spent the exchange settles as NO_ANSWER. IN_PROGRESS moves the deadline far ahead and stops the
re-sending: the vehicle has the command (mavlink.io, command protocol). That protocol sets no end to it, so we do: who
is still at it when the overall limit has passed settles as IN_PROGRESS, which confirms nothing.

COMMAND_ACK names the command only, neither the sender's try nor its parameters. Therefore one exchange of a command is
open at a time, and an answer that comes when none is open is counted and ignored.

Two commands need more care:

* PX4 1.17 answers DO_SET_MODE twice: first its MAVLink module, always ACCEPTED, then the commander, who decides. So an
  answer opens a short window and the last one in it counts. When the second is lost on the way the exchange settles
  wrongly as ACCEPTED: who must be sure looks at the mode the vehicle then reports.
* A command that must not be done twice (a gripper, a winch) is sent once. Silence then leaves open whether it was
  done, and settles as NO_ANSWER; finding out is the caller's affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.contract import CommandResult, LinkSettings, RequestId
from skystork.link.messages import CommandAck, CommandInt, CommandLong, MavCommand, MavResult
from skystork.link.transitions import expects, follow

NOT_REPEATABLE = frozenset({MavCommand.DO_GRIPPER, MavCommand.DO_WINCH})
"""Commands whose second execution does harm (mavlink.io has no de-duplication of commands)."""

ANSWERED_TWICE = frozenset({MavCommand.DO_SET_MODE})
"""Commands PX4 1.17 answers twice."""


class CommandState(StrEnum):
    """Where an exchange stands."""

    AWAITING = "awaiting"
    """Sent; no answer yet."""
    IN_PROGRESS = "in_progress"
    """The vehicle is at it and will answer again."""
    CLOSING = "closing"
    """Answered, but a second answer may overrule the first for a short while."""
    SETTLED = "settled"
    """Ended; ``result`` says how."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """IN_PROGRESS came."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer came."""


@dataclass(frozen=True, slots=True)
class AnsweredProvisionally:
    """An answer came to a command that is answered twice."""


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The retry time passed in silence and a retry is left."""


@dataclass(frozen=True, slots=True)
class RetriesSpent:
    """The last waiting time passed in silence."""


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """The vehicle says again and again that it is at it, and the overall limit has passed."""


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """No further answer within the window."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """We no longer wait."""


CommandEvent = (
    Progressed | Answered | AnsweredProvisionally | RetryDue | RetriesSpent | LimitPassed | WindowClosed | Abandoned
)

TRANSITIONS: Mapping[CommandState, Mapping[type, CommandState]] = MappingProxyType(
    {
        CommandState.AWAITING: {
            Progressed: CommandState.IN_PROGRESS,
            Answered: CommandState.SETTLED,
            AnsweredProvisionally: CommandState.CLOSING,
            RetryDue: CommandState.AWAITING,
            RetriesSpent: CommandState.SETTLED,
            Abandoned: CommandState.SETTLED,
        },
        CommandState.IN_PROGRESS: {
            Progressed: CommandState.IN_PROGRESS,
            Answered: CommandState.SETTLED,
            AnsweredProvisionally: CommandState.CLOSING,
            RetriesSpent: CommandState.SETTLED,
            LimitPassed: CommandState.SETTLED,
            Abandoned: CommandState.SETTLED,
        },
        CommandState.CLOSING: {
            AnsweredProvisionally: CommandState.CLOSING,
            WindowClosed: CommandState.SETTLED,
            Abandoned: CommandState.SETTLED,
        },
        CommandState.SETTLED: {},
    }
)

TERMINAL = frozenset({CommandState.SETTLED})

_PERCENT = range(1, 101)
"""COMMAND_ACK.progress that says something: 255 is unknown, and a frame without the field reads as 0 (common.xml)."""

_RESULTS: dict[int, CommandResult] = {number.value: CommandResult[number.name] for number in MavResult}


class CommandExchange:
    """One command from its first sending to its end.

    Parameters
    ----------
    request_id
        Under which it settles.
    message
        The command; its confirmation is how often it was sent before.
    settings
        Retry times.
    now_s
        Now; the deadline counts from here.
    """

    def __init__(
        self, request_id: RequestId, message: CommandLong | CommandInt, settings: LinkSettings, now_s: float
    ) -> None:
        self.request_id = request_id
        self.message = message
        self.started_s = now_s
        self.state = CommandState.AWAITING
        self.result: CommandResult | None = None
        self.unexpected = 0
        """Answers that came when none was expected."""
        self.progress_percent: int | None = None
        """The last that the vehicle told of how far it is; None where it tells none."""
        self._settings = settings
        self._retries_left = 0 if self.command in NOT_REPEATABLE else settings.command_retries
        patience = settings.command_retries + 1 if self.command in NOT_REPEATABLE else 1
        self._deadline_s = now_s + patience * settings.command_retry_s

    @property
    def command(self) -> int:
        """MAV_CMD."""
        return self.message.command

    @property
    def _last_s(self) -> float:
        """Until when a vehicle may be at it."""
        return self.started_s + self._settings.command_limit_s

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once settled."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive(self, ack: CommandAck, now_s: float) -> None:
        """Take an answer to this command."""
        result = _RESULTS.get(ack.result, CommandResult.FAILED)  # a MAV_RESULT newer than this table is no success
        event = self._classify(result)
        if not expects(TRANSITIONS, self.state, event):
            self.unexpected += 1
            return
        if isinstance(event, AnsweredProvisionally) and self.state is not CommandState.CLOSING:
            self._deadline_s = now_s + self._settings.second_ack_window_s
        elif isinstance(event, Progressed):
            self._deadline_s = min(now_s + self._settings.command_in_progress_s, self._last_s)
            self.progress_percent = ack.progress if ack.progress in _PERCENT else self.progress_percent
        self.state = follow(TRANSITIONS, self.state, event)
        if not isinstance(event, Progressed):
            self.result = result

    def handle_timer(self, now_s: float) -> list[CommandLong | CommandInt]:
        """Act on a passed deadline; returns what must be sent again."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return []
        if self.state is CommandState.CLOSING:
            self.state = follow(TRANSITIONS, self.state, WindowClosed())
            return []
        if self.state is CommandState.IN_PROGRESS and now_s >= self._last_s:
            self.state = follow(TRANSITIONS, self.state, LimitPassed())
            self.result = CommandResult.IN_PROGRESS
            return []
        if self.state is CommandState.IN_PROGRESS or self._retries_left == 0:
            self.state = follow(TRANSITIONS, self.state, RetriesSpent())
            self.result = CommandResult.NO_ANSWER
            return []
        return [self._retry(now_s)]

    def abandon(self) -> None:
        """Stop waiting: the command was asked for anew, or the vehicle lost its memory."""
        self.state = follow(TRANSITIONS, self.state, Abandoned())
        self.result = CommandResult.SUPERSEDED

    def _classify(self, result: CommandResult) -> CommandEvent:
        if result is CommandResult.IN_PROGRESS:
            return Progressed()
        return AnsweredProvisionally() if self.command in ANSWERED_TWICE else Answered()

    def _retry(self, now_s: float) -> CommandLong | CommandInt:
        self.state = follow(TRANSITIONS, self.state, RetryDue())
        self._retries_left -= 1
        self._deadline_s = now_s + self._settings.command_retry_s
        if isinstance(self.message, CommandLong):
            self.message = self.message._replace(confirmation=self.message.confirmation + 1)
        return self.message
