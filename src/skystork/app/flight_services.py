"""What every flight of a site shares, given once to each runner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skystork.airspace.weather import Weather
from skystork.app.crew import Crew
from skystork.app.current_site import CurrentSite
from skystork.app.flight_files import FlightFiles
from skystork.app.journal import Journal
from skystork.app.launch_desk import LaunchDesk
from skystork.app.site import Site
from skystork.clearance.deconfliction import Reservation
from skystork.orders.order import FlightId
from skystork.shell.solver_pool import SolverPool


@dataclass(frozen=True, slots=True)
class FlightServices:
    """What every runner shares."""

    current: CurrentSite
    journal: Journal
    crew: Crew
    pool: SolverPool
    files: FlightFiles
    weather: Callable[[], Weather | None]
    launches: LaunchDesk
    reservations: dict[FlightId, Reservation]
    """Space and time held by cleared flights; written by runners only, each its own entries."""

    @property
    def site(self) -> Site:
        """The site as it is now."""
        return self.current.site
