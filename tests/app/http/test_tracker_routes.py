"""What the customer sees: where the parcel is and when it comes, and the proof that it came."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests_support.http_world import HttpWorld, play
from tests_support.written_day import (
    DOOR,
    EVENTS,
    FLIGHT,
    FLOWN,
    OTHER_DOOR,
    RELEASED_AT,
    VEHICLE,
    WAITS,
    told,
    write_day,
)

from skystork.control.roles import Role
from skystork.shell.store import LedgerReader


@pytest.fixture
def day(tmp_path: Path) -> Path:
    write_day(tmp_path)
    return tmp_path


def test_the_proof_says_who_where_and_when_and_which_row_of_the_ledger_holds_it(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        proof = (await world.client.get(f"/v1/orders/{FLOWN}/proof", headers=world.token(Role.PARTNER, "shop"))).json()
        assert (proof["mode"], proof["vehicleId"], proof["flightId"]) == ("drone", VEHICLE, FLIGHT)
        assert (proof["deliveredAt"], proof["evidence"]) == (told(7.1), "gripper")
        assert proof["destination"] == {"latitudeDeg": DOOR.latitude_deg, "longitudeDeg": DOOR.longitude_deg}
        assert proof["releasedAt"] == {
            "latitudeDeg": RELEASED_AT.latitude_deg,
            "longitudeDeg": RELEASED_AT.longitude_deg,
        }
        assert proof["releasedHeightHomeM"] == 4.2
        with LedgerReader.open(world.folder.ledger) as reader:
            row = next(row for row in reader.of_order(FLOWN) if row.kind == "OrderDelivered")
        assert (proof["ledgerSeq"], proof["ledgerHash"]) == (row.seq, row.hash)

    play(day, script)


def test_nothing_is_proven_before_it_is_delivered_and_nobody_elses_is_told(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        early = await world.client.get(f"/v1/orders/{WAITS}/proof", headers=world.token(Role.PARTNER, "other.shop"))
        assert early.status_code == 409
        assert "nothing proves a delivery yet" in early.json()["detail"]
        stranger = world.token(Role.PARTNER, "stranger")
        for what in ("proof", "tracker", "events"):
            assert (await world.client.get(f"/v1/orders/{FLOWN}/{what}", headers=stranger)).status_code == 404

    play(day, script)


def test_the_tracker_of_what_was_delivered_has_no_vehicle_any_more(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        tracker = (
            await world.client.get(f"/v1/orders/{FLOWN}/tracker", headers=world.token(Role.PARTNER, "shop"))
        ).json()
        assert (tracker["status"], tracker["deliveredAt"], tracker["promisedBy"]) == ("delivered", told(7.1), told(30))
        assert not {"position", "distanceM", "headingDeg", "stopsBefore"} & tracker.keys()
        waits = (await world.client.get(f"/v1/orders/{WAITS}/tracker", headers=world.token(Role.DISPATCHER))).json()
        assert "deliveredAt" not in waits
        assert waits["destination"] == {
            "latitudeDeg": OTHER_DOOR.latitude_deg,
            "longitudeDeg": OTHER_DOOR.longitude_deg,
        }

    play(day, script)


def test_the_timeline_is_all_that_happened_to_the_order_in_order(day: Path) -> None:
    async def script(world: HttpWorld) -> None:
        answer = await world.client.get(f"/v1/orders/{FLOWN}/events", headers=world.token(Role.PARTNER, "shop"))
        items = answer.json()["items"]
        mine = [(told(at), type(event).__name__) for at, event in EVENTS if getattr(event, "order_id", None) == FLOWN]
        assert [(each["at"], each["kind"]) for each in items] == mine
        assert [each["seq"] for each in items] == sorted(each["seq"] for each in items)

    play(day, script)
