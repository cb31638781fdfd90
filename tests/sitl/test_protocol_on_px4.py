"""The conversation with the real PX4, against the record and so against the simulated vehicle."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests_support.protocol_script import FIRST_INSTANCE, RECORD, SCENES, differences, play_px4, play_simulated

BUILD = Path(os.environ.get("PX4_SITL", "none"))
pytestmark = [
    pytest.mark.sitl,
    pytest.mark.skipif(
        not (BUILD / "bin" / "px4").is_file(), reason="no PX4: set PX4_SITL to a folder with bin/px4 and etc/"
    ),
]


@pytest.mark.parametrize("name", sorted(SCENES))
def test_px4_answers_as_it_did_and_as_the_simulated_vehicle_does(name: str) -> None:
    played = play_px4(SCENES[name], BUILD, FIRST_INSTANCE)
    assert differences(json.loads(RECORD.read_text())["scenes"][name], played) == []
    assert differences(played, play_simulated(SCENES[name])) == []
