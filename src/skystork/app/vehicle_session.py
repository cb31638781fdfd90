"""One vehicle on one connection, for maintenance: connected for as long as a command takes, then let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from skystork.errors import Unavailable
from skystork.link.autopilot import Autopilot
from skystork.link.contract import Heard, LinkEvent, LinkSettings, TelemetrySample, WrongPeer
from skystork.link.fleet_link import FleetLink, UnknownVehicle
from skystork.shell.bus import WireEndpoint
from skystork.shell.connection_url import Connection
from skystork.shell.endpoints import open_endpoint
from skystork.shell.link_runner import LinkRunner
from skystork.shell.vehicle_port import VehiclePort

PATIENCE_S = 10.0
"""How long a vehicle may take to be heard: it beats at 1 Hz, and a TCP connection is tried again after seconds."""


class VehicleSession:
    """A vehicle that is heard.

    Parameters
    ----------
    port
        Asks it.
    """

    def __init__(self, port: VehiclePort) -> None:
        self.port = port
        self.armed: bool | None = None
        """None until its heartbeat said so."""
        self._known = asyncio.Event()
        self._heard = False
        self._complaints: list[str] = []
        self._strangers: set[int] = set()
        port.events.append(self._take)

    async def wait_heard(self, patience_s: float, where: str) -> None:
        """Wait until the vehicle is heard and has said whether it is armed.

        Raises
        ------
        Unavailable
            It was not heard; says who was instead.
        """
        try:
            async with asyncio.timeout(patience_s):
                await self._known.wait()
        except TimeoutError:
            raise Unavailable(self._not_heard(patience_s, where)) from None

    def note_stranger(self, stranger: UnknownVehicle) -> None:
        """Somebody speaks under another system id."""
        self._strangers.add(stranger.system_id)

    def _take(self, event: LinkEvent) -> None:
        if isinstance(event, WrongPeer):
            self._complaints.append(event.what)
        elif isinstance(event, Heard):
            self._heard = True
        elif isinstance(event, TelemetrySample) and event.armed is not None:
            self.armed = event.armed
            if self._heard:
                self._known.set()

    def _not_heard(self, patience_s: float, where: str) -> str:
        who = f"system {self.port.system_id} was not heard on {where} within {patience_s:g} s"
        if self._complaints:
            return f"{who}: {'; '.join(self._complaints)}"
        if self._strangers:
            others = ", ".join(map(str, sorted(self._strangers)))
            return f"{who}, but system {others} was: give its number with --system-id"
        return f"{who}: check the connection, and that the vehicle is switched on and sends there"


@asynccontextmanager
async def vehicle_session(
    connection: Connection, system_id: int, autopilot: Autopilot, *, patience_s: float = PATIENCE_S
) -> AsyncIterator[VehicleSession]:
    """Connect to a vehicle; it has been heard when this is entered.

    Raises
    ------
    Unavailable
        The connection cannot be opened, or the vehicle is not heard.
    LinkUsageError
        The system id cannot be a vehicle's.
    """
    endpoint = await open_endpoint(connection)
    try:
        fleet = FleetLink(LinkSettings(), peer=endpoint.peer if isinstance(endpoint, WireEndpoint) else None)
        fleet.add_vehicle(system_id, autopilot=autopilot)
        runner = LinkRunner(fleet, endpoint)
    except BaseException:
        endpoint.close()
        raise
    try:
        session = VehicleSession(VehiclePort(runner, system_id))
        runner.subscribe_strangers(session.note_stranger)
        await session.wait_heard(patience_s, str(connection))
        yield session
    finally:
        runner.close()
