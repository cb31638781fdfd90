"""Faults between a flight and the zones: something closed is nearer than the margin, by 2 mm or more, or unreadable."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from skystork.frames import Geodetic
from skystork.planning.check_volumes import RawSource
from tests_support.document_faults import SMALLEST_M, Fault, log_uniform, put
from tests_support.sound_plans import Case, SoundPlan

Array = NDArray[np.float64]


def _somewhere(plan: SoundPlan, rng: random.Random) -> tuple[int, Array]:
    """A leg, and a point on its curve or on the spot it stands over."""
    leg = rng.choice((0, 1, 1, 2, 3, 5, 5, 6))
    if leg in plan.curves:
        return leg, plan.point(leg, rng.randrange(len(plan.curves[leg][0])), rng.random())
    request = plan.plan.request
    here = {0: request.begins, 6: request.pad}.get(leg, request.drop_off)
    return leg, np.array(plan.frame.to_enu_m(here))


def _ring(plan: SoundPlan, corners: list[Array]) -> list[list[float]]:
    places = [plan.frame.to_geodetic(float(x), float(y)) for x, y in corners]
    ring = [[place.longitude_deg, place.latitude_deg] for place in places]
    return [*ring, ring[0]]


def _away(angle: float) -> Array:
    return np.array([math.cos(angle), math.sin(angle)])


def _nearest(plan: SoundPlan, rng: random.Random) -> tuple[int, Array, Array]:
    """A leg, the point where something closed begins, and the direction on from there."""
    leg, here = _somewhere(plan, rng)
    onward = _away(rng.uniform(0, 2 * math.pi))
    return leg, here + onward * (plan.required_m - log_uniform(rng, SMALLEST_M, plan.required_m)), onward


def new_polygon(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A polygon is published whose corner lies within the margin of a point of the flight, by 2 mm to all of it."""
    _, corner, onward = _nearest(plan, rng)
    across = np.array([-onward[1], onward[0]])
    long_m, wide_m = log_uniform(rng, 1.0, 300.0), log_uniform(rng, 0.1, 300.0)
    corners = [corner, corner + long_m * onward - wide_m * across, corner + long_m * onward + wide_m * across]
    case.with_zone(_ring(plan, corners))
    return True


def new_wall(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A wall 10 cm thick, its long side towards a point of the flight."""
    _, foot, onward = _nearest(plan, rng)
    across = np.array([-onward[1], onward[0]]) * log_uniform(rng, 1.0, 200.0)
    case.with_zone(
        _ring(plan, [foot - across, foot + 0.1 * onward - across, foot + 0.1 * onward + across, foot + across])
    )
    return True


def new_circle(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A circle of 1 m to 5 km."""
    _, foot, onward = _nearest(plan, rng)
    radius_m = log_uniform(rng, 1.0, 300.0)
    centre = foot + onward * radius_m
    case.with_circle(plan.frame.to_geodetic(float(centre[0]), float(centre[1])), radius_m)
    return True


def zone_about_the_flight(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A zone so large that the flight, or the place it stands over, is wholly inside, far from its edge."""
    _, here = _somewhere(plan, rng)
    size_m = rng.uniform(20_000.0, 40_000.0)
    case.with_zone(_ring(plan, [here + size_m * _away(math.pi / 4 + k * math.pi / 2) for k in range(4)]))
    return True


def new_speed_limit(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """An open zone of 2 m to 600 m about a point of a curve, slower by 1 % or more than the flight is there."""
    leg = rng.choice((1, 5))
    points, durations = plan.curves[leg]
    piece, share = rng.randrange(len(points)), rng.random()
    step = min(share, 1 - share, 0.01)
    ends = [plan.point(leg, piece, share + side * step) for side in (-1, 1)]
    speed_m_s = math.dist(*ends) / (2 * step * durations[piece]) if step > 0 else 0.0
    limit_m_s = speed_m_s * (1 - log_uniform(rng, 0.01, 0.8))
    if limit_m_s < 1.0:
        return False
    turn, half_m = rng.uniform(0, math.pi / 2), log_uniform(rng, 1.0, 300.0)
    corners = [plan.point(leg, piece, share) + half_m * _away(turn + k * math.pi / 2) for k in range(4)]
    case.with_zone(_ring(plan, corners), kind="GVS-OPEN", limit_m_s=limit_m_s)
    kinds = json.loads(case.airspace.kinds)
    kinds["GVS-OPEN"] = {"restriction": "CONDITIONAL", "granted_below_agl_m": 0.0, "reason": ""}
    case.publish(replace(case.airspace, kinds=json.dumps(kinds)))
    return True


def zone_lowered(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A zone above the flight whose floor, less the vertical error, comes down to it."""
    leg, foot, onward = _nearest(plan, rng)
    top_m = max(plan.plan.legs[leg].start_height_home_m, plan.plan.legs[leg].end_height_home_m)
    floor_m = top_m + 10.0 - log_uniform(rng, 0.01, 50.0) + case.airspace.ground_amsl_m
    if floor_m < 0:
        return False
    across = 50.0 * np.array([-onward[1], onward[0]])
    case.with_zone(
        _ring(plan, [foot, foot + 80 * onward - across, foot + 80 * onward + across]), lower=f"{floor_m:.3f} m"
    )
    return True


def grant_withdrawn(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A zone that the flight crosses under a grant; then the grant ends below the flight, or there is none."""
    leg, here = _somewhere(plan, rng)
    top_m = max(plan.plan.legs[leg].start_height_home_m, plan.plan.legs[leg].end_height_home_m)
    kinds = json.loads(case.airspace.kinds)
    below_m = rng.choice((0.0, top_m - log_uniform(rng, 0.01, top_m)))
    kinds["CTR"] = {"restriction": "REQ_AUTHORISATION", "granted_below_agl_m": max(below_m, 0.0), "reason": ""}
    case.publish(replace(case.airspace, kinds=json.dumps(kinds)))
    case.with_zone(_ring(plan, [here + 30 * _away(k * math.pi / 2) for k in range(4)]), kind="CTR")
    return True


def time_shifted_into_a_schedule(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A zone over the way that is active on another day; then the flight is moved to that day, in plan and request."""
    leg, here = _somewhere(plan, rng)
    before_s = sum(each.duration_s for each in plan.plan.legs[:leg])
    passes_s = before_s + rng.random() * plan.plan.legs[leg].duration_s
    begins = datetime.fromtimestamp(case.document["departs_at_s"], UTC).replace(microsecond=0) + timedelta(days=2)
    ends = begins + timedelta(seconds=rng.randint(1, 20_000))
    zone = {
        "identifier": "TIMED", "country": "GBR", "name": "TIMED", "type": "COMMON", "restriction": "PROHIBITED",
        "reason": ["OTHER"],
        "applicability": [{"startDateTime": begins.isoformat(), "endDateTime": ends.isoformat(), "permanent": "NO"}],
        "geometry": [{
            "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL", "upperLimit": 5000,
            "upperVerticalReference": "AMSL",
            "horizontalProjection": {
                "type": "Polygon", "coordinates": [_ring(plan, [here + 30 * _away(k * math.pi / 2) for k in range(4)])],
            },
        }],
    }  # fmt: skip
    text = json.dumps({"features": [zone]})
    case.publish(replace(case.airspace, sources=(*case.airspace.sources, RawSource("timed", "ed269", text))))
    if case.check():
        return False  # it would be refused by something else already
    over_it_s = rng.uniform(begins.timestamp(), ends.timestamp())
    case.document["departs_at_s"] = case.asked["departs_at_s"] = over_it_s - min(passes_s, before_s)
    return True


def unknown_kind(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A zone over the flight of a kind that the site has no rule for."""
    _, here = _somewhere(plan, rng)
    ring = _ring(plan, [here + 30 * _away(k * math.pi / 2) for k in range(4)])
    case.with_zone(ring, kind=rng.choice(("X", "P", "ctr", "")))
    return True


def real_zone_moved(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A published polygon with all its corners, moved so that one of them lies within the margin of the flight."""
    _, corner, _ = _nearest(plan, rng)
    first_source, *others = case.airspace.sources
    collection = json.loads(first_source.text)
    features = [one for one in collection["features"] if one["geometry"]["type"] == "Polygon"]
    feature = rng.choice(features)
    target = plan.frame.to_geodetic(float(corner[0]), float(corner[1]))
    rings = feature["geometry"]["coordinates"]
    first = rng.choice(rings[0])
    shift = (target.longitude_deg - first[0], target.latitude_deg - first[1])
    feature["geometry"]["coordinates"] = [[[lon + shift[0], lat + shift[1]] for lon, lat, *_ in ring] for ring in rings]
    feature["properties"] |= {"type": "P", "localtype": None, "lower": "SFC", "upper": "UNL"}
    case.publish(replace(case.airspace, sources=(replace(first_source, text=json.dumps(collection)), *others)))
    return True


def zone_text_changed(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The zone file is another than the one that the zones in force were read from, by as little as a blank."""
    first_source, *others = case.airspace.sources
    text = first_source.text
    at = rng.randrange(len(text))
    changed = rng.choice((text[:at] + " " + text[at:], text[:at] + text[at + 1 :], text + "\n", ""))
    case.airspace = replace(case.airspace, sources=(replace(first_source, text=changed), *others))
    return True


def zone_text_unreadable(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A zone nobody can be sure about: cut off, not closed, not a number, not an area, without limits, not known."""
    _, here = _somewhere(plan, rng)
    ring = _ring(plan, [here + 30 * _away(k * math.pi / 2) for k in range(4)])
    harm = rng.randrange(8)
    if harm < 5:
        bad = [ring[:-1], [*ring[:2], [math.nan, 54.5], *ring[2:]], ring[:2], [], [[float("inf"), 0.0], *ring]][harm]
        case.with_zone(bad)
    elif harm == 5:
        case.with_zone(ring, lower=rng.choice(("LOW", "12", "12 KM", "", "NaN m")))
    else:
        case.with_zone(ring)
        *others, last = case.airspace.sources
        broken = (
            replace(last, form="shp") if harm == 6 else replace(last, text=last.text[: rng.randrange(len(last.text))])
        )
        case.publish(replace(case.airspace, sources=(*others, broken)))
    return True


def flight_moved_into_a_zone(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A piece of a curve carried, in degrees and metres alike, to within the margin of a zone that was there before."""
    collection = json.loads(case.airspace.sources[0].text)
    closed = [one for one in collection["features"] if one["properties"]["type"] in {"D", "R", "P"}]
    low = [one for one in closed if one["properties"]["lower"] == "SFC" and one["geometry"]["type"] == "Polygon"]
    if not low:
        return False
    lon, lat, *_ = rng.choice(rng.choice(low)["geometry"]["coordinates"][0])
    delta_lon, delta_lat = lon - plan.plan.site_origin.longitude_deg, lat - plan.plan.site_origin.latitude_deg
    corner = np.array(plan.frame.to_enu_m(Geodetic(lat, lon)))
    if max(abs(delta_lon), abs(delta_lat)) > 1.0:
        return False
    leg = rng.choice((1, 5))
    piece, share = rng.randrange(len(plan.curves[leg][0])), rng.random()
    here = plan.point(leg, piece, share)
    target = corner + _away(rng.uniform(0, 2 * math.pi)) * (plan.required_m - log_uniform(rng, SMALLEST_M, 50.0))
    written = case.document["legs"][leg]["segments"][piece]
    moved = [(np.array(point) + target - here).tolist() for point in written["control_points_enu_m"]]
    places = [plan.frame.to_geodetic(*point) for point in moved]
    written["control_points_enu_m"] = moved
    written["control_points_deg"] = [[place.longitude_deg, place.latitude_deg] for place in places]
    return True


def worse_navigation(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The vehicle's position error, in plan and request alike, asks for more than the way to a zone nearby."""
    _, here = _somewhere(plan, rng)
    onward = _away(rng.uniform(0, 2 * math.pi))
    gap_m = plan.required_m + rng.uniform(1.0, 200.0)
    foot = here + onward * gap_m
    across = 30 * np.array([-onward[1], onward[0]])
    case.with_zone(_ring(plan, [foot, foot + 50 * onward - across, foot + 50 * onward + across]))
    error_m = plan.plan.request.profile.position_error_m + gap_m - plan.required_m + log_uniform(rng, SMALLEST_M, 50.0)
    case.document["profile"]["position_error_m"] = case.asked["profile"]["position_error_m"] = error_m
    return put(case, ("margin_m",), 1e4)


def margin_written_smaller(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Planned with less than the margin of this vehicle, by 2 mm or more."""
    return put(case, ("margin_m",), plan.required_m - log_uniform(rng, SMALLEST_M, plan.required_m * 0.99))


def ceiling_lowered(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The site's ceiling comes down below the flight."""
    top_m = max(plan.plan.request.outbound_height_m, plan.plan.request.inbound_height_m)
    case.site = replace(case.site, max_height_m=top_m - log_uniform(rng, 0.02, top_m))
    return True


def service_radius_lowered(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The doorstep lies beyond what the site serves."""
    far_m = math.hypot(*plan.frame.to_enu_m(plan.plan.request.drop_off))
    case.site = replace(case.site, service_radius_m=far_m / rng.uniform(1.002, 10.0))
    return True


ZONE_FAULTS: dict[str, Fault] = {
    "new polygon": new_polygon,
    "new wall": new_wall,
    "new circle": new_circle,
    "zone about the flight": zone_about_the_flight,
    "new speed limit": new_speed_limit,
    "zone lowered": zone_lowered,
    "grant withdrawn": grant_withdrawn,
    "time shifted into a schedule": time_shifted_into_a_schedule,
    "unknown kind of zone": unknown_kind,
    "real zone moved": real_zone_moved,
    "zone text changed": zone_text_changed,
    "zone text unreadable": zone_text_unreadable,
    "flight moved into a zone": flight_moved_into_a_zone,
    "worse navigation": worse_navigation,
    "margin written smaller": margin_written_smaller,
    "ceiling lowered": ceiling_lowered,
    "service radius lowered": service_radius_lowered,
}
