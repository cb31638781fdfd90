"""Scenes to plan in: public ones from tests/data/scenes, and ones made here from a seed by the same rules."""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely import Polygon, affinity
from shapely.geometry.base import BaseGeometry

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "scenes"
PUBLIC = ("tenmile", "che1_ed269", "manhattan", "city50", "city500", "trap", "slit", "unreachable")

Place = tuple[float, float]


@dataclass(frozen=True)
class Scene:
    """One height of a map."""

    name: str
    boundary: Polygon
    obstacles: tuple[Polygon, ...]
    """Those at the height, as published."""
    margin_m: float
    free: BaseGeometry
    queries: tuple[tuple[Place, Place], ...]
    preparing_s: float
    """Processor time to grow and unite the obstacles [s]."""


def public(name: str) -> Scene:
    """A scene of the folder, by the rule of its README."""
    scene = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    active = [
        Polygon(one["poly"], one["holes"])
        for one in scene["obstacles"]
        if one["floor"] - 5 <= scene["cruise_z"] <= one["ceil"] + 5
    ]
    queries = [((a, b), (c, d)) for a, b, c, d in scene["queries"]]
    return _scene(name, Polygon(scene["boundary"]), active, scene["margin"], queries)


def city(name: str, *, buildings: int, side_m: float, queries: int, seed: int, margin_m: float = 5.0) -> Scene:
    """Buildings as in city500: rectangles of 40 to 80 m at any angle, some with a wing, three in four as high as we."""
    rng = random.Random(seed)
    active = []
    for _ in range(buildings):
        if rng.random() < 0.76:  # 380 of 500 reach the cruise height
            active.append(_building(rng, side_m))
    boundary = shapely.box(0, 0, side_m, side_m)
    return _scene(name, boundary, active, margin_m, _queries(rng, boundary, active, margin_m, queries))


def held_out(seed: int, queries: int) -> Scene:
    """A map of another kind by each seed: city blocks, discs, stars, walls with gaps, or a mixture, of any size."""
    rng = random.Random(f"held out {seed}")
    side_m, margin_m = rng.uniform(1200, 6000), rng.choice([5.0, 10.0, 30.0])
    kinds = rng.sample([_building, _disc, _star, _wall], rng.randint(1, 4))
    density = rng.uniform(0.05, 0.35)
    active, area = [], 0.0
    while area < density * side_m**2 and len(active) < 400:
        active.append(rng.choice(kinds)(rng, side_m))
        area += active[-1].buffer(margin_m).area
    boundary = shapely.box(0, 0, side_m, side_m)
    return _scene(f"held-out {seed}", boundary, active, margin_m, _queries(rng, boundary, active, margin_m, queries))


def _scene(name: str, boundary: Polygon, active: list[Polygon], margin_m: float, queries: list) -> Scene:
    began = time.process_time()
    grown = shapely.union_all(shapely.buffer(active, margin_m, join_style="mitre", mitre_limit=2.0))
    free = boundary.buffer(-margin_m).difference(grown)
    return Scene(name, boundary, tuple(active), margin_m, free, tuple(queries), time.process_time() - began)


def _queries(rng: random.Random, boundary: Polygon, active: list[Polygon], margin_m: float, count: int) -> list:
    """Places a metre clear of the margin; some of them may be shut in."""
    grown = shapely.union_all(shapely.buffer(active, margin_m + 1.0, join_style="mitre", mitre_limit=2.0))
    free = boundary.buffer(-margin_m - 1.0).difference(grown)
    shapely.prepare(free)
    west, south, east, north = boundary.bounds
    places: list[Place] = []
    while len(places) < 2 * count:
        place = (rng.uniform(west, east), rng.uniform(south, north))
        if free.contains(shapely.Point(place)):
            places.append(place)
    return list(zip(places[::2], places[1::2], strict=True))


def _building(rng: random.Random, side_m: float) -> Polygon:
    wide, deep = rng.uniform(40, 82), rng.uniform(40, 82)
    shape = shapely.box(-wide / 2, -deep / 2, wide / 2, deep / 2)
    if rng.random() < 0.3:
        shape = shape.union(affinity.translate(shape, wide * rng.uniform(-0.5, 0.5), deep * rng.uniform(-0.5, 0.5)))
    return _put(rng, shape, side_m)


def _disc(rng: random.Random, side_m: float) -> Polygon:
    return _put(rng, shapely.Point(0, 0).buffer(rng.uniform(30, side_m / 12), quad_segs=rng.randint(2, 12)), side_m)


def _star(rng: random.Random, side_m: float) -> Polygon:
    corners = rng.randint(4, 11)
    radii = [rng.uniform(20, side_m / 15) for _ in range(corners)]
    angles = [k * math.tau / corners for k in range(corners)]
    points = [(r * math.cos(angle), r * math.sin(angle)) for r, angle in zip(radii, angles, strict=True)]
    return _put(rng, Polygon(points), side_m)


def _wall(rng: random.Random, side_m: float) -> Polygon:
    return _put(rng, shapely.box(-rng.uniform(50, side_m / 5), -3, rng.uniform(50, side_m / 5), 3), side_m)


def _put(rng: random.Random, shape: BaseGeometry, side_m: float) -> Polygon:
    turned = affinity.rotate(shape, rng.uniform(0, 360), origin=(0, 0))
    return affinity.translate(turned, rng.uniform(0, side_m), rng.uniform(0, side_m))
