"""What a PX4 vehicle sends on a radio link by default: the streams, their rates, and payloads of a recorded flight.

Rates are those of PX4 1.17's MAVLINK_MODE_NORMAL (``src/modules/mavlink/mavlink_main.cpp``,
``configure_streams_to_default``), for the streams that a multicopter with a receiver, GNSS and a range finder has
something to say on; HEARTBEAT and MISSION_CURRENT are sent at 1 Hz in every mode. Payloads come from the recorded
flight of the tests, and from pymavlink where the recording lacks the message.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from pymavlink.dialects.v20 import common

RECORDING = Path(__file__).parents[1] / "tests" / "data" / "px4" / "delivery_excerpt.tlog.gz"
WHEEL_S = 10.0
"""After this time the streams repeat; the slowest is one message in two seconds."""

STREAMS_HZ = {
    0: 1.0,  # HEARTBEAT
    1: 1.0,  # SYS_STATUS
    24: 5.0,  # GPS_RAW_INT
    29: 1.0,  # SCALED_PRESSURE
    30: 15.0,  # ATTITUDE
    31: 10.0,  # ATTITUDE_QUATERNION
    32: 1.0,  # LOCAL_POSITION_NED
    33: 5.0,  # GLOBAL_POSITION_INT
    36: 1.0,  # SERVO_OUTPUT_RAW
    42: 1.0,  # MISSION_CURRENT
    65: 5.0,  # RC_CHANNELS
    74: 4.0,  # VFR_HUD
    83: 2.0,  # ATTITUDE_TARGET
    85: 1.5,  # POSITION_TARGET_LOCAL_NED
    87: 1.0,  # POSITION_TARGET_GLOBAL_INT
    132: 0.5,  # DISTANCE_SENSOR
    141: 1.0,  # ALTITUDE
    147: 0.5,  # BATTERY_STATUS
    230: 0.5,  # ESTIMATOR_STATUS
    242: 0.5,  # HOME_POSITION
    245: 1.0,  # EXTENDED_SYS_STATE
    380: 1.0,  # TIME_ESTIMATE_TO_TARGET
    436: 0.5,  # CURRENT_MODE
    12901: 1.0,  # OPEN_DRONE_ID_LOCATION
    12904: 1.0,  # OPEN_DRONE_ID_SYSTEM
}
MESSAGES_HZ = sum(STREAMS_HZ.values())
_PX4_CRC_EXTRAS = {380: 232, 436: 193}  # of messages the packaged dialect lacks; see skystork.link.codec


@dataclass(frozen=True, slots=True)
class Stream:
    """One message at its rate."""

    message_id: int
    rate_hz: float
    payloads: tuple[bytes, ...]
    """As the wire has them, trailing zeros trimmed."""
    crc_extra: int

    def frame_bytes(self) -> float:
        """Mean length of a frame."""
        return 12 + sum(map(len, self.payloads)) / len(self.payloads)


def recorded_frames() -> list[bytes]:
    """Frames of a MAVLink telemetry log: 8 bytes of time, then the frame."""
    log, frames, position = gzip.decompress(RECORDING.read_bytes()), [], 0
    while position < len(log):
        length = log[position + 9] + 12
        frames.append(log[position + 8 : position + 8 + length])
        position += 8 + length
    return frames


def streams() -> tuple[Stream, ...]:
    """The whole mix."""
    payloads: dict[int, list[bytes]] = defaultdict(list)
    for frame in recorded_frames():
        message_id = int.from_bytes(frame[7:10], "little")
        from_vehicle = frame[5] != 255 and frame[6] == 1
        if message_id in STREAMS_HZ and from_vehicle and len(payloads[message_id]) < 50:
            payloads[message_id].append(frame[10:-2])
    payloads[65] = [_rc_channels()]
    return tuple(
        Stream(message_id, rate_hz, tuple(payloads[message_id]), _crc_extra(message_id))
        for message_id, rate_hz in STREAMS_HZ.items()
    )


def mean_frame_bytes() -> float:
    """Mean length of a frame of the mix."""
    return sum(stream.rate_hz * stream.frame_bytes() for stream in streams()) / MESSAGES_HZ


def _crc_extra(message_id: int) -> int:
    known = common.mavlink_map.get(message_id)
    return known.crc_extra if known else _PX4_CRC_EXTRAS[message_id]


def _rc_channels() -> bytes:
    sticks = (1500, 1500, 1000, 1500, 1000, 1500, 2000, 1000)
    message = common.MAVLink_rc_channels_message(60_000, 18, *sticks, *([1500] * 10), 100)
    frame: bytes = message.pack(common.MAVLink(None, srcSystem=1, srcComponent=1))
    return frame[10:-2]
