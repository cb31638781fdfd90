"""What a simulated vehicle offers beside flying, read by the controller's own link: words, reasons, logs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from skystork.app.sayings import Sayings
from skystork.frames import Geodetic, LocalFrame
from skystork.link.contract import CommandResult, LinkEvent, LinkSettings, MissionItem, MissionType
from skystork.link.fleet_link import FleetLink
from skystork.link.service_contract import ArmingReport, EventsMissed
from skystork.shell.bus import Address, DatagramReceiver
from skystork.shell.event_metadata import EventMetadata
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import run_virtual
from skystork.shell.vehicle_port import VehiclePort
from skystork_sim.aircraft import Aircraft, AircraftType
from skystork_sim.autopilot import Autopilot
from skystork_sim.autopilot_side import AutopilotSide
from skystork_sim.battery import PowerFigures
from skystork_sim.dynamics import FlightLimits
from skystork_sim.incidents import VehicleFaults
from skystork_sim.wind import Wind

START_S = 1_800_000_000.0
VEHICLE: Address = ("10.0.0.7", 18570)
GROUND: Address = ("10.0.0.1", 14550)
HOME = Geodetic(54.5, -1.55)
QUAD = AircraftType(
    "quad",
    FlightLimits(False, 5.0, 12.0, 3.0, 1.5, 3.0),
    6.0,
    1.5e6,
    PowerFigures(4, 0.19, 1.4, 16.0, 90.0, 0.08, 20.0),
)
TWO_TAKE_OFFS = tuple(
    MissionItem(22, 3, (0.0, 0.0, 0.0, 0.0), HOME.latitude_deg, HOME.longitude_deg, height_m)
    for height_m in (20.0, 30.0)
)


class SimWire:
    """A simulated vehicle at the other end of an endpoint, in the loop's time."""

    def __init__(self, vehicle: Autopilot, *, loss: float) -> None:
        self.vehicle, self._rng, self._loss = vehicle, Random(5), loss
        self._loop = asyncio.get_running_loop()
        self._receiver: DatagramReceiver | None = None
        self._closed = False
        self._live()

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        self._receiver = receiver

    def send(self, data: bytes, _address: Address) -> None:
        self._later(lambda: self.vehicle.receive_datagram(data, GROUND, self._loop.time()))

    def close(self) -> None:
        self._closed = True

    def _live(self) -> None:
        if self._closed:
            return
        now_s = self._loop.time()
        self.vehicle.handle_timer(now_s)
        for data, _ in self.vehicle.datagrams_to_send(now_s):
            self._later(lambda data=data: self._hand_over(data))  # type: ignore[misc]
        self._loop.call_later(0.02, self._live)

    def _hand_over(self, data: bytes) -> None:
        if self._receiver is not None and not self._closed:
            self._receiver(data, VEHICLE)

    def _later(self, what: Callable[[], Any]) -> None:
        if self._rng.random() >= self._loss:
            self._loop.call_later(0.01, what)


class Stage:
    """A simulated vehicle, our link, and what it says."""

    def __init__(self, *, loss: float, parameters: dict[str, int | float] | None = None) -> None:
        aircraft = Aircraft(
            QUAD,
            system_id=1,
            frame=LocalFrame(HOME),
            pad_enu_m=(0.0, 0.0),
            ground_amsl_m=50.0,
            wind=Wind((0.0, 0.0), 0.0, Random(7), start_s=START_S),
            faults=VehicleFaults((), start_s=START_S),
        )
        self.vehicle = Autopilot(
            aircraft, boot_s=START_S, controller=GROUND, parameters=parameters or {}, rng=Random(3)
        )
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(1, VEHICLE)
        self.runner = LinkRunner(fleet, SimWire(self.vehicle, loss=loss))
        self.port, self.said, self.told = VehiclePort(self.runner, 1), Sayings(), list[LinkEvent]()
        self.port.events += [self.told.append, self.said.take]

    async def learn_words(self) -> None:
        texts = await EventMetadata(None).learn(self.port)
        assert texts is not None
        self.port.take_event_texts(texts)
        assert (await self.port.run_arming_checks()).result is CommandResult.ACCEPTED


def play(what: Callable[[Stage], Any], *, loss: float = 0.0, parameters: dict[str, int | float] | None = None) -> None:
    async def stage() -> None:
        scene = Stage(loss=loss, parameters=parameters)
        try:
            await asyncio.sleep(1)  # heard; it says for 4 s that it is starting
            await what(scene)
        finally:
            scene.runner.close()

    run_virtual(stage(), START_S)


def reports(stage: Stage) -> list[ArmingReport]:
    return [event for event in stage.told if isinstance(event, ArmingReport)]


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_it_teaches_its_words_and_names_what_keeps_it_from_arming(loss: float) -> None:
    async def scene(stage: Stage) -> None:
        await stage.learn_words()
        await asyncio.sleep(3)
        assert "the vehicle is starting" in [text for report in reports(stage) for text in report.reasons()]
        await asyncio.sleep(10)
        assert reports(stage)[-1].may_arm()
        assert not any(isinstance(event, EventsMissed) for event in stage.told)

    play(scene, loss=loss)


def test_a_refused_arming_says_why() -> None:
    async def scene(stage: Stage) -> None:
        await stage.learn_words()
        refused = await stage.port.arm()
        assert refused.result is CommandResult.TEMPORARILY_REJECTED
        assert "(the vehicle is starting)" in stage.said.refusal(refused)

    play(scene)


def test_an_infeasible_mission_says_why() -> None:
    async def scene(stage: Stage) -> None:
        await stage.learn_words()
        await stage.port.upload(MissionType.MISSION, TWO_TAKE_OFFS)
        await asyncio.sleep(2)
        assert stage.said.complaint() == "Mission rejected: more than one take-off"

    play(scene)


def test_its_logs_are_listed_and_read() -> None:
    content = Random(2).randbytes(20_000)

    async def scene(stage: Stage) -> None:
        side = AutopilotSide(stage.vehicle.wire, START_S, lambda _now_s: (), logs=((1_700_000_000, content),))
        stage.vehicle.side = side
        stage.vehicle.services |= side.services()
        (log,) = (await stage.port.list_logs()).logs
        read = await stage.port.read_log(log.log_id, offset=0, count=log.size_bytes)
        assert read.data == content

    play(scene, loss=0.05)
