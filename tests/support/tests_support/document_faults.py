"""Faults of the document itself: each changes a sound plan so that it breaks a rule for certain.

A fault gets the sound plan, a copy of what the check is given, and a seeded generator. It returns whether it did its
harm; where a plan gives no occasion for it (nothing to shorten, no limit within reach), it says so and is not counted.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests_support.sound_plans import Case, SoundPlan

NOT_CHECKED = {"separation"}
"""What is no property of the flight itself: which remedy against other flights was the cheapest."""
Fault = Callable[[SoundPlan, Case, random.Random], bool]
Place = tuple[str | int, ...]

SMALLEST_M = 0.002
"""Faults of place begin at 2 mm: the check's tolerance is 1 mm."""
_UNITS = (0.3048, 3.28084, 3.6, 1 / 3.6, 1000.0, 0.001, 60.0, 1 / 60, 57.29578, 0.01745329, 9.80665, 0.45359)
_NOT_NUMBERS: tuple[Any, ...] = (math.nan, math.inf, -math.inf, None, "7", True, [], {})


def leaves(part: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value of a document and where it stands."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else None
    if items is None:
        yield place, part
        return
    for key, value in items:
        yield from leaves(value, (*place, key))


def holder(document: Any, place: Place) -> Any:
    """What a value stands in."""
    for key in place[:-1]:
        document = document[key]
    return document


def put(case: Case, place: Place, value: Any) -> bool:
    """Write a value over another."""
    holder(case.document, place)[place[-1]] = value
    return True


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    """Small sizes as often as large ones."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _random_leaf(case: Case, rng: random.Random, accept: Callable[[Place, Any], bool]) -> tuple[Place, Any]:
    """A leaf, all parts of the document equally often: not nine of ten times a control point."""
    while True:
        part: Any = case.document
        place: Place = ()
        while isinstance(part, dict | list) and part:
            key = rng.choice(list(part)) if isinstance(part, dict) else rng.randrange(len(part))
            part, place = part[key], (*place, key)
        if not isinstance(part, dict | list) and place[0] not in NOT_CHECKED and accept(place, part):
            return place, part


def _counts(place: Place, value: Any) -> bool:
    """A number whose change is a fault: large enough to be changed, and none that may well be wider."""
    return _is_number(value) and abs(value) > 0.2 and place != ("margin_m",) and place[0] != "fence"


def number_changed(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Any number of the document, by 1 % to 100 %."""
    place, value = _random_leaf(case, rng, _counts)
    return put(case, place, value * (1 + rng.choice((-1, 1)) * log_uniform(rng, 0.01, 1.0)))


def units_mistaken(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Any number of the document in another unit."""
    place, value = _random_leaf(case, rng, _counts)
    return put(case, place, value * rng.choice(_UNITS))


def sign_flipped(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Any number of the document."""
    place, value = _random_leaf(
        case, rng, lambda at, value: _is_number(value) and abs(value) > 0.1 and at[0] != "fence"
    )
    return put(case, place, -value)


def not_a_number(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """NaN, infinity, null, a word, a truth value or a list where a number belongs."""
    place, value = _random_leaf(case, rng, lambda _, value: _is_number(value))
    return put(case, place, rng.choice([bad for bad in _NOT_NUMBERS if bad != value or bad is True]))


def word_changed(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Any name or hash of the document."""
    place, value = _random_leaf(case, rng, lambda _, value: isinstance(value, str) and value != "")
    at = rng.randrange(len(value))
    return put(case, place, value[:at] + ("x" if value[at] != "x" else "y") + value[at + 1 :])


def part_missing(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Any key or list entry taken out, whole branches too; of the fence as a whole, which may do with fewer corners."""
    place, _value = _random_leaf(case, rng, lambda *_: True)
    place = place[: 1 if place[0] == "fence" else rng.randint(1, len(place))]
    del holder(case.document, place)[place[-1]]
    return True


def axes_exchanged(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Latitude for longitude in a place, or east for north in all control points of a piece."""
    name = rng.choice(("pad", "drop_off", "start", "origin", "piece"))
    if name != "piece":
        place = case.document[name]
        place["latitude_deg"], place["longitude_deg"] = place["longitude_deg"], place["latitude_deg"]
        return True
    written = rng.choice(case.document["legs"][rng.choice((1, 5))]["segments"])
    key = rng.choice(("control_points_enu_m", "control_points_deg"))
    written[key] = [point[::-1] for point in written[key]]
    return True


def metres_and_degrees_apart(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One control point moved in metres and not in degrees, by 2 mm to 1 km."""
    written = rng.choice(case.document["legs"][rng.choice((1, 5))]["segments"])
    point = rng.choice(written["control_points_enu_m"])
    size_m, angle = log_uniform(rng, SMALLEST_M, 1_000.0), rng.uniform(0, 2 * math.pi)
    point[0] += size_m * math.cos(angle)
    point[1] += size_m * math.sin(angle)
    return True


def leg_missing(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One leg dropped."""
    del case.document["legs"][rng.randrange(7)]
    return True


def leg_doubled(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One leg written twice."""
    legs = case.document["legs"]
    legs.insert(rng.randrange(8), rng.choice(legs))
    return True


def legs_reordered(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Two legs exchanged."""
    legs = case.document["legs"]
    one, other = rng.sample(range(7), 2)
    legs[one], legs[other] = legs[other], legs[one]
    return True


def leg_renamed(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """A leg under the name of another."""
    one, other = rng.sample(range(7), 2)
    return put(case, ("legs", one, "name"), case.document["legs"][other]["name"])


def level_legs_exchanged(_: SoundPlan, case: Case, __: random.Random) -> bool:
    """The curve of the way home on the way out, and the other way round."""
    legs = case.document["legs"]
    legs[1]["segments"], legs[5]["segments"] = legs[5]["segments"], legs[1]["segments"]
    return True


def piece_missing(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One piece of a curve dropped."""
    pieces = case.document["legs"][rng.choice((1, 5))]["segments"]
    del pieces[rng.randrange(len(pieces))]
    return True


def pieces_reordered(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Two pieces of a curve exchanged."""
    pieces = case.document["legs"][rng.choice((1, 5))]["segments"]
    if len(pieces) < 2:
        return False
    one, other = rng.sample(range(len(pieces)), 2)
    pieces[one], pieces[other] = pieces[other], pieces[one]
    return True


def piece_reversed(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """One piece flown backwards."""
    leg = rng.choice((1, 5))
    piece = rng.randrange(len(plan.curves[leg][0]))
    points = plan.curves[leg][0][piece]
    written = case.document["legs"][leg]["segments"][piece]
    for key in ("control_points_enu_m", "control_points_deg"):
        written[key].reverse()
    return bool(math.dist(points[0], points[-1]) > 0.1)


def another_flights_document(plan: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Every number right, but asked was another flight: other order, other vehicle, other flight, other time."""
    name = rng.choice(("flight_id", "order_id", "vehicle_id"))
    if rng.random() < 0.3:
        case.asked["departs_at_s"] += rng.choice((-1, 1)) * log_uniform(rng, 0.01, 1e5)
    else:
        case.asked[name] += rng.choice(("0", "x", " "))
    return True


def stale_zone_hash(_: SoundPlan, case: Case, rng: random.Random) -> bool:
    """Planned against a zone set that is no longer the one in force."""
    letters = list(case.document["zone_set_hash"])
    at = rng.randrange(len(letters))
    letters[at] = "0" if letters[at] != "0" else "1"
    return put(case, ("zone_set_hash",), rng.choice(("", "".join(letters), letters[0])))


DOCUMENT_FAULTS: dict[str, Fault] = {
    "number changed": number_changed,
    "units mistaken": units_mistaken,
    "sign flipped": sign_flipped,
    "not a number": not_a_number,
    "word changed": word_changed,
    "part missing": part_missing,
    "latitude and longitude exchanged": axes_exchanged,
    "metres and degrees apart": metres_and_degrees_apart,
    "leg missing": leg_missing,
    "leg doubled": leg_doubled,
    "legs reordered": legs_reordered,
    "leg renamed": leg_renamed,
    "ways out and home exchanged": level_legs_exchanged,
    "piece missing": piece_missing,
    "pieces reordered": pieces_reordered,
    "piece reversed": piece_reversed,
    "document of another flight": another_flights_document,
    "stale zone hash": stale_zone_hash,
}
