"""When the customer hears that it will be later, and when not."""

import asyncio
from pathlib import Path

import pytest

from skystork.app.journal import Journal
from skystork.app.promise_desk import PromiseDesk
from skystork.dispatch.rules import SiteRules
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.order import FlightId, Mode, Order, OrderId, Parcel, VehicleId
from skystork.orders.reasons import Reason, ReasonCode
from skystork.shell.ledger_writer import LedgerWriter
from skystork.shell.loops import run_virtual
from skystork.shell.store import LedgerStore

NOW_S, RULES = 1_795_255_200.0, SiteRules()
ORDER_ID, FLIGHT, DRONE, VAN = OrderId("O-1"), FlightId("F-1"), VehicleId("LC-1"), VehicleId("VAN-1")
ORDER = Order(ORDER_ID, NOW_S, Geodetic(54.52, -1.55), Parcel(1.0, 0.3, 0.2, 0.1))
BY_AIR = e.PromiseMade(ORDER_ID, Mode.DRONE, NOW_S + RULES.drone_promise_s)
BY_ROAD = e.PromiseMade(ORDER_ID, Mode.VAN, NOW_S + RULES.van_slot_s)
ASSIGNED = e.OrderAssigned(ORDER_ID, FLIGHT, DRONE, NOW_S + 600.0, 0.0, 1e6)
HOME = Reason(ReasonCode.ATTEMPTED, "came home", "F-1", "")


def revisions(folder: Path, *events: e.Event, road: frozenset[OrderId] = frozenset()) -> list[e.PromiseRevised]:
    async def review() -> list[e.PromiseRevised]:
        store = LedgerStore.open(folder / "ledger.db")
        journal, told = Journal(LedgerWriter(store)), []
        journal.listen(lambda _, event: told.append(event) if isinstance(event, e.PromiseRevised) else None)
        await journal.record(e.OrderAccepted(ORDER_ID, ORDER), *events)
        desk = PromiseDesk(journal, RULES, road)
        await desk.review()
        await asyncio.sleep(30.0)
        await desk.review()
        store.close()
        return told

    return run_virtual(review(), NOW_S)


def test_a_flight_in_time_is_no_news(tmp_path: Path) -> None:
    assert revisions(tmp_path, BY_AIR, ASSIGNED) == []


def test_a_parcel_that_comes_home_is_told_once_before_the_promise_passes(tmp_path: Path) -> None:
    launched = e.FlightLaunched(FLIGHT, DRONE, ORDER_ID)
    told = revisions(tmp_path, BY_AIR, ASSIGNED, launched, e.ParcelReturning(ORDER_ID, FLIGHT, DRONE, (HOME,)))
    assert len(told) == 1
    assert told[0].promised_by_s >= NOW_S + RULES.van_slot_s
    assert told[0].previous_s == BY_AIR.promised_by_s
    assert "later than promised" in told[0].message


@pytest.mark.parametrize("late_s", [-3600.0, 1200.0])
def test_a_route_that_breaks_the_promise_is_told_and_one_that_keeps_it_is_not(tmp_path: Path, late_s: float) -> None:
    routed = e.OrderRouted(ORDER_ID, VAN, BY_ROAD.promised_by_s + late_s, max(0.0, late_s))
    assert bool(revisions(tmp_path, BY_ROAD, routed)) is (late_s > 0)


def test_a_promise_by_road_holds_while_the_parcel_waits_for_its_van(tmp_path: Path) -> None:
    assert revisions(tmp_path, BY_ROAD, road=frozenset({ORDER_ID})) == []


def test_an_order_no_drone_is_found_for_is_told_before_its_promise_passes_and_told_again(tmp_path: Path) -> None:
    async def wait() -> list[tuple[float, e.PromiseRevised]]:
        store = LedgerStore.open(tmp_path / "ledger.db")
        journal, told = Journal(LedgerWriter(store)), []
        journal.listen(lambda at_s, event: told.append((at_s, event)) if isinstance(event, e.PromiseRevised) else None)
        await journal.record(e.OrderAccepted(ORDER_ID, ORDER), BY_AIR)
        desk = PromiseDesk(journal, RULES, frozenset())
        for _ in range(80):
            await asyncio.sleep(30.0)
            await desk.review()
        store.close()
        return told

    told = run_virtual(wait(), NOW_S)
    assert len(told) >= 2
    assert all(at_s < event.previous_s for at_s, event in told), "each before the time told last passes"
    assert told[0][0] > NOW_S + 1200.0, "and not as soon as it waits a little"
