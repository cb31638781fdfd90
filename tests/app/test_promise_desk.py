"""When the customer hears that it will be later, and when not."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from skystork.app.arrivals import Arrivals
from skystork.app.journal import Journal
from skystork.app.promise_desk import MOVED_WITHIN_S, PromiseDesk
from skystork.dispatch.rules import SiteRules
from skystork.frames import Geodetic, LocalFrame
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


def desk_of(journal: Journal, road: frozenset[OrderId] = frozenset(), **vans_s: float) -> PromiseDesk:
    """A desk of a site without drones, whose vans are foreseen as given."""
    by_van: Mapping[OrderId, float] = {OrderId(name.replace("_", "-")): at_s for name, at_s in vans_s.items()}
    return PromiseDesk(journal, RULES, road, Arrivals((), LocalFrame(ORDER.drop_off), (lambda _: by_van,)))


def revisions(folder: Path, *events: e.Event, road: frozenset[OrderId] = frozenset()) -> list[e.PromiseRevised]:
    async def review() -> list[e.PromiseRevised]:
        store = LedgerStore.open(folder / "ledger.db")
        journal, told = Journal(LedgerWriter(store)), []
        journal.listen(lambda _, event: told.append(event) if isinstance(event, e.PromiseRevised) else None)
        await journal.record(e.OrderAccepted(ORDER_ID, ORDER), *events)
        desk = desk_of(journal, road)
        await desk.review()
        await asyncio.sleep(MOVED_WITHIN_S + 15.0)
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
        desk = desk_of(journal)
        for _ in range(80):
            await asyncio.sleep(30.0)
            await desk.review()
        store.close()
        return told

    told = run_virtual(wait(), NOW_S)
    assert len(told) >= 2
    assert all(at_s < event.previous_s for at_s, event in told), "each before the time told last passes"
    assert told[0][0] > NOW_S + 1200.0, "and not as soon as it waits a little"


UNDER_WAY = {
    "a flight whose arrival is long past": (BY_AIR, ASSIGNED, e.FlightLaunched(FLIGHT, DRONE, ORDER_ID)),
    "a van that says nothing": (BY_ROAD, e.OrderRouted(ORDER_ID, VAN, NOW_S + 600.0, 0.0)),
    "a van with the parcel": (BY_ROAD, e.OrderRouted(ORDER_ID, VAN, NOW_S + 600.0, 0.0), e.ParcelLoaded(ORDER_ID, VAN)),
    "a partner that says nothing": (BY_ROAD, e.PartnerAsked(ORDER_ID, VAN, 9.0, NOW_S + 600.0)),
    "a release that nobody knows of": (
        BY_AIR,
        ASSIGNED,
        e.FlightLaunched(FLIGHT, DRONE, ORDER_ID),
        e.ReleaseRequested(ORDER_ID, FLIGHT, DRONE, 1),
        e.ReleaseUnresolved(ORDER_ID, FLIGHT, DRONE, "silent"),
    ),
    "an order by road that waits": (BY_ROAD,),
    "a parcel on its way home that was promised by road": (
        BY_ROAD,
        ASSIGNED,
        e.FlightLaunched(FLIGHT, DRONE, ORDER_ID),
        e.ParcelReturning(ORDER_ID, FLIGHT, DRONE, (HOME,)),
    ),
}


@pytest.mark.parametrize("events", UNDER_WAY.values(), ids=UNDER_WAY)
def test_whatever_goes_wrong_an_order_under_way_is_told_before_its_promise_passes(
    tmp_path: Path, events: tuple[e.Event, ...]
) -> None:
    async def wait() -> tuple[float, float]:
        store = LedgerStore.open(tmp_path / "ledger.db")
        journal, told = Journal(LedgerWriter(store)), list[tuple[float, float]]()
        journal.listen(
            lambda at_s, event: told.append((at_s, event.previous_s)) if isinstance(event, e.PromiseRevised) else None
        )
        await journal.record(e.OrderAccepted(ORDER_ID, ORDER), *events)
        desk = asyncio.create_task(desk_of(journal).run())
        await asyncio.sleep(RULES.van_slot_s + 60.0)
        desk.cancel()
        store.close()
        return told[0]

    told_s, promised_s = run_virtual(wait(), NOW_S)
    assert told_s < promised_s - RULES.warn_ahead_s / 2


def test_what_moves_an_arrival_is_told_at_once(tmp_path: Path) -> None:
    async def wait() -> list[float]:
        store = LedgerStore.open(tmp_path / "ledger.db")
        journal, told = Journal(LedgerWriter(store)), list[float]()
        journal.listen(lambda at_s, event: told.append(at_s) if isinstance(event, e.PromiseRevised) else None)
        await journal.record(
            e.OrderAccepted(ORDER_ID, ORDER), BY_AIR, ASSIGNED, e.FlightLaunched(FLIGHT, DRONE, ORDER_ID)
        )
        desk = asyncio.create_task(desk_of(journal).run())
        await asyncio.sleep(37.0)
        await journal.record(e.ParcelReturning(ORDER_ID, FLIGHT, DRONE, (HOME,)))
        await asyncio.sleep(1.0)
        desk.cancel()
        store.close()
        return told

    assert [round(at_s - NOW_S) for at_s in run_virtual(wait(), NOW_S)] == [37]


def looked_at(folder: Path, *etas_s: float) -> tuple[list[float], list[float]]:
    """An order by road, promised by 3 h and planned for 10 min from now, foreseen so one after the other: what the
    ledger got, and what everybody else was told."""

    async def look() -> tuple[list[float], list[float]]:
        store = LedgerStore.open(folder / "ledger.db")
        journal, foreseen, told = Journal(LedgerWriter(store)), list[float](), list[float]()
        journal.listen(lambda _, event: foreseen.append(event.eta_s) if isinstance(event, e.ArrivalForeseen) else None)
        by_van = {ORDER_ID: NOW_S}
        desk = PromiseDesk(journal, RULES, (), Arrivals((), LocalFrame(ORDER.drop_off), (lambda _: by_van,)))
        desk.on_arrival = lambda _: told.append(desk.as_foreseen(journal.book.order(ORDER_ID)).eta_s or 0.0)
        await journal.record(
            e.OrderAccepted(ORDER_ID, ORDER), BY_ROAD, e.OrderRouted(ORDER_ID, VAN, NOW_S + 600.0, 0.0)
        )
        for eta_s in etas_s:
            by_van[ORDER_ID] = NOW_S + eta_s
            await desk.review()
        store.close()
        return [each - NOW_S for each in foreseen], [each - NOW_S for each in told]

    return run_virtual(look(), NOW_S)


def test_an_arrival_that_moves_by_minutes_is_told_and_fills_no_ledger(tmp_path: Path) -> None:
    written, told = looked_at(tmp_path, 630.0, 690.0, 700.0, 760.0, 830.0, 900.0)
    assert told == [690.0, 760.0, 830.0, 900.0] and written == []


def test_an_arrival_that_is_another_one_by_ten_minutes_is_written_however_slowly_it_came_to_it(tmp_path: Path) -> None:
    written, _ = looked_at(tmp_path, *(600.0 + 70.0 * step for step in range(20)))
    assert written == [1230.0, 1860.0]


def test_an_arrival_that_would_have_to_be_told_is_written_and_again_when_it_is_in_time(tmp_path: Path) -> None:
    by_s = RULES.van_slot_s - RULES.warn_ahead_s
    written, _ = looked_at(tmp_path, by_s - 300.0, by_s - 10.0, by_s + 5.0, by_s - 5.0, by_s + 5.0, by_s - 60.0)
    assert written == [by_s - 300.0, by_s + 5.0, by_s - 60.0]


def test_an_order_that_may_still_change_hands_is_told_a_moment_later_and_not_at_all_where_it_did(
    tmp_path: Path,
) -> None:
    async def wait(given_to_another: bool) -> list[float]:
        store = LedgerStore.open(tmp_path / f"{given_to_another}.db")
        journal, told = Journal(LedgerWriter(store)), list[float]()
        journal.listen(lambda at_s, event: told.append(at_s) if isinstance(event, e.PromiseRevised) else None)
        by_van = {ORDER_ID: BY_ROAD.promised_by_s + 600.0}
        desk = PromiseDesk(journal, RULES, (), Arrivals((), LocalFrame(ORDER.drop_off), (lambda _: by_van,)))
        await journal.record(
            e.OrderAccepted(ORDER_ID, ORDER), BY_ROAD, e.OrderRouted(ORDER_ID, VAN, NOW_S + 600.0, 0.0)
        )
        running = asyncio.create_task(desk.run())
        await asyncio.sleep(5.0)
        if given_to_another:
            by_van.clear()
            await journal.record(
                e.RouteDropped(ORDER_ID, VAN, "VAN_LATE", ""), e.OrderRouted(ORDER_ID, VAN, NOW_S + 500.0, 0.0)
            )
        await asyncio.sleep(MOVED_WITHIN_S + 45.0)
        running.cancel()
        store.close()
        return told

    assert run_virtual(wait(True), NOW_S) == []
    (at_s,) = run_virtual(wait(False), NOW_S)
    assert NOW_S + MOVED_WITHIN_S <= at_s <= NOW_S + MOVED_WITHIN_S + 30.0


def test_who_is_given_an_order_says_anew_when_it_comes(tmp_path: Path) -> None:
    async def look() -> float | None:
        store = LedgerStore.open(tmp_path / "ledger.db")
        journal = Journal(LedgerWriter(store))
        desk = desk_of(journal, O_1=NOW_S + 900.0)
        await journal.record(
            e.OrderAccepted(ORDER_ID, ORDER), BY_ROAD, e.OrderRouted(ORDER_ID, VAN, NOW_S + 600.0, 0.0)
        )
        await desk.review()
        assert desk.as_foreseen(journal.book.order(ORDER_ID)).eta_s == NOW_S + 900.0
        await journal.record(e.OrderRouted(ORDER_ID, VehicleId("VAN-2"), NOW_S + 300.0, 0.0))
        store.close()
        return desk.as_foreseen(journal.book.order(ORDER_ID)).eta_s

    assert run_virtual(look(), NOW_S) == NOW_S + 300.0


def test_an_order_for_the_road_is_not_told_by_a_first_guess_before_the_vans_were_planned(tmp_path: Path) -> None:
    async def wait(is_planned: bool) -> list[float]:
        store = LedgerStore.open(tmp_path / f"{is_planned}.db")
        journal, told = Journal(LedgerWriter(store)), list[float]()
        journal.listen(lambda at_s, event: told.append(at_s) if isinstance(event, e.PromiseRevised) else None)
        guess = {ORDER_ID: BY_ROAD.promised_by_s + 600.0}
        desk = PromiseDesk(journal, RULES, {ORDER_ID}, Arrivals((), LocalFrame(ORDER.drop_off), ()), lambda: guess)
        await journal.record(e.OrderAccepted(ORDER_ID, ORDER), BY_ROAD)
        running = asyncio.create_task(desk.run())
        await asyncio.sleep(30.0)  # between two plans of the vans
        if is_planned:
            guess.clear()
            await journal.record(e.OrderRouted(ORDER_ID, VAN, NOW_S + 600.0, 0.0))
        await asyncio.sleep(MOVED_WITHIN_S + 45.0)
        running.cancel()
        store.close()
        return told

    assert run_virtual(wait(True), NOW_S) == []
    assert len(run_virtual(wait(False), NOW_S)) == 1
