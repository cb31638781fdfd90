"""When a van will be at each of its stops, by where it is now and by the tour it was sent or is to be sent.

A tour says when each stop is over as it was planned. The next stop is looked at anew: the road left to it at the van's
mean speed, and its service. What it is later or sooner, all that follow are. A van that stands still is taken to stand
as long again. A tour that still waits at the depot begins as much later as it waits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from skystork.app.van_view import VanView
from skystork.dispatch.van_plan import StopKind, VanRoute, VanStop
from skystork.fleet.vehicle import Van
from skystork.frames import Geodetic, distance_m
from skystork.orders.order import OrderId, VehicleId


def van_arrivals(
    views: Iterable[VanView], unsent: Mapping[VehicleId, VanRoute], planned_at_s: float, now_s: float
) -> dict[OrderId, float]:
    """By order, when it is handed over [s since the Unix epoch].

    Parameters
    ----------
    unsent
        Routes of the newest plan that their vans do not have yet.
    planned_at_s
        When that plan was made [s since the Unix epoch].
    """
    arrivals = dict[OrderId, float]()
    for view in views:
        left = view.stops_left
        arrivals.update(_moved(left, _next_over_s(view, left[0], now_s) - left[0].eta_s if left else 0.0))
        if (route := unsent.get(view.van.vehicle_id)) is not None:
            arrivals.update(_moved(route.stops, now_s - planned_at_s))
    return arrivals


def soonest_drive_s(vans: Iterable[Van], depot: Geodetic, place: Geodetic) -> float:
    """From a parcel at the depot until a van that stands there has handed it over [s]; ``inf`` without vans."""
    away_m, profiles = distance_m(depot, place), [van.profile for van in vans]
    ways = (each.load_s + away_m * each.circuity / each.speed_m_s + each.service_s for each in profiles)
    return min(ways, default=math.inf)


def _moved(stops: Iterable[VanStop], by_s: float) -> Iterator[tuple[OrderId, float]]:
    return ((stop.order_ids[0], stop.eta_s + by_s) for stop in stops if stop.kind is StopKind.DELIVER)


def _next_over_s(view: VanView, stop: VanStop, now_s: float) -> float:
    """When the stop it drives to or stands at is over."""
    lasts_s = stop.eta_s - stop.arrives_s
    if view.state is None:
        return max(stop.eta_s, now_s)
    if view.serving:
        return stop.eta_s if now_s <= stop.eta_s <= now_s + lasts_s else now_s + lasts_s
    profile = view.van.profile
    road_s = distance_m(view.state.position, stop.position) * profile.circuity / profile.speed_m_s
    return now_s + view.stood_s(now_s) + road_s + lasts_s
