"""A new plan for a flight that is held: flown only while nothing that it was made for has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymavlink.dialects.v20 import common
from tests_support.flights import MISSION, PLAN, at, flying
from tests_support.ground import ASKED, FIELD, ORDER, Ground, on_the_ground
from tests_support.px4_counterpart import Px4Counterpart

from skystork.airspace.volume import ZoneSet
from skystork.app.options import default_site
from skystork.app.planning_job import CheckedPlan
from skystork.app.reroute import Reroute
from skystork.app.site import load_site
from skystork.app.space_keeping import SpaceKeeping
from skystork.clearance.deconfliction import reserve
from skystork.flight.effects import Effect, Resume, StayHere
from skystork.flight.flight import Flight
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.link.contract import sample_of
from skystork.orders import events as e
from skystork.orders.order import FlightId
from skystork.planning.document import plan_hash as hash_of
from skystork.shell.solver_pool import SolverPool

SITE = load_site(default_site())
AROUND = replace(PLAN.around, obstacle_set_hash="")
NEW = replace(PLAN, zone_set_hash=SITE.zones.hash, around=AROUND)
POSCTL = 0x00030000


class Standing(Px4Counterpart):
    """It stands still in the air."""

    def __init__(self) -> None:
        super().__init__()
        self.on_list: Callable[[], None] = lambda: None
        """Asked as each list of a plan begins to come in."""

    def _on_mission_count(self, message: common.MAVLink_mission_count_message, now_s: float) -> None:
        self.on_list()
        super()._on_mission_count(message, now_s)

    def _beat(self, now_s: float) -> None:
        self.send(common.MAVLink_heartbeat_message(2, self.autopilot, 157, self.custom_mode, 3, 3))
        boot_ms = round((now_s - (self.booted_s or now_s)) * 1000)
        place = (round(FIELD.latitude_deg * 1e7), round(FIELD.longitude_deg * 1e7))
        self.send(common.MAVLink_global_position_int_message(boot_ms, *place, 180_000, 80_000, 0, 0, 0, 9_000))
        self.show_current()


class Planned(SolverPool):
    """Answers with a plan that is ready."""

    async def run(self, *_: object, **__: object) -> Any:  # type: ignore[override]
        return CheckedPlan(NEW, hash_of(NEW))


class Diverted:
    """One diversion from a hold, and what came of it."""

    def __init__(
        self,
        tmp_path: Path,
        then: Callable[[Diverted], None],
        *,
        at_event: type[e.Event],
        phase: FlightPhase = FlightPhase.HOLDING,
    ) -> None:
        self._phase = phase
        self.vehicle, self.why, self.effects = Standing(), "", list[Effect]()
        self._then, self._at_event = then, at_event
        on_the_ground(tmp_path, ASKED[:4], self._play, counterpart=self.vehicle, pool=Planned())

    async def _play(self, ground: Ground) -> None:
        self.ground, self.services, self.lock = ground, ground.services, asyncio.Lock()
        flight = self.flight = ground.desk.flight = flying()
        flight.adopt(self._phase, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=at(100.0))
        ground.desk.tracker.take(sample_of(asyncio.get_running_loop().time(), home_altitude_amsl_m=100.0))
        self.kinds: list[str] = []
        self.services.journal.listen(self._hear)
        shared = (self.services, ground.desk, flight, ORDER, self._perform)
        space = SpaceKeeping(self.services, ground.desk, PLAN.request.flight_id)
        reroute = Reroute(*shared, space=space, beginning=self.lock, delivers=True)
        order = SteerOrder("A-1", SteerAction.DIVERT, "Ann Duty", "flood", PLAN.request.drop_off)
        self.why = await reroute.run(order)

    def _hear(self, _: float, event: e.Event) -> None:
        self.kinds.append(type(event).__name__)
        if isinstance(event, e.FlightRerouted):
            self.went_at_s = asyncio.get_running_loop().time()
        if isinstance(event, self._at_event):
            self._then(self)

    async def _perform(self, flight: Flight, effects: list[Effect]) -> None:
        self.effects += effects
        if any(isinstance(effect, StayHere) for effect in effects):
            await self.ground.perform(flight, flight.observe(at(101.0, mode="AUTO.LOITER")))
        await self.ground.perform(flight, effects)

    @property
    def goes_on(self) -> bool:
        """Whether it was sent on in a mission."""
        return any(isinstance(effect, Resume) for effect in self.effects)


def test_left_alone_it_goes_on_by_the_new_plan(tmp_path: Path) -> None:
    done = Diverted(tmp_path, lambda _: None, at_event=e.RerouteBegun)
    assert done.why == ""
    assert done.flight.plan is NEW and done.goes_on


def close_zones(play: Diverted) -> None:
    airspace = play.services.site.airspace
    now = airspace.zones
    zones = ZoneSet(
        now.zones[1:],
        now.frame,
        now.ground_amsl_m,
        geoid_undulation_m=now.geoid_undulation_m,
        terrain=now.terrain,
    )
    play.services.current.take(replace(airspace, zones=zones))


def test_zones_that_change_while_the_new_plan_goes_on_board_keep_the_old_one(tmp_path: Path) -> None:
    done = Diverted(tmp_path, close_zones, at_event=e.RerouteBegun)
    assert "the zones changed" in done.why and "old plan is on board again" in done.why
    assert done.flight.plan is PLAN and not done.goes_on
    assert "FlightRerouted" not in done.kinds and "RerouteUndone" in done.kinds


@pytest.mark.parametrize("phase", [FlightPhase.HOLDING, FlightPhase.OUTBOUND])
def test_a_pilot_who_takes_it_keeps_it_and_finds_the_old_plan_on_board(tmp_path: Path, phase: FlightPhase) -> None:
    def take_it(play: Diverted) -> None:
        play.vehicle.custom_mode = POSCTL

    done = Diverted(tmp_path, take_it, at_event=e.RerouteBegun, phase=phase)
    assert "POSCTL" in done.why and "the old plan is on board again; it holds" in done.why
    assert done.flight.plan is PLAN and done.flight.back_item is None and not done.goes_on
    assert done.vehicle.custom_mode == POSCTL


def test_a_pilot_who_flies_it_before_it_stands_is_told_of_and_not_overruled(tmp_path: Path) -> None:
    def take_it(play: Diverted) -> None:
        play.vehicle.custom_mode = POSCTL

    done = Diverted(tmp_path, take_it, at_event=e.FlightPhaseChanged, phase=FlightPhase.OUTBOUND)
    assert "POSCTL" in done.why and not done.goes_on


def test_orders_of_a_person_need_not_wait_while_the_old_plan_is_put_back(tmp_path: Path) -> None:
    waits: list[bool] = []

    def close(play: Diverted) -> None:
        close_zones(play)
        play.vehicle.on_list = lambda: waits.append(play.lock.locked())

    Diverted(tmp_path, close, at_event=e.RerouteBegun)
    assert len(waits) >= 4, "the new plan, and the old one again"
    assert not any(waits)


def test_landed_while_the_old_plan_is_put_back_nothing_more_is_uploaded(tmp_path: Path) -> None:
    lists = 0
    lists_of_a_plan = [items for _, items in MISSION.parts if items]  # an empty one is cleared

    def close(play: Diverted) -> None:
        close_zones(play)

        def count() -> None:
            nonlocal lists
            lists += 1
            if lists == len(lists_of_a_plan) + 1:  # the first of the old plan
                play.flight.steer(SteerOrder("A-2", SteerAction.LAND, "Ann Duty"))

        play.vehicle.on_list = count

    done = Diverted(tmp_path, close, at_event=e.RerouteBegun)
    assert lists == len(lists_of_a_plan) + 1
    assert "on board again" not in done.why and done.flight.back_item is not None


def test_it_holds_the_space_of_the_new_plan_from_before_it_goes_on_board(tmp_path: Path) -> None:
    held: list[int] = []

    def look(play: Diverted) -> None:
        held.append(len(play.services.reservations))

    done = Diverted(tmp_path, look, at_event=e.RerouteBegun)
    assert held == [1], "that of the new plan; this flight was given none of the old one"
    assert list(done.services.reservations) == [PLAN.request.flight_id]
    began_at_s = done.services.reservations[PLAN.request.flight_id].departs_at_s
    assert began_at_s == done.went_at_s, "from when it goes, and not from when that was guessed"


def test_space_that_another_flight_was_given_meanwhile_is_not_flown_through(tmp_path: Path) -> None:
    def give(play: Diverted) -> None:
        other = replace(NEW, request=replace(NEW.request, flight_id=FlightId("F-9")))
        play.services.reservations[FlightId("F-9")] = reserve(other, asyncio.get_running_loop().time())

    done = Diverted(tmp_path, give, at_event=e.RerouteBegun)
    assert "of flight F-9" in done.why and "old plan is on board again" in done.why
    assert done.flight.plan is PLAN and not done.goes_on
    assert list(done.services.reservations) == ["F-9"]
