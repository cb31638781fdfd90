"""Files fetched from one vehicle, one after the other: it has one session for each link (PX4 1.17)."""

from __future__ import annotations

from collections import deque

from skystork.link.file_download import TERMINAL, FileDownload
from skystork.link.file_frames import FileFrame, read_frame
from skystork.link.request_id import RequestId
from skystork.link.service import Effect, LinkService
from skystork.link.service_contract import FileOutcome, FileSettled
from skystork.link.service_messages import FileTransferProtocol


class FileDesk(LinkService):
    """The queue of files wanted from one vehicle.

    Parameters
    ----------
    system_id, component_id
        Who has the files.
    """

    TAKES = (FileTransferProtocol,)

    def __init__(self, system_id: int, component_id: int) -> None:
        self._target = (system_id, component_id)
        self._waiting: deque[tuple[RequestId, str, int]] = deque()
        self._open: tuple[RequestId, str, FileDownload] | None = None
        self._sequence = 0

    def fetch(self, request_id: RequestId, now_s: float, *, path: str, most_bytes: int) -> list[Effect]:
        """Fetch a file, after those asked for before; settles as :class:`FileSettled`."""
        self._waiting.append((request_id, path, most_bytes))
        return self._begin_next(now_s) if self._open is None else []

    def receive(self, message: FileTransferProtocol, now_s: float) -> list[Effect]:
        """Take a frame of the file transfer."""
        frame = read_frame(message.payload)
        if frame is None or self._open is None:
            return []
        return self._after(self._open[2].receive(frame, now_s), now_s)

    def next_timer_s(self) -> float | None:
        """When the open file must be looked at."""
        return self._open[2].next_timer_s() if self._open else None

    def handle_timer(self, now_s: float) -> list[Effect]:
        """Act on a passed deadline."""
        return self._after(self._open[2].handle_timer(now_s), now_s) if self._open else []

    def forget(self, now_s: float) -> list[Effect]:
        """The vehicle rebooted: nothing that was asked for will be answered."""
        why = "the vehicle rebooted"
        settled: list[Effect] = []
        if self._open is not None:
            request_id, path, _ = self._open
            settled.append(FileSettled(now_s, request_id, path, FileOutcome.NO_ANSWER, detail=why))
        settled.extend(
            FileSettled(now_s, request_id, path, FileOutcome.NO_ANSWER, detail=why)
            for request_id, path, _ in self._waiting
        )
        self._open = None
        self._waiting.clear()
        return settled

    def _begin_next(self, now_s: float) -> list[Effect]:
        if not self._waiting:
            return []
        request_id, path, most_bytes = self._waiting.popleft()
        download = FileDownload(path, most_bytes=most_bytes, first_sequence=self._sequence)
        self._open = (request_id, path, download)
        return [self._message(frame) for frame in download.start(now_s)]

    def _after(self, frames: list[FileFrame], now_s: float) -> list[Effect]:
        """Send what a step wants sent, and go on to the next file behind one that has ended."""
        effects: list[Effect] = [self._message(frame) for frame in frames]
        if self._open is None or self._open[2].state not in TERMINAL:
            return effects
        request_id, path, download = self._open
        self._open, self._sequence = None, download.sequence
        outcome = FileOutcome(download.state.value)
        effects.append(FileSettled(now_s, request_id, path, outcome, download.data, download.detail))
        return [*effects, *self._begin_next(now_s)]

    def _message(self, frame: FileFrame) -> FileTransferProtocol:
        return FileTransferProtocol(0, *self._target, frame.packed())
