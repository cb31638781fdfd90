"""No flight ends with an order of its own still open, wherever the vehicle came down, whatever was written by then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.flights import FRAME, MISSION, PLAN, at
from tests_support.ground import ASKED, FIELD, IDS, ORDER, PARCEL_IDS, REQUEST, Ground, on_the_ground
from tests_support.port_world import START_S

from skystork.app.planless import follow_without_plan
from skystork.app.turnaround import turn_round
from skystork.errors import LedgerError
from skystork.fleet.vehicle import LandedState
from skystork.flight.flight import Flight
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.orders import events as e
from skystork.orders.order_state import OrderState
from skystork.orders.reasons import Reason, ReasonCode

COMES_HOME = e.ParcelReturning(*PARCEL_IDS, (Reason(ReasonCode.ATTEMPTED, "", "", ""),))


def down_in_a_field(parcel: Parcel) -> Flight:
    flight = Flight(PLAN, MISSION, FRAME)
    away = at(START_S, east_m=1500.0, height_m=0.0, armed=False, landed=LandedState.ON_GROUND)
    flight.adopt(FlightPhase.LANDED, parcel, launched_at_s=START_S - 100.0, returning=False, vehicle=away)
    return flight


LANDED = e.FlightLanded(*IDS, FIELD, False, 100.0, None, REQUEST.order_id)
WRITTEN: dict[str, tuple[list[e.Event], Parcel]] = {
    "the winch told that it kept the parcel when it was down": (
        [*ASKED, LANDED, e.ReleaseFailed(*PARCEL_IDS, ""), COMES_HOME],
        Parcel.ON_BOARD,
    ),
    "it kept it, and nothing more was written": ([*ASKED, LANDED, e.ReleaseFailed(*PARCEL_IDS, "")], Parcel.ON_BOARD),
    "the winch never told": ([*ASKED, LANDED, e.ReleaseUnresolved(*PARCEL_IDS, "")], Parcel.UNKNOWN),
    "the release was still asked for": ([*ASKED, LANDED], Parcel.RELEASING),
}


@pytest.mark.parametrize(("written", "parcel"), WRITTEN.values(), ids=WRITTEN)
def test_down_away_from_its_pad_its_order_ends_in_a_persons_hands(
    tmp_path: Path, written: list[e.Event], parcel: Parcel
) -> None:
    async def play(ground: Ground) -> None:
        await turn_round(ground.services, ground.desk, down_in_a_field(parcel), ORDER, ground.perform)
        assert ground.order.state is OrderState.UNDELIVERABLE
        assert ground.flight.ended_at_s is not None

    on_the_ground(tmp_path, written, play)


@pytest.mark.parametrize(("written", "parcel"), list(WRITTEN.values())[:3], ids=list(WRITTEN)[:3])
def test_landed_before_the_restart_and_its_plan_lost_its_order_ends_all_the_same(
    tmp_path: Path, written: list[e.Event], parcel: Parcel
) -> None:
    async def play(ground: Ground) -> None:
        await follow_without_plan(ground.services, ground.desk, ground.flight, LedgerError("the plan cannot be read"))
        assert ground.order.state is OrderState.UNDELIVERABLE
        assert ground.flight.ended_at_s is not None

    on_the_ground(tmp_path, written, play)


def test_what_landed_at_its_pad_before_the_restart_is_there_still_though_the_vehicle_does_not_say_so() -> None:
    flight = Flight(PLAN, MISSION, FRAME)
    silent = replace(at(START_S, landed=LandedState.ON_GROUND, armed=False), position=None, position_at_s=None)
    flight.adopt(FlightPhase.LANDED, Parcel.ON_BOARD, launched_at_s=0.0, returning=True, vehicle=silent)
    flight.came_down(at_pad=True, position=None)
    assert flight.touchdown.at_pad and not flight.at_rally
