"""The ways home, asked of a counterpart that does not do at once what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pymavlink.dialects.v20 import common
from tests_support.flights import HOLD, MISSION, PLAN, at, events, flying
from tests_support.port_world import in_virtual_time
from tests_support.px4_counterpart import Px4Counterpart

from skystork.app.drone_desk import DroneDesk
from skystork.app.homeward import fly_mission, go_on, return_home, take_back
from skystork.fleet.vehicle import Drone
from skystork.flight.effects import Effect
from skystork.flight.flight import Flight
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.orders import events as e
from skystork.shell.link_runner import LinkRunner
from skystork.shell.vehicle_port import VehiclePort

WAY_HOME = HOLD + 2


class HardOfHearing(Px4Counterpart):
    """Holds, and takes no notice of the first jumps it is told."""

    def __init__(self, jumps_unheard: int) -> None:
        super().__init__()
        self.jumps_unheard = jumps_unheard
        self.mode_when_set: list[int] = []

    def _on_mission_set_current(self, message: common.MAVLink_mission_set_current_message, now_s: float) -> None:
        if self.jumps_unheard > 0:
            self.jumps_unheard -= 1
            return
        self.mode_when_set.append(self.custom_mode)
        super()._on_mission_set_current(message, now_s)


def sent_home() -> Flight:
    flight = flying()
    facts = {"mission_sequence": WAY_HOME}
    flight.adopt(FlightPhase.RETURNING, Parcel.ON_BOARD, launched_at_s=0.0, returning=True, vehicle=at(100.0, **facts))
    return flight


@pytest.mark.parametrize(("unheard", "told"), [(0, False), (8, False), (40, True)])
def test_what_was_taken_back_goes_home_from_the_item_it_was_at_however_often_that_must_be_said(
    unheard: int, told: bool
) -> None:
    done: list[Effect] = []

    async def perform(_: Flight, effects: list[Effect]) -> None:
        done.extend(effects)

    async def play(port: VehiclePort, vehicle: HardOfHearing, runner: LinkRunner) -> None:
        request = PLAN.request
        drone = Drone(request.vehicle_id, "SN1", 1, request.profile, request.pad)
        desk = DroneDesk(drone, port, runner.now_s())
        vehicle.current = 1
        async with asyncio.timeout(300.0):
            await take_back(desk, sent_home(), WAY_HOME, perform)
        assert len(vehicle.plans[0]) == len(MISSION.items)
        assert vehicle.current == WAY_HOME
        assert vehicle.mode_when_set == [0x03040000] * len(vehicle.mode_when_set), "it holds until its item is right"

    in_virtual_time(play, HardOfHearing(unheard))
    raised = [event.rule for event in events(done) if isinstance(event, e.ContingencyRaised)]
    cleared = [event.rule for event in events(done) if isinstance(event, e.ContingencyCleared)]
    assert raised == cleared == (["ITEM_NOT_TAKEN"] if told else [])


POSCTL, DO_SET_MODE, TEMPORARILY_REJECTED = 3 << 16, 176, 1
TRIES_S = 7.0


@pytest.mark.parametrize(
    ("phase", "ask"),
    [
        (FlightPhase.HOLDING, go_on),
        (FlightPhase.RETURNING, return_home),
        (FlightPhase.RETURNING, fly_mission),
    ],
)
def test_what_a_pilot_takes_while_it_is_asked_to_go_on_is_asked_no_more(
    phase: FlightPhase, ask: Callable[[DroneDesk, Flight], Awaitable[None]]
) -> None:
    def orders(vehicle: Px4Counterpart) -> int:
        return sum(getattr(message, "command", 0) == DO_SET_MODE for message in vehicle.received)

    async def play(port: VehiclePort, vehicle: Px4Counterpart, runner: LinkRunner) -> None:
        request = PLAN.request
        drone = Drone(request.vehicle_id, "SN1", 1, request.profile, request.pad)
        desk, flight = DroneDesk(drone, port, runner.now_s()), flying()
        flight.adopt(phase, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=at(100.0))
        vehicle.set_mode_verdict = TEMPORARILY_REJECTED
        await asyncio.sleep(2.0)
        asked = asyncio.create_task(ask(desk, flight))  # type: ignore[arg-type]
        await asyncio.sleep(TRIES_S)
        assert orders(vehicle) >= 2, "asked for until it is seen"
        vehicle.set_mode_verdict, vehicle.custom_mode = 0, POSCTL
        await asyncio.sleep(3.0)
        last = orders(vehicle)
        await asyncio.sleep(TRIES_S)
        assert asked.done() and orders(vehicle) == last and vehicle.custom_mode == POSCTL

    in_virtual_time(play, Px4Counterpart())
