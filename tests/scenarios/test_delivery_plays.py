"""The plays of the real autopilot on the stand-in, in virtual time, and the two held against each other."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests_support.delivery_plays import PLAYS, Play
from tests_support.hand_plays import HAND_PLAYS
from tests_support.sim_play_world import SimPlayWorld

from skystork_sim.world import CALM

ALL = (*PLAYS, *HAND_PLAYS)
RECORDED = Path(__file__).parents[1] / "data" / "px4" / "plays"
"""What real PX4s did in the same plays: tests/data/px4/README.md."""
KNOWN = {
    (
        "link_lost_for_good",
        "ledger",
    ): "which message is heard first after the silence decides how much is still followed",
    ("straight_return", "ledger"): "as with link_lost_for_good",
    ("link_lost_for_good", "SQ-1 reached"): "the stand-in goes on repeating the last item reached",
    ("ferry_on_the_wing", "SQ-1 reached"): "PX4 tells a VTOL take-off 3 s before the change of speed that follows it",
    ("gnss_lost", "SQ-1 landed"): "PX4 calls a descent without a position in_air until it stands",
    ("gnss_failure_injected", "SQ-1 landed"): "as with gnss_lost",
}
"""Sequences that differ and may, by play, each with its reason; one that differs no longer must go."""


def same_as_recorded(play: Play, world: SimPlayWorld, recorded: dict[str, Any]) -> None:
    """Sequence by sequence; where only the numbers of vehicles differ from run to run, as sets."""
    told = world.logbook.normal()
    theirs: dict[str, list[str]] = recorded["sequences"]
    differs = {name for name in theirs if without_chance(told[name]) != without_chance(theirs[name])}
    known = {name for of, name in KNOWN if of == play.name}
    both = {name: (theirs[name], told[name]) for name in differs - known}
    assert not both, f"PX4 {recorded['px4_version']}, and the stand-in: {both}"
    assert not known - differs, f"no longer different: {known - differs}"


def without_chance(words: list[str]) -> list[str]:
    """Without a release that was withheld and asked anew: on a busy machine a position is 1.5 s old at times."""
    found: list[str] = []
    for word in words:
        if word == "ReleaseWithheld" and found[-1:] == ["ReleaseRequested"]:
            found.pop()
        else:
            found.append(word)
    return found


@pytest.fixture(scope="session")
def play_sites(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[object, ...], Path]:
    """Each kind of site written once, so that each planner is built once."""
    return {
        play.site_key: play.write_site(
            tmp_path_factory.mktemp(play.name), {f"SQ-{number}": number for number in range(1, play.drones + 1)}
        )
        for play in {play.site_key: play for play in ALL}.values()
    }


@pytest.mark.parametrize("play", ALL, ids=lambda play: play.name)
def test_the_play_on_the_stand_in(play: Play, play_sites: dict[tuple[object, ...], Path], tmp_path: Path) -> None:
    weather = replace(CALM, wind_enu_m_s=play.wind_enu_m_s, gust_m_s=play.gust_m_s)
    world = SimPlayWorld(play_sites[play.site_key], tmp_path, weather, as_1_18=play.as_1_18)
    world.play(lambda: play.script(world))
    recorded = RECORDED / f"{play.name}.json"
    if recorded.exists():
        same_as_recorded(play, world, json.loads(recorded.read_text()))
