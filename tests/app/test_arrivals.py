"""When an order will be there and a drone back, by where the vehicle is: held, waiting for its slot, on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.flights import FRAME, PLAN, flying
from tests_support.ground import ASKED, Ground, on_the_ground
from tests_support.px4_counterpart import Px4Counterpart

from skystork.app.arrivals import LOOK_S, Arrivals
from skystork.app.promise_desk import PromiseDesk
from skystork.dispatch.rules import SiteRules
from skystork.fleet.vehicle import LandedState
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.flight.phase import FlightPhase
from skystork.link.contract import sample_of
from skystork.orders import events as e
from skystork.orders.order import FlightId, Mode, OrderId, VehicleId
from skystork.planning.flight_plan import TrackPoint

OUT_S, WHOLE_S = PLAN.time_to_drop_s, PLAN.duration_s
CRUISE = [TrackPoint(27.0 + east_m / 15.0, east_m, 0.0, 80.0) for east_m in range(15, 3000, 15)]
DENSE = replace(PLAN, track=tuple(sorted((*PLAN.track, *CRUISE), key=lambda point: point.t_s)))
LAUNCHED: list[e.Event] = ASKED[:4]


def now_s() -> float:
    return asyncio.get_running_loop().time()


def look(ground: Ground) -> Arrivals:
    arrivals = Arrivals([ground.desk], FRAME)
    arrivals.look(now_s())
    return arrivals


def left_s(ground: Ground, arrivals: Arrivals) -> float:
    arrivals.look(now_s())
    eta_s = arrivals.of(ground.order, now_s())
    assert eta_s is not None
    return eta_s - now_s()


def outbound() -> Flight:
    flight = flying()
    flight.follow(DENSE, flight.mission)
    return flight


def say(ground: Ground, east_m: float, mode: str = "AUTO.MISSION", height_m: float = 80.0) -> None:
    sample = sample_of(
        now_s(),
        position=FRAME.to_geodetic(east_m, 0.0),
        altitude_amsl_m=20.0 + height_m,
        home_altitude_amsl_m=20.0,
        landed=LandedState.IN_AIR,
        armed=True,
        mode=mode,
        mission_sequence=2,
    )
    ground.desk.tracker.take_heard(now_s())
    ground.desk.tracker.take(sample)


def played(tmp_path: Path, events: list[e.Event], script: Callable[[Ground], object]) -> None:
    async def play(ground: Ground) -> None:
        result = script(ground)
        if asyncio.iscoroutine(result):
            await result

    silent = Px4Counterpart()
    silent.silent = True
    on_the_ground(tmp_path, events, play, counterpart=silent)


def test_a_drone_that_is_held_brings_its_parcel_as_much_later_as_it_is_held(tmp_path: Path) -> None:
    async def script(ground: Ground) -> None:
        ground.desk.flight = outbound()
        say(ground, 1500.0)
        arrivals = look(ground)
        before_s = left_s(ground, arrivals)
        assert 0.0 < before_s < OUT_S
        ground.desk.flight.phase = FlightPhase.HOLDING
        for _ in range(6):
            await asyncio.sleep(60.0)
            say(ground, 1500.0, "AUTO.LOITER")
            assert left_s(ground, arrivals) == pytest.approx(before_s, abs=2.0)
        assert ground.desk.free_at_s is not None
        back_s = WHOLE_S - OUT_S + before_s + PLAN.request.profile.turnaround_s
        assert ground.desk.free_at_s - now_s() == pytest.approx(back_s, abs=2.0)

    played(tmp_path, LAUNCHED, script)


def test_between_two_looks_a_flight_goes_on_by_the_clock(tmp_path: Path) -> None:
    async def script(ground: Ground) -> None:
        ground.desk.flight = outbound()
        say(ground, 1500.0)
        arrivals = look(ground)
        before_s = left_s(ground, arrivals)
        await asyncio.sleep(LOOK_S / 2)
        assert left_s(ground, arrivals) == pytest.approx(before_s - LOOK_S / 2)

    played(tmp_path, LAUNCHED, script)


def test_a_drone_slower_than_its_plan_is_foreseen_by_where_it_is(tmp_path: Path) -> None:
    async def script(ground: Ground) -> None:
        ground.desk.flight = outbound()
        say(ground, 600.0)
        arrivals = look(ground)
        before_s = left_s(ground, arrivals)
        await asyncio.sleep(40.0)
        say(ground, 600.0)
        assert left_s(ground, arrivals) == pytest.approx(before_s, abs=2.0)

    played(tmp_path, LAUNCHED, script)


def test_on_the_ground_it_leaves_at_its_slot_or_when_that_is_over_now(tmp_path: Path) -> None:
    async def script(ground: Ground) -> None:
        flight = ground.desk.flight = Flight(PLAN, compile_mission(PLAN, FRAME), FRAME)
        load_s = PLAN.request.profile.load_s
        arrivals = look(ground)
        assert left_s(ground, arrivals) == pytest.approx(load_s + OUT_S), "not cleared yet"
        flight.phase, ground.desk.departs_at_s = FlightPhase.LOADING, now_s() + 200.0
        assert left_s(ground, arrivals) == pytest.approx(200.0 + OUT_S)
        await asyncio.sleep(500.0)
        assert left_s(ground, arrivals) == pytest.approx(OUT_S)

    played(tmp_path, ASKED[:3], script)


def test_an_order_whose_flight_is_not_even_planned_has_all_of_it_before_it(tmp_path: Path) -> None:
    async def script(ground: Ground) -> None:
        arrivals = look(ground)
        whole_s = ground.order.eta_s - ground.order.changed_at_s if ground.order.eta_s is not None else 0.0
        await asyncio.sleep(300.0)
        assert left_s(ground, arrivals) == pytest.approx(max(whole_s, 0.0))

    assigned = e.OrderAssigned(*_ids(), 1_795_255_200.0 + 5e8, 0.0, 0.0)
    played(tmp_path, [ASKED[0], assigned], script)


@pytest.mark.parametrize(("drive_s", "told"), [(300.0, 0), (1_500.0, 1)], ids=["a van keeps it", "no van keeps it"])
def test_a_parcel_on_its_way_home_is_told_late_unless_a_van_could_still_keep_its_promise(
    tmp_path: Path, drive_s: float, told: int
) -> None:
    async def script(ground: Ground) -> None:
        journal, news = ground.services.journal, list[e.PromiseRevised]()
        journal.listen(lambda _, event: news.append(event) if isinstance(event, e.PromiseRevised) else None)
        ground.desk.flight = outbound()
        ground.desk.flight.phase = FlightPhase.RETURNING
        say(ground, 1500.0, "AUTO.RTL")
        order_id, flight_id, vehicle_id = ground.order.order.order_id, *_ids()[1:]
        await journal.record(e.PromiseMade(order_id, Mode.DRONE, now_s() + 1_300.0))
        await journal.record(e.ParcelReturning(order_id, flight_id, vehicle_id, ()))
        arrivals = Arrivals([ground.desk], FRAME, (), lambda _: drive_s)
        desk = PromiseDesk(journal, SiteRules(), frozenset(), arrivals)
        await desk.review()
        assert len(news) == told
        soonest_s = arrivals.soonest_by_road(ground.order, now_s()) - now_s()
        assert drive_s + 60.0 < soonest_s < drive_s + 400.0

    played(tmp_path, LAUNCHED, script)


def _ids() -> tuple[OrderId, FlightId, VehicleId]:
    first = ASKED[1]
    assert isinstance(first, e.OrderAssigned)
    return first.order_id, first.flight_id, first.vehicle_id
