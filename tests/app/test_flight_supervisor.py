"""A flight taken over from the ledger: what it held, and from where it was measured, is what it had before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests_support.flights import HOLD, PLAN
from tests_support.ground import ASKED, FIELD, IDS, PLAN_HASH, REQUEST, Ground, on_the_ground

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_supervisor import FlightSupervisor
from skystork.fleet.vehicle import LandedState
from skystork.link.contract import sample_of
from skystork.orders import events as e

LAUNCHED = ASKED[:3]


async def taken_over(ground: Ground, then: Callable[[], Awaitable[None]], *, heard: bool = True) -> None:
    """The vehicle is heard in the air, in its mission, or not at all, and its flight taken over."""
    now_s = asyncio.get_running_loop().time()
    sample = sample_of(
        now_s,
        position=FIELD,
        altitude_amsl_m=180.0,
        relative_altitude_m=78.4,
        home_altitude_amsl_m=101.6,
        armed=True,
        landed=LandedState.IN_AIR,
        mode="AUTO.MISSION",
        mission_sequence=HOLD - 1,
    )
    if heard:
        ground.desk.tracker.take(sample)
    else:
        ground.desk = DroneDesk(ground.desk.drone, ground.desk.port, now_s)
    ground.services.files.save(PLAN, PLAN_HASH)
    supervisor = FlightSupervisor(ground.services, [ground.desk])
    async with asyncio.TaskGroup() as tasks:
        supervisor.tasks = tasks
        await supervisor.take_over(ground.flight)
        await asyncio.sleep(0.1)
        await then()
        for task in asyncio.all_tasks():
            if task.get_name().startswith("flight["):
                task.cancel()


def test_a_launched_flight_that_nobody_hears_after_a_restart_is_told_as_lost(tmp_path: Path) -> None:
    async def play(ground: Ground) -> None:
        journal = ground.services.journal
        await journal.record(e.FlightLaunched(*IDS, REQUEST.order_id))
        told: list[e.Event] = []
        journal.listen(lambda _at_s, event: told.append(event))

        async def then() -> None:
            await asyncio.sleep(5.0)
            raised = [event for event in told if isinstance(event, e.ContingencyRaised)]
            assert [event.rule for event in raised] == ["LINK_LOST"]
            assert "not heard since the controller started" in raised[0].detail

        await taken_over(ground, then, heard=False)

    on_the_ground(tmp_path, LAUNCHED, play)


@pytest.mark.parametrize("rerouted", [False, True])
def test_unheard_it_holds_its_space_from_when_it_left_by_the_plan_it_follows(tmp_path: Path, rerouted: bool) -> None:
    async def play(ground: Ground) -> None:
        record = ground.services.journal.record
        await record(e.FlightLaunched(*IDS, REQUEST.order_id))
        left_at_s = asyncio.get_running_loop().time()
        if rerouted:
            await asyncio.sleep(90.0)
            ids = (*IDS, REQUEST.order_id)
            await record(e.FlightRerouted(*ids, PLAN_HASH, None, REQUEST.drop_off, 1.0, lands_there=False))
            left_at_s += 90.0
        await asyncio.sleep(20.0)

        async def then() -> None:
            held = ground.services.reservations[REQUEST.flight_id]
            assert abs(held.departs_at_s - left_at_s) < 0.5

        await taken_over(ground, then, heard=False)

    on_the_ground(tmp_path, LAUNCHED, play)


def test_its_heights_count_from_the_ground_it_left_not_from_a_home_that_was_corrected_since(tmp_path: Path) -> None:
    async def play(ground: Ground) -> None:
        launched = e.FlightLaunched(*IDS, REQUEST.order_id, ground_amsl_m=100.0)
        await ground.services.journal.record(launched)

        async def then() -> None:
            assert ground.desk.state.height_home_m == 80.0

        await taken_over(ground, then)

    on_the_ground(tmp_path, LAUNCHED, play)


def test_the_fence_that_was_cleared_is_still_known_after_a_restart(tmp_path: Path) -> None:
    async def play(ground: Ground) -> None:
        journal = ground.services.journal
        await journal.record(e.MissionUploaded(*IDS, None, 88, None, 20), e.FlightLaunched(*IDS, REQUEST.order_id))

        async def then() -> None:
            assert ground.desk.flight is not None and ground.desk.flight.cleared_fence_id == 88

        await taken_over(ground, then)

    on_the_ground(tmp_path, LAUNCHED, play)
