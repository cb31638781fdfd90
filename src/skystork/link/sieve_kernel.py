"""The sieve's inner loop, compiled; :mod:`skystork.link.sieve` says what it is for.

To import it is to compile it, or to load what an earlier process compiled: seconds or a fraction of one. Import it
before the event loop has work to do. All compiled code of the link stands here, because Numba's cache looks at the age
of one file only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skystork.compiled import compiled_for

_HEARTBEAT = 0  # its message id (common.xml)
_READ = 256  # as in the sieve: added to the CRC extra of what the link reads
_SIGNATURE = (
    "UniTuple(int64, 2)(uint8[:,::1], uint32[:], uint8[:,::1], int64, float64, "
    "uint16[::1], int16[::1], int64[::1], int64[::1], int64[::1], int64[::1], float64[::1], int32[::1], int32[::1])"
)


@compiled_for(_SIGNATURE)
def sift(  # noqa: PLR0917  # arrays in a row, one loop: a call in it would be a second function to compile
    data: Any,
    lengths: Any,
    names: Any,
    count: int,
    now_s: float,
    checksums: Any,
    crc_extras: Any,
    trusted_at: Any,
    kind: Any,
    expected: Any,
    frames: Any,
    heard_s: Any,
    proven: Any,
    others: Any,
) -> tuple[int, int]:
    """Count sound frames; write the places of those to be read and of all other datagrams; return how many of each."""
    to_read, left = 0, 0
    any_vehicle = False  # a datagram of several frames was left: whose they are is not known here
    left_of = np.zeros(256, np.bool_)  # vehicles with a frame left: what follows of them is left too, in its order
    for index in range(count):
        length = int(lengths[index])
        frame = data[index]
        whole = length >= 12 and frame[0] == 0xFD and frame[2] == 0 and frame[1] + 12 == length
        system_id = int(frame[5])
        passes = whole and not any_vehicle and not left_of[system_id] and frame[6] == 1
        passes = passes and frame[4] == expected[system_id]
        if passes:
            key = 0
            for place in range(2, 8):
                key = key << 8 | int(names[index, place])
            message_id = int(frame[7]) | int(frame[8]) << 8 | int(frame[9]) << 16
            passes = key == trusted_at[system_id] and message_id < len(crc_extras) and crc_extras[message_id] >= 0
            if message_id == _HEARTBEAT:  # bytes 4 and 5 of its payload: MAV_TYPE and MAV_AUTOPILOT
                passes = passes and length > 15 + 2 and int(frame[14]) | int(frame[15]) << 8 == kind[system_id]
        if passes:
            crc = 0xFFFF
            for place in range(1, length - 2):
                crc = crc >> 8 ^ int(checksums[(crc ^ frame[place]) & 0xFF])
            crc = crc >> 8 ^ int(checksums[(crc ^ crc_extras[message_id]) & 0xFF])
            passes = crc == int(frame[length - 2]) | int(frame[length - 1]) << 8
        if not passes:
            any_vehicle = any_vehicle or not whole
            left_of[system_id] = True
            others[left] = index
            left += 1
            continue
        if crc_extras[message_id] >= _READ:
            proven[to_read] = index
            to_read += 1
        frames[system_id] += 1
        heard_s[system_id] = now_s
        expected[system_id] = (int(frame[4]) + 1) & 0xFF
    return to_read, left
