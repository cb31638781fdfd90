"""From mode to maneuver: what the vehicle does in AUTO.MISSION, RTL, LAND, TAKEOFF, LOITER and OFFBOARD.

The way home is :mod:`autopilot_return`'s. A mode that ends asks for the next by ``request``, as PX4's navigator asks
the commander. Source: recorded from PX4 v1.17.0 SITL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from skystork_sim import autopilot_items as items_of
from skystork_sim.autopilot_mission import MissionRunner
from skystork_sim.autopilot_modes import Landed, Mode, Status
from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.autopilot_return import ReturnPlanner, Step
from skystork_sim.dynamics import PointMass
from skystork_sim.maneuvers import Hold, Land, Maneuver, Point, TakeOff

INFO = 6  # MAV_SEVERITY_INFO
RETURN_AFTER_S = 0.12  # recorded: so long in LOITER between the end of a mission and the return it ends in
FALLING_M_S = -20.0


class Navigator:
    """Runs the maneuvers of the present mode; mutable because flying is.

    Parameters
    ----------
    way_home
        Plans the return.
    offboard
        Flies after set points.
    say
        Sends a status text: severity and text.
    request
        Asks for a mode, as an operator would.
    """

    def __init__(
        self,
        *,
        mass: PointMass,
        status: Status,
        parameters: Parameters,
        mission: MissionRunner,
        way_home: ReturnPlanner,
        offboard: Maneuver,
        say: Callable[[int, str], None],
        request: Callable[[Mode, float], None],
    ) -> None:
        self._mass, self._status, self._parameters, self.mission = mass, status, parameters, mission
        self._way_home, self._offboard, self._say, self._request = way_home, offboard, say, request
        self._return_at_s: float | None = None
        self.takeoff_amsl_m: float | None = None
        """Asked for by NAV_TAKEOFF; None for MIS_TAKEOFF_ALT above the ground."""
        self._maneuver: Maneuver | None = None
        self._route: list[Step] = []
        self._reaches = False  # whether the part of the way home that is flown ends at a mission item

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
        was_mission, self._status.mode = self._status.mode is Mode.MISSION, mode
        self._route, self._return_at_s, self._reaches = [], None, False
        if not self._status.armed:
            self._maneuver = None
            return
        if mode is Mode.MISSION:
            self._say(INFO, "Executing Mission")
            self.jump(0 if self.mission.complete else self.mission.current, now_s)
        elif mode is Mode.RTL:
            self._follow(self._way_home.plan(in_mission=was_mission))
        elif mode in (Mode.LAND, Mode.PRECLAND):
            self._follow([Step(self.mission.land_at(None))])
        elif mode is Mode.TAKEOFF and self._mass.on_ground:
            self._take_off()
        elif mode is Mode.OFFBOARD:
            self._start(self._offboard)
        elif mode is Mode.TERMINATION:
            self.fall()
        else:
            self._start(Hold())

    def fall(self) -> None:
        """The motors stand still."""
        self._mass.leg, self._mass.vertical_m_s, self._maneuver = None, FALLING_M_S, None

    def say_return(self) -> None:
        """The commander's word when a return is asked for, not when a failsafe begins it."""
        self._say(INFO, "Returning to launch")

    def jump(self, index: int, now_s: float) -> None:
        """Make a mission item current."""
        if self._status.mode is not Mode.MISSION or not self._status.armed:
            self.mission.current = index
            self.mission.complete = False
            return
        self._start_mission_item(self.mission.begin(index, now_s), now_s)

    def goto(self, point: Point, altitude_amsl_m: float) -> None:
        """DO_REPOSITION: fly there and hold."""
        self._follow([Step(self.mission.fly_to(None, [point], altitude_amsl_m)), Step(Hold(altitude_amsl_m, point))])

    def change_speed(self, speed_m_s: float | None) -> None:
        """DO_CHANGE_SPEED while flying: the present leg too."""
        self.mission.speed_m_s = speed_m_s
        leg = self._mass.leg
        if leg is not None:
            self._mass.leg = replace(leg, speed_m_s=self.mission.cruise_m_s())

    def step(self, now_s: float) -> None:
        """Look at the present maneuver and go on when it is done."""
        if self._return_at_s is not None and now_s >= self._return_at_s:
            self._return_at_s = None
            self.say_return()
            self._request(Mode.RTL, now_s)
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
            if self._reaches:
                self.mission.announce(self.mission.current, now_s)
            self._follow(self._route)
        elif self._status.mode is Mode.TAKEOFF:
            self._end_takeoff(maneuver, now_s)
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

    def _take_off(self) -> None:
        altitude = self.takeoff_amsl_m
        if altitude is None:
            above = self._parameters["MIS_TAKEOFF_ALT"]
            self._say(INFO, f"Using default takeoff altitude: {above:.1f} m")
            altitude = self._mass.altitude_m + above
        self.takeoff_amsl_m = None
        self._start(TakeOff(altitude, self._parameters["MPC_TKO_SPEED"], self._parameters["NAV_MC_ALT_RAD"]))

    def _end_takeoff(self, maneuver: Maneuver, now_s: float) -> None:
        self._request(Mode.LOITER, now_s)
        if isinstance(maneuver, TakeOff) and self._status.mode is Mode.LOITER:
            self._start(Hold(maneuver.altitude_m))

    def _start(self, maneuver: Maneuver) -> None:
        self._maneuver = maneuver
        maneuver.begin(self._mass)

    def _follow(self, route: list[Step]) -> None:
        step, self._route, self._reaches = route[0], route[1:], route[0].reaches
        if step.text is not None:
            self._say(INFO, step.text)
        if step.sequence is not None:
            self.mission.current = step.sequence
        self._start(step.maneuver)

    def _start_mission_item(self, maneuver: Maneuver | None, now_s: float) -> None:
        if maneuver is not None:
            if isinstance(maneuver, TakeOff) and self._mass.on_ground:
                self._say(INFO, f"Climb to {maneuver.altitude_m - self._status.home_amsl_m:.1f} meters above home")
            self._start(maneuver)
            return
        mission = self.mission
        mission.complete = True
        returns = bool(mission.items) and mission.items[mission.current].command == items_of.NAV_RETURN_TO_LAUNCH
        self._say(INFO, "Mission finished, loitering")
        self._request(Mode.LOITER, now_s)
        if returns:
            self._return_at_s = now_s + RETURN_AFTER_S
