"""The airspace as the independent check reads it: from raw texts, by its own rules, closed where in doubt."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from skystork.planning.check_formats import is_world, read_ed269, read_ed318, read_geojson, read_plan, read_uasfm
from skystork.planning.check_geometry import Array, MeridianPlane, point
from skystork.planning.check_ground import RawObstacles, RawTerrain, box_of, read_obstacles
from skystork.planning.check_index import EdgeIndex, Flags
from skystork.planning.check_kml import read_kml
from skystork.planning.check_times import Schedule
from skystork.planning.check_volumes import Circle, RawSource, SiteRules, Volume, finite, limit_in_words

_VERTICAL_ERROR_M = 10.0  # kept from the floor and the ceiling of every zone
_EVERYWHERE_M = 1e7
LONGEST_EDGE_DEG = 0.001
"""Edges are straight in degrees: so short they bend by L² tan(latitude) / 8R in the plane, 0.4 mm at 60 degrees."""
_MOST_PARTS = 20_000  # of one edge: 20 degrees, farther than any zone that a flight meets

READERS: Mapping[str, Callable[[RawSource, SiteRules], Iterator[Volume]]] = MappingProxyType(
    {
        "geojson": read_geojson,
        "ed269": read_ed269,
        "ed318": read_ed318,
        "kml": read_kml,
        "plan": read_plan,
        "uasfm": read_uasfm,
    }
)
"""By format; any other format closes the site."""


@dataclass(frozen=True, slots=True)
class RawAirspace:
    """What was published, as text, and what the site made of it; nothing of it was read before."""

    sources: tuple[RawSource, ...]
    circles: str
    """JSON list, each with ``zone_id name kind centre radius_m lower upper``."""
    kinds: str
    """JSON object by published kind: ``restriction`` and ``granted_below_agl_m``; a kind without is closed."""
    ground_amsl_m: float
    zones: str = "{}"
    """JSON object, the same by identifier of a zone; goes before its kind."""
    geoid_undulation_m: float | None = None
    obstacles: RawObstacles | None = None
    terrain: RawTerrain | None = None


@dataclass(frozen=True, slots=True)
class ClosedVolumes:
    """All volumes that are not open to everybody, in the plane, indexed."""

    names: tuple[str, ...]
    lower_home_m: Array
    upper_home_m: Array
    granted_below_m: Array
    active: tuple[Schedule | None, ...]
    is_obstacle: Flags
    speed_limit_m_s: Array
    index: EdgeIndex = field(repr=False)

    def overlapping(self, height_m: float, from_s: float, to_s: float) -> Flags:
        """By volume: whether a flight at this height and between these times may be in it."""
        low_m, high_m = height_m - _VERTICAL_ERROR_M, height_m + _VERTICAL_ERROR_M
        overlaps = (self.lower_home_m <= high_m) & (self.upper_home_m >= low_m)
        for row in np.flatnonzero(overlaps):
            schedule = self.active[row]
            overlaps[row] = schedule is None or schedule.meets(from_s, to_s)
        return overlaps

    def closed(self, low_m: float, high_m: float, from_s: float, to_s: float) -> Flags:
        """By volume: whether a flight between these heights and times must stay out."""
        overlaps = (self.lower_home_m <= high_m + _VERTICAL_ERROR_M) & (self.upper_home_m >= low_m - _VERTICAL_ERROR_M)
        closed = overlaps & ~(high_m <= self.granted_below_m)
        for row in np.flatnonzero(closed):
            schedule = self.active[row]
            closed[row] = schedule is None or schedule.meets(from_s, to_s)
        return closed


def texts_hash(airspace: RawAirspace) -> str:
    """SHA-256 of everything that zones are read from [hex]."""
    digest = hashlib.sha256()
    for source in airspace.sources:
        options = " ".join(sorted(source.options))
        for part in (source.name, source.form, options, source.text):
            digest.update(part.encode(errors="surrogatepass") + b"\0")
    for part in (airspace.circles, airspace.kinds, airspace.zones):
        digest.update(part.encode() + b"\0")
    if airspace.obstacles is not None:
        told = airspace.obstacles
        digest.update(f"{told.name} {told.default_height_m!r} {told.margin_m!r} ".encode())
        digest.update(told.text.encode(errors="surrogatepass"))
    if airspace.terrain is not None:
        digest.update(airspace.terrain.heights_amsl_m.tobytes())
    digest.update(f"{airspace.ground_amsl_m!r} {airspace.geoid_undulation_m!r}".encode())
    return digest.hexdigest()


def read_airspace(airspace: RawAirspace, plane: MeridianPlane) -> ClosedVolumes:
    """Every volume that is not open to everybody; equal texts are read once.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError
        If anything of it cannot be read: then no flight can be judged.
    """
    return _read_once(airspace, plane)[0]


def read_limits(airspace: RawAirspace, plane: MeridianPlane) -> ClosedVolumes:
    """Every volume that limits speed, open or not; raises as :func:`read_airspace` does."""
    return _read_once(airspace, plane)[1]


@lru_cache(maxsize=4)
def _read_once(airspace: RawAirspace, plane: MeridianPlane) -> tuple[ClosedVolumes, ClosedVolumes]:
    rules = SiteRules(
        json.loads(airspace.kinds),
        json.loads(airspace.zones),
        finite(airspace.ground_amsl_m, "ground"),
        None if airspace.geoid_undulation_m is None else finite(airspace.geoid_undulation_m, "geoid"),
        _ground_under_m(airspace.terrain),
    )
    found = [volume for source in airspace.sources for volume in _read_source(source, rules)]
    found += _circles(airspace.circles, rules)
    if airspace.obstacles is not None:
        found += read_obstacles(airspace.obstacles, airspace.ground_amsl_m, airspace.terrain)
    slow = [volume for volume in found if math.isfinite(volume.speed_limit_m_s)]
    return closed_volumes([volume for volume in found if not volume.is_open], plane), closed_volumes(slow, plane)


def _ground_under_m(
    terrain: RawTerrain | None,
) -> Callable[[tuple[Array, ...], Circle | None], tuple[float, float] | None] | None:
    if terrain is None:
        return None
    return lambda rings, circle: terrain.range_amsl_m(box_of(rings, circle))


def _read_source(source: RawSource, rules: SiteRules) -> Iterator[Volume]:
    if source.form not in READERS:
        raise ValueError(f"{source.name}: the check does not read {source.form!r}, only {', '.join(READERS)}")
    return READERS[source.form](source, rules)


def _circles(text: str, rules: SiteRules) -> Iterator[Volume]:
    for row in json.loads(text):
        centre, granted_m = row["centre"], rules.granted_m(row["kind"], row["zone_id"], 0.0)
        place = (finite(centre["longitude_deg"], "centre"), finite(centre["latitude_deg"], "centre"))
        band = (limit_in_words(row["lower"]), limit_in_words(row["upper"]))
        circle = (*place, finite(row["radius_m"], "radius_m"))
        most_m_s = rules.limit_m_s(row["kind"], row["zone_id"])
        yield rules.volume(str(row["name"]), band, granted_m, ((), circle), None, limit_m_s=most_m_s)


def closed_volumes(volumes: Sequence[Volume], plane: MeridianPlane) -> ClosedVolumes:
    """Volumes in the plane, with the index of their edges."""
    edges, circles = [], []
    for row, volume in enumerate(volumes):
        if is_world(volume.rings_deg):
            circles.append((np.zeros(2), _EVERYWHERE_M, row))
            continue
        edges += [(_edges(ring, plane), row) for ring in volume.rings_deg]
        if volume.circle is not None:
            circles.append((point(volume.circle[:2], plane), volume.circle[2], row))
    index = EdgeIndex(
        np.concatenate([each for each, _ in edges]) if edges else np.empty((0, 2, 2)),
        np.repeat(np.array([row for _, row in edges], dtype=np.int64), [len(each) for each, _ in edges]),
        np.array([centre for centre, _, _ in circles]).reshape(-1, 2),
        np.array([radius_m for _, radius_m, _ in circles]),
        np.array([row for _, _, row in circles], dtype=np.int64),
    )
    return ClosedVolumes(
        tuple(one.name for one in volumes),
        np.array([one.lower_home_m for one in volumes]),
        np.array([one.upper_home_m for one in volumes]),
        np.array([one.granted_below_m for one in volumes]),
        tuple(one.active for one in volumes),
        np.array([one.is_obstacle for one in volumes], dtype=bool),
        np.array([one.speed_limit_m_s for one in volumes]),
        index,
    )


def _edges(ring_deg: Array, plane: MeridianPlane) -> Array:
    """Edges of a ring; long ones are cut so that they follow their line in degrees, the short way round the globe."""
    pieces = [ring_deg[:1]]
    for start, end in itertools.pairwise(ring_deg):
        step = end - start
        step = np.array([step[0] - 360.0 * round(step[0] / 360.0), step[1]])
        count = max(1, math.ceil(float(np.max(np.abs(step))) / LONGEST_EDGE_DEG))
        if count > _MOST_PARTS:
            raise ValueError(f"an edge is {float(np.max(np.abs(step))):.0f} degrees long")
        pieces.append(start + step * (np.arange(1, count + 1) / count)[:, None])
    points = plane.project(np.concatenate(pieces))
    return np.stack([points[:-1], points[1:]], axis=1)
