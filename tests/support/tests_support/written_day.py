"""A ledger of a day that is over, written before a service opens it: one order flown and delivered, one that waits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from skystork.app.state_folder import StateFolder
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.order import FlightId, Mode, Order, OrderId, Parcel, VehicleId
from skystork.shell.ledger_rows import LedgerEntry
from skystork.shell.store import LedgerStore
from skystork.shell.track_store import FlownPoint, TrackStore

BEGAN_S = 1_795_255_200.0
"""2026-11-21 10:00 UTC."""
DOOR, OTHER_DOOR = Geodetic(54.5300, -1.5300), Geodetic(54.5250, -1.5200)
RELEASED_AT = Geodetic(54.53001, -1.53002)
FLOWN, VEHICLE, FLIGHT = OrderId("D-1"), VehicleId("LC-1"), FlightId("F-0001")
WAITS = OrderId("D-2")
PARCEL = Parcel(0.8, 0.2, 0.15, 0.1)


def after(minutes: float) -> float:
    """So long after ten o'clock [s since the Unix epoch]."""
    return BEGAN_S + 60.0 * minutes


def told(minutes: float) -> str:
    """The same as the API tells it."""
    return datetime.fromtimestamp(after(minutes), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


EVENTS: tuple[tuple[float, e.Event], ...] = (
    (0.0, e.OrderAccepted(FLOWN, Order(FLOWN, after(0), DOOR, PARCEL, "Ada"))),
    (0.0, e.OrderPlaced(FLOWN, "shop", "key-1", "0" * 64, "basket 1")),
    (0.1, e.PromiseMade(FLOWN, Mode.DRONE, after(30))),
    (1.0, e.OrderAssigned(FLOWN, FLIGHT, VEHICLE, after(8), 0.0, 4e5)),
    (1.5, e.FlightPlanned(FLIGHT, VEHICLE, FLOWN, "f" * 64, 600.0, 4e5, 4e6, 2000.0)),
    (3.0, e.FlightLaunched(FLIGHT, VEHICLE, FLOWN, 45.0)),
    (4.0, e.OrderAccepted(WAITS, Order(WAITS, after(4), OTHER_DOOR, PARCEL, "Bea", after(24 * 60 * 365 * 20)))),
    (4.0, e.OrderPlaced(WAITS, "other.shop", "key-2", "1" * 64, "basket 2")),
    (7.0, e.ReleaseRequested(FLOWN, FLIGHT, VEHICLE, 1)),
    (7.1, e.ReleaseConfirmed(FLOWN, FLIGHT, VEHICLE, "gripper", RELEASED_AT, 4.2)),
    (7.1, e.OrderDelivered(FLOWN, Mode.DRONE, VEHICLE, "gripper", FLIGHT)),
    (12.0, e.FlightLanded(FLIGHT, VEHICLE, Geodetic(54.5166, -1.5075), at_pad=True, flown_s=540.0, energy_j=4e5)),
    (13.0, e.FlightPhaseChanged(FLIGHT, VEHICLE, "ended")),
)


def write_day(folder: Path) -> None:
    """Write it into a state folder."""
    state = StateFolder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with LedgerStore.open(state.ledger) as ledger:
        ledger.append([_entry(after(minutes), event) for minutes, event in EVENTS])
    tracks = TrackStore.open(state.tracks)
    for second in range(540):
        north_deg = 0.0134 * min(second, 540 - second) / 270
        tracks.add(FlownPoint(FLIGHT, VEHICLE, after(3) + second, 54.5166 + north_deg, -1.5075, 125.0, 80.0))
    tracks.close()


def _entry(at_s: float, event: e.Event) -> LedgerEntry:
    names = (getattr(event, name, None) for name in ("order_id", "flight_id", "vehicle_id"))
    return LedgerEntry(type(event).__name__, at_s, e.event_payload(event), *names)
