"""The command that starts drones for any ground station: what it takes, what it refuses, and that they speak."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from skystork_sim.__main__ import main
from skystork_sim.drones import read_fault, read_parameter
from skystork_sim.incidents import Incident, IncidentKind
from skystork_sim.toml_table import ScenarioError

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
