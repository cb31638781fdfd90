"""The fleet over HTTP: drones, vans and robots, in the list, in the live picture and in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from tests_support.http_world import HttpWorld, play
from tests_support.play import write_site
from tests_support.robots import ROBOT
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.http.live_source import LiveSource
from skystork.app.site import load_site
from skystork.control.roles import Role

KINDS = {"VAN-1": "van", "RB-1": "robot"}


def test_every_kind_of_vehicle_is_told_as_what_it_is(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", "LC-1", "VAN-1")
    (site / "site.toml").write_text((site / "site.toml").read_text(encoding="utf-8") + ROBOT, encoding="utf-8")

    async def script(world: HttpWorld) -> None:
        fleet = (await world.client.get("/v1/fleet", headers=world.token(Role.VIEWER))).json()
        assert [each["vehicleId"] for each in fleet["drones"]] == ["LC-1"]
        assert {each["vehicleId"]: each["kind"] for each in fleet["vans"]} == KINDS
        drawn = LiveSource(world.service).document()["vans"]
        assert {name: each["kind"] for name, each in drawn.items()} == KINDS
        told = world.bus.retained("skystork/v1/darlington/skystork/RB-0001/factsheet")
        assert told is not None and json.loads(told)["serialNumber"] == "RB-0001"

    play(tmp_path / "state", script, load_site(site))
    listed = CliRunner().invoke(
        app, ["fleet", "--json", "--site", str(site), "--state", str(tmp_path / "state")], catch_exceptions=False
    )
    assert [row["vehicle"] for row in json.loads(listed.stdout)] == ["LC-1", "VAN-1", "RB-1"]
