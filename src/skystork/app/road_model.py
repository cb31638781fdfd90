"""What the figures need to know of a site's roads, vans and robots."""

from __future__ import annotations

from skystork.app.site import Site
from skystork.insight.kpi import RoadModel, RobotRoad


def road_model(site: Site) -> RoadModel:
    """By the first van's profile; 1.35 is the mean circuity of towns where the site has no van."""
    van = site.vans[0].profile if site.vans else None
    return RoadModel(
        depot=site.depot,
        circuity=van.circuity if van else 1.35,
        energy_j_per_m=van.energy_j_per_m if van else 0.0,
        slot_s=site.rules.van_slot_s,
        robots={
            robot.vehicle_id: RobotRoad(robot.profile.circuity, robot.profile.energy_j_per_m) for robot in site.robots
        },
    )
