"""What a plan is drawn on: the site's zones, buildings and ground, as far as a picture needs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.terrain import Terrain
from skystork.airspace.volume import ZoneSet
from skystork.planning.flight_plan import FlightPlan
from skystork.planning.free_space import planning_margin_m
from skystork.planning.routes import FLIGHT_SPAN_S

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The site about a flight."""

    zones: ZoneSet
    obstacles: ObstacleSet
    terrain: Terrain | None
    max_height_m: float
    """No plan goes higher [m above home]."""

    def closed_to(self, plan: FlightPlan) -> list[tuple[str, shapely.Polygon]]:
        """Names and outlines of what is closed to the flight at its lower layer: what it goes round [m]."""
        low_m = min(plan.request.outbound_height_m, plan.request.inbound_height_m)
        high_m = max(plan.request.outbound_height_m, plan.request.inbound_height_m)
        at_s = plan.request.departs_at_s
        found = [
            (f"{each.zone.name} ({each.zone.kind})", each.polygon_enu_m)
            for each in self.zones.closed_zones(0.0, high_m, at_s, at_s + FLIGHT_SPAN_S)
        ]
        return found + [
            (f"obstacle {each.obstacle.obstacle_id}", each.polygon_enu_m) for each in self.obstacles.closed_at(low_m)
        ]

    def slow_to(self, plan: FlightPlan) -> list[tuple[str, shapely.Polygon]]:
        """Names and outlines of what limits the speed of a level leg [m]."""
        request, found = plan.request, {}
        for leg in (each for each in plan.legs if each.segments):
            about = shapely.MultiPoint([point for piece in leg.segments for point in piece.control_points_enu_m])
            at_s, area = request.departs_at_s, about.convex_hull
            for each in self.zones.speed_zones(leg.end_height_home_m, at_s, at_s + FLIGHT_SPAN_S, within=area):
                name = f"{each.zone.name} ({each.zone.kind}): {each.zone.speed_limit_m_s:g} m/s"
                found[name] = each.polygon_enu_m
        return list(found.items())

    def margin(self, plan: FlightPlan) -> BaseGeometry:
        """What is closed, grown by the margin [m]."""
        closed = shapely.union_all([polygon for _, polygon in self.closed_to(plan)])
        return closed.buffer(planning_margin_m(plan.request.profile), quad_segs=32)

    def clearances_m(self, plan: FlightPlan, places: Array) -> Array:
        """Distance of places (n, 2) from what is closed; infinite where nothing is [m]."""
        closed = shapely.union_all([polygon for _, polygon in self.closed_to(plan)])
        if closed.is_empty:
            return np.full(len(places), np.inf)
        return np.asarray(shapely.distance(shapely.points(places), closed))

    def ground_home_m(self, places: Array) -> Array:
        """Ground under places (n, 2) above home; flat where no terrain is known [m]."""
        if self.terrain is None:
            return np.zeros(len(places))
        heights = []
        for east_m, north_m in places:
            position = self.zones.frame.to_geodetic(float(east_m), float(north_m))
            amsl_m = self.terrain.height_amsl_m(position.longitude_deg, position.latitude_deg)
            heights.append(np.nan if amsl_m is None else amsl_m - self.zones.ground_amsl_m)
        return np.array(heights)
