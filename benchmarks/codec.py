"""Decode recorded PX4 traffic: ours (header and checksum always, payload where wanted) beside pymavlink's parser.

Then both judge the same harmed datagrams, and every decision and field that differs is counted.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from px4_mix import recorded_frames
from pymavlink.dialects.v20 import common

from skystork.link.codec import FrameParser

ROUNDS = 7
HARMED = 60_000
"""Datagrams judged by both."""


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
    """Processor time a frame."""
    began = time.process_time()
    decode(frames)
    return (time.process_time() - began) / len(frames) * 1e6


def disagreements() -> int:
    """How many of the harmed datagrams the two judge or read differently."""
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
    from tests_support.judged_by_pymavlink import assert_same_decision  # noqa: PLC0415  # of the tests, found above
    from tests_support.mutated_frames import MUTATIONS, mutated  # noqa: PLC0415  # with it

    rng, differing = Random(0), 0
    for number in range(HARMED):
        kind = MUTATIONS[number % len(MUTATIONS)]
        try:
            assert_same_decision(mutated(rng, kind))
        except AssertionError as error:
            differing += 1
            print(f"{kind}: {error}")
    return differing


def main() -> None:
    """Print both figures, their ratio, and what they disagree about."""
    frames = recorded_frames()
    rounds = [(microseconds(ours, frames), microseconds(pymavlink, frames)) for _ in range(ROUNDS)]
    mine, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"{len(frames)} frames, PX4 1.17.0; median of {ROUNDS} rounds by turns, processor time a frame")
    print(f"skystork   {mine:6.2f} us")
    print(f"pymavlink  {theirs:6.2f} us   ({theirs / mine:.1f} times ours)")
    print(f"{HARMED} harmed datagrams: {disagreements()} judged or read differently")


if __name__ == "__main__":
    main()
