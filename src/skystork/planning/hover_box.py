"""The space about a vertical part of a flight that the vehicle may drift in: it must be clear down to its floor.

The half width is the position error and what a gust moves a vehicle that holds its place. A gust is taken as half the
wind limit on top of the mean wind: gust factors of open country are 1.4 to 1.6 (WMO-No. 8, part I, chapter 5). It
moves the vehicle until the position loop has it, with the time constant 1/MPC_XY_P (PX4 v1.17 default: 0.95 1/s).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shapely import Polygon, box

from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.fleet.profile import DroneProfile
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.flight_plan import FlightRequest, HoverBox

GUST_SHARE = 0.5
"""Of the wind limit."""
POSITION_LOOP_S = 1.05
"""1/MPC_XY_P [s]."""
BELOW_DROP_M = 3.0
"""Kept below the drop height: a barometer's drift in a flight, and the overshoot of the descent [m]."""


def hover_half_width_m(profile: DroneProfile) -> float:
    """Half the side of the box [m]."""
    return profile.position_error_m + GUST_SHARE * profile.wind_limit_m_s * POSITION_LOOP_S


def hover_boxes(request: FlightRequest) -> tuple[HoverBox, ...]:
    """Boxes of the pad, of the drop-off, and of where a flight begins in the air."""
    half_m, top_m = hover_half_width_m(request.profile), max(request.outbound_height_m, request.inbound_height_m)
    low_m = 0.0 if request.ends_at_drop_off else max(0.0, request.profile.drop_height_m - BELOW_DROP_M)
    boxes = [
        HoverBox("pad", request.pad, half_m, 0.0, top_m),
        HoverBox("drop_off", request.drop_off, half_m, low_m, top_m),
    ]
    if request.start is not None:
        low_m, high_m = sorted((request.start_height_home_m, request.outbound_height_m))
        boxes.append(HoverBox("start", request.start, half_m, max(0.0, low_m - BELOW_DROP_M), high_m))
    return tuple(boxes)


def square(centre: Geodetic, half_width_m: float, frame: LocalFrame) -> Polygon:
    """The box from above [m]."""
    east_m, north_m = frame.to_enu_m(centre)
    return box(east_m - half_width_m, north_m - half_width_m, east_m + half_width_m, north_m + half_width_m)


def box_reasons(
    boxes: Sequence[HoverBox], zones: ZoneSet, obstacles: ObstacleSet | None, span_s: tuple[float, float]
) -> Iterator[Reason]:
    """Everything that stands in a box."""
    for each in boxes:
        area = square(each.centre, each.half_width_m, zones.frame)
        where = f"the hover box of the {each.place.replace('_', '-')}, {2 * each.half_width_m:.0f} m wide"
        for closed in zones.closed_zones(each.floor_home_m, each.ceiling_home_m, *span_s, within=area):
            text = f"{closed.zone.name} ({closed.zone.kind}) reaches into {where}"
            yield Reason(ReasonCode.ZONE, text, -each.half_width_m, 0.0)
        for obstacle in obstacles.closed_at(each.floor_home_m, area) if obstacles is not None else ():
            gap_m = obstacle.polygon_enu_m.distance(area.centroid)
            text = (
                f"obstacle {obstacle.obstacle.obstacle_id}, {gap_m:.1f} m from its middle and closed up to "
                f"{obstacle.closed_below_home_m:.0f} m above home, reaches into {where}; "
                f"{each.half_width_m:.1f} m must be free on each side"
            )
            yield Reason(ReasonCode.PLAN, text, round(gap_m, 1), round(each.half_width_m, 1))
