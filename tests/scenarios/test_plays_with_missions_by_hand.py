"""Missions by hand in the air: a survey and a ferry flight from a ``.plan``, flown as any flight."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests_support import hand_missions
from tests_support.hand_missions import NAME, ferry, survey, waits
from tests_support.play import Stage, order_at, play, write_site
from tests_support.play_world import with_a_rally_point

from skystork.app.site import Site
from skystork.control.answer import Answer, Status
from skystork.flight.authorisation import LaunchState
from skystork.flight.phase import FlightPhase
from skystork.frames import distance_m
from skystork.orders.order import FlightId, Order
from skystork.orders.order_state import OrderState


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries launch by themselves there; missions by hand never do."""
    folder = write_site(tmp_path_factory.mktemp("by_hand"), "MR-1", "LC-2", "VAN-1")
    return with_a_rally_point(folder, (-1200.0, 900.0))


def nobody(_: Site) -> list[Order]:
    return []


async def ask(stage: Stage, vehicle_id: str, content: bytes, **more: Any) -> Answer:
    assert stage.service is not None
    return await hand_missions.ask(stage.service, vehicle_id, content, **more)


async def say(stage: Stage, kind: str, state: LaunchState) -> Answer:
    await stage.until(lambda service: waits(service, state))
    assert stage.service is not None
    return await hand_missions.say(stage.service, kind)


async def order(stage: Stage, kind: str) -> Answer:
    assert stage.service is not None
    return await hand_missions.order(stage.service, kind, "MR-1")


async def ready(stage: Stage) -> None:
    await stage.until(lambda service: all(desk.availability(0.0) is not None for desk in service.desks))
    await stage.until(lambda service: service.weather.reading is not None)


async def launch(stage: Stage, vehicle_id: str, content: bytes) -> None:
    await ready(stage)
    answer = await ask(stage, vehicle_id, content)
    assert answer.status is Status.FINISHED, answer
    assert (await say(stage, "authoriseLaunch", LaunchState.AUTHORISE)).status is Status.FINISHED
    assert (await say(stage, "startLaunch", LaunchState.START)).status is Status.FINISHED


def flights(kinds: Sequence[str], *wanted: str) -> list[str]:
    return [kind for kind in kinds if kind in wanted]


def test_a_survey_is_authorised_launched_and_flown_leg_by_leg_back_to_its_pad(folder: Path, tmp_path: Path) -> None:
    deviations: list[float] = []

    async def script(stage: Stage) -> None:
        await launch(stage, "MR-1", survey(stage.site))
        assert stage.service is not None
        desk = stage.service.desks[0]
        while desk.busy:
            flight = desk.flight
            if flight is not None and flight.deviation is not None:
                deviations.append(flight.deviation.cross_track_m)
            await asyncio.sleep(1.0)
        assert desk.out_of_service is None

    outcome = play(folder, tmp_path, nobody, script=script)

    record = outcome.ledger.book.flights[FlightId("F-0001")]
    assert (record.mission, record.order_id, record.phase, record.landed_at_pad) == (NAME, "", "ended", True)
    kinds = [each.kind for each in outcome.ledger.rows]
    steps = ("MissionAsked", "FlightPlanned", "FlightCleared", "MissionUploaded", "FlightLaunched", "FlightLanded")
    assert flights(kinds, *steps) == list(steps)
    assert outcome.rules() == []
    phases = [each.payload["phase"] for each in outcome.rows("FlightPhaseChanged")]
    assert phases == ["loading", "uploading", "starting", "outbound", "inbound", "landed", "turnaround", "ended"]
    assert len(deviations) > 60 and max(deviations) < 10.0


def test_a_winged_aircraft_ferries_itself_to_a_rally_point_and_waits_there(folder: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        rally = stage.site.rally_points[0].position
        await launch(stage, "LC-2", ferry(rally, 90.0))
        await stage.until(lambda service: not service.desks[1].busy and not service.journal.book.open_flights())

    outcome = play(folder, tmp_path, nobody, script=script)

    (landed,) = outcome.rows("FlightLanded")
    place = outcome.ledger.book.flights[FlightId("F-0001")].landed_position
    assert place is not None and distance_m(place, outcome.site.rally_points[0].position) < 10.0
    assert not landed.payload["at_pad"]
    assert outcome.rules() == []
    assert "collect it" in str(outcome.rows("VehicleOutOfService")[0].payload["why"])


def test_a_mission_is_held_resumed_and_turned_back_over_the_ways_it_came(folder: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await launch(stage, "MR-1", survey(stage.site))
        await stage.until(lambda service: service.desks[0].state.mission_sequence == 4)
        assert (await order(stage, "hold")).status is Status.FINISHED
        assert (await order(stage, "resume")).status is Status.FINISHED
        assert (await order(stage, "return")).status is Status.FINISHED
        await stage.until(lambda service: not service.desks[0].busy)

    outcome = play(folder, tmp_path, nobody, script=script)

    (landed,) = outcome.rows("FlightLanded")
    assert landed.payload["at_pad"]
    phases = [each.payload["phase"] for each in outcome.rows("FlightPhaseChanged")]
    assert phases[3:7] == ["outbound", "holding", "outbound", "returning"]
    assert {"FENCE_BREACH", "NONCONFORMING"}.isdisjoint(outcome.rules())


def test_a_restarted_controller_takes_a_mission_over_and_brings_it_to_its_end(folder: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await launch(stage, "MR-1", survey(stage.site))
        await stage.until(lambda service: service.desks[0].state.mission_sequence == 4)
        await stage.stop()
        stage.start()
        await stage.until(lambda service: service.desks[0].flight is not None)
        assert stage.service is not None
        flight = stage.service.desks[0].flight
        assert flight is not None and flight.phase is FlightPhase.OUTBOUND and not flight.drifted
        await stage.until(lambda service: not service.desks[0].busy)

    outcome = play(folder, tmp_path, nobody, script=script)

    assert [each.payload["at_pad"] for each in outcome.rows("FlightLanded")] == [True]
    assert outcome.rules() == []


def test_what_is_refused_leg_by_leg_never_becomes_a_flight(folder: Path, tmp_path: Path) -> None:
    answers: list[Answer] = []

    async def script(stage: Stage) -> None:
        await ready(stage)
        answers.append(await ask(stage, "MR-1", survey(stage.site), dryRun=True))
        high = json.loads(survey(stage.site))
        high["mission"]["items"][3]["params"][6] = 400.0
        answers.append(await ask(stage, "MR-1", json.dumps(high).encode()))
        answers.append(await ask(stage, "VAN-1", survey(stage.site)))

    outcome = play(folder, tmp_path, nobody, script=script)

    assert [each.status for each in answers] == [Status.DRY_RUN, Status.REFUSED, Status.REFUSED]
    assert "3 way-point" in answers[1].detail and "400 m" in answers[1].detail
    assert outcome.rows("MissionAsked") == []


def test_a_mission_refused_at_the_desk_frees_its_vehicle_for_the_next_order(folder: Path, tmp_path: Path) -> None:
    def one(site: Site) -> list[Order]:
        return [order_at(site, "O-1", -600.0, 500.0, after_s=120.0)]

    async def script(stage: Stage) -> None:
        await ready(stage)
        assert (await ask(stage, "MR-1", survey(stage.site))).status is Status.FINISHED
        again = await ask(stage, "MR-1", survey(stage.site))
        assert again.status is Status.REFUSED and "has a flight" in again.detail
        await say(stage, "refuseLaunch", LaunchState.AUTHORISE)
        await stage.until_over()

    outcome = play(folder, tmp_path, one, script=script)

    (dropped,) = outcome.rows("MissionDropped")
    assert "refused at the launch desk by ann" in str(dropped.payload["reasons"])
    assert outcome.record("O-1").state is OrderState.DELIVERED
