"""Whether the service lives, what site it serves, and the live picture."""

from __future__ import annotations

import asyncio

import msgspec

from skystork import __version__
from skystork.app.bus_header import rfc3339
from skystork.app.http.fleet_views import Place, place
from skystork.app.http.live_source import LiveSource
from skystork.app.http.picture import LivePicture
from skystork.app.service import Service
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, Streamed, row, rows_of


class Health(msgspec.Struct, rename="camel"):
    """That somebody answers."""

    status: str
    version: str
    at: str
    """The service's own time."""


class SiteView(msgspec.Struct, rename="camel"):
    """The place that is served."""

    name: str
    manufacturer: str
    simulated: bool
    depot: Place
    ground_amsl_m: float
    drone_radius_m: float
    drone_weight_limit_kg: float
    zone_set: str
    """Hash of the zones in force."""
    drones: tuple[str, ...]
    vans: tuple[str, ...]


class SystemRoutes:
    """The rows and their handlers."""

    tag = "system"

    def __init__(self, service: Service) -> None:
        self._service = service
        self.picture = LivePicture(LiveSource(service).document)

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/health", Scope.PUBLIC)
    async def get_health(self, call: Call[Nothing, Nothing, Nothing]) -> Health:
        """Whether the service lives."""
        return Health("up", __version__, rfc3339(asyncio.get_running_loop().time()))

    @row("GET", "/v1/site", Scope.FLEET_READ)
    async def get_site(self, call: Call[Nothing, Nothing, Nothing]) -> SiteView:
        """The site that is served."""
        site = self._service.site
        return SiteView(
            name=site.table.name,
            manufacturer=site.table.manufacturer,
            simulated=site.table.simulated,
            depot=place(site.depot),
            ground_amsl_m=site.table.ground_amsl_m,
            drone_radius_m=site.rules.drone_radius_m,
            drone_weight_limit_kg=site.rules.drone_weight_limit_kg,
            zone_set=site.zones.hash,
            drones=tuple(drone.vehicle_id for drone in site.drones),
            vans=tuple(van.vehicle_id for van in site.vans),
        )

    @row("GET", "/v1/stream", Scope.FLEET_READ, answer_media=("text/event-stream",))
    async def stream_picture(self, call: Call[Nothing, Nothing, Nothing]) -> Streamed:
        """The live picture: whole, then what changed as JSON merge patches (RFC 7396) at 2 Hz."""
        return Streamed(self.picture.listen())
