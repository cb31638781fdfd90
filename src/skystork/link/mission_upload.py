"""Writing one list of items (mission, fence or rally points) to the vehicle.

Theory of operation
-------------------
We announce the number of items; the vehicle asks for them one by one and ends with MISSION_ACK (mavlink.io, mission
protocol). Who waits re-sends: we repeat the announcement until the first request, and from then on the vehicle repeats
its requests (PX4 each 0.26 s, giving up silently after 5 s), so that we only answer, in whatever order it asks.

What ends an upload:

* ACCEPTED after the last item was asked for: done;
* another result: refused, except ERROR before the first request, which is PX4's "busy with another transfer", and
  INVALID_SEQUENCE and OPERATION_CANCELLED, which are no verdict on the plan;
* silence after the last item was asked for: UNCONFIRMED, since the lost frame may have been the ACCEPTED itself. The
  read-back tells (mavlink.io has no other way; sending all again would reset a mission that is already flying);
* silence before: the vehicle has dropped the transfer.

An ERROR amid the transfer is ignored: PX4 says it to a duplicate of our announcement and goes on asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.contract import LinkSettings
from skystork.link.messages import (
    MavMissionResult,
    MissionAck,
    MissionCount,
    MissionItemInt,
    MissionRequest,
    MissionRequestInt,
)
from skystork.link.mission_items import VEHICLE_GIVES_UP_S
from skystork.link.transitions import expects, follow


class UploadState(StrEnum):
    """Where an upload stands."""

    ANNOUNCED = "announced"
    """MISSION_COUNT sent; nothing asked for yet."""
    CLEARING = "clearing"
    """MISSION_COUNT 0 sent: there is nothing to ask for, the answer may come at once."""
    SENDING = "sending"
    """The vehicle asks for items; the last not yet."""
    ALL_SENT = "all_sent"
    """The last item was asked for and sent."""
    ACCEPTED = "accepted"
    """The vehicle has said so."""
    UNCONFIRMED = "unconfirmed"
    """All was sent, but no answer came."""
    REFUSED = "refused"
    """The vehicle does not take this plan."""
    BUSY = "busy"
    """The vehicle takes no plan now."""
    SILENT = "silent"
    """The vehicle does not ask (any more)."""


@dataclass(frozen=True, slots=True)
class ItemRequested:
    """An item other than the last was asked for."""


@dataclass(frozen=True, slots=True)
class LastItemRequested:
    """The last item was asked for."""


@dataclass(frozen=True, slots=True)
class AckAccepted:
    """MISSION_ACK ACCEPTED came, and may be meant for this upload."""


@dataclass(frozen=True, slots=True)
class AckRefused:
    """MISSION_ACK came with a verdict against the plan."""


@dataclass(frozen=True, slots=True)
class AckBusy:
    """MISSION_ACK ERROR came."""


@dataclass(frozen=True, slots=True)
class AnnouncementDue:
    """No request within the retry time; a retry is left."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """Nothing came for longer than the vehicle would stay silent."""


TRANSITIONS: Mapping[UploadState, Mapping[type, UploadState]] = MappingProxyType(
    {
        UploadState.ANNOUNCED: {
            ItemRequested: UploadState.SENDING,
            LastItemRequested: UploadState.ALL_SENT,
            AckRefused: UploadState.REFUSED,
            AckBusy: UploadState.BUSY,
            AnnouncementDue: UploadState.ANNOUNCED,
            WentSilent: UploadState.SILENT,
        },
        UploadState.CLEARING: {
            AckAccepted: UploadState.ACCEPTED,
            AckRefused: UploadState.REFUSED,
            AckBusy: UploadState.BUSY,
            AnnouncementDue: UploadState.CLEARING,
            WentSilent: UploadState.UNCONFIRMED,
        },
        UploadState.SENDING: {
            ItemRequested: UploadState.SENDING,
            LastItemRequested: UploadState.ALL_SENT,
            AckRefused: UploadState.REFUSED,
            WentSilent: UploadState.SILENT,
        },
        UploadState.ALL_SENT: {
            ItemRequested: UploadState.ALL_SENT,
            LastItemRequested: UploadState.ALL_SENT,
            AckAccepted: UploadState.ACCEPTED,
            AckRefused: UploadState.REFUSED,
            WentSilent: UploadState.UNCONFIRMED,
        },
        UploadState.ACCEPTED: {},
        UploadState.UNCONFIRMED: {},
        UploadState.REFUSED: {},
        UploadState.BUSY: {},
        UploadState.SILENT: {},
    }
)

INITIAL = frozenset({UploadState.ANNOUNCED, UploadState.CLEARING})

TERMINAL = frozenset(
    {
        UploadState.ACCEPTED,
        UploadState.UNCONFIRMED,
        UploadState.REFUSED,
        UploadState.BUSY,
        UploadState.SILENT,
    }
)

_NO_VERDICT = frozenset({MavMissionResult.INVALID_SEQUENCE, MavMissionResult.OPERATION_CANCELLED})


class MissionUpload:
    """One attempt to write a list of items; an empty list clears.

    Parameters
    ----------
    announcement
        The MISSION_COUNT that opens it.
    items
        In order of their sequence.
    settings
        Retry times.
    """

    def __init__(self, announcement: MissionCount, items: Sequence[MissionItemInt], settings: LinkSettings) -> None:
        self.state = UploadState.ANNOUNCED if items else UploadState.CLEARING
        self.refusal: int | None = None
        """MAV_MISSION_RESULT of a refused upload."""
        self.opaque_id: int | None = None
        """The vehicle's id of the plan, where it sent one."""
        self.unexpected = 0
        """Messages that had no place in the transfer."""
        self._announcement = announcement
        self._items = items
        self._settings = settings
        self._announcements_left = settings.transfer_retries
        self._deadline_s = 0.0

    def start(self, now_s: float) -> list[MissionCount]:
        """Open the transfer; returns what must be sent."""
        self._deadline_s = now_s + self._settings.transfer_retry_s
        return [self._announcement]

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive_request(self, request: MissionRequest | MissionRequestInt, now_s: float) -> list[MissionItemInt]:
        """Answer a request, also after the end: a vehicle that still asks has not got all."""
        if not 0 <= request.seq < len(self._items):
            self.unexpected += 1
            return []
        event = LastItemRequested() if request.seq == len(self._items) - 1 else ItemRequested()
        if expects(TRANSITIONS, self.state, event):
            self.state = follow(TRANSITIONS, self.state, event)
            last = self.state is UploadState.ALL_SENT
            self._deadline_s = now_s + (self._settings.transfer_retry_s if last else VEHICLE_GIVES_UP_S)
        return [self._items[request.seq]]

    def receive_ack(self, ack: MissionAck) -> None:
        """Take the vehicle's verdict."""
        if ack.type in _NO_VERDICT:
            self.unexpected += 1
            return
        event = _classify(ack)
        if not expects(TRANSITIONS, self.state, event):
            self.unexpected += 1
            return
        self.state = follow(TRANSITIONS, self.state, event)
        if self.state is UploadState.ACCEPTED:
            self.opaque_id = ack.opaque_id or None
        elif self.state is UploadState.REFUSED:
            self.refusal = ack.type

    def handle_timer(self, now_s: float) -> list[MissionCount]:
        """Act on a passed deadline; returns what must be sent again."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return []
        if self.state not in INITIAL or self._announcements_left == 0:
            self.state = follow(TRANSITIONS, self.state, WentSilent())
            return []
        self.state = follow(TRANSITIONS, self.state, AnnouncementDue())
        self._announcements_left -= 1
        self._deadline_s = now_s + self._settings.transfer_retry_s
        return [self._announcement]


def _classify(ack: MissionAck) -> AckAccepted | AckBusy | AckRefused:
    if ack.type == MavMissionResult.ACCEPTED:
        return AckAccepted()
    return AckBusy() if ack.type == MavMissionResult.ERROR else AckRefused()
