"""Other flights for one request, where the best one would meet somebody: another layer, or round the place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from skystork.clearance.deconfliction import Conflict, Reservation, Separation
from skystork.clearance.remedy import Alternative, Remedy
from skystork.planning.flight_plan import FlightPlan, FlightRequest, LegName
from skystork.planning.planner import Planner

ASIDE_M = 10.0
"""Kept beyond the separation by another way: the curve may use all of its corridor."""
SECTION_S = 30.0
"""Of the other flight before and after the meeting: that much of its way is gone round."""


def other_ways(
    planner: Planner,
    request: FlightRequest,
    first: FlightPlan,
    met: tuple[Conflict, Reservation],
    separation: Separation,
) -> Iterator[Alternative]:
    """Everything that may be tried in the leg of the conflict.

    Parameters
    ----------
    request
        As asked, with all its layers; its departure is the one the conflict was found for.
    first
        The flight that meets the other.
    """
    conflict, other = met
    name = _leg_at(first, conflict.at_s - request.departs_at_s)
    choices = planner.layers(request, name)
    if not isinstance(choices, list):
        return
    flown_m = first.leg(name).start_height_home_m
    own_s = next(each.estimated_s for each in choices if each.height_home_m == flown_m)
    for each in choices:
        if each.height_home_m != flown_m:
            yield Alternative(
                Remedy.LAYER,
                each.estimated_s - own_s,
                f"flying {name} at {each.height_home_m:.0f} m",
                partial(planner.plan, _in_layer(request, first, name, each.height_home_m)),
            )
    area = _area(conflict, other, separation)
    round_it = planner.layers(_in_layer(request, first, name, flown_m), name, (area,))
    if isinstance(round_it, list):
        extra_s = round_it[0].estimated_s - own_s
        same = _in_layer(request, first, name, flown_m)
        text = f"flying {name} round the place"
        yield Alternative(Remedy.ROUTE, extra_s, text, partial(planner.plan, same, {name: (area,)}))


def _leg_at(plan: FlightPlan, at_s: float) -> LegName:
    """The level leg that decides where the flight is then."""
    return LegName.OUTBOUND if at_s < plan.time_to_drop_s else LegName.INBOUND


def _in_layer(request: FlightRequest, first: FlightPlan, name: LegName, height_m: float) -> FlightRequest:
    """The request with one leg at this height and the other as in the first plan."""
    out_m = height_m if name is LegName.OUTBOUND else first.request.outbound_height_m
    back_m = height_m if name is LegName.INBOUND else first.request.inbound_height_m
    return replace(request, outbound_layers_m=(out_m,), inbound_layers_m=(back_m,))


def _area(conflict: Conflict, other: Reservation, separation: Separation) -> Polygon:
    """Where the other is about the time of the meeting, with the separation and more about it."""
    at_s = conflict.at_s - other.departs_at_s
    first, last = max(0, int(at_s - SECTION_S)), max(0, int(at_s + SECTION_S))
    section = other.track[first : last + 1, :2]
    shape: BaseGeometry = LineString(section) if len(section) > 1 else Point(conflict.place_enu_m)
    if len(other.box):
        shape = MultiLineString(list(other.box.lines_m)).convex_hull
    return shape.buffer(separation.horizontal_m + ASIDE_M, quad_segs=2)
