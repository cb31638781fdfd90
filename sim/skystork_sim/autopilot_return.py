"""The way home of a simulated PX4, by RTL_TYPE.

RTL_TYPE 0 goes straight to the nearest of home and the rally points. RTL_TYPE 2 and 4 go along the mission: on to its
landing, or back over its places, which 4 decides by counting items (not metres) to the landing's start and back.
Begun outside of AUTO.MISSION, the way along the mission starts at the place that is nearest in a straight line.
Every place is flown to at its own height, the low one over a doorstep as well.
With a mission on board that its verdict refused it stays where it is, in AUTO.RTL.
Source: PX4 v1.17 navigator/rtl.cpp, rtl_mission_fast_reverse.cpp, and flights on SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from skystork_sim import autopilot_items as items_of
from skystork_sim.autopilot_items import PlanItem
from skystork_sim.autopilot_mission import MissionRunner
from skystork_sim.autopilot_modes import Status
from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.dynamics import Borne, PointMass, leg_between
from skystork_sim.maneuvers import ChangeWing, Hold, Maneuver, Point

CRITICAL = 2  # MAV_SEVERITY
WING_WORTH_M = 150.0  # chosen: a shorter way is flown on the rotors
SAME_PLACE_M = 2.0
CLIMB_FIRST_M = 2.0  # the vehicle climbs to a way that is higher by more before it goes along it
NEAR_HOME_M = 10.0  # rtl.h MAX_DIST_FROM_HOME_FOR_LAND_APPROACHES: a rally point so near is home
CLEARLY_NEARER_M = 2.0  # rtl.cpp MIN_DIST_THRESHOLD
RALLY_FRAMES = frozenset({0, 3})  # MAV_FRAME_GLOBAL and _RELATIVE_ALT; others fly to nowhere
NOWHERE_M = 1e6
MISSION_FAST, MISSION_NEAREST_END = 2, 4  # RTL_TYPE


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the way."""

    maneuver: Maneuver
    text: str | None = None
    """Said when it begins."""
    sequence: int | None = None
    """The mission item that is current then."""
    reaches: bool = False
    """Whether that item is reached when it ends."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mission item that stands somewhere."""

    sequence: int
    point: Point
    altitude_m: float
    command: int


class ReturnPlanner:
    """Plans the return from where the vehicle is.

    Parameters
    ----------
    say
        Sends a status text: severity and text.
    locate
        East and north of an item in the site's frame [m].
    rally_points
        The rally points now on board.
    """

    def __init__(
        self,
        *,
        mass: PointMass,
        status: Status,
        parameters: Parameters,
        mission: MissionRunner,
        say: Callable[[int, str], None],
        locate: Callable[[PlanItem], Point],
        rally_points: Callable[[], Sequence[PlanItem]],
    ) -> None:
        self._mass, self._status, self._parameters, self._mission = mass, status, parameters, mission
        self._say, self._locate, self._rally_points = say, locate, rally_points

    def plan(self, *, in_mission: bool) -> list[Step]:
        """The steps home.

        Parameters
        ----------
        in_mission
            Whether the return begins in AUTO.MISSION, at the current item.
        """
        kind = self._parameters["RTL_TYPE"]
        if kind not in (MISSION_FAST, MISSION_NEAREST_END) or not self._mission.items:
            return self._straight()
        if not self._mission.valid:  # seen on 1.17.0 SITL: in AUTO.RTL it hangs where it is
            return [Step(Hold(), "No valid mission available, loitering")]
        places = self._places()
        landing = next((each for each in places if each.command in items_of.LANDINGS), None)
        start = self._landing_start(landing)
        current = self._mission.current
        on = start is not None and (kind == MISSION_FAST or start - current < current)
        if not places:
            return self._straight()
        if on and landing is not None:
            first = current if in_mission else self._nearest(places).sequence
            ways = [each for each in places if first <= each.sequence < landing.sequence]
            return self._along(ways, landing.point)
        first = max(current - 1, 0) if in_mission else self._nearest(places).sequence
        ways = [each for each in reversed(places) if each.sequence <= first and each.command not in items_of.LANDINGS]
        return self._along(ways, self._status.home_enu_m)

    def _places(self) -> list[Place]:
        mission = self._mission
        return [
            Place(index, self._locate(item), mission.altitude_amsl_m(item), item.command)
            for index, item in enumerate(mission.items)
            if item.positional
        ]

    def _landing_start(self, landing: Place | None) -> int | None:
        """Index of DO_LAND_START, else of the landing; None without a landing."""
        if landing is None:
            return None
        marked = (index for index, item in enumerate(self._mission.items) if item.command == items_of.DO_LAND_START)
        return next(marked, landing.sequence)

    def _nearest(self, places: Sequence[Place]) -> Place:
        mass = self._mass
        here = (mass.east_m, mass.north_m, mass.altitude_m)
        return min(places, key=lambda each: math.dist(here, (*each.point, each.altitude_m)))

    def _straight(self) -> list[Step]:
        mass, mission = self._mass, self._mission
        here = (mass.east_m, mass.north_m)
        place, ground_m = self._destination(here)
        altitude = max(mass.altitude_m, ground_m + self._parameters["RTL_RETURN_ALT"])
        text: str | None = f"RTL: start return at {altitude:.0f} m ({altitude - ground_m:.0f} m above destination)"
        steps: list[Step] = []
        if mass.borne in (Borne.UNDEFINED, Borne.ROTOR, Borne.TO_ROTOR):
            steps.append(Step(mission.fly_to(None, [here], altitude), text))
            text = None
        steps.append(Step(mission.fly_to(None, [place], altitude), text))
        steps.append(Step(mission.land_at(place), "RTL: land at destination"))
        return steps

    def _destination(self, here: Point) -> tuple[Point, float]:
        """Where to land, and its altitude: home, or a rally point that is clearly nearer."""
        home, ground_m = self._status.home_enu_m, self._status.home_amsl_m
        best, best_m = (home, ground_m), math.dist(here, home)
        for item in self._rally_points():
            place = self._locate(item)
            distance_m = math.dist(here, place)
            if math.dist(place, home) <= NEAR_HOME_M or distance_m + CLEARLY_NEARER_M >= best_m:
                continue
            best, best_m = (place, self._mission.altitude_amsl_m(item)), distance_m
            if item.frame not in RALLY_FRAMES:
                self._say(CRITICAL, "RTL: unsupported MAV_FRAME")
                best = ((-NOWHERE_M, -NOWHERE_M), ground_m)  # PX4 flies towards latitude 0, longitude 0
        return best

    def _along(self, ways: Sequence[Place], landing: Point) -> list[Step]:
        mission, mass = self._mission, self._mass
        here = (mass.east_m, mass.north_m)
        steps: list[Step] = []
        on_rotors = mass.borne in (Borne.ROTOR, Borne.TO_ROTOR, Borne.UNDEFINED)
        first_m = ways[0].altitude_m if ways else mass.altitude_m
        if on_rotors and first_m > mass.altitude_m + CLIMB_FIRST_M:
            steps.append(Step(mission.fly_to(None, [here], first_m), None, ways[0].sequence))
        far = [each.point for each in ways if math.dist(each.point, here) > WING_WORTH_M]
        if on_rotors and mass.limits.has_wing and far:
            speed = mission.cruise_m_s()
            onward = leg_between(here, far[0], altitude_m=first_m, speed_m_s=speed, end_speed_m_s=speed)
            steps.append(Step(ChangeWing(onward, to_wing=True)))
            ways = ways[[each.point for each in ways].index(far[0]) :]
        points = [each.point for each in ways]
        for index, each in enumerate(ways):
            onward_points = _until_stop([*points[index:], landing])
            start = points[index - 1] if index else None
            steps.append(Step(mission.fly_to(start, onward_points, each.altitude_m), None, each.sequence, reaches=True))
        steps.append(Step(mission.land_at(landing), "RTL: land at destination"))
        return steps


def _until_stop(points: list[Point]) -> list[Point]:
    """Points up to the first that repeats its place."""
    kept = points[:1]
    for point in points[1:]:
        if math.dist(point, kept[-1]) < SAME_PLACE_M:
            break
        kept.append(point)
    return kept
