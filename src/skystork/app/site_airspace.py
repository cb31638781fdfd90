"""``[airspace]`` of a site file: zone files in any format, circles, ceilings, obstacles, terrain; all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from skystork.airspace.altitudes import read_altitude
from skystork.airspace.building_file import read_obstacles
from skystork.airspace.formats import circle_zone, detect_format, read_zones
from skystork.airspace.notices import Notice
from skystork.airspace.obstacles import VERTICAL_MARGIN_M, ObstacleSet
from skystork.airspace.reading import ReadOptions, ZoneFile, ZoneFormat
from skystork.airspace.rules import AirspaceRules, KindRule
from skystork.airspace.terrain import Terrain
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import AltitudeLimit, Zone
from skystork.app.site_tables import (
    CircleTable,
    ObstacleFileTable,
    SiteTable,
    TerrainTable,
    ZoneDateTable,
    ZoneFileTable,
    moment_of,
)
from skystork.app.tables import read_table
from skystork.errors import ConfigError, Problem
from skystork.frames import LocalFrame
from skystork.shell.terrain_files import read_terrain
from skystork.shell.zone_files import FileMark, mark_of, read_zone_file

WHERE = "site.toml airspace"
SERVICE_RADIUS_M = 50_000.0
"""Zones this far and more beyond belong to no flight of the site (see :data:`skystork.airspace.reading.FAR_M`)."""
COMMANDED = "zones closed by command"
"""Source of such zones, as messages and the independent check name it."""
_KEYS = (
    "file", "files", "kinds", "zones", "circles", "max_height_m", "published", "max_age_s", "geoid_undulation_m",
    "terrain", "obstacles",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ZoneSource:
    """A zone file as it was read: what the independent check reads again."""

    name: str
    format: ZoneFormat
    text: str
    options: frozenset[str]
    """What was allowed in it: names of :class:`skystork.airspace.reading.ReadOptions`."""


@dataclass(frozen=True, slots=True)
class ObstacleSource:
    """A file of buildings as it was read."""

    name: str
    text: str
    default_height_m: float | None
    margin_m: float


@dataclass(frozen=True, slots=True)
class SiteAirspace:
    """Everything of ``[airspace]``."""

    zones: ZoneSet
    obstacles: ObstacleSet
    terrain: Terrain | None
    sources: tuple[ZoneSource, ...]
    kinds: Mapping[str, KindRule]
    zone_rules: Mapping[str, KindRule]
    circles: tuple[CircleTable, ...]
    max_height_m: float
    date: ZoneDateTable
    dates_s: tuple[float | None, ...]
    """From when each file is [s since the Unix epoch]; None where nobody says."""
    notices: tuple[Notice, ...]
    obstacle_source: ObstacleSource | None
    """The file of buildings as it was read, for the independent check."""
    marks: tuple[tuple[Path, FileMark | None], ...]
    """The files it was read from, and which content of each."""
    commanded: str = ""
    """Zones closed by command, as GeoJSON; they stand in ``zones`` and ``sources`` too."""

    @property
    def hash(self) -> str:
        """Of everything that closes a flight: zones and obstacles, each with the ground under it."""
        return f"{self.zones.hash}{self.obstacles.hash}"

    @property
    def planned_by(self) -> tuple[str, str]:
        """Hashes of zones and obstacles as a plan that was made by them has them."""
        return self.zones.hash, self.obstacles.hash if self.obstacles.closed else ""

    def zones_from_s(self, now_s: float) -> float | None:
        """From when the zone data are, for the question how old they are [s since the Unix epoch].

        The oldest file counts; a file of the future goes before it, since it is not of now either. None where a file
        does not say.
        """
        known = [at_s for at_s in self.dates_s if at_s is not None]
        if len(known) < len(self.dates_s):
            return None
        return max(known) if max(known) > now_s else min(known)


@dataclass(frozen=True, slots=True)
class _Limits:
    max_height_m: float = 120.0
    geoid_undulation_m: float | None = None


def with_commanded(airspace: SiteAirspace, commanded: str, site: SiteTable) -> SiteAirspace:
    """The same airspace with these zones closed by command, and no others; raises ConfigError where they cannot be."""
    zones = tuple(zone for zone in airspace.zones.zones if zone.source != COMMANDED)
    sources = tuple(source for source in airspace.sources if source.name != COMMANDED)
    if commanded:
        source, file = _read_commanded(commanded, site)
        zones, sources = (*zones, *file.zones), (*sources, source)
        _refuse_twins(zones)
    before = airspace.zones
    zone_set = ZoneSet(
        zones,
        before.frame,
        before.ground_amsl_m,
        geoid_undulation_m=before.geoid_undulation_m,
        terrain=before.terrain,
    )
    return replace(airspace, zones=zone_set, sources=sources, commanded=commanded)


def _read_commanded(commanded: str, site: SiteTable) -> tuple[ZoneSource, ZoneFile]:
    area = (site.depot, SERVICE_RADIUS_M)
    file = read_zones(
        commanded, where=COMMANDED, rules=AirspaceRules({}, {}), service_area=area, zone_format=ZoneFormat.GEOJSON
    )
    return ZoneSource(COMMANDED, ZoneFormat.GEOJSON, commanded, frozenset()), file


def read_airspace(folder: Path, table: object, site: SiteTable, frame: LocalFrame, commanded: str = "") -> SiteAirspace:
    """Read it whole; raises ConfigError with what is wrong, and then nothing of it is used.

    Parameters
    ----------
    commanded
        Zones closed by command, as GeoJSON; empty where there are none.
    """
    if not isinstance(table, dict) or "file" not in table:
        raise _refuse(f"{WHERE}.file", "missing", "nothing", "a zone file", "Name the zone file.")
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        raise _refuse(f"{WHERE}.{unknown[0]}", "unknown key", unknown[0], ", ".join(_KEYS), "Remove it.")
    kinds, own = _rules(table, "kinds"), _rules(table, "zones")
    rules, date = AirspaceRules(kinds, own), _date(table)
    rows = [{"file": table["file"]}, *table.get("files", [])]
    given = [read_table(row, ZoneFileTable, f"{WHERE}.files[{at - 1}]") for at, row in enumerate(rows)]
    marks = [(path, mark_of(path)) for path in (folder / "site.toml", *(folder / row.file for row in given))]
    read = [_read_file(folder, row, rules, site) for row in given]
    circles = tuple(
        read_table(row, CircleTable, f"{WHERE}.circles[{index}]") for index, row in enumerate(table.get("circles", []))
    )
    zones = (*(zone for _, file in read for zone in file.zones), *(_circle(row, rules) for row in circles))
    _refuse_twins(zones)
    limits = read_table(
        {key: table[key] for key in ("max_height_m", "geoid_undulation_m") if key in table}, _Limits, WHERE
    )
    terrain = _terrain(folder, table, marks)
    zone_set = ZoneSet(zones, frame, site.ground_amsl_m, geoid_undulation_m=limits.geoid_undulation_m, terrain=terrain)
    obstacles, noticed, obstacle_source = _obstacles(folder, table, site, terrain, marks)
    notices = (
        *(notice for _, file in read for notice in file.notices),
        *zone_set.notices,
        *noticed,
        *obstacles.notices,
    )
    dates = tuple(_date_s(row, file, date) for row, (_, file) in zip(given, read, strict=True))
    sources = tuple(source for source, _ in read)
    read_whole = SiteAirspace(
        zone_set, obstacles, terrain, sources, kinds, own, circles, limits.max_height_m, date, dates, notices,
        obstacle_source, tuple(marks),
    )  # fmt: skip
    return with_commanded(read_whole, commanded, site) if commanded else read_whole


def airspace_files(table: object) -> tuple[str, ...]:
    """Names of the files that ``[airspace]`` is read from, in the order of ``marks``; none where it is no table."""
    if not isinstance(table, dict):
        return ()
    rows = [{"file": table.get("file")}, *_rows(table.get("files", [])), table.get("terrain"), table.get("obstacles")]
    return tuple(row["file"] for row in rows if isinstance(row, dict) and isinstance(row.get("file"), str))


def _rows(given: object) -> list[object]:
    return given if isinstance(given, list) else []


def options_of(row: ZoneFileTable) -> ReadOptions:
    """What the row allows."""
    return ReadOptions(**{field.name: getattr(row, field.name) for field in fields(ReadOptions)})


def _rules(table: Mapping[str, Any], key: str) -> dict[str, KindRule]:
    rows = table.get(key, {})
    return {name: read_table(row, KindRule, f"{WHERE}.{key}.{name}") for name, row in rows.items()}


def _read_file(folder: Path, row: ZoneFileTable, rules: AirspaceRules, site: SiteTable) -> tuple[ZoneSource, ZoneFile]:
    content = read_zone_file(folder / row.file)
    if row.format and row.format not in set(ZoneFormat):
        raise _refuse(f"{WHERE}.files {row.file}", "unknown format", row.format, ", ".join(ZoneFormat), "Correct it.")
    zone_format = ZoneFormat(row.format) if row.format else detect_format(content, row.file)
    area = (site.depot, SERVICE_RADIUS_M)
    file = read_zones(
        content, where=row.file, rules=rules, service_area=area, options=options_of(row), zone_format=zone_format
    )
    allowed = frozenset(field.name for field in fields(ReadOptions) if getattr(row, field.name))
    return ZoneSource(row.file, zone_format, content.decode("utf-8-sig"), allowed), file


def _date(table: Mapping[str, Any]) -> ZoneDateTable:
    date = read_table({key: table[key] for key in ("published", "max_age_s") if key in table}, ZoneDateTable, WHERE)
    if date.published and date.published_s is None:
        raise _no_moment(f"{WHERE}.published", date.published)
    return date


def _date_s(row: ZoneFileTable, file: ZoneFile, date: ZoneDateTable) -> float | None:
    """Of one file: what the site says of it, else what it says itself, else what the site says of all.

    A validity that is over makes it as old as is allowed at that moment; one not begun makes it one of the future.
    """
    moment = moment_of(row.published) if row.published else None
    if row.published and moment is None:
        raise _no_moment(f"{WHERE}.files {row.file} published", row.published)
    at_s = moment.timestamp() if moment else file.issued_s if file.issued_s is not None else date.published_s
    if at_s is not None and file.valid_to_s is not None:
        at_s = min(at_s, file.valid_to_s - date.max_age_s)
    if at_s is not None and file.valid_from_s is not None:
        at_s = max(at_s, file.valid_from_s)
    return at_s


def _terrain(folder: Path, table: Mapping[str, Any], marks: list[tuple[Path, FileMark | None]]) -> Terrain | None:
    if "terrain" not in table:
        return None
    row = read_table(table["terrain"], TerrainTable, f"{WHERE}.terrain")
    marks.append((folder / row.file, mark_of(folder / row.file)))
    return read_terrain(folder / row.file, vertical_error_m=row.vertical_error_m)


def _obstacles(
    folder: Path,
    table: Mapping[str, Any],
    site: SiteTable,
    terrain: Terrain | None,
    marks: list[tuple[Path, FileMark | None]],
) -> tuple[ObstacleSet, list[Notice], ObstacleSource | None]:
    frame = LocalFrame(site.depot)
    if "obstacles" not in table:
        return ObstacleSet((), frame, site.ground_amsl_m, terrain=terrain), [], None
    row = read_table(table["obstacles"], ObstacleFileTable, f"{WHERE}.obstacles")
    marks.append((folder / row.file, mark_of(folder / row.file)))
    content = read_zone_file(folder / row.file)
    found, notices = read_obstacles(
        content,
        where=row.file,
        service_area=(site.depot, SERVICE_RADIUS_M),
        default_height_m=row.default_height_m,
    )
    margin_m = VERTICAL_MARGIN_M if row.vertical_margin_m is None else row.vertical_margin_m
    source = ObstacleSource(row.file, content.decode("utf-8-sig"), row.default_height_m, margin_m)
    return ObstacleSet(found, frame, site.ground_amsl_m, terrain=terrain, margin_m=margin_m), list(notices), source


def _circle(row: CircleTable, rules: AirspaceRules) -> Zone:
    where = f"{WHERE}.circles.{row.zone_id}"
    lower, upper = _altitude(row.lower, f"{where}.lower"), _altitude(row.upper, f"{where}.upper")
    return circle_zone(row.zone_id, row.name, row.kind, row.centre, row.radius_m, rules=rules, lower=lower, upper=upper)


def _altitude(published: str, where: str) -> AltitudeLimit:
    limit = read_altitude(published)
    if limit is None:
        raise _refuse(where, "not an altitude", published, "SFC, 2000 ft, 120 m, FL100", "Correct it.")
    return limit


def _refuse_twins(zones: tuple[Zone, ...]) -> None:
    """Over all files: a zone must be found by its id."""
    seen: dict[str, str] = {}
    for zone in zones:
        if zone.zone_id in seen:
            what = f"a zone of this id stands in {seen[zone.zone_id] or 'the circles'} too"
            raise _refuse(f"{WHERE} {zone.source}", what, zone.zone_id, "each id once over all files", "Leave one out.")
        seen[zone.zone_id] = zone.source


def _no_moment(where: str, seen: str) -> ConfigError:
    return _refuse(
        where, "not a moment", seen, "RFC 3339 with an offset, like 2026-10-29T00:00:00+00:00", "Correct it."
    )


def _refuse(where: str, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(where, what, seen, limit, remedy),))
