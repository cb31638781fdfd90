"""The services beside flying on a real PX4: events in its own words, files, logs, Remote ID, traffic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import common
from tests_support.plans import QUAD

from skystork.app.bus_header import Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.sayings import Sayings
from skystork.app.traffic_desk import TrafficDesk
from skystork.fleet.remote_id import remote_id_fault
from skystork.fleet.tracker import Tracker
from skystork.fleet.traffic import AltitudeReference, TrafficReport
from skystork.fleet.vehicle import Drone
from skystork.frames import Geodetic
from skystork.link.contract import (
    CommandResult,
    LinkEvent,
    LinkSettings,
    MissionItem,
    MissionType,
    Operator,
    TelemetrySample,
    TransferOutcome,
)
from skystork.link.fleet_link import FleetLink
from skystork.link.service_contract import ArmingReport, AutopilotEvent, EventsMissed, TrafficSighted, WinchOutcome
from skystork.link.traffic import traffic_message
from skystork.orders.order import VehicleId
from skystork.shell.event_metadata import EventMetadata
from skystork.shell.link_runner import LinkRunner
from skystork.shell.log_files import fetch_log
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.udp import FleetSocket, open_fleet_socket
from skystork.shell.vehicle_port import VehiclePort
from skystork_sim.px4.fixtures import PX4_HOME, StartVehicle
from skystork_sim.px4.running import RunningPx4
from skystork_sim.px4.vehicle import LOCALHOST

pytestmark = pytest.mark.sitl

PATIENCE_S = 60.0
EVERYWHERE_AT_ONCE = (  # two take-offs: accepted, and then found infeasible
    MissionItem(22, 3, (0.0, 0.0, 0.0, 0.0), PX4_HOME.latitude_deg, PX4_HOME.longitude_deg, 20.0),
    MissionItem(22, 3, (0.0, 0.0, 0.0, 0.0), PX4_HOME.latitude_deg, PX4_HOME.longitude_deg, 30.0),
)


def kept_in(folder: Path) -> int:
    return len(list(folder.iterdir()))


class Ground:
    """A ground station of one vehicle that notes what it is told."""

    def __init__(self, endpoint: FleetSocket, px4: RunningPx4, settings: LinkSettings) -> None:
        fleet, system_id = FleetLink(settings), px4.vehicle.system_id
        self.endpoint, self.vehicle_address = endpoint, (LOCALHOST, px4.vehicle.ports.ground)
        self.link = fleet.add_vehicle(system_id, self.vehicle_address)
        self.runner = LinkRunner(fleet, endpoint)
        self.port = VehiclePort(self.runner, system_id)
        self.tracker = Tracker(VehicleId("PX4"), self.runner.now_s())
        self.said = Sayings()
        self.told: list[LinkEvent] = []
        self.changed = asyncio.Event()
        self.port.events.append(self._take)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()
        assert condition(), what

    async def learn_words(self, folder: Path) -> None:
        texts = await EventMetadata(folder).learn(self.port)
        assert texts is not None
        self.port.take_event_texts(texts)
        assert (await self.port.run_arming_checks()).result is CommandResult.ACCEPTED

    def _take(self, event: LinkEvent) -> None:
        self.told.append(event)
        self.said.take(event)
        if isinstance(event, TelemetrySample):
            self.tracker.take(event)
        self.changed.set()


@asynccontextmanager
async def ground_of(px4: RunningPx4, settings: LinkSettings | None = None) -> AsyncIterator[Ground]:
    ground = Ground(await open_fleet_socket(LOCALHOST, 0), px4, settings or LinkSettings())
    try:
        await ground.until(lambda: ground.link.state == "up", "heard")
        yield ground
    finally:
        ground.runner.close()


async def test_a_refused_arming_names_its_reasons_in_the_vehicles_own_words(
    px4_vehicle: StartVehicle, tmp_path: Path
) -> None:
    px4 = px4_vehicle(parameters={"COM_ARM_ODID": 2})
    async with ground_of(px4) as ground:
        await ground.learn_words(tmp_path / "metadata")
        await ground.until(lambda: ground.said.why_not_arming() == ("Open Drone ID system missing",), "its checks")
        refused = await ground.port.arm()
        assert refused.result is CommandResult.TEMPORARILY_REJECTED
        assert "(Open Drone ID system missing)" in ground.said.refusal(refused)
        print(ground.said.refusal(refused))
        report = [event for event in ground.told if isinstance(event, ArmingReport)][-1]
        assert not report.may_arm()
        assert not any(isinstance(event, EventsMissed) for event in ground.told)
    assert kept_in(tmp_path / "metadata") == 2  # what names the table, and the table


async def test_a_mission_that_px4_finds_infeasible_says_why(px4_vehicle: StartVehicle, tmp_path: Path) -> None:
    px4 = px4_vehicle()
    async with ground_of(px4) as ground:
        await ground.learn_words(tmp_path / "metadata")
        uploaded = await ground.port.upload(MissionType.MISSION, EVERYWHERE_AT_ONCE)
        assert uploaded.outcome is TransferOutcome.VERIFIED
        await ground.until(lambda: "ission" in ground.said.complaint(), "the verdict in words")
        print(ground.said.complaint())
        assert any(isinstance(event, AutopilotEvent) and event.text == ground.said.complaint() for event in ground.told)


async def test_a_log_is_listed_and_fetched_byte_for_byte(px4_vehicle: StartVehicle, tmp_path: Path) -> None:
    px4 = px4_vehicle(parameters={"SDLOG_BACKEND": 1, "SDLOG_MODE": 0})  # from arming to disarming, into a file
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    async with ground_of(px4) as ground:
        assert (await ground.port.arm()).result is CommandResult.ACCEPTED
        await asyncio.sleep(2)
        assert (await ground.port.disarm()).result is CommandResult.ACCEPTED
        await asyncio.sleep(2)  # the logger writes its end
        *_, log = (await ground.port.list_logs()).logs
        await fetch_log(ground.port, log, tmp_path / "log.ulg", armed=lambda: ground.tracker.state.armed)
    fetched = (tmp_path / "log.ulg").read_bytes()
    written = [path.read_bytes() for path in px4.folder.rglob("*.ulg")]
    print(f"{len(fetched)} bytes")
    assert fetched.startswith(b"ULog")
    assert fetched in written


async def test_remote_id_is_shown_each_second_and_a_transmitter_lets_it_arm(px4_vehicle: StartVehicle) -> None:
    """PX4 takes a Remote ID transmitter for present while it hears a heartbeat of MAV_TYPE_ODID (34)."""
    px4 = px4_vehicle(parameters={"COM_ARM_ODID": 2})
    px4.wait_for("Open Drone ID system missing", PATIENCE_S)
    operator = Operator("CHE87astrdge12k8", Geodetic(47.4, 8.5))
    async with ground_of(px4, LinkSettings(operator=operator, message_intervals_us=((12901, 1_000_000),))) as ground:
        await ground.until(lambda: remote_id_fault(ground.tracker.state, ground.runner.now_s()) is None, "Remote ID")
        assert not ground.tracker.state.ready_to_arm
        assert (await ground.port.arm()).result is CommandResult.TEMPORARILY_REJECTED
        transmitter = common.MAVLink(None, srcSystem=px4.vehicle.system_id, srcComponent=236)

        async def beat() -> None:
            while True:
                heartbeat = common.MAVLink_heartbeat_message(34, 8, 0, 0, 4, 3)
                ground.endpoint.send(heartbeat.pack(transmitter), ground.vehicle_address)
                await asyncio.sleep(0.5)

        beating = asyncio.create_task(beat())
        try:
            await ground.until(lambda: ground.tracker.state.ready_to_arm, "ready with a transmitter")
            assert (await ground.port.arm()).result is CommandResult.ACCEPTED
            assert (await ground.port.disarm()).result is CommandResult.ACCEPTED
        finally:
            beating.cancel()


async def test_a_winch_that_is_not_there_delivers_nothing(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle()
    async with ground_of(px4) as ground:
        settled = await ground.port.winch_deliver()
        assert settled.outcome is WinchOutcome.UNKNOWN
        assert "no WINCH_STATUS came" in settled.detail


async def test_px4_takes_the_traffic_it_is_told_of(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle()
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    async with ground_of(px4) as ground:
        position = Geodetic(PX4_HOME.latitude_deg + 0.002, PX4_HOME.longitude_deg)
        now_s = ground.runner.now_s()
        report = TrafficReport(
            now_s, 0x4CA123, "EIN123", position, 520.0, AltitudeReference.GEOMETRIC, (0.0, -20.0, 0.0), 1, 1200,
            simulated=False,
        )  # fmt: skip
        for _ in range(3):
            ground.link.tell([traffic_message(report, now_s)])
            ground.runner.kick()
            await asyncio.sleep(0.5)
        shown = px4.run_tool("listener", "transponder_report")
        assert f"icao_address: {0x4CA123}" in shown, shown


async def test_px4_in_the_air_warns_of_the_traffic_that_another_drone_hears(
    px4_vehicle: StartVehicle, tmp_path: Path
) -> None:
    px4 = px4_vehicle()
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    async with ground_of(px4) as ground:
        await ground.learn_words(tmp_path)
        other_id = px4.vehicle.system_id + 1
        ground.runner.fleet.add_vehicle(other_id)
        flying = desk_of(ground, px4.vehicle.system_id)
        hearing = desk_of(ground, other_id)
        traffic = TrafficDesk([flying, hearing], MemoryBus(), "site", Header("maker"), relay_within_m=5000.0)
        await ground.port.arm()
        await ground.port.command(TAKE_OFF, (0.0, 0.0, 0.0, float("nan"), float("nan"), float("nan"), 510.0))
        await ground.until(lambda: flying.state.armed and (flying.state.height_home_m or 0.0) > 5.0, "in the air")
        position = flying.state.position
        assert position is not None
        place = Geodetic(position.latitude_deg + 0.002, position.longitude_deg)
        for _ in range(10):  # coming straight at it
            now_s = ground.runner.now_s()
            report = TrafficReport(
                now_s, 0x4CA123, "EIN123", place, 515.0, AltitudeReference.GEOMETRIC, (0.0, -20.0, 0.0), 1, 1200,
                simulated=False,
            )  # fmt: skip
            hearing.port.take(TrafficSighted(now_s, report))
            await traffic.look()
            await asyncio.sleep(0.5)
        shown = px4.run_tool("listener", "transponder_report")
        assert f"icao_address: {0x4CA123}" in shown, shown
        said = [event.text for event in ground.told if isinstance(event, AutopilotEvent)]
        assert any("Traffic alert" in text for text in said), said
        assert flying.state.mode != "AUTO.RTL", "NAV_TRAFF_AVOID 1 warns, and moves nothing"


TAKE_OFF = 22  # MAV_CMD_NAV_TAKEOFF


def desk_of(ground: Ground, system_id: int) -> DroneDesk:
    drone = Drone(VehicleId(f"D-{system_id}"), f"SN{system_id}", system_id, QUAD, PX4_HOME)
    return DroneDesk(drone, VehiclePort(ground.runner, system_id), ground.runner.now_s())
