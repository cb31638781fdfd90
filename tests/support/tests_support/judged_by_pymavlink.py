"""pymavlink as the independent reader: what it makes of a datagram, beside what our parser makes of it."""

from __future__ import annotations

import math
import struct
from typing import Any

from pymavlink.dialects.v20 import common

from skystork.link.codec import Frame, FrameParser

PX4_ONLY = {8, 380, 410, 411, 436, 441}
"""Messages of PX4's dialect that the packaged pymavlink does not know."""
PX4_FIELDS = {"opaque_id", "mission_id", "fence_id", "rally_points_id"}


def pymavlink_reads(datagram: bytes) -> list[Any]:
    """What its parser makes of the bytes, refusals included."""
    mav = common.MAVLink(None)
    mav.robust_parsing = True
    return mav.parse_buffer(datagram) or []


def assert_same_fields(frame: Frame, reference: Any) -> None:
    """Both read the same, NaN being equal to NaN."""
    assert frame.message is not None
    assert frame.message_id == reference.get_msgId()
    assert (frame.system_id, frame.component_id) == (reference.get_srcSystem(), reference.get_srcComponent())
    assert frame.sequence == reference.get_seq()
    for name, ours in frame.message._asdict().items():
        if name in PX4_FIELDS:
            continue
        if isinstance(ours, bytes):
            raw = getattr(reference, f"_{name}_raw", None)
            theirs = getattr(reference, name) if raw is None else raw
            if isinstance(theirs, float):  # PARAM_VALUE: whatever its type says, in the four bytes of a float
                theirs = struct.pack("<f", theirs)
            assert ours.rstrip(b"\0") == bytes(theirs).rstrip(b"\0")
            continue
        theirs = getattr(reference, name)
        both_nan = isinstance(ours, float) and math.isnan(ours) and math.isnan(theirs)
        assert ours == theirs or both_nan, (reference.get_type(), name)


def assert_same_decision(datagram: bytes) -> None:
    """Both take the same frames of a datagram, with the same fields, and refuse the same."""
    ours = [frame for frame in FrameParser().parse(datagram) if frame.message_id not in PX4_ONLY]
    theirs = [
        each
        for each in pymavlink_reads(datagram)
        if each.get_type() != "BAD_DATA" and not each.get_type().startswith("UNKNOWN")
    ]
    assert [frame.message_id for frame in ours] == [each.get_msgId() for each in theirs], datagram.hex()
    for frame, reference in zip(ours, theirs, strict=True):
        if frame.message is not None:
            assert_same_fields(frame, reference)
