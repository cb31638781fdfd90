"""Robots in one round of the rolling horizon: they shuttle as drones do, each type a kind of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from skystork.app.horizon_situation import HUB
from skystork.app.robot_desk import RobotAvailability, limited_to
from skystork.app.site import Site
from skystork.dispatch.horizon_situation import HorizonDrone, HorizonOrder
from skystork.dispatch.robots import robot_flight, robot_reasons, trip_of
from skystork.fleet.profile import RobotProfile
from skystork.fleet.vehicle import Robot
from skystork.frames import distance_m
from skystork.orders.book import OrderRecord
from skystork.orders.order import OrderId, VehicleId


def robot_kinds(site: Site, limits_kg: Mapping[VehicleId, float]) -> dict[str, RobotProfile]:
    """Kinds of robots, each with what it may carry: a person may limit a single one."""
    kinds = {_kind(robot, {}): robot.profile for robot in site.robots}
    limited = (robot for robot in site.robots if robot.vehicle_id in limits_kg)
    return kinds | {_kind(robot, limits_kg): limited_to(robot, limits_kg) for robot in limited}


def _kind(robot: Robot, limits_kg: Mapping[VehicleId, float]) -> str:
    """The word that its trips and itself have in common."""
    own = f"/{robot.vehicle_id}" if robot.vehicle_id in limits_kg else ""
    return f"robot:{robot.profile.name}{own}"


def horizon_robots(
    available: Iterable[RobotAvailability],
    foreseen: Mapping[str, tuple[OrderId, ...]],
    limits_kg: Mapping[VehicleId, float],
) -> tuple[HorizonDrone, ...]:
    """Those that were heard, in the order of their names."""
    return tuple(
        HorizonDrone(
            vehicle_id=each.robot.vehicle_id,
            kind=_kind(each.robot, limits_kg),
            hub_id=HUB.hub_id,
            ready_at_s=each.ready_at_s,
            turn_s=each.robot.profile.turnaround_s,
            foreseen=foreseen.get(each.robot.vehicle_id, ()),
        )
        for each in sorted(available, key=lambda each: each.robot.vehicle_id)
    )


def with_robots(
    told: HorizonOrder, record: OrderRecord, site: Site, kinds: Mapping[str, RobotProfile], now_s: float
) -> HorizonOrder:
    """The order with the trips of those kinds that may carry it; what keeps drones away stays said."""
    straight_m = distance_m(site.depot, record.order.drop_off)
    from_s = -math.inf if record.order.deliver_from_s is None else record.order.deliver_from_s
    trips = tuple(
        robot_flight(kind, trip_of(profile, straight_m), site.rules, from_s=from_s)
        for kind, profile in kinds.items()
        if not any(robot_reasons(record.order, profile, straight_m=straight_m, now_s=now_s))
    )
    return replace(told, flights=(*told.flights, *trips)) if trips else told
