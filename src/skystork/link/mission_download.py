"""Reading one list of items back from the vehicle.

Theory of operation
-------------------
We ask for the list; the vehicle answers with the number of items; we ask for each in turn and end with MISSION_ACK
(mavlink.io, mission protocol). Here it is we who wait, so it is we who repeat: the request for the list after the
transfer's retry time, the request for an item after the item's. PX4 keeps the transfer open for 5 s after our last
request, therefore an item is asked for that long before the download is given up.

The closing MISSION_ACK is not optional: without it PX4 stays busy for 5 s and refuses the next transfer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.contract import LinkSettings, MissionType
from skystork.link.messages import (
    MavMissionResult,
    MissionAck,
    MissionCount,
    MissionItemInt,
    MissionRequestInt,
    MissionRequestList,
)
from skystork.link.mission_items import VEHICLE_GIVES_UP_S
from skystork.link.transitions import expects, follow


class DownloadState(StrEnum):
    """Where a download stands."""

    ASKED = "asked"
    """The list was asked for; no number of items yet."""
    READING = "reading"
    """Items come one by one."""
    COMPLETE = "complete"
    """All items are here and the transfer is closed."""
    REFUSED = "refused"
    """The vehicle does not give this list."""
    SILENT = "silent"
    """The vehicle does not answer (any more)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of items came; there are some."""


@dataclass(frozen=True, slots=True)
class CountedNone:
    """The number of items came; it is 0."""


@dataclass(frozen=True, slots=True)
class ItemRead:
    """The item asked for came; more are missing."""


@dataclass(frozen=True, slots=True)
class LastItemRead:
    """The last item came."""


@dataclass(frozen=True, slots=True)
class AckRefused:
    """MISSION_ACK came instead of the number of items."""


@dataclass(frozen=True, slots=True)
class RequestDue:
    """No answer within the retry time; a retry is left."""


@dataclass(frozen=True, slots=True)
class WentSilent:
    """All retries went unanswered."""


DownloadEvent = Counted | CountedNone | ItemRead | LastItemRead | AckRefused | RequestDue | WentSilent

TRANSITIONS: Mapping[DownloadState, Mapping[type, DownloadState]] = MappingProxyType(
    {
        DownloadState.ASKED: {
            Counted: DownloadState.READING,
            CountedNone: DownloadState.COMPLETE,
            AckRefused: DownloadState.REFUSED,
            RequestDue: DownloadState.ASKED,
            WentSilent: DownloadState.SILENT,
        },
        DownloadState.READING: {
            ItemRead: DownloadState.READING,
            LastItemRead: DownloadState.COMPLETE,
            RequestDue: DownloadState.READING,
            WentSilent: DownloadState.SILENT,
        },
        DownloadState.COMPLETE: {},
        DownloadState.REFUSED: {},
        DownloadState.SILENT: {},
    }
)

TERMINAL = frozenset({DownloadState.COMPLETE, DownloadState.REFUSED, DownloadState.SILENT})

DownloadMessage = MissionRequestList | MissionRequestInt | MissionAck


class MissionDownload:
    """One attempt to read a list of items.

    Parameters
    ----------
    mission_type
        Which list.
    target_system, target_component
        The vehicle's autopilot.
    settings
        Retry times.
    """

    def __init__(
        self, mission_type: MissionType, *, target_system: int, target_component: int, settings: LinkSettings
    ) -> None:
        self.state = DownloadState.ASKED
        self.items: list[MissionItemInt] = []
        """Read so far, in order."""
        self.opaque_id: int | None = None
        """The vehicle's id of the list, where it sent one."""
        self.unexpected = 0
        """Messages that had no place in the transfer."""
        self._type = mission_type
        self._target = (target_system, target_component)
        self._settings = settings
        self._count = 0
        self._deadline_s = 0.0
        self._given_up_s = 0.0

    def start(self, now_s: float) -> list[DownloadMessage]:
        """Ask for the list; returns what must be sent."""
        self._given_up_s = now_s + (self._settings.transfer_retries + 1) * self._settings.transfer_retry_s
        return self._ask(now_s)

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None once ended."""
        return None if self.state in TERMINAL else self._deadline_s

    def receive_count(self, count: MissionCount, now_s: float) -> list[DownloadMessage]:
        """Take the number of items."""
        event = Counted() if count.count else CountedNone()
        if not self._step(event):
            return []
        self._count = count.count
        self.opaque_id = count.opaque_id or None
        return self._ask_next_item(now_s)

    def receive_item(self, item: MissionItemInt, now_s: float) -> list[DownloadMessage]:
        """Take an item; one that was not asked for just now is a duplicate."""
        if item.seq != len(self.items):
            self.unexpected += 1
            return []
        event = LastItemRead() if item.seq == self._count - 1 else ItemRead()
        if not self._step(event):
            return []
        self.items.append(item)
        return self._ask_next_item(now_s)

    def receive_ack(self, ack: MissionAck) -> None:
        """Take a refusal; ACCEPTED and ERROR are stragglers of the upload before."""
        if ack.type in (MavMissionResult.ACCEPTED, MavMissionResult.ERROR) or not self._step(AckRefused()):
            self.unexpected += 1

    def handle_timer(self, now_s: float) -> list[DownloadMessage]:
        """Act on a passed deadline; returns what must be sent again."""
        if self.state in TERMINAL or now_s < self._deadline_s:
            return []
        if now_s >= self._given_up_s:
            self._step(WentSilent())
            return []
        self._step(RequestDue())
        return self._ask(now_s)

    def _step(self, event: DownloadEvent) -> bool:
        if not expects(TRANSITIONS, self.state, event):
            self.unexpected += 1
            return False
        self.state = follow(TRANSITIONS, self.state, event)
        return True

    def _ask_next_item(self, now_s: float) -> list[DownloadMessage]:
        self._given_up_s = now_s + VEHICLE_GIVES_UP_S
        return self._ask(now_s)

    def _ask(self, now_s: float) -> list[DownloadMessage]:
        """Send what the present state waits for an answer to, or close the transfer."""
        system, component = self._target
        if self.state is DownloadState.COMPLETE:
            return [MissionAck(system, component, MavMissionResult.ACCEPTED, self._type)]
        if self.state is DownloadState.READING:
            self._deadline_s = min(now_s + self._settings.item_retry_s, self._given_up_s)
            return [MissionRequestInt(system, component, len(self.items), self._type)]
        self._deadline_s = min(now_s + self._settings.transfer_retry_s, self._given_up_s)
        return [MissionRequestList(system, component, self._type)]
