"""What the drones hear of other aircraft is published, and an aircraft that comes near is told and taken back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests_support.plans import QUAD
from tests_support.port_world import LossyWire
from tests_support.px4_counterpart import Px4Counterpart

from skystork.app.bus_header import Header
from skystork.app.drone_desk import DroneDesk
from skystork.app.traffic_desk import TrafficDesk
from skystork.fleet.traffic import AltitudeReference, TrafficReport
from skystork.fleet.vehicle import Drone
from skystork.frames import Geodetic, LocalFrame
from skystork.link.contract import LinkSettings, sample_of
from skystork.link.fleet_link import FleetLink
from skystork.link.service_contract import TrafficSighted
from skystork.orders.order import VehicleId
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import run_virtual
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.vehicle_port import VehiclePort

HERE = Geodetic(54.5, -1.55)
START_S = 1_800_000_000.0


def aircraft(east_m: float, at_s: float, *, callsign: str = "EIN123", icao: int = 0x4CA123) -> TrafficReport:
    position = LocalFrame(HERE).to_geodetic(east_m, 0.0)
    return TrafficReport(
        at_s, icao, callsign, position, 150.0, AltitudeReference.PRESSURE, (0.0, 0.0, 0.0), 1, None, simulated=False
    )


class NotingBus(MemoryBus):
    """Remembers the newest message of each topic."""

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[str, bytes] = {}

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self.newest[topic] = payload
        await super().publish(topic, payload, qos=qos, retain=retain)


class Stage:
    """One drone, one bus, and the newest message of each topic."""

    def __init__(self) -> None:
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(1)
        self.runner = LinkRunner(fleet, LossyWire(Px4Counterpart(), loss=0.0))
        self.port = VehiclePort(self.runner, 1)
        drone = Drone(VehicleId("LC-1"), "SN1", 1, QUAD, HERE)
        self.desk = DroneDesk(drone, self.port, START_S)
        self.bus = NotingBus()
        self.traffic = TrafficDesk([self.desk], self.bus, "site", Header("maker"))

    def hear(self, report: TrafficReport) -> None:
        self.port.take(TrafficSighted(report.at_s, report))

    def fly(self, *, armed: bool) -> None:
        now_s = asyncio.get_running_loop().time()
        self.desk.tracker.take(
            sample_of(now_s, position=HERE, altitude_amsl_m=100.0, velocity_enu_m_s=(0.0, 0.0, 0.0), armed=armed)
        )

    async def looked(self) -> dict[str, Any]:
        await self.traffic.look()
        return {topic: json.loads(data) for topic, data in self.bus.newest.items()}


def play(what: Any) -> None:
    async def stage() -> None:
        scene = Stage()
        try:
            await what(scene)
        finally:
            scene.runner.close()

    run_virtual(stage(), START_S)


def test_the_picture_is_published_and_emptied_again() -> None:
    async def scene(stage: Stage) -> None:
        stage.hear(aircraft(9_000.0, START_S))
        (entry,) = (await stage.looked())["site/airspace/traffic"]["aircraft"]
        assert (entry["aircraft"], entry["callsign"]) == ("4CA123", "EIN123")
        assert entry["altitude"] == {"value": 150.0, "reference": "PRESSURE"}
        await asyncio.sleep(31)
        assert (await stage.looked())["site/airspace/traffic"]["aircraft"] == []

    play(scene)


def test_an_aircraft_near_a_drone_in_the_air_is_an_alert_until_it_is_gone() -> None:
    async def scene(stage: Stage) -> None:
        topic = "site/alerts/traffic-LC-1-4CA123"
        stage.fly(armed=True)
        stage.hear(aircraft(400.0, START_S))
        alert = (await stage.looked())[topic]
        assert (alert["active"], alert["rule"], alert["action"]) == (True, "TRAFFIC", "WARN")
        assert alert["detail"] == "EIN123 (4CA123) 400 m away, 50 m above or below, now"
        stage.hear(aircraft(4_000.0, START_S + 1))
        assert (await stage.looked())[topic]["active"] is False

    play(scene)


def test_a_drone_on_the_ground_is_in_nobodys_way() -> None:
    async def scene(stage: Stage) -> None:
        stage.fly(armed=False)
        stage.hear(aircraft(100.0, START_S))
        assert not any("alerts" in topic for topic in await stage.looked())

    play(scene)


def test_a_callsign_cannot_choose_the_topic() -> None:
    async def scene(stage: Stage) -> None:
        stage.fly(armed=True)
        stage.hear(aircraft(100.0, START_S, callsign="A/#/+", icao=0))
        assert "site/alerts/traffic-LC-1-~A____" in await stage.looked()

    play(scene)
