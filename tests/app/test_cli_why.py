"""``skystork why``: the decision and the way to it, from the ledger alone."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from skystork.app.cli import app
from skystork.app.journal import Journal
from skystork.dispatch.horizon_decision import WHY_WORDS, Why
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.order import FlightId, Mode, Order, OrderId, Parcel, VehicleId
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.loops import run_virtual
from skystork.shell.store import LedgerStore

NOW_S = 1_795_255_200.0
ORDER = Order(OrderId("O-1"), NOW_S, Geodetic(54.52, -1.55), Parcel(1.0, 0.3, 0.2, 0.1))
TIRED = Reason(ReasonCode.ENERGY, "takes 900 kJ, 800 kJ are there", 900.0, 800.0, remedy="a charged battery")


def decided(action: str, mode: Mode, who: str, *why: str) -> e.OrderDecided:
    ways = (
        e.PricedWay(Mode.DRONE, VehicleId("LC-1"), NOW_S + 600.0, 1.5, 2.25, 0.0),
        e.PricedWay(Mode.VAN, VehicleId("VAN-1"), NOW_S + 3_600.0, 4.0, 29.0, 1_800.0),
        e.PricedWay(Mode.PARTNER, None, None, None, None, None, (TIRED,)),
    )
    return e.OrderDecided(ORDER.order_id, action, mode, VehicleId(who), NOW_S + 600.0, 0.0, why, ways)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    async def write() -> None:
        store = LedgerStore.open(tmp_path / "ledger.db")
        journal = Journal(LedgerWriter(store))
        await journal.record(e.OrderAccepted(ORDER.order_id, ORDER))
        await journal.record(decided("road", Mode.VAN, "VAN-1", "ONLY_WAY"))
        await asyncio.sleep(5.0)
        await journal.record(decided("launch", Mode.DRONE, "LC-1", "CHEAPEST", "LAST_MOMENT"))
        store.close()

    run_virtual(write(), NOW_S)
    return tmp_path


def why(*words: object) -> Result:
    return CliRunner().invoke(app, ["why", *(str(word) for word in words)], env={"COLUMNS": "220"})


def test_the_newest_decision_is_shown_with_the_price_of_every_way(state: Path) -> None:
    shown = why("O-1", "--state", state)
    assert shown.exit_code == 0
    assert "decided: launch by drone LC-1, because" in shown.stdout
    assert "late [min]" in shown.stdout
    assert "CHEAPEST: it keeps the promise and costs least" in shown.stdout
    assert "LAST_MOMENT: waiting any longer would break the promise" in shown.stdout
    chosen, other = (
        next(line for line in shown.stdout.splitlines() if f"│ {name}" in line) for name in ("LC-1", "VAN-1")
    )
    assert "chosen" in chosen and "2.25" in chosen
    assert "chosen" not in other and "30" in other and "breaks the promise, compares 26.75 dearer" in other
    assert "Possible: a charged battery" in shown.stdout
    assert shown.stdout.index("road van VAN-1: ONLY_WAY") < shown.stdout.index("launch drone LC-1")


def test_what_was_asked_for_in_time_is_told_by_why_and_by_the_orders_own_page(tmp_path: Path) -> None:
    async def write() -> None:
        store = LedgerStore.open(tmp_path / "ledger.db")
        wanted = replace(ORDER, ready_at_s=NOW_S + 60.0, deliver_from_s=NOW_S + 3_600.0, deliver_by_s=NOW_S + 7_200.0)
        await Journal(LedgerWriter(store)).record(e.OrderAccepted(ORDER.order_id, wanted))
        store.close()

    run_virtual(write(), NOW_S)
    words = "wanted: parcel ready at 10:01:00, not before 11:00:00, by 12:00:00"
    assert words in why("O-1", "--state", tmp_path).stdout
    assert words in CliRunner().invoke(app, ["orders", "show", "O-1", "--state", str(tmp_path)]).stdout
    told = json.loads(why("O-1", "--state", tmp_path, "--json").stdout)
    assert (told["readyAt"], told["deliverFrom"]) == ("2026-11-21T10:01:00.000Z", "2026-11-21T11:00:00.000Z")


def test_every_reason_code_has_its_words() -> None:
    assert set(WHY_WORDS) == set(Why)


def test_what_became_of_an_order_and_of_its_promise_stands_first_in_plain_words(state: Path) -> None:
    async def deliver() -> None:
        store = LedgerStore.open(state / "ledger.db")
        journal = Journal(LedgerWriter(store))
        journal.replay(store.read())
        flight_id, drone = FlightId("F-1"), VehicleId("LC-1")
        await journal.record(e.PromiseMade(ORDER.order_id, Mode.DRONE, NOW_S + 1_800.0))
        await journal.record(e.OrderAssigned(ORDER.order_id, flight_id, drone, NOW_S + 600.0, 0.0, 7.2e5))
        await journal.record(e.AssignmentDropped(ORDER.order_id, flight_id, drone, (TIRED,)))
        store.close()

    run_virtual(deliver(), NOW_S + 10.0)
    lines = why("O-1", "--state", state).stdout.splitlines()
    assert lines[0] == "O-1 is waiting; promised by 10:30:00"
    assert lines[1].strip() == str(TIRED)
    assigned = next(line for line in lines if "order assigned" in line)
    assert "energy 200.0 Wh" in assigned and "eta 10:10:00" in assigned


def test_the_same_in_json_marks_the_way_that_was_chosen(state: Path) -> None:
    facts = json.loads(why("O-1", "--state", state, "--json").stdout)
    assert facts["decision"] == {"action": "launch", "why": ["CHEAPEST", "LAST_MOMENT"]}
    assert [way["chosen"] for way in facts["ways"]] == [True, False, False]
    assert facts["ways"][2]["reasons"] == [{"code": "ENERGY", "text": TIRED.text, "remedy": TIRED.remedy}]
    assert [row["kind"] for row in facts["history"]] == ["OrderDecided", "OrderDecided"]


def test_an_order_nobody_knows_is_not_found(state: Path) -> None:
    asked = why("O-2", "--state", state)
    assert asked.exit_code == 5
    assert "no order O-2" in asked.stderr
