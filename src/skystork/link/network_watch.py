"""When the figures of a network are reason for an alarm: rows of a table, looked at once in a while.

A rule is looked at over the last minute. What it finds is told once when it begins and once when a whole minute was
clean; how many frames were hurt in between changes nothing, so that a flood of bad frames is one alarm and not many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 60.0
"""Over which a rule is looked at."""
HURT_FRACTION = 0.01
"""Of the frames of a minute: a wired or mobile network hurts none, a good radio fewer."""
LOST_FRACTION = 0.10
"""Of the frames of a minute: telemetry at 10 Hz still comes several times a second, a mission upload still ends."""
FEW = 5
"""So many frames are no reason yet: one of ten is ten percent."""


@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """What a network has met since the start; its counters only grow."""

    name: str
    connection: str
    up: bool = True
    problem: str | None = None
    """Why it is not up."""
    vehicles: int = 0
    """Of the site, on this network."""
    heard: int = 0
    """Of these, now."""
    frames: int = 0
    """Whole, with a right checksum."""
    lost: int = 0
    """Missing by their sequence numbers."""
    bad_checksum: int = 0
    unknown: int = 0
    """Of messages that no table has."""
    dropped_bytes: int = 0
    """That belonged to no whole frame."""
    kernel_drops: int = 0
    """Datagrams that were not read in time."""
    unsent: int = 0
    """Datagrams that the system did not take."""
    refused: int = 0
    """Signed frames not believed: another key, or a time far ahead."""
    replayed: int = 0
    """Signed frames not newer than what came before."""
    unsigned: int = 0
    """Frames without a signature on a link that is signed."""
    reconnects: int = 0


@dataclass(frozen=True, slots=True)
class NetworkAlarm:
    """A rule that began to hold, or holds no more."""

    at_s: float
    network: str
    rule: str
    active: bool
    detail: str
    """With the numbers, and what to do."""


@dataclass(frozen=True, slots=True)
class NetworkRule:
    """One row: says what is wrong between two figures, or nothing."""

    name: str
    complaint: Callable[[NetworkFigures, NetworkFigures], str | None]


def _down(_then: NetworkFigures, now: NetworkFigures) -> str | None:
    return None if now.up else now.problem or f"{now.connection} is down; it is tried again"


def _hurt(then: NetworkFigures, now: NetworkFigures) -> str | None:
    hurt, whole = now.bad_checksum - then.bad_checksum, now.frames - then.frames
    dropped = now.dropped_bytes - then.dropped_bytes
    too_many = hurt > FEW and hurt > HURT_FRACTION * (hurt + whole)
    # A frame is 40 bytes or so: bytes without a frame are hurt frames that nobody could count.
    if not too_many and not (dropped > 40 * FEW and dropped > HURT_FRACTION * 40 * whole):
        return None
    return (
        f"{hurt} frames with a wrong checksum and {dropped} bytes of no frame beside {whole} whole ones in a minute: "
        "look at the radio, its speed, the cable, or who else sends there"
    )


def _lost(then: NetworkFigures, now: NetworkFigures) -> str | None:
    lost, whole = now.lost - then.lost, now.frames - then.frames
    if lost <= FEW or lost <= LOST_FRACTION * (lost + whole):
        return None
    return f"{lost} of {lost + whole} frames of a minute were lost: look at the radio or the network"


def _dropped(then: NetworkFigures, now: NetworkFigures) -> str | None:
    dropped = now.kernel_drops - then.kernel_drops
    if not dropped:
        return None
    return (
        f"{dropped} datagrams of a minute found the receive buffer full: this machine is too slow for the fleet, or "
        "the buffer too small (`sysctl net.core.rmem_max`)"
    )


def _refused(then: NetworkFigures, now: NetworkFigures) -> str | None:
    refused, unsigned = now.refused - then.refused, now.unsigned - then.unsigned
    replayed, whole = now.replayed - then.replayed, now.frames - then.frames
    many_replays = replayed > FEW and replayed > LOST_FRACTION * whole
    if refused + unsigned <= FEW and not many_replays:
        return None
    return (
        f"{refused} frames with a signature that does not hold, {unsigned} without one and {replayed} of the past in a "
        "minute, in the name of vehicles that sign: a vehicle without its key, or somebody who speaks for it"
    )


RULES = (
    NetworkRule("NETWORK_DOWN", _down),
    NetworkRule("FRAMES_HURT", _hurt),
    NetworkRule("FRAMES_LOST", _lost),
    NetworkRule("DATAGRAMS_DROPPED", _dropped),
    NetworkRule("SIGNATURES_REFUSED", _refused),
)


class NetworkWatch:
    """Looks at one network's figures."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, NetworkFigures]] = deque()
        self._active: set[str] = set()

    def observe(self, figures: NetworkFigures, now_s: float) -> list[NetworkAlarm]:
        """Take the figures of now; returns the alarms that begin or end."""
        self._looks.append((now_s, figures))
        while len(self._looks) > 2 and self._looks[1][0] <= now_s - WINDOW_S:
            self._looks.popleft()
        then = self._looks[0][1]
        alarms = []
        for rule in RULES:
            complaint = rule.complaint(then, figures)
            if (complaint is not None) != (rule.name in self._active):
                self._active ^= {rule.name}
                text = complaint or "a clean minute"
                alarms.append(NetworkAlarm(now_s, figures.name, rule.name, complaint is not None, text))
        return alarms
