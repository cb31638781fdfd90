"""``/v1/vehicles``: every drone and van now."""

from __future__ import annotations

import msgspec

from skystork.app.http.fleet_views import DroneView, VanNow, drone_view, van_view
from skystork.app.service import Service
from skystork.shell.web.problem import not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route


class Fleet(msgspec.Struct, rename="camel"):
    """All vehicles."""

    drones: tuple[DroneView, ...]
    vans: tuple[VanNow, ...]


class DronePath(msgspec.Struct, rename="camel"):
    """``/v1/drones/{vehicleId}``."""

    vehicle_id: str


class FleetRoutes:
    """The rows and their handlers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        read = Scope.FLEET_READ
        return (
            Route("GET", "/v1/fleet", "getFleet", "Every vehicle now", read, self._fleet, tag="fleet"),
            Route(
                "GET",
                "/v1/drones/{vehicleId}",
                "getDrone",
                "One drone now",
                read,
                self._drone,
                refusals=(404,),
                tag="fleet",
            ),
        )

    async def _fleet(self, call: Call[Nothing, Nothing, Nothing]) -> Fleet:  # noqa: ARG002  # as every handler
        drones = tuple(drone_view(desk) for desk in self._service.desks)
        return Fleet(drones, tuple(van_view(view) for view in self._service.vans.vans.values()))

    async def _drone(self, call: Call[DronePath, Nothing, Nothing]) -> DroneView:
        for desk in self._service.desks:
            if desk.drone.vehicle_id == call.path.vehicle_id:
                return drone_view(desk)
        raise not_found(f"drone {call.path.vehicle_id} in the site")
