"""Missions by hand as a person has them flown: the file, and the commands that ask for it, launch it and steer it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from skystork.app.manual_mission import given_item
from skystork.app.service import Service
from skystork.app.site import Site
from skystork.control.answer import Answer
from skystork.control.commands import target_of
from skystork.flight.authorisation import LaunchState
from skystork.flight.plan_file import read_plan_items
from skystork.frames import Geodetic
from tests_support.command_makers import ANN, make_command

NAME = "survey.plan"
WAYPOINT, TAKEOFF, RETURN, VTOL_TAKEOFF, VTOL_LAND, IMAGES = 16, 22, 20, 84, 85, 2000  # MAV_CMD of common.xml


def survey(site: Site, vehicle: int = 0) -> bytes:
    """Four lines beside the pad, with a camera, as QGroundControl writes them."""
    pad = site.frame.to_enu_m(site.drones[vehicle].pad)
    corners = [(0, 250), (40, 250), (40, 20), (80, 20), (80, 250), (120, 250), (120, 20)]
    places = [site.frame.to_geodetic(pad[0] + east, pad[1] + north) for east, north in corners]
    rows = [row(TAKEOFF, 50.0), *(row(WAYPOINT, 50.0, place) for place in places)]
    rows.insert(2, {"type": "SimpleItem", "command": IMAGES, "frame": 2, "params": [0, 0, 1, 1, None, None, None]})
    rows.append({"type": "SimpleItem", "command": RETURN, "frame": 2, "params": [0, 0, 0, 0, 0, 0, 0]})
    return plan_of(rows)


def ferry(place: Geodetic, height_m: float) -> bytes:
    """On the wing to another place, and to the ground there."""
    return plan_of([row(VTOL_TAKEOFF, height_m), row(VTOL_LAND, 0.0, place)])


def plan_of(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"fileType": "Plan", "version": 1, "mission": {"version": 2, "items": rows}}).encode()


def row(command: int, height_m: float, place: Geodetic | None = None) -> dict[str, Any]:
    """One item; without a place where it is."""
    latitude_deg, longitude_deg = (place.latitude_deg, place.longitude_deg) if place else (0.0, 0.0)
    params = [0, 0, 0, None, latitude_deg, longitude_deg, height_m]
    return {"type": "SimpleItem", "command": command, "frame": 3, "autoContinue": True, "params": params}


async def ask(service: Service, vehicle_id: str, content: bytes, **more: Any) -> Answer:
    """That it be flown."""
    items = [given_item(each) for each in read_plan_items(content, NAME)]
    made = make_command("flyMission", _now_s(), vehicleId=vehicle_id, name=NAME, items=items, **more)
    return await service.control.execute(made, ANN)


def waits(service: Service, state: LaunchState) -> bool:
    """Whether a launch waits at the desk for a word."""
    return any(each.authorisation.state is state for each in service.launches.waiting())


async def say(service: Service, kind: str) -> Answer:
    """About the launch that waits."""
    flight_id = service.launches.waiting()[0].flight_id
    version = service.control.version_of(target_of(make_command(kind, _now_s(), flightId=flight_id)))
    made = make_command(kind, _now_s(), flightId=flight_id, targetVersion=version)
    return await service.control.execute(made, ANN)


async def order(service: Service, kind: str, vehicle_id: str) -> Answer:
    """To the one that flies, as it is now."""
    version = service.control.version_of(f"vehicle/{vehicle_id}")
    made = make_command(kind, _now_s(), vehicleId=vehicle_id, targetVersion=version)
    return await service.control.execute(made, ANN)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
