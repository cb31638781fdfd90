"""Zone files in, zones out, whatever the format; and zones out again with what the format cannot say.

Which format a text is in is seen by its top level. One that is none of them is named by what was found instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from skystork.airspace.altitudes import SURFACE, UNLIMITED
from skystork.airspace.ed269 import read_ed269, write_ed269
from skystork.airspace.ed318 import read_ed318, write_ed318
from skystork.airspace.geojson import read_geojson, write_geojson
from skystork.airspace.json_text import decode_text, parse_json, refusal
from skystork.airspace.kml import read_kml
from skystork.airspace.kml_writing import write_kml
from skystork.airspace.loss import Written
from skystork.airspace.plan_fence import read_plan_fence, write_plan_fence
from skystork.airspace.polygons import ring_about
from skystork.airspace.reading import FAR_M, Reader, ReadOptions, ZoneFile, ZoneFormat
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.uasfm import read_uasfm
from skystork.airspace.zone import AltitudeLimit, Circle, Zone
from skystork.errors import ConfigError, Problem
from skystork.frames import Geodetic

READERS: Mapping[ZoneFormat, Callable[[Reader, str | bytes], ZoneFile]] = {
    ZoneFormat.GEOJSON: read_geojson,
    ZoneFormat.ED269: read_ed269,
    ZoneFormat.ED318: read_ed318,
    ZoneFormat.KML: read_kml,
    ZoneFormat.PLAN: read_plan_fence,
    ZoneFormat.UASFM: read_uasfm,
}
WRITERS: Mapping[ZoneFormat, Callable[[Sequence[Zone]], Written]] = {
    ZoneFormat.GEOJSON: write_geojson,
    ZoneFormat.ED269: write_ed269,
    ZoneFormat.ED318: write_ed318,
    ZoneFormat.KML: write_kml,
    ZoneFormat.PLAN: write_plan_fence,
}
_KNOWN = (
    "GeoJSON, ED-269 (UASZoneList or features), ED-318 (features with identifier), KML, a .plan file "
    "(fileType Plan), a UAS Facility Map (features with CEILING)"
)


def read_zones(
    text: str | bytes,
    *,
    where: str,
    rules: AirspaceRules,
    service_area: tuple[Geodetic, float] | None = None,
    options: ReadOptions | None = None,
    zone_format: ZoneFormat | None = None,
) -> ZoneFile:
    """All zones of a file.

    Parameters
    ----------
    text
        The content; bytes are taken as UTF-8.
    where
        How messages name the file.
    service_area
        Centre and radius [m]; zones more than :data:`FAR_M` beyond are refused. None: no such check.
    zone_format
        None: seen by the content.

    Raises
    ------
    ConfigError
        With every problem found; nothing was applied.
    """
    reader = Reader(where, rules, service_area, options)
    return READERS[zone_format or detect_format(text, where)](reader, text)


def detect_format(text: str | bytes, where: str) -> ZoneFormat:
    """The format by the top level; raises ConfigError that names what was found."""
    if text[:2] in {b"PK", "PK"}:
        raise refusal(where, "a zip archive (KMZ?)", "PK", _KNOWN, "Unpack it and give the .kml inside.")
    if decode_text(text, where).lstrip().startswith("<"):
        return ZoneFormat.KML
    document = parse_json(text, where)
    if isinstance(document, dict):
        return _json_format(document, where)
    if isinstance(document, list) and document and all(isinstance(row, dict) for row in document):
        return ZoneFormat.ED269
    raise refusal(where, "no zone file: not ED-269 (no UASZoneList/features)", type(document).__name__, _KNOWN)


def read_geojson_zones(
    text: str | bytes, *, where: str, rules: AirspaceRules, service_area: tuple[Geodetic, float] | None
) -> tuple[Zone, ...]:
    """Zones of a GeoJSON feature collection, as :func:`read_zones` does."""
    return read_geojson(Reader(where, rules, service_area), text).zones


def circle_zone(
    zone_id: str,
    name: str,
    kind: str,
    centre: Geodetic,
    radius_m: float,
    *,
    rules: AirspaceRules,
    lower: AltitudeLimit = SURFACE,
    upper: AltitudeLimit = UNLIMITED,
    source: str = "",
) -> Zone:
    """A circle as the regular polygon drawn about it, so that nothing of the circle is outside.

    Parameters
    ----------
    radius_m
        On the ground [m], above 0 and at most 500 km.
    """
    if not (math.isfinite(radius_m) and 0 < radius_m <= FAR_M):
        limit = f"above 0, at most {FAR_M:.0f} m"
        problem = Problem(f"circle {zone_id}", "radius not usable", f"{radius_m} m", limit, "Radii are in metres.")
        raise ConfigError((problem,))
    rule = rules.rule_for(kind, zone_id)
    return Zone(
        zone_id, name, kind, rule.restriction, (ring_about(centre, radius_m),), lower, upper, rule.granted_below_agl_m,
        None, source, Circle((centre.longitude_deg, centre.latitude_deg), radius_m),
        speed_limit_m_s=rule.speed_limit_m_s,
    )  # fmt: skip


def _json_format(document: Mapping[str, object], where: str) -> ZoneFormat:
    if "fileType" in document:
        return ZoneFormat.PLAN
    if "UASZoneList" in document:
        return ZoneFormat.ED269
    features = document.get("features")
    if document.get("type") != "FeatureCollection":
        if isinstance(features, list):
            return ZoneFormat.ED269
        seen = f"an object with {', '.join(list(document)[:5]) or 'nothing in it'}"
        raise refusal(where, "no zone file: not ED-269 (no UASZoneList/features)", seen, _KNOWN)
    first = next((row for row in features if isinstance(row, dict)), {}) if isinstance(features, list) else {}
    properties = first.get("properties")
    if isinstance(properties, dict) and "CEILING" in properties:
        return ZoneFormat.UASFM
    if isinstance(properties, dict) and "identifier" in properties and "id" not in properties:
        return ZoneFormat.ED318
    return ZoneFormat.GEOJSON
