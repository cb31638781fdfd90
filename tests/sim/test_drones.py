"""The command that starts drones for any ground station: what it takes, what it refuses, and that they speak."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.__main__ import main
from skystork_sim.aircraft import Aircraft
from skystork_sim.drones import SITL_QUAD, read_fault, read_parameter
from skystork_sim.gripper import Parcel, Release
from skystork_sim.incidents import Incident, IncidentKind, VehicleFaults
from skystork_sim.toml_table import ScenarioError
from skystork_sim.wind import Wind

PROJECT = Path(__file__).resolve().parents[2]


def test_a_fault_names_drone_kind_value_begin_and_duration() -> None:
    assert read_fault("2:battery_sag=0.1@60+5", [1, 2]) == [
        Incident(IncidentKind.BATTERY_SAG, 2, after_s=60.0, duration_s=5.0, value=0.1)
    ]
    assert [fault.system_id for fault in read_fault("link_lost@30", [4, 5])] == [4, 5]


@pytest.mark.parametrize("text", ["", "engine_lost", "2:link_lost@soon", "link_lost=0.1=2"])
def test_a_fault_of_another_form_is_refused_with_the_kinds(text: str) -> None:
    with pytest.raises(ScenarioError, match="battery_sag"):
        read_fault(text, [1])


@pytest.mark.parametrize("text", ["NO_SUCH=1", "NAV_DLL_ACT=much"])
def test_a_parameter_must_be_one_and_have_a_number(text: str) -> None:
    assert read_parameter("NAV_DLL_ACT=2") == ("NAV_DLL_ACT", 2.0)
    with pytest.raises(ScenarioError, match=text.split("=", maxsplit=1)[0]):
        read_parameter(text)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--count", "0"], 2),
        (["--speed", "0"], 2),
        (["--count", "2", "--instance", "249"], 2),
        (["--home", "47"], 3),
        (["--wind", "a,b"], 3),
        (["--fault", "rain"], 3),
    ],
)
def test_wrong_options_end_it_with_a_code_and_a_sentence(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drones", *words]) == code
    assert words[0] in capsys.readouterr().err


def test_two_drones_speak_to_the_ground_from_their_own_ports() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(20.0)
        port = ear.getsockname()[1]
        command = [sys.executable, "-m", "skystork_sim", "drones", "--count", "2", "--ground", f"127.0.0.1:{port}"]
        drones = subprocess.Popen([*command, "--base-port", "23570", "--speed", "20"], cwd=PROJECT / "sim")
        try:
            seen: set[tuple[int, int]] = set()
            while len(seen) < 2:
                data, (_, source) = ear.recvfrom(2048)
                seen.add((data[5], source))
            assert seen == {(1, 23_570), (2, 23_571)}
        finally:
            drones.terminate()
            assert drones.wait(20.0) == 0


@pytest.mark.parametrize(("words", "speakers"), [([], {1}), (["--winch"], {1, 169})])
def test_a_winch_speaks_only_where_one_was_asked_for(words: list[str], speakers: set[int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(20.0)
        ground = f"127.0.0.1:{ear.getsockname()[1]}"
        command = [sys.executable, "-m", "skystork_sim", "drones", "--ground", ground, "--streams", "fleet"]
        drones = subprocess.Popen([*command, "--base-port", "23580", "--speed", "20", *words], cwd=PROJECT / "sim")
        try:
            components = {ear.recvfrom(2048)[0][6] for _ in range(50)}  # both speak every second
            assert components == speakers
        finally:
            drones.terminate()
            assert drones.wait(20.0) == 0


def test_a_drone_with_a_winch_has_no_gripper_to_answer() -> None:
    faults = VehicleFaults((), start_s=0.0)
    frame, wind = LocalFrame(Geodetic(54.5, -1.5)), Wind((0.0, 0.0), 0.0, Random(1), start_s=0.0)
    released: list[Release] = []
    for has_winch, answer in ((False, True), (True, None)):
        aircraft = Aircraft(
            replace(SITL_QUAD, has_winch=has_winch),
            system_id=1,
            frame=frame,
            pad_enu_m=(0.0, 0.0),
            ground_amsl_m=45.0,
            wind=wind,
            faults=faults,
            on_release=released.append,
        )
        aircraft.load(Parcel("O-1", 0.8))
        assert aircraft.release(1.0) is answer
        assert (aircraft.gripper.parcel is not None) is has_winch
    assert len(released) == 1
