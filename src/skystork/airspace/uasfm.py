"""FAA UAS Facility Maps: cells about an airport, each with the height below which the FAA may authorise a flight.

A cell is a zone that needs authorisation, granted below its ceiling if the site says that it holds the authorisation
(LAANC), and closed altogether if it does not: a published ceiling alone permits nothing.

Source: FAA, UAS Facility Maps (FAA_UAS_FacilityMap_Data): ceilings in feet above ground, 0 to 400 in steps of 50.
"""

from __future__ import annotations

from skystork.airspace.altitudes import METRES_PER_FOOT, SURFACE, UNLIMITED
from skystork.airspace.geojson import features_of
from skystork.airspace.polygons import read_multipolygon, read_polygon
from skystork.airspace.reading import Reader, ZoneFile, ZoneFormat, number_of
from skystork.airspace.zone import Published, Restriction, Zone

KIND = "UASFM"
HIGHEST_FT = 400.0
_NAMES = ("GLOBALID", "GlobalID", "OBJECTID", "FID")


def read_uasfm(reader: Reader, text: str | bytes) -> ZoneFile:
    """All cells of a facility map; raises ConfigError with everything wrong."""
    for index, feature in enumerate(features_of(text, reader.where)):
        _read_cell(reader, feature, index)
    if not reader.options.authorised and reader.zones:
        what = f"{len(reader.zones)} cells have ceilings, and no authorisation is said to be held"
        reader.note(reader.where, what, "all are closed; write authorised = true where it is held")
    return reader.finish(ZoneFormat.UASFM)


def _read_cell(reader: Reader, feature: object, index: int) -> None:
    where = f"{reader.where} features/{index}"
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        reader.refuse(where, "not a feature", feature, "an object with properties and geometry")
        return
    properties, before = feature["properties"], len(reader.problems)
    name = next((str(properties[key]) for key in _NAMES if properties.get(key) is not None), str(index))
    zone_id, airport = f"{KIND}-{name}", str(properties.get("APT1_FAAID") or properties.get("APT1_ICAO") or "")
    named = f"{where} ({zone_id})"
    ceiling_ft = number_of(properties.get("CEILING"))
    if ceiling_ft is None or not 0 <= ceiling_ft <= HIGHEST_FT:
        limit = f"feet above ground, 0 to {HIGHEST_FT:g}"
        reader.refuse(f"{named} CEILING", "not a ceiling", properties.get("CEILING"), limit)
    unit = properties.get("UNIT")
    if unit is not None and str(unit).strip().lower() not in {"feet", "ft"}:
        reader.refuse(f"{named} UNIT", "unknown unit", unit, "Feet")
    geometry = feature.get("geometry")
    shape = geometry if isinstance(geometry, dict) else {}
    if shape.get("type") not in {"Polygon", "MultiPolygon"}:
        reader.refuse(f"{named} geometry", "a cell needs an area", shape.get("type"), "Polygon or MultiPolygon")
        return
    read = read_polygon if shape["type"] == "Polygon" else read_multipolygon
    areas = read(reader, shape.get("coordinates"), named, zone_id)
    for area in areas:
        reader.check_distance(named, area.rings[0])
    if len(reader.problems) > before or ceiling_ft is None:
        return
    granted_m = ceiling_ft * METRES_PER_FOOT if reader.options.authorised else 0.0
    for part, area in enumerate(areas, start=1):
        reader.add(
            Zone(
                zone_id if len(areas) == 1 else f"{zone_id}#{part}",
                f"{airport} facility map {ceiling_ft:g} ft".strip(),
                KIND,
                Restriction.REQ_AUTHORISATION,
                area.rings,
                SURFACE,
                UNLIMITED,
                granted_m,
                None,
                reader.where,
                published=Published(zone_id, "USA", "COMMON", ("AIR_TRAFFIC",)),
                everywhere=area.everywhere,
            )
        )
