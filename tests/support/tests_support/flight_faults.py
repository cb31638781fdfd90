"""Faults of the flight: written down without a contradiction where that is possible, and still not to be flown.

Sums, totals and what was asked are put right after the harm, so that only the rule in question can tell.
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.frames import Geodetic
from tests_support.document_faults import SMALLEST_M, Fault, log_uniform
from tests_support.sound_plans import Case, SoundPlan

Array = NDArray[np.float64]

BEYOND = 1.0005
"""A limit is broken for certain when sampled points of a curve are this far beyond it; the check allows 1.0001."""
_SAMPLES = 200


def retotal(case: Case) -> None:
    """Put right every sum of the document."""
    document = case.document
    legs = document["legs"]
    document["duration_s"] = sum(leg["duration_s"] for leg in legs)
    document["time_to_drop_s"] = sum(leg["duration_s"] for leg in legs[:4])
    document["energy_j"] = sum(leg["energy_j"] for leg in legs)
    document["reserve_j"] = document["battery_on_board_j"] - document["energy_j"]


def sampled(curves: Array, durations_s: Array, order: int) -> Array:
    """Vectors (pieces, samples, 2) of a derivative at equal shares, ends included, by Bernstein's sum."""
    for _ in range(order):
        curves = np.diff(curves, axis=1) * ((curves.shape[1] - 1) / durations_s)[:, None, None]
    degree = curves.shape[1] - 1
    share = np.linspace(0, 1, _SAMPLES)
    basis = [math.comb(degree, k) * share**k * (1 - share) ** (degree - k) for k in range(degree + 1)]
    return np.asarray(np.einsum("ks,nkd->nsd", np.array(basis), curves))


def greatest(curves: Array, durations_s: Array, order: int, wind: Any = (0.0, 0.0)) -> float:
    """Of the norm of a derivative at the samples."""
    vectors = sampled(curves, durations_s, order) - np.array(wind if order == 1 else (0.0, 0.0))
    return float(np.max(np.hypot(vectors[..., 0], vectors[..., 1])))


def _breaks_a_limit(plan: SoundPlan, leg: int, durations_s: Array) -> bool:
    profile, wind = plan.plan.request.profile, plan.plan.request.wind_enu_m_s
    limits = (profile.max_air_speed_m_s, profile.max_acceleration_m_s2, profile.max_jerk_m_s3)
    curves = plan.curves[leg][0]
    return any(greatest(curves, durations_s, k, wind) > BEYOND * limit for k, limit in enumerate(limits, start=1))


def _set_durations(case: Case, leg: int, durations_s: Array) -> None:
    written = case.document["legs"][leg]
    for piece, duration_s in zip(written["segments"], durations_s, strict=True):
        piece["duration_s"] = float(duration_s)
    written["duration_s"] = float(np.sum(durations_s))
    retotal(case)


def leg_flown_faster(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """All durations of a level leg shortened alike, until a sampled limit is broken."""
    leg = rng.choice((1, 5))
    factor = 1.0
    for _ in range(40):
        factor *= rng.uniform(0.9, 0.999)
        if _breaks_a_limit(plan, leg, plan.curves[leg][1] * factor):
            _set_durations(case, leg, plan.curves[leg][1] * factor)
            return True
    return False


def piece_flown_faster(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One piece shortened: its speed, acceleration and jerk no longer fit its neighbours or the limits."""
    leg = rng.choice((1, 5))
    durations_s = plan.curves[leg][1].copy()
    piece = rng.randrange(len(durations_s))
    durations_s[piece] *= rng.uniform(0.3, 0.98)
    ends = sampled(plan.curves[leg][0], durations_s, 1)
    before = ends[piece - 1, -1] if piece else np.zeros(2)
    if math.dist(before, ends[piece, 0]) < 0.01 and not _breaks_a_limit(plan, leg, durations_s):
        return False
    _set_durations(case, leg, durations_s)
    return True


def weaker_vehicle(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The vehicle can do less than the plan asks: its limit below what was sampled, in plan and request alike."""
    order, name = rng.choice([(1, "max_air_speed_m_s"), (2, "max_acceleration_m_s2"), (3, "max_jerk_m_s3")])
    most = max(greatest(*plan.curves[leg], order, plan.plan.request.wind_enu_m_s) for leg in (1, 5))
    limit = most / (BEYOND * rng.uniform(1.0, 3.0))
    case.document["profile"][name] = case.asked["profile"][name] = limit
    return True


def stronger_wind(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Wind in which the air speed passes its limit, in plan and request alike."""
    request = plan.plan.request
    for _ in range(40):
        wind_m_s, angle = rng.uniform(1.0, request.profile.wind_limit_m_s), rng.uniform(0, 2 * math.pi)
        wind = [wind_m_s * math.cos(angle), wind_m_s * math.sin(angle)]
        if any(greatest(*plan.curves[leg], 1, wind) > BEYOND * request.profile.max_air_speed_m_s for leg in (1, 5)):
            case.document["wind_enu_m_s"], case.asked["wind_enu_m_s"] = wind, list(wind)
            return True
    return False


def storm(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """More wind than the vehicle flies in."""
    wind_m_s, angle = plan.plan.request.profile.wind_limit_m_s * rng.uniform(1.01, 5.0), rng.uniform(0, 2 * math.pi)
    wind = [wind_m_s * math.cos(angle), wind_m_s * math.sin(angle)]
    case.document["wind_enu_m_s"], case.asked["wind_enu_m_s"] = wind, list(wind)
    return True


def joint_broken(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One end point of a piece moved by 2 mm to 100 m; speed and acceleration jump as well, or the place."""
    leg = rng.choice((1, 5))
    piece, end = rng.randrange(len(plan.curves[leg][0])), rng.choice((0, -1))
    _move(plan, case, (leg, piece, end), log_uniform(rng, SMALLEST_M, 100.0), rng)
    return True


def speed_jumps(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The second control point moved by so much that the velocity at the joint jumps by 2 mm/s or more."""
    leg = rng.choice((1, 5))
    piece, end = rng.randrange(len(plan.curves[leg][0])), rng.choice((1, -2))
    per_m = (plan.curves[leg][0].shape[1] - 1) / plan.curves[leg][1][piece]
    _move(plan, case, (leg, piece, end), log_uniform(rng, 0.002, 20.0) / per_m, rng)
    return True


def acceleration_jumps(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The third control point moved by so much that the acceleration at the joint jumps by 0.02 m/s² or more."""
    leg = rng.choice((1, 5))
    piece, end = rng.randrange(len(plan.curves[leg][0])), rng.choice((2, -3))
    degree = plan.curves[leg][0].shape[1] - 1
    per_m = degree * (degree - 1) / plan.curves[leg][1][piece] ** 2
    _move(plan, case, (leg, piece, end), log_uniform(rng, 0.02, 20.0) / per_m, rng)
    return True


def _move(plan: SoundPlan, case: Case, place: tuple[int, int, int], size_m: float, rng: random.Random) -> None:
    """One control point, alike in degrees and in metres."""
    leg, piece, point = place
    written = case.document["legs"][leg]["segments"][piece]
    angle = rng.uniform(0, 2 * math.pi)
    east_m, north_m = written["control_points_enu_m"][point]
    east_m, north_m = east_m + size_m * math.cos(angle), north_m + size_m * math.sin(angle)
    written["control_points_enu_m"][point] = [east_m, north_m]
    position = plan.frame.to_geodetic(east_m, north_m)
    written["control_points_deg"][point] = [position.longitude_deg, position.latitude_deg]


def vertical_too_fast(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A climb or descent in less time than its speed allows."""
    leg = case.document["legs"][rng.choice((0, 2, 4, 6))]
    if abs(leg["end_height_home_m"] - leg["start_height_home_m"]) < 1.0:
        return False
    leg["duration_s"] *= rng.uniform(0.2, 0.999)
    retotal(case)
    return True


def drop_hold_shortened(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """No time to look and release."""
    case.document["legs"][3]["duration_s"] *= rng.uniform(0.01, 0.999)
    retotal(case)
    return True


def total_time_wrong(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Duration, or time to the drop, by 2 ms to 1,000 s."""
    case.document[rng.choice(("duration_s", "time_to_drop_s"))] += rng.choice((-1, 1)) * log_uniform(rng, 0.002, 1e3)
    return True


def leg_energy_wrong(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Energy of a leg lowered or raised by 0.5 to 90 %, all sums right."""
    leg = rng.choice(case.document["legs"])
    leg["energy_j"] *= 1 + rng.choice((-1, 1)) * log_uniform(rng, 0.005, 0.9)
    retotal(case)
    return True


def total_energy_wrong(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Total or reserve by 2 J to 1 MJ."""
    case.document[rng.choice(("energy_j", "reserve_j"))] += rng.choice((-1, 1)) * log_uniform(rng, 2.0, 1e6)
    return True


def battery_too_low(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The battery that is on board does not come home with the reserve, in plan and request alike."""
    profile = plan.plan.request.profile
    enough_j = plan.plan.energy_j + profile.reserve_fraction * profile.battery_j
    battery_j = enough_j - plan.plan.energy_j * log_uniform(rng, 0.005, 0.99)
    case.document["battery_on_board_j"] = case.asked["battery_j"] = battery_j
    retotal(case)
    return True


def battery_more_than_full(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """More energy on board than the battery holds."""
    full_j = plan.plan.request.profile.battery_j
    case.document["battery_on_board_j"] = case.asked["battery_j"] = full_j * (1 + log_uniform(rng, 1e-4, 10.0))
    retotal(case)
    return True


def heavier_parcel(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A parcel 0.3 kg or more heavier than the energies were reckoned with, in plan and request alike."""
    payload_kg = plan.plan.request.payload_kg + rng.uniform(0.3, 3.0)
    case.document["payload_kg"] = case.asked["payload_kg"] = payload_kg
    return True


def larger_reserve(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """The reserve that must be left is larger than what is, in plan and request alike."""
    left = (plan.plan.reserve_j + 0.005 * plan.plan.energy_j) / plan.plan.request.profile.battery_j
    fraction = left * rng.uniform(1.0, 1.5)
    case.document["profile"]["reserve_fraction"] = case.asked["profile"]["reserve_fraction"] = fraction
    return True


def cruise_too_high(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A level leg above the site's ceiling, climbs and descents with it, in plan and request alike."""
    leg, name = rng.choice(((1, "outbound_height_m"), (5, "inbound_height_m")))
    height_m = case.site.max_height_m + log_uniform(rng, 0.02, 1_000.0)
    legs = case.document["legs"]
    for number, key in ((leg - 1, "end"), (leg, "start"), (leg, "end"), (leg + 1, "start")):
        legs[number][f"{key}_height_home_m"] = height_m
    case.asked[name] = height_m
    for number in (leg - 1, leg + 1):  # slow enough, so that only the height is wrong
        legs[number]["duration_s"] *= 20
    retotal(case)
    return True


def heights_do_not_join(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A leg begins or ends 2 cm to 100 m from where its neighbour does, or does not keep its height."""
    leg = rng.choice(case.document["legs"])
    leg[rng.choice(("start_height_home_m", "end_height_home_m"))] += rng.choice((-1, 1)) * log_uniform(rng, 0.02, 100.0)
    return True


def drop_at_another_height(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Descent, drop and climb meet at a height that is not the vehicle's drop height."""
    legs, shift_m = case.document["legs"], log_uniform(rng, 0.02, 30.0)
    for number, key in ((2, "end"), (3, "start"), (3, "end"), (4, "start")):
        legs[number][f"{key}_height_home_m"] += shift_m
    return True


def place_moved(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Pad or doorstep 10 cm to 50 km from where the curves end, in plan and request alike."""
    name, size_m, angle = rng.choice(("pad", "drop_off")), log_uniform(rng, 0.1, 50_000.0), rng.uniform(0, 2 * math.pi)
    place = case.asked[name]
    east_m, north_m = plan.frame.to_enu_m(Geodetic(place["latitude_deg"], place["longitude_deg"]))
    moved = plan.frame.to_geodetic(east_m + size_m * math.cos(angle), north_m + size_m * math.sin(angle))
    for holder in (case.document, case.asked):
        holder[name] = {"latitude_deg": moved.latitude_deg, "longitude_deg": moved.longitude_deg}
    return True


FLIGHT_FAULTS: dict[str, Fault] = {
    "leg flown faster": leg_flown_faster,
    "piece flown faster": piece_flown_faster,
    "weaker vehicle": weaker_vehicle,
    "stronger wind": stronger_wind,
    "storm": storm,
    "joint broken": joint_broken,
    "speed jumps": speed_jumps,
    "acceleration jumps": acceleration_jumps,
    "vertical too fast": vertical_too_fast,
    "drop hold shortened": drop_hold_shortened,
    "total time wrong": total_time_wrong,
    "energy of a leg wrong": leg_energy_wrong,
    "total energy wrong": total_energy_wrong,
    "battery too low": battery_too_low,
    "battery more than full": battery_more_than_full,
    "heavier parcel": heavier_parcel,
    "larger reserve": larger_reserve,
    "cruise too high": cruise_too_high,
    "heights do not join": heights_do_not_join,
    "drop at another height": drop_at_another_height,
    "place moved": place_moved,
}
