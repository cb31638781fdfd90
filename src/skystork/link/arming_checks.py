"""What keeps the vehicle from arming, put together from its reports.

PX4 says only "resolve system health failures first" when it refuses to arm; the failures themselves are events. A
report is a summary of the group ``arming_check``, the single checks that failed (groups ``arming_check`` and
``health``), and a summary of the group ``health`` (PX4 1.17, ``HealthAndArmingChecks/Common.cpp``; the same order in
libevents). PX4 sends one whenever something in it changes, and when asked by MAV_CMD_RUN_PREARM_CHECKS. A report that
is torn by a lost event is not used.
"""

from __future__ import annotations

import math

from skystork.link.event_texts import Described
from skystork.link.service_contract import ArmingProblem, ArmingReport, EventLevel

_SUMMARY = "summary"
_CHECKS = frozenset({"arming_check", "health"})
_MODES, _CAN_ARM = 0, 3  # places among the arguments of a check, and of the opening summary


class ArmingChecks:
    """Collects one report at a time."""

    def __init__(self) -> None:
        self._open: list[ArmingProblem] | None = None
        self._can_arm_modes = 0

    def receive(self, event: Described, level: EventLevel, now_s: float) -> ArmingReport | None:
        """Take an event in words; returns the report it completes."""
        if event.kind == _SUMMARY and event.group == "arming_check":
            self._open = []
            self._can_arm_modes = int(_value(event, _CAN_ARM))
        elif event.kind == _SUMMARY and event.group == "health" and self._open is not None:
            problems, self._open = tuple(self._open), None
            return ArmingReport(now_s, self._can_arm_modes, problems)
        elif event.group in _CHECKS and event.kind == "" and self._open is not None:
            self._open.append(ArmingProblem(level, event.name, event.text, int(_value(event, _MODES))))
        return None

    def tear(self) -> None:
        """An event was lost, or the vehicle rebooted: what is open is not whole."""
        self._open = None


def _value(event: Described, place: int) -> int | float:
    value = event.values[place] if place < len(event.values) else 0
    return value if math.isfinite(value) else 0
