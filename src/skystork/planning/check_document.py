"""A written plan as the independent check reads it: every number finite, every part there, or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skystork.planning.check_geometry import FARTHEST_LATITUDE_DEG, Array, MeridianPlane, finite_pairs, point

_POSITIVE = (
    "empty_mass_kg", "cruise_air_speed_m_s", "max_air_speed_m_s", "climb_speed_m_s", "descent_speed_m_s",
    "max_acceleration_m_s2", "max_jerk_m_s3", "battery_j", "position_error_m", "drop_height_m",
)  # fmt: skip
_NOT_NEGATIVE = ("reserve_fraction", "drop_hold_s", "payload_limit_kg", "wind_limit_m_s")
VERSIONS = (3,)
"""Of the document that this check knows."""
FARTHEST_M = 150_000.0
"""From the origin: nothing of a flight is farther, and the plane is good to here."""
_ROTORS = (
    "rotors", "rotor_radius_m", "induced_factor", "profile_w_per_kg_1_5", "tip_speed_m_s", "drag_area_m2",
)  # fmt: skip
_WING = ("lift_over_drag", "best_air_speed_m_s", "drive_fraction", "stall_air_speed_m_s")


Complaint = tuple[str, str, str, float | str, float | str]
"""What keeps a flight on the ground: rule, leg, detail, value and limit."""


@dataclass(frozen=True, slots=True)
class WrittenLeg:
    """One leg in the plane of the check."""

    name: str
    start_m: float
    end_m: float
    duration_s: float
    energy_j: float
    points: Array
    """(pieces, degree + 1, 2) from the degrees [m]; no pieces for vertical legs and the drop."""
    frame_points: Array
    """The same from the site's frame."""
    piece_s: Array

    @property
    def level(self) -> bool:
        """Whether the leg must keep its height."""
        return self.name in {"outbound", "inbound", "drop"}


@dataclass(frozen=True, slots=True)
class WrittenFlight:
    """The plan in the plane of the check."""

    plane: MeridianPlane
    pad: Array
    drop: Array
    start: Array
    """Where the first leg begins: the pad, or where it is in the air."""
    start_height_m: float
    wind: Array
    payload_kg: float
    on_board_j: float
    profile: Mapping[str, float]
    power: Mapping[str, float]
    winged: bool
    margin_m: float
    departs_at_s: float
    zone_set_hash: str
    legs: tuple[WrittenLeg, ...]
    duration_s: float
    time_to_drop_s: float
    energy_j: float
    reserve_j: float
    begins_in_air: bool

    def place_of(self, leg: str) -> Array:
        """What a vertical leg stands over (2,) [m]."""
        return {"climb": self.start, "landing": self.pad}.get(leg, self.drop)


def read_document(document: Mapping[str, Any]) -> WrittenFlight:
    """The plan as numbers.

    Raises
    ------
    ValueError, KeyError, TypeError
        If a part is missing, not a number, not finite, or of an impossible sign.
    """
    if document["version"] not in VERSIONS or isinstance(document["version"], bool):
        raise ValueError(f"version {document['version']!r} is not one of {VERSIONS}")
    origin = _position(document["origin"])
    plane = MeridianPlane(origin[1], origin[0])
    if abs(origin[1]) > FARTHEST_LATITUDE_DEG:
        raise ValueError(f"the origin lies beyond {FARTHEST_LATITUDE_DEG} degrees of latitude")
    raw = document["profile"]
    profile = {key: _positive(raw[key], key) for key in _POSITIVE}
    profile |= {key: _not_negative(raw[key], key) for key in _NOT_NEGATIVE}
    winged = raw["airframe"] == "lift_and_cruise"
    payload_kg = _not_negative(document["payload_kg"], "payload_kg")
    if payload_kg > profile["payload_limit_kg"]:
        raise ValueError(f"payload of {payload_kg} kg above {profile['payload_limit_kg']} kg")
    wind = np.array([_number(value, "wind") for value in document["wind_enu_m_s"]])
    if wind.shape != (2,) or float(np.hypot(*wind)) > profile["wind_limit_m_s"]:
        raise ValueError(f"wind {wind} is not a vector within {profile['wind_limit_m_s']} m/s")
    return WrittenFlight(
        plane=plane,
        pad=_near(point(_position(document["pad"]), plane), "pad"),
        drop=_near(point(_position(document["drop_off"]), plane), "drop_off"),
        start=_near(point(_position(document["start"]), plane), "start"),
        start_height_m=_not_negative(document["start_height_home_m"], "start_height_home_m"),
        wind=wind,
        payload_kg=payload_kg,
        on_board_j=_positive(document["battery_on_board_j"], "battery_on_board_j"),
        profile=profile,
        power=_power(raw["power"], winged=winged),
        winged=winged,
        margin_m=_positive(document["margin_m"], "margin_m"),
        departs_at_s=_number(document["departs_at_s"], "departs_at_s"),
        zone_set_hash=str(document["zone_set_hash"]),
        legs=tuple(_leg(leg, plane) for leg in document["legs"]),
        duration_s=_positive(document["duration_s"], "duration_s"),
        time_to_drop_s=_positive(document["time_to_drop_s"], "time_to_drop_s"),
        energy_j=_positive(document["energy_j"], "energy_j"),
        reserve_j=_number(document["reserve_j"], "reserve_j"),
        begins_in_air=any(box["place"] == "start" for box in document["hover_boxes"]),
    )


def _power(raw: Mapping[str, Any], *, winged: bool) -> dict[str, float]:
    """What power depends on; of a wing only where there is one."""
    power = {key: _positive(raw[key], key) for key in (*_ROTORS, *(_WING if winged else ()))}
    return power | {"avionics_w": _not_negative(raw["avionics_w"], "avionics_w")}


def _leg(raw: Mapping[str, Any], plane: MeridianPlane) -> WrittenLeg:
    name = str(raw["name"])
    pieces = raw["segments"]
    if (name in {"outbound", "inbound"}) != bool(pieces):
        raise ValueError(f"leg {name} has {len(pieces)} pieces")
    degrees = _points([piece["control_points_deg"] for piece in pieces], f"{name} control_points_deg")
    metres = _points([piece["control_points_enu_m"] for piece in pieces], f"{name} control_points_enu_m")
    if degrees.shape != metres.shape:
        raise ValueError(f"{name} has {degrees.shape} control points in degrees, {metres.shape} in metres")
    projected = plane.project(degrees.reshape(-1, 2)).reshape(degrees.shape)
    return WrittenLeg(
        name=name,
        start_m=_number(raw["start_height_home_m"], f"{name} start_height_home_m"),
        end_m=_number(raw["end_height_home_m"], f"{name} end_height_home_m"),
        duration_s=_positive(raw["duration_s"], f"{name} duration_s"),
        energy_j=_positive(raw["energy_j"], f"{name} energy_j"),
        points=_near(projected, name),
        frame_points=_near(metres, name),
        piece_s=np.array([_positive(piece["duration_s"], f"{name} duration_s") for piece in pieces]),
    )


def _points(raw: list[Any], where: str) -> Array:
    """(pieces, degree + 1, 2); all pieces of a leg have one degree, 3 to 9."""
    if not raw:
        return np.empty((0, 6, 2))
    pieces = [finite_pairs(piece, where) for piece in raw]
    if len({len(piece) for piece in pieces}) != 1 or not 4 <= len(pieces[0]) <= 10:
        raise ValueError(f"{where} are not 4 to 10 in each piece of the leg")
    return np.stack(pieces)


def _near(points: Array, where: str) -> Array:
    """The same; raises where one is out of the plane's reach."""
    if not np.all(np.abs(points) <= FARTHEST_M):
        raise ValueError(f"{where} leads farther than {FARTHEST_M / 1000:.0f} km from the origin")
    return points


def _position(raw: Mapping[str, Any]) -> tuple[float, float]:
    """Longitude, latitude [deg]."""
    latitude, longitude = _number(raw["latitude_deg"], "latitude"), _number(raw["longitude_deg"], "longitude")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(f"{latitude}, {longitude} is not on the globe")
    return longitude, latitude


def _positive(value: Any, where: str) -> float:
    number = _number(value, where)
    if not number > 0:
        raise ValueError(f"{where} is {number}, not above 0")
    return number


def _not_negative(value: Any, where: str) -> float:
    number = _number(value, where)
    if not number >= 0:
        raise ValueError(f"{where} is {number}, below 0")
    return number


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} is {value!r}, not a finite number")
    return float(value)
