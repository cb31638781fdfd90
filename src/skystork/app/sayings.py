"""What one vehicle says to people: its texts and events, and what keeps it from arming.

PX4 tells many things twice, as a text and as an event with the same words; they are kept once. The failed checks of an
arming report come again with every report and are kept as the report, not as texts.
"""

from __future__ import annotations

from collections import deque

from skystork.link.contract import CommandSettled, LinkEvent, Rebooted, StatusText, WrongPeer
from skystork.link.service_contract import ArmingAsked, ArmingReport, AutopilotEvent, EventLevel, EventsMissed

KEPT_TEXTS = 8
"""Shown for one vehicle."""
TWIN_S = 2.0
"""A text and an event with the same words within this time are one saying (10 ms on PX4 1.17.0 SITL)."""
REPORT_GROUPS = frozenset({"arming_check", "health"})


class Sayings:
    """Listens to one vehicle."""

    def __init__(self) -> None:
        self.texts: deque[StatusText] = deque(maxlen=KEPT_TEXTS)
        """The newest last."""
        self.arming: ArmingReport | None = None
        """The newest report of the vehicle's own checks, where it sends any and their words are known."""

    def take(self, event: LinkEvent) -> bool:
        """Keep what is worth it; True when something was."""
        match event:
            case ArmingReport():
                self.arming = event
                return True
            case StatusText():
                return self._say(event)
            case AutopilotEvent() if event.level <= EventLevel.INFO and event.group not in REPORT_GROUPS:
                return self._say(StatusText(event.at_s, event.level, event.text))
            case EventsMissed():
                return self._say(StatusText(event.at_s, EventLevel.WARNING, f"{event.count} of its events were lost"))
            case ArmingAsked(allowed=False):
                text = "somebody told it to arm without a clearance: denied"
                return self._say(StatusText(event.at_s, EventLevel.WARNING, text))
            case WrongPeer():
                return self._say(StatusText(event.at_s, EventLevel.WARNING, event.what))
            case Rebooted():
                self.arming = None
                return self._say(StatusText(event.at_s, EventLevel.WARNING, "the vehicle rebooted"))
        return False

    def complaint(self) -> str:
        """The last thing it said that was a warning or worse; empty where it has not complained."""
        return next((text.text for text in reversed(self.texts) if text.severity <= EventLevel.WARNING), "")

    def why_not_arming(self) -> tuple[str, ...]:
        """What its own checks hold against a mission, worst first."""
        return self.arming.reasons() if self.arming is not None else ()

    def refusal(self, settled: CommandSettled) -> str:
        """Why it said no to arming or starting: its answer, its text, and its checks."""
        told = [settled.result.value, settled.detail]
        checks = "; ".join(reason for reason in self.why_not_arming() if reason not in settled.detail)
        return " ".join(part for part in (*told, f"({checks})" if checks else "") if part)

    def _say(self, text: StatusText) -> bool:
        if any(each.text == text.text and text.at_s - each.at_s < TWIN_S for each in self.texts):
            return False
        self.texts.append(text)
        return True
