"""Decode recorded PX4 traffic: ours (header and checksum always, payload where wanted) beside pymavlink's parser."""

from __future__ import annotations

import gzip
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from pymavlink.dialects.v20 import common

from skystork.link.codec import FrameParser

RECORDING = Path(__file__).parents[1] / "tests" / "data" / "px4" / "delivery_excerpt.tlog.gz"
ROUNDS = 7


def recorded_frames() -> list[bytes]:
    """Frames of a MAVLink telemetry log: 8 bytes of time, then the frame."""
    log, frames, position = gzip.decompress(RECORDING.read_bytes()), [], 0
    while position < len(log):
        length = log[position + 9] + 12
        frames.append(log[position + 8 : position + 8 + length])
        position += 8 + length
    return frames


def ours(frames: list[bytes]) -> int:
    """Frames taken by our parser."""
    parser = FrameParser()
    return sum(len(parser.parse(frame)) for frame in frames)


def pymavlink(frames: list[bytes]) -> int:
    """Messages taken by pymavlink."""
    mav = common.MAVLink(None)
    mav.robust_parsing = True
    return sum(len(mav.parse_buffer(frame) or []) for frame in frames)


def microseconds(decode: Callable[[list[bytes]], int], frames: list[bytes]) -> float:
    """Median processor time a frame over the rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        decode(frames)
        times.append(time.process_time() - began)
    return statistics.median(times) / len(frames) * 1e6


def main() -> None:
    """Print both figures and their ratio."""
    frames = recorded_frames()
    mine, theirs = microseconds(ours, frames), microseconds(pymavlink, frames)
    print(f"{len(frames)} frames, PX4 1.17.0; median of {ROUNDS} rounds, processor time a frame")
    print(f"skystork   {mine:6.2f} us")
    print(f"pymavlink  {theirs:6.2f} us   ({theirs / mine:.1f} times ours)")


if __name__ == "__main__":
    main()
