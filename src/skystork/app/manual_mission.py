"""A mission by hand, from a ``.plan`` of QGroundControl: read, laid out in ways, and judged by the independent check.

A survey and a ferry flight are the same here: places one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from skystork.app.hand_items import HandItems
from skystork.app.planning_job import check_ways
from skystork.app.site import Site
from skystork.control.commands import GivenItem
from skystork.fleet.vehicle import Drone
from skystork.flight.plan_file import read_plan_items
from skystork.frames import Geodetic, distance_m
from skystork.link.contract import MissionItem
from skystork.orders.order import FlightId, OrderId
from skystork.planning.flight_plan import FlightRequest
from skystork.planning.hand_plan import HandLeg, hand_legs

NO_ORDER, NO_FLIGHT = OrderId(""), FlightId("")
"""A mission by hand carries nothing for anybody; one that is only judged is no flight."""


def given_item(item: MissionItem) -> GivenItem:
    """An item of a file as the command to fly it names it."""
    first, second, third, fourth = (None if math.isnan(value) else value for value in item.params)
    return GivenItem(
        command=item.command,
        frame=item.frame,
        params=(first, second, third, fourth),
        latitude=item.latitude_deg,
        longitude=item.longitude_deg,
        altitude=item.altitude_m,
    )


class LegView(msgspec.Struct, frozen=True, rename="camel"):
    """One leg and what is wrong with it."""

    name: str
    length_m: float
    height_m: float
    """The higher of its ends [m above home]."""
    duration_s: float
    refusals: tuple[str, ...]


class MissionView(msgspec.Struct, frozen=True, rename="camel"):
    """A mission, judged."""

    name: str
    vehicle_id: str
    legs: tuple[LegView, ...]
    refusals: tuple[str, ...]
    """Of the whole mission."""
    points: tuple[tuple[float, float, float, float, float, float], ...]
    """Time, latitude, longitude, height, speed, battery; as plans are drawn."""
    length_m: float
    duration_s: float
    energy_j: float
    items: tuple[GivenItem, ...] = ()
    """As the file has them: what the command to fly it takes."""

    @property
    def passes(self) -> bool:
        """Whether it may be flown."""
        return not self.refusals and not any(leg.refusals for leg in self.legs)

    def complaints(self) -> list[str]:
        """All that is wrong, each with the leg it is about."""
        of_legs = [f"{leg.name}: {refusal}" for leg in self.legs for refusal in leg.refusals]
        return [*of_legs, *self.refusals]


def judge_mission(
    content: bytes,
    name: str,
    *,
    site: Site,
    drone: Drone,
    departs_at_s: float,
    battery_fraction: float,
    wind_enu_m_s: tuple[float, float] = (0.0, 0.0),
) -> MissionView:
    """Read a file and judge every leg; raises InvalidInput where it is no mission that can be judged."""
    return judge_items(
        read_plan_items(content, name),
        name,
        site=site,
        drone=drone,
        departs_at_s=departs_at_s,
        battery_fraction=battery_fraction,
        wind_enu_m_s=wind_enu_m_s,
    )


def judge_items(
    items: Sequence[MissionItem],
    name: str,
    *,
    site: Site,
    drone: Drone,
    departs_at_s: float,
    battery_fraction: float,
    wind_enu_m_s: tuple[float, float],
) -> MissionView:
    """Judge every leg of items as a file has them; raises InvalidInput where they cannot be judged."""
    request = hand_request(
        items,
        name,
        site=site,
        drone=drone,
        departs_at_s=departs_at_s,
        battery_j=battery_fraction * drone.profile.battery_j,
        wind_enu_m_s=wind_enu_m_s,
    )
    legs = hand_legs(request, site.frame)
    view = _view(name, drone, legs, check_ways(site, request, legs), battery_fraction)
    return msgspec.structs.replace(view, items=tuple(map(given_item, items)))


def hand_request(
    items: Sequence[MissionItem],
    name: str,
    *,
    site: Site,
    drone: Drone,
    departs_at_s: float,
    battery_j: float,
    wind_enu_m_s: tuple[float, float],
    flight_id: FlightId = NO_FLIGHT,
) -> FlightRequest:
    """What is asked of the planner for a mission by hand; raises InvalidInput where it cannot be judged."""
    made = HandItems(site, drone, wind_enu_m_s, name)
    by_hand = tuple(made.all_of(items))
    places = [item.position for item in by_hand if item.position is not None]
    top_m = max([item.height_home_m for item in by_hand], default=0.0)
    return FlightRequest(
        flight_id=flight_id,
        order_id=NO_ORDER,
        vehicle_id=drone.vehicle_id,
        profile=drone.profile,
        pad=drone.pad,
        drop_off=places[-1] if places else drone.pad,
        payload_kg=0.0,
        departs_at_s=departs_at_s,
        outbound_height_m=top_m,
        inbound_height_m=top_m,
        wind_enu_m_s=wind_enu_m_s,
        battery_j=battery_j,
        ends_at_drop_off=True,
        by_hand=by_hand,
    )


def _view(
    name: str, drone: Drone, legs: Sequence[HandLeg], found: Sequence[tuple[str, ...]], battery_fraction: float
) -> MissionView:
    views, points, t_s, used_j, length_m = [], [], 0.0, 0.0, 0.0
    for leg, refusals in zip(legs, found, strict=False):
        way_m = distance_m(leg.start, leg.end)
        speed_m_s = way_m / max(leg.duration_s, 1e-6)
        points.append(
            _point(t_s, leg.start, leg.start_m, speed_m_s, battery_fraction - used_j / drone.profile.battery_j)
        )
        t_s, used_j, length_m = t_s + leg.duration_s, used_j + leg.energy_j, length_m + way_m
        views.append(LegView(leg.name, way_m, max(leg.start_m, leg.end_m), leg.duration_s, refusals))
    if legs:
        left = battery_fraction - used_j / drone.profile.battery_j
        points.append(_point(t_s, legs[-1].end, legs[-1].end_m, 0.0, left))
    return MissionView(name, drone.vehicle_id, tuple(views), found[-1], tuple(points), length_m, t_s, used_j)


def _point(
    t_s: float, place: Geodetic, height_m: float, speed_m_s: float, battery: float
) -> tuple[float, float, float, float, float, float]:
    return (
        round(t_s, 1),
        place.latitude_deg,
        place.longitude_deg,
        round(height_m, 1),
        round(speed_m_s, 1),
        round(battery, 4),
    )
