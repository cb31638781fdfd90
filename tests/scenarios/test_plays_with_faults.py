"""Days on which one thing goes wrong: nobody is put at risk, no order is lost, and the ledger tells the truth."""

import asyncio
import logging
from pathlib import Path

import pytest
from tests_support.play import CONTROLLER, NEAR, Outcome, Stage, one_order, order_at, play

from skystork.app.site import Site
from skystork.flight.flight import Flight
from skystork.orders.order import FlightId, Mode, Order
from skystork.orders.order_state import OrderState
from skystork_sim.fleet import FIRST_PORT
from skystork_sim.incidents import Incident, IncidentKind
from skystork_sim.network import Cut

FLOWN_OR_DRIVEN = ("FlightLaunched", "ReleaseRequested", "ReleaseConfirmed", "ReleaseFailed", "ReleaseUnresolved")
RETURNED = ("FlightLaunched", "ParcelReturning", "FlightLanded", "ParcelReturned", "ParcelLoaded", "OrderDelivered")


def went_by_van_after_a_flight(outcome: Outcome) -> bool:
    """The same order, home again with its parcel, handed over once by road."""
    record = outcome.record("O-1")
    return (
        outcome.kinds("O-1", *RETURNED) == list(RETURNED)
        and record.mode is Mode.VAN
        and record.state is OrderState.DELIVERED
        and outcome.handed_over == {"O-1": 1}
    )


def test_a_link_lost_in_cruise_is_told_and_the_flight_goes_on_by_its_mission(one_wing: Path, tmp_path: Path) -> None:
    lost = Incident(IncidentKind.LINK_LOST, 1, flight=1, after_s=40.0, duration_s=40.0)
    outcome = play(one_wing, tmp_path, one_order, incidents=[lost])

    assert outcome.rules() == ["LINK_LOST"]
    assert [row.payload["rule"] for row in outcome.rows("ContingencyCleared")] == ["LINK_LOST"]
    raised, cleared = outcome.rows("ContingencyRaised")[0], outcome.rows("ContingencyCleared")[0]
    assert 30.0 < cleared.at_s - raised.at_s < 40.0
    assert outcome.kinds("O-1", *FLOWN_OR_DRIVEN) == ["FlightLaunched", "ReleaseRequested", "ReleaseConfirmed"]
    assert outcome.dropped == {"O-1": 1}


def test_a_link_lost_over_the_doorstep_brings_the_parcel_home_unreleased(one_wing: Path, tmp_path: Path) -> None:
    lost = Incident(IncidentKind.LINK_LOST, 1, flight=1, after_s=100.0, duration_s=160.0)
    outcome = play(one_wing, tmp_path, one_order, incidents=[lost])

    assert "LINK_LOST" in outcome.rules()
    assert not outcome.dropped and not outcome.rows("ReleaseRequested")
    assert went_by_van_after_a_flight(outcome)


def test_a_battery_that_sags_on_the_way_out_turns_the_flight_back(one_wing: Path, tmp_path: Path) -> None:
    sag = Incident(IncidentKind.BATTERY_SAG, 1, flight=1, after_s=60.0, value=0.16)
    outcome = play(one_wing, tmp_path, one_order, incidents=[sag])

    assert outcome.rules()[0] == "BATTERY_LOW"
    assert outcome.rows("ContingencyRaised")[0].payload["action"] == "RETURN"
    assert not outcome.dropped
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
    assert went_by_van_after_a_flight(outcome)


def test_a_blocked_doorstep_sends_the_parcel_home_and_the_van_brings_it(one_wing: Path, tmp_path: Path) -> None:
    blocked = Incident(IncidentKind.DROP_BLOCKED, 1, flight=1, value=3.0)
    outcome = play(one_wing, tmp_path, one_order, incidents=[blocked])

    assert outcome.rules() == ["DROP_BLOCKED"]
    assert not outcome.rows("ReleaseRequested") and not outcome.dropped
    assert went_by_van_after_a_flight(outcome)


def test_a_doorstep_that_clears_in_time_is_served_by_the_same_flight(one_wing: Path, tmp_path: Path) -> None:
    passing = Incident(IncidentKind.DROP_BLOCKED, 1, flight=1, duration_s=160.0, value=3.0)
    outcome = play(one_wing, tmp_path, one_order, incidents=[passing])

    assert outcome.rules() == []
    assert outcome.dropped == {"O-1": 1}


def test_a_vehicle_that_refuses_to_arm_loses_the_flight_with_its_reason(one_wing: Path, tmp_path: Path) -> None:
    refusing = Incident(IncidentKind.ARM_REFUSED, 1)
    outcome = play(one_wing, tmp_path, one_order, incidents=[refusing])

    dropped = outcome.rows("AssignmentDropped")
    assert dropped and all(
        reason["code"] == "VEHICLE"
        for row in dropped
        for reason in row.payload["reasons"]  # type: ignore[attr-defined]
    )
    assert not outcome.rows("FlightLaunched") and not outcome.dropped
    assert outcome.record("O-1").mode is Mode.VAN and outcome.handed_over == {"O-1": 1}


def test_a_vehicle_that_is_ready_a_minute_later_flies_at_the_second_try(one_wing: Path, tmp_path: Path) -> None:
    late = Incident(IncidentKind.ARM_REFUSED, 1, flight=1, duration_s=60.0)
    outcome = play(one_wing, tmp_path, one_order, incidents=[late])

    assert len(outcome.rows("AssignmentDropped")) == 1
    assert outcome.record("O-1").mode is Mode.DRONE and outcome.dropped == {"O-1": 1}


def test_a_jammed_gripper_is_asked_once_and_the_parcel_comes_home(one_wing: Path, tmp_path: Path) -> None:
    jam = Incident(IncidentKind.GRIPPER_JAM, 1, flight=1)
    outcome = play(one_wing, tmp_path, one_order, incidents=[jam])

    assert outcome.kinds("O-1", *FLOWN_OR_DRIVEN) == ["FlightLaunched", "ReleaseRequested", "ReleaseFailed"]
    assert outcome.rules() == ["RELEASE_FAILED"]
    assert not outcome.dropped
    assert went_by_van_after_a_flight(outcome)


def test_a_silent_gripper_is_asked_three_times_and_never_taken_for_a_delivery(one_wing: Path, tmp_path: Path) -> None:
    silent = Incident(IncidentKind.GRIPPER_SILENT, 1, flight=1)
    outcome = play(one_wing, tmp_path, one_order, incidents=[silent])

    first = [row.kind for row in outcome.ledger.rows if row.flight_id == "F-0001" and row.order_id == "O-1"]
    told = [kind for kind in first if kind in {*FLOWN_OR_DRIVEN, "FlightLanded", "ParcelReturned", "OrderDelivered"}]
    tries = ["ReleaseRequested"] * 3
    assert told == ["FlightLaunched", *tries, "ReleaseUnresolved", "FlightLanded", "ParcelReturned"]
    assert outcome.rules() == ["RELEASE_FAILED"]
    assert outcome.record("O-1").state is OrderState.DELIVERED  # the box was seen to hold it: it goes once more
    assert outcome.dropped + outcome.handed_over == {"O-1": 1}
    last_s = outcome.rows("ParcelReturned")[0].at_s
    assert all(release["at_s"] > last_s for release in outcome.truth["releases"])


def test_a_parcel_nobody_knows_of_in_an_aircraft_down_elsewhere_ends_with_a_person(
    one_wing: Path, tmp_path: Path
) -> None:
    silent = Incident(IncidentKind.GRIPPER_SILENT, 1, flight=1)
    empty = Incident(IncidentKind.BATTERY_SAG, 1, flight=1, after_s=230.0, value=0.04)
    outcome = play(one_wing, tmp_path, one_order, incidents=[silent, empty])

    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is False
    assert outcome.kinds("O-1", "ReleaseUnresolved", "OrderUndeliverable") == [
        "ReleaseUnresolved",
        "OrderUndeliverable",
    ]
    assert "look into its box" in outcome.record("O-1").reasons[0].text


def test_a_release_whose_report_is_lost_is_asked_for_again_while_it_holds(one_wing: Path, tmp_path: Path) -> None:
    outcome = play(one_wing, tmp_path, one_order, script=lose_one_report)

    assert outcome.dropped == {"O-1": 1}
    assert [row.payload["attempt"] for row in outcome.rows("ReleaseRequested")] == [1, 2]
    assert outcome.record("O-1").state is OrderState.DELIVERED


async def lose_one_report(stage: Stage) -> None:
    """The aircraft hears the request and releases; its report is lost, what it says a second later is not."""
    await stage.until(lambda _: bool(stage.truth["releases"]), step_s=0.01)
    now_s = asyncio.get_running_loop().time()
    stage.network.cut(Cut((CONTROLLER[0], FIRST_PORT), now_s, now_s + 1.4))
    await stage.until_over()


def test_a_release_whose_report_is_lost_with_the_link_ends_with_a_person_and_is_not_sent_again(
    one_wing: Path, tmp_path: Path
) -> None:
    outcome = play(one_wing, tmp_path, one_order, script=lose_the_report)

    assert outcome.dropped == {"O-1": 1}
    assert len(outcome.rows("ReleaseRequested")) == 1
    record = outcome.record("O-1")
    assert record.state is OrderState.UNDELIVERABLE
    assert "ask the recipient" in record.reasons[0].text
    assert not outcome.handed_over


async def lose_the_report(stage: Stage) -> None:
    """The aircraft hears the request and releases; nothing it says for the next minute arrives."""
    await stage.until(lambda _: bool(stage.truth["releases"]), step_s=0.01)
    now_s = asyncio.get_running_loop().time()
    stage.network.cut(Cut((CONTROLLER[0], FIRST_PORT), now_s, now_s + 60.0))
    await stage.until_over()


def failing_observe(monkeypatch: pytest.MonkeyPatch, flight_id: str, *, times: int) -> None:
    """A mistake in the code of one flight: it raises so many times when it is in the air."""
    observe, left = Flight.observe, [times]

    def broken(self: Flight, vehicle: object) -> object:
        if self.plan.request.flight_id == FlightId(flight_id) and self.launched_at_s is not None and left[0] > 0:
            left[0] -= 1
            raise ZeroDivisionError("a mistake of ours")
        return observe(self, vehicle)  # type: ignore[arg-type]

    monkeypatch.setattr(Flight, "observe", broken)


def two_orders(site: Site) -> list[Order]:
    return [order_at(site, "O-1", *NEAR), order_at(site, "O-2", -1800.0, 900.0)]


def test_a_fault_in_one_flights_code_is_taken_over_and_no_other_flight_notices(
    mixed_fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing_observe(monkeypatch, "F-0001", times=1)
    with caplog.at_level(logging.ERROR):
        outcome = play(mixed_fleet, tmp_path, two_orders)

    assert sum("flight F-0001" in record.message for record in caplog.records) == 1
    assert outcome.dropped == {"O-1": 1, "O-2": 1}
    assert all(record.state is OrderState.DELIVERED for record in outcome.ledger.book.orders())


def test_a_flight_whose_code_fails_twice_is_left_to_its_mission_and_the_others_are_served(
    mixed_fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def until_the_other_is_delivered(stage: Stage) -> None:
        await stage.until(
            lambda service: any(record.state is OrderState.DELIVERED for record in service.journal.book.orders())
        )

    failing_observe(monkeypatch, "F-0001", times=100)
    outcome = play(mixed_fleet, tmp_path, two_orders, script=until_the_other_is_delivered)

    mine = outcome.ledger.book.flights[FlightId("F-0001")].order_id
    assert outcome.record(mine).state is OrderState.FLYING
    assert sum(outcome.dropped.values()) == 1 and mine not in outcome.dropped
