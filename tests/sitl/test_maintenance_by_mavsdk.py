"""The maintenance path: sensors calibrated and logs fetched with MAVSDK as the ground station, no controller about."""

import asyncio
from pathlib import Path

import pytest
from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
from mavsdk.asyncio.plugins.calibration import CalibrationAsync
from mavsdk.asyncio.plugins.log_files import LogFilesAsync

from skystork_sim.px4.fixtures import StartVehicle
from skystork_sim.px4.vehicle import LOCALHOST

pytestmark = pytest.mark.sitl
PATIENCE_S = 60.0


async def connected(port: int) -> tuple[Mavsdk, object]:
    """As a ground station: PX4 keeps its texts back, the progress among them, while it hears none."""
    mavsdk = Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION))
    await mavsdk.add_any_connection(f"udpout://{LOCALHOST}:{port}")
    system = await mavsdk.first_autopilot(timeout_s=10.0)
    assert system is not None
    return mavsdk, system


async def test_gyroscope_and_level_are_calibrated_and_the_accelerometer_asks_to_be_turned(
    px4_vehicle: StartVehicle,
) -> None:
    """SIH stands still on one side: the accelerometer's first side is measured, the other five cannot be shown."""
    px4 = px4_vehicle()
    mavsdk, system = await connected(px4.vehicle.ports.ground)
    try:
        calibration = CalibrationAsync(system)
        px4.wait_for("Ready for takeoff!", PATIENCE_S)
        async with asyncio.timeout(PATIENCE_S):
            for calibrate in (calibration.calibrate_gyro, calibration.calibrate_level_horizon):
                told = [result.name async for result, _ in calibrate()]
                assert told[-1] == "SUCCESS" and told.count("NEXT") > 3
                await asyncio.sleep(3.0)  # PX4 takes its result over
            async for _, data in calibration.calibrate_accelerometer():
                if data.has_status_text and data.status_text.startswith("down side done"):
                    break
    finally:
        mavsdk.destroy()
    assert "calibration done: gyro" in px4.log and "calibration done: level" in px4.log


async def test_a_log_is_fetched_whole(px4_vehicle: StartVehicle, tmp_path: Path) -> None:
    px4 = px4_vehicle(parameters={"SDLOG_BACKEND": 1, "SDLOG_MODE": 2})  # from boot on, into a file
    px4.wait_for("Opened full log file", PATIENCE_S)
    mavsdk, system = await connected(px4.vehicle.ports.ground)
    try:
        px4.run_tool("logger", "stop")
        px4.wait_for("closed logfile", PATIENCE_S)
        logs = LogFilesAsync(system)
        async with asyncio.timeout(2 * PATIENCE_S):
            (entry,) = await logs.get_entries()
            results = [result.name async for result, _ in logs.download_log_file(entry, str(tmp_path / "fetched.ulg"))]
        assert results[-1] == "SUCCESS"
    finally:
        mavsdk.destroy()
    (written,) = px4.folder.glob("log/*/*.ulg")
    assert (tmp_path / "fetched.ulg").read_bytes() == written.read_bytes()
