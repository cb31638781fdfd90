"""One zone model, whatever file it came from (GeoJSON now; ED-269, ED-318 and KML have the same parts).

Words are those of ED-269: a restriction, an altitude band with its references, an applicability.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Restriction(StrEnum):
    """What the zone asks of a flight (ED-269)."""

    PROHIBITED = "PROHIBITED"
    """Closed."""
    REQ_AUTHORISATION = "REQ_AUTHORISATION"
    """Closed unless authorised; ``granted_below_agl_m`` says up to where it was."""
    CONDITIONAL = "CONDITIONAL"
    """Open under conditions that are told to the operator, not enforced."""
    NO_RESTRICTION = "NO_RESTRICTION"
    """Shown only."""


class AltitudeReference(StrEnum):
    """From where an altitude is counted."""

    AGL = "AGL"
    """Above the ground below."""
    AMSL = "AMSL"
    """Above mean sea level."""
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
class Period:
    """When a zone is active."""

    starts_s: float
    """[s since the Unix epoch]."""
    ends_s: float


@dataclass(frozen=True, slots=True)
class Zone:
    """One volume of airspace."""

    zone_id: str
    name: str
    kind: str
    """The source's own type, e.g. ``CTR``, ``D``, ``FRZ``."""
    restriction: Restriction
    rings: tuple[tuple[tuple[float, float], ...], ...]
    """Exterior, then holes; each closed, positions (longitude, latitude) [deg], RFC 7946."""
    lower: AltitudeLimit
    upper: AltitudeLimit
    granted_below_agl_m: float = 0.0
    """Authorised below this height [m]; 0 where not authorised at all."""
    active: tuple[Period, ...] | None = None
    """None: always, also where the times are not known (fail closed)."""
    source: str = ""
    """File or publication."""
