"""Arm authorisation on a real PX4: without a clearance of this moment the autopilot itself refuses, whoever asks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pymavlink.dialects.v20 import common
from tests_support.udp_vehicle import free_port

from skystork.app.vehicle_session import VehicleSession, vehicle_session
from skystork.link.autopilot import PX4
from skystork.link.confirmed_command import OrderState
from skystork.link.contract import LinkEvent
from skystork.link.service_contract import ArmingAsked
from skystork.shell.confirmed_orders import ConfirmedOrders
from skystork.shell.connection_url import UdpOut
from skystork_sim.px4.fixtures import StartVehicle
from skystork_sim.px4.running import RunningPx4

pytestmark = pytest.mark.sitl

ASKING = {"COM_ARM_AUTH_REQ": 1, "COM_ARM_AUTH_ID": 255, "COM_RC_IN_MODE": 4}
PATIENCE_S = 60.0
ARM, FORCE = 400, 21196


class OtherStation:
    """A ground station of somebody else's, on PX4's link for onboard computers."""

    def __init__(self, px4: RunningPx4) -> None:
        self._px4 = px4
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._codec = common.MAVLink(None, srcSystem=254, srcComponent=190)

    def arm(self, *, force: bool = False) -> None:
        system_id, magic = self._px4.vehicle.system_id, FORCE if force else 0
        message = common.MAVLink_command_long_message(system_id, 1, ARM, 0, 1, magic, 0, 0, 0, 0, 0)
        self._socket.sendto(message.pack(self._codec), ("127.0.0.1", self._px4.vehicle.ports.onboard))

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def session_with(px4: RunningPx4) -> AsyncIterator[VehicleSession]:
    place = UdpOut("127.0.0.1", px4.vehicle.ports.ground, free_port())
    async with vehicle_session(place, px4.vehicle.system_id, PX4, patience_s=PATIENCE_S) as session:
        yield session


def is_armed(px4: RunningPx4) -> bool:
    """By PX4's own shell."""
    return "Disarmed" not in px4.run_tool("commander", "status")


async def test_px4_arms_only_with_a_clearance_and_once_for_each(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle(parameters=ASKING)
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    other = OtherStation(px4)
    async with session_with(px4) as session:
        asked: list[bool] = []

        def listen(event: LinkEvent) -> None:
            if isinstance(event, ArmingAsked):
                asked.append(event.allowed)

        session.port.events.append(listen)
        orders = ConfirmedOrders(session.port)
        refused = await orders.arm()
        assert refused.outcome is OrderState.REFUSED
        assert "Arm auth: Denied" in refused.detail
        for force in (False, True):
            await asyncio.sleep(3.0)
            other.arm(force=force)
            await asyncio.sleep(3.0)
            assert not is_armed(px4)
        assert asked == [False, False, False]
        for _ in range(3):
            session.port.grant_arming(5.0)
            cleared = await orders.arm()
            assert cleared.confirmed, cleared.detail
            assert is_armed(px4)
            assert (await orders.disarm()).confirmed
        other.arm()  # the clearance was for the arming that asked
        await asyncio.sleep(3.0)
        assert not is_armed(px4)
    other.close()


async def test_without_a_controller_px4_does_not_arm_at_all(px4_vehicle: StartVehicle) -> None:
    px4 = px4_vehicle(parameters=ASKING)
    px4.wait_for("Ready for takeoff!", PATIENCE_S)
    other = OtherStation(px4)
    other.arm()
    px4.wait_for("Arm auth: No response", PATIENCE_S)
    assert not is_armed(px4)
    other.close()
