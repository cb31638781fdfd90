"""``skystork vehicle logs`` against a vehicle on a real socket."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from tests_support.log_counterpart import LogCounterpart
from tests_support.udp_vehicle import UdpVehicle
from typer.testing import CliRunner

from skystork.app.cli import app

CONTENT = Random(9).randbytes(40_000)
LOGS = ((0, b"short"), (1_700_000_000, CONTENT))


def run(vehicle: LogCounterpart, *words: str) -> tuple[int, str]:
    """``skystork vehicle logs`` with the connection in the place of CONNECTION."""
    with UdpVehicle(vehicle) as wire:
        arguments = [wire.connection if word == "CONNECTION" else word for word in words]
        result = CliRunner().invoke(app, ["vehicle", "logs", *arguments])
    return result.exit_code, result.output


def test_the_logs_are_listed_with_number_size_and_time() -> None:
    code, output = run(LogCounterpart(LOGS), "list", "CONNECTION", "--json")
    assert code == 0
    assert json.loads(output)["logs"] == [
        {"log": 0, "size_bytes": 5, "written_at": None},
        {"log": 1, "size_bytes": 40_000, "written_at": "2023-11-14T22:13:20+00:00"},
    ]


def test_a_log_is_fetched_and_said_where_it_is(tmp_path: Path) -> None:
    to = tmp_path / "flight.ulg"
    code, output = run(LogCounterpart(LOGS), "get", "CONNECTION", "1", "--to", str(to))
    assert (code, to.read_bytes()) == (0, CONTENT), output
    assert "log 1 of system 1, 40000 bytes" in output


@pytest.mark.parametrize(
    ("log", "there", "code", "said"),
    [
        ("1", False, 4, "the vehicle is armed"),
        ("7", False, 7, "no log 7; it has 0, 1"),
        ("1", True, 3, "is there already"),
    ],
)
def test_what_is_refused_is_said(tmp_path: Path, log: str, there: bool, code: int, said: str) -> None:
    to, vehicle = tmp_path / "flight.ulg", LogCounterpart(LOGS)
    vehicle.armed = code == 4
    if there:
        to.write_text("precious")
    got, output = run(vehicle, "get", "CONNECTION", log, "--to", str(to))
    assert got == code
    assert said in output
    assert to.exists() is there


def test_a_vehicle_that_is_not_there_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    vehicle = LogCounterpart(LOGS)
    vehicle.silent = True
    code, output = run(vehicle, "get", "CONNECTION", "1", "--to", str(tmp_path / "x"), "--wait", "1")
    assert code == 7
    assert "was not heard" in output
