"""All routes of the service in one table, and the server that answers them while the service runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from skystork.app.http.account_routes import AccountRoutes
from skystork.app.http.airspace_routes import AirspaceRoutes
from skystork.app.http.command_routes import CommandRoutes
from skystork.app.http.console_routes import ConsoleRoutes
from skystork.app.http.fleet_routes import FleetRoutes
from skystork.app.http.history_routes import HistoryRoutes
from skystork.app.http.order_routes import OrderRoutes
from skystork.app.http.session_routes import FirstRun, SessionRoutes
from skystork.app.http.system_routes import SystemRoutes
from skystork.app.service import Service
from skystork.errors import Unavailable
from skystork.shell.account_store import AccountStore
from skystork.shell.http_address import Listen
from skystork.shell.web.access import LOOPBACK_NAMES, Access
from skystork.shell.web.application import make_application
from skystork.shell.web.route import Route
from skystork.shell.web.server import serving

STATIC = Path(__file__).parents[2] / "shell" / "web" / "static"


def leaflet_folder() -> Path:
    """The map library's files, as their package brings them; raises Unavailable where it is not installed."""
    found = find_spec("js_lib_leaflet")
    if found is None or found.origin is None:
        raise Unavailable("the console's map library is missing: install the package django-js-lib-leaflet")
    return Path(found.origin).parent / "static" / "js_lib_leaflet"


@dataclass(frozen=True, slots=True)
class Served:
    """What is served, and where."""

    listen: Listen
    setup_code: str
    """For the first owner; empty where there are accounts."""
    routes: tuple[Route, ...]
    access: Access

    @property
    def url(self) -> str:
        """To be typed into a browser."""
        return self.listen.url


@asynccontextmanager
async def http_api(service: Service, listen: Listen, accounts: Path) -> AsyncIterator[Served]:
    """Answer while the block runs."""
    store = AccountStore.open(accounts)
    access = Access(store, hosts=_names(listen), secure=listen.certificate is not None)
    first, system, console = FirstRun(store), SystemRoutes(service), ConsoleRoutes(service)
    table = (
        *system.rows(),
        *SessionRoutes(store, access, first).rows(),
        *AccountRoutes(store).rows(),
        *FleetRoutes(service).rows(),
        *OrderRoutes(service).rows(),
        *CommandRoutes(service).rows(),
        *console.rows(),
        *HistoryRoutes(service).rows(),
        *AirspaceRoutes(service).rows(),
    )
    application = make_application(table, access, folders={"/": STATIC, "/vendor": leaflet_folder()})
    picture = asyncio.create_task(system.picture.run(), name="live picture")
    frames = asyncio.create_task(console.run(), name="console frames")
    try:
        async with serving(application, listen) as bound:
            yield Served(bound, first.code, table, access)
    finally:
        for task in (picture, frames):
            task.cancel()
        await asyncio.gather(picture, frames, return_exceptions=True)
        store.close()


def _names(listen: Listen) -> frozenset[str]:
    """With TLS the certificate says who we are."""
    return LOOPBACK_NAMES | {listen.host.lower()} if listen.certificate is None else frozenset()
