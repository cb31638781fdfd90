"""An upload with read-back: the plan is on board when it has been read from there and is equal.

Theory of operation
-------------------
Write the list, read it back, compare item by item. MISSION_ACK ACCEPTED alone proves that something was taken, the
read-back what. A busy vehicle is asked again after a pause; a transfer that went silent, or a read-back that differs,
is followed by another whole attempt until these are spent. A refusal is final: the same plan would be refused again.

With independent loss of 20 % each way one attempt fails about once in 500 times, so the second one carries the
success above 99.99 % (arithmetic of the retries of mavlink.io and of PX4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link import mission_download, mission_upload
from skystork.link.autopilot import PX4, Autopilot
from skystork.link.contract import LinkSettings, MissionItem, MissionType, RequestId, TransferOutcome
from skystork.link.messages import (
    MavMissionResult,
    MissionAck,
    MissionCount,
    MissionItemInt,
    MissionRequest,
    MissionRequestInt,
    Outgoing,
)
from skystork.link.mission_download import DownloadState, MissionDownload
from skystork.link.mission_items import VEHICLE_GIVES_UP_S, describe_difference, on_board, to_wire
from skystork.link.mission_upload import MissionUpload, UploadState
from skystork.link.transitions import follow

_BUSY_PAUSES_S = (1.0, VEHICLE_GIVES_UP_S + 0.5, VEHICLE_GIVES_UP_S + 0.5)
"""A short first pause for a transfer that is just ending; then long enough for PX4 to drop one nobody closed. Asking
more often would keep such a transfer alive."""


class TransferState(StrEnum):
    """Where an upload with read-back stands."""

    WRITING = "writing"
    """The list goes to the vehicle."""
    PAUSING = "pausing"
    """Between two tries."""
    READING = "reading"
    """The list comes back."""
    VERIFIED = "verified"
    """On board and equal."""
    REFUSED = "refused"
    """The vehicle said no."""
    DIFFERENT = "different"
    """On board is something else, after all attempts."""
    NO_ANSWER = "no_answer"
    """The attempts are spent in silence, or the transfer was abandoned."""


@dataclass(frozen=True, slots=True)
class Written:
    """The vehicle has all items, or may have."""


@dataclass(frozen=True, slots=True)
class TriedInVain:
    """The try failed and another is left."""


@dataclass(frozen=True, slots=True)
class PauseOver:
    """Time for the next try."""


@dataclass(frozen=True, slots=True)
class ReadEqual:
    """Read back, equal."""


@dataclass(frozen=True, slots=True)
class RefusalReceived:
    """The vehicle refused the plan, or stayed busy."""


@dataclass(frozen=True, slots=True)
class ReadDifferentAtLast:
    """Read back, not equal, and no attempt is left."""


@dataclass(frozen=True, slots=True)
class SilentAtLast:
    """Silence, and no attempt is left; or we stopped."""


TransferEvent = Written | TriedInVain | PauseOver | ReadEqual | RefusalReceived | ReadDifferentAtLast | SilentAtLast

TRANSITIONS: Mapping[TransferState, Mapping[type, TransferState]] = MappingProxyType(
    {
        TransferState.WRITING: {
            Written: TransferState.READING,
            TriedInVain: TransferState.PAUSING,
            RefusalReceived: TransferState.REFUSED,
            SilentAtLast: TransferState.NO_ANSWER,
        },
        TransferState.PAUSING: {
            PauseOver: TransferState.WRITING,
            SilentAtLast: TransferState.NO_ANSWER,
        },
        TransferState.READING: {
            ReadEqual: TransferState.VERIFIED,
            TriedInVain: TransferState.PAUSING,
            RefusalReceived: TransferState.REFUSED,
            ReadDifferentAtLast: TransferState.DIFFERENT,
            SilentAtLast: TransferState.NO_ANSWER,
        },
        TransferState.VERIFIED: {},
        TransferState.REFUSED: {},
        TransferState.DIFFERENT: {},
        TransferState.NO_ANSWER: {},
    }
)

TERMINAL = frozenset({TransferState.VERIFIED, TransferState.REFUSED, TransferState.DIFFERENT, TransferState.NO_ANSWER})


class MissionTransfer:
    """One list of items on its way to being verified on board.

    Parameters
    ----------
    request_id
        Under which it settles.
    mission_type
        Which list.
    items
        In order; none clears the list.
    target_system, target_component
        The vehicle's autopilot.
    settings
        Retry times.
    autopilot
        Whose list it will be: how items are counted and compared.
    read_only
        Nothing is written: only whether the list on board is this one.
    """

    def __init__(
        self,
        request_id: RequestId,
        mission_type: MissionType,
        items: Sequence[MissionItem],
        *,
        target_system: int,
        target_component: int,
        settings: LinkSettings,
        autopilot: Autopilot = PX4,
        read_only: bool = False,
    ) -> None:
        self.request_id = request_id
        self.mission_type = mission_type
        self.state = TransferState.READING if read_only else TransferState.WRITING
        self.opaque_id: int | None = None
        """The vehicle's id of the plan."""
        self.detail = ""
        """Why it did not end as VERIFIED."""
        self._target = (target_system, target_component)
        self._settings = settings
        self.items = tuple(
            to_wire(item, seq, mission_type, target_system=target_system, target_component=target_component)
            for seq, item in enumerate(on_board(items, mission_type, autopilot))
        )
        self._autopilot, self._writes = autopilot, not read_only
        self._upload = self._new_upload()
        self._download = self._new_download()
        self._attempts_left = 0 if read_only else settings.transfer_attempts - 1
        self._busy_pauses_s = list(_BUSY_PAUSES_S)
        self._pause_over_s = 0.0

    @property
    def outcome(self) -> TransferOutcome | None:
        """How it ended; None while it runs."""
        return TransferOutcome(self.state.value) if self.state in TERMINAL else None

    def start(self, now_s: float) -> Sequence[Outgoing]:
        """Begin; returns what must be sent."""
        return (self._upload if self.state is TransferState.WRITING else self._download).start(now_s)

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        if self.state is TransferState.WRITING:
            return self._upload.next_timer_s()
        if self.state is TransferState.READING:
            return self._download.next_timer_s()
        return self._pause_over_s if self.state is TransferState.PAUSING else None

    def receive(
        self,
        message: MissionRequest | MissionRequestInt | MissionAck | MissionCount | MissionItemInt,
        now_s: float,
    ) -> Sequence[Outgoing]:
        """Take a message of this transfer's list; returns what must be sent."""
        replies: list[Outgoing] = []
        if isinstance(message, MissionRequest | MissionRequestInt) and self._writes:
            # Answered at any time: what PX4 still asks for while we read, it has not got.
            replies.extend(self._upload.receive_request(message, now_s))
        elif isinstance(message, MissionAck):
            self._receive_ack(message)
        elif self.state is TransferState.READING and isinstance(message, MissionCount):
            replies.extend(self._download.receive_count(message, now_s))
        elif self.state is TransferState.READING and isinstance(message, MissionItemInt):
            replies.extend(self._download.receive_item(message, now_s))
        return [*replies, *self._advance(now_s)]

    def handle_timer(self, now_s: float) -> Sequence[Outgoing]:
        """Act on a passed deadline; returns what must be sent."""
        if self.state is TransferState.PAUSING and now_s >= self._pause_over_s:
            self._step(PauseOver())
            self._upload = self._new_upload()
            return self._upload.start(now_s)
        replies: list[Outgoing] = []
        if self.state is TransferState.WRITING:
            replies.extend(self._upload.handle_timer(now_s))
        elif self.state is TransferState.READING:
            replies.extend(self._download.handle_timer(now_s))
        return [*replies, *self._advance(now_s)]

    def abandon(self, why: str) -> None:
        """Stop: the vehicle has lost its memory of the transfer."""
        self._step(SilentAtLast())
        self.detail = why

    def _receive_ack(self, ack: MissionAck) -> None:
        if self.state is TransferState.WRITING:
            self._upload.receive_ack(ack)
        elif self.state is TransferState.READING:
            self._download.receive_ack(ack)
            if ack.type == MavMissionResult.ACCEPTED:
                self.opaque_id = ack.opaque_id or self.opaque_id

    def _advance(self, now_s: float) -> Sequence[Outgoing]:
        """Draw the conclusion from a part that has ended."""
        if self.state is TransferState.WRITING and self._upload.state in mission_upload.TERMINAL:
            return self._conclude_upload(now_s)
        if self.state is TransferState.READING and self._download.state in mission_download.TERMINAL:
            self._conclude_download(now_s)
        return []

    def _conclude_upload(self, now_s: float) -> Sequence[Outgoing]:
        state = self._upload.state
        if state in (UploadState.ACCEPTED, UploadState.UNCONFIRMED):
            self.opaque_id = self._upload.opaque_id
            self._step(Written())
            self._download = self._new_download()
            return self._download.start(now_s)
        if state is UploadState.REFUSED:
            no_room = self._upload.refusal == MavMissionResult.NO_SPACE
            why = f": the vehicle has no room for {len(self.items)} items" if no_room else ""
            self._refuse(f"MISSION_ACK {_result_name(self._upload.refusal)}{why}")
        elif state is UploadState.BUSY:
            self._pause_or_refuse(now_s)
        else:
            self._try_again(now_s, SilentAtLast(), "no answer to the upload")
        return []

    def _conclude_download(self, now_s: float) -> None:
        if self._download.state is DownloadState.REFUSED:
            self._refuse("the vehicle does not let the list be read back")
        elif self._download.state is DownloadState.SILENT:
            self._try_again(now_s, SilentAtLast(), "no answer to the read-back")
        elif (difference := describe_difference(self.items, self._download.items, self._autopilot)) is not None:
            self._try_again(now_s, ReadDifferentAtLast(), difference)
        else:
            self.opaque_id = self._download.opaque_id or self.opaque_id
            self.detail = ""
            self._step(ReadEqual())

    def _refuse(self, detail: str) -> None:
        self.detail = detail
        self._step(RefusalReceived())

    def _pause_or_refuse(self, now_s: float) -> None:
        if not self._busy_pauses_s:
            self._refuse("MISSION_ACK ERROR: busy with another transfer, or not taking plans now")
            return
        self._step(TriedInVain())
        self._pause_over_s = now_s + self._busy_pauses_s.pop(0)

    def _try_again(self, now_s: float, at_last: SilentAtLast | ReadDifferentAtLast, detail: str) -> None:
        """Pause for another attempt, or end with the given event."""
        self.detail = detail
        if self._attempts_left == 0:
            self._step(at_last)
            return
        self._attempts_left -= 1
        self._step(TriedInVain())
        self._pause_over_s = now_s + self._settings.item_retry_s

    def _step(self, event: TransferEvent) -> None:
        self.state = follow(TRANSITIONS, self.state, event)

    def _new_upload(self) -> MissionUpload:
        system, component = self._target
        announcement = MissionCount(system, component, len(self.items), self.mission_type)
        return MissionUpload(announcement, self.items, self._settings)

    def _new_download(self) -> MissionDownload:
        system, component = self._target
        return MissionDownload(
            self.mission_type, target_system=system, target_component=component, settings=self._settings
        )


def _result_name(result: int | None) -> str:
    names: dict[int | None, str] = {each.value: each.name for each in MavMissionResult}
    return names.get(result, f"result {result}")
