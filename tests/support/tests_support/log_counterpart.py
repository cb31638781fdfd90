"""A counterpart with logs, which it lists and sends as PX4 does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skystork_sim.autopilot_logs import LogServer
from tests_support.px4_counterpart import Px4Counterpart


class LogCounterpart(Px4Counterpart):
    """``cut_after_bytes`` lets it fall silent amid a log."""

    def __init__(self, logs: Sequence[tuple[int, bytes]]) -> None:
        super().__init__()
        self.logs = LogServer(logs)
        self.cut_after_bytes: int | None = None
        self.served_bytes = 0
        self.ended = 0

    def next_timer_s(self) -> float:
        timers = (super().next_timer_s(), self.logs.next_timer_s())
        return min(timer_s for timer_s in timers if timer_s is not None)

    def handle_timer(self, now_s: float) -> None:
        super().handle_timer(now_s)
        for piece in self.logs.due(now_s):
            self.served_bytes += piece.count
            if self.cut_after_bytes is None or self.served_bytes <= self.cut_after_bytes:
                self.send(piece)

    def _on_log_request_list(self, message: Any, now_s: float) -> None:
        for entry in self.logs.receive(message, now_s):
            self.send(entry)

    def _on_log_request_data(self, message: Any, now_s: float) -> None:
        self.logs.receive(message, now_s)

    def _on_log_request_end(self, message: Any, now_s: float) -> None:
        self.ended += 1
        self.logs.receive(message, now_s)
