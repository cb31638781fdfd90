"""Uploads to one vehicle, one after the other: an autopilot has one transfer at a time, over all its links."""

from __future__ import annotations

from collections import deque

from skystork.link.contract import TransferOutcome, TransferSettled
from skystork.link.messages import (
    MissionAck,
    MissionCount,
    MissionItemInt,
    MissionRequest,
    MissionRequestInt,
    Outgoing,
)
from skystork.link.mission_transfer import MissionTransfer
from skystork.link.service import LinkService

TransferMessage = MissionRequest | MissionRequestInt | MissionAck | MissionCount | MissionItemInt
"""What a vehicle says in a transfer."""

_REBOOTED = "the vehicle rebooted during the transfer"

Effect = Outgoing | TransferSettled
"""What must be sent, and what must be reported."""


class TransferQueue(LinkService):
    """Runs the first transfer and lets the others wait."""

    TAKES = (MissionRequest, MissionRequestInt, MissionAck, MissionCount, MissionItemInt)

    def __init__(self) -> None:
        self._transfers: deque[MissionTransfer] = deque()
        self.unexpected = 0
        """Messages of no transfer of ours."""

    def request(self, transfer: MissionTransfer, now_s: float) -> list[Effect]:
        """Begin a transfer, or queue it behind the ones before."""
        self._transfers.append(transfer)
        return [*transfer.start(now_s)] if len(self._transfers) == 1 else []

    def receive(self, message: TransferMessage, now_s: float) -> list[Effect]:
        """Give a message to the running transfer, where it is about its list."""
        if not self._transfers or message.mission_type != self._transfers[0].mission_type:
            self.unexpected += 1
            return []
        return [*self._transfers[0].receive(message, now_s), *self._settle(now_s)]

    def next_timer_s(self) -> float | None:
        """The running transfer's deadline."""
        return self._transfers[0].next_timer_s() if self._transfers else None

    def handle_timer(self, now_s: float) -> list[Effect]:
        """Act on the running transfer's deadline."""
        if not self._transfers:
            return []
        return [*self._transfers[0].handle_timer(now_s), *self._settle(now_s)]

    def forget(self, now_s: float) -> list[Effect]:
        """End every transfer: the vehicle has forgotten them."""
        settled: list[Effect] = []
        for transfer in self._transfers:
            transfer.abandon(_REBOOTED)
            settled.append(_settled(transfer, now_s, TransferOutcome.NO_ANSWER))
        self._transfers.clear()
        return settled

    def _settle(self, now_s: float) -> list[Effect]:
        """Report the running transfer where it has ended, and begin the next."""
        transfer = self._transfers[0]
        outcome = transfer.outcome
        if outcome is None:
            return []
        self._transfers.popleft()
        following = self._transfers[0].start(now_s) if self._transfers else ()
        return [_settled(transfer, now_s, outcome), *following]


def _settled(transfer: MissionTransfer, now_s: float, outcome: TransferOutcome) -> TransferSettled:
    return TransferSettled(
        now_s, transfer.request_id, transfer.mission_type, outcome, transfer.opaque_id, transfer.detail
    )
