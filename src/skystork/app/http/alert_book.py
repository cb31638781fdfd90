"""What needs a person now, folded from the ledger: raised by one event, over with another."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from skystork.app.bus_header import rfc3339
from skystork.orders import events as e
from skystork.shell.ledger_rows import LedgerRecord

KINDS = (
    "ContingencyRaised", "ContingencyCleared", "VehicleOutOfService", "VehicleRestored", "ReleaseUnresolved",
    "ReleaseConfirmed", "ParcelStranded", "SettledByHand", "ZonesKept", "ZonesChanged", "FlightPhaseChanged",
)  # fmt: skip
"""Kinds of events that raise or end an alert."""


class AlertView(msgspec.Struct, rename="camel", omit_defaults=True):
    """One thing that needs a person."""

    alert_id: str
    rule: str
    since: str
    detail: str
    vehicle_id: str | None = None
    flight_id: str | None = None
    order_id: str | None = None
    action: str | None = None
    """What is done about it without a person."""


class AlertBook:
    """Alerts that are active."""

    def __init__(self) -> None:
        self._active: dict[str, AlertView] = {}

    def active(self) -> tuple[AlertView, ...]:
        """The oldest first."""
        return tuple(self._active.values())

    def replay(self, records: tuple[LedgerRecord, ...]) -> None:
        """Fold what was written before, oldest first."""
        for record in records:
            self.take(record.at_s, e.event_from_payload(record.kind, record.payload))

    def listen(self, at_s: float, event: e.Event) -> None:
        """A listener of the journal."""
        self.take(at_s, event)

    def take(self, at_s: float, event: e.Event) -> None:
        """Take one event in."""
        for alert_id in _ended(event, self._active):
            self._active.pop(alert_id, None)
        alert = _raised(event, rfc3339(at_s))
        if alert is not None:
            self._active[alert.alert_id] = alert


def _raised(event: e.Event, since: str) -> AlertView | None:
    match event:
        case e.ContingencyRaised():
            return AlertView(
                f"{event.flight_id}-{event.rule}", event.rule, since, event.detail, event.vehicle_id, event.flight_id,
                event.order_id, event.action,
            )  # fmt: skip
        case e.VehicleOutOfService():
            return AlertView(f"{event.vehicle_id}-OUT_OF_SERVICE", "OUT_OF_SERVICE", since, event.why, event.vehicle_id)
        case e.ReleaseUnresolved() | e.ParcelStranded():
            rule = "RELEASE_UNKNOWN" if isinstance(event, e.ReleaseUnresolved) else "PARCEL_STRANDED"
            text = "find out where its parcel is, and close the order"
            return AlertView(
                f"{event.order_id}-{rule}", rule, since, text, event.vehicle_id, event.flight_id, event.order_id
            )
        case e.ZonesKept():
            return AlertView("zones-ZONES_KEPT", "ZONES_KEPT", since, "; ".join(event.why))
    return None


def _ended(event: e.Event, active: dict[str, AlertView]) -> Iterator[str]:
    match event:
        case e.ContingencyCleared():
            yield f"{event.flight_id}-{event.rule}"
        case e.FlightPhaseChanged() if event.phase == "ended":
            yield from [name for name, alert in active.items() if alert.flight_id == event.flight_id and alert.action]
        case e.VehicleRestored():
            yield f"{event.vehicle_id}-OUT_OF_SERVICE"
        case e.ReleaseConfirmed():
            yield f"{event.order_id}-RELEASE_UNKNOWN"
        case e.SettledByHand() if event.order_id is not None and event.outcome == "finished":
            yield f"{event.order_id}-RELEASE_UNKNOWN"
            yield f"{event.order_id}-PARCEL_STRANDED"
        case e.ZonesChanged():
            yield "zones-ZONES_KEPT"
