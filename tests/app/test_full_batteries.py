"""The best battery of a type of aircraft: cold and aged as it is, looked at now and then."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests_support.ground import Ground, on_the_ground

from skystork.app.full_batteries import LOOK_S, FullBatteries
from skystork.link.contract import sample_of


def test_a_battery_that_cools_down_gives_less_at_the_next_look(tmp_path: Path) -> None:
    async def play(ground: Ground) -> None:
        desk, profile = ground.desk, ground.desk.drone.profile
        batteries = FullBatteries([desk])
        assert batteries.best_j(profile) == profile.battery_j, "nobody measured it: taken as warm"
        desk.tracker.take(sample_of(asyncio.get_running_loop().time(), battery_temperature_deg_c=0.0))
        assert batteries.best_j(profile) == profile.battery_j
        await asyncio.sleep(LOOK_S)
        assert batteries.best_j(profile) == pytest.approx(
            profile.battery_j * (1 - 20 * profile.battery_cold_loss_fraction_per_deg)
        )
        desk.out_of_service = "a broken arm"
        await asyncio.sleep(LOOK_S)
        assert batteries.best_j(profile) == profile.battery_j, "nobody knows what the next one has"

    on_the_ground(tmp_path, [], play)
