"""``skystork alarms`` against a served site: the keys of the attention queue, in words and as JSON."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests_support.http_world import HttpWorld, play
from typer.testing import CliRunner, Result

from skystork.app.cli import app
from skystork.app.cli_text import ExitCode
from skystork.control.roles import Role
from skystork.orders import events as e
from skystork.orders.order import VehicleId


async def called(world: HttpWorld, *words: str, role: Role = Role.DISPATCHER) -> Result:
    token = world.token(role)["Authorization"].removeprefix("Bearer ")
    arguments = ["alarms", "--http", world.url, *words]
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env={"SKYSTORK_TOKEN": token, "COLUMNS": "200"})


def test_an_alarm_is_listed_with_the_key_that_takes_it(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        desk = world.service.desks[0]
        await world.service.journal.record(e.VehicleOutOfService(VehicleId(desk.drone.vehicle_id), "gripper stuck"))
        desk.out_of_service = "gripper stuck"
        listed = await called(world, "--json")
        assert listed.exit_code == 0, listed.output
        found = {each["key"]: each for each in json.loads(listed.stdout)}
        (key,) = [key for key, each in found.items() if each.get("vehicleId") == desk.drone.vehicle_id]
        assert "owner" not in found[key]
        assert await world.service.attention.take(key, "ada") == ""
        assert {each["key"]: each.get("owner") for each in json.loads((await called(world, "--json")).stdout)}[
            key
        ] == "ada"
        table = await called(world)
        assert key in table.stdout
        assert "ada" in table.stdout

    play(tmp_path, script)


def test_who_may_not_see_the_fleet_is_told_so(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        refused = await called(world, role=Role.PARTNER)
        assert refused.exit_code == ExitCode.REFUSED
        assert "403" in refused.output
        assert "sks_" not in refused.output
        nowhere = await asyncio.to_thread(CliRunner().invoke, app, ["alarms", "--http", "nowhere"])
        assert nowhere.exit_code == ExitCode.INVALID_INPUT

    play(tmp_path, script)
