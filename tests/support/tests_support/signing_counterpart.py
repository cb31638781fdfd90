"""The counterpart of the link with a signing key, signing as pymavlink does: it obeys nothing unsigned."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from hashlib import sha256

from pymavlink.dialects.v20 import common

from tests_support.px4_counterpart import Px4Counterpart

EPOCH_S = 1_420_070_400
TICKS_PER_S = 100_000


def ticks(at_s: float) -> int:
    return round((at_s - EPOCH_S) * TICKS_PER_S)


class SigningCounterpart(Px4Counterpart):
    """A vehicle that signs once it has a key; its clock stands still and follows ours, as PX4's."""

    def __init__(self, system_id: int = 1, *, key: bytes | None = None, clock_s: float = 0.0, link_id: int = 2) -> None:
        super().__init__(system_id)
        self.refused = 0
        """Frames it did not obey."""
        self.provisioned: list[int] = []
        """Initial timestamps of the keys it was given."""
        self.mav.signing.link_id = link_id
        if key is not None:
            self.take_key(key, ticks(clock_s))

    def take_key(self, key: bytes, timestamp: int) -> None:
        self.mav.signing.secret_key = key
        self.mav.signing.timestamp = timestamp
        self.mav.signing.sign_outgoing = True

    def forget_key(self) -> None:
        """As with a new memory card."""
        self.mav.signing.secret_key, self.mav.signing.sign_outgoing = None, False

    def lose_clock(self, clock_s: float, now_s: float) -> None:
        """Reboot: the streams are forgotten and the time is that of the provisioning."""
        self.reboot(now_s)
        self.mav.signing.timestamp = ticks(clock_s)
        self.mav.signing.stream_timestamps.clear()

    def send_raw(self, message_id: int, payload: bytes, crc_extra: int) -> None:
        if not self.mav.signing.sign_outgoing:
            super().send_raw(message_id, payload, crc_extra)
            return
        payload = payload.rstrip(b"\0") or b"\0"
        head = struct.pack("<BBBBBBHB", len(payload), 1, 0, self.mav.seq, self.system_id, 1, message_id, 0)
        body = b"\xfd" + head + payload
        body += struct.pack("<H", common.x25crc(head + payload + bytes([crc_extra])).crc)
        body += struct.pack("<BQ", self.mav.signing.link_id, self.mav.signing.timestamp)[:7]
        self.mav.signing.timestamp += 1
        self.mav.seq = (self.mav.seq + 1) % 256
        if not self.silent:
            self.outbox.append(body + sha256(self.mav.signing.secret_key + body).digest()[:6])

    def _parsed(self, data: bytes) -> Iterator[common.MAVLink_message]:
        for message in self.mav.parse_buffer(data) or ():
            if message.get_type() == "BAD_DATA":
                self.refused += 1
            else:
                yield message

    def _on_setup_signing(self, message: common.MAVLink_setup_signing_message, now_s: float) -> None:
        if self.armed or message.target_system != self.system_id:
            return
        self.provisioned.append(message.initial_timestamp)
        self.take_key(bytes(message.secret_key), message.initial_timestamp)
