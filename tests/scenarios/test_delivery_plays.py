"""The plays of the real autopilot on the stand-in, in virtual time, and the two held against each other."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.delivery_plays import PLAYS, Play
from tests_support.play_world import write_play_site
from tests_support.sim_play_world import SimPlayWorld

from skystork_sim.world import CALM


@pytest.fixture(scope="session")
def play_sites(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Sites of one and of ten quads, written once, so that each planner is built once."""
    return {
        count: write_play_site(
            tmp_path_factory.mktemp(f"{count}_quads"), {f"SQ-{number}": number for number in range(1, count + 1)}
        )
        for count in (1, 10)
    }


@pytest.mark.parametrize("play", [play for play in PLAYS if play.on_the_stand_in], ids=lambda play: play.name)
def test_the_play_on_the_stand_in(play: Play, play_sites: dict[int, Path], tmp_path: Path) -> None:
    weather = replace(CALM, wind_enu_m_s=play.wind_enu_m_s, gust_m_s=play.gust_m_s)
    world = SimPlayWorld(play_sites[play.drones], tmp_path, weather)
    world.play(lambda: play.script(world))
