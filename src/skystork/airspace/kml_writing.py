"""Zones as KML placemarks: drawn as KML can, and said in full in ``ExtendedData`` for those who read that."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from skystork.airspace.altitudes import written
from skystork.airspace.applicability import write_applicability
from skystork.airspace.loss import Loss, Written
from skystork.airspace.members import rest_losses
from skystork.airspace.zone import AltitudeReference, Ring, Zone

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
_TAIL = "</Document>\n</kml>\n"
_MODES = {AltitudeReference.AGL: "relativeToGround", AltitudeReference.AMSL: "absolute"}
_IN_DATA = "KML draws it not; kept in ExtendedData"


def write_kml(zones: Sequence[Zone]) -> Written:
    """A document of placemarks; what a viewer does not show is in the losses."""
    losses: list[Loss] = []
    placemarks = [_placemark(zone, losses) for zone in zones]
    return Written(_HEAD + "".join(placemarks) + _TAIL, tuple(losses))


def _placemark(zone: Zone, losses: list[Loss]) -> str:
    _tell(zone, losses)
    data = "".join(
        f"<Data name={quoteattr(name)}><value>{escape(value)}</value></Data>" for name, value in _data(zone).items()
    )
    message = f"<description>{escape(zone.published.message)}</description>" if zone.published.message else ""
    return (
        f"<Placemark><name>{escape(zone.name)}</name>{message}<ExtendedData>{data}</ExtendedData>"
        f"{_polygon(zone)}</Placemark>\n"
    )


def _polygon(zone: Zone) -> str:
    mode = _MODES.get(zone.upper.reference)
    drawn = mode is not None and math.isfinite(zone.upper.value_m)
    height = f",{zone.upper.value_m:.12g}" if drawn else ""
    rings = [
        f"<{edge}><LinearRing><coordinates>{_coordinates(ring, height)}</coordinates></LinearRing></{edge}>"
        for edge, ring in zip(
            ("outerBoundaryIs", *["innerBoundaryIs"] * (len(zone.rings) - 1)), zone.rings, strict=True
        )
    ]
    extrude = "<extrude>1</extrude>" if drawn else ""
    return (
        f"<Polygon>{extrude}<altitudeMode>{mode if drawn else 'clampToGround'}</altitudeMode>{''.join(rings)}</Polygon>"
    )


def _coordinates(ring: Ring, height: str) -> str:
    return " ".join(f"{longitude!r},{latitude!r}{height}" for longitude, latitude in ring)


def _data(zone: Zone) -> dict[str, str]:
    told = zone.published
    data = {
        "id": zone.zone_id,
        "type": zone.kind,
        "restriction": zone.restriction.value,
        "lower": written(zone.lower),
        "upper": written(zone.upper),
        "granted_below_agl_m": repr(zone.granted_below_agl_m) if zone.granted_below_agl_m > 0 else "",
        "speed_limit_m_s": "" if zone.speed_limit_m_s is None else repr(zone.speed_limit_m_s),
        "applicability": json.dumps(write_applicability(zone.active)) if zone.active else "",
        "circle": ",".join(repr(value) for value in (*zone.circle.centre, zone.circle.radius_m)) if zone.circle else "",
        "outside": "true" if zone.outside else "",
        "identifier": told.identifier,
        "country": told.country,
        "variant": told.variant,
        "reason": " ".join(told.reasons),
    }
    return {name: value for name, value in data.items() if value}


def _tell(zone: Zone, losses: list[Loss]) -> None:
    losses.append(Loss(zone.zone_id, "restriction", zone.restriction, _IN_DATA))
    if zone.lower.value_m > 0 or zone.lower.reference is not AltitudeReference.AGL:
        losses.append(Loss(zone.zone_id, "lower", zone.lower.published, "drawn from the ground; kept in ExtendedData"))
    if zone.upper.reference not in _MODES:
        losses.append(Loss(zone.zone_id, "upper", zone.upper.published, _IN_DATA))
    if zone.active == ():
        losses.append(Loss(zone.zone_id, "active", "never", "written as always active: it closes more"))
    elif zone.active is not None:
        losses.append(Loss(zone.zone_id, "active", f"{len(zone.active)} periods", _IN_DATA))
    if zone.circle is not None:
        losses.append(Loss(zone.zone_id, "circle", f"{zone.circle.radius_m:g} m", "drawn as a polygon about it"))
    losses.extend(rest_losses(zone, "kml"))
