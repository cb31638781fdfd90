"""A leg by set points at its two edges: what a person told it there meanwhile stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from pymavlink.dialects.v20 import common
from tests_support.plans import straight_plan
from tests_support.port_world import in_virtual_time
from tests_support.px4_counterpart import Px4Counterpart

from skystork.app.drone_desk import DroneDesk
from skystork.app.offboard_flight import fly_offboard
from skystork.fleet.profile import Guidance
from skystork.fleet.vehicle import Drone
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic, LocalFrame
from skystork.shell.link_runner import LinkRunner
from skystork.shell.vehicle_port import VehiclePort

FRAME = LocalFrame(Geodetic(47.3977419, 8.5455938))
"""About the place where the counterpart stands."""
_PLAN = straight_plan(FRAME, distance_m=300.0)
_PROFILE = replace(_PLAN.request.profile, guidance=Guidance.OFFBOARD)
PLAN = replace(_PLAN, request=replace(_PLAN.request, profile=_PROFILE))
MISSION = compile_mission(PLAN, FRAME)
AUTO_MISSION, OFFBOARD, LOITER, LAND = 0x04040000, 0x00060000, 0x03040000, 0x06040000


class AtTheEdge(Px4Counterpart):
    """Under way; at the first set point, or at the first jump that it is told, something happens to it."""

    def __init__(self, edge: str, happens: Callable[[AtTheEdge], None]) -> None:
        super().__init__()
        self.custom_mode, self.current = AUTO_MISSION, MISSION.outbound_sequence
        self.modes_asked: list[int] = []
        self._edge, self._happens, self._over = edge, happens, False

    def handle_timer(self, now_s: float) -> None:
        super().handle_timer(now_s)
        self._next_beat_s = min(self._next_beat_s, now_s + 0.2)  # as often heard as a vehicle with all its streams

    def flies(self, custom_mode: int) -> None:
        self.custom_mode, self._next_beat_s = custom_mode, 0.0

    def _on_set_position_target_global_int(self, _: common.MAVLink_message, now_s: float) -> None:
        self._reach("start")
        self.current = MISSION.outbound_sequence - 1  # so that the jump at the end is not done already

    def _on_mission_set_current(self, message: common.MAVLink_mission_set_current_message, now_s: float) -> None:
        self._reach("end")  # its answers are lost: the jump is asked for again and again

    def _on_command_long(self, message: common.MAVLink_command_long_message, now_s: float) -> None:
        if message.command == 176:
            self.modes_asked.append(int(message.param2) << 16 | int(message.param3) << 24)
        super()._on_command_long(message, now_s)

    def _reach(self, edge: str) -> None:
        if edge == self._edge and not self._over:
            self._over = True
            self._happens(self)


def flown(edge: str, happens: Callable[[AtTheEdge, Flight], None]) -> list[int]:
    """The modes that were asked for on the way out."""
    flight, asked = Flight(PLAN, MISSION, FRAME), [0]

    async def play(port: VehiclePort, vehicle: AtTheEdge, runner: LinkRunner) -> None:
        request = PLAN.request
        desk = DroneDesk(Drone(request.vehicle_id, "SN1", 1, request.profile, request.pad), port, runner.now_s())
        flight.adopt(FlightPhase.OUTBOUND, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=desk.state)
        await desk.wait_until(lambda: desk.state.position is not None, 5.0)
        guide = asyncio.create_task(fly_offboard(desk, flight, FRAME))
        until_s = runner.now_s() + 90.0
        while runner.now_s() < until_s:  # as the flight's runner does
            desk.changed.clear()
            await desk.changed_within(1.0)
        guide.cancel()
        asked[:] = vehicle.modes_asked

    in_virtual_time(play, AtTheEdge(edge, lambda vehicle: happens(vehicle, flight)))
    return asked


BEFORE: dict[str, list[int]] = {"start": [], "end": [OFFBOARD]}


@pytest.mark.parametrize("edge", BEFORE)
@pytest.mark.parametrize("mode", [LOITER, LAND])
def test_a_mode_that_it_was_put_into_at_the_edge_of_a_leg_stays(edge: str, mode: int) -> None:
    assert flown(edge, lambda vehicle, _: vehicle.flies(mode)) == BEFORE[edge]


@pytest.mark.parametrize("edge", BEFORE)
@pytest.mark.parametrize("action", [SteerAction.HOLD, SteerAction.LAND])
def test_a_person_s_order_at_the_edge_of_a_leg_is_not_overridden_before_it_is_seen(
    edge: str, action: SteerAction
) -> None:
    def told(_: AtTheEdge, flight: Flight) -> None:
        flight.steer(SteerOrder("A-1", action, "desk", "a person in the field"))

    assert flown(edge, told) == BEFORE[edge]


def test_where_nobody_says_otherwise_it_is_taken_over_and_given_back() -> None:
    assert flown("end", lambda *_: None)[:2] == [OFFBOARD, AUTO_MISSION]
