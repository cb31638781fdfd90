"""Orders moved and zones brought from the command line, against a served site."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests_support.http_world import HttpWorld, play
from typer.testing import CliRunner, Result

from skystork.app.cli import app
from skystork.app.cli_text import ExitCode
from skystork.control.roles import Role
from skystork.orders.order import OrderId

RING = [[-1.56, 54.53], [-1.55, 54.53], [-1.55, 54.54], [-1.56, 54.54], [-1.56, 54.53]]
FAIR = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "id": "fair", "name": "Fair",
                "type": "EVENT",
                "lower": "SFC",
                "upper": "500 ft",
                "restriction": "PROHIBITED",
            },
            "geometry": {"type": "Polygon", "coordinates": [RING]},
        }
    ],
}  # fmt: skip
ORDER = {
    "orderId": "M-1",
    "destination": {"latitudeDeg": 54.53, "longitudeDeg": -1.56},
    "parcel": {"weightKg": 1.2, "lengthM": 0.3, "widthM": 0.2, "heightM": 0.1},
}


class Terminal:
    """Somebody with a token of a role."""

    def __init__(self, world: HttpWorld, role: Role) -> None:
        self._world, self.headers = world, world.token(role)

    async def call(self, *words: str) -> Result:
        token = self.headers["Authorization"].removeprefix("Bearer ")
        given = {"SKYSTORK_TOKEN": token, "SKYSTORK_HTTP": self._world.url}
        return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=given)


def test_an_order_is_moved_in_time_and_place_and_each_can_be_tried_first(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        desk = Terminal(world, Role.DISPATCHER)
        placed = await world.client.post("/v1/orders", json=ORDER, headers=desk.headers | {"Idempotency-Key": "k"})
        assert placed.status_code == 201, placed.text

        def order() -> tuple[float | None, float]:
            now = world.service.journal.book.order(OrderId("M-1")).order
            return now.deliver_by_s, now.drop_off.latitude_deg

        before = order()
        later = ("orders", "reschedule", "M-1", "--to", "2099-01-01T12:00:00Z")
        tried = await desk.call(*later, "--dry-run", "--json")
        assert tried.exit_code == 0 and json.loads(tried.stdout)["dryRun"], tried.output
        elsewhere = ("orders", "redirect", "M-1", "--to", "54.531,-1.55")
        assert (await desk.call(*elsewhere, "--dry-run")).stdout.startswith("possible, nothing was done")
        assert order() == before
        assert (await desk.call(*later)).exit_code == 0
        moved = await desk.call(*elsewhere, "--json")
        assert json.loads(moved.stdout)["answer"]["destination"]["latitudeDeg"] == 54.531
        assert order() == (4_070_952_000.0, 54.531)
        late = await desk.call("orders", "reschedule", "M-1", "--to", "2001-01-01T00:00:00Z", "--dry-run")
        assert late.exit_code == ExitCode.REFUSED
        assert (await desk.call("orders", "reschedule", "M-1", "--to", "soon")).exit_code == ExitCode.INVALID_INPUT
        assert (await desk.call("orders", "redirect", "M-9", "--to", "54.5,-1.5")).exit_code == ExitCode.NOT_FOUND
        assert (await desk.call("orders", "redirect", "M-1", "--to", "here")).exit_code == ExitCode.INVALID_INPUT
        stranger = await Terminal(world, Role.PARTNER).call(*elsewhere)
        assert stranger.exit_code == ExitCode.NOT_FOUND, "another's order is none"

    play(tmp_path, script)


def test_zones_are_brought_by_one_and_removed_by_another_and_each_can_be_tried_first(tmp_path: Path) -> None:
    file = tmp_path / "fair.geojson"
    file.write_text(json.dumps(FAIR), encoding="utf-8")

    async def script(world: HttpWorld) -> None:
        ann, ben = Terminal(world, Role.SUPERVISOR), Terminal(world, Role.SAFETY_OFFICER)
        brought = world.service.journal.book.control.uploaded
        bring = ("zones", "bring", str(file), "fairs")
        tried = await ann.call(*bring, "--dry-run", "--format", "geojson")
        assert tried.exit_code == 0, tried.output
        assert not brought
        told = await ann.call(*bring, "--json")
        assert [zone["zoneId"] for zone in json.loads(told.stdout)["answer"]["zones"]] == ["fair"], told.output
        assert brought.keys() == {"fairs"}
        again = await ann.call(*bring, "--dry-run")
        assert again.exit_code == ExitCode.REFUSED and "fairs" in again.stderr
        assert (await ann.call("zones", "remove", "fairs", "--dry-run")).exit_code == ExitCode.REFUSED
        assert (await ben.call("zones", "remove", "fairs", "--dry-run")).exit_code == 0
        assert brought.keys() == {"fairs"}
        assert (await ben.call("zones", "remove", "fairs", "--json")).exit_code == 0
        assert not brought
        assert (await ben.call("zones", "remove", "fairs")).exit_code == ExitCode.NOT_FOUND
        file.write_text("{}", encoding="utf-8")
        wrong = await ann.call(*bring)
        assert wrong.exit_code == ExitCode.REFUSED and "file" in wrong.stderr
        assert (await ann.call("zones", "bring", str(tmp_path / "none"), "x")).exit_code == ExitCode.NOT_FOUND
        assert (await Terminal(world, Role.VIEWER).call(*bring)).exit_code == ExitCode.REFUSED

    play(tmp_path / "state", script)
