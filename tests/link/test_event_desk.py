"""What the vehicle tells of its events: in words where its table is known, with what keeps it from arming."""

from __future__ import annotations

import json

import pytest

from skystork.link.event_desk import EventDesk
from skystork.link.event_texts import EventTexts
from skystork.link.service_contract import (
    ArmingProblem,
    ArmingReport,
    AutopilotEvent,
    EventLevel,
    EventsMissed,
    MetadataTold,
)
from skystork.link.service_messages import ComponentMetadata, CurrentEventSequence, Event, RequestEvent

AUTOPILOT = 1 << 24
MODES = {"name": "modes", "type": "uint32_t"}
INDEX = {"name": "health_component_index", "type": "uint8_t"}
GROUPS = {
    "default": {"1": {"name": "took_off", "message": "Off the ground at {1m_v}", "arguments": [INDEX]}},
    "arming_check": {
        "10": {"name": "arming_summary", "message": "-", "type": "summary", "arguments": [INDEX, MODES, MODES, MODES]},
        "11": {"name": "no_plan", "message": "There is no plan", "arguments": [MODES, INDEX]},
    },
    "health": {
        "20": {"name": "health_summary", "message": "-", "type": "summary"},
        "21": {"name": "hot", "message": "Motor {3} is hot", "arguments": [MODES, INDEX, INDEX]},
    },
}
TEXTS = EventTexts(
    json.dumps(
        {
            "components": {
                "1": {"namespace": "x", "event_groups": {name: {"events": group} for name, group in GROUPS.items()}}
            }
        }
    ).encode()
)
ERROR, WARNING, PROTOCOL = 0x63, 0x64, 0x88  # for the log: info; for people: error, warning


class Vehicle:
    """Sends events numbered from 65530 on."""

    def __init__(self, *, texts: EventTexts | None = TEXTS) -> None:
        self.desk = EventDesk(1, 1, own_system_id=255, own_component_id=190)
        self.desk.texts = texts
        self.sequence = 65529

    def send(self, sub_id: int, levels: int = 0x66, arguments: bytes = b"", **to: int) -> list[object]:
        self.sequence = (self.sequence + 1) & 0xFFFF
        event = Event(
            AUTOPILOT | sub_id,
            61_500,
            self.sequence,
            to.get("component", 0),
            to.get("system", 0),
            levels,
            arguments.ljust(40, b"\0"),
        )
        return list(self.desk.receive(event, 5.0))


def report(vehicle: Vehicle, *problems: tuple[int, int], can_arm: int = 0x10) -> list[ArmingReport]:
    sent = vehicle.send(10, PROTOCOL, bytes(9) + (can_arm).to_bytes(4, "little"))
    for sub_id, levels in problems:
        sent += vehicle.send(sub_id, levels, (0x18).to_bytes(4, "little") + b"\x00\x03")
    sent += vehicle.send(20, PROTOCOL)
    return [each for each in sent if isinstance(each, ArmingReport)]


def test_an_event_is_told_in_words() -> None:
    assert Vehicle().send(1, 0x54, b"\x07") == [
        AutopilotEvent(
            5.0, 65530, AUTOPILOT | 1, EventLevel.WARNING, "took_off", "default", "Off the ground at 7 m", 61.5
        )
    ]


@pytest.mark.parametrize("texts", [None, TEXTS])
def test_an_event_without_words_is_told_by_its_number(texts: EventTexts | None) -> None:
    (told,) = Vehicle(texts=texts).send(99, 0x66, b"\x07\x00\x01")
    assert isinstance(told, AutopilotEvent)
    assert (told.text, told.name) == ("event 0x01000063, arguments 070001", "")


def test_a_level_beyond_the_table_is_the_lowest() -> None:
    (told,) = Vehicle().send(1, 0x6F)
    assert isinstance(told, AutopilotEvent)
    assert told.level is EventLevel.DISABLED


@pytest.mark.parametrize("to", [{"system": 7}, {"system": 255, "component": 3}])
def test_an_event_for_another_station_is_not_told_and_leaves_no_gap(to: dict[str, int]) -> None:
    vehicle = Vehicle()
    assert vehicle.send(1, **to) == []
    assert [type(each) for each in vehicle.send(1, system=255, component=190)] == [AutopilotEvent]


def test_a_report_names_what_keeps_it_from_arming() -> None:
    (told,) = report(Vehicle(), (11, ERROR), (21, WARNING))
    assert told.problems == (
        ArmingProblem(EventLevel.ERROR, "no_plan", "There is no plan", 0x18),
        ArmingProblem(EventLevel.WARNING, "hot", "Motor 3 is hot", 0x18),
    )
    assert told.reasons() == ("There is no plan",)
    assert not told.may_arm()  # in hold it would, not for a mission


def test_a_report_without_problems_clears_the_one_before() -> None:
    vehicle = Vehicle()
    report(vehicle, (11, ERROR))
    (told,) = report(vehicle, can_arm=0x08)
    assert told == ArmingReport(5.0, 0x08, ())
    assert told.may_arm()


def test_a_check_about_other_modes_is_no_reason_and_one_text_is_told_once() -> None:
    offboard = ArmingProblem(EventLevel.ERROR, "offboard", "No offboard signal", 1 << 14)
    hot = ArmingProblem(EventLevel.ERROR, "hot", "Motor 3 is hot", 0xFF)
    fire = ArmingProblem(EventLevel.CRITICAL, "fire", "Fire", 0xFF)
    assert ArmingReport(1.0, 0, (offboard, hot, hot, fire)).reasons() == ("Fire", "Motor 3 is hot")


def test_a_report_torn_by_a_lost_event_is_not_used() -> None:
    vehicle = Vehicle()
    vehicle.send(10, PROTOCOL)
    vehicle.sequence += 1  # the failed check is lost, and not kept any more
    asked = vehicle.send(20, PROTOCOL)
    assert [type(each) for each in asked] == [RequestEvent]
    timer_s = vehicle.desk.next_timer_s()
    told: list[object] = []
    while timer_s is not None:
        told.extend(vehicle.desk.handle_timer(timer_s))
        timer_s = vehicle.desk.next_timer_s()
    kinds = [type(each) for each in told if not isinstance(each, RequestEvent)]
    assert kinds == [EventsMissed, AutopilotEvent]


def test_a_report_that_began_before_we_listened_is_not_used() -> None:
    vehicle = Vehicle()
    vehicle.send(11, ERROR, bytes(6))
    assert not any(isinstance(each, ArmingReport) for each in vehicle.send(20, PROTOCOL))


def test_after_a_reboot_the_count_begins_anew_and_the_words_may_be_others() -> None:
    vehicle = Vehicle()
    vehicle.send(10, PROTOCOL)
    vehicle.desk.forget(6.0)
    assert vehicle.desk.texts is None
    vehicle.sequence = 65525
    vehicle.desk.texts = TEXTS
    assert not any(isinstance(each, ArmingReport) for each in vehicle.send(20, PROTOCOL))


def test_where_the_vehicle_describes_itself_is_told() -> None:
    desk = Vehicle().desk
    uri = b"mftp://etc/extras/x.json.xz".ljust(100, b"\0")
    assert desk.receive(ComponentMetadata(7, uri), 1.0) == [MetadataTold(1.0, "mftp://etc/extras/x.json.xz", 7)]


def test_the_newest_number_makes_it_ask() -> None:
    vehicle = Vehicle()
    vehicle.send(1)
    assert vehicle.desk.receive(CurrentEventSequence(65532, 0), 1.0) == [RequestEvent(1, 1, 65531, 65532)]
