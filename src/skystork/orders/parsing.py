"""Order files, JSON Lines and CSV: every line read, every field checked, all complaints told at once.

All or nothing: one bad line and no order of the file is taken. The position check needs the depot: a drop-off far
from it is refused, and when the swapped coordinates would be near, the message says so.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from skystork.errors import InvalidInput, Problem
from skystork.frames import Geodetic, distance_m
from skystork.json_keys import unique_keys
from skystork.orders.fields import (
    Complaint,
    FieldError,
    read_angle_deg,
    read_hazard,
    read_identifier,
    read_side_m,
    read_text,
    read_time_s,
    read_weight_kg,
)
from skystork.orders.order import Hazard, Order, OrderId, Parcel

FARTHEST_DROP_OFF_M = 150_000.0
"""No van leaves a depot for a drop-off beyond a day's round; farther is a mistake of coordinates."""
FARTHEST_AHEAD_S = 31 * 86_400.0
"""Nobody books a delivery more than a month ahead; later is a mistake of the date [s]."""
DEEPEST_NESTING = 32
_READERS: Mapping[str, Callable[[object], object]] = {
    "order_id": read_identifier,
    "placed_at": read_time_s,
    "latitude_deg": partial(read_angle_deg, bound_deg=90.0, name="latitude"),
    "longitude_deg": partial(read_angle_deg, bound_deg=180.0, name="longitude"),
    "weight_kg": read_weight_kg,
    "length_m": read_side_m,
    "width_m": read_side_m,
    "height_m": read_side_m,
    "hazard": read_hazard,
    "recipient": read_text,
    "deliver_by": read_time_s,
    "deliver_from": read_time_s,
    "ready_at": read_time_s,
}
_OPTIONAL: Mapping[str, object] = {
    "hazard": Hazard.NONE,
    "recipient": "",
    "deliver_by": None,
    "deliver_from": None,
    "ready_at": None,
}
FIELDS = tuple(_READERS)
"""Names of the fields of an order line, in file order."""


def read_orders(text: str, *, name: str, depot: Geodetic) -> tuple[Order, ...]:
    """Read an order file.

    Parameters
    ----------
    text
        The whole file.
    name
        File name for the messages; ``.csv`` is read as CSV with a header line, anything else as JSON Lines.
    depot
        Where the orders leave from.

    Raises
    ------
    InvalidInput
        With every problem of the file; no order is returned then.
    """
    problems: list[Problem] = []
    rows = _csv_rows(text, name, problems) if name.lower().endswith(".csv") else _json_rows(text, name, problems)
    orders = [order for where, row in rows if (order := _read_row(row, where, depot, problems))]
    problems.extend(_repeated(orders, name))
    if not orders and not problems:
        problems.append(Problem(name, "no order in the file", "nothing", "one order a line", "Check the file."))
    if problems:
        raise InvalidInput(tuple(problems))
    return tuple(orders)


def read_order(row: Mapping[str, object], *, where: str, depot: Geodetic) -> Order:
    """Read one order from a mapping of field names to values; raises :class:`InvalidInput`."""
    problems: list[Problem] = []
    order = _read_row(row, where, depot, problems)
    if order is None:
        raise InvalidInput(tuple(problems))
    return order


def hold_to_site(order: Order, where: str, depot: Geodetic) -> None:
    """Refuse an order that no vehicle of the depot could serve at any time; raises :class:`InvalidInput`."""
    problems = tuple(_implausible(order, where, depot))
    if problems:
        raise InvalidInput(problems)


def _json_rows(text: str, name: str, problems: list[Problem]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            row = _load_object(line)
        except (ValueError, RecursionError) as error:
            problems.append(
                Problem(where, f"not a JSON object: {error}", line[:80], "one JSON object a line", "Mend this line.")
            )
            continue
        yield where, row


def _load_object(line: str) -> Mapping[str, object]:
    if line.count("[") + line.count("{") > DEEPEST_NESTING:
        raise ValueError(f"nested deeper than {DEEPEST_NESTING}")
    row = json.loads(line, object_pairs_hook=unique_keys, parse_int=_short_int)
    if not isinstance(row, dict):
        raise ValueError(f"it is a {type(row).__name__}")
    return row


def _short_int(digits: str) -> float:
    return float(digits) if len(digits) > 18 else int(digits)


def _csv_rows(text: str, name: str, problems: list[Problem]) -> Iterator[tuple[str, Mapping[str, object]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            where = f"{name}:{reader.line_num}"
            if None in row or None in row.values():
                problems.append(
                    Problem(
                        where,
                        "wrong number of columns",
                        str(len(row)),
                        f"{len(reader.fieldnames or ())}, as in the header line",
                        "Mend this line; quote texts that hold a comma.",
                    )
                )
                continue
            yield where, {key: value for key, value in row.items() if value != "" or key not in _OPTIONAL}
    except csv.Error as error:
        where = f"{name}:{reader.line_num}"
        problems.append(Problem(where, f"not CSV: {error}", "this line", "RFC 4180", "Mend the quotes of this line."))


def _read_row(row: Mapping[str, object], where: str, depot: Geodetic, problems: list[Problem]) -> Order | None:
    before = len(problems)
    problems.extend(_unknown_fields(row, where))
    values: dict[str, Any] = {}  # each as its reader gives it
    for field, reader in _READERS.items():
        if field not in row:
            if field in _OPTIONAL:
                values[field] = _OPTIONAL[field]
            else:
                problems.append(Problem(f"{where} {field}", "field missing", "nothing", "required", "Add it."))
            continue
        try:
            values[field] = reader(row[field])
        except FieldError as error:
            problems.append(_problem(f"{where} {field}", error.complaint, row[field]))
    if len(problems) > before:
        return None
    order = _build(values)
    problems.extend(_implausible(order, where, depot))
    return order if len(problems) == before else None


def _problem(where: str, complaint: Complaint, seen: object) -> Problem:
    return Problem(where, complaint.what, repr(seen)[:80], complaint.limit, complaint.remedy)


def _unknown_fields(row: Mapping[str, object], where: str) -> Iterator[Problem]:
    for field in row:
        if field not in _READERS:
            near = difflib.get_close_matches(field, FIELDS, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Remove it."
            yield Problem(f"{where} {field}"[:160], "unknown field", repr(row[field])[:80], ", ".join(FIELDS), remedy)


def _build(values: Mapping[str, Any]) -> Order:
    parcel = Parcel(*(values[side] for side in ("weight_kg", "length_m", "width_m", "height_m", "hazard")))
    drop_off = Geodetic(values["latitude_deg"], values["longitude_deg"])
    return Order(
        order_id=OrderId(str(values["order_id"])),
        placed_at_s=values["placed_at"],
        drop_off=drop_off,
        parcel=parcel,
        recipient=str(values["recipient"]),
        deliver_by_s=values["deliver_by"],
        deliver_from_s=values["deliver_from"],
        ready_at_s=values["ready_at"],
    )


def _implausible(order: Order, where: str, depot: Geodetic) -> Iterator[Problem]:
    here = order.drop_off
    away_m = distance_m(depot, here)
    if away_m > FARTHEST_DROP_OFF_M:
        yield _far_away(here, away_m, where, depot)
    if order.deliver_by_s is not None and order.deliver_by_s <= order.placed_at_s:
        yield Problem(
            f"{where} deliver_by",
            "not after placed_at",
            f"{order.deliver_by_s - order.placed_at_s:.0f} s after it",
            "later than placed_at",
            "Correct the deadline or its offset.",
        )
    begins = {"deliver_from": order.deliver_from_s, "ready_at": order.ready_at_s}
    for field, begins_s in begins.items():
        if begins_s is not None:
            yield from _no_beginning(order, f"{where} {field}", begins_s)


def _no_beginning(order: Order, where: str, begins_s: float) -> Iterator[Problem]:
    """What makes a window, or a time at which the parcel is there, one that nobody can mean."""
    if not 0.0 <= begins_s <= order.placed_at_s + FARTHEST_AHEAD_S:
        limit = f"after 1970, at most {FARTHEST_AHEAD_S / 86_400.0:g} days after placed_at"
        seen = f"{(begins_s - order.placed_at_s) / 86_400.0:.0f} days after it"
        yield Problem(where, "no time that an order can begin at", seen, limit, "Correct the date.")
    elif order.deliver_by_s is not None and begins_s >= order.deliver_by_s:
        seen = f"{begins_s - order.deliver_by_s:.0f} s after it"
        remedy = "Correct this time, the deadline, or their offsets."
        yield Problem(where, "not before deliver_by", seen, "earlier than deliver_by", remedy)


def _far_away(here: Geodetic, away_m: float, where: str, depot: Geodetic) -> Problem:
    swapped_near = (
        abs(here.longitude_deg) <= 90
        and distance_m(depot, Geodetic(here.longitude_deg, here.latitude_deg)) <= FARTHEST_DROP_OFF_M
    )
    remedy = "Did you swap latitude and longitude?" if swapped_near else "Check the coordinates."
    return Problem(
        f"{where} latitude_deg, longitude_deg",
        f"drop-off is {away_m / 1000:,.0f} km from the depot",
        f"{here.latitude_deg:g}, {here.longitude_deg:g}",
        f"at most {FARTHEST_DROP_OFF_M / 1000:g} km",
        remedy,
    )


def _repeated(orders: Iterable[Order], name: str) -> Iterator[Problem]:
    seen: set[OrderId] = set()
    for order in orders:
        if order.order_id in seen:
            yield Problem(f"{name} order_id", "the same order twice", order.order_id, "each order once", "Rename one.")
        seen.add(order.order_id)
