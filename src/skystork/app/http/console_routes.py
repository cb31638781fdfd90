"""What the console reads now, and what it orders: rows of the one table of routes, under ``/console``.

Reads answer what the service's desks know; every order goes to the control desk as a command, with the caller's own
name and role.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from skystork.app.console_boards import FleetLine, OrderLine, OrderView, fleet_lines, order_line, order_view
from skystork.app.console_desk import ConsoleDesk
from skystork.app.console_launch import LaunchView, launch_view
from skystork.app.console_lines import FlightLines
from skystork.app.console_scene import Scene
from skystork.app.console_vehicle import VehicleView
from skystork.app.http.frame_stream import FrameStream
from skystork.app.manual_mission import MissionView, judge_mission
from skystork.app.service import Service
from skystork.control.answer import Answer
from skystork.control.commands import Command
from skystork.control.roles import Door, Issuer
from skystork.control.rules import COMMANDS, permitted
from skystork.errors import InvalidInput
from skystork.flight.plan_file import MOST_BYTES
from skystork.orders.order import OrderId
from skystork.shell.web.problem import field_problems, invalid, not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, Streamed, row, rows_of

MOST_ORDERS = 2000
"""On the board; older ones that ended are in the replay."""


class Me(msgspec.Struct, rename="camel"):
    """Who is at the desk."""

    name: str
    role: str
    commands: tuple[str, ...]
    """What the role may order."""
    session: bool
    """Logged in by name and password."""


class NameQuery(msgspec.Struct, rename="camel"):
    """What the file is called."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class FlightsQuery(msgspec.Struct, rename="camel"):
    """Which flights."""

    ids: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    """Flight ids with commas between."""


class IdPath(msgspec.Struct, rename="camel"):
    """``/…/{id}``."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class ConsoleRoutes:
    """The rows and their handlers."""

    tag = "console"

    def __init__(self, service: Service) -> None:
        self._service, self._desk = service, ConsoleDesk(service)
        self._frames = FrameStream(self._desk.frame)

    async def run(self) -> None:
        """Make frames while anybody looks; for the life of the server."""
        await self._frames.run()

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/console/me", Scope.SELF)
    async def console_me(self, call: Call[Nothing, Nothing, Nothing]) -> Me:
        """Who is at the desk, and what the role may order."""
        role = call.caller.role
        kinds = tuple(kind for kind in COMMANDS if role is not None and permitted(role, kind))
        return Me(call.caller.name, role or "", kinds, bool(call.caller.session_id))

    @row("GET", "/console/scene", Scope.FLEET_READ)
    async def console_scene(self, call: Call[Nothing, Nothing, Nothing]) -> Scene:  # as every handler
        """What the map stands on: zones, pads, ground, streets."""
        return self._desk.scene()

    @row("GET", "/console/stream", Scope.FLEET_READ, answer_media=("text/event-stream",))
    async def console_stream(self, call: Call[Nothing, Nothing, Nothing]) -> Streamed:
        """Frames of everything that moves, twice a second."""
        return Streamed(self._frames.listen())

    @row("GET", "/console/vehicles/{id}", Scope.FLEET_READ, refusals=(404,))
    async def console_vehicle(self, call: Call[IdPath, Nothing, Nothing]) -> VehicleView:
        """One vehicle with its plan, its track, and what can be ordered of it."""
        view = self._desk.vehicle(call.path.id)
        if view is None:
            raise not_found(f"drone {call.path.id} in the site")
        return view

    @row("GET", "/console/flights", Scope.FLEET_READ)
    async def console_flights(self, call: Call[Nothing, FlightsQuery, Nothing]) -> tuple[FlightLines, ...]:
        """Plan, corridor and flown track of some of the flights under way."""
        return self._desk.lines(frozenset(call.query.ids.split(",")))

    @row("GET", "/console/launches", Scope.FLEET_READ)
    async def console_launches(self, call: Call[Nothing, Nothing, Nothing]) -> tuple[LaunchView, ...]:
        """Launches that wait for a person."""
        site, book = self._service.site, self._service.journal.book
        return tuple(launch_view(each, book, site.frame) for each in self._service.launches.waiting())

    @row("GET", "/console/fleet", Scope.FLEET_READ)
    async def console_fleet(self, call: Call[Nothing, Nothing, Nothing]) -> tuple[FleetLine, ...]:
        """What each drone is and did."""
        return tuple(fleet_lines(self._service.desks, self._service.journal.book))

    @row("GET", "/console/orders", Scope.ORDERS_ALL)
    async def console_orders(self, call: Call[Nothing, Nothing, Nothing]) -> tuple[OrderLine, ...]:
        """Every order."""
        records = list(self._service.journal.book.orders())
        return tuple(order_line(self._service.as_foreseen(record)) for record in records[-MOST_ORDERS:])

    @row("GET", "/console/orders/{id}", Scope.ORDERS_ALL, refusals=(404,))
    async def console_order(self, call: Call[IdPath, Nothing, Nothing]) -> OrderView:
        """One order with its reasons and its timeline."""
        order_id, book = OrderId(call.path.id), self._service.journal.book
        if order_id not in book:
            raise not_found(f"order {order_id}")
        record = self._service.as_foreseen(book.order(order_id))
        return await asyncio.to_thread(order_view, record, self._service.folder.ledger)

    @row(
        "POST",
        "/console/missions/preview/{id}",
        Scope.COMMANDS_WRITE,
        body_limit=MOST_BYTES,
        body_media="application/octet-stream",
        refusals=(404, 422),
    )
    async def console_mission_preview(self, call: Call[IdPath, NameQuery, bytes]) -> MissionView:
        """Judge a mission by hand leg by leg for a vehicle; nothing is flown by it."""
        desk = next((each for each in self._service.desks if each.drone.vehicle_id == call.path.id), None)
        if desk is None:
            raise not_found(f"drone {call.path.id} in the site")
        now_s, battery = asyncio.get_running_loop().time(), desk.state.battery_fraction or 0.0
        weather = self._service.weather.reading
        site, name = self._service.site, call.query.name
        try:
            return await asyncio.to_thread(
                judge_mission,
                call.body,
                name,
                site=site,
                drone=desk.drone,
                departs_at_s=now_s,
                battery_fraction=battery,
                wind_enu_m_s=weather.wind_enu_m_s if weather else (0.0, 0.0),
            )
        except InvalidInput as error:
            raise invalid(str(error)[:300], *field_problems(error.problems, "file")) from error

    @row("POST", "/console/command", Scope.COMMANDS_WRITE)
    async def console_command(self, call: Call[Nothing, Nothing, Command]) -> Answer:
        """Order something, or with `dryRun` ask what it would do."""
        assert call.caller.role is not None, "the scope is asked for before"
        issuer = Issuer(call.caller.name, call.caller.role, Door.CONSOLE)
        return await self._service.control.execute(call.body, issuer)
