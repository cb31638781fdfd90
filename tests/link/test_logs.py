"""The logs of a vehicle: all listed, every byte read, over whatever network; or said that the vehicle is silent."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

from skystork.errors import LinkUsageError
from skystork.link.codec import FrameEncoder, FrameParser
from skystork.link.log_desk import LONGEST_READ_BYTES, LogDesk
from skystork.link.request_id import RequestId
from skystork.link.service_contract import LogFile, LogOutcome, LogReadSettled, LogsListed
from skystork.link.service_messages import LogData, LogEntry, LogRequestData, LogRequestEnd, LogRequestList
from skystork_sim.autopilot_logs import LogServer

LOGS = tuple((1_700_000_000 + number, random.Random(number).randbytes(5_000 * number + 77)) for number in range(4))
FILES = tuple(LogFile(number, len(data), at_s) for number, (at_s, data) in enumerate(LOGS))

Settled = LogsListed | LogReadSettled


class Wire:
    """A desk and a log server, joined by real frames over a network that loses, doubles and delays."""

    def __init__(self, server: LogServer, *, seed: int = 0, loss: float = 0.0, jitter_s: float = 0.0) -> None:
        self.desk, self.server, self.now_s = LogDesk(1, 1), server, 1_000.0
        self.asked: list[LogRequestList | LogRequestData] = []
        self._settled: list[Settled] = []
        self._rng, self._loss, self._jitter_s = random.Random(seed), loss, jitter_s
        self._encoder, self._parser = FrameEncoder(255, 190), FrameParser()
        self._mav: Any = common.MAVLink(None, srcSystem=1, srcComponent=1)
        self._flying: list[tuple[float, int, bool, bytes]] = []
        self._count = 0

    def list_all(self) -> LogsListed:
        self._take(self.desk.list_all(RequestId(1), self.now_s))
        settled = self._run()
        assert isinstance(settled, LogsListed)
        return settled

    def read(self, log_id: int, offset: int, count: int) -> LogReadSettled:
        self._take(self.desk.read(RequestId(2), self.now_s, log_id=log_id, offset=offset, count=count))
        settled = self._run()
        assert isinstance(settled, LogReadSettled)
        return settled

    def _run(self) -> Settled:
        while not self._settled:
            timers = [each[0] for each in self._flying[:1]] + [self.desk.next_timer_s(), self.server.next_timer_s()]
            self.now_s = max(self.now_s, min(timer_s for timer_s in timers if timer_s is not None))
            while self._flying and self._flying[0][0] <= self.now_s:
                _, _, upwards, datagram = heapq.heappop(self._flying)
                if upwards:
                    for message in self._mav.parse_buffer(datagram):
                        self._answer(self.server.receive(message, self.now_s))
                else:
                    for frame in self._parser.parse(datagram):
                        assert isinstance(frame.message, LogEntry | LogData)
                        self._take(self.desk.receive(frame.message, self.now_s))
            self._answer(self.server.due(self.now_s))
            self._take(self.desk.handle_timer(self.now_s))
        return self._settled.pop()

    def _take(self, effects: Iterable[object]) -> None:
        for effect in effects:
            if isinstance(effect, Settled):
                self._settled.append(effect)
            elif isinstance(effect, LogRequestList | LogRequestData):
                self.asked.append(effect)
                self._send(self._encoder.encode(effect), upwards=True)

    def _answer(self, messages: Iterable[Any]) -> None:
        for message in messages:
            self._send(message.pack(self._mav), upwards=False)

    def _send(self, datagram: bytes, *, upwards: bool) -> None:
        for _ in range(2 if self._rng.random() < self._loss / 4 else 1):
            if self._rng.random() >= self._loss:
                self._count += 1
                at_s = self.now_s + 0.02 + self._jitter_s * self._rng.random()
                heapq.heappush(self._flying, (at_s, self._count, upwards, datagram))


@pytest.mark.parametrize("loss", [0.0, 0.2, 0.4])
@pytest.mark.parametrize("seed", range(8))
def test_all_logs_are_listed_and_every_byte_is_read(loss: float, seed: int) -> None:
    wire = Wire(LogServer(LOGS), seed=seed, loss=loss, jitter_s=0.05 if loss else 0.0)
    listed = wire.list_all()
    assert (listed.outcome, listed.logs) == (LogOutcome.READ, FILES)
    for log in listed.logs:
        read = wire.read(log.log_id, 0, log.size_bytes)
        assert (read.outcome, read.data) == (LogOutcome.READ, LOGS[log.log_id][1])


def test_over_a_good_link_nothing_is_asked_for_twice() -> None:
    wire = Wire(LogServer(LOGS))
    wire.list_all()
    wire.read(3, 0, FILES[3].size_bytes)
    assert len(wire.asked) == 2


def test_a_stretch_amid_a_log_is_read_alone() -> None:
    wire = Wire(LogServer(LOGS))
    wire.list_all()
    assert wire.read(2, 1_000, 333).data == LOGS[2][1][1_000:1_333]


def test_a_vehicle_without_logs_says_nothing_and_has_none() -> None:
    listed = Wire(LogServer(())).list_all()
    assert (listed.outcome, listed.logs) == (LogOutcome.READ, ())
    assert "no log was told of" in listed.detail


def test_a_vehicle_that_says_it_has_none_is_believed_at_once() -> None:
    desk = LogDesk(1, 1)
    desk.list_all(RequestId(1), 0.0)
    (listed,) = desk.receive(LogEntry(0, 0, 0, 0, 0), 0.1)
    assert isinstance(listed, LogsListed)
    assert listed.logs == ()


def test_a_vehicle_that_falls_silent_amid_its_list_tells_what_it_told() -> None:
    desk = LogDesk(1, 1)
    desk.list_all(RequestId(1), 0.0)
    assert desk.receive(LogEntry(1, 2, 2, 0, 50), 0.1) == []
    ended: list[object] = []
    while (timer_s := desk.next_timer_s()) is not None:
        ended = list(desk.handle_timer(timer_s))
    (listed,) = ended
    assert isinstance(listed, LogsListed)
    assert (listed.outcome, listed.logs) == (LogOutcome.NO_ANSWER, (LogFile(1, 50, None),))


def test_a_log_not_listed_before_is_not_sent_and_that_is_told() -> None:
    read = Wire(LogServer(LOGS)).read(1, 0, 100)
    assert (read.outcome, read.data) == (LogOutcome.NO_ANSWER, b"")


def test_a_log_that_ends_before_the_stretch_gives_what_there_is() -> None:
    """By a piece without bytes, as common.xml has it."""
    desk = LogDesk(1, 1)
    desk.read(RequestId(1), 0.0, log_id=3, offset=100, count=180)
    assert desk.receive(LogData(3, 100, 90, bytes(90)), 0.1) == []
    assert desk.receive(LogData(3, 280, 0, bytes(90)), 0.1) == []  # the end of another request
    (settled,) = desk.receive(LogData(3, 190, 0, bytes(90)), 0.2)
    assert isinstance(settled, LogReadSettled)
    assert (settled.outcome, settled.data) == (LogOutcome.ENDED, bytes(90))


def test_what_is_behind_the_count_is_not_the_logs() -> None:
    wire = Wire(LogServer(LOGS))
    wire.list_all()
    assert wire.read(0, 0, 77).data == LOGS[0][1]


def test_only_the_bytes_before_the_first_gap_are_told_of_a_vehicle_gone_silent() -> None:
    desk = LogDesk(1, 1)
    desk.read(RequestId(1), 0.0, log_id=0, offset=0, count=270)
    desk.receive(LogData(0, 0, 90, b"a" * 90), 0.1)
    desk.receive(LogData(0, 180, 90, b"c" * 90), 0.1)
    ended: list[object] = []
    while (timer_s := desk.next_timer_s()) is not None:
        ended = list(desk.handle_timer(timer_s))
    (settled,) = ended
    assert isinstance(settled, LogReadSettled)
    assert (settled.outcome, settled.data) == (LogOutcome.NO_ANSWER, b"a" * 90)


def test_pieces_of_another_log_or_from_nowhere_do_no_harm() -> None:
    desk = LogDesk(1, 1)
    assert desk.receive(LogData(0, 0, 90, bytes(90)), 0.0) == []
    assert desk.receive(LogEntry(0, 1, 1, 0, 5), 0.0) == []
    desk.read(RequestId(1), 0.0, log_id=0, offset=90, count=90)
    for stray in (LogData(1, 90, 90, bytes(90)), LogData(0, 0, 90, bytes(90)), LogData(0, 180, 90, bytes(90))):
        assert not any(isinstance(each, LogReadSettled) for each in desk.receive(stray, 0.1))


def test_one_request_at_a_time_and_none_without_measure() -> None:
    desk = LogDesk(1, 1)
    for count, offset in ((0, 0), (LONGEST_READ_BYTES + 1, 0), (10, -1)):
        with pytest.raises(LinkUsageError, match="cannot be read at once"):
            desk.read(RequestId(1), 0.0, log_id=0, offset=offset, count=count)
    desk.list_all(RequestId(1), 0.0)
    with pytest.raises(LinkUsageError, match="still at another request"):
        desk.read(RequestId(2), 0.0, log_id=0, offset=0, count=10)


def test_a_reboot_ends_what_was_asked() -> None:
    desk = LogDesk(1, 1)
    desk.list_all(RequestId(1), 0.0)
    (listed,) = desk.forget(1.0)
    desk.read(RequestId(2), 2.0, log_id=0, offset=0, count=10)
    (read,) = desk.forget(3.0)
    assert isinstance(listed, LogsListed)
    assert isinstance(read, LogReadSettled)
    assert listed.outcome is read.outcome is LogOutcome.NO_ANSWER


def test_the_end_is_told_to_the_vehicle() -> None:
    assert LogDesk(4, 1).end() == [LogRequestEnd(4, 1)]
