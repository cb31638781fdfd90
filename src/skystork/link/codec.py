"""MAVLink frames to messages and back: the one door of pymavlink.

Only pymavlink's tables are used (names, formats, CRC extras of the ``common`` dialect); walking the bytes is done
here, because a fleet sends tens of thousands of frames a second of which a third matter: every frame has its length
and checksum proven, and only messages of interest are unpacked. A frame is taken or refused exactly as pymavlink's
own parser does, except that each datagram stands alone: a frame cut off by its end is dropped, not awaited.

The packaged dialect is ArduPilot's and lacks fields and messages of PX4's; they are added here by hand (PX4 1.17,
``mavlink/message_definitions/v1.0/common.xml`` and ``standard.xml``).

Signed frames are handed on with their bytes; what a signature is worth is ``signing.py``'s affair.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, get_args

from fastcrc import crc16
from pymavlink.dialects.v20 import common

from skystork.errors import LinkUsageError
from skystork.link import messages
from skystork.link.messages import Heartbeat, Incoming, Message, Outgoing
from skystork.link.service_messages import SERVICE_MESSAGE_IDS

_checksum = crc16.mcrf4xx  # CRC-16/MCRF4XX, mavlink.io, serialization
_MAGIC_1, _MAGIC_2 = 0xFE, 0xFD  # mavlink.io, serialization
_HEADER_1, _HEADER_2, _CHECKSUM, _SIGNATURE = 6, 10, 2, 13  # lengths [bytes], mavlink.io, serialization
_SIGNED = 0x01  # MAVLINK_IFLAG_SIGNED; a frame with any other incompatibility flag must be refused

_PX4_EXTENSIONS: dict[int, tuple[str, tuple[str, ...]]] = {
    common.MAVLINK_MSG_ID_MISSION_CURRENT: ("III", ("mission_id", "fence_id", "rally_points_id")),
    common.MAVLINK_MSG_ID_MISSION_COUNT: ("I", ("opaque_id",)),
    common.MAVLINK_MSG_ID_MISSION_ACK: ("I", ("opaque_id",)),
}
"""Fields PX4 sends after those the packaged dialect knows: (struct format, names)."""

_PX4_MESSAGES: dict[int, tuple[str, tuple[str, ...]]] = {
    397: ("<II100s", ("time_boot_ms", "file_crc", "uri")),
    410: (
        "<IIHBBB40s",
        (
            "id",
            "event_time_boot_ms",
            "sequence",
            "destination_component",
            "destination_system",
            "log_levels",
            "arguments",
        ),
    ),
    411: ("<HB", ("sequence", "flags")),
    412: ("<HHBB", ("first_sequence", "last_sequence", "target_system", "target_component")),
    413: ("<HHBBB", ("sequence", "sequence_oldest_available", "target_system", "target_component", "reason")),
    436: ("<IIB", ("custom_mode", "intended_custom_mode", "standard_mode")),
}
"""Messages of interest the packaged dialect lacks: (struct format, names in wire order)."""

_AS_BYTES = frozenset({common.MAVLINK_MSG_ID_PARAM_VALUE, common.MAVLINK_MSG_ID_PARAM_SET})
"""Messages whose first field, a float by name, holds the four bytes of whatever the parameter's type says."""

_PX4_CRC_EXTRAS = {8: 117, 380: 232, 397: 182, 410: 160, 411: 106, 412: 33, 413: 77, 436: 193, 441: 169}
"""CRC extras of the messages above and of all PX4 1.17 streams by default that the packaged dialect lacks, so that
their frames are proven and not missed in the sequence: LINK_NODE_STATUS, TIME_ESTIMATE_TO_TARGET, COMPONENT_METADATA,
EVENT, CURRENT_EVENT_SEQUENCE, REQUEST_EVENT, RESPONSE_EVENT_ERROR, CURRENT_MODE, GNSS_INTEGRITY. Each is the only
value that fits every recorded frame of its message, or computed from PX4 1.17's own definition of it."""

MESSAGE_IDS: dict[type[Message], int] = {
    messages.Heartbeat: 0,
    messages.SysStatus: 1,
    messages.SystemTime: 2,
    messages.ParamRequestRead: 20,
    messages.ParamRequestList: 21,
    messages.ParamValue: 22,
    messages.ParamSet: 23,
    messages.GlobalPositionInt: 33,
    messages.MissionRequest: 40,
    messages.MissionSetCurrent: 41,
    messages.MissionCurrent: 42,
    messages.MissionRequestList: 43,
    messages.MissionCount: 44,
    messages.MissionItemReached: 46,
    messages.MissionAck: 47,
    messages.MissionRequestInt: 51,
    messages.MissionItemInt: 73,
    messages.CommandInt: 75,
    messages.CommandLong: 76,
    messages.CommandAck: 77,
    messages.DistanceSensor: 132,
    messages.BatteryStatus: 147,
    messages.HomePosition: 242,
    messages.ExtendedSysState: 245,
    messages.StatusTextMessage: 253,
    messages.CurrentMode: 436,
}
MESSAGE_IDS.update(SERVICE_MESSAGE_IDS.items())


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one message lies in its payload."""

    packing: struct.Struct
    crc_extra: int
    indices: tuple[int, ...]
    """Where each field of our tuple stands among the unpacked values."""
    blank: tuple[Any, ...]
    """All values zero or empty."""


_FIELD = re.compile(r"\d*[a-zA-Z]")  # one field of a struct format: how many, and of which type
_BYTES = re.compile(r"(\d+)B")  # an array of uint8_t is taken as one value of bytes, not as so many numbers


def _wire_form(message_id: int) -> tuple[str, tuple[str, ...], tuple[int, ...], int]:
    """Struct format, field names in wire order, the index of each among the unpacked values, and the CRC extra."""
    if message_id in _PX4_MESSAGES:
        form, px4_names = _PX4_MESSAGES[message_id]
        return form, px4_names, tuple(range(len(px4_names))), _PX4_CRC_EXTRAS[message_id]
    definition = common.mavlink_map[message_id]
    names: list[str] = []
    starts: list[int] = []
    start = 0
    form = _BYTES.sub(r"\1s", definition.unpacker.format)
    kinds = _FIELD.findall(form)
    for name, length in zip(definition.ordered_fieldnames, definition.lengths, strict=True):
        names.append(name)
        starts.append(start)
        start += 1 if kinds[len(names) - 1].endswith("s") else length
    extra_form, extra_names = _PX4_EXTENSIONS.get(message_id, ("", ()))
    new_names = [name for name in extra_names if name not in names]
    if len(new_names) not in (0, len(extra_names)):
        raise ImportError(f"pymavlink's {definition.msgname} has part of PX4's fields; bring _PX4_EXTENSIONS up to it")
    form += extra_form if new_names else ""
    if message_id in _AS_BYTES:
        form = form.replace("<f", "<4s", 1)
    starts.extend(range(start, start + len(new_names)))
    return form, (*names, *new_names), tuple(starts), definition.crc_extra


def _layout(message_type: type[Message], message_id: int) -> _Layout:
    form, names, starts, crc_extra = _wire_form(message_id)
    where = dict(zip(names, starts, strict=True))
    packing = struct.Struct(form)
    blank = packing.unpack(bytes(packing.size))
    return _Layout(packing, crc_extra, tuple(where[name] for name in message_type._fields), blank)


_LAYOUTS: dict[type[Message], _Layout] = {kind: _layout(kind, number) for kind, number in MESSAGE_IDS.items()}


Decoder = Callable[[bytes, int, int], Incoming]
"""Reads the payload that lies between two places of a datagram."""


def _decoder(message_type: type[Any]) -> Decoder:
    layout = _LAYOUTS[message_type]
    wanted = sorted(layout.indices)
    packing = _only(layout.packing.format, frozenset(wanted))
    size, unpack, unpack_from = packing.size, packing.unpack, packing.unpack_from
    # A third of the time of the named tuple's own constructor.
    make: Callable[[Any], Incoming] = partial(tuple.__new__, message_type)
    pick = itemgetter(*map(wanted.index, layout.indices)) if wanted != [*layout.indices] else None

    def decode(data: bytes, start: int, end: int) -> Incoming:
        trimmed = end - start < size  # MAVLink 2 leaves out trailing zeros of the payload
        values = unpack(data[start:end].ljust(size, b"\0")) if trimmed else unpack_from(data, start)
        return make(values if pick is None else pick(values))

    return decode


def _only(form: str, wanted: frozenset[int]) -> struct.Struct:
    """The packing of some of the values; the others are passed over, which is much of the time of a long message."""
    parts: list[str] = []
    index = 0
    for kind in _FIELD.findall(form):
        count, letter = int(kind[:-1] or 1), kind[-1]
        values = (kind,) if letter == "s" else (letter,) * count
        for value in values:
            parts.append(value if index in wanted else f"{struct.calcsize('<' + value)}x")
            index += 1
    return struct.Struct("<" + "".join(parts))


_DECODERS: dict[int, Decoder] = {MESSAGE_IDS[kind]: _decoder(kind) for kind in get_args(Incoming)}
_CRC_EXTRAS: dict[int, bytes] = {
    number: bytes((crc_extra,))
    for number, crc_extra in (
        *_PX4_CRC_EXTRAS.items(),
        *((number, definition.crc_extra) for number, definition in common.mavlink_map.items()),
    )
}


class Frame(NamedTuple):
    """One frame whose length and checksum are right."""

    system_id: int
    component_id: int
    sequence: int
    message_id: int
    message: Incoming | None
    """None where the link has no use for the message."""
    signed: bytes | None = None
    """The whole frame as it came, where it carries a signature; nobody has judged it yet."""


@dataclass(slots=True)
class FrameCounters:
    """What a parser has met; it counts, therefore it is not frozen."""

    frames: int = 0
    """Frames taken."""
    bad_checksum: int = 0
    """Frames whose checksum was wrong, or with an incompatibility flag we do not know."""
    unknown: int = 0
    """Frames of messages no table has, so that their checksum cannot be proven; skipped."""
    dropped_bytes: int = 0
    """Bytes that belonged to no frame: garbage, or a frame cut off by the datagram's end."""


_new_frame: Callable[[tuple[object, ...]], Frame] = partial(tuple.__new__, Frame)
_KNOWN: dict[int, tuple[bytes, Decoder | None]] = {
    number: (crc_extra, _DECODERS.get(number)) for number, crc_extra in _CRC_EXTRAS.items()
}
_SHORTEST, _LONGEST = _HEADER_2 + _CHECKSUM, _HEADER_2 + 255 + _CHECKSUM  # frames without signature [bytes]
_WHOLE_FRAMES = tuple(struct.Struct(f"<BBBxBBBHB{length}xH").unpack for length in range(256))
"""A MAVLink 2 frame by its payload's length: magic, payload length, incompatibility flags, sequence, system, component,
message id in two parts, checksum."""


class FrameParser:
    """Walks datagrams; holds nothing between them but its counters."""

    def __init__(self) -> None:
        self.counters = FrameCounters()

    def parse(self, datagram: bytes) -> Sequence[Frame]:
        """Return the frames of one datagram, in order; whatever is no frame is skipped and counted.

        What a fleet sends nearly always, one sound MAVLink 2 frame without signature, is read without a walk; any
        doubt is left to the walk, which knows every case.
        """
        end = len(datagram)
        if _SHORTEST <= end <= _LONGEST:
            magic, length, flags, sequence, system_id, component_id, low, high, checksum = _WHOLE_FRAMES[
                end - _SHORTEST
            ](datagram)
            message_id = low | high << 16
            known = _KNOWN.get(message_id)
            if magic == _MAGIC_2 and not flags and length == end - _SHORTEST and known is not None:
                crc_extra, decode = known
                if checksum == _checksum(datagram[1:-2] + crc_extra):
                    self.counters.frames += 1
                    message = None if decode is None else decode(datagram, _HEADER_2, end - _CHECKSUM)
                    return (_new_frame((system_id, component_id, sequence, message_id, message, None)),)
        return self._walk(datagram, end)

    def _walk(self, datagram: bytes, end: int) -> list[Frame]:
        frames: list[Frame] = []
        position = 0
        while position < end:
            magic = datagram[position]
            if magic == _MAGIC_2:
                position = self._parse_2(datagram, position, end, frames)
            elif magic == _MAGIC_1:
                position = self._parse_1(datagram, position, end, frames)
            else:
                position += 1
                self.counters.dropped_bytes += 1
        return frames

    def _parse_2(self, datagram: bytes, start: int, end: int, frames: list[Frame]) -> int:
        """Take one MAVLink 2 frame; returns where the next begins."""
        if end - start < _HEADER_2 + _CHECKSUM:
            return self._cut_off(start, end)
        payload_end = start + _HEADER_2 + datagram[start + 1]
        flags = datagram[start + 2]
        after = payload_end + _CHECKSUM + (_SIGNATURE if flags & _SIGNED else 0)
        if after > end:
            return self._cut_off(start, end)
        message_id = datagram[start + 7] | datagram[start + 8] << 8 | datagram[start + 9] << 16
        if flags & ~_SIGNED:
            self.counters.bad_checksum += 1
        elif self._proven(datagram, start, payload_end, message_id):
            decoder = _DECODERS.get(message_id)
            message = decoder(datagram, start + _HEADER_2, payload_end) if decoder else None
            signed = datagram[start:after] if flags else None
            frames.append(
                Frame(datagram[start + 5], datagram[start + 6], datagram[start + 4], message_id, message, signed)
            )
        return after

    def _parse_1(self, datagram: bytes, start: int, end: int, frames: list[Frame]) -> int:
        """Take one MAVLink 1 frame; returns where the next begins."""
        if end - start < _HEADER_1 + _CHECKSUM:
            return self._cut_off(start, end)
        payload_end = start + _HEADER_1 + datagram[start + 1]
        after = payload_end + _CHECKSUM
        if after > end:
            return self._cut_off(start, end)
        message_id = datagram[start + 5]
        if self._proven(datagram, start, payload_end, message_id):
            decoder = _DECODERS.get(message_id)
            message = decoder(datagram, start + _HEADER_1, payload_end) if decoder else None
            frames.append(Frame(datagram[start + 3], datagram[start + 4], datagram[start + 2], message_id, message))
        return after

    def _proven(self, datagram: bytes, start: int, payload_end: int, message_id: int) -> bool:
        crc_extra = _CRC_EXTRAS.get(message_id)
        if crc_extra is None:
            self.counters.unknown += 1
            return False
        computed = _checksum(datagram[start + 1 : payload_end] + crc_extra)
        if computed != datagram[payload_end] | datagram[payload_end + 1] << 8:
            self.counters.bad_checksum += 1
            return False
        self.counters.frames += 1
        return True

    def _cut_off(self, start: int, end: int) -> int:
        self.counters.dropped_bytes += end - start
        return end


def crc_extra_of(message_id: int) -> bytes | None:
    """The byte that a message's layout adds under its checksum; None for a message no table has."""
    return _CRC_EXTRAS.get(message_id)


def crc_extras(*, read: bool) -> dict[int, int]:
    """The extra byte of each message in the tables, by its id: of those that the link reads, or of all others."""
    return {number: extra[0] for number, (extra, decoder) in _KNOWN.items() if (decoder is not None) is read}


def decode_proven(datagram: bytes) -> Incoming | None:
    """The message of one whole MAVLink 2 frame whose checksum was found right; None where nobody reads it."""
    decode = _DECODERS.get(datagram[7] | datagram[8] << 8 | datagram[9] << 16)
    return None if decode is None else decode(datagram, _HEADER_2, len(datagram) - _CHECKSUM)


def checksum_of(body: bytes) -> int:
    """MAVLink's checksum of a frame's bytes from behind the magic one to the payload's end, and the extra byte."""
    return _checksum(body)


class FrameEncoder:
    """Writes MAVLink 2 frames in the name of one station, numbering them for one link.

    Parameters
    ----------
    system_id, component_id
        Ours.
    """

    def __init__(self, system_id: int, component_id: int) -> None:
        self._source = bytes((system_id, component_id))
        self._sequence = 0

    def encode(self, message: Outgoing) -> bytes:
        """Return the frame of a message.

        Raises
        ------
        LinkUsageError
            A field is not of its wire type's range (e.g. a count above 65535).
        """
        write = _write_beat if type(message) is Heartbeat else _write
        frame = write(message, self._source, self._sequence)
        self._sequence = (self._sequence + 1) & 0xFF
        return frame


def _write(message: Outgoing, source: bytes, sequence: int) -> bytes:
    layout = _LAYOUTS[type(message)]
    values = list(layout.blank)
    for index, value in zip(layout.indices, message, strict=True):
        values[index] = value
    try:
        payload = layout.packing.pack(*values)
    except (struct.error, OverflowError) as error:
        raise LinkUsageError(f"{message} cannot be written: {error}; mend the value") from error
    payload = payload.rstrip(b"\0") or b"\0"  # mavlink.io: trim zeros, but never the first byte
    message_id = MESSAGE_IDS[type(message)].to_bytes(3, "little")
    body = b"%c\0\0%c%b%b%b" % (len(payload), sequence, source, message_id, payload)
    checksum: int = _checksum(body + bytes((layout.crc_extra,)))
    return bytes((_MAGIC_2,)) + body + checksum.to_bytes(2, "little")


_write_beat = lru_cache(maxsize=1024)(_write)
"""Our heartbeat to each of a fleet, once a second: the same frame for each of 256 numbers."""
