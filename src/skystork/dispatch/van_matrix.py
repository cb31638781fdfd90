"""The tables of OSRM and Valhalla: what to ask, and what of an answer can be believed.

OSRM 5 and 6, ``table`` service: ``code`` ``Ok``, ``durations`` [s] and ``distances`` [m] as rows of numbers, ``null``
where no road leads (Project-OSRM, docs/http.md). Valhalla 3, ``sources_to_targets``: rows of objects with ``time`` [s]
and ``distance``, in kilometres as asked, or, where ``verbose`` is false, ``durations`` and ``distances`` as rows; null
where no road leads (valhalla.github.io, api/matrix). A table of the wrong size, or with a negative or impossible
number, is refused whole: what else in it is wrong, nobody knows. A hole is kept as a hole, and its pair named.

Both routers move a place to the nearest road, however far that is: OSRM 26.10 gave 8 km to a place that lay 90 km away,
Valhalla 3.9 3 km to a farm 9 km away. So Valhalla is told how far it may look, and of OSRM's answer it is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skystork.dispatch.van_roads import Leg, PlaceKey, place_key
from skystork.errors import InvalidInput, Problem
from skystork.frames import Geodetic, distance_m

BLOCK = 50
"""Places on each side of one question: 100 in all is OSRM's default ``--max-table-size``, 2,500 pairs Valhalla's
default ``max_matrix_location_pairs``."""
OFF_ROAD_M = 1_000.0
"""A place farther than this from every road of the map is on none of them [m]; the way to a farm is shorter."""
LEAST_M = -500.0
"""OSRM's lengths between places of one street may be below zero, one in a thousand, while the times are right: -1.1 m
with 26.10.0 on a made town, -87 m in its issues 5106 and 5855 (the second is open). The straight line stands in."""
MOST_S, MOST_M = 7 * 86_400.0, 4.1e7
"""A week, and once round the Earth: more is no drive of a day but a mistake of a unit [s], [m]."""


class RouterRefused(InvalidInput):
    """The router is there and gives no table: one place of the question may be the reason, or the question itself."""


@dataclass(frozen=True, slots=True)
class MatrixAnswer:
    """What a router said of some sources and targets."""

    legs: Mapping[tuple[PlaceKey, PlaceKey], Leg]
    holes: tuple[tuple[Geodetic, Geodetic], ...]
    """Pairs between which it knows no road."""


def osrm_path(sources: Sequence[Geodetic], targets: Sequence[Geodetic], profile: str) -> str:
    """The question to OSRM, to be put behind its address."""
    places = ";".join(f"{place.longitude_deg:.6f},{place.latitude_deg:.6f}" for place in (*sources, *targets))
    rows = ";".join(map(str, range(len(sources))))
    columns = ";".join(map(str, range(len(sources), len(sources) + len(targets))))
    more = "annotations=duration,distance&generate_hints=false"
    return f"/table/v1/{profile}/{places}?sources={rows}&destinations={columns}&{more}"


def valhalla_request(sources: Sequence[Geodetic], targets: Sequence[Geodetic], costing: str) -> dict[str, Any]:
    """The question to Valhalla: the body of a POST, or the argument of the embedded one."""
    return {
        "sources": [_place(place) for place in sources],
        "targets": [_place(place) for place in targets],
        "costing": costing,
        "units": "kilometers",
        "verbose": False,
    }


def _place(place: Geodetic) -> dict[str, float]:
    """As Valhalla wants it, which then looks no farther for a road (``search_cutoff``, 35 km by default)."""
    return {"lat": round(place.latitude_deg, 6), "lon": round(place.longitude_deg, 6), "search_cutoff": OFF_ROAD_M}


def read_osrm(body: bytes, sources: Sequence[Geodetic], targets: Sequence[Geodetic]) -> MatrixAnswer:
    """Read OSRM's answer; raises InvalidInput for one that cannot be used, RouterRefused where there is no table."""
    message = _message(body, "OSRM")
    if message.get("code") != "Ok":
        said = f"{message.get('code')}: {message.get('message', 'no message')}"
        remedy = "See its log, and the map it was given."
        raise RouterRefused((Problem("OSRM code", "the router refused", said, "Ok", remedy),))
    for name in ("durations", "distances"):
        if name not in message:
            remedy = "OSRM gives distances from version 5.20 on (annotations=duration,distance)."
            raise _refused(f"OSRM {name}", "missing", "nothing", "rows of numbers", remedy)
    return _answer(
        "OSRM",
        message["durations"],
        message["distances"],
        metres_per_unit=1.0,
        sources=sources,
        targets=targets,
        off_road=(_off_road(message.get("sources")), _off_road(message.get("destinations"))),
    )


def _off_road(waypoints: object) -> frozenset[int]:
    """The places that OSRM had to move farther than they can be from their road, by number."""
    listed = enumerate(waypoints) if isinstance(waypoints, list) else ()
    moved_m = {number: each.get("distance") for number, each in listed if isinstance(each, Mapping)}
    return frozenset(n for n, moved in moved_m.items() if isinstance(moved, int | float) and moved > OFF_ROAD_M)


def read_valhalla(
    body: bytes | Mapping[str, Any], sources: Sequence[Geodetic], targets: Sequence[Geodetic]
) -> MatrixAnswer:
    """Read Valhalla's answer, terse or not; raises as :func:`read_osrm` does."""
    message = _message(body, "Valhalla") if isinstance(body, bytes) else body
    if "error" in message:
        said = f"{message.get('error_code')}: {message.get('error')}"
        remedy = "See its log, and whether its tiles cover the site."
        raise RouterRefused((Problem("Valhalla error", "the router refused", said, "no error", remedy),))
    table = message.get("sources_to_targets")
    if isinstance(table, Mapping):
        times, lengths = table.get("durations"), table.get("distances")
    else:
        rows = table if isinstance(table, list) else [None]
        times = [[_member(cell, "time") for cell in row] if isinstance(row, list) else row for row in rows]
        lengths = [[_member(cell, "distance") for cell in row] if isinstance(row, list) else row for row in rows]
    unit_m = 1_609.344 if message.get("units") in {"miles", "mi"} else 1_000.0
    return _answer("Valhalla", times, lengths, metres_per_unit=unit_m, sources=sources, targets=targets)


def _member(cell: object, name: str) -> object:
    return cell.get(name) if isinstance(cell, Mapping) else cell


def _message(body: bytes, who: str) -> Mapping[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        remedy = "See whether the address is that of the router."
        raise _refused(f"{who} answer", "not JSON", repr(body[:60]), "a JSON object", remedy) from error
    if not isinstance(message, Mapping):
        raise _refused(f"{who} answer", "not an object", str(message)[:60], "a JSON object", "See the address.")
    return message


def _answer(
    who: str,
    durations: object,
    distances: object,
    *,
    metres_per_unit: float,
    sources: Sequence[Geodetic],
    targets: Sequence[Geodetic],
    off_road: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset()),
) -> MatrixAnswer:
    times = _rows(f"{who} durations", durations, len(sources), len(targets))
    lengths = _rows(f"{who} distances", distances, len(sources), len(targets))
    legs, holes = dict[tuple[PlaceKey, PlaceKey], Leg](), list[tuple[Geodetic, Geodetic]]()
    for row, source in enumerate(sources):
        for column, target in enumerate(targets):
            time, length = times[row][column], lengths[row][column]
            if time is None or length is None or row in off_road[0] or column in off_road[1]:
                holes.append((source, target))
                continue
            where = f"[{row}][{column}]"
            duration_s = _number(f"{who} durations{where}", time, 1.0, MOST_S, "s")
            if _is_below_zero(length, metres_per_unit):
                length = distance_m(source, target) / metres_per_unit
            length_m = _number(f"{who} distances{where}", length, metres_per_unit, MOST_M, "m")
            legs[place_key(source), place_key(target)] = Leg(length_m, duration_s)
    return MatrixAnswer(legs, tuple(holes))


def _is_below_zero(length: object, unit_m: float) -> bool:
    """Whether it is one of those lengths that OSRM is known for."""
    return isinstance(length, int | float) and LEAST_M <= length * unit_m < 0.0


def _rows(where: str, table: object, rows: int, columns: int) -> list[list[Any]]:
    """The table, if it has the size asked for."""
    if not isinstance(table, list) or not all(isinstance(row, list) for row in table):
        raise _refused(
            where, "not rows of numbers", str(table)[:60], f"{rows} x {columns}", "See the router's version."
        )
    sizes = {len(row) for row in table}
    if len(table) != rows or sizes - {columns}:
        seen = f"{len(table)} x {', '.join(map(str, sorted(sizes)))}"
        raise _refused(where, "the wrong size", seen, f"{rows} x {columns}", "Ask the router again.")
    return table


def _number(where: str, value: object, unit: float, most: float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refused(where, "no number", str(value)[:60], f"0 to {most:g} {name}", "See the router's version.")
    if not 0.0 <= value * unit <= most:
        what = "a negative value" if value < 0 else "more than any drive"
        raise _refused(where, what, f"{value * unit:g} {name}", f"0 to {most:g} {name}", "Mend the router's data.")
    return value * unit


def _refused(where: str, what: str, seen: str, limit: str, remedy: str) -> InvalidInput:
    return InvalidInput((Problem(where, what, seen, limit, remedy),))
