"""All routes of the service in one table, and the server that answers them while the service runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from skystork.app.http.account_routes import AccountRoutes
from skystork.app.http.airspace_routes import AirspaceRoutes
from skystork.app.http.alarm_routes import AlarmRoutes
from skystork.app.http.alert_book import KINDS, AlertBook
from skystork.app.http.command_routes import CommandRoutes
from skystork.app.http.console_routes import ConsoleRoutes
from skystork.app.http.document_routes import DocumentRoutes, openapi_bytes
from skystork.app.http.fleet_routes import FleetRoutes
from skystork.app.http.flight_routes import FlightRoutes
from skystork.app.http.history_routes import HistoryRoutes
from skystork.app.http.kpi_desk import KpiDesk
from skystork.app.http.ledger_reads import LedgerReads
from skystork.app.http.ledger_routes import LedgerRoutes
from skystork.app.http.oidc_routes import OidcRoutes
from skystork.app.http.operations_routes import OperationsRoutes
from skystork.app.http.order_routes import OrderRoutes
from skystork.app.http.quote_routes import QuoteRoutes
from skystork.app.http.session_routes import FirstRun, SessionRoutes
from skystork.app.http.system_routes import SystemRoutes
from skystork.app.http.tracker_routes import TrackerRoutes
from skystork.app.http.zone_routes import ZoneRoutes
from skystork.app.map_tiles import tile_source
from skystork.app.service import Service
from skystork.app.site_http import HttpSettings
from skystork.app.state_folder import StateFolder
from skystork.errors import Unavailable
from skystork.shell.account_store import AccountStore
from skystork.shell.http_address import Listen
from skystork.shell.ledger_rows import LedgerRecord
from skystork.shell.store import LedgerReader
from skystork.shell.web.access import LOOPBACK_NAMES, Access
from skystork.shell.web.application import make_application
from skystork.shell.web.oidc_provider import OidcProvider
from skystork.shell.web.route import Route, Tagged, rows_of
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


CLASSES: tuple[type[Tagged], ...] = (
    SystemRoutes,
    SessionRoutes,
    OidcRoutes,
    AccountRoutes,
    QuoteRoutes,
    OrderRoutes,
    TrackerRoutes,
    FleetRoutes,
    FlightRoutes,
    ZoneRoutes,
    CommandRoutes,
    AlarmRoutes,
    OperationsRoutes,
    LedgerRoutes,
    DocumentRoutes,
)
"""Whose methods make up the contract; those of the console's own pages are not promised to anybody."""


def contract() -> bytes:
    """The OpenAPI document, as it is served and as docs/contract/openapi.json holds it."""
    return openapi_bytes(tuple(route for owner in CLASSES for route in rows_of(owner)))


@asynccontextmanager
async def http_api(service: Service, listen: Listen) -> AsyncIterator[Served]:
    """Answer while the block runs."""
    folder = service.folder
    async with AsyncExitStack() as stack:
        store = stack.enter_context(closing(AccountStore.open(folder.accounts)))
        reads = stack.enter_context(closing(LedgerReads(folder.ledger, service.journal)))
        told = service.site.http
        access = _access(store, listen, told)
        first, alerts = FirstRun(store), AlertBook()
        provider = OidcProvider(told.oidc) if told.oidc else None
        alerts.replay(await reads.ask(_alerts_before))
        service.journal.listen(alerts.listen)
        system, console = SystemRoutes(service), ConsoleRoutes(service)
        table = (
            *system.rows(),
            *SessionRoutes(store, access, first).rows(),
            *OidcRoutes(store, access, provider, told.table.url).rows(),
            *AccountRoutes(store).rows(),
            *routes_of(service, folder, reads, alerts),
            *DocumentRoutes(contract()).rows(),
            *console.rows(),
            *HistoryRoutes(service).rows(),
            *AirspaceRoutes(service).rows(),
        )
        application = make_application(
            table,
            access,
            folders={"/": STATIC, "/vendor": leaflet_folder()},
            limits=told.limits,
            pictures_from=tile_source(service.site.console.tile_url),
        )
        for name, work in (
            ("live picture", system.picture.run()),
            ("console frames", console.run()),
            ("ledger news", reads.run()),
        ):
            stack.push_async_callback(_end, asyncio.create_task(work, name=name))
        bound = await stack.enter_async_context(serving(application, listen))
        yield Served(bound, first.code, table, access)


def routes_of(service: Service, folder: StateFolder, reads: LedgerReads, alerts: AlertBook) -> tuple[Route, ...]:
    """Everything under ``/v1`` that is about the work itself."""
    return (
        *QuoteRoutes(service).rows(),
        *OrderRoutes(service).rows(),
        *TrackerRoutes(service, reads).rows(),
        *FleetRoutes(service).rows(),
        *FlightRoutes(service, folder).rows(),
        *ZoneRoutes(service).rows(),
        *CommandRoutes(service).rows(),
        *AlarmRoutes(service).rows(),
        *OperationsRoutes(service, alerts, KpiDesk(service.site, reads)).rows(),
        *LedgerRoutes(service, folder, reads).rows(),
    )


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _alerts_before(reader: LedgerReader) -> tuple[LedgerRecord, ...]:
    return tuple(reversed(reader.of_kinds(KINDS, 2**62, -1)))


def _access(store: AccountStore, listen: Listen, told: HttpSettings) -> Access:
    """With TLS the certificate says who we are; without, only names of this machine and the site's own do."""
    proxied = urlsplit(told.table.url)
    own = LOOPBACK_NAMES | {listen.host.lower()} | ({proxied.hostname} if proxied.hostname else set())
    hosts = own if listen.certificate is None else frozenset[str]()
    secure = listen.certificate is not None or proxied.scheme == "https"
    return Access(store, hosts=hosts, secure=secure, limits=told.limits)
