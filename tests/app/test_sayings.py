"""What a vehicle says is kept once, and a refusal names what the vehicle's own checks hold against it."""

from __future__ import annotations

from skystork.app.sayings import Sayings
from skystork.link.contract import CommandResult, CommandSettled, Rebooted, RequestId, StatusText, WrongPeer
from skystork.link.service_contract import ArmingProblem, ArmingReport, AutopilotEvent, EventLevel, EventsMissed

DENIED = "Arming denied: Resolve system health failures first"
REPORT = ArmingReport(
    1.0,
    0,
    (
        ArmingProblem(EventLevel.ERROR, "gps", "No valid position", 0xFF),
        ArmingProblem(EventLevel.WARNING, "stick", "No manual control", 0xFF),
        ArmingProblem(EventLevel.ERROR, "offboard", "No offboard signal", 1 << 14),
    ),
)


def event(at_s: float, text: str, level: EventLevel = EventLevel.CRITICAL, group: str = "default") -> AutopilotEvent:
    return AutopilotEvent(at_s, 1, 0x01000001, level, "name", group, text, at_s)


def test_a_text_and_its_twin_event_are_one_saying() -> None:
    said = Sayings()
    assert said.take(StatusText(1.0, 2, DENIED))
    assert not said.take(event(1.01, DENIED))
    assert said.take(event(9.0, DENIED))
    assert [text.at_s for text in said.texts] == [1.0, 9.0]


def test_parts_of_a_report_and_what_is_for_machines_are_no_sayings() -> None:
    said = Sayings()
    assert not said.take(event(1.0, "No valid position", group="arming_check"))
    assert not said.take(event(1.0, "summary", EventLevel.PROTOCOL))
    assert not said.texts


def test_the_last_complaint_outlasts_what_is_said_in_passing() -> None:
    said = Sayings()
    assert said.complaint() == ""
    said.take(event(1.0, "Mission rejected: no landing"))
    said.take(StatusText(2.0, 6, "[logger] started"))
    assert said.complaint() == "Mission rejected: no landing"


def test_a_refusal_names_the_checks_that_hold_for_a_mission() -> None:
    said = Sayings()
    settled = CommandSettled(2.0, RequestId(1), 400, CommandResult.TEMPORARILY_REJECTED, DENIED)
    assert said.refusal(settled) == f"temporarily_rejected {DENIED}"
    assert said.take(REPORT)
    assert said.refusal(settled) == f"temporarily_rejected {DENIED} (No valid position)"
    assert said.why_not_arming() == ("No valid position",)


def test_after_a_reboot_the_old_report_says_nothing() -> None:
    said = Sayings()
    said.take(REPORT)
    said.take(Rebooted(2.0))
    assert said.why_not_arming() == ()
    assert said.complaint() == "the vehicle rebooted"


def test_lost_events_and_a_wrong_peer_are_told_to_people() -> None:
    said = Sayings()
    said.take(EventsMissed(1.0, 3))
    said.take(WrongPeer(2.0, "another vehicle"))
    assert [text.text for text in said.texts] == ["3 of its events were lost", "another vehicle"]
