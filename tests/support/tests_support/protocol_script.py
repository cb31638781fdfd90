"""The conversation as a whole: its scenes, played with a real PX4 or with the simulated one, and put on record.

python -m tests_support.protocol_script record [SCENE ...]     # PX4_SITL set: writes tests/data/px4/protocol.json
python -m tests_support.protocol_script compare [SCENE ...]    # the simulated vehicle against the record
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.aircraft import Aircraft, AircraftType
from skystork_sim.autopilot import Autopilot
from skystork_sim.battery import PowerFigures
from skystork_sim.dynamics import FlightLimits
from skystork_sim.incidents import VehicleFaults
from skystork_sim.wind import Wind
from tests_support.protocol_flights import FLIGHT_SCENES
from tests_support.protocol_ground import GROUND_SCENES
from tests_support.protocol_steps import Scene
from tests_support.protocol_talk import SteppedWire, Talk, UdpWire

RECORD = Path(__file__).resolve().parents[2] / "data" / "px4" / "protocol.json"
SCENES: Mapping[str, Scene] = {scene.name: scene for scene in (*GROUND_SCENES, *FLIGHT_SCENES)}
PAD, GROUND_M = Geodetic(47.3977419, 8.5455938), 489.0
START_S = 1_795_255_200.0
FIRST_INSTANCE, TOGETHER = 20, 4
LOST_AT_TIMES = ("Armed by external command", "Executing Mission")
VERSION = "PX4 v1.17.0 (d6f12ad1c4), SITL with its simulator SIH, quadrotor"
QUAD = AircraftType(
    "quad",
    FlightLimits(False, 5.0, 12.0, 3.0, 1.5, 3.0),
    6.0,
    1.5e6,
    PowerFigures(4, 0.19, 1.4, 16.0, 90.0, 0.08, 20.0),
)
"""Flies as PX4's SIH quadrotor with its default parameters."""


def play_simulated(scene: Scene) -> dict[str, Any]:
    """The scene with a simulated vehicle, in stepped time."""
    aircraft = Aircraft(
        QUAD,
        system_id=FIRST_INSTANCE + 1,
        frame=LocalFrame(PAD),
        pad_enu_m=(0.0, 0.0),
        ground_amsl_m=GROUND_M,
        wind=Wind((0.0, 0.0), 0.0, Random(7), start_s=START_S),
        faults=VehicleFaults((), start_s=START_S),
    )
    vehicle = Autopilot(
        aircraft, boot_s=START_S, controller=("station", 14550), parameters=scene.parameters, rng=Random(3)
    )
    return _play(scene, Talk(SteppedWire(vehicle, START_S), aircraft.system_id))


def play_px4(scene: Scene, build: Path, instance: int) -> dict[str, Any]:
    """The scene with a real PX4 that is started for it and stopped after it."""
    with (
        tempfile.TemporaryDirectory(prefix="px4_") as folder,
        px4(build, instance, Path(folder), scene.parameters),
        contextlib.closing(UdpWire(("127.0.0.1", 18_570 + instance))) as wire,
    ):
        return _play(scene, Talk(wire, instance + 1))


@contextlib.contextmanager
def px4(build: Path, instance: int, folder: Path, parameters: Mapping[str, int | float]) -> Iterator[None]:
    """A PX4 SITL with its simulator SIH, stopped however the scene ends."""
    settings = {"SDLOG_BACKEND": 0, **parameters}
    environment = os.environ | {
        "PX4_SIM_MODEL": "sihsim_quadx",
        "PX4_HOME_LAT": f"{PAD.latitude_deg:.7f}",
        "PX4_HOME_LON": f"{PAD.longitude_deg:.7f}",
        "PX4_HOME_ALT": f"{GROUND_M}",
        **{f"PX4_PARAM_{name}": str(value) for name, value in settings.items()},
    }
    command = [str(build / "bin" / "px4"), "-i", str(instance), "-d", str(build / "etc"), "-w", str(folder)]
    with (folder / "px4.log").open("wb") as log:
        vehicle = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(vehicle.pid, signal.SIGTERM)
            try:
                vehicle.wait(10.0)
            except subprocess.TimeoutExpired:
                os.killpg(vehicle.pid, signal.SIGKILL)
                vehicle.wait(10.0)


def record_px4(build: Path, names: list[str]) -> dict[str, Any]:
    """Play scenes with real PX4s, some at a time; name and record of each."""
    instances = list(range(FIRST_INSTANCE, FIRST_INSTANCE + TOGETHER))

    def play(name: str) -> dict[str, Any]:
        instance = instances.pop()
        try:
            return play_px4(SCENES[name], build, instance)
        except (AssertionError, StopIteration, IndexError) as error:
            return {"facts": {"not played": repr(error)}, "times": {}}
        finally:
            instances.append(instance)

    with ThreadPoolExecutor(TOGETHER) as pool:
        return dict(zip(names, pool.map(play, names), strict=True))


def _alike(name: str, theirs: Any, ours: Any) -> bool:
    """Equal; of texts that come together PX4 loses some, so the common ones may be missing there."""
    if "texts" not in name or theirs == ours or "nothing" in (theirs, ours):
        return bool(theirs == ours)
    kept = [text for text in ours if text in theirs or text not in LOST_AT_TIMES]
    return bool(theirs == kept)


def differences(recorded: Mapping[str, Any], played: Mapping[str, Any]) -> list[str]:
    """One line for each fact or time in which two records differ."""
    lines = []
    for name in sorted({*recorded["facts"], *played["facts"]}):
        theirs, ours = recorded["facts"].get(name, "nothing"), played["facts"].get(name, "nothing")
        if not _alike(name, theirs, ours):
            lines.append(f"{name}: PX4 {theirs}, here {ours}")
    for name, (seconds, tolerance_s) in recorded["times"].items():
        took_s = played["times"].get(name, (float("nan"), 0.0))[0]
        if not abs(took_s - seconds) <= tolerance_s:
            lines.append(f"{name}: PX4 {seconds} s, here {took_s} s (within {tolerance_s} s)")
    return lines


def _play(scene: Scene, talk: Talk) -> dict[str, Any]:
    scene.play(talk)
    played: dict[str, Any] = json.loads(json.dumps({"facts": talk.facts, "times": talk.times}))
    return played


def main(arguments: list[str]) -> int:
    """Record or compare."""
    names = arguments[1:] or list(SCENES)
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {"scenes": {}}
    if arguments[0] == "record":
        played = record_px4(Path(os.environ["PX4_SITL"]), names)
        record["scenes"] |= played
        record |= {"recorded_from": VERSION, "recorded_on": datetime.now(UTC).date().isoformat()}
        RECORD.write_text(json.dumps(record, indent=1) + "\n")
        return int(any("not played" in each["facts"] for each in played.values()))
    found = 0
    for name in names:
        try:
            lines = differences(record["scenes"][name], play_simulated(SCENES[name]))
        except AssertionError as error:
            lines = [f"not played: {error}"]
        found += len(lines)
        print("\n".join([f"== {name}: {len(lines)}", *lines]))
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
