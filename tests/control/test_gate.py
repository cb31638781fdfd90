"""What lets a command pass, and the first thing that does not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests_support.command_makers import ANN, BEN, CLEO, SHOP, VERA, make_command

from skystork.control import commands as c
from skystork.control.answer import Why
from skystork.control.gate import Known, pass_gate
from skystork.control.roles import Door, Issuer, Role
from skystork.control.rules import COMMANDS, Second, Situation, needs_second, permitted
from skystork.errors import InvalidInput

NOW_S = 1_795_000_000.0
SEEN = "abc"
KNOWN = Known(version=SEEN)


def reason(command: c.Command, issuer: Issuer = ANN, known: Known = KNOWN) -> Why | None:
    refusal = pass_gate(command, issuer, known, NOW_S)
    return refusal.reason if refusal else None


def resume(**given: Any) -> c.Command:
    return make_command("resume", NOW_S, **{"vehicleId": "LC-1", "targetVersion": SEEN, **given})


def test_a_command_that_says_what_its_issuer_saw_passes() -> None:
    assert reason(resume()) is None


@pytest.mark.parametrize(
    ("command", "issuer", "known", "why"),
    [
        (resume(), VERA, KNOWN, Why.UNAUTHORISED),
        (resume(age_s=61), ANN, KNOWN, Why.EXPIRED),
        (resume(age_s=60), ANN, KNOWN, Why.EXPIRED),
        (resume(age_s=-31), ANN, KNOWN, Why.EXPIRED),
        (resume(life_s=301), ANN, KNOWN, Why.MALFORMED),
        (resume(age_s=-10, life_s=-1), ANN, KNOWN, Why.MALFORMED),
        (resume(), ANN, Known("hold of vehicle/LC-1, finished: seen", SEEN), Why.DUPLICATE),
        (resume(), ANN, Known(version=None), Why.NOT_FOUND),
        (resume(targetVersion="old"), ANN, KNOWN, Why.STALE),
        (resume(targetVersion=None), ANN, KNOWN, Why.STALE),
        (make_command("groundFleet", NOW_S, why="  "), ANN, KNOWN, Why.MALFORMED),
        (
            make_command("cancelOrder", NOW_S, orderId="O-1", targetVersion=SEEN),
            SHOP,
            Known(version=SEEN, own=False),
            Why.NOT_FOUND,
        ),
    ],
    ids=lambda value: value if isinstance(value, Why) else "",
)
def test_the_first_thing_in_the_way_is_told(command: c.Command, issuer: Issuer, known: Known, why: Why) -> None:
    assert reason(command, issuer, known) is why


def test_nobody_learns_whether_an_order_of_somebody_else_is_there() -> None:
    command = make_command("cancelOrder", NOW_S, orderId="O-1", targetVersion=SEEN)
    told = [pass_gate(command, SHOP, known, NOW_S) for known in (Known(version=SEEN, own=False), Known(version=None))]
    assert told[0] == told[1]


def test_what_stops_or_brings_home_needs_no_version_but_a_stale_one_refuses_it_too() -> None:
    for kind in ("hold", "return", "land", "rally"):
        assert reason(make_command(kind, NOW_S, vehicleId="LC-1")) is None
        assert reason(make_command(kind, NOW_S, vehicleId="LC-1", targetVersion="old")) is Why.STALE
    assert reason(make_command("groundFleet", NOW_S), BEN) is None
    assert reason(make_command("pauseDispatch", NOW_S), CLEO) is None


def test_every_command_has_one_row_and_every_row_a_command() -> None:
    assert set(COMMANDS) == set(c.KINDS)


def test_a_viewer_orders_nothing_and_an_admin_everything() -> None:
    assert not any(permitted(Role.VIEWER, kind) for kind in COMMANDS)
    assert all(permitted(Role.ADMIN, kind) for kind in COMMANDS)
    assert not permitted(Role.ADMIN, "launchEverything")


def test_a_partner_may_cancel_and_nothing_else() -> None:
    assert [kind for kind in COMMANDS if permitted(Role.PARTNER, kind)] == ["cancelOrder"]


def test_the_second_person_is_asked_for_by_the_table() -> None:
    off_pad, grounded = Situation(off_pad=True), Situation(grounded=True)
    land = make_command("land", NOW_S, vehicleId="LC-1")
    assert needs_second(land, Role.SUPERVISOR, off_pad)
    assert not needs_second(land, Role.SUPERVISOR, Situation())
    assert not needs_second(land, Role.SAFETY_OFFICER, off_pad)
    assert needs_second(make_command("resumeDispatch", NOW_S), Role.ADMIN, grounded)
    assert not needs_second(make_command("resumeDispatch", NOW_S), Role.ADMIN, Situation())
    assert needs_second(make_command("groundFleet", NOW_S, airborne="LAND"), Role.SAFETY_OFFICER, Situation())
    assert not needs_second(make_command("groundFleet", NOW_S), Role.SUPERVISOR, Situation())
    assert needs_second(make_command("openZone", NOW_S, zoneId="crane"), Role.ADMIN, Situation())
    assert {rule.second for rule in COMMANDS.values()} == set(Second)


@pytest.mark.parametrize("kind", c.KINDS)
def test_a_command_is_the_same_after_a_way_over_the_wire(kind: str) -> None:
    needed = {
        "vehicleId": "LC-1",
        "orderId": "O-1",
        "flightId": "F-0001",
        "alarmKey": "rule:F-0001:LINK_LOST",
        "zoneId": "crane",
        "latitude": 54.5,
        "longitude": -1.5,
        "outcome": "DELIVERED",
        "until": "2026-11-21T12:00:00Z",
        "area": {"shape": "CIRCLE", "latitude": 54.5, "longitude": -1.5, "radiusM": 80.0},
        "issuer": "ann",
        "confirms": "C-0",
        "name": "survey.plan",
        "items": [
            {
                "command": 16,
                "frame": 3,
                "params": [0, 0, 0, None],
                "latitude": 54.5,
                "longitude": -1.5,
                "altitude": 60,
            }
        ],
    }
    fields = {field.encode_name for field in msgspec.structs.fields(c.KINDS[kind])}
    command = make_command(kind, NOW_S, **{name: value for name, value in needed.items() if name in fields})
    assert c.read_command(c.command_json(command)) == command
    assert c.kind_of(command) == kind


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "launchEverything"}, "launchEverything"),
        ({"issuer": "admin"}, "unknown field"),
        ({"issuedAt": "2026-11-21T10:00:00"}, "timezone"),
        ({"commandId": ""}, "commandId"),
        ({"vehicleId": None}, "vehicleId"),
        ({"why": "x" * 201}, "why"),
        ({"targetVersion": 7}, "targetVersion"),
    ],
)
def test_what_is_no_command_is_refused_with_the_place_in_it(change: dict[str, object], told: str) -> None:
    wire = msgspec.json.decode(c.command_json(resume()))
    with pytest.raises(InvalidInput, match=told):
        c.read_command(msgspec.json.encode({**wire, **change}))


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b'{"type": "hold"}', b"\xff", b'{"a":' * 5000])
def test_what_is_no_json_object_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidInput):
        c.read_command(payload)


def test_an_issuer_is_known_by_its_door_alone() -> None:
    assert "role" not in {field.encode_name for field in msgspec.structs.fields(c.Hold)}
    assert Issuer("ann", Role.SUPERVISOR, Door.MQTT) != ANN
