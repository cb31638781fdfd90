"""What commands are about: whether it exists, in which version it is, and what the rule table asks of the moment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.app.launch_desk import LaunchDesk
from skystork.app.site import Site
from skystork.control import commands as c
from skystork.control.rules import Situation
from skystork.fleet.vehicle import Van
from skystork.flight.phase import AIRBORNE
from skystork.frames import distance_m
from skystork.orders.order import FlightId, OrderId, VehicleId

ON_PAD_M = 30.0
"""From a pad or rally point: down here is down there. As far as pads lie apart, and above the error of GNSS."""
VERSION_LETTERS = 12


class ControlTargets:
    """Looks; writes nothing."""

    def __init__(
        self, site: Callable[[], Site], desks: Sequence[DroneDesk], journal: Journal, launches: LaunchDesk
    ) -> None:
        self._site, self._journal, self._launches = site, journal, launches
        self.drones: Mapping[str, DroneDesk] = {desk.drone.vehicle_id: desk for desk in desks}
        self._of_vehicles: dict[str, tuple[list[object], str]] = {}
        """Facts and version of each when it was last asked for: the whole fleet is, every second."""
        on_road = (*site().vans, *(robot.as_van() for robot in site().robots))
        self.on_road: Mapping[str, Van] = {van.vehicle_id: van for van in on_road}
        """Vans, and robots."""

    def version_of(self, target: str) -> str | None:
        """Version of a target's state; None where there is no such target.

        The same state has the same version, so that a restart changes none.
        """
        kind, _, name = target.partition("/")
        looks = {"vehicle": self._vehicle, "order": self._order, "flight": self._flight, "zone": self._zone}
        facts = looks.get(kind, self._whole)(name)
        if facts is None:
            return None
        if kind != "vehicle":
            return _version(target, facts)
        known = self._of_vehicles.get(target)
        if known is None or known[0] != facts:
            known = self._of_vehicles[target] = facts, _version(target, facts)
        return known[1]

    def situation(self, command: c.Command) -> Situation:
        """What the rule table asks of the moment."""
        pause = self._journal.book.control.pause
        desk = self.drones.get(command.vehicle_id) if isinstance(command, c.VehicleCommand) else None
        return Situation(
            off_pad=desk is not None and self._is_off_pad(desk), grounded=pause is not None and pause.grounded
        )

    def in_the_air(self, desk: DroneDesk) -> bool:
        """Whether it flies one of our flights."""
        return desk.flight is not None and desk.flight.phase in AIRBORNE

    def _is_off_pad(self, desk: DroneDesk) -> bool:
        position = desk.state.position
        if position is None:
            return self.in_the_air(desk)
        places = (desk.drone.pad, *(rally.position for rally in self._site().rally_points))
        return self.in_the_air(desk) and min(distance_m(position, place) for place in places) > ON_PAD_M

    def _vehicle(self, name: str) -> list[object] | None:
        limit_kg = self._journal.book.control.payload_kg.get(VehicleId(name))
        if name in self.on_road:
            return [limit_kg]
        desk = self.drones.get(name)
        if desk is None:
            return None
        flight = desk.flight
        what = [flight.plan.request.flight_id, flight.phase] if flight else []
        return [desk.busy, desk.state.armed, desk.out_of_service, limit_kg, *what]

    def _order(self, name: str) -> list[object] | None:
        book = self._journal.book
        if OrderId(name) not in book:
            return None
        record = book.order(OrderId(name))
        return [record.state, record.vehicle_id, record.flight_id, record.road_only]

    def _flight(self, name: str) -> list[object] | None:
        record = self._journal.book.flights.get(FlightId(name))
        if record is None:
            return None
        waiting = next((each for each in self._launches.waiting() if each.flight_id == name), None)
        return [record.phase, record.plan_hash, waiting.authorisation.state if waiting else None]

    def _zone(self, name: str) -> list[object] | None:
        """Any zone may be closed; one that is not known has a version too, so that two do not close it twice."""
        closed = self._journal.book.control.closed.get(name)
        published = next((zone.zone_id for zone in self._site().zones.zones if zone.zone_id == name), None)
        return [published, closed.until_s if closed else None]

    def _whole(self, _: str) -> list[object] | None:
        control = self._journal.book.control
        pause = [control.pause.grounded, control.pause.at_s] if control.pause else None
        limits_kg = sorted(control.payload_kg.items())
        return [pause, control.flights_at_once, limits_kg, sorted(control.closed), self._site().zones.hash]


def _version(target: str, facts: list[object]) -> str:
    text = json.dumps([target, *facts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_LETTERS]
