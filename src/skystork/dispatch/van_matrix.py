"""The tables of OSRM and Valhalla: what to ask, and what of an answer can be believed.

OSRM 5 and 6, ``table`` service: ``code`` ``Ok``, ``durations`` [s] and ``distances`` [m] as rows of numbers, ``null``
where no road leads (Project-OSRM, docs/http.md). Valhalla 3, ``sources_to_targets``: rows of objects with ``time`` [s]
and ``distance``, in kilometres as asked, or, where ``verbose`` is false, ``durations`` and ``distances`` as rows; null
where no road leads (valhalla.github.io, api/matrix). A table of the wrong size, or with a negative or impossible
number, is refused whole: what else in it is wrong, nobody knows. A hole is kept as a hole, and its pair named.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skystork.dispatch.van_roads import Leg, PlaceKey, place_key
from skystork.errors import InvalidInput, Problem
from skystork.frames import Geodetic

BLOCK = 50
"""Places on each side of one question: 100 in all is OSRM's default ``--max-table-size``, 2,500 pairs Valhalla's
default ``max_matrix_location_pairs``."""
MOST_S, MOST_M = 7 * 86_400.0, 4.1e7
"""A week, and once round the Earth: more is no drive of a day but a mistake of a unit [s], [m]."""


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
    return f"/table/v1/{profile}/{places}?sources={rows}&destinations={columns}&annotations=duration,distance"


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
    return {"lat": round(place.latitude_deg, 6), "lon": round(place.longitude_deg, 6)}


def read_osrm(body: bytes, sources: Sequence[Geodetic], targets: Sequence[Geodetic]) -> MatrixAnswer:
    """Read OSRM's answer; raises InvalidInput for one that cannot be used."""
    message = _message(body, "OSRM")
    if message.get("code") != "Ok":
        said = f"{message.get('code')}: {message.get('message', 'no message')}"
        raise _refused("OSRM code", "the router refused", said, "Ok", "See its log, and the map it was given.")
    for name in ("durations", "distances"):
        if name not in message:
            remedy = "OSRM gives distances from version 5.20 on (annotations=duration,distance)."
            raise _refused(f"OSRM {name}", "missing", "nothing", "rows of numbers", remedy)
    return _answer(
        "OSRM", message["durations"], message["distances"], metres_per_unit=1.0, sources=sources, targets=targets
    )


def read_valhalla(
    body: bytes | Mapping[str, Any], sources: Sequence[Geodetic], targets: Sequence[Geodetic]
) -> MatrixAnswer:
    """Read Valhalla's answer, terse or not; raises InvalidInput for one that cannot be used."""
    message = _message(body, "Valhalla") if isinstance(body, bytes) else body
    if "error" in message:
        said = f"{message.get('error_code')}: {message.get('error')}"
        raise _refused("Valhalla error", "the router refused", said, "no error", "See its log, and its tiles.")
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
) -> MatrixAnswer:
    times = _rows(f"{who} durations", durations, len(sources), len(targets))
    lengths = _rows(f"{who} distances", distances, len(sources), len(targets))
    legs, holes = dict[tuple[PlaceKey, PlaceKey], Leg](), list[tuple[Geodetic, Geodetic]]()
    for row, source in enumerate(sources):
        for column, target in enumerate(targets):
            time, length = times[row][column], lengths[row][column]
            if time is None or length is None:
                holes.append((source, target))
                continue
            where = f"[{row}][{column}]"
            duration_s = _number(f"{who} durations{where}", time, 1.0, MOST_S, "s")
            length_m = _number(f"{who} distances{where}", length, metres_per_unit, MOST_M, "m")
            legs[place_key(source), place_key(target)] = Leg(length_m, duration_s)
    return MatrixAnswer(legs, tuple(holes))


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
