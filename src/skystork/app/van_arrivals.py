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
from skystork.fleet.profile import VanProfile
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
        profile = view.van.profile
        arrivals.update(_moved(left, _next_over_s(view, left[0], now_s) - left[0].eta_s if left else 0.0, profile))
        if (route := unsent.get(view.van.vehicle_id)) is not None:
            arrivals.update(_moved(route.stops, now_s - planned_at_s, profile))
    return arrivals


def soonest_drive_s(vans: Iterable[Van], depot: Geodetic, place: Geodetic) -> float:
    """From a parcel at the depot until a van that stands there has handed it over [s]; ``inf`` without vans."""
    away_m, profiles = distance_m(depot, place), [van.profile for van in vans]
    ways = (each.load_s + away_m * each.circuity / each.speed_m_s + each.service_s for each in profiles)
    return min(ways, default=math.inf)


def _moved(stops: Iterable[VanStop], by_s: float, profile: VanProfile) -> Iterator[tuple[OrderId, float]]:
    """Each hand-over so much later; who comes later waits less for a parcel or a customer."""
    for stop in stops:
        if math.isfinite(stop.not_before_s):
            over_s = min(stop.eta_s, stop.arrives_s + _busy_s(stop, profile)) + by_s
            by_s = max(over_s, stop.not_before_s) - stop.eta_s
        if stop.kind is StopKind.DELIVER:
            yield stop.order_ids[0], stop.eta_s + by_s


def _busy_s(stop: VanStop, profile: VanProfile) -> float:
    """At the stop, but for waiting [s]."""
    return profile.load_s if stop.kind is StopKind.LOAD else profile.service_s


def _next_over_s(view: VanView, stop: VanStop, now_s: float) -> float:
    """When the stop it drives to or stands at is over."""
    lasts_s, profile = stop.eta_s - stop.arrives_s, view.van.profile
    if math.isfinite(stop.not_before_s):  # what was planned may hold a wait, which is shorter for who comes late
        lasts_s = min(lasts_s, _busy_s(stop, profile))
    if view.state is None:
        return max(stop.eta_s, now_s)
    if view.serving:
        over_s = stop.eta_s if now_s <= stop.eta_s <= now_s + lasts_s else now_s + lasts_s
        return max(over_s, stop.not_before_s)
    road_s = distance_m(view.state.position, stop.position) * profile.circuity / profile.speed_m_s
    return max(now_s + view.stood_s(now_s) + road_s + lasts_s, stop.not_before_s)
