"""All routes of the service in one table, and the server that answers them while the service runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from skystork.app.http.fleet_routes import FleetRoutes
from skystork.app.http.system_routes import SystemRoutes
from skystork.app.service import Service
from skystork.shell.http_address import Listen
from skystork.shell.web.application import make_application
from skystork.shell.web.roles import SCOPES_OF, Role
from skystork.shell.web.route import Caller, Route
from skystork.shell.web.server import serving

STATIC = Path(__file__).parents[2] / "shell" / "web" / "static"


class LocalGate:
    """Everybody on this machine is the administrator."""

    def admit(self, route: Route, headers: Mapping[str, str], client: str) -> Caller:  # noqa: ARG002  # the gate's shape
        """The one caller."""
        return Caller("local", Role.ADMIN, SCOPES_OF[Role.ADMIN])


@asynccontextmanager
async def http_api(service: Service, listen: Listen) -> AsyncIterator[Listen]:
    """Answer while the block runs; gives the address bound."""
    system = SystemRoutes(service)
    table: tuple[Route, ...] = (*system.rows(), *FleetRoutes(service).rows())
    folders = {"/": STATIC} if STATIC.is_dir() else {}
    application = make_application(table, LocalGate(), folders=folders)
    picture = asyncio.create_task(system.picture.run(), name="live picture")
    try:
        async with serving(application, listen) as bound:
            yield bound
    finally:
        picture.cancel()
        await asyncio.gather(picture, return_exceptions=True)
