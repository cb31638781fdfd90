"""When a drone is offered to orders: not before it has told what every launch asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests_support.ground import FIELD, START_S, Ground, on_the_ground

from skystork.app.drone_desk import TOLD_WITHIN_S
from skystork.fleet.tracker import Tracker
from skystork.fleet.vehicle import LandedState
from skystork.link.contract import Rebooted, TelemetrySample

TOLD: dict[str, object] = {
    "position": FIELD,
    "altitude_amsl_m": 100.0,
    "home": FIELD,
    "home_altitude_amsl_m": 100.0,
    "battery_fraction": 1.0,
    "ready_to_arm": True,
    "landed": LandedState.ON_GROUND,
    "armed": False,
}


def sample(at_s: float, told: dict[str, object]) -> TelemetrySample:
    return TelemetrySample(at_s, told)  # type: ignore[arg-type]  # the names are those of Told


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("position", "position"),
        ("altitude_amsl_m", "altitude"),
        ("home", "home"),
        ("home_altitude_amsl_m", "home altitude"),
        ("battery_fraction", "battery"),
    ],
)
def test_a_drone_heard_a_moment_ago_is_not_offered_before_it_has_told_all(
    tmp_path: Path, last: str, words: str
) -> None:
    async def play(ground: Ground) -> None:
        desk = ground.desk
        desk.tracker = Tracker(desk.drone.vehicle_id, START_S)
        assert not desk.untold  # never heard: that is what is told of it
        desk.tracker.take(sample(START_S, {name: value for name, value in TOLD.items() if name != last}))
        assert desk.untold == f"it has not told its {words}"
        soon = desk.availability(START_S + 0.5)
        assert (soon is None) is (last == "battery_fraction")
        assert soon is None or soon.ready_at_s > START_S + 0.5
        assert desk.availability(START_S + 2 * TOLD_WITHIN_S) is None
        desk.tracker.take(sample(START_S + 0.5, {last: TOLD[last]}))
        free = desk.availability(START_S + 0.5)
        assert free is not None
        assert free.ready_at_s == START_S + 0.5
        assert not desk.untold

    on_the_ground(tmp_path, [], play)


def test_one_that_began_anew_has_its_time_to_tell_again(tmp_path: Path) -> None:
    async def play(ground: Ground) -> None:
        desk, now_s = ground.desk, START_S + 600.0
        desk.tracker.take(sample(START_S, TOLD))
        for take in desk.port.events:
            take(Rebooted(now_s))
        assert desk.availability(now_s) is None
        some = {name: TOLD[name] for name in ("battery_fraction", "ready_to_arm", "landed")}
        desk.tracker.take(sample(now_s + 1.0, some))
        soon = desk.availability(now_s + 1.0)
        assert soon is not None
        assert soon.ready_at_s > now_s + 1.0

    on_the_ground(tmp_path, [], play)
