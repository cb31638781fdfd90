"""One zone model, whatever file it came from: GeoJSON, ED-269, ED-318, KML, fences of ``.plan`` files, ceilings.

Words are those of ED-269: a restriction, an altitude band with its references, an applicability.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skystork.airspace.schedule import Period, Place

__all__ = ["AltitudeLimit", "AltitudeReference", "Circle", "Period", "Published", "Restriction", "Ring", "Zone"]

Ring = tuple[tuple[float, float], ...]
"""Closed; positions (longitude, latitude) [deg], RFC 7946."""


class Restriction(StrEnum):
    """What the zone asks of a flight (ED-269; ED-318 writes REQ_AUTHORIZATION)."""

    PROHIBITED = "PROHIBITED"
    """Closed."""
    REQ_AUTHORISATION = "REQ_AUTHORISATION"
    """Closed unless authorised; ``granted_below_agl_m`` says up to where it was."""
    CONDITIONAL = "CONDITIONAL"
    """Open under conditions that are told to the operator, not enforced."""
    NO_RESTRICTION = "NO_RESTRICTION"
    """Shown only."""
    USPACE = "USPACE"
    """U-space airspace (ED-318): closed unless a site rule says that its services are used."""


OPEN = frozenset({Restriction.CONDITIONAL, Restriction.NO_RESTRICTION})
"""What closes nothing."""


class AltitudeReference(StrEnum):
    """From where an altitude is counted."""

    AGL = "AGL"
    """Above the ground below."""
    AMSL = "AMSL"
    """Above mean sea level."""
    WGS84 = "WGS84"
    """Above the ellipsoid; where the geoid's height is not known the band is widened by its extremes."""
    FL = "FL"
    """Pressure altitude in hundreds of feet; taken as AMSL, which is within 300 m of it."""


@dataclass(frozen=True, slots=True)
class AltitudeLimit:
    """One edge of the band."""

    value_m: float
    """Metres; ``inf`` where unlimited."""
    reference: AltitudeReference
    published: str
    """As written in the source, e.g. ``2132 ft``."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle as published; the zone's ring is drawn about it."""

    centre: Place
    """Longitude and latitude [deg]."""
    radius_m: float


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication says of a zone beyond what closes flights; kept to be shown and written back."""

    identifier: str = ""
    country: str = ""
    """ISO 3166-1, three letters."""
    variant: str = ""
    """COMMON or CUSTOMIZED."""
    reasons: tuple[str, ...] = ()
    message: str = ""
    rest: str = ""
    """Every other member, as JSON text of an object; empty where there is none."""
    rest_format: str = ""
    """Of which format those members are; only there they are written back."""


@dataclass(frozen=True, slots=True)
class Zone:
    """One volume of airspace."""

    zone_id: str
    name: str
    kind: str
    """The source's own type, e.g. ``CTR``, ``D``, ``FRZ``."""
    restriction: Restriction
    rings: tuple[Ring, ...]
    """Exterior, then holes; each closed, positions (longitude, latitude) [deg], RFC 7946."""
    lower: AltitudeLimit
    upper: AltitudeLimit
    granted_below_agl_m: float = 0.0
    """Authorised below this height [m]; 0 where not authorised at all."""
    active: tuple[Period, ...] | None = None
    """None: always, also where the times are not known (fail closed)."""
    source: str = ""
    """File or publication."""
    circle: Circle | None = None
    published: Published = Published()
    outside: bool = False
    """The rings are what is open (inclusion fence): closed is what lies outside, up to the first ring."""
    everywhere: bool = False
    """A ground stop: closes every place, whatever the rings say."""
    speed_limit_m_s: float | None = None
    """Greatest speed over ground inside, where it is flown through [m/s]; None: no limit."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Corners of the zone's box, where the sun is looked at."""
        longitudes = [position[0] for position in self.rings[0]]
        latitudes = [position[1] for position in self.rings[0]]
        return tuple(
            (lon, lat) for lon in (min(longitudes), max(longitudes)) for lat in (min(latitudes), max(latitudes))
        )
