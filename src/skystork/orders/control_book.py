"""What commands made of the site, folded from the ledger: paused or not, capacities, zones closed, ids used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from skystork.orders import control_events as ce
from skystork.orders.order import VehicleId

CommandKey = tuple[str, str]
"""Issuer and command id: ids are each issuer's own."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Why nothing new is started."""

    at_s: float
    issuer: str
    why: str
    grounded: bool


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """What is known of one command."""

    at_s: float
    issuer: str
    role: str
    via: str
    kind: str
    target: str
    content: str
    confirm_by_s: float | None = None
    """Set while a second person must agree."""
    status: str = ""
    """Empty until it is settled."""
    detail: str = ""

    def __str__(self) -> str:
        state = "awaits a second person" if self.confirm_by_s is not None else "is under way"
        return f"{self.kind} of {self.target}, {self.status.lower() + ': ' + self.detail if self.status else state}"


class ControlBook:
    """Fold of the control events; changed only by :meth:`apply`."""

    def __init__(self) -> None:
        self.commands: dict[CommandKey, CommandRecord] = {}
        self.pause: Pause | None = None
        self.flights_at_once: int | None = None
        """None: as many as there are drones."""
        self.payload_kg: dict[VehicleId, float] = {}
        """Of vehicles whose limit was lowered."""
        self.closed: dict[str, ce.ZoneClosed] = {}
        """Zones closed by command, by id."""
        self.uploaded: dict[str, ce.ZonesUploaded] = {}
        """Files of zones that were brought, by name."""
        self.owners: dict[str, str] = {}
        """Who has a matter of the attention queue, by its key."""

    def apply(self, at_s: float, event: ce.ControlEvent) -> None:
        """Take one event in."""
        match event:
            case ce.CommandProposed() | ce.CommandTaken() | ce.CommandSettled():
                self._note(at_s, event)
            case ce.DispatchPaused():
                grounded = event.grounded or (self.pause is not None and self.pause.grounded)
                self.pause = Pause(at_s, event.issuer, event.why, grounded)
            case ce.DispatchResumed():
                self.pause = None
            case ce.CapacitySet():
                self._limit(event)
            case ce.ZoneClosed():
                self.closed[event.zone_id] = event
            case ce.ZoneOpened():
                self.closed.pop(event.zone_id, None)
            case ce.ZonesUploaded():
                self.uploaded[event.zone_set] = event
            case ce.AlarmTaken():
                self.owners[event.alarm_key] = event.by
            case ce.AlarmOver():
                self.owners.pop(event.alarm_key, None)
            case ce.ZonesRemoved():
                self.uploaded.pop(event.zone_set, None)

    def proposed(self) -> Iterator[tuple[CommandKey, CommandRecord]]:
        """Commands that a second person has not agreed to."""
        return ((key, record) for key, record in self.commands.items() if record.confirm_by_s is not None)

    def unfinished(self) -> Iterator[tuple[CommandKey, CommandRecord]]:
        """Commands that were begun and not settled."""
        rows = self.commands.items()
        return ((key, record) for key, record in rows if not record.status and record.confirm_by_s is None)

    def zones_text(
        self,
        more: ce.ZoneClosed | None = None,
        without: str = "",
        *,
        brought: ce.ZonesUploaded | None = None,
        taken: str = "",
    ) -> str:
        """The zones closed by command and those uploaded as GeoJSON, with one more or without one; empty: none."""
        uploaded = {name: each for name, each in self.uploaded.items() if name != taken}
        if brought is not None:
            uploaded[brought.zone_set] = brought
        closed = {name: zone for name, zone in self.closed.items() if name != without}
        if more is not None:
            closed[more.zone_id] = more
        features = [json.loads(closed[name].feature) for name in sorted(closed)]
        features += [feature for name in sorted(uploaded) for feature in json.loads(uploaded[name].features)]
        if not features:
            return ""
        return json.dumps({"type": "FeatureCollection", "features": features}, sort_keys=True)

    def _note(self, at_s: float, event: ce.CommandProposed | ce.CommandTaken | ce.CommandSettled) -> None:
        key = (event.issuer, event.command_id)
        head = (at_s, event.issuer, event.role, event.via, event.kind, event.target)
        match event:
            case ce.CommandProposed():
                self.commands[key] = CommandRecord(*head, event.content, event.confirm_by_s)
            case ce.CommandTaken():
                self.commands[key] = CommandRecord(*head, event.content)
            case ce.CommandSettled() if event.uses_id:
                before = self.commands.get(key)
                content = before.content if before else ""
                self.commands[key] = CommandRecord(*head, content, None, event.status, event.detail)

    def _limit(self, event: ce.CapacitySet) -> None:
        if event.vehicle_id is None:
            self.flights_at_once = event.flights_at_once
        elif event.payload_kg is None:
            self.payload_kg.pop(event.vehicle_id, None)
        else:
            self.payload_kg[event.vehicle_id] = event.payload_kg
