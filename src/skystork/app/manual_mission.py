"""A mission by hand, from a ``.plan`` of QGroundControl: read, laid out in legs, and judged by the independent check.

A survey and a ferry flight are the same here: places one after the other. Commands that move the vehicle in another way
than straight from place to place, or that jump, are refused by name; those of cameras and gimbals are passed on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import msgspec

from skystork.app.planning_job import raw_airspace
from skystork.app.site import Site
from skystork.errors import InvalidInput, Problem
from skystork.fleet.energy import level_power_w, upright_power_w
from skystork.fleet.vehicle import Drone
from skystork.flight.plan_file import read_plan_items
from skystork.frames import Geodetic, distance_m
from skystork.link.contract import MissionItem
from skystork.planning.check_manual import ManualLeg, ManualSite, check_manual

WAYPOINT, LOITER_TIME, RETURN, LAND, TAKEOFF, VTOL_TAKEOFF, VTOL_LAND = 16, 19, 20, 21, 22, 84, 85
PLACED = {WAYPOINT: "way-point", LOITER_TIME: "loiter", LAND: "landing", TAKEOFF: "take-off", VTOL_TAKEOFF: "take-off"}
PLACED[VTOL_LAND] = "landing"
"""Commands of MAV_CMD that bring the vehicle to a place."""
PASSED_ON = frozenset({178, 205, 206, 530, 1000, 2000, 2001, 3000})
"""Change of speed, gimbal, camera trigger and mode, images, transition: they move nothing off the way."""
LANDINGS = frozenset({LAND, VTOL_LAND, RETURN})
FRAME_AMSL, FRAME_HOME = frozenset({0, 5}), frozenset({3, 6})
"""MAV_FRAME_GLOBAL(_INT) and MAV_FRAME_GLOBAL_RELATIVE_ALT(_INT)."""


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

    @property
    def passes(self) -> bool:
        """Whether it may be flown."""
        return not self.refusals and not any(leg.refusals for leg in self.legs)


def judge_mission(
    content: bytes, name: str, *, site: Site, drone: Drone, departs_at_s: float, battery_fraction: float
) -> MissionView:
    """Read a file and judge every leg; raises InvalidInput where it is no mission that can be judged."""
    legs = tuple(_legs(read_plan_items(content, name), site, drone, name))
    battery_j = battery_fraction * drone.profile.battery_j
    landing = (drone.pad, *(rally.position for rally in site.rally_points))
    found = check_manual(
        legs,
        airspace=raw_airspace(site),
        site=ManualSite(
            _degrees(site.depot), site.max_height_m, site.rules.drone_radius_m, tuple(map(_degrees, landing))
        ),
        profile=asdict(drone.profile),
        departs_at_s=departs_at_s,
        battery_j=battery_j,
    )
    return _view(name, drone, legs, found, battery_fraction)


def _legs(items: Sequence[MissionItem], site: Site, drone: Drone, where: str) -> Iterator[ManualLeg]:
    """Straight ways between the places of the items; the first begins on the pad."""
    here, height_m, number = drone.pad, 0.0, 0
    for index, item in enumerate(items):
        if item.command in PASSED_ON:
            continue
        at = f"{where} mission.items[{index}]"
        place, up_to_m = _target(item, site, drone, (here, height_m), at)
        number += 1
        what = PLACED.get(item.command, "return")
        if item.command in LANDINGS and distance_m(here, place) > 1.0:
            yield _leg(f"{number} to the {what}", here, place, (height_m, height_m), drone)
            here = place
        yield _leg(f"{number} {what}", here, place, (height_m, up_to_m), drone)
        here, height_m = place, up_to_m


def _target(
    item: MissionItem, site: Site, drone: Drone, before: tuple[Geodetic, float], where: str
) -> tuple[Geodetic, float]:
    if item.command == RETURN:
        return drone.pad, 0.0
    if item.command not in PLACED:
        allowed = ", ".join(f"{number} ({word})" for number, word in PLACED.items())
        raise _refused(where, "this command cannot be judged leg by leg", f"MAV_CMD {item.command}", allowed)
    if item.frame not in FRAME_AMSL | FRAME_HOME:
        raise _refused(where, "heights in this frame", f"MAV_FRAME {item.frame}", "above home (3), above the sea (0)")
    here, height_m = before
    given = (item.latitude_deg, item.longitude_deg)
    place = here if given == (0.0, 0.0) else Geodetic(*given)
    ground_m = site.table.ground_amsl_m if item.frame in FRAME_AMSL else 0.0
    up_to_m = item.altitude_m - ground_m
    return place, 0.0 if item.command in LANDINGS else up_to_m if math.isfinite(up_to_m) else height_m


def _leg(name: str, start: Geodetic, end: Geodetic, heights_m: tuple[float, float], drone: Drone) -> ManualLeg:
    """Time and energy of a leg in still air: over ground at cruise speed, up and down at the profile's own speeds."""
    profile, rise_m = drone.profile, heights_m[1] - heights_m[0]
    length_m = distance_m(start, end)
    level_s = length_m / profile.cruise_air_speed_m_s
    speed_m_s = profile.climb_speed_m_s if rise_m > 0 else profile.descent_speed_m_s
    upright_s = max(abs(rise_m) / speed_m_s - level_s, 0.0)
    level_w = level_power_w(profile, payload_kg=0.0, air_speed_m_s=profile.cruise_air_speed_m_s)
    upright_w = upright_power_w(profile, payload_kg=0.0, climb_m_s=speed_m_s if rise_m > 0 else 0.0)
    energy_j = level_w * level_s + upright_w * upright_s
    return ManualLeg(name, _degrees(start), _degrees(end), *heights_m, level_s + upright_s, energy_j)


def _view(
    name: str, drone: Drone, legs: Sequence[ManualLeg], found: Sequence[tuple[str, ...]], battery_fraction: float
) -> MissionView:
    views, points, t_s, used_j, length_m = [], [], 0.0, 0.0, 0.0
    for leg, refusals in zip(legs, found, strict=False):
        way_m = distance_m(Geodetic(leg.start_deg[1], leg.start_deg[0]), Geodetic(leg.end_deg[1], leg.end_deg[0]))
        speed_m_s = way_m / max(leg.duration_s, 1e-6)
        points.append(
            _point(t_s, leg.start_deg, leg.start_m, speed_m_s, battery_fraction - used_j / drone.profile.battery_j)
        )
        t_s, used_j, length_m = t_s + leg.duration_s, used_j + leg.energy_j, length_m + way_m
        views.append(LegView(leg.name, way_m, max(leg.start_m, leg.end_m), leg.duration_s, refusals))
    if legs:
        left = battery_fraction - used_j / drone.profile.battery_j
        points.append(_point(t_s, legs[-1].end_deg, legs[-1].end_m, 0.0, left))
    return MissionView(name, drone.vehicle_id, tuple(views), found[-1], tuple(points), length_m, t_s, used_j)


def _point(
    t_s: float, place_deg: tuple[float, float], height_m: float, speed_m_s: float, battery: float
) -> tuple[float, float, float, float, float, float]:
    return round(t_s, 1), place_deg[1], place_deg[0], round(height_m, 1), round(speed_m_s, 1), round(battery, 4)


def _degrees(place: Geodetic) -> tuple[float, float]:
    return place.longitude_deg, place.latitude_deg


def _refused(where: str, what: str, seen: str, limit: str) -> InvalidInput:
    return InvalidInput((Problem(where, what, seen, limit, "Draw this part in QGroundControl with way-points."),))
