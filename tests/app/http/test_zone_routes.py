"""Files of zones over HTTP: looked at, in force, kept over a restart, and removed by a second person only."""

from __future__ import annotations

import json
from pathlib import Path

from tests_support.http_world import HttpWorld, play

from skystork.control.roles import Role

RING = [[-1.56, 54.53], [-1.55, 54.53], [-1.55, 54.54], [-1.56, 54.54], [-1.56, 54.53]]
FAIR = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"id": "fair", "name": "Fair", "type": "EVENT", "lower": "SFC", "upper": "500 ft",
                               "restriction": "PROHIBITED"},
                "geometry": {"type": "Polygon", "coordinates": [RING]},
            }
        ],
    }
).encode()  # fmt: skip
FILE = {"Content-Type": "application/octet-stream"}


async def zone_ids(world: HttpWorld) -> set[str]:
    zones = (await world.client.get("/v1/zones", headers=world.token(Role.VIEWER))).json()
    return {feature["properties"]["id"] for feature in zones["features"]}


def test_a_preview_tells_zones_losses_and_what_is_wrong_and_changes_nothing(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers, before = world.token(Role.SUPERVISOR) | FILE, world.service.site.zones.hash
        seen = (await world.client.post("/v1/zones/preview?to=plan", content=FAIR, headers=headers)).json()
        assert [zone["zoneId"] for zone in seen["zones"]] == ["fair"]
        assert seen["losses"]
        assert seen["problems"] == []
        wrong = (await world.client.post("/v1/zones/preview", content=b"{}", headers=headers)).json()
        assert wrong["problems"]
        assert world.service.site.zones.hash == before

    play(tmp_path, script)


def test_uploaded_zones_count_over_a_restart_and_a_second_person_removes_them(tmp_path: Path) -> None:
    hashes: list[str] = []

    async def first(world: HttpWorld) -> None:
        hashes.append(world.service.site.zones.hash)
        supervisor = world.token(Role.SUPERVISOR)
        put = await world.client.put("/v1/zone-sets/fairs", content=FAIR, headers=supervisor | FILE)
        assert put.status_code == 201
        assert "fair" in await zone_ids(world)
        again = await world.client.put("/v1/zone-sets/fairs", content=FAIR, headers=supervisor | FILE)
        twin = await world.client.put("/v1/zone-sets/others", content=FAIR, headers=supervisor | FILE)
        wrong = await world.client.put("/v1/zone-sets/wrong", content=b"{}", headers=supervisor | FILE)
        assert {again.status_code, twin.status_code, wrong.status_code} == {409}
        assert (await world.client.delete("/v1/zone-sets/fairs", headers=supervisor)).status_code == 409

    async def second(world: HttpWorld) -> None:
        assert "fair" in await zone_ids(world)
        officer = world.token(Role.SAFETY_OFFICER)
        listed = (await world.client.get("/v1/zone-sets", headers=officer)).json()["items"]
        assert listed == [{"name": "fairs", "format": "geojson", "by": "a.supervisor", "zones": ["fair"]}]
        assert (await world.client.delete("/v1/zone-sets/fairs", headers=officer)).status_code == 204
        assert "fair" not in await zone_ids(world)
        assert world.service.site.zones.hash == hashes[0]
        assert (await world.client.delete("/v1/zone-sets/fairs", headers=officer)).status_code == 404

    play(tmp_path, first)
    play(tmp_path, second)
