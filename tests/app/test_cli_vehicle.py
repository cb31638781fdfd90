"""``skystork vehicle`` over real UDP, against a vehicle with parameters of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support.parameter_counterpart import ParameterCounterpart
from tests_support.udp_vehicle import UdpVehicle, free_port
from typer.testing import CliRunner, Result

from skystork.app.cli import app

REQUIRED = """# Come home.
1\t1\tNAV_DLL_ACT\t2\t6
# Return and do not stay there.
1\t1\tGF_ACTION\t3\t6
# cruise_air_speed_m_s
1\t1\tMPC_XY_CRUISE\t10.5\t9
# Needs a restart.
1\t1\tCBRK_FLIGHTTERM\t0\t6
"""


@pytest.fixture
def counterpart() -> ParameterCounterpart:
    return ParameterCounterpart({"NAV_DLL_ACT": 0, "GF_ACTION": 3, "MPC_XY_CRUISE": 5.0, "CBRK_FLIGHTTERM": 121_212})


@pytest.fixture
def vehicle(counterpart: ParameterCounterpart) -> Iterator[UdpVehicle]:
    with UdpVehicle(counterpart) as running:
        yield running


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "mine.params"
    path.write_text(REQUIRED, encoding="utf-8")
    return path


def skystork(*words: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["vehicle", *map(str, words)], input=given, env={"COLUMNS": "200"})


def test_verify_shows_what_differs_and_why(vehicle: UdpVehicle, profile: Path) -> None:
    told = skystork("verify", vehicle.connection, "--profile", profile, "--json")
    document = json.loads(told.stdout)
    assert told.exit_code == 6
    assert document["compared"] == 4
    assert document["differences"] == [
        {"parameter": "NAV_DLL_ACT", "on_board": 0, "required": 2, "reason": "Come home."},
        {"parameter": "MPC_XY_CRUISE", "on_board": 5.0, "required": 10.5, "reason": "cruise_air_speed_m_s"},
        {"parameter": "CBRK_FLIGHTTERM", "on_board": 121_212, "required": 0, "reason": "Needs a restart."},
    ]


def test_verify_as_a_table_and_of_a_name_among_the_fleets_files(vehicle: UdpVehicle) -> None:
    told = skystork("verify", vehicle.connection, "--profile", "rover")
    assert told.exit_code == 6
    assert "parameters differ" in told.stdout
    assert "not on board" in told.stdout


def test_configure_writes_what_differs_and_nothing_else(
    vehicle: UdpVehicle, counterpart: ParameterCounterpart, profile: Path
) -> None:
    told = skystork("configure", vehicle.connection, "--profile", profile, "--yes")
    assert told.exit_code == 0, told.output
    assert counterpart.values == {"CBRK_FLIGHTTERM": 0, "GF_ACTION": 3, "MPC_XY_CRUISE": 10.5, "NAV_DLL_ACT": 2}
    assert {message.param_id for message in counterpart.told("PARAM_SET")} == counterpart.values.keys() - {"GF_ACTION"}
    assert "Restart the vehicle" in told.stdout
    assert skystork("verify", vehicle.connection, "--profile", profile).exit_code == 0


@pytest.mark.parametrize("given", ["n\n", ""])
def test_configure_asks_and_without_a_yes_writes_nothing(
    vehicle: UdpVehicle, counterpart: ParameterCounterpart, profile: Path, given: str
) -> None:
    told = skystork("configure", vehicle.connection, "--profile", profile, given=given)
    assert told.exit_code == 4
    assert not counterpart.told("PARAM_SET")


def test_configure_goes_on_past_a_refusal_and_says_what_is_left(
    vehicle: UdpVehicle, counterpart: ParameterCounterpart, profile: Path
) -> None:
    counterpart.stubborn = {"NAV_DLL_ACT": 0}
    told = skystork("configure", vehicle.connection, "--profile", profile, "--yes")
    assert told.exit_code == 6
    assert counterpart.values["MPC_XY_CRUISE"] == 10.5
    assert "NAV_DLL_ACT: 0 on board, required 2: not written" in told.stdout
    assert "not as required: NAV_DLL_ACT" in told.stderr


def test_configure_leaves_an_armed_vehicle_alone(
    vehicle: UdpVehicle, counterpart: ParameterCounterpart, profile: Path
) -> None:
    counterpart.armed = True
    told = skystork("configure", vehicle.connection, "--profile", profile, "--yes")
    assert told.exit_code == 4
    assert "is armed" in told.stderr
    assert not counterpart.told("PARAM_SET")


def test_a_file_with_what_may_not_be_written_is_refused_before_anything_is(
    vehicle: UdpVehicle, counterpart: ParameterCounterpart, profile: Path
) -> None:
    profile.write_text(REQUIRED + "1\t1\tMC_ROLL_P\t9\t9\n", encoding="utf-8")
    told = skystork("configure", vehicle.connection, "--profile", profile, "--yes")
    assert told.exit_code == 3
    assert "MC_ROLL_P" in told.stderr
    assert not counterpart.received


def test_parameters_are_written_whole_and_the_second_time_without_a_download(
    vehicle: UdpVehicle, counterpart: ParameterCounterpart, tmp_path: Path
) -> None:
    out, state = tmp_path / "all.params", tmp_path / "state"
    for _ in range(2):
        told = skystork("parameters", vehicle.connection, "--out", out, "--state", state)
        assert told.exit_code == 0, told.output
    assert counterpart.asked_for_all == 1
    rows = [line.split("\t") for line in out.read_text(encoding="utf-8").splitlines()[1:]]
    assert {row[2]: float(row[3]) for row in rows} == counterpart.values
    assert skystork("verify", vehicle.connection, "--profile", out).exit_code == 0


def test_a_vehicle_with_another_number_is_named(vehicle: UdpVehicle, profile: Path) -> None:
    told = skystork("verify", vehicle.connection, "--profile", profile, "--system-id", "9", "--wait", "3")
    assert told.exit_code == 7
    assert "but system 1 was" in told.stderr


def test_a_vehicle_with_another_firmware_is_named(vehicle: UdpVehicle, profile: Path) -> None:
    words = ("--autopilot", "ardurover", "--wait", "3")
    told = skystork("verify", vehicle.connection, "--profile", profile, *words)
    assert told.exit_code == 7
    assert "autopilot 12" in told.stderr


def test_nobody_there_is_said(profile: Path) -> None:
    told = skystork("verify", f"udpin://127.0.0.1:{free_port()}", "--profile", profile, "--wait", "1")
    assert told.exit_code == 7
    assert "was not heard" in told.stderr


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("verify", "udpn://1.2.3.4:5", "--profile", "delivery_quad"), "udpin"),
        (("verify", ":14550", "--profile", "delivery_squad"), "delivery_quad"),
        (("verify", ":14550", "--profile", "delivery_quad", "--autopilot", "betaflight"), "arducopter"),
    ],
)
def test_words_that_name_nothing_are_answered_with_what_there_is(words: tuple[str, ...], what: str) -> None:
    told = skystork(*words)
    assert told.exit_code == 3
    assert what in told.stderr


def test_an_ardupilot_is_configured_by_its_twin_file() -> None:
    counterpart = ParameterCounterpart({"FS_GCS_ENABLE": 0, "FS_OPTIONS": 16, "WP_SPD": 10.0}, casts=True)
    words = ("--profile", "delivery_quad", "--autopilot", "arducopter")
    with UdpVehicle(counterpart) as vehicle:
        told = skystork("configure", vehicle.connection, *words, "--yes")
    assert told.exit_code == 6  # it has none of the other parameters
    assert counterpart.values == {"FS_GCS_ENABLE": 3, "FS_OPTIONS": 10, "WP_SPD": 15.0}
    assert "RTL_ALT_M: not on board, required 110: not written" in told.stdout
