"""Orders whose effect is awaited: the vehicle is heard to do what it was told, or it is told why not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from skystork.link.confirmed_command import (
    ARMED,
    DISARMED,
    EFFECT_PATIENCE_S,
    FLIES_MISSION,
    LANDS,
    REASON_PATIENCE_S,
    RETURNS,
    TERMINAL,
    Confirmation,
    ConfirmedCommand,
    VisibleEffect,
)
from skystork.link.contract import CommandSettled, LinkEvent, StatusText, TelemetrySample
from skystork.shell.vehicle_port import VehiclePort


class ConfirmedOrders:
    """The orders of one vehicle that end only when they are seen to be carried out, refused, or in vain."""

    def __init__(self, port: VehiclePort) -> None:
        self._port = port

    async def arm(self) -> Confirmation:
        """Start the motors, and hear it armed."""
        return await self._confirm(self._port.arm(), ARMED)

    async def disarm(self) -> Confirmation:
        """Stop the motors on the ground, and hear it disarmed."""
        return await self._confirm(self._port.disarm(), DISARMED)

    async def start_mission(self) -> Confirmation:
        """Fly the mission from its first item, and hear it armed and in the mission."""
        return await self._confirm(self._port.start_mission(), FLIES_MISSION)

    async def return_to_launch(self) -> Confirmation:
        """Fly home, and hear it in a mode of its own that leads there."""
        return await self._confirm(self._port.return_to_launch(), RETURNS)

    async def land(self) -> Confirmation:
        """Land here, and hear it land."""
        return await self._confirm(self._port.land(), LANDS)

    async def set_mode(self, name: str) -> Confirmation:
        """Ask for a flight mode by name, and hear it in that mode."""
        return await self._confirm(self._port.set_mode(name), VisibleEffect(modes=frozenset({name})))

    async def _confirm(self, asking: Awaitable[CommandSettled], wanted: VisibleEffect) -> Confirmation:
        order, heard = ConfirmedCommand(wanted), asyncio.Event()

        def listen(event: LinkEvent) -> None:
            if isinstance(event, TelemetrySample):
                order.observe(event)
            elif isinstance(event, StatusText):
                order.hear(event)
            heard.set()

        self._port.events.append(listen)
        try:
            order.settle(await asking)
            async with asyncio.timeout(REASON_PATIENCE_S if order.unexplained else EFFECT_PATIENCE_S):
                while order.state not in TERMINAL or order.unexplained:
                    heard.clear()
                    await heard.wait()
        except TimeoutError:
            order.give_up()
        finally:
            self._port.events.remove(listen)
        return order.confirmation()
