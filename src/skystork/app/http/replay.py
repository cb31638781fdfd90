"""Any past hour from the ledger: how the orders stood when it began, what happened, what was flown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from skystork.app.bus_header import rfc3339
from skystork.app.http.fleet_views import Place, place
from skystork.app.http.ledger_reads import EventView, event_view
from skystork.orders.book import OrderBook, OrderRecord
from skystork.orders.events import event_from_payload
from skystork.orders.order_state import OrderState
from skystork.shell.ledger_rows import LedgerRecord
from skystork.shell.store import LedgerReader
from skystork.shell.track_store import FlownPoint

MOST_EVENTS = 20_000
"""In one answer; a busier span is asked for in shorter ones."""


class OrderThen(msgspec.Struct, rename="camel"):
    """An order as it stood."""

    order_id: str
    status: OrderState
    destination: Place


class TrackPoint(msgspec.Struct, rename="camel", array_like=True):
    """Time since the start [s], latitude and longitude [deg], altitude [m AMSL], height above home [m]."""

    after_s: float
    latitude_deg: float
    longitude_deg: float
    altitude_amsl_m: float
    height_home_m: float


class FlownTrack(msgspec.Struct, rename="camel"):
    """What one vehicle flew."""

    vehicle_id: str
    flight_id: str
    points: tuple[TrackPoint, ...]


class Replay(msgspec.Struct, rename="camel"):
    """One span of time."""

    start: str
    until: str
    orders: tuple[OrderThen, ...]
    """Accepted and not ended when it began."""
    events: tuple[EventView, ...]
    tracks: tuple[FlownTrack, ...]
    whole: bool
    """Whether all events are here; else ask for a shorter span."""


def replay_of(
    reader: LedgerReader,
    records: Sequence[OrderRecord],
    points: Sequence[FlownPoint],
    start_s: float,
    until_s: float,
) -> Replay:
    """Read and fold; ``records`` are the orders as they stand now."""
    events = reader.span(start_s, until_s, 0, MOST_EVENTS + 1)
    open_then = [each for each in records if each.accepted_at_s < start_s and not _ended_before(each, start_s)]
    return Replay(
        start=rfc3339(start_s),
        until=rfc3339(until_s),
        orders=tuple(_then(each, reader, start_s) for each in open_then),
        events=tuple(map(event_view, events[:MOST_EVENTS])),
        tracks=tuple(_tracks(points, start_s)),
        whole=len(events) <= MOST_EVENTS,
    )


def _ended_before(record: OrderRecord, at_s: float) -> bool:
    return record.ended and record.changed_at_s < at_s


def _then(record: OrderRecord, reader: LedgerReader, at_s: float) -> OrderThen:
    """Its own events up to that moment, folded as the service folds them."""
    order_id, book = record.order.order_id, OrderBook()
    for each in _before(reader.of_order(order_id), at_s):
        book.apply(each.at_s, event_from_payload(each.kind, each.payload))
    then = book.order(order_id)
    return OrderThen(order_id, then.state, place(then.order.drop_off))


def _before(records: Sequence[LedgerRecord], at_s: float) -> Iterator[LedgerRecord]:
    return (record for record in records if record.at_s < at_s)


def _tracks(points: Sequence[FlownPoint], start_s: float) -> Iterator[FlownTrack]:
    flown: defaultdict[tuple[str, str], list[TrackPoint]] = defaultdict(list)
    for point in points:
        flown[point.vehicle_id, point.flight_id].append(
            TrackPoint(
                round(point.at_s - start_s, 1),
                round(point.latitude_deg, 7),
                round(point.longitude_deg, 7),
                round(point.altitude_amsl_m, 1),
                round(point.height_home_m, 1),
            )
        )
    return (FlownTrack(*key, tuple(track)) for key, track in flown.items())
