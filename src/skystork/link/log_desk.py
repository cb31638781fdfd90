"""The logs of one vehicle: which there are, and their bytes; one request at a time, since a vehicle works at one."""

from __future__ import annotations

from skystork.errors import LinkUsageError
from skystork.link.log_list import TERMINAL as LIST_ENDS
from skystork.link.log_list import Asked, ListState, LogList
from skystork.link.log_read import TERMINAL as READ_ENDS
from skystork.link.log_read import LogRead, Stretch
from skystork.link.request_id import RequestId
from skystork.link.service import Effect, LinkService
from skystork.link.service_contract import LogOutcome, LogReadSettled, LogsListed
from skystork.link.service_messages import LogData, LogEntry, LogRequestData, LogRequestEnd, LogRequestList

LONGEST_READ_BYTES = 4_000_000
"""Of one stretch, which is held in memory."""


class LogDesk(LinkService):
    """Asks one vehicle about its logs.

    Parameters
    ----------
    system_id, component_id
        Who has the logs.
    """

    TAKES = (LogEntry, LogData)

    def __init__(self, system_id: int, component_id: int) -> None:
        self._target = (system_id, component_id)
        self._list: tuple[RequestId, LogList] | None = None
        self._read: tuple[RequestId, LogRead] | None = None

    def list_all(self, request_id: RequestId, now_s: float) -> list[Effect]:
        """Ask which logs there are; settles as :class:`LogsListed`.

        Raises
        ------
        LinkUsageError
            The vehicle is still at another request about logs.
        """
        self._refuse_second()
        log_list = LogList()
        self._list = (request_id, log_list)
        return [self._ask_list(log_list.start(now_s))]

    def read(self, request_id: RequestId, now_s: float, *, log_id: int, offset: int, count: int) -> list[Effect]:
        """Read a stretch of a log; settles as :class:`LogReadSettled`.

        Raises
        ------
        LinkUsageError
            The vehicle is still at another request about logs, or the stretch is no stretch.
        """
        self._refuse_second()
        if not 0 < count <= LONGEST_READ_BYTES or offset < 0:
            raise LinkUsageError(f"{count} bytes from {offset} on cannot be read at once; 1..{LONGEST_READ_BYTES} can")
        reading = LogRead(log_id, offset, count)
        self._read = (request_id, reading)
        return [self._ask_data(reading, reading.start(now_s))]

    def end(self) -> list[Effect]:
        """Tell the vehicle that nothing more is wanted."""
        return [LogRequestEnd(*self._target)]

    def receive(self, message: LogEntry | LogData, now_s: float) -> list[Effect]:
        """Take an entry of the list, or bytes of a log."""
        if isinstance(message, LogEntry):
            if self._list is not None:
                self._list[1].receive(message, now_s)
            return self._settle(now_s)
        if self._read is None:
            return []
        asked = self._read[1].receive(message, now_s)
        return [self._ask_data(self._read[1], asked)] if asked else self._settle(now_s)

    def next_timer_s(self) -> float | None:
        """When the open request must be looked at."""
        if self._list is not None:
            return self._list[1].next_timer_s()
        return self._read[1].next_timer_s() if self._read else None

    def handle_timer(self, now_s: float) -> list[Effect]:
        """Act on a passed deadline."""
        if self._list is not None and (wanted := self._list[1].handle_timer(now_s)):
            return [self._ask_list(wanted)]
        if self._read is not None and (asked := self._read[1].handle_timer(now_s)):
            return [self._ask_data(self._read[1], asked)]
        return self._settle(now_s)

    def forget(self, now_s: float) -> list[Effect]:
        """The vehicle rebooted: nothing that was asked for will be answered, and its logs may have other numbers."""
        why, settled = "the vehicle rebooted", list[Effect]()
        if self._list is not None:
            settled.append(LogsListed(now_s, self._list[0], LogOutcome.NO_ANSWER, (), why))
        if self._read is not None:
            request_id, reading = self._read
            settled.append(
                LogReadSettled(now_s, request_id, reading.log_id, reading.offset, LogOutcome.NO_ANSWER, b"", why)
            )
        self._list = self._read = None
        return settled

    def _refuse_second(self) -> None:
        if self._list is not None or self._read is not None:
            raise LinkUsageError("the vehicle is still at another request about its logs; wait until it settles")

    def _settle(self, now_s: float) -> list[Effect]:
        if self._list is not None and self._list[1].state in LIST_ENDS:
            request_id, log_list = self._list
            self._list = None
            outcome, detail = _list_end(log_list)
            return [LogsListed(now_s, request_id, outcome, log_list.logs, detail)]
        if self._read is not None and self._read[1].state in READ_ENDS:
            request_id, reading = self._read
            self._read = None
            outcome = LogOutcome(reading.state.value)
            return [LogReadSettled(now_s, request_id, reading.log_id, reading.offset, outcome, reading.data)]
        return []

    def _ask_list(self, asked: Asked) -> LogRequestList:
        return LogRequestList(*self._target, *asked)

    def _ask_data(self, reading: LogRead, asked: Stretch) -> LogRequestData:
        return LogRequestData(*self._target, reading.log_id, *asked)


def _list_end(log_list: LogList) -> tuple[LogOutcome, str]:
    if log_list.state is ListState.CUT:
        return LogOutcome.NO_ANSWER, "the vehicle fell silent amid its list; what came is shown"
    if log_list.state is ListState.EMPTY:
        return LogOutcome.READ, "no log was told of: the vehicle keeps none, or does not answer"
    return LogOutcome.READ, ""
