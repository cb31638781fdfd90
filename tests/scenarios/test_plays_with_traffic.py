"""An aircraft that one drone hears on its pad is told, over the wire, to the other in the air."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymavlink.dialects.v20 import common
from tests_support.play import Outcome, Stage, order_at, play

from skystork_sim.wire import Wire

ICAO = 0x4CA123
RECEIVER = 156  # MAV_COMP_ID_ADSB
HEARD_S = 1.0
EVERYTHING = 1 | 2 | 4 | 8 | 16  # ADSB_FLAGS: coordinates, altitude, heading, velocity, callsign


@pytest.fixture
def site_with(two_wings: Path, tmp_path: Path) -> Callable[[str], Path]:
    def write(line: str) -> Path:
        folder = tmp_path / "site"
        shutil.copytree(two_wings, folder)
        text = (folder / "site.toml").read_text(encoding="utf-8")
        (folder / "site.toml").write_text(text.replace("[link]\n", f"[link]\n{line}\n"), encoding="utf-8")
        return folder

    return write


def flown(folder: Path, state: Path, *, away_deg: float) -> tuple[Outcome, dict[int, Any], dict[int, Any]]:
    """A flight of LC-1 while LC-2's receiver hears an aircraft; what each drone was told."""
    told: list[dict[int, Any]] = []
    state.mkdir()

    async def script(stage: Stage) -> None:
        hearing = asyncio.create_task(keep_hearing(stage, away_deg))
        await stage.until_over()
        hearing.cancel()
        told.extend(stage.world.drones[system].autopilot.side.traffic for system in (1, 2))

    outcome = play(folder, state, lambda site: [order_at(site, "O-1", -2500.0, 1500.0)], script=script)
    return outcome, told[0], told[1]


async def keep_hearing(stage: Stage, away_deg: float) -> None:
    """An aircraft that circles north of the depot, heard once a second by the receiver of LC-2."""
    wire, depot = Wire(2, RECEIVER), stage.site.depot
    while True:
        latitude, longitude = round((depot.latitude_deg + away_deg) * 1e7), round(depot.longitude_deg * 1e7)
        report = common.MAVLink_adsb_vehicle_message(
            ICAO, latitude, longitude, 0, 300_000, 9_000, 5_000, 0, b"EIN123", 1, 0, EVERYTHING, 0
        )
        stage.world.drones[2].autopilot.send(wire.encode(report))
        await asyncio.sleep(HEARD_S)


def test_a_drone_in_the_air_is_told_of_the_aircraft_that_one_on_its_pad_hears(
    site_with: Callable[[str], Path], tmp_path: Path
) -> None:
    outcome, flying, standing = flown(site_with("relay_traffic_m = 5000.0"), tmp_path / "state", away_deg=0.03)
    assert outcome.rows("OrderDelivered")
    assert flying.keys() == {ICAO} and not standing
    message = flying[ICAO]
    assert (message.callsign, message.flags, message.altitude) == ("EIN123", EVERYTHING | 128, 300_000)
    assert (message.heading, message.hor_velocity) == (9_000, 5_000)


@pytest.mark.parametrize(("line", "away_deg"), [("", 0.03), ("relay_traffic_m = 5000.0", 0.3)])
def test_nothing_is_told_where_the_site_does_not_say_so_or_the_aircraft_is_far(
    site_with: Callable[[str], Path], tmp_path: Path, line: str, away_deg: float
) -> None:
    _, flying, standing = flown(site_with(line), tmp_path / "state", away_deg=away_deg)
    assert not flying and not standing
