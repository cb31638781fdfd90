"""50,000 zones: read from GeoJSON, projected and indexed, and asked which of them close a flight, by area or all.

Run: .venv/bin/python benchmarks/zones.py
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable
from random import Random

from shapely import box

from skystork.airspace.formats import read_zones
from skystork.airspace.reading import ZoneFormat
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.volume import ZoneSet
from skystork.frames import Geodetic, LocalFrame

ZONES = 50_000
SITE = Geodetic(54.5166, -1.5075)
AT_S = 1.8e9
ROUNDS = 50


def feature(rng: Random, index: int) -> dict[str, object]:
    """A polygon of 5 to 15 corners; every third above 1,200 ft, every tenth on Saturdays only."""
    lon, lat = SITE.longitude_deg + rng.uniform(-4, 4), SITE.latitude_deg + rng.uniform(-2.5, 2.5)
    size, corners = rng.uniform(0.001, 0.01), rng.randint(5, 15)
    angles = [2 * math.pi * corner / corners for corner in range(corners)]
    ring = [[lon + size * rng.uniform(0.6, 1) * math.cos(a), lat + size * 0.6 * math.sin(a)] for a in angles]
    properties: dict[str, object] = {"id": f"z{index}", "name": f"Z{index}", "type": "D", "restriction": "PROHIBITED"}
    properties |= {"lower": "1200 ft AGL", "upper": "UNL"} if index % 3 == 0 else {"lower": "SFC", "upper": "UNL"}
    if index % 10 == 0:
        day = {"day": ["SAT"], "startTime": "10:00:00Z", "endTime": "12:00:00Z"}
        properties["applicability"] = [{"permanent": "YES", "schedule": [day]}]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def milliseconds(ask: Callable[[], object]) -> tuple[float, float]:
    """Processor time of one question, median and greatest."""
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        ask()
        spent.append((time.process_time_ns() - began) / 1e6)
    return statistics.median(spent), max(spent)


def main() -> None:
    """Print one line each."""
    rng = Random(1)
    text = json.dumps({"type": "FeatureCollection", "features": [feature(rng, index) for index in range(ZONES)]})
    rules = AirspaceRules({})
    began = time.process_time()
    file = read_zones(text, where="zones", rules=rules, service_area=(SITE, 16e3), zone_format=ZoneFormat.GEOJSON)
    read = time.process_time()
    zones = ZoneSet(file.zones, LocalFrame(SITE), 45.0)
    print(
        f"{len(file.zones)} zones, {len(text) / 1e6:.0f} MB: read and checked {read - began:.1f} s of processor time,"
    )
    print(f"projected, indexed and hashed {time.process_time() - read:.1f} s")
    disc, corridor = box(-16e3, -16e3, 16e3, 16e3), box(-300.0, 0.0, 300.0, 5000.0)
    for name, within in (("all", None), ("within 32 x 32 km", disc), ("within a corridor of 5 km", corridor)):
        closed = zones.closed_zones(0.0, 90.0, AT_S, AT_S + 3600, within=within)
        median, most = milliseconds(lambda area=within: zones.closed_zones(0.0, 90.0, AT_S, AT_S + 3600, within=area))
        print(f"closed {name}: {len(closed)} zones, {median:.2f} ms, at most {most:.2f} ms")
    median, most = milliseconds(lambda: zones.zones_at(100.0, 100.0, 50.0, AT_S))
    print(f"at a point: {median:.3f} ms, at most {most:.3f} ms")


if __name__ == "__main__":
    main()
