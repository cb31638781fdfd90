"""Faults of what a flight falls back on: layers, hover boxes, safe points, ways out, and the fence."""

from __future__ import annotations

import math
import random

import numpy as np

from skystork.frames import Geodetic
from tests_support.document_faults import SMALLEST_M, Fault, log_uniform
from tests_support.sound_plans import Case, SoundPlan


def _moved(plan: SoundPlan, place: dict[str, float], size_m: float, rng: random.Random) -> dict[str, float]:
    angle = rng.uniform(0, 2 * math.pi)
    east_m, north_m = plan.frame.to_enu_m(Geodetic(place["latitude_deg"], place["longitude_deg"]))
    moved = plan.frame.to_geodetic(east_m + size_m * math.cos(angle), north_m + size_m * math.sin(angle))
    return {"latitude_deg": moved.latitude_deg, "longitude_deg": moved.longitude_deg}


def way_missing(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A leg without a way out."""
    ways = case.document["failsafe_ways"]
    leg = rng.choice(ways)["leg"]
    case.document["failsafe_ways"] = [way for way in ways if way["leg"] != leg]
    return True


def way_too_short(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """An instant of a leg, 2 ms to all of it, without a way out."""
    leg = rng.choice(case.document["legs"])
    gap_s = min(log_uniform(rng, 0.002, 1_000.0), leg["duration_s"])
    at_s = rng.choice((0.0, leg["duration_s"] - gap_s))
    for way in case.document["failsafe_ways"]:
        if way["leg"] == leg["name"]:
            way["from_s"] = max(way["from_s"], gap_s) if at_s == 0.0 else min(way["from_s"], at_s)
            way["to_s"] = way["to_s"] if at_s == 0.0 else min(way["to_s"], at_s)
    return True


def way_of_another_kind(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A way that this vehicle does not take, or not from this leg."""
    way = rng.choice(case.document["failsafe_ways"])
    way["kind"] = rng.choice([kind for kind in ("reverse", "down", "direct", "none", "forward") if kind != way["kind"]])
    wrong = {"reverse": {"climb", "outbound"}, "forward": {"descent", "drop", "drop_climb", "inbound", "landing"}}
    return way["leg"] not in wrong.get(way["kind"], set())


def way_at_another_height(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A way out written 1 cm to 100 m above or below where it is flown."""
    way = rng.choice(case.document["failsafe_ways"])
    way["height_home_m"] += rng.choice((-1, 1)) * log_uniform(rng, 0.01, 100.0)
    return True


def way_to_nowhere(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A way that ends at a safe point that there is not."""
    way = rng.choice(case.document["failsafe_ways"])
    way["safe_point"] = rng.choice((-1, len(case.document["rally_points"]), 1000))
    return True


def safe_point_moved(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Home, 2 cm to 10 km from where it is."""
    point = rng.choice(case.document["rally_points"])
    point |= _moved(plan, point, log_uniform(rng, 0.02, 10_000.0), rng)
    return True


def safe_point_added(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A safe point that the site does not name."""
    home = case.document["rally_points"][0]
    case.document["rally_points"].append({"name": "meadow", **_moved(plan, home, rng.uniform(10, 5_000), rng)})
    return True


def box_moved(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A hover box 2 cm to 1 km off its place."""
    box = rng.choice(case.document["hover_boxes"])
    box |= _moved(plan, box, log_uniform(rng, 0.02, 1_000.0), rng)
    return True


def box_too_small(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A hover box narrower, lower or less deep than the vehicle may drift, by 2 mm or more."""
    box = rng.choice(case.document["hover_boxes"])
    name = rng.choice(("half_width_m", "floor_home_m", "ceiling_home_m"))
    size_m = log_uniform(rng, SMALLEST_M, 5.0)
    box[name] += size_m if name == "floor_home_m" else -size_m
    return True


def box_missing(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One hover box left out."""
    boxes = case.document["hover_boxes"]
    del boxes[rng.randrange(len(boxes))]
    return True


def layer_not_offered(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Layers written that were not offered, or a leg in none of them."""
    name = rng.choice(("outbound_m", "inbound_m"))
    layers = case.document["layers"][name]
    case.document["layers"][name] = rng.choice(([*layers, 33.3], [layer + 1.0 for layer in layers], []))
    return True


def fence_through_the_flight(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """An exclusion whose corner is within 20 m of the flight, less 2 mm or more."""
    leg = rng.choice((1, 5))
    here = plan.point(leg, rng.randrange(len(plan.curves[leg][0])), rng.random())
    angle = rng.uniform(0, 2 * math.pi)
    onward, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    corner = here + onward * (20.0 - log_uniform(rng, SMALLEST_M, 20.0))
    ring = [corner, corner + 15 * onward - 9 * across, corner + 15 * onward + 9 * across]
    places = [plan.frame.to_geodetic(float(x), float(y)) for x, y in ring]
    fence = case.document["fence"]
    count = len(fence["inclusion_deg"]) + sum(map(len, fence["exclusions_deg"]))
    if count > 61:
        return False
    fence["exclusions_deg"].append([[place.longitude_deg, place.latitude_deg] for place in places])
    return True


def fence_too_narrow(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The inclusion replaced by a circle about one place of the flight that does not hold another."""
    places = [plan.point(leg, piece, 0.5) for leg in (1, 5) for piece in range(len(plan.curves[leg][0]))]
    middle = rng.choice(places)
    far_m = max(float(np.hypot(*(place - middle))) for place in places)
    radius_m = (far_m + 39.99) * rng.uniform(0.01, 1.0)
    angles = np.arange(24) * (2 * math.pi / 24)
    corners = [plan.frame.to_geodetic(*(middle + radius_m * np.array([math.cos(a), math.sin(a)]))) for a in angles]
    case.document["fence"]["inclusion_deg"] = [[corner.longitude_deg, corner.latitude_deg] for corner in corners]
    return True


def fence_of_too_many_corners(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """More vertices than flight hardware stores: edges cut in parts, the shape the same."""
    ring = case.document["fence"]["inclusion_deg"]
    while len(ring) <= 64:
        at = rng.randrange(len(ring))
        one, other = ring[at], ring[(at + 1) % len(ring)]
        ring.insert(at + 1, [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2])
    return True


def fence_missing(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """No inclusion, or one that is no area."""
    ring = case.document["fence"]["inclusion_deg"]
    case.document["fence"]["inclusion_deg"] = ring[: rng.randrange(3)]
    return True


def fence_elsewhere(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The inclusion moved by half a degree or more, off the flight."""
    shift = [rng.choice((-1, 1)) * rng.uniform(0.5, 2.0), rng.uniform(-0.5, 0.5)]
    ring = case.document["fence"]["inclusion_deg"]
    case.document["fence"]["inclusion_deg"] = [[lon + shift[0], lat + shift[1]] for lon, lat in ring]
    return True


def obstacles_changed(_: SoundPlan, case: Case, __: random.Random) -> bool:
    """Planned against other obstacles than are in force."""
    case.document["obstacle_set_hash"] += "0"
    return True


def return_set_otherwise(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The vehicle is set to return in another way than the plan was made for."""
    if rng.random() < 0.5:
        case.asked["profile"]["return_path"] = "direct"
    else:
        case.document["return_height_home_m"] += rng.choice((-1, 1)) * log_uniform(rng, 0.01, 100.0)
    return True


FAILSAFE_FAULTS: dict[str, Fault] = {
    "way out missing": way_missing,
    "way out too short": way_too_short,
    "way out of another kind": way_of_another_kind,
    "way out at another height": way_at_another_height,
    "way out to nowhere": way_to_nowhere,
    "safe point moved": safe_point_moved,
    "safe point added": safe_point_added,
    "hover box moved": box_moved,
    "hover box too small": box_too_small,
    "hover box missing": box_missing,
    "layer not offered": layer_not_offered,
    "fence through the flight": fence_through_the_flight,
    "fence too narrow": fence_too_narrow,
    "fence of too many corners": fence_of_too_many_corners,
    "fence missing": fence_missing,
    "fence elsewhere": fence_elsewhere,
    "obstacles changed": obstacles_changed,
    "return set otherwise": return_set_otherwise,
}
