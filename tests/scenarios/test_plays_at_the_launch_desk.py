"""Launches that wait for a person: two words let one go, one word or a quarter of an hour gives it up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests_support.command_makers import ANN, VERA, make_command
from tests_support.play import Stage, one_order, play, write_site

from skystork.app.launch_desk import WaitingLaunch
from skystork.control.answer import Answer, Status, Why
from skystork.control.commands import target_of
from skystork.control.roles import Issuer
from skystork.flight.authorisation import LAPSES_S, LaunchState
from skystork.orders.order_state import OrderState


@pytest.fixture(scope="module")
def authorised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A winged aircraft and a van, where a person lets each flight go."""
    folder = write_site(tmp_path_factory.mktemp("authorised"), "LC-1", "VAN-1")
    file = folder / "site.toml"
    file.write_text(file.read_text().replace("[flight]\n", '[flight]\nlaunch = "authorised"\n'))
    return folder


async def until_waits(stage: Stage, state: LaunchState) -> WaitingLaunch:
    await stage.until(lambda service: any(each.authorisation.state is state for each in service.launches.waiting()))
    assert stage.service is not None
    return stage.service.launches.waiting()[0]


async def say(stage: Stage, kind: str, issuer: Issuer = ANN) -> Answer:
    """To the flight that waits, as it is now."""
    assert stage.service is not None
    now_s, flight_id = asyncio.get_running_loop().time(), stage.service.launches.waiting()[0].flight_id
    version = stage.service.control.version_of(target_of(make_command(kind, now_s, flightId=flight_id)))
    return await stage.service.control.execute(
        make_command(kind, now_s, flightId=flight_id, targetVersion=version), issuer
    )


def test_two_words_let_a_flight_go_and_nothing_moves_before_each(authorised: Path, tmp_path: Path) -> None:
    answers: list[Answer] = []

    async def script(stage: Stage) -> None:
        launch = await until_waits(stage, LaunchState.AUTHORISE)
        assert launch.plan is not None
        assert launch.checks
        assert launch.desk.state.mission_total in {None, 0}
        answers.append(await say(stage, "startLaunch"))
        answers.append(await say(stage, "authoriseLaunch", VERA))
        answers.append(await say(stage, "authoriseLaunch"))
        await until_waits(stage, LaunchState.START)
        assert not launch.desk.state.armed
        answers.append(await say(stage, "startLaunch"))
        await stage.until_over()

    outcome = play(authorised, tmp_path, one_order, script=script)

    seen = [(each.status, each.reason) for each in answers]
    assert seen[:2] == [(Status.REFUSED, Why.NOT_POSSIBLE), (Status.REFUSED, Why.UNAUTHORISED)]
    assert seen[2:] == [(Status.FINISHED, None)] * 2
    assert outcome.record("O-1").state is OrderState.DELIVERED
    steps = [row.payload["step"] for row in outcome.ledger.rows if row.kind == "LaunchSettled"]
    assert steps == ["Authorised", "LaunchOrdered"]
    kinds = [row.kind for row in outcome.ledger.rows]
    assert kinds.index("LaunchSettled") < kinds.index("MissionUploaded") < kinds.index("FlightLaunched")


def test_a_launch_that_a_person_refuses_stays_and_the_ledger_says_who(authorised: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await until_waits(stage, LaunchState.AUTHORISE)
        await say(stage, "refuseLaunch")
        await stage.until(lambda service: not any(desk.busy for desk in service.desks))

    outcome = play(authorised, tmp_path, one_order, script=script)

    first = next(row for row in outcome.ledger.rows if row.kind == "AssignmentDropped")
    assert "refused at the launch desk by ann" in str(first.payload["reasons"])
    assert not [row for row in outcome.ledger.rows if row.kind == "FlightLaunched"]


def test_a_word_that_does_not_come_gives_the_launch_up(authorised: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        launch = await until_waits(stage, LaunchState.AUTHORISE)
        await asyncio.sleep(LAPSES_S - 10.0)
        assert launch.authorisation.state is LaunchState.AUTHORISE
        await asyncio.sleep(20.0)
        assert launch.authorisation.state is LaunchState.LAPSED

    outcome = play(authorised, tmp_path, one_order, script=script)

    first = next(row for row in outcome.ledger.rows if row.kind == "AssignmentDropped")
    assert "nobody gave the word" in str(first.payload["reasons"])


def test_a_drone_that_may_no_longer_fly_its_order_lets_it_go_to_one_that_can(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", "LC-1", "LC-2")
    file = folder / "site.toml"
    file.write_text(file.read_text().replace("[flight]\n", '[flight]\nlaunch = "authorised"\n'))
    chosen: list[str] = []

    async def script(stage: Stage) -> None:
        chosen.append((await until_waits(stage, LaunchState.AUTHORISE)).desk.drone.vehicle_id)
        assert stage.service is not None
        version = stage.service.control.version_of(f"vehicle/{chosen[0]}")
        given = {"vehicleId": chosen[0], "payloadKg": 0.1, "targetVersion": version}
        limit = make_command("setCapacity", asyncio.get_running_loop().time(), **given)
        assert (await stage.service.control.execute(limit, ANN)).status is Status.FINISHED
        await stage.until(lambda service: any(w.desk.drone.vehicle_id != chosen[0] for w in service.launches.waiting()))
        chosen.append(stage.service.launches.waiting()[0].desk.drone.vehicle_id)
        await say(stage, "authoriseLaunch")
        await until_waits(stage, LaunchState.START)
        await say(stage, "startLaunch")
        await stage.until_over()

    (tmp_path / "state").mkdir()
    outcome = play(folder, tmp_path / "state", one_order, script=script)

    record = outcome.record("O-1")
    assert (record.state, record.vehicle_id, record.attempts) == (OrderState.DELIVERED, chosen[1], 0)
    dropped = [row.payload["reasons"] for row in outcome.rows("AssignmentDropped")]
    assert [reason["code"] for reasons in dropped for reason in reasons] == ["LET_GO"]  # type: ignore[attr-defined]
