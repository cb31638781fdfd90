"""Pads that something closed is too near to: the drone that stands there stays, and every other goes on flying.

Whether a flight may begin at a pad is a matter of the pad, of how much room that type of aircraft keeps, and of the
zones of the hour. Asked of an order it would be met at each take-off anew, and would cost the order its flight.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from skystork.app.drone_desk import DroneDesk
from skystork.app.site import Site
from skystork.fleet.vehicle import Drone
from skystork.orders.order import VehicleId
from skystork.orders.reasons import Reason
from skystork.planning.planner import Planner

log = logging.getLogger("skystork")

LOOK_S = 60.0
"""Between two looks where no zone changed by a file or by command: zones open and close by the hour too."""


def shut_pads(site: Site, planner: Planner, at_s: float) -> Iterator[tuple[VehicleId, tuple[Reason, ...]]]:
    """Drones that cannot leave their pads, or not come back, in any layer of the site, each with why.

    Parameters
    ----------
    at_s
        When a flight would leave [s since the Unix epoch].
    """
    ways = (site.flight.outbound_layers, site.flight.inbound_layers)
    for _, alike in groupby(sorted(site.drones, key=_profile_name), _profile_name):
        drones = tuple(alike)
        found = [_shut_at(planner, drones, heights_m, at_s) for heights_m in ways]
        for index, drone in enumerate(drones):
            reasons = dict.fromkeys(reason for way in found for reason in way[index])
            if reasons:
                yield drone.vehicle_id, tuple(reasons)


def _shut_at(
    planner: Planner, drones: Sequence[Drone], heights_m: Iterable[float], at_s: float
) -> list[tuple[Reason, ...]]:
    """For each drone, what shuts its pad in all of the layers; nothing where one of them is open."""
    pads, profile = [drone.pad for drone in drones], drones[0].profile
    found = [planner.pad_reasons(pads, height_home_m=height_m, at_s=at_s, profile=profile) for height_m in heights_m]
    return [min(of_pad, key=len, default=()) for of_pad in zip(*found, strict=True)]


def _profile_name(drone: Drone) -> str:
    return drone.profile.name


class PadWatch:
    """Keeps :attr:`DroneDesk.pad_shut` as the zones are."""

    def __init__(self, site: Site, desks: Sequence[DroneDesk]) -> None:
        self._site, self._desks = site, tuple(desks)
        self._next_s = -math.inf

    def renew(self) -> None:
        """Other zones are in force: look at once."""
        self._next_s = -math.inf

    def look(self, planner: Planner, now_s: float) -> None:
        """Look at every pad where it is time to; what is new is logged once while it lasts."""
        if now_s < self._next_s:
            return
        self._next_s = now_s + LOOK_S
        shut = dict(shut_pads(self._site, planner, now_s))
        for desk in self._desks:
            why = "; ".join(reason.text for reason in shut.get(desk.drone.vehicle_id, ()))
            if why and why != desk.pad_shut:
                log.warning("%s is given no order: %s", desk.drone.vehicle_id, why)
            desk.pad_shut = why
