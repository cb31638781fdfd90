"""The plays of missions by hand: a survey with a camera, and a winged aircraft that ferries itself to a rally point."""

from __future__ import annotations

import asyncio

from skystork.control.answer import Status
from skystork.flight.authorisation import LaunchState
from skystork.flight.conformance import CROSS_TRACK_LIMIT_M
from skystork.flight.phase import FlightPhase
from skystork.frames import distance_m
from skystork.orders import events as e
from tests_support.delivery_plays import (
    ON_THE_PAD_M,
    QUAD,
    Play,
    is_on_its_pad,
    left_the_ground_once,
)
from tests_support.hand_missions import ask, ferry, order, say, survey, waits
from tests_support.play_world import WING, PlayWorld, Running

RALLY = (-420.0, -260.0)
"""East and north of the depot [m]."""
FERRY_HEIGHT_M = 60.0
ON_THE_LINES_M, IN_THE_CORNERS_M = 1.0, 10.0
"""Off the drawn way: half of the positions; and all of them, for it flies round corners that a person drew sharp."""
UNDER_WAY = 4
"""An item on the survey's second line."""


async def launch(run: Running, content: bytes) -> None:
    """Asked for, authorised and started by a person."""
    await run.until_ready()
    await run.until(lambda: run.service.weather.reading is not None, "weather is known")
    await run.until(
        lambda: None not in (run.desk.state.position, run.desk.state.home_altitude_amsl_m), "place and home are known"
    )
    asked = await ask(run.service, QUAD, content)
    assert asked.status is Status.FINISHED, asked
    for word, state in (("authoriseLaunch", LaunchState.AUTHORISE), ("startLaunch", LaunchState.START)):
        await run.until(lambda state=state: waits(run.service, state), f"waits to {state}")  # type: ignore[misc]
        assert (await say(run.service, word)).status is Status.FINISHED


async def until_over(run: Running) -> None:
    await run.until(lambda: not run.desk.busy and not run.service.journal.book.open_flights(), "over")
    left_the_ground_once(run)


def cross_track_m(run: Running, *phases: str) -> list[float]:
    return sorted(run.world.logbook.vehicles[QUAD].cruise_cross_track_m(*phases))


async def survey_by_hand(world: PlayWorld) -> None:
    """Four lines beside the pad, and back to it."""
    async with world.serving() as run:
        await launch(run, survey(world.site))
        await until_over(run)
        assert world.logbook.rules() == [], world.logbook.story()
        is_on_its_pad(run)
        flown = cross_track_m(run, "outbound", "inbound")
        assert flown[len(flown) // 2] < ON_THE_LINES_M and flown[-1] < IN_THE_CORNERS_M, flown


async def survey_turned_back(world: PlayWorld) -> None:
    """Held in the middle, resumed, and called home over the ways it came."""
    async with world.serving() as run:
        await launch(run, survey(world.site))
        await run.until(lambda: run.desk.state.mission_sequence == UNDER_WAY, "under way")
        for word, phase in (
            ("hold", FlightPhase.HOLDING),
            ("resume", FlightPhase.OUTBOUND),
            ("return", FlightPhase.RETURNING),
        ):
            answer = await order(run.service, word, QUAD)
            assert answer.status is Status.FINISHED, f"{answer}\n{world.logbook.story()}"
            await run.until_phase(phase)
            await asyncio.sleep(5.0)
        await until_over(run)
        assert "NONCONFORMING" not in " ".join(world.logbook.rules()), world.logbook.story()
        assert cross_track_m(run, "outbound", "returning")[-1] < CROSS_TRACK_LIMIT_M
        is_on_its_pad(run)


async def survey_taken_over(world: PlayWorld) -> None:
    """The controller is gone in the middle of it, and takes it over to its end."""
    async with world.serving() as run:
        await launch(run, survey(world.site))
        await run.until(lambda: run.desk.state.mission_sequence == UNDER_WAY, "under way")
    world.logbook.note("the controller is gone")
    await asyncio.sleep(5.0)
    async with world.serving() as again:
        await again.until(lambda: again.desk.flight is not None, "taken over")
        await until_over(again)
        assert world.logbook.rules() == [], world.logbook.story()
        is_on_its_pad(again)


async def ferry_on_the_wing(world: PlayWorld) -> None:
    """Off on its rotors, over on its wing, down on its rotors at the rally point, where it waits for a person."""
    async with world.serving() as run:
        await launch(run, ferry(world.site.rally_points[0].position, FERRY_HEIGHT_M))
        await until_over(run)
        assert world.logbook.rules() == [], world.logbook.story()
        (landed,) = (event for _, event in world.logbook.events if isinstance(event, e.FlightLanded))
        assert not landed.at_pad
        truth = world.truth(QUAD)
        assert not truth.armed and truth.landed == "on_ground", truth
        assert distance_m(world.site.rally_points[0].position, truth.position) < ON_THE_PAD_M, world.logbook.story()
        assert "collect it" in (run.desk.out_of_service or ""), run.desk.out_of_service


HAND_PLAYS = (
    Play("survey_by_hand", survey_by_hand),
    Play("survey_turned_back", survey_turned_back),
    Play("survey_taken_over", survey_taken_over),
    Play("ferry_on_the_wing", ferry_on_the_wing, aircraft=WING, rally_enu_m=RALLY),
)
