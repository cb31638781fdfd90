"""A made town with streets, as an OSM file for the builders of OSRM's and Valhalla's tiles.

Streets run every 500 m, north and south in turns one way only; a river crosses the town, with a bridge at either end. A
farm east of it has a track that meets no other road, and an island far north has two streets. Positions are metres east
and north of the middle.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

from skystork.frames import Geodetic, LocalFrame

MIDDLE = Geodetic(54.5245, -1.5536)
FRAME = LocalFrame(MIDDLE)
STEP_M = 500.0
COLUMNS, ROWS = range(-6, 7), range(-4, 5)
BRIDGES = (-6, 6)
"""The columns that cross the river, which runs between the rows 1 and 2."""
FARM_M = (9_000.0, 0.0)
ISLAND_M = (0.0, 120_000.0)
NO_ROAD_M = (3_000.0, 5_000.0)
"""3 km from the nearest road."""


def place(east_m: float, north_m: float) -> Geodetic:
    return FRAME.to_geodetic(east_m, north_m)


def write_town(file: Path) -> Path:
    """Write it as ``.osm.pbf``, or as XML where the name ends so; nodes first, as builders want them."""
    numbers = {at: number for number, at in enumerate(_crossings(), start=1)}
    with osmium.SimpleWriter(str(file)) as writer:
        for (east_m, north_m), number in numbers.items():
            at = place(east_m, north_m)
            writer.add_node(Node(id=number, version=1, location=(at.longitude_deg, at.latitude_deg)))
        for number, (line, tags) in enumerate(_streets(), start=1):
            writer.add_way(Way(id=number, version=1, nodes=[numbers[at] for at in line], tags=tags))
    return file


def _crossings() -> Iterator[tuple[float, float]]:
    yield from ((column * STEP_M, row * STEP_M) for column in COLUMNS for row in ROWS)
    for lone_m in (FARM_M, ISLAND_M):
        yield from _lone_street(lone_m)


def _lone_street(start_m: tuple[float, float]) -> list[tuple[float, float]]:
    return [(start_m[0] + 200.0 * n, start_m[1]) for n in range(4)]


def _streets() -> Iterator[tuple[list[tuple[float, float]], dict[str, str]]]:
    """The crossings on each way, and its tags."""
    for row in ROWS:
        kind = {"highway": "primary", "maxspeed": "60"} if row == 0 else {"highway": "residential", "maxspeed": "40"}
        line = [(column * STEP_M, row * STEP_M) for column in COLUMNS]
        yield line, kind | {"name": f"Row {row}"}
    for column in COLUMNS:
        line = [(column * STEP_M, row * STEP_M) for row in ROWS]
        tags = {"highway": "tertiary", "maxspeed": "50", "name": f"Column {column}"}
        if column in BRIDGES:
            yield line, tags
            continue
        tags |= {"oneway": "yes"}
        for bank in ([at for at in line if at[1] <= STEP_M], [at for at in line if at[1] > STEP_M]):
            yield bank if column % 2 else bank[::-1], tags
    for lone_m in (FARM_M, ISLAND_M):
        yield _lone_street(lone_m), {"highway": "residential", "name": "Lone street"}


def shortest_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The shortest way that the law allows between two crossings, found here and not by a router [m]; ``inf``: none."""
    reached, front = {first: 0.0}, [(0.0, first)]
    while front:
        so_far_m, at = heapq.heappop(front)
        for onward in _onward()[at]:
            way_m = so_far_m + math.dist(at, onward)
            if way_m < reached.get(onward, math.inf):
                reached[onward] = way_m
                heapq.heappush(front, (way_m, onward))
    return reached.get(second, math.inf)


@cache
def _onward() -> dict[tuple[float, float], list[tuple[float, float]]]:
    ways = defaultdict[tuple[float, float], list[tuple[float, float]]](list)
    for line, tags in _streets():
        for at, onward in pairwise(line):
            ways[at].append(onward)
            if tags.get("oneway") != "yes":
                ways[onward].append(at)
    return ways
