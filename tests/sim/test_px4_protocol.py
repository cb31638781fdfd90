"""The conversation that was held with real PX4, held with the simulated vehicle: each fact equal, each time close."""

from __future__ import annotations

import json

import pytest
from tests_support.protocol_script import RECORD, SCENES, differences, play_simulated

RECORDED = json.loads(RECORD.read_text())


def test_every_scene_is_on_record_and_was_played_to_its_end() -> None:
    assert RECORDED["scenes"].keys() == SCENES.keys()
    assert not [name for name, scene in RECORDED["scenes"].items() if "not played" in scene["facts"]]
    assert RECORDED["recorded_from"].startswith("PX4 v1.17.0")


@pytest.mark.parametrize("name", sorted(SCENES))
def test_the_simulated_vehicle_answers_as_px4_did(name: str) -> None:
    assert differences(RECORDED["scenes"][name], play_simulated(SCENES[name])) == []


def test_a_difference_is_found_and_told() -> None:
    recorded = {"facts": {"arm": [0], "texts": ["a"]}, "times": {"landing": [10.0, 1.0]}}
    played = {"facts": {"arm": [1], "texts": ["a", "b"], "more": 1}, "times": {"landing": [12.0, 1.0]}}
    assert differences(recorded, played) == [
        "arm: PX4 [0], here [1]",
        "more: PX4 nothing, here 1",
        "texts: PX4 ['a'], here ['a', 'b']",
        "landing: PX4 10.0 s, here 12.0 s (within 1.0 s)",
    ]
