"""Files of zones over HTTP: looked at, with what they would close and what a format would lose."""

from __future__ import annotations

from skystork.app.http.console_routes import NameQuery
from skystork.app.service import Service
from skystork.app.zone_preview import ZonePreview, preview_zones
from skystork.errors import ConfigError
from skystork.shell.web.problem import field_problems, invalid
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, row, rows_of

LARGEST_FILE_BYTES = 16 * 1024 * 1024
"""A country's zones in GeoJSON are some MB."""


class AirspaceRoutes:
    """The rows and their handlers."""

    tag = "console"

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row(
        "POST",
        "/console/zones/preview",
        Scope.ZONES_WRITE,
        body_limit=LARGEST_FILE_BYTES,
        body_media="application/octet-stream",
        refusals=(422,),
    )
    async def console_zones_preview(self, call: Call[Nothing, NameQuery, bytes]) -> ZonePreview:
        """Look at a file of zones; nothing of the site is changed by it."""
        try:
            return preview_zones(call.body, call.query.name, self._service.site, self._service.desks)
        except ConfigError as error:
            raise invalid(str(error)[:300], *field_problems(error.problems, "file")) from error
