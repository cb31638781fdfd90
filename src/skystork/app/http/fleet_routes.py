"""``/v1/vehicles``: every drone and van now."""

from __future__ import annotations

import msgspec

from skystork.app.http.fleet_views import DroneView, VanNow, drone_view, on_the_ground
from skystork.app.service import Service
from skystork.shell.web.problem import not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Route, row, rows_of


class Fleet(msgspec.Struct, rename="camel"):
    """All vehicles."""

    drones: tuple[DroneView, ...]
    vans: tuple[VanNow, ...]
    """Vans and sidewalk robots; ``kind`` says which."""


class DronePath(msgspec.Struct, rename="camel"):
    """``/v1/drones/{vehicleId}``."""

    vehicle_id: str


class FleetRoutes:
    """The rows and their handlers."""

    tag = "fleet"

    def __init__(self, service: Service) -> None:
        self._service = service

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/fleet", Scope.FLEET_READ)
    async def get_fleet(self, call: Call[Nothing, Nothing, Nothing]) -> Fleet:
        """Every vehicle now."""
        drones = tuple(drone_view(desk) for desk in self._service.desks)
        service = self._service
        return Fleet(drones, on_the_ground(service.vans.views.values(), service.robots.views.values()))

    @row("GET", "/v1/drones/{vehicleId}", Scope.FLEET_READ)
    async def get_drone(self, call: Call[DronePath, Nothing, Nothing]) -> DroneView:
        """One drone now."""
        for desk in self._service.desks:
            if desk.drone.vehicle_id == call.path.vehicle_id:
                return drone_view(desk)
        raise not_found(f"drone {call.path.vehicle_id} in the site")
