"""A plan written down: plain numbers and words that anybody can check, store, hash and draw.

Positions stand in latitude and longitude, and the control points also in the site's frame, whose origin is given.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from skystork.frames import Geodetic, LocalFrame
from skystork.planning.flight_plan import FlightPlan, HoverBox, Leg, LegName, Place
from skystork.planning.free_space import planning_margin_m

DOCUMENT_VERSION = 3


def plan_document(plan: FlightPlan) -> dict[str, Any]:
    """The whole plan as JSON values; nothing in it is infinite or NaN for a plan of ours."""
    request, frame = plan.request, LocalFrame(plan.site_origin)
    return {
        "version": DOCUMENT_VERSION,
        "flight_id": request.flight_id,
        "order_id": request.order_id,
        "vehicle_id": request.vehicle_id,
        "origin": _place(plan.site_origin),
        "pad": _place(request.pad),
        "drop_off": _place(request.drop_off),
        "start": _place(request.begins),
        "start_height_home_m": plan.legs[0].start_height_home_m,
        "departs_at_s": request.departs_at_s,
        "payload_kg": request.payload_kg,
        "wind_enu_m_s": list(request.wind_enu_m_s),
        "battery_on_board_j": request.battery_j,
        "profile": _profile(plan),
        "margin_m": planning_margin_m(request.profile),
        "legs": [_leg(leg, frame) for leg in plan.legs],
        "duration_s": plan.duration_s,
        "time_to_drop_s": plan.time_to_drop_s,
        "energy_j": plan.energy_j,
        "reserve_j": plan.reserve_j,
        "zone_set_hash": plan.zone_set_hash,
        "layers": {
            "outbound_m": list(request.layers_m(LegName.OUTBOUND)),
            "inbound_m": list(request.layers_m(LegName.INBOUND)),
        },
        **({"by_hand": [asdict(item) for item in request.by_hand]} if request.by_hand else {}),
        **_around(plan, frame),
    }


def plan_hash(plan: FlightPlan) -> str:
    """SHA-256 of the document, keys in order [hex]."""
    text = json.dumps(plan_document(plan), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _around(plan: FlightPlan, frame: LocalFrame) -> dict[str, Any]:
    """Hover boxes, failsafe ways and where they end, and the fence."""
    around, profile = plan.around, plan.request.profile
    return {
        "hover_boxes": [_box(box) for box in around.hover_boxes],
        "return_path": profile.return_path.value,
        "return_height_home_m": profile.return_height_m,
        "rally_points": [{"name": point.name, **_place(point.position)} for point in around.safe_points],
        "failsafe_ways": [
            {
                "leg": way.leg.value,
                "from_s": way.from_s,
                "to_s": way.to_s,
                "kind": way.kind.value,
                "safe_point": way.safe_point,
                "height_home_m": way.height_home_m,
            }
            for way in around.failsafe_ways
        ],
        "fence": {
            "inclusion_deg": _ring(around.fence.inclusion_enu_m, frame),
            "exclusions_deg": [_ring(ring, frame) for ring in around.fence.exclusions_enu_m],
        },
        "obstacle_set_hash": around.obstacle_set_hash,
    }


def _box(box: HoverBox) -> dict[str, Any]:
    return {
        "place": box.place,
        **_place(box.centre),
        "half_width_m": box.half_width_m,
        "floor_home_m": box.floor_home_m,
        "ceiling_home_m": box.ceiling_home_m,
    }


def _ring(ring: tuple[Place, ...], frame: LocalFrame) -> list[list[float]]:
    return [list(_position(frame.to_geodetic(*corner))) for corner in ring]


def _profile(plan: FlightPlan) -> dict[str, Any]:
    profile = plan.request.profile
    numbers = asdict(profile)
    numbers["airframe"] = profile.airframe.value
    numbers["release"], numbers["return_path"] = profile.release.value, profile.return_path.value
    numbers["guidance"] = profile.guidance.value
    numbers["box_m"] = list(profile.box_m)
    return numbers


def _leg(leg: Leg, frame: LocalFrame) -> dict[str, Any]:
    return {
        "name": leg.name.value,
        "start_height_home_m": leg.start_height_home_m,
        "end_height_home_m": leg.end_height_home_m,
        "duration_s": leg.duration_s,
        "energy_j": leg.energy_j,
        "segments": [
            {
                "duration_s": segment.duration_s,
                "control_points_enu_m": [list(point) for point in segment.control_points_enu_m],
                "control_points_deg": [
                    list(_position(frame.to_geodetic(*point))) for point in segment.control_points_enu_m
                ],
            }
            for segment in leg.segments
        ],
    }


def _place(place: Geodetic) -> dict[str, float]:
    return {"latitude_deg": place.latitude_deg, "longitude_deg": place.longitude_deg}


def _position(place: Geodetic) -> tuple[float, float]:
    """Longitude, latitude as in RFC 7946."""
    return place.longitude_deg, place.latitude_deg
