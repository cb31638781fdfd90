"""The fence of a plan as the vehicle takes it: MAV_CMD_NAV_FENCE items, each polygon after the other.

What it encloses and shuts out is decided with the plan (:mod:`skystork.planning.fence_outline`) and checked with it.
"""

from __future__ import annotations

from skystork.frames import LocalFrame
from skystork.link.contract import MissionItem
from skystork.planning.flight_plan import FlightFence, Place

MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION = 5001
MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION = 5002
_FRAME_RELATIVE = 3


def compile_fence(fence: FlightFence, frame: LocalFrame) -> tuple[MissionItem, ...]:
    """Items of a fence; the count of its corners is in each vertex of a polygon."""
    items = _vertices(MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION, fence.inclusion_enu_m, frame)
    for ring in fence.exclusions_enu_m:
        items += _vertices(MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION, ring, frame)
    return items


def _vertices(command: int, ring: tuple[Place, ...], frame: LocalFrame) -> tuple[MissionItem, ...]:
    places = [frame.to_geodetic(*corner) for corner in ring]
    params = (float(len(places)), 0.0, 0.0, 0.0)
    return tuple(
        MissionItem(command, _FRAME_RELATIVE, params, place.latitude_deg, place.longitude_deg) for place in places
    )
