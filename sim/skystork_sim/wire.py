"""MAVLink frames of a simulated vehicle, by pymavlink's dialect and, where that lacks a field, by our own packing.

The dialect on PyPI is ArduPilot's: it lacks the extension fields in which PX4 1.17 tells the id of the plan on board
(MISSION_CURRENT, MISSION_ACK, MISSION_COUNT) and the message CURRENT_MODE. Extension fields follow the payload in
the order of common.xml and do not enter the checksum's seed, so they can be appended here.
"""

from __future__ import annotations

import struct
from typing import Any

from pymavlink.dialects.v20 import common

PLAN_IDS = struct.Struct("<III")  # MISSION_CURRENT: mission_id, fence_id, rally_points_id (common.xml)
CURRENT_MODE_ID = 436  # common.xml
CURRENT_MODE_CRC_EXTRA = 193  # checked against frames recorded from PX4 1.17.0
CURRENT_MODE_PAYLOAD = struct.Struct("<IIB")  # custom_mode, intended_custom_mode, standard_mode
PARAM_VALUE_PAYLOAD = struct.Struct("<4sHH16sB")  # the value as raw bytes: PX4 sends integers bytewise
METADATA = (397, 182, struct.Struct("<II100s"))  # COMPONENT_METADATA: id, CRC extra, payload (common.xml of PX4)
EVENT = (410, 160)
CURRENT_EVENT_SEQUENCE = (411, 106, struct.Struct("<HB"))
REQUEST_EVENT_LAYOUT = struct.Struct("<HHBB")  # first and last sequence, target system and component
REQUEST_EVENT = "REQUEST_EVENT"
RESPONSE_EVENT_ERROR = (413, 77, struct.Struct("<HHBBB"))
HEADER_LENGTH = 10  # MAVLink 2, mavlink.io, serialization
TEXT_LENGTH = 50  # STATUSTEXT.text, common.xml


class Wire:
    """Encoder and decoder of one vehicle; counts the sequence numbers.

    Parameters
    ----------
    system_id
        MAVLink system id of the vehicle, 1..250.
    component_id
        1 is MAV_COMP_ID_AUTOPILOT1.
    """

    def __init__(self, system_id: int, component_id: int = 1) -> None:
        self.system_id = system_id
        self.component_id = component_id
        self._codec: Any = common.MAVLink(None, srcSystem=system_id, srcComponent=component_id)
        self._codec.robust_parsing = True
        self._text_id = 0

    def decode(self, data: bytes) -> list[Any]:
        """Messages in a datagram; broken and unknown frames are left out."""
        messages: list[Any] = self._codec.parse_buffer(data) or []
        if self._codec.buf_len():
            self._codec.buf, self._codec.buf_index = bytearray(), 0  # a frame never spans two datagrams
        read = (_event_request(message) if message.get_type() == "UNKNOWN_412" else message for message in messages)
        return [message for message in read if message.get_msgId() >= 0 and not message.get_type().startswith("UNK")]

    def encode(self, message: Any) -> bytes:
        """One frame."""
        return self._counted(message.pack(self._codec))

    def mission_current(
        self, *, sequence: int, total: int, state: int, mode: int, plan_ids: tuple[int, int, int]
    ) -> bytes:
        """MISSION_CURRENT with the ids of mission, fence and rally points."""
        message = common.MAVLink_mission_current_message(sequence, total, state, mode)
        return self._extended(message, PLAN_IDS.pack(*plan_ids))

    def mission_ack(self, target: tuple[int, int], result: int, mission_type: int, opaque_id: int) -> bytes:
        """MISSION_ACK with the id of the plan it is about."""
        message = common.MAVLink_mission_ack_message(*target, result, mission_type)
        return self._extended(message, struct.pack("<I", opaque_id))

    def mission_count(self, target: tuple[int, int], count: int, mission_type: int, opaque_id: int) -> bytes:
        """MISSION_COUNT with the id of the plan that follows."""
        message = common.MAVLink_mission_count_message(*target, count, mission_type)
        return self._extended(message, struct.pack("<I", opaque_id))

    def current_mode(self, *, custom: int, intended: int, standard: int) -> bytes:
        """CURRENT_MODE, which the dialect does not have."""
        payload = CURRENT_MODE_PAYLOAD.pack(custom, intended, standard)
        return self.raw(CURRENT_MODE_ID, CURRENT_MODE_CRC_EXTRA, payload)

    def raw(self, message_id: int, crc_extra: int, payload: bytes) -> bytes:
        """A message that the dialect does not have, from its payload."""
        message = common.MAVLink_message(message_id, "RAW")
        return self._counted(message._pack(self._codec, crc_extra, payload))

    def component_metadata(self, boot_ms: int, crc: int, uri: str) -> bytes:
        """COMPONENT_METADATA: where the description of the vehicle lies."""
        number, extra, layout = METADATA
        return self._foreign(number, extra, layout.pack(boot_ms, crc, uri.encode()))

    def event(self, payload: bytes) -> bytes:
        """EVENT, packed."""
        return self._foreign(*EVENT, payload)

    def current_event_sequence(self, sequence: int, *, reset: bool) -> bytes:
        """CURRENT_EVENT_SEQUENCE."""
        number, extra, layout = CURRENT_EVENT_SEQUENCE
        return self._foreign(number, extra, layout.pack(sequence, int(reset)))

    def event_error(self, target: tuple[int, int], sequence: int, oldest: int) -> bytes:
        """RESPONSE_EVENT_ERROR: not kept any more."""
        number, extra, layout = RESPONSE_EVENT_ERROR
        return self._foreign(number, extra, layout.pack(sequence, oldest, *target, 0))

    def param_value(self, name: str, raw: bytes, kind: int, index: int, count: int) -> bytes:
        """PARAM_VALUE with the four bytes of the value as they are."""
        message = common.MAVLink_param_value_message(name.encode(), 0.0, kind, count, index)
        payload = PARAM_VALUE_PAYLOAD.pack(raw, count, index, name.encode(), kind)
        return self._counted(message._pack(self._codec, message.crc_extra, payload))

    def status_text(self, severity: int, text: str) -> list[bytes]:
        """STATUSTEXT, in chunks of 50 characters under one id, with PX4's trailing tab."""
        encoded = (text + "\t").encode()
        frames = []
        for chunk, start in enumerate(range(0, len(encoded), TEXT_LENGTH)):
            piece = encoded[start : start + TEXT_LENGTH]
            frames.append(
                self.encode(common.MAVLink_statustext_message(severity, piece, id=self._text_id, chunk_seq=chunk))
            )
        self._text_id = (self._text_id + 1) % 65_536
        return frames

    def _extended(self, message: Any, extension: bytes) -> bytes:
        plain = message.unpacker.pack(*(getattr(message, name) for name in message.ordered_fieldnames))
        return self._counted(message._pack(self._codec, message.crc_extra, plain + extension))

    def _foreign(self, number: int, crc_extra: int, payload: bytes) -> bytes:
        """A message that the dialect does not have."""
        message = common.MAVLink_message(number, str(number))
        return self._counted(message._pack(self._codec, crc_extra, payload))

    def _counted(self, frame: bytes) -> bytes:
        self._codec.seq = (self._codec.seq + 1) % 256
        return frame


def raw_param_value(message: Any) -> bytes:
    """The four bytes of PARAM_SET.param_value as sent, before any float is made of them."""
    return bytes(message.get_msgbuf()[HEADER_LENGTH : HEADER_LENGTH + 4])


class EventRequest:
    """REQUEST_EVENT, which the dialect does not have, as it has others."""

    def __init__(self, frame: bytes) -> None:
        payload = frame[HEADER_LENGTH : HEADER_LENGTH + frame[1]].ljust(REQUEST_EVENT_LAYOUT.size, b"\0")
        self.first_sequence, self.last_sequence, self.target_system, self.target_component = (
            REQUEST_EVENT_LAYOUT.unpack(payload[: REQUEST_EVENT_LAYOUT.size])
        )
        self._source = (frame[5], frame[6])

    def get_type(self) -> str:
        """As pymavlink names messages."""
        return REQUEST_EVENT

    def get_msgId(self) -> int:  # noqa: N802  (pymavlink's name)
        """As pymavlink numbers messages."""
        return 412

    def get_srcSystem(self) -> int:  # noqa: N802  (pymavlink's name)
        """Who asks."""
        return self._source[0]

    def get_srcComponent(self) -> int:  # noqa: N802  (pymavlink's name)
        """Who asks."""
        return self._source[1]


def _event_request(message: Any) -> EventRequest:
    return EventRequest(bytes(message.get_msgbuf()))
