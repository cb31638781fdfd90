"""MAVSDK, which shares no code with either side, watches a simulated vehicle over real UDP."""

from __future__ import annotations

import asyncio
import socket
from random import Random

import pytest

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.aircraft import Aircraft, AircraftType
from skystork_sim.autopilot import Autopilot
from skystork_sim.battery import PowerFigures
from skystork_sim.dynamics import FlightLimits
from skystork_sim.fleet import SimulatedDrone
from skystork_sim.incidents import VehicleFaults
from skystork_sim.udp import open_udp
from skystork_sim.wind import Wind

mavsdk = pytest.importorskip("mavsdk.asyncio", reason="the extra 'mavsdk' is not installed")
PAD = Geodetic(54.5166, -1.5075)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def switch_on(controller_port: int) -> SimulatedDrone:
    now_s = asyncio.get_running_loop().time()
    aircraft = Aircraft(
        AircraftType(
            "quad",
            FlightLimits(False, 10, 15, 3, 1.5, 3),
            6.0,
            1.5e6,
            PowerFigures(4, 0.19, 1.4, 16.0, 90.0, 0.08, 20.0),
        ),
        system_id=7,
        frame=LocalFrame(PAD),
        pad_enu_m=(0.0, 0.0),
        ground_amsl_m=45.0,
        wind=Wind((0.0, 0.0), 0.0, Random(1), start_s=now_s),
        faults=VehicleFaults((), start_s=now_s),
    )
    controller = ("127.0.0.1", controller_port)
    autopilot = Autopilot(aircraft, boot_s=now_s - 5.0, controller=controller, parameters={}, rng=Random(1))
    drone = SimulatedDrone(autopilot, await open_udp(("127.0.0.1", 0)), None)
    drone.start()
    return drone


async def test_mavsdk_finds_the_vehicle_arms_it_and_reads_its_position() -> None:
    from mavsdk.asyncio.plugins.action import ActionAsync
    from mavsdk.asyncio.plugins.telemetry import TelemetryAsync

    port = free_port()
    configuration = mavsdk.Configuration.create_with_component_type(mavsdk.ComponentType.GROUND_STATION)
    observer = mavsdk.Mavsdk(configuration)
    drone = await switch_on(port)
    try:
        await observer.add_any_connection(f"udpin://127.0.0.1:{port}")
        system = await observer.first_autopilot(timeout_s=6.0)
        assert system is not None
        assert await system.get_system_id() == 7
        async with asyncio.timeout(6.0):
            async for position in TelemetryAsync(system).subscribe_position():
                assert position.latitude_deg == pytest.approx(PAD.latitude_deg, abs=1e-6)
                assert position.absolute_altitude_m == pytest.approx(45.0, abs=0.1)
                break
            await ActionAsync(system).arm()
        assert drone.autopilot.status.armed
    finally:
        drone.close()
        observer.destroy()
        await asyncio.sleep(0)  # the loop closes the socket in its next turn
