"""The simulated autopilot's events: numbered, kept, sent again when asked for, with the table of their words on board.

As PX4: the count begins at 65526 and wraps, the newest 20 are kept, an older one is answered by an error that names the
oldest there is, and the newest number is told every three seconds. A report of the arming checks is a summary, each
failed check, and a second summary; it is sent when it changes, and when asked for. The words are this project's own.
Source: PX4 v1.17.0, mavlink_events.cpp, HealthAndArmingChecks/Common.cpp; mavlink.io, events.
"""

from __future__ import annotations

import json
import lzma
import re
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from skystork_sim.wire import Wire

KEPT = 20
FIRST = 65_526
CURRENT_S = 3.0
REPORT_S = 2.0  # between reports that were not asked for, PX4 v1.17.0 _min_reporting_interval
COMPONENT = 1 << 24
GENERAL, EVENTS = "etc/extras/component_general.json.xz", "etc/extras/all_events.json.xz"
EVERY_MODE, NO_ARGUMENTS = 0xFFFF_FFFF, b""
CRITICAL, ERROR, PROTOCOL = 0x62, 0x63, 0x88  # for the log: info; for people: critical, error; between machines

SUMMARY, HEALTH, DENIED, REJECTED, CHECK = 1, 2, 10, 20, 100
CHECKS = (
    "the vehicle is starting",
    "the mode cannot run: no valid mission",
    "No connection to the GCS",
    "Low battery",
    "the vehicle is in the air",
    "refused by the scenario",
)
REJECTIONS = (
    "no mission",
    "unsupported condition item",
    "starts with a landing",
    "more than one take-off",
    "VTOL item on a multirotor",
    "Geofence violation for waypoint {1}",
    "an item that cannot be flown",
)
"""The last stands for every reason that is not listed."""


def table() -> dict[str, object]:
    """What the events mean, in libevents' format."""
    modes, index = {"name": "modes", "type": "uint32_t"}, {"name": "component", "type": "uint8_t"}
    number = {"name": "number", "type": "uint16_t"}
    masks = [{"name": "chunk", "type": "uint8_t"}, *({"name": f"m{k}", "type": "uint64_t"} for k in range(2))]
    checks = {
        str(CHECK + place): {"name": f"check_{place}", "message": text, "arguments": [modes, index]}
        for place, text in enumerate((*CHECKS, "another check failed"))
    }
    rejections = {
        str(REJECTED + place): {
            "name": f"rejected_{place}",
            "message": f"Mission rejected: {why}",
            "arguments": [number],
        }
        for place, why in enumerate(REJECTIONS)
    }
    summary = {"name": "arming_summary", "message": "-", "type": "summary", "arguments": [*masks, modes, modes]}
    health = {"name": "health_summary", "message": "-", "type": "summary", "arguments": masks}
    denied = {"name": "arming_denied", "message": "Arming denied: Resolve system health failures first"}
    groups = {
        "default": {"events": {str(DENIED): denied, **rejections}},
        "arming_check": {"events": {str(SUMMARY): summary, **checks}},
        "health": {"events": {str(HEALTH): health}},
    }
    return {"version": 2, "components": {"1": {"namespace": "skystork_sim", "event_groups": groups}}}


def metadata_files() -> tuple[dict[str, bytes], int]:
    """The files on board, by path, and the checksum told of the first: that of the unpacked one, as PX4 has it."""
    events = lzma.compress(json.dumps(table()).encode())
    entry = {"type": 4, "uri": f"mftp://{EVENTS}", "fileCrc": _crc32(events)}
    general = json.dumps({"version": 1, "metadataTypes": [entry]}).encode()
    return {GENERAL: lzma.compress(general), EVENTS: events}, _crc32(general)


class EventLog:
    """Numbers, keeps and sends; mutable because it counts."""

    def __init__(self, wire: Wire, boot_s: float) -> None:
        self._wire, self._boot_s = wire, boot_s
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._next = FIRST
        self._current_at_s = boot_s
        self._reported: tuple[str, ...] | None = None
        self._report_at_s = boot_s

    def happen(self, sub_id: int, levels: int, arguments: bytes, now_s: float) -> list[bytes]:
        """An event, on its way."""
        at_ms = round((now_s - self._boot_s) * 1000)
        payload = struct.pack("<IIHBBB40s", COMPONENT | sub_id, at_ms, self._next, 0, 0, levels, arguments)
        self._kept.append((self._next, payload))
        self._next = (self._next + 1) & 0xFFFF
        return [self._wire.event(payload)]

    def rejected(self, reason: str, now_s: float) -> list[bytes]:
        """The mission is infeasible."""
        found = re.search(r"\d+$", reason)
        generic = re.sub(r"\d+$", "{1}", reason)
        place = REJECTIONS.index(generic) if generic in REJECTIONS else len(REJECTIONS) - 1
        return self.happen(REJECTED + place, CRITICAL, struct.pack("<H", int(found[0]) if found else 0), now_s)

    def report(self, failed: Sequence[str], now_s: float, *, asked: bool = False) -> list[bytes]:
        """The arming checks, where they changed or were asked for."""
        if not asked and (tuple(failed) == self._reported or now_s < self._report_at_s + REPORT_S):
            return []
        self._reported, self._report_at_s = tuple(failed), now_s
        can_arm = 0 if failed else EVERY_MODE
        frames = self.happen(SUMMARY, PROTOCOL, struct.pack("<BQQII", 0, 0, 0, can_arm, can_arm), now_s)
        for text in failed:
            place = CHECKS.index(text) if text in CHECKS else len(CHECKS)
            frames += self.happen(CHECK + place, ERROR, struct.pack("<IB", EVERY_MODE, 0), now_s)
        return frames + self.happen(HEALTH, PROTOCOL, bytes(17), now_s)

    def current(self, now_s: float) -> list[bytes]:
        """The newest number, every three seconds."""
        if now_s < self._current_at_s + CURRENT_S:
            return []
        self._current_at_s = now_s
        return [self._wire.current_event_sequence((self._next - 1) & 0xFFFF, reset=not self._kept)]

    def answer(self, first: int, last: int, partner: tuple[int, int]) -> Iterator[bytes]:
        """What was asked for again, or that it is not kept any more."""
        kept = dict(self._kept)
        for step in range((((last - first) & 0xFFFF) + 1) if kept else 0):
            number = (first + step) & 0xFFFF
            if number in kept:
                yield self._wire.event(kept[number])
            else:
                yield self._wire.event_error(partner, number, _next_kept(kept, number))


def _next_kept(kept: Iterable[int], number: int) -> int:
    """The first number from this one on that is kept; numbers are 16 bits and begin anew."""
    return min(kept, key=lambda each: (each - number) & 0xFFFF)


def _crc32(data: bytes) -> int:
    """As the autopilot computes it: begun with zero, not inverted."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF
