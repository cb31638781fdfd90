"""The gate's reading of an ArduPilot Copter over the wire: its parameters, cast and without a hash, and its lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.ardupilot_counterpart import ArduPilotCounterpart
from tests_support.parameter_counterpart import ParameterCounterpart
from tests_support.plans import DEPOT, straight_plan
from tests_support.port_world import START_S, VEHICLE, LossyWire
from tests_support.px4_counterpart import Px4Counterpart

from skystork.app.drone_desk import DroneDesk
from skystork.app.launch_gate import check_on_vehicle, read_back_lists
from skystork.app.site import load_site
from skystork.clearance.checks import Check, failures
from skystork.clearance.parameter_rules import RuleFacts
from skystork.clearance.preflight import OnBoard
from skystork.fleet.vehicle import Drone
from skystork.flight.mission import compile_mission
from skystork.frames import LocalFrame
from skystork.link.ardupilot import AUTOPILOTS
from skystork.link.contract import LinkSettings, MissionType, TransferOutcome
from skystork.link.fleet_link import FleetLink
from skystork.orders.order import VehicleId
from skystork.shell.link_runner import LinkRunner
from skystork.shell.loops import run_virtual
from skystork.shell.vehicle_port import VehiclePort

PROJECT = Path(__file__).resolve().parents[2]
SITE = load_site(PROJECT / "sim" / "scenarios" / "darlington")
PROFILE = next(drone.profile for drone in SITE.drones if drone.profile.name == "multirotor")
PLAN = straight_plan(LocalFrame(DEPOT), distance_m=1500.0)
FACTS = RuleFacts(PROFILE, 1, 255, outbound_height_m=80.0, inbound_height_m=105.0, max_height_m=120.0)


def copter(**wrong: float) -> ParameterCounterpart:
    """A Copter with the fleet's file on board, but for these."""
    lines = (PROJECT / "firmware_configs" / "ardupilot_delivery_quad.param").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    values: dict[str, int | float] = {name: float(value) for name, value in rows}
    return ParameterCounterpart(values | {"MAV_SYSID": 1.0} | wrong, casts=True)


def with_desk(
    counterpart: Px4Counterpart,
    what: Callable[[DroneDesk], Awaitable[None]],
    *,
    autopilot: str = "arducopter",
    loss: float = 0.0,
) -> None:
    async def stage() -> None:
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(1, VEHICLE, autopilot=AUTOPILOTS[autopilot])
        runner = LinkRunner(fleet, LossyWire(counterpart, loss=loss))
        try:
            drone = Drone(VehicleId("MR-1"), "SN1", 1, PROFILE, DEPOT, autopilot=autopilot)
            desk = DroneDesk(drone, VehiclePort(runner, 1), START_S)
            await asyncio.sleep(3)
            await what(desk)
        finally:
            runner.close()

    run_virtual(stage(), START_S)


def failed(counterpart: ParameterCounterpart, **how: object) -> list[str]:
    """What the gate holds against its parameters."""
    found: list[Check] = []

    async def look(desk: DroneDesk) -> None:
        found.extend(failures(await check_on_vehicle(desk, FACTS, PLAN)))

    with_desk(counterpart, look, **how)  # type: ignore[arg-type]
    return [each.text for each in found]


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_a_copter_with_the_fleets_file_passes(loss: float) -> None:
    assert failed(copter(), loss=loss) == []


@pytest.mark.parametrize(
    ("name", "value", "required"),
    [
        ("FENCE_ACTION", 0.0, "3"),
        ("WP_SPD", 12.0, "15"),
        ("FS_GCS_TIMEOUT", 60.0, "5 to 30"),
        ("FS_OPTIONS", 0.0, "2 or 10"),
    ],
)
def test_a_wrong_value_is_told_with_the_one_required(name: str, value: float, required: str) -> None:
    (text,) = failed(copter(**{name: value}))
    assert text.startswith(f"{name} is {value:g}, required {required}; set it: ")


def test_a_parameter_that_the_firmware_does_not_know_is_a_failure() -> None:
    older = copter()
    del older.values["WP_SPD"]  # before 4.7: WPNAV_SPEED
    (text,) = failed(older)
    assert text.startswith("WP_SPD is nothing, required 15; not read from the vehicle")


def test_what_is_changed_after_the_first_look_is_seen_at_the_second() -> None:
    vehicle, seen = copter(), []

    async def look(desk: DroneDesk) -> None:
        seen.append(failures(await check_on_vehicle(desk, FACTS, PLAN)))
        vehicle.values["FENCE_ENABLE"] = 0.0
        seen.append(failures(await check_on_vehicle(desk, FACTS, PLAN)))

    with_desk(vehicle, look)
    assert [len(each) for each in seen] == [0, 1]


def test_a_rover_has_no_rules_and_is_not_let_go() -> None:
    rover = replace(FACTS, simulated=True)

    async def look(desk: DroneDesk) -> None:
        (check,) = failures(await check_on_vehicle(desk, rover, PLAN))
        assert "those of ardurover" in check.text and "its failsafes are not known" in check.text

    with_desk(copter(), look, autopilot="ardurover")


def test_lists_without_an_id_are_read_back_and_one_that_somebody_changed_is_named() -> None:
    vehicle, mission = ArduPilotCounterpart(), compile_mission(PLAN, LocalFrame(DEPOT))
    lists = (
        (MissionType.MISSION, mission.items),
        (MissionType.FENCE, mission.fence),
        (MissionType.RALLY, mission.rally),
    )

    async def look(desk: DroneDesk) -> None:
        for kind, items in lists:
            assert (await desk.port.upload(kind, items)).outcome is TransferOutcome.VERIFIED
        nothing_told = OnBoard(mission_id=None, fence_id=None, rally_id=None)
        checks = await read_back_lists(desk, mission, nothing_told)
        assert [each.name for each in checks] == ["mission list", "fence list", "rally list"]
        assert not failures(checks)
        vehicle.plans[1][0].x += 10_000  # a hundred metres: somebody moved a corner of the fence
        (found,) = failures(await read_back_lists(desk, mission, nothing_told))
        assert found.text.startswith("fence list is different: ") and "somebody changed it" in found.text

    with_desk(vehicle, look)
