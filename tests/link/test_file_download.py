"""A file from a vehicle: whole and proven, or a reason why not, over whatever network."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

import pytest

from skystork.link.file_desk import FileDesk
from skystork.link.file_download import RETRIES, FileDownload
from skystork.link.file_frames import FileFrame, FileOpcode, path_of, read_frame
from skystork.link.request_id import RequestId
from skystork.link.service_contract import FileOutcome, FileSettled
from skystork.link.service_messages import FileTransferProtocol
from skystork_sim.autopilot_files import FileServer

CONTENT = random.Random(7).randbytes(17_000)
PATH = "etc/extras/all_events.json.xz"

Answer = Callable[[bytes, float], list[bytes]]


class Wire:
    """A desk and a server, joined by a network that loses, doubles and delays."""

    def __init__(self, answer: Answer, *, seed: int = 0, loss: float = 0.0, jitter_s: float = 0.0) -> None:
        self.desk = FileDesk(1, 1)
        self.settled: list[FileSettled] = []
        self.asked: list[FileFrame] = []
        self.now_s = 1_000.0
        self._answer, self._rng, self._loss, self._jitter_s = answer, random.Random(seed), loss, jitter_s
        self._flying: list[tuple[float, int, bool, bytes]] = []
        self._count = 0

    def fetch(self, path: str = PATH, *, most_bytes: int = 1_000_000) -> None:
        self._count += 1
        self._take(self.desk.fetch(RequestId(self._count), self.now_s, path=path, most_bytes=most_bytes))

    def run(self, limit_s: float = 600.0) -> FileSettled:
        end_s, before = self.now_s + limit_s, len(self.settled)
        while len(self.settled) == before:
            timer_s = self.desk.next_timer_s()
            due_s = min([each[0] for each in self._flying[:1]] + ([timer_s] if timer_s is not None else []))
            assert due_s < end_s, "it neither ends nor goes on"
            self.now_s = max(self.now_s, due_s)
            while self._flying and self._flying[0][0] <= self.now_s:
                _, _, upwards, payload = heapq.heappop(self._flying)
                if upwards:
                    self._send(self._answer(payload, self.now_s), upwards=False)
                else:
                    self._take(self.desk.receive(FileTransferProtocol(0, 255, 190, payload), self.now_s))
            self._take(self.desk.handle_timer(self.now_s))
        return self.settled[-1]

    def _take(self, effects: list[object]) -> None:
        for effect in effects:
            if isinstance(effect, FileSettled):
                self.settled.append(effect)
            elif isinstance(effect, FileTransferProtocol):
                frame = read_frame(effect.payload)
                assert frame is not None
                self.asked.append(frame)
                self._send([effect.payload], upwards=True)

    def _send(self, payloads: list[bytes], *, upwards: bool) -> None:
        for payload in payloads:
            for _ in range(2 if self._rng.random() < self._loss / 4 else 1):
                if self._rng.random() >= self._loss:
                    self._count += 1
                    late_s = self.now_s + 0.02 + self._jitter_s * self._rng.random()
                    heapq.heappush(self._flying, (late_s, self._count, upwards, payload))


def test_a_file_is_fetched_whole_and_closed() -> None:
    wire = Wire(FileServer({PATH: CONTENT}).answer)
    wire.fetch()
    settled = wire.run()
    assert (settled.outcome, settled.data, settled.path) == (FileOutcome.FETCHED, CONTENT, PATH)
    opcodes = [FileOpcode(frame.opcode) for frame in wire.asked]
    assert opcodes == [
        FileOpcode.OPEN_FILE_RO,
        FileOpcode.BURST_READ_FILE,
        FileOpcode.CALC_FILE_CRC32,
        FileOpcode.TERMINATE_SESSION,
    ]


def test_an_empty_file_is_a_file() -> None:
    wire = Wire(FileServer({PATH: b""}).answer)
    wire.fetch()
    assert (wire.run().outcome, wire.settled[0].data) == (FileOutcome.FETCHED, b"")


@pytest.mark.parametrize("loss", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("seed", range(15))
def test_over_a_network_that_loses_doubles_and_mixes_it_is_the_same_file(loss: float, seed: int) -> None:
    wire = Wire(FileServer({PATH: CONTENT}).answer, seed=seed, loss=loss, jitter_s=0.1)
    wire.fetch()
    wire.fetch()
    for _ in range(2):
        settled = wire.run()
        assert (settled.outcome, settled.data) == (FileOutcome.FETCHED, CONTENT)


def test_two_files_come_one_after_the_other() -> None:
    wire = Wire(FileServer({"a": b"A" * 500, "b": b"B" * 500}).answer)
    wire.fetch("a")
    wire.fetch("b")
    assert [wire.run().data, wire.run().data] == [b"A" * 500, b"B" * 500]


def test_a_session_left_open_by_another_station_is_reset() -> None:
    server = FileServer({PATH: CONTENT})
    server.answer(FileFrame(500, FileOpcode.OPEN_FILE_RO, data=PATH.encode()).packed(), 999.0)
    wire = Wire(server.answer)
    wire.fetch()
    assert wire.run().outcome is FileOutcome.FETCHED
    assert FileOpcode.RESET_SESSIONS in {frame.opcode for frame in wire.asked}


def test_an_answer_to_an_old_stations_question_is_not_taken_for_ours() -> None:
    """The vehicle repeats its last answer to any request that carries the number before it."""
    server = FileServer({PATH: CONTENT})
    server.answer(FileFrame(1, FileOpcode.RESET_SESSIONS).packed(), 999.0)
    wire = Wire(server.answer)
    wire.fetch()
    assert wire.run().data == CONTENT


@pytest.mark.parametrize(
    ("path", "most_bytes", "outcome", "detail"),
    [
        ("nowhere", 1_000_000, FileOutcome.MISSING, "no such file"),
        (PATH, 16_999, FileOutcome.TOO_LARGE, "17000 bytes, allowed are 16999"),
    ],
)
def test_what_cannot_be_had_is_said(path: str, most_bytes: int, outcome: FileOutcome, detail: str) -> None:
    wire = Wire(FileServer({PATH: CONTENT}).answer)
    wire.fetch(path, most_bytes=most_bytes)
    settled = wire.run()
    assert (settled.outcome, settled.data) == (outcome, b"")
    assert detail in settled.detail


def test_a_file_that_changed_on_the_way_is_not_given_out() -> None:
    server = FileServer({PATH: CONTENT})

    def spoil(payload: bytes, now_s: float) -> list[bytes]:
        answers = server.answer(payload, now_s)
        return [each.replace(CONTENT[500:510], b"0123456789") for each in answers]

    wire = Wire(spoil)
    wire.fetch()
    settled = wire.run()
    assert (settled.outcome, settled.data) == (FileOutcome.DIFFERENT, b"")
    assert "checksum" in settled.detail


def test_a_refusal_names_what_was_refused() -> None:
    server = FileServer({PATH: CONTENT})

    def refuse(payload: bytes, now_s: float) -> list[bytes]:
        frame = read_frame(payload)
        assert frame is not None
        if frame.opcode == FileOpcode.BURST_READ_FILE:
            nak = FileFrame(frame.sequence + 1, FileOpcode.NAK, data=b"\x02\x0d", answers=frame.opcode)
            return [nak.packed()]
        return server.answer(payload, now_s)

    wire = Wire(refuse)
    wire.fetch()
    settled = wire.run()
    assert settled.outcome is FileOutcome.REFUSED
    assert settled.detail == "the vehicle answered BURST_READ_FILE with FAIL_ERRNO 13"


@pytest.mark.parametrize("answer", ["end of file", "nothing in it"])
def test_a_vehicle_that_answers_and_brings_nothing_is_given_up(answer: str) -> None:
    server = FileServer({PATH: CONTENT})
    asked = 0

    def bring_nothing(payload: bytes, now_s: float) -> list[bytes]:
        nonlocal asked
        frame = read_frame(payload)
        assert frame is not None
        if frame.opcode not in (FileOpcode.BURST_READ_FILE, FileOpcode.READ_FILE):
            return server.answer(payload, now_s)
        asked += 1
        opcode, data = (FileOpcode.NAK, b"\x06") if answer == "end of file" else (FileOpcode.ACK, b"")
        reply = FileFrame(
            frame.sequence + 1, opcode, frame.session, frame.offset, data, answers=frame.opcode, burst_complete=True
        )
        return [reply.packed()]

    wire = Wire(bring_nothing)
    wire.fetch()
    settled = wire.run()
    assert settled.outcome is FileOutcome.NO_ANSWER if answer == "nothing in it" else settled.outcome.value != "fetched"
    assert asked < 60, "at the rate of retries, not of the round trip"


def test_a_vehicle_without_files_is_asked_so_often_and_given_up() -> None:
    wire = Wire(lambda _payload, _now_s: [])
    wire.fetch()
    settled = wire.run()
    assert settled.outcome is FileOutcome.NO_ANSWER
    assert len({frame.sequence for frame in wire.asked}) == 1  # the same question, so that it is not done twice
    assert len(wire.asked) == RETRIES + 1


def test_a_reboot_ends_all_that_was_asked() -> None:
    wire = Wire(lambda _payload, _now_s: [])
    wire.fetch("a")
    wire.fetch("b")
    ended = wire.desk.forget(1_001.0)
    assert [(each.path, each.outcome) for each in ended if isinstance(each, FileSettled)] == [
        ("a", FileOutcome.NO_ANSWER),
        ("b", FileOutcome.NO_ANSWER),
    ]
    assert wire.desk.next_timer_s() is None


@pytest.mark.parametrize("seed", range(3))
def test_frames_that_mean_nothing_do_no_harm(seed: int) -> None:
    rng = random.Random(seed)
    server = FileServer({PATH: CONTENT})

    def babble(payload: bytes, now_s: float) -> list[bytes]:
        answers = [rng.randbytes(251) for _ in range(3)] + server.answer(payload, now_s)
        return [bytes((*each[:3], 128, *each[4:])) if rng.random() < 0.1 else each for each in answers]

    wire = Wire(babble)
    wire.fetch()
    settled = wire.run()
    assert settled.data == (CONTENT if settled.outcome is FileOutcome.FETCHED else b"")


def test_the_number_of_a_request_wraps() -> None:
    download = FileDownload(PATH, most_bytes=10, first_sequence=65535)
    assert download.start(0.0)[0].sequence == 0


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("mftp://etc/extras/component_general.json.xz", "etc/extras/component_general.json.xz"),
        ("mftp:///etc/extras/a.json", "etc/extras/a.json"),
        ("mftp://[;comp=1]/etc/a.json", "etc/a.json"),
        ("https://example.org/a.json", None),
        ("mftp://", None),
        ("mftp://etc/../../secret", None),
        ("mftp://" + "x" * 300, None),
        ("", None),
    ],
)
def test_an_address_names_a_file_of_the_vehicle_or_none(uri: str, path: str | None) -> None:
    assert path_of(uri) == path
