"""Robots in one round of the rolling horizon: they shuttle as drones do, each type a kind of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from skystork.app.horizon_situation import HUB
from skystork.app.robot_desk import RobotAvailability
from skystork.app.site import Site
from skystork.dispatch.horizon_situation import HorizonDrone, HorizonOrder
from skystork.dispatch.robots import robot_flight, robot_reasons, trip_of
from skystork.fleet.profile import RobotProfile
from skystork.frames import distance_m
from skystork.orders.book import OrderRecord
from skystork.orders.order import OrderId


def robot_kind(profile: RobotProfile) -> str:
    """The word that its trips and itself have in common."""
    return f"robot:{profile.name}"


def horizon_robots(
    available: Iterable[RobotAvailability], foreseen: Mapping[str, tuple[OrderId, ...]]
) -> tuple[HorizonDrone, ...]:
    """Those that were heard, in the order of their names."""
    return tuple(
        HorizonDrone(
            vehicle_id=each.robot.vehicle_id,
            kind=robot_kind(each.robot.profile),
            hub_id=HUB.hub_id,
            ready_at_s=each.ready_at_s,
            turn_s=each.robot.profile.turnaround_s,
            foreseen=foreseen.get(each.robot.vehicle_id, ()),
        )
        for each in sorted(available, key=lambda each: each.robot.vehicle_id)
    )


def with_robots(told: HorizonOrder, record: OrderRecord, site: Site, now_s: float) -> HorizonOrder:
    """The order with the trips of those types that may carry it; what keeps drones away stays said."""
    straight_m = distance_m(site.depot, record.order.drop_off)
    profiles = {robot.profile.name: robot.profile for robot in site.robots}
    trips = tuple(
        robot_flight(robot_kind(profile), trip_of(profile, straight_m), site.rules)
        for profile in profiles.values()
        if not any(robot_reasons(record.order, profile, straight_m=straight_m, now_s=now_s))
    )
    return replace(told, flights=(*told.flights, *trips)) if trips else told
