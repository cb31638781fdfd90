"""``/v1/zones``: the zones in force, and files of zones looked at before anybody relies on them."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from skystork.airspace.formats import WRITERS, read_zones
from skystork.airspace.loss import Loss
from skystork.airspace.reading import ReadOptions, ZoneFormat
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.zone import Zone
from skystork.app.http.fleet_views import rounded
from skystork.app.service import Service
from skystork.app.site_airspace import SERVICE_RADIUS_M
from skystork.errors import ConfigError
from skystork.shell.web.problem import FieldProblem, field_problems
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, File, Nothing, Route, row, rows_of

MOST_BYTES = 16 * 1024 * 1024
"""Of an uploaded file: the airspace of a large country is about this."""
_WORD = "|".join(field.name for field in fields(ReadOptions))


class ReadQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """How the file is read."""

    format: ZoneFormat | UnsetType = UNSET
    """Seen by its content where not given."""
    to: Annotated[str, msgspec.Meta(pattern="^(geojson|ed269|ed318|kml|plan)$")] = "geojson"
    """The losses told are those of writing it in this format."""
    allow: Annotated[str, msgspec.Meta(pattern=f"^(({_WORD})(,({_WORD}))*)?$", max_length=200)] = ""
    """Words of docs/zones.md with commas between: what is refused otherwise."""


class ZonePreview(msgspec.Struct, rename="camel", omit_defaults=True):
    """One zone of a file."""

    zone_id: str
    name: str
    kind: str
    restriction: str
    lower: str
    upper: str
    times: str
    rings: tuple[tuple[tuple[float, float], ...], ...]
    """Longitude before latitude (RFC 7946) [deg]."""


class LossView(msgspec.Struct, rename="camel"):
    """One thing that the other format cannot say."""

    zone_id: str
    field: str
    value: str
    done: str


class Preview(msgspec.Struct, rename="camel", omit_defaults=True):
    """What a file holds, what would be lost, or why it cannot be used."""

    zones: tuple[ZonePreview, ...]
    losses: tuple[LossView, ...]
    notices: tuple[str, ...]
    problems: tuple[FieldProblem, ...]
    """Everything wrong with it; empty where a site could use it."""
    format: ZoneFormat | None = None


class ZoneRoutes:
    """The rows and their handlers."""

    tag = "zones"

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/zones", Scope.FLEET_READ, answer_media=("application/geo+json",))
    async def list_zones(self, call: Call[Nothing, Nothing, Nothing]) -> File:
        """The zones in force, those closed by command too, as GeoJSON with the properties of docs/zones.md."""
        zones = self._service.site.zones.zones
        written = await asyncio.to_thread(WRITERS[ZoneFormat.GEOJSON], zones)
        return File(written.text.encode(), "application/geo+json")

    @row(
        "POST", "/v1/zones/preview", Scope.ZONES_WRITE, body_limit=MOST_BYTES,
        body_media="application/octet-stream",
    )  # fmt: skip
    async def preview_zones(self, call: Call[Nothing, ReadQuery, bytes]) -> Preview:
        """Read a file of zones as the site would, and tell what it holds and what another format would lose."""
        return await asyncio.to_thread(self._preview, call.query, call.body)

    def _preview(self, query: ReadQuery, content: bytes) -> Preview:
        words = [word for word in query.allow.split(",") if word]
        site = self._service.site
        rules = AirspaceRules(site.kinds, site.airspace.zone_rules)
        try:
            found = read_zones(
                content,
                where="upload",
                rules=rules,
                service_area=(site.depot, SERVICE_RADIUS_M),
                options=ReadOptions(**dict.fromkeys(words, True)),
                zone_format=None if isinstance(query.format, UnsetType) else query.format,
            )
        except ConfigError as error:
            return Preview((), (), (), field_problems(error.problems, "file"))
        made = WRITERS[ZoneFormat(query.to)](found.zones)
        return Preview(
            tuple(map(_zone, found.zones)),
            tuple(map(_loss, made.losses)),
            tuple(str(notice) for notice in found.notices),
            (),
            found.format,
        )


def _zone(zone: Zone) -> ZonePreview:
    return ZonePreview(
        zone.zone_id,
        zone.name,
        zone.kind,
        zone.restriction.value,
        zone.lower.published,
        zone.upper.published,
        "always" if zone.active is None else f"{len(zone.active)} periods",
        tuple(
            tuple((rounded(east, 7) or 0.0, rounded(north, 7) or 0.0) for east, north in ring) for ring in zone.rings
        ),
    )


def _loss(loss: Loss) -> LossView:
    return LossView(loss.zone_id, loss.field, loss.value, loss.done)
