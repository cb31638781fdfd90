"""Reading and setting a real PX4's parameters, with PX4's own shell as the independent witness."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests_support.udp_vehicle import free_port
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.vehicle_configuration import read_all
from skystork.app.vehicle_session import VehicleSession, vehicle_session
from skystork.errors import LinkUsageError
from skystork.link.autopilot import PX4
from skystork.link.contract import CommandResult, ParameterOutcome, ParametersSettled, ParameterValue
from skystork.link.parameter_file import read_parameter_files
from skystork.link.parameter_values import is_volatile
from skystork.shell.connection_url import UdpOut
from skystork_sim.px4.fixtures import StartVehicle
from skystork_sim.px4.running import RunningPx4

pytestmark = pytest.mark.sitl

CONFIGS = Path(__file__).resolve().parents[2] / "firmware_configs"
PX4_FILES = sorted(path.name for path in CONFIGS.glob("px4_*.params"))
PATIENCE_S = 60.0


@asynccontextmanager
async def session_with(px4: RunningPx4, port: int | None = None) -> AsyncIterator[VehicleSession]:
    place = UdpOut("127.0.0.1", px4.vehicle.ports.ground, port or free_port())
    async with vehicle_session(place, px4.vehicle.system_id, PX4, patience_s=PATIENCE_S) as session:
        yield session


def steady(settled: ParametersSettled) -> dict[str, ParameterValue]:
    """Without what PX4 changes by itself while it runs."""
    return {name: value for name, value in settled.values.items() if not is_volatile(name)}


def shown_by_px4(px4: RunningPx4, name: str) -> float:
    """The value as PX4's own shell prints it."""
    text = px4.run_tool("param", "show", "-a", name)  # also one that no module uses yet
    found = re.search(rf"\b{name} \[[\d,-]+\] : (-?[\d.]+)", text)
    assert found is not None, text
    return float(found[1])


async def test_all_parameters_are_read_and_px4s_own_hash_proves_it(px4_vehicle: StartVehicle, tmp_path: Path) -> None:
    px4 = px4_vehicle()
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    async with session_with(px4) as session:
        first = await read_all(session, PX4, tmp_path)
        again = await read_all(session, PX4, tmp_path)
        assert len(first.values) > 800
        assert first.hash is not None
        assert (again.hash, steady(again)) == (first.hash, steady(first))
        assert again.values.keys() == first.values.keys()
        assert (await session.port.write_parameter("COM_DL_LOSS_T", 12)).outcome is ParameterOutcome.COMPLETE
        changed = await read_all(session, PX4, tmp_path)
    assert changed.hash not in {None, first.hash}
    assert changed.values["COM_DL_LOSS_T"].value == 12


async def test_every_line_of_the_firmware_files_is_a_parameter_of_that_type(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle()
    lines = [line for name in PX4_FILES for line in read_parameter_files({name: (CONFIGS / name).read_text()})]
    async with session_with(px4) as session:
        told = await session.port.read_parameters(sorted({line.name for line in lines}))
    assert (told.outcome, told.missing) == (ParameterOutcome.COMPLETE, ())
    assert not [line for line in lines if told.values[line.name].is_integer != isinstance(line.value, int)]


def test_configure_makes_a_px4_what_its_file_requires(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle()
    port = free_port()  # PX4 answers the first it hears, and no other
    connection = f"udpout://127.0.0.1:{px4.vehicle.ports.ground}?local_port={port}"
    words = [connection, "--system-id", str(px4.vehicle.system_id), "--wait", str(PATIENCE_S)]
    words += ["--profile", "delivery_quad"]
    before = CliRunner().invoke(app, ["vehicle", "verify", *words])
    done = CliRunner().invoke(app, ["vehicle", "configure", *words, "--yes"])
    after = CliRunner().invoke(app, ["vehicle", "verify", *words])
    assert (before.exit_code, done.exit_code, after.exit_code) == (6, 0, 0), done.output
    for line in read_parameter_files({"": (CONFIGS / "px4_delivery_quad.params").read_text()}):
        assert shown_by_px4(px4, line.name) == pytest.approx(float(line.value), abs=1e-4), line.name


async def test_a_negative_integer_an_unknown_name_and_a_fraction(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle()
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    px4.run_tool("param", "set", "SENS_BOARD_ROT", "-8388607")  # its four bytes are no number as a float
    async with session_with(px4) as session:
        told = await session.port.read_parameters(["SENS_BOARD_ROT", "NAV_DLL_ACTION"])
        assert (told.values["SENS_BOARD_ROT"].value, told.missing) == (-8_388_607, ("NAV_DLL_ACTION",))
        refused = await session.port.write_parameter("NAV_DLL_ACT", 1.5)
        assert refused.outcome is ParameterOutcome.REFUSED
    assert shown_by_px4(px4, "NAV_DLL_ACT") == 0


async def test_an_armed_px4_is_not_written_to(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle()
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    async with session_with(px4) as session:
        assert (await session.port.arm()).result is CommandResult.ACCEPTED
        while not session.armed:
            await session.port.read_parameters(["NAV_DLL_ACT"])
        with pytest.raises(LinkUsageError, match="armed"):
            await session.port.write_parameter("NAV_DLL_ACT", 2)
    assert shown_by_px4(px4, "NAV_DLL_ACT") == 0
