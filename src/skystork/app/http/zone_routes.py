"""``/v1/zones``: the zones in force, and files of zones looked at before anybody relies on them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import fields
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from skystork.airspace.formats import WRITERS, read_zones
from skystork.airspace.loss import Loss
from skystork.airspace.reading import ReadOptions, ZoneFile, ZoneFormat
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.zone import Zone
from skystork.app.http.fields import DryQuery
from skystork.app.http.fleet_views import rounded
from skystork.app.service import Service
from skystork.app.site_airspace import SERVICE_RADIUS_M
from skystork.errors import ConfigError
from skystork.orders.control_events import ZonesRemoved, ZonesUploaded
from skystork.shell.web.problem import FieldProblem, HttpRefusal, conflict, field_problems, not_found
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


class BringQuery(ReadQuery, rename="camel", forbid_unknown_fields=True):
    """How the file is read, and whether in earnest."""

    dry_run: bool = False
    """Only say whether it could count; nothing is changed."""


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


class ZoneSetPath(msgspec.Struct, rename="camel"):
    """``/v1/zone-sets/{name}``."""

    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class ZoneSetView(msgspec.Struct, rename="camel"):
    """An uploaded file of zones."""

    name: str
    format: str
    by: str
    zones: tuple[str, ...]


class ZoneSets(msgspec.Struct, rename="camel"):
    """All that count."""

    items: tuple[ZoneSetView, ...]


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

    @row("GET", "/v1/zone-sets", Scope.FLEET_READ)
    async def list_zone_sets(self, call: Call[Nothing, Nothing, Nothing]) -> ZoneSets:
        """Files of zones that were uploaded and count, besides those of the site file."""
        brought = self._service.journal.book.control.uploaded.values()
        return ZoneSets(tuple(_set(each) for each in brought))

    @row(
        "PUT", "/v1/zone-sets/{name}", Scope.ZONES_WRITE, status=201, refusals=(409,), body_limit=MOST_BYTES,
        body_media="application/octet-stream",
    )  # fmt: skip
    async def upload_zones(self, call: Call[ZoneSetPath, BringQuery, bytes]) -> Preview:
        """Have a file of zones count from now on.

        New plans go round them and flights in the air that they touch hold, return or land. A file with anything wrong
        is refused whole. Look at it with `POST /v1/zones/preview` before.
        """
        query, content = call.query, call.body
        found = await asyncio.to_thread(self._read, query, content)
        if not isinstance(found, ZoneFile):
            raise HttpRefusal(409, "zones-not-usable", "the file cannot be used; nothing of it was", errors=found)
        features = json.dumps(json.loads(WRITERS[ZoneFormat.GEOJSON](found.zones).text)["features"])
        event = ZonesUploaded(call.path.name, features, found.format.value, call.caller.name)
        why = await self._service.zones.bring_in(event, dry_run=query.dry_run)
        if why:
            raise conflict(why)
        return _told(found, query.to)

    @row("DELETE", "/v1/zone-sets/{name}", Scope.ZONES_WRITE, status=204, refusals=(409,))
    async def remove_zones(self, call: Call[ZoneSetPath, DryQuery, Nothing]) -> None:
        """Have an uploaded file of zones count no more; only somebody else than who brought it may."""
        if call.path.name not in self._service.journal.book.control.uploaded:
            raise not_found(f"zones {call.path.name} that were uploaded")
        removed = ZonesRemoved(call.path.name, call.caller.name)
        why = await self._service.zones.remove(removed, dry_run=call.query.dry_run)
        if why:
            raise conflict(why)

    def _preview(self, query: ReadQuery, content: bytes) -> Preview:
        found = self._read(query, content)
        return _told(found, query.to) if isinstance(found, ZoneFile) else Preview((), (), (), found)

    def _read(self, query: ReadQuery, content: bytes) -> ZoneFile | tuple[FieldProblem, ...]:
        words = [word for word in query.allow.split(",") if word]
        site = self._service.site
        rules = AirspaceRules(site.kinds, site.airspace.zone_rules)
        try:
            return read_zones(
                content,
                where="upload",
                rules=rules,
                service_area=(site.depot, SERVICE_RADIUS_M),
                options=ReadOptions(**dict.fromkeys(words, True)),
                zone_format=None if isinstance(query.format, UnsetType) else query.format,
            )
        except ConfigError as error:
            return field_problems(error.problems, "file")


def _told(found: ZoneFile, to: str) -> Preview:
    made = WRITERS[ZoneFormat(to)](found.zones)
    notices = tuple(str(notice) for notice in found.notices)
    return Preview(tuple(map(_zone, found.zones)), tuple(map(_loss, made.losses)), notices, (), found.format)


def _set(brought: ZonesUploaded) -> ZoneSetView:
    zones = tuple(str(each["properties"]["id"]) for each in json.loads(brought.features))
    return ZoneSetView(brought.zone_set, brought.format, brought.issuer, zones)


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
