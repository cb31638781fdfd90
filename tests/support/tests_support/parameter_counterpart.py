"""The parameter side of a vehicle for tests, written with pymavlink: PX4 1.17's, and ArduPilot's where asked.

PX4: integers bytewise, silent about unknown names and wrong types, a hash of all but the volatile ones under
``_HASH_CHECK`` (first in its stream, index 65535), a written value told twice. ArduPilot: integers cast, no hash.
"""

from __future__ import annotations

import struct

from pymavlink.dialects.v20 import common

from tests_support.px4_counterpart import Px4Counterpart

INT32, REAL32, UINT32 = 6, 9, 5
NO_INDEX = 65_535
_VALUE_EXTRA = 220


def crc32_without_inversions(data: bytes, register: int) -> int:
    """PX4's crc32part, bit by bit from its definition: polynomial 0xEDB88320, nothing inverted."""
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return register


class ParameterCounterpart(Px4Counterpart):
    """A vehicle with parameters: name to value, an ``int`` being an INT32."""

    def __init__(self, values: dict[str, int | float], system_id: int = 1, *, casts: bool = False) -> None:
        super().__init__(system_id, autopilot=3 if casts else 12)
        self.values = dict(sorted(values.items()))
        self.volatile: set[str] = set()
        self.stubborn: dict[str, int | float] = {}
        """Parameters that keep their value, whatever is written."""
        self.withheld: set[int] = set()
        """Indices that are never told."""
        self.mute_writes = False
        self.mute_parameters = False
        self.hash_spoilt = False
        self.casts = casts
        if casts:
            self.custom_mode = 5
        self.asked_for_all = 0

    def told(self, kind: str) -> list[common.MAVLink_message]:
        return [each for each in self.received if each.get_type() == kind]

    def tell(self, name: str) -> None:
        """PARAM_VALUE of one parameter, asked for or not."""
        value = self.values[name]
        self._tell(name, self._raw(value), INT32 if isinstance(value, int) else REAL32, list(self.values).index(name))

    def tell_hash(self) -> None:
        register = 0
        for name, value in self.values.items():
            if name not in self.volatile:
                register = crc32_without_inversions(name.encode() + self._raw(value), register)
        self._tell("_HASH_CHECK", struct.pack("<I", register ^ self.hash_spoilt), UINT32, NO_INDEX)

    def _raw(self, value: float) -> bytes:
        as_integer = isinstance(value, int) and not self.casts
        return struct.pack("<i", value) if as_integer else struct.pack("<f", value)

    def _tell(self, name: str, raw: bytes, kind: int, index: int) -> None:
        if not self.mute_parameters and index not in self.withheld:
            payload = raw + struct.pack("<HH16sB", len(self.values), index, name.encode(), kind)
            self.send_raw(22, payload, _VALUE_EXTRA)

    def _on_param_request_list(self, message: common.MAVLink_param_request_list_message, now_s: float) -> None:
        self.asked_for_all += 1
        if not self.casts:
            self.tell_hash()
        for name in self.values:
            self.tell(name)

    def _on_param_request_read(self, message: common.MAVLink_param_request_read_message, now_s: float) -> None:
        if message.param_index >= 0:
            if message.param_index < len(self.values):
                self.tell(list(self.values)[message.param_index])
        elif message.param_id == "_HASH_CHECK" and not self.casts:
            self.tell_hash()
        elif message.param_id in self.values:
            self.tell(message.param_id)

    def _on_param_set(self, message: common.MAVLink_param_set_message, now_s: float) -> None:
        name = message.param_id
        if self.mute_writes or name not in self.values:
            return
        whole = isinstance(self.values[name], int)
        if not self.casts and message.param_type != (INT32 if whole else REAL32):
            return
        raw = bytes(message.get_msgbuf()[10:14]).ljust(4, b"\0")
        told: float = struct.unpack("<i" if whole and not self.casts else "<f", raw)[0]
        if name not in self.stubborn:
            self.values[name] = int(told) if whole else told
        self.tell(name)
        if not self.casts:
            self.tell(name)
