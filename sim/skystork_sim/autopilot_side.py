"""What a simulated vehicle offers beside flying: events and their words, files, logs; and the traffic it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pymavlink.dialects.v20 import common

from skystork_sim.autopilot_events import CRITICAL, DENIED, GENERAL, NO_ARGUMENTS, EventLog, metadata_files
from skystork_sim.autopilot_files import FileServer
from skystork_sim.autopilot_logs import LogServer
from skystork_sim.wire import REQUEST_EVENT, Wire

COMPONENT_METADATA = 397  # common.xml
FILES, METADATA_CRC = metadata_files()
TRAFFIC = "ADSB_VEHICLE"
"""Has no target: whoever hears it takes it."""
LOOK_S = 1.0
"""Between looks at the arming checks."""

Partner = tuple[int, int]


class AutopilotSide:
    """Answers and tells; mutable because its parts count.

    Parameters
    ----------
    failed_checks
        What keeps the vehicle from arming now.
    logs
        Time and content of each log on board.
    """

    def __init__(
        self,
        wire: Wire,
        boot_s: float,
        failed_checks: Callable[[float], Sequence[str]],
        logs: Sequence[tuple[int, bytes]] = (),
    ) -> None:
        self._wire, self._failed_checks = wire, failed_checks
        self._events = EventLog(wire, boot_s)
        self._files = FileServer(FILES)
        self._logs = LogServer(logs)
        self._looked_s = boot_s
        self.traffic: dict[int, Any] = {}
        """The newest ADSB_VEHICLE of each ICAO address; as with NAV_TRAFF_AVOID 0 nothing is made of it."""

    def services(self) -> dict[str, Callable[[Any, Partner, float], Iterable[bytes]]]:
        """Message name: who answers it."""
        logs = ("LOG_REQUEST_LIST", "LOG_REQUEST_DATA", "LOG_REQUEST_END")
        return {
            "FILE_TRANSFER_PROTOCOL": self._serve_file,
            REQUEST_EVENT: self._serve_event,
            TRAFFIC: self._take_traffic,
            **dict.fromkeys(logs, self._serve_log),
        }

    def build(self, message_id: int, now_s: float) -> bytes | None:
        """A message of these services, asked for by its number."""
        if message_id != COMPONENT_METADATA:
            return None
        return self._wire.component_metadata(round(now_s * 1000) & 0xFFFF_FFFF, METADATA_CRC, f"mftp://{GENERAL}")

    def report_checks(self, now_s: float) -> list[bytes]:
        """The arming checks, because somebody asked."""
        return self._events.report(self._failed_checks(now_s), now_s, asked=True)

    def denied(self, now_s: float) -> list[bytes]:
        """An arming was refused."""
        return self._events.happen(DENIED, CRITICAL, NO_ARGUMENTS, now_s)

    def rejected(self, reason: str, now_s: float) -> list[bytes]:
        """A mission was found infeasible."""
        return self._events.rejected(reason, now_s)

    def next_timer_s(self) -> float | None:
        """When something leaves by itself."""
        return self._logs.next_timer_s()

    def due(self, now_s: float) -> list[bytes]:
        """What leaves by itself."""
        frames = [self._wire.encode(piece) for piece in self._logs.due(now_s)]
        if now_s >= self._looked_s + LOOK_S:
            self._looked_s = now_s
            frames += self._events.report(self._failed_checks(now_s), now_s)
            frames += self._events.current(now_s)
        return frames

    def _serve_file(self, message: Any, partner: Partner, now_s: float) -> Iterable[bytes]:
        for payload in self._files.answer(bytes(message.payload), now_s):
            yield self._wire.encode(common.MAVLink_file_transfer_protocol_message(0, *partner, list(payload)))

    def _serve_event(self, message: Any, partner: Partner, _now_s: float) -> Iterable[bytes]:
        return self._events.answer(message.first_sequence, message.last_sequence, partner)

    def _take_traffic(self, message: Any, _partner: Partner, _now_s: float) -> Iterable[bytes]:
        self.traffic[message.ICAO_address] = message
        return ()

    def _serve_log(self, message: Any, _partner: Partner, now_s: float) -> Iterable[bytes]:
        return [self._wire.encode(entry) for entry in self._logs.receive(message, now_s)]
