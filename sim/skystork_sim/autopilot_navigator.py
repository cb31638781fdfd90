"""From mode to maneuver: what the vehicle does in AUTO.MISSION, RTL, LAND, TAKEOFF and LOITER.

RTL_TYPE 4 goes home along the mission: back over the items flown, or on to the mission's landing, whichever has fewer
waypoints; items that are not places are left out, and so is the dip down to a drop. RTL_TYPE 0 goes straight, to the
nearest rally point or home. Source: PX4 v1.17 documentation of RTL_TYPE and measurements on SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from skystork_sim import autopilot_items as items_of
from skystork_sim.autopilot_items import PlanItem
from skystork_sim.autopilot_mission import MissionRunner
from skystork_sim.autopilot_modes import Landed, Mode, Status
from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.dynamics import Borne, PointMass, leg_between
from skystork_sim.maneuvers import ChangeWing, Hold, Land, Maneuver, Point, TakeOff

INFO = 6  # MAV_SEVERITY_INFO
WING_WORTH_M = 150.0  # chosen: a shorter way is flown on the rotors
SAME_PLACE_M = 2.0
RTL_ALONG_MISSION = 4  # RTL_TYPE

Step = tuple[Maneuver, str | None]


class Navigator:
    """Runs the maneuvers of the present mode; mutable because flying is.

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
        self._mass, self._status, self._parameters, self.mission = mass, status, parameters, mission
        self._say, self._locate, self._rally_points = say, locate, rally_points
        self._maneuver: Maneuver | None = None
        self._route: list[Step] = []

    @property
    def landing(self) -> bool:
        """Whether it is on its way down to land."""
        return isinstance(self._maneuver, Land) and self._maneuver.descending

    @property
    def taking_off(self) -> bool:
        """Whether the climb from the ground goes on."""
        return isinstance(self._maneuver, TakeOff)

    def enter(self, mode: Mode, now_s: float) -> None:
        """Change to a mode; on the ground and disarmed it takes effect when armed."""
        self._status.mode = mode
        self._route = []
        if not self._status.armed:
            self._maneuver = None
            return
        if mode is Mode.MISSION:
            self._say(INFO, "Executing Mission")
            self.jump(0 if self.mission.complete else self.mission.current, now_s)
        elif mode is Mode.RTL:
            self._say(INFO, "Returning to launch")
            self._follow(self._return_route())
        elif mode is Mode.LAND:
            self._follow([(self.mission.land_at(None), None)])
        elif mode is Mode.TAKEOFF and self._mass.on_ground:
            altitude = self._status.home_amsl_m + self._parameters["MIS_TAKEOFF_ALT"]
            climb = TakeOff(altitude, self._parameters["MPC_TKO_SPEED"], self._parameters["NAV_MC_ALT_RAD"])
            self._follow([(climb, None)])
        elif mode is Mode.TERMINATION:
            self._mass.leg, self._mass.vertical_m_s, self._maneuver = None, -20.0, None
        else:
            self._start(Hold())

    def jump(self, index: int, now_s: float) -> None:
        """Make a mission item current."""
        if self._status.mode is not Mode.MISSION or not self._status.armed:
            self.mission.current = index
            self.mission.complete = False
            return
        self._start_mission_item(self.mission.begin(index, now_s), now_s)

    def goto(self, point: Point, altitude_amsl_m: float) -> None:
        """DO_REPOSITION: fly there and hold."""
        self._status.mode = Mode.LOITER
        self._follow([(self.mission.fly_to(None, [point], altitude_amsl_m), None), (Hold(altitude_amsl_m), None)])

    def change_speed(self, speed_m_s: float | None) -> None:
        """DO_CHANGE_SPEED while flying: the present leg too."""
        self.mission.speed_m_s = speed_m_s
        leg = self._mass.leg
        if leg is not None:
            self._mass.leg = replace(leg, speed_m_s=self.mission.cruise_m_s())

    def step(self, now_s: float) -> None:
        """Look at the present maneuver and go on when it is done."""
        maneuver = self._maneuver
        if maneuver is None or not maneuver.step(self._mass):
            return
        if self._status.mode is Mode.MISSION:
            if isinstance(maneuver, Land):
                self.mission.announce(self.mission.current, now_s)
                self.mission.complete = True
                self._maneuver = None
            else:
                self._start_mission_item(self.mission.advance(now_s), now_s)
        elif self._route:
            self._follow(self._route)
        elif self._status.mode is Mode.TAKEOFF:
            self.enter(Mode.LOITER, now_s)
            self._status.intended = Mode.LOITER
        else:
            self._maneuver = None

    def landed_state(self) -> Landed:
        """MAV_LANDED_STATE from what goes on."""
        if self._mass.on_ground:
            touching = isinstance(self._maneuver, Land) and self._status.flown
            return Landed.LANDING if touching else Landed.ON_GROUND
        if self.landing:
            return Landed.LANDING
        return Landed.TAKEOFF if self.taking_off else Landed.IN_AIR

    def _start(self, maneuver: Maneuver) -> None:
        self._maneuver = maneuver
        if isinstance(maneuver, TakeOff) and self._mass.on_ground:
            self._say(INFO, f"Climb to {maneuver.altitude_m - self._status.home_amsl_m:.1f} meters above home")
        maneuver.begin(self._mass)

    def _follow(self, route: list[Step]) -> None:
        (maneuver, text), self._route = route[0], route[1:]
        if text is not None:
            self._say(INFO, text)
        self._start(maneuver)

    def _start_mission_item(self, maneuver: Maneuver | None, now_s: float) -> None:
        if maneuver is not None:
            self._start(maneuver)
            return
        mission = self.mission
        mission.complete = True
        returns = bool(mission.items) and mission.items[mission.current].command == items_of.NAV_RETURN_TO_LAUNCH
        self._say(INFO, "Mission finished, loitering")
        self._status.intended = Mode.RTL if returns else Mode.LOITER
        self.enter(self._status.intended, now_s)

    def _return_route(self) -> list[Step]:
        along = self._parameters["RTL_TYPE"] == RTL_ALONG_MISSION and self.mission.valid
        waypoints = self._route_along_mission() if along else None
        return self._direct_route() if waypoints is None else self._steps_over(*waypoints)

    def _direct_route(self) -> list[Step]:
        here = (self._mass.east_m, self._mass.north_m)
        home = self._status.home_enu_m
        places = [(self._locate(item), self.mission.altitude_amsl_m(item)) for item in self._rally_points()]
        place, ground = min(places, key=lambda each: math.dist(here, each[0]), default=(home, self._status.home_amsl_m))
        above = self._parameters["RTL_RETURN_ALT"]
        altitude = max(self._mass.altitude_m, ground + above)
        text = f"RTL: start return at {altitude:.0f} m ({altitude - ground:.0f} m above destination)"
        steps: list[Step] = []
        if self._mass.borne in (Borne.UNDEFINED, Borne.ROTOR, Borne.TO_ROTOR):
            steps.append((self.mission.fly_to(None, [here], altitude), text))
            text_then = None
        else:
            text_then = text
        steps.append((self.mission.fly_to(None, [place], altitude), text_then))
        steps.append((self.mission.land_at(place), "RTL: land at destination"))
        return steps

    def _route_along_mission(self) -> tuple[list[tuple[Point, float]], Point] | None:
        """Waypoints with altitudes, and where to land; None without a mission worth following."""
        mission = self.mission
        places = [
            (index, self._locate(item), mission.altitude_amsl_m(item), item.command)
            for index, item in enumerate(mission.items)
            if item.positional
        ]
        landing = next((each for each in places if each[3] in items_of.LANDINGS), None)
        ways = [each for each in places if each[3] not in items_of.LANDINGS | items_of.TAKEOFFS]
        kept = [each for each in ways if not _dips(each, ways)]
        behind = [each for each in kept if each[0] < mission.current]
        ahead = [each for each in kept if each[0] >= mission.current]
        if landing is not None and len(ahead) < len(behind):
            return [(each[1], each[2]) for each in ahead], landing[1]
        if not behind:
            return None
        return [(each[1], each[2]) for each in reversed(behind)], self._status.home_enu_m

    def _steps_over(self, waypoints: list[tuple[Point, float]], landing: Point) -> list[Step]:
        mission, mass = self.mission, self._mass
        here = (mass.east_m, mass.north_m)
        text: str | None = "RTL: return along the mission"
        steps: list[Step] = []
        on_rotors = mass.borne in (Borne.ROTOR, Borne.TO_ROTOR, Borne.UNDEFINED)
        first_altitude = waypoints[0][1] if waypoints else mass.altitude_m
        if on_rotors and first_altitude > mass.altitude_m + 2.0:
            steps.append((mission.fly_to(None, [here], first_altitude), text))
            text = None
        far = [point for point, _ in waypoints if math.dist(point, here) > WING_WORTH_M]
        if on_rotors and mass.limits.has_wing and far:
            speed = mission.cruise_m_s()
            onward = leg_between(here, far[0], altitude_m=first_altitude, speed_m_s=speed, end_speed_m_s=speed)
            steps.append((ChangeWing(onward, to_wing=True), text))
            waypoints = waypoints[[point for point, _ in waypoints].index(far[0]) :]
            text = None
        points = [point for point, _ in waypoints]
        for index, (_, altitude) in enumerate(waypoints):
            onward_points = _until_stop([*points[index:], landing])
            steps.append((mission.fly_to(points[index - 1] if index else None, onward_points, altitude), text))
            text = None
        steps.append((mission.land_at(landing), "RTL: land at destination"))
        return steps


def _dips(way: tuple[int, Point, float, int], ways: Sequence[tuple[int, Point, float, int]]) -> bool:
    """Whether a waypoint is the low end of a vertical dip: another at the same place is higher."""
    return any(
        abs(other[0] - way[0]) <= 4 and math.dist(other[1], way[1]) < SAME_PLACE_M and other[2] > way[2] + 1.0
        for other in ways
    )


def _until_stop(points: list[Point]) -> list[Point]:
    """Points up to the first that repeats its place."""
    kept = points[:1]
    for point in points[1:]:
        if math.dist(point, kept[-1]) < SAME_PLACE_M:
            break
        kept.append(point)
    return kept
