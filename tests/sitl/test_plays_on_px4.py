"""The plays on real PX4s: what the stand-in claims of the autopilot, flown on the autopilot, watched by MAVSDK."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests_support.delivery_plays import PLAYS, Play
from tests_support.hand_plays import HAND_PLAYS
from tests_support.logbook import figures
from tests_support.px4_play_world import Px4PlayWorld

from skystork_sim.px4.fixtures import StartFleet
from skystork_sim.px4.site_fleet import vehicles_of_site

pytestmark = pytest.mark.sitl
RECORDS = os.environ.get("PX4_SITL_RECORD")
"""Folder for the normal form of each play; not written without."""


@pytest.mark.parametrize("play", (*PLAYS, *HAND_PLAYS), ids=lambda play: play.name)
def test_the_play_on_px4(
    play: Play,
    px4_fleet: StartFleet,
    px4_instances: Callable[[int], list[int]],
    px4_speed: float,
    tmp_path: Path,
) -> None:
    instances = px4_instances(play.drones)
    systems = {f"SQ-{number}": instance + 1 for number, instance in enumerate(instances, start=1)}
    site = play.write_site(tmp_path / "site", systems)
    speed = px4_speed if play.full_speed else min(px4_speed, 1.0)
    fleet = px4_fleet(vehicles_of_site(site, settings=play.px4_settings), speed=speed)
    if play.px4_parameter and not fleet["SQ-1"].has_parameter(play.px4_parameter):
        pytest.skip(f"PX4 {fleet['SQ-1'].version()} has no {play.px4_parameter}: {play.px4_lacks}")
    world = Px4PlayWorld(site, tmp_path / "state", fleet, play.wind_enu_m_s)
    try:
        world.play(lambda: play.script(world))
    finally:
        write_story(world, fleet.folder)
    if play.flies:
        for agreement in world.agreements.values():
            agreement.check()
    if RECORDS:
        record(play, world, Path(RECORDS))


def write_story(world: Px4PlayWorld, folder: Path) -> None:
    """Beside PX4's logs, and for whoever reads along (-s)."""
    lines = [world.logbook.story()]
    for name, vehicle in world.logbook.vehicles.items():
        cruise = vehicle.cruise_cross_track_m("outbound", "inbound")
        lines.append(f"{name} off the path in cruise [m]: {figures(cruise)}; {world.agreements[name].told()}")
    (folder / "story.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines[1:]))


def record(play: Play, world: Px4PlayWorld, folder: Path) -> None:
    """The normal form of what PX4 did, for the stand-in to be held to."""
    run = json.loads((world.fleet.folder / "run.json").read_text())
    told = {
        "play": play.name,
        "px4_version": run["px4_version"],
        "date": datetime.now(UTC).date().isoformat(),
        "speed": run["speed"],
        "sequences": world.logbook.normal(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{play.name}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
