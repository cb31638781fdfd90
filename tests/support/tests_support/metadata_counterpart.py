"""A counterpart that describes itself: it names its metadata and gives its files out, as PX4 does."""

from __future__ import annotations

import json
import lzma
import struct
import zlib

from pymavlink.dialects.v20 import common

from skystork_sim.autopilot_files import FileServer
from tests_support.px4_counterpart import Px4Counterpart

GENERAL, EVENTS = "etc/extras/component_general.json.xz", "etc/extras/all_events.json.xz"
TABLE = {
    "components": {
        "1": {
            "namespace": "x",
            "event_groups": {"default": {"events": {"7": {"name": "seven", "message": "Seven happened"}}}},
        }
    }
}
_METADATA, _METADATA_EXTRA = 397, 182  # COMPONENT_METADATA, common.xml of PX4 1.17
_EVENT, _EVENT_EXTRA = 410, 160


def crc32_of(data: bytes) -> int:
    """As PX4 computes it: begun with zero, not inverted."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


class MetadataCounterpart(Px4Counterpart):
    """``files`` may be changed before it is asked; ``told`` is what it tells of the first of them."""

    def __init__(self) -> None:
        super().__init__()
        table = lzma.compress(json.dumps(TABLE).encode())
        entry = {"type": 4, "uri": f"mftp://{EVENTS}", "fileCrc": crc32_of(table)}
        general = json.dumps({"version": 1, "metadataTypes": [{"type": 1, "uri": "mftp://p", "fileCrc": 1}, entry]})
        self.files = {GENERAL: lzma.compress(general.encode()), EVENTS: table}
        self.told: tuple[str, int] | None = (f"mftp://{GENERAL}", crc32_of(general.encode()))
        self.server = FileServer(self.files)
        self.frames_served = 0
        self.sequence = 65525

    def happen(self, event_id: int) -> None:
        """Send an event."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        payload = struct.pack("<IIHBBB40s", event_id, 1_000, self.sequence, 0, 0, 0x66, b"")
        self.send_raw(_EVENT, payload, _EVENT_EXTRA)

    def _on_command_long(self, message: common.MAVLink_command_long_message, now_s: float) -> None:
        if message.command == 512 and message.param1 == _METADATA:
            if self.told is None:
                self.send(self._ack(512, 2))
                return
            uri, crc = self.told
            self.send_raw(_METADATA, struct.pack("<II100s", 1_000, crc, uri.encode()), _METADATA_EXTRA)
        super()._on_command_long(message, now_s)

    def _on_file_transfer_protocol(self, message: common.MAVLink_file_transfer_protocol_message, now_s: float) -> None:
        for payload in self.server.answer(bytes(message.payload), now_s):
            self.frames_served += 1
            self.send(common.MAVLink_file_transfer_protocol_message(0, *self._peer, list(payload)))
