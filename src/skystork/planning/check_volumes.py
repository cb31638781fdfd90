"""What all readers of the independent check share: raw sources, the site's rules, heights, and volumes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skystork.planning.check_geometry import Array
from skystork.planning.check_times import Schedule

_OPEN = {"CONDITIONAL", "NO_RESTRICTION"}
_GRANTABLE = {"REQ_AUTHORISATION", "USPACE"}
_LEVEL_ERROR_M = 300.0  # a flight level against the altitude it names: 36 hPa off the standard at 27 ft each
_GEOID_M = (-107.0, 86.0)  # least and greatest height of the geoid above the ellipsoid (EGM96)
_GEOID_ERROR_M = 2.0

Limit = tuple[float, str]
"""Metres and their reference: AGL, AMSL, WGS84 or FL."""
Circle = tuple[float, float, float]
"""Longitude, latitude [deg], radius [m]."""
Area = tuple[tuple[Array, ...], Circle | None]
"""Rings (n, 2) longitude, latitude [deg], and a circle."""
ALL_HEIGHTS: tuple[Limit, Limit] = ((0.0, "AGL"), (math.inf, "AMSL"))


@dataclass(frozen=True, slots=True)
class RawSource:
    """A zone file as text, unread."""

    name: str
    form: str
    """``geojson``, ``ed269``, ``ed318``, ``kml``, ``plan`` or ``uasfm``."""
    text: str
    options: frozenset[str] = frozenset()
    """What a person allowed for this file: ``repair``, ``wrap_longitudes``, ``authorised``."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume that is not open to everybody: polygons by all their rings, a circle, or both."""

    name: str
    lower_home_m: float
    upper_home_m: float
    granted_below_m: float
    """Open to flights that stay below this [m above home]."""
    rings_deg: tuple[Array, ...] = ()
    """(n, 2) longitude, latitude [deg]; even-odd over all of them."""
    circle: Circle | None = None
    active: Schedule | None = None
    """None: always."""
    is_open: bool = False
    speed_limit_m_s: float = math.inf
    """Greatest speed over ground inside."""
    is_obstacle: bool = False
    """A building: what passes it vertically keeps its hover box from it, not the margin of the way."""


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What the site says of kinds and zones, and where its heights count from."""

    kinds: Mapping[str, Mapping[str, Any]]
    zones: Mapping[str, Mapping[str, Any]]
    """Rules for single zones, by identifier."""
    ground_amsl_m: float
    geoid_undulation_m: float | None = None
    ground_under_m: Callable[[tuple[Array, ...], Circle | None], tuple[float, float] | None] | None = None
    """Lowest and highest ground under a volume [m above sea level], None where not known; without terrain: flat."""

    def granted_m(self, kind: str, identifier: str, published_m: float | None) -> float | None:
        """Height below which a zone is open; None where it is open to everybody; 0: closed.

        Parameters
        ----------
        published_m
            What holds where the site has no rule: the same.
        """
        rule = self.zones.get(identifier) or self.kinds.get(kind)
        if rule is None:
            return published_m
        restriction = str(rule["restriction"])
        if restriction in _OPEN:
            return None
        return finite(rule["granted_below_agl_m"], kind) if restriction in _GRANTABLE else 0.0

    def limit_m_s(self, kind: str, identifier: str, published: Any = None) -> float:
        """Greatest speed over ground: the site's for the zone or its kind, else the published one."""
        rule = self.zones.get(identifier) or self.kinds.get(kind) or {}
        own = rule.get("speed_limit_m_s")
        limit = published if own is None else own
        if limit is None:
            return math.inf
        if not finite(limit, "speed_limit_m_s") > 0:
            raise ValueError(f"speed limit {limit} of {identifier} is not above 0")
        return float(limit)

    def volume(
        self,
        name: str,
        band: tuple[Limit, Limit],
        granted_m: float | None,
        area: Area,
        active: Schedule | None,
        *,
        limit_m_s: float = math.inf,
    ) -> Volume:
        """A volume with its band brought to heights above home."""
        rings, circle = area
        if circle is not None and not circle[2] > 0:
            raise ValueError(f"circle {name} has radius {circle[2]}")
        ground = self._ground_m(rings, circle, band, granted_m)
        low_m, high_m = self._band_m(*band, ground)
        granted_home_m = granted_m + ground[0] if granted_m else -math.inf
        is_open = granted_m is None
        return Volume(name, low_m, high_m, granted_home_m, rings, circle, active, is_open, limit_m_s)

    def _ground_m(
        self, rings: tuple[Array, ...], circle: Circle | None, band: tuple[Limit, Limit], granted_m: float | None
    ) -> tuple[float, float]:
        """Lowest and highest ground above home; unbounded where a volume needs it and it is not known."""
        (low_m, low_from), (_, high_from) = band
        needs = (low_from == "AGL" and low_m > 0) or high_from == "AGL" or bool(granted_m)
        if self.ground_under_m is None or not needs:
            return 0.0, 0.0
        found = self.ground_under_m(rings, circle)
        if found is None:
            return -math.inf, math.inf
        return found[0] - self.ground_amsl_m, found[1] - self.ground_amsl_m

    def _band_m(self, lower: Limit, upper: Limit, ground: tuple[float, float]) -> tuple[float, float]:
        mixed = (lower[1] == "AGL") != (upper[1] == "AGL") and math.isfinite(upper[0])
        if mixed and self.ground_under_m is None:
            return -math.inf, math.inf  # above ground and above the sea cannot be compared without the ground
        return self._lowest_m(*lower, ground[0]), self._highest_m(*upper, ground[1])

    def _lowest_m(self, value_m: float, reference: str, ground_m: float) -> float:
        if reference == "AGL":
            return value_m + ground_m if value_m > 0 else -math.inf
        return value_m - self._above_sea_m(reference)[1] - self.ground_amsl_m

    def _highest_m(self, value_m: float, reference: str, ground_m: float) -> float:
        if reference == "AGL":
            return value_m + ground_m
        return value_m - self._above_sea_m(reference)[0] - self.ground_amsl_m

    def _above_sea_m(self, reference: str) -> tuple[float, float]:
        """Between how much and how much is taken off a limit to stand above the sea [m]."""
        if reference == "FL":
            return -_LEVEL_ERROR_M, _LEVEL_ERROR_M
        if reference == "AMSL":
            return 0.0, 0.0
        if self.geoid_undulation_m is None:
            return _GEOID_M
        return self.geoid_undulation_m - _GEOID_ERROR_M, self.geoid_undulation_m + _GEOID_ERROR_M


def limit_in_words(published: str) -> Limit:
    """A limit as aeronautical publications write it: ``SFC``, ``UNL``, ``FL150``, ``1200 ft``, ``120 m AGL``."""
    words = published.strip().upper().replace("FT", " FT ").split()
    if words in (["SFC"], ["GND"]):
        return 0.0, "AGL"
    if words in (["UNL"], ["UNLTD"]):
        return math.inf, "AMSL"
    if words[0].startswith("FL") and len(words) <= 2:
        return int("".join(words)[2:]) * 30.48, "FL"
    if words[0].endswith("M"):
        words[:1] = [words[0][:-1], "M"]
    reference = words[2] if len(words) == 3 else "AMSL"
    if len(words) not in {2, 3} or words[1] not in {"FT", "M"} or reference not in {"AGL", "AMSL", "WGS84"}:
        raise ValueError(f"altitude {published!r} is not understood")
    return finite(float(words[0]), published) * (0.3048 if words[1] == "FT" else 1.0), reference


def finite(value: object, where: str) -> float:
    """The number; raises ValueError for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} is {value!r}, not a finite number")
    return float(value)
