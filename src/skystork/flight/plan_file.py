"""QGroundControl's ``.plan``: a mission as that program opens it, and the way-points of one that it wrote.

Format after the QGroundControl developer guide, "Plan File Format": ``fileType`` Plan, version 1; ``mission`` version 2
of SimpleItems with seven params (null where MAVLink has NaN), ``geoFence`` and ``rallyPoints`` version 2; positions are
latitude before longitude.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skystork.errors import InvalidInput, Problem
from skystork.fleet.profile import Airframe, DroneProfile
from skystork.flight.mission import VehicleMission
from skystork.frames import Geodetic
from skystork.link.contract import MissionItem

FIRMWARE_PX4 = 12
"""MAV_AUTOPILOT_PX4."""
VEHICLE_TYPES = {Airframe.MULTIROTOR: 2, Airframe.LIFT_AND_CRUISE: 22}
"""MAV_TYPE_QUADROTOR, MAV_TYPE_VTOL_FIXEDROTOR."""
FENCE_INCLUSION, FENCE_EXCLUSION = 5001, 5002
"""MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION and _EXCLUSION; param1 is the number of corners."""
ALTITUDE_RELATIVE = 1
"""AltitudeMode of QGroundControl: above home."""
MOST_ITEMS = 2000
MOST_BYTES = 2_000_000
_REMEDY = "Save it anew in QGroundControl as a .plan file."


def write_plan_file(mission: VehicleMission, home: Geodetic, home_amsl_m: float, profile: DroneProfile) -> str:
    """A mission with its fence and rally points as the text of a ``.plan`` file."""
    items = [_written(item, number) for number, item in enumerate(mission.items, start=1)]
    rally = [[item.latitude_deg, item.longitude_deg, item.altitude_m] for item in mission.rally]
    document = {
        "fileType": "Plan",
        "version": 1,
        "groundStation": "QGroundControl",
        "mission": {
            "version": 2,
            "firmwareType": FIRMWARE_PX4,
            "vehicleType": VEHICLE_TYPES[profile.airframe],
            "globalPlanAltitudeMode": ALTITUDE_RELATIVE,
            "cruiseSpeed": profile.cruise_air_speed_m_s,
            "hoverSpeed": profile.descent_speed_m_s,
            "plannedHomePosition": [home.latitude_deg, home.longitude_deg, home_amsl_m],
            "items": items,
        },
        "geoFence": {"version": 2, "circles": [], "polygons": list(_polygons(mission.fence))},
        "rallyPoints": {"version": 2, "points": rally},
    }
    return json.dumps(document, indent=1, allow_nan=False)


def _written(item: MissionItem, number: int) -> dict[str, object]:
    params = [None if math.isnan(value) else value for value in item.params]
    return {
        "type": "SimpleItem",
        "autoContinue": item.autocontinue,
        "command": item.command,
        "doJumpId": number,
        "frame": item.frame,
        "params": [*params, item.latitude_deg, item.longitude_deg, item.altitude_m],
        "Altitude": item.altitude_m,
        "AltitudeMode": ALTITUDE_RELATIVE,
        "AMSLAltAboveTerrain": None,
    }


def _polygons(fence: Sequence[MissionItem]) -> Iterator[dict[str, object]]:
    at = 0
    while at < len(fence):
        corners = int(fence[at].params[0])
        ring = [[each.latitude_deg, each.longitude_deg] for each in fence[at : at + corners]]
        yield {"version": 1, "inclusion": fence[at].command == FENCE_INCLUSION, "polygon": ring}
        at += max(corners, 1)


def read_plan_items(content: bytes, where: str) -> tuple[MissionItem, ...]:
    """The mission of a ``.plan`` file, surveys and other compound items taken apart into what they send.

    Raises
    ------
    InvalidInput
        With what cannot be used; nothing is guessed.
    """
    if len(content) > MOST_BYTES:
        raise _refused(where, "too large", f"{len(content)} bytes", f"at most {MOST_BYTES} bytes")
    try:
        document = json.loads(content.decode("utf-8-sig"))
        rows = document["mission"]["items"]
        named = document["fileType"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused(where, "no plan of QGroundControl", repr(error)[:100], "fileType Plan with a mission") from error
    if named != "Plan" or not isinstance(rows, list):
        raise _refused(where, "no plan of QGroundControl", str(named)[:40], "fileType Plan with a mission")
    items = tuple(_simple(rows, f"{where} mission.items"))
    if not items or len(items) > MOST_ITEMS:
        raise _refused(where, "number of items", str(len(items)), f"1 to {MOST_ITEMS}")
    return items


def _simple(rows: Sequence[Any], where: str) -> Iterator[MissionItem]:
    for number, row in enumerate(rows):
        here = f"{where}[{number}]"
        if not isinstance(row, dict):
            raise _refused(here, "no item", str(row)[:40], "a SimpleItem or a ComplexItem")
        if row.get("type") == "ComplexItem":
            yield from _simple(_inner(row, here), here)
        else:
            yield _item(row, here)


def _inner(row: Mapping[str, Any], where: str) -> list[Any]:
    """What a survey, corridor or structure scan sends: QGroundControl writes it beside its pattern."""
    for value in (row, *row.values()):
        if isinstance(value, dict) and isinstance(value.get("Items"), list):
            return list(value["Items"])
    told = str(row.get("complexItemType"))
    raise _refused(where, "a pattern without its items", told, "a pattern with `Items`")


def _item(row: Mapping[str, Any], where: str) -> MissionItem:
    try:
        given = [math.nan if value is None else float(value) for value in row["params"]]
        command, frame, goes_on = int(row["command"]), int(row["frame"]), bool(row.get("autoContinue", True))
        first, second, third, fourth, latitude, longitude, altitude = given
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(where, "not an item", repr(error)[:100], "command, frame and seven params") from error
    latitude, longitude, altitude = (0.0 if math.isnan(value) else value for value in (latitude, longitude, altitude))
    if not math.isfinite(latitude + longitude + altitude):
        raise _refused(where, "no finite position", f"{latitude}, {longitude}, {altitude}", "finite numbers")
    return MissionItem(command, frame, (first, second, third, fourth), latitude, longitude, altitude, goes_on)


def _refused(where: str, what: str, seen: str, limit: str) -> InvalidInput:
    return InvalidInput((Problem(where, what, seen, limit, _REMEDY),))
