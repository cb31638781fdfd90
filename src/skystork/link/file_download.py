"""Fetching one file from the vehicle by MAVLink's file transfer.

Theory of operation
-------------------
Open the file, have it sent in a burst, fetch what the burst lost piece by piece, have the vehicle compute the file's
checksum, compare, close (mavlink.io, file transfer protocol). Each request carries a number and is answered under the
next one; who hears no answer asks again under the same number, and the vehicle then repeats its answer instead of doing
the thing twice.

PX4 1.17 (``mavlink_ftp.cpp``) has one session for each link, closes it after 10 s without a request, and leaves it open
to whoever lost the closing frame: an opening refused for want of a session is therefore tried once more after all
sessions were reset. It repeats its last answer to any request that happens to carry the number before it, whatever was
asked, so that a new station can be given the answer to an old one's question: an answer to another opcode counts the
numbers on and asks anew.

A burst needs no requests, but nobody repeats what it lost. It is over when it says so, when it reaches the end of the
file, or when nothing came for the retry time. If more than a third is missing another burst is asked for from the first
gap on, else the gaps are read one by one: after a burst over a bad link these are many and small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.file_frames import DATA_BYTES, PATH_BYTES, FileError, FileFrame, FileOpcode, file_crc32
from skystork.link.pieces import Pieces
from skystork.link.transitions import follow

RETRY_S = 0.5
"""mavlink.io says 50 ms, for a serial line; a radio or a mobile network answers within this."""
CHECKSUM_RETRY_S = 5.0
"""The vehicle reads the whole file before it answers."""
RETRIES = 12
"""mavlink.io says 6; over a link that loses a fifth each way, one read in a thousand would outlive those."""
OPENINGS = 3
"""How often a file whose session was closed under our hands is opened anew."""
_REBURST_ABOVE = 1 / 3  # of the file missing


class DownloadState(StrEnum):
    """Where fetching stands."""

    OPENING = "opening"
    """Asked for the file."""
    RESETTING = "resetting"
    """Every session is taken; asked to close them all."""
    BURSTING = "bursting"
    """The file comes by itself."""
    FILLING = "filling"
    """What is missing is asked for, piece by piece."""
    CHECKING = "checking"
    """All is here; asked for the checksum."""
    FETCHED = "fetched"
    """All is here, and equal."""
    MISSING = "missing"
    """The vehicle has no such file."""
    REFUSED = "refused"
    """The vehicle will not."""
    TOO_LARGE = "too_large"
    """Larger than allowed."""
    DIFFERENT = "different"
    """The checksums differ."""
    NO_ANSWER = "no_answer"
    """The vehicle fell silent."""


@dataclass(frozen=True, slots=True)
class FileOpened:
    """The vehicle opened the file and told its size."""


@dataclass(frozen=True, slots=True)
class FileTooLarge:
    """The size told is more than allowed."""


@dataclass(frozen=True, slots=True)
class NoSessionFree:
    """The vehicle has no session left."""


@dataclass(frozen=True, slots=True)
class SessionsReset:
    """The vehicle closed all sessions."""


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The vehicle closed the session: a late closing frame of the file before, or a long silence."""


@dataclass(frozen=True, slots=True)
class PieceCame:
    """A part of the file; something is still missing."""


@dataclass(frozen=True, slots=True)
class BurstEnded:
    """The burst is over and left gaps."""


@dataclass(frozen=True, slots=True)
class ReburstBegun:
    """So much is missing that the vehicle is to send on by itself."""


@dataclass(frozen=True, slots=True)
class AllCame:
    """Nothing is missing."""


@dataclass(frozen=True, slots=True)
class ChecksumEqual:
    """The vehicle computed the same checksum."""


@dataclass(frozen=True, slots=True)
class ChecksumUnequal:
    """The vehicle computed another checksum."""


@dataclass(frozen=True, slots=True)
class NotThere:
    """The vehicle has no such file."""


@dataclass(frozen=True, slots=True)
class VehicleRefused:
    """The vehicle said no to what we cannot do without."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """All retries passed in silence."""


_S = DownloadState
_ENDS: Mapping[type, DownloadState] = MappingProxyType(
    {NotThere: _S.MISSING, VehicleRefused: _S.REFUSED, WentSilent: _S.NO_ANSWER}
)

TRANSITIONS: Mapping[DownloadState, Mapping[type, DownloadState]] = MappingProxyType(
    {
        _S.OPENING: {
            FileOpened: _S.BURSTING,
            AllCame: _S.CHECKING,
            FileTooLarge: _S.TOO_LARGE,
            NoSessionFree: _S.RESETTING,
            **_ENDS,
        },
        _S.RESETTING: {SessionsReset: _S.OPENING, **_ENDS},
        _S.BURSTING: {
            PieceCame: _S.BURSTING,
            BurstEnded: _S.FILLING,
            ReburstBegun: _S.BURSTING,
            AllCame: _S.CHECKING,
            SessionLost: _S.OPENING,
            **_ENDS,
        },
        _S.FILLING: {PieceCame: _S.FILLING, AllCame: _S.CHECKING, SessionLost: _S.OPENING, **_ENDS},
        _S.CHECKING: {ChecksumEqual: _S.FETCHED, ChecksumUnequal: _S.DIFFERENT, **_ENDS},
        _S.FETCHED: {},
        _S.MISSING: {},
        _S.REFUSED: {},
        _S.TOO_LARGE: {},
        _S.DIFFERENT: {},
        _S.NO_ANSWER: {},
    }
)

TERMINAL = frozenset({_S.FETCHED, _S.MISSING, _S.REFUSED, _S.TOO_LARGE, _S.DIFFERENT, _S.NO_ANSWER})


class FileDownload:
    """One file from the request to its end.

    Parameters
    ----------
    path
        On the vehicle.
    most_bytes
        A larger file is not fetched.
    first_sequence
        Number of the first request; the next file goes on behind :attr:`sequence`.
    """

    def __init__(self, path: str, *, most_bytes: int, first_sequence: int) -> None:
        self.state = DownloadState.OPENING
        self.detail = ""
        """Why it did not end well."""
        self.sequence = first_sequence
        """Number of the last request."""
        self._path, self._most_bytes = path.encode()[:PATH_BYTES], most_bytes
        self._session = 0
        self._pieces = Pieces(0)
        self._asked = FileFrame(0, FileOpcode.OPEN_FILE_RO)
        self._deadline_s = 0.0
        self._retries_left = RETRIES
        self._brought = True
        self._reset_tried = False
        self._openings_left = OPENINGS

    @property
    def data(self) -> bytes:
        """The file, once FETCHED."""
        return bytes(self._pieces.data) if self.state is DownloadState.FETCHED else b""

    def start(self, now_s: float) -> list[FileFrame]:
        """Ask for the file."""
        return self._ask(FileOpcode.OPEN_FILE_RO, now_s, data=self._path)

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive(self, frame: FileFrame, now_s: float) -> list[FileFrame]:
        """Take an answer; returns what must be sent."""
        if self.state in TERMINAL or frame.opcode not in (FileOpcode.ACK, FileOpcode.NAK):
            return []
        if self.state is not DownloadState.BURSTING and not self._answers_us(frame):
            return self._receive_stray(frame, now_s)
        if self.state is DownloadState.BURSTING and frame.answers != FileOpcode.BURST_READ_FILE:
            return []
        if frame.opcode == FileOpcode.NAK:
            return self._receive_no(frame, now_s)
        return self._receive_yes(frame, now_s)

    def handle_timer(self, now_s: float) -> list[FileFrame]:
        """Act on a passed deadline; returns what must be sent."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return []
        if self._retries_left == 0:
            return self._end(
                WentSilent(), f"no answer to {FileOpcode(self._asked.opcode).name} after {RETRIES} retries"
            )
        self._retries_left -= 1
        if self.state is DownloadState.BURSTING:
            return self._fill(now_s)
        self._set_deadline(now_s)
        return [self._asked]

    # ------------------------------------------------------------------ answers

    def _answers_us(self, frame: FileFrame) -> bool:
        return frame.answers == self._asked.opcode and frame.sequence == (self._asked.sequence + 1) & 0xFFFF

    def _receive_stray(self, frame: FileFrame, now_s: float) -> list[FileFrame]:
        """An answer to something else: a late piece is welcome, an old question's answer costs the number."""
        if self.state is DownloadState.FILLING and frame.opcode == FileOpcode.ACK and self._take(frame):
            self._retries_left = RETRIES
            return [] if self._pieces.lacks(self._asked.offset) else self._go_on(now_s)
        if (
            frame.answers not in (self._asked.opcode, FileOpcode.BURST_READ_FILE)
            and frame.sequence == (self._asked.sequence + 1) & 0xFFFF
        ):
            return self._again(now_s)
        return []

    def _receive_yes(self, frame: FileFrame, now_s: float) -> list[FileFrame]:
        if self.state is DownloadState.OPENING:
            return self._open(frame, now_s)
        if self.state is DownloadState.RESETTING:
            self._follow(SessionsReset())
            return self._ask(FileOpcode.OPEN_FILE_RO, now_s, data=self._path)
        if self.state is DownloadState.CHECKING:
            return self._compare(int.from_bytes(frame.data[:4], "little"))
        if self._take(frame):
            self._retries_left, self._brought = RETRIES, True
            if self.state is DownloadState.BURSTING and self._pieces.missing and not frame.burst_complete:
                self._follow(PieceCame())
                self._deadline_s = now_s + RETRY_S
                return []
        return self._go_on(now_s) if self._brought else []  # an answer that brings nothing is as good as none

    def _receive_no(self, frame: FileFrame, now_s: float) -> list[FileFrame]:
        error = frame.error
        if self.state is DownloadState.BURSTING and error == FileError.END_OF_FILE:
            return self._go_on(now_s) if self._brought else []
        if error == FileError.NO_SESSIONS_AVAILABLE and self.state is DownloadState.OPENING and not self._reset_tried:
            self._reset_tried = True
            self._follow(NoSessionFree())
            return self._ask(FileOpcode.RESET_SESSIONS, now_s)
        reading = self.state in (DownloadState.BURSTING, DownloadState.FILLING)
        if error == FileError.INVALID_SESSION and reading and self._openings_left > 0:
            self._openings_left -= 1
            self._follow(SessionLost())
            return self._ask(FileOpcode.OPEN_FILE_RO, now_s, data=self._path)
        if error == FileError.FILE_NOT_FOUND:
            return self._end(NotThere(), "the vehicle has no such file")
        name = FileError(error).name if error in FileError.__members__.values() else str(error)
        errno = f" {frame.data[1]}" if error == FileError.FAIL_ERRNO and len(frame.data) > 1 else ""
        asked = FileOpcode(self._asked.opcode).name
        return self._end(VehicleRefused(), f"the vehicle answered {asked} with {name}{errno}")

    def _open(self, frame: FileFrame, now_s: float) -> list[FileFrame]:
        self._session, size = frame.session, int.from_bytes(frame.data[:4], "little")
        if size > self._most_bytes:
            self._follow(FileTooLarge())
            self.detail = f"{size} bytes, allowed are {self._most_bytes}"
            return [self._closing()]
        if size != len(self._pieces.data):
            self._pieces = Pieces(size)
        if self._pieces.missing == 0:
            return self._go_on(now_s)
        self._follow(FileOpened())
        gap = self._pieces.first_gap()
        return self._ask(FileOpcode.BURST_READ_FILE, now_s, offset=gap[0] if gap else 0, size=DATA_BYTES)

    def _compare(self, theirs: int) -> list[FileFrame]:
        ours = file_crc32(self._pieces.data)
        self._follow(ChecksumEqual() if ours == theirs else ChecksumUnequal())
        if ours != theirs:
            self.detail = f"checksum 0x{ours:08x} of what came, 0x{theirs:08x} on board"
        return [self._closing()]

    # ------------------------------------------------------------------ pieces

    def _take(self, frame: FileFrame) -> bool:
        """Keep a piece; False for one that is of no use."""
        if frame.answers not in (FileOpcode.READ_FILE, FileOpcode.BURST_READ_FILE) or frame.session != self._session:
            return False
        return self._pieces.take(frame.offset, frame.data)

    def _go_on(self, now_s: float) -> list[FileFrame]:
        """The next request: a piece, a burst, or the checksum."""
        if self._pieces.missing:
            return self._fill(now_s)
        self._follow(AllCame())
        return self._ask(FileOpcode.CALC_FILE_CRC32, now_s, data=self._path)

    def _fill(self, now_s: float) -> list[FileFrame]:
        gap = self._pieces.first_gap()
        assert gap is not None, "something is missing"
        start, end = gap
        much = self._pieces.missing > len(self._pieces.data) * _REBURST_ABOVE
        if self.state is DownloadState.BURSTING and much:
            self._follow(ReburstBegun())
            return self._ask(FileOpcode.BURST_READ_FILE, now_s, offset=start, size=DATA_BYTES, keep_retries=True)
        self._follow(BurstEnded() if self.state is DownloadState.BURSTING else PieceCame())
        return self._ask(FileOpcode.READ_FILE, now_s, offset=start, size=min(DATA_BYTES, end - start))

    # ------------------------------------------------------------------ requests

    def _ask(
        self,
        opcode: FileOpcode,
        now_s: float,
        *,
        offset: int = 0,
        data: bytes = b"",
        size: int | None = None,
        keep_retries: bool = False,
    ) -> list[FileFrame]:
        """Ask anew, under the next number."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        self._asked = FileFrame(self.sequence, opcode, self._session, offset, data, size=size)
        if not keep_retries:
            self._retries_left = RETRIES
        self._brought = False
        self._set_deadline(now_s)
        return [self._asked]

    def _again(self, now_s: float) -> list[FileFrame]:
        """Ask the same under a number that no old answer has."""
        asked = self._asked
        return self._ask(
            FileOpcode(asked.opcode), now_s, offset=asked.offset, data=asked.data, size=asked.size, keep_retries=True
        )

    def _set_deadline(self, now_s: float) -> None:
        self._deadline_s = now_s + (CHECKSUM_RETRY_S if self.state is DownloadState.CHECKING else RETRY_S)

    def _closing(self) -> FileFrame:
        """The closing frame; lost, it costs the next one a reset of the sessions."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        return FileFrame(self.sequence, FileOpcode.TERMINATE_SESSION, self._session)

    def _end(self, event: NotThere | VehicleRefused | WentSilent, detail: str) -> list[FileFrame]:
        opened = self.state not in (DownloadState.OPENING, DownloadState.RESETTING)
        self.detail = detail
        self._follow(event)
        return [self._closing()] if opened else []

    def _follow(self, event: object) -> None:
        self.state = follow(TRANSITIONS, self.state, event)
