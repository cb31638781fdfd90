"""All open commands to one vehicle: who is waiting for which answer.

An acknowledgement names the command only, so one exchange of each command is open at a time. A command asked for
anew takes the place of the open one, which settles as SUPERSEDED: the newest order of a mode is the one meant. So does
one that sends the vehicle another way by another name, or the older would be repeated over the newer. Two kinds differ:
set-up commands (message intervals, single messages) wait for their turn, and a command that must not be done twice is
refused while one is open.
"""

from __future__ import annotations

from collections import deque

from skystork.errors import LinkUsageError
from skystork.link.command import NOT_REPEATABLE, TERMINAL, CommandExchange
from skystork.link.contract import CommandResult, CommandSettled, LinkSettings, RequestId, StatusText
from skystork.link.messages import CommandAck, CommandInt, CommandLong, MavCommand
from skystork.link.service import LinkService

_IN_TURN = frozenset({MavCommand.SET_MESSAGE_INTERVAL, MavCommand.REQUEST_MESSAGE})

_WAYS = frozenset(
    {MavCommand.DO_SET_MODE, MavCommand.NAV_LAND, MavCommand.NAV_RETURN_TO_LAUNCH, MavCommand.MISSION_START}
)
"""Each puts the vehicle into another mode."""

_WARNING = 4  # MAV_SEVERITY_WARNING; PX4 tells the reasons of a refusal at CRITICAL (2) to WARNING

Effect = CommandLong | CommandInt | CommandSettled
"""What must be sent, and what must be reported."""


class CommandDesk(LinkService):
    """Opens, answers and settles the command exchanges of one vehicle."""

    TAKES = (CommandAck,)

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._open: dict[int, CommandExchange] = {}
        self._waiting: deque[tuple[RequestId, CommandLong | CommandInt]] = deque()
        self._last_reason: StatusText | None = None
        self.unexpected = 0
        """Answers to commands that were not open."""

    def request(self, request_id: RequestId, message: CommandLong | CommandInt, now_s: float) -> list[Effect]:
        """Send a command, or put it in its queue.

        Raises
        ------
        LinkUsageError
            A command that must not be done twice is open already.
        """
        open_exchange = self._open.get(message.command)
        if open_exchange is None:
            other_way = self._abandon_ways(now_s) if message.command in _WAYS else []
            return [*other_way, *self._start(request_id, message, now_s)]
        if message.command in NOT_REPEATABLE:
            raise LinkUsageError(
                f"command {message.command} is still unanswered and must not be done twice; wait until it settles"
            )
        if message.command in _IN_TURN:
            self._waiting.append((request_id, message))
            return []
        open_exchange.abandon()
        return [*self._settle(open_exchange, now_s), *self._start(request_id, message, now_s)]

    def receive(self, ack: CommandAck, now_s: float) -> list[Effect]:
        """Take an answer, expected or not."""
        exchange = self._open.get(ack.command)
        if exchange is None:
            self.unexpected += 1
            return []
        unexpected_before = exchange.unexpected
        exchange.receive(ack, now_s)
        self.unexpected += exchange.unexpected - unexpected_before
        return self._settle(exchange, now_s) if exchange.state in TERMINAL else []

    def note_text(self, text: StatusText) -> None:
        """Remember what the vehicle said; it may be the reason of a refusal to come."""
        if text.severity <= _WARNING:
            self._last_reason = text

    def next_timer_s(self) -> float | None:
        """The earliest deadline of all open exchanges."""
        deadlines = [deadline for each in self._open.values() if (deadline := each.next_timer_s()) is not None]
        return min(deadlines, default=None)

    def handle_timer(self, now_s: float) -> list[Effect]:
        """Act on all passed deadlines."""
        effects: list[Effect] = []
        for exchange in tuple(self._open.values()):
            effects.extend(exchange.handle_timer(now_s))
            if exchange.state in TERMINAL:
                effects.extend(self._settle(exchange, now_s))
        return effects

    def forget(self, now_s: float) -> list[Effect]:
        """Settle everything as SUPERSEDED: the vehicle has rebooted and will not answer."""
        effects: list[Effect] = [
            CommandSettled(now_s, request_id, message.command, CommandResult.SUPERSEDED)
            for request_id, message in self._waiting
        ]
        self._waiting.clear()
        for exchange in tuple(self._open.values()):
            exchange.abandon()
            effects.extend(self._settle(exchange, now_s))
        return effects

    def _abandon_ways(self, now_s: float) -> list[Effect]:
        effects: list[Effect] = []
        for exchange in [each for command, each in self._open.items() if command in _WAYS]:
            exchange.abandon()
            effects += self._settle(exchange, now_s)
        return effects

    def _start(self, request_id: RequestId, message: CommandLong | CommandInt, now_s: float) -> list[Effect]:
        self._open[message.command] = CommandExchange(request_id, message, self._settings, now_s)
        return [message]

    def _settle(self, exchange: CommandExchange, now_s: float) -> list[Effect]:
        """Report the end of an exchange and start the next of its kind, where one waits."""
        del self._open[exchange.command]
        result = exchange.result or CommandResult.NO_ANSWER
        detail = "" if result is CommandResult.ACCEPTED else self._why(exchange)
        settled = CommandSettled(now_s, exchange.request_id, exchange.command, result, detail)
        for index, (request_id, message) in enumerate(self._waiting):
            if message.command == exchange.command:
                del self._waiting[index]
                return [settled, *self._start(request_id, message, now_s)]
        return [settled]

    def _why(self, exchange: CommandExchange) -> str:
        """The vehicle's own words since the command was sent, and how far it said it was."""
        reason, percent = self._last_reason, exchange.progress_percent
        said = reason.text if reason is not None and reason.at_s >= exchange.started_s else ""
        told = "" if percent is None else f"last told: {percent} % done"
        return "; ".join(part for part in (said, told) if part)
