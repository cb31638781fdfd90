"""Flying a mission: which item is current, what it makes the airframe do, and what is told of it.

Items that do not wait (speed, gripper) are done at once in a chain behind the one before; PX4 announces only the last
of such a chain, so numbers are skipped on the wire. The whole list is judged some 30 ms after an upload.
Source: measured on PX4 v1.17.0 SITL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from skystork_sim import autopilot_items as items_of
from skystork_sim.autopilot_items import FenceArea, PlanItem, infeasibility
from skystork_sim.autopilot_modes import MissionState, Mode, Status
from skystork_sim.autopilot_parameters import Parameters
from skystork_sim.dynamics import Leg, PointMass, leg_between
from skystork_sim.maneuvers import ChangeWing, FlyTo, Hold, Land, Maneuver, Point, TakeOff, Wait, speed_at_end

NO_SEQUENCE = 65_535  # MISSION_CURRENT.seq while nothing is judged, and .total without a mission
REPEAT_S = 10.0  # MISSION_ITEM_REACHED is repeated at 1 Hz for so long
SAME_PLACE_M = 0.5
WAITING = frozenset({items_of.NAV_LOITER_UNLIM, items_of.NAV_DELAY, items_of.NAV_RETURN_TO_LAUNCH})
ROTOR_STATE = 3.0  # MAV_VTOL_STATE_MC, param1 of DO_VTOL_TRANSITION


@dataclass(slots=True)
class Reached:
    """The announcement going on."""

    sequence: int
    next_s: float
    until_s: float


class MissionRunner:
    """The mission on board and how far it is flown; mutable because it is a mission in progress.

    Parameters
    ----------
    locate
        East and north of an item in the site's frame [m].
    open_gripper
        Called for a DO_GRIPPER release.
    publish
        Sends a command to the other parts of the autopilot: number and parameters.
    """

    def __init__(
        self,
        *,
        mass: PointMass,
        status: Status,
        parameters: Parameters,
        locate: Callable[[PlanItem], Point],
        open_gripper: Callable[[], None],
        publish: Callable[..., None],
    ) -> None:
        self._mass, self._status, self._parameters = mass, status, parameters
        self._locate, self._open_gripper, self._publish = locate, open_gripper, publish
        self.items: tuple[PlanItem, ...] = ()
        self.current = 0
        self.valid = False
        self.flyable = False
        """The last verdict, in force until the next."""
        self.judged = True
        self.complete = False
        self.started = False
        self.reached: Reached | None = None
        self.speed_m_s: float | None = None
        """Set by DO_CHANGE_SPEED; None for the default."""

    def cruise_m_s(self) -> float:
        """Speed of a leg: what was asked for, else the parameters' [m/s]."""
        if self._mass.limits.has_wing:
            return self.speed_m_s or self._parameters["FW_AIRSPD_TRIM"]
        return min(self.speed_m_s or self._parameters["MPC_XY_CRUISE"], self._parameters["MPC_XY_VEL_MAX"])

    def replace(self, items: tuple[PlanItem, ...]) -> None:
        """New items on board, not judged yet; in the air the current index stays unless an item asks for it."""
        self.items, self.valid, self.judged, self.complete = items, False, False, False
        self.started = False  # PX4 forgets what was reached with every new mission (MissionBase::update_mission)
        asked = [index for index, item in enumerate(items) if item.current]
        if asked:
            self.current = asked[0]
        elif not self._status.armed:
            self.current = 0
        self.current = min(self.current, max(0, len(items) - 1))

    def judge(self, fence: FenceArea) -> str | None:
        """The late verdict: what is wrong, None where it is feasible."""
        reason = infeasibility(self.items, has_wing=self._mass.limits.has_wing, fence=fence)
        self.judged, self.valid, self.flyable = True, reason is None, reason is None
        return reason

    def report(self) -> tuple[int, int, int, int]:
        """seq, total, mission_state and mission_mode of MISSION_CURRENT."""
        flying = self._status.mode is Mode.MISSION
        total = len(self.items) or NO_SEQUENCE
        if not self.valid:
            return (NO_SEQUENCE if self.items and not self.judged else 0), total, MissionState.NO_MISSION, 2
        if self.complete:
            state = MissionState.COMPLETE
        elif flying:
            state = MissionState.ACTIVE
        else:
            state = MissionState.PAUSED if self.started else MissionState.NOT_STARTED
        return self.current, total, state, 1 if flying else 2

    def begin(self, index: int, now_s: float, *, completed: int | None = None) -> Maneuver | None:
        """Make an item current, doing at once what does not wait.

        Returns None when the mission comes to its end, or to an item that asks for the return.
        """
        self.complete, self.started = False, True
        for position in range(index, len(self.items)):
            self.current = position
            item = self.items[position]
            if not item.positional:
                self._publish(item.command, *item.params)
            if item.command == items_of.NAV_RETURN_TO_LAUNCH:
                self.announce(position, now_s)
                return None
            maneuver = self._maneuver(position, item, on_line=completed is not None)
            if maneuver is not None:
                if completed is not None:
                    self.announce(completed, now_s)
                return maneuver
            completed = position
        if completed is not None:
            self.announce(completed, now_s)
        return None

    def advance(self, now_s: float) -> Maneuver | None:
        """The current item is done; the next maneuver, None at the end of the mission."""
        return self.begin(self.current + 1, now_s, completed=self.current)

    def announce(self, sequence: int, now_s: float) -> None:
        """MISSION_ITEM_REACHED from now on, at 1 Hz."""
        self.reached = Reached(sequence, now_s, now_s + REPEAT_S)

    def reached_due(self, now_s: float) -> int | None:
        """The sequence to announce now."""
        reached = self.reached
        if reached is None or now_s < reached.next_s:
            return None
        reached.next_s = reached.next_s + 1.0 if reached.next_s + 1.0 <= reached.until_s else math.inf
        return reached.sequence

    def onward_leg(self, index: int) -> Leg:
        """Where to accelerate to: the next position after an item, at the present altitude or that of the item."""
        mass = self._mass
        here = (mass.east_m, mass.north_m)
        following = [self._locate(item) for item in self.items[index:] if item.positional]
        away = [point for point in following if math.dist(point, here) > 20.0]
        target = away[0] if away else (here[0], here[1] + 500.0)  # north, where the mission goes nowhere
        return leg_between(
            here, target, altitude_m=mass.altitude_m, speed_m_s=self.cruise_m_s(), end_speed_m_s=self.cruise_m_s()
        )

    def altitude_amsl_m(self, item: PlanItem) -> float:
        """Altitude of an item, by its frame [m]."""
        return item.z if item.frame in items_of.AMSL_FRAMES else self._status.home_amsl_m + item.z

    def points_from(self, index: int) -> list[Point]:
        """The item's place and those after it that are passed without a stop, the stop included."""
        points = [self._locate(self.items[index])]
        for before, item in zip(self.items[index:], self.items[index + 1 :], strict=False):
            if _stops(before) or item.command in WAITING or _to_rotors(item):
                break
            if not item.positional:
                continue
            point = self._locate(item)
            if math.dist(point, points[-1]) < SAME_PLACE_M:
                break
            points.append(point)
        return points

    def land_at(self, place: Point | None) -> Land:
        """A landing by the parameters."""
        value = self._parameters
        return Land(place, self.cruise_m_s(), value["MPC_LAND_SPEED"], value["MPC_LAND_ALT1"], value["MPC_LAND_ALT2"])

    def fly_to(
        self, start: Point | None, points: Sequence[Point], altitude_m: float, acceptance_m: float = 0.0
    ) -> FlyTo:
        """A leg by the parameters."""
        value = self._parameters
        return FlyTo(
            start, points, altitude_m, self.cruise_m_s(), acceptance_m or value["NAV_ACC_RAD"], value["NAV_MC_ALT_RAD"]
        )

    def _maneuver(self, index: int, item: PlanItem, *, on_line: bool) -> Maneuver | None:
        """What the item makes the airframe do; None when it is done by being begun.

        ``on_line`` says that it comes from the item before and so follows the line between the two.
        """
        if item.command == items_of.DO_CHANGE_SPEED:
            self.speed_m_s = item.params[1] if item.params[1] > 0 else None
        elif item.command == items_of.DO_GRIPPER and item.params[1] == 0:
            self._open_gripper()
        elif item.command == items_of.NAV_DELAY:
            return Wait(max(0.0, item.params[0]))
        elif item.command == items_of.DO_VTOL_TRANSITION:
            return self._transition(index, to_wing=item.params[0] != ROTOR_STATE)
        elif item.command in items_of.TAKEOFFS and self._mass.on_ground:
            wing = item.command == items_of.NAV_VTOL_TAKEOFF and self._mass.limits.has_wing
            altitude = self.altitude_amsl_m(item)
            onward = replace(self.onward_leg(index + 1), altitude_m=altitude) if wing else None
            return TakeOff(altitude, self._parameters["MPC_TKO_SPEED"], self._parameters["NAV_MC_ALT_RAD"], onward)
        elif item.command in items_of.LANDINGS:
            return self.land_at(self._locate(item))
        elif item.positional:
            return self._leg_to(index, item, on_line=on_line)
        return None

    def _leg_to(self, index: int, item: PlanItem, *, on_line: bool) -> Maneuver:
        before = [self._locate(each) for each in self.items[:index] if each.positional]
        leg = self.fly_to(
            before[-1] if before and on_line else None, self.points_from(index), self.altitude_amsl_m(item)
        )
        if item.params[1] > 0:
            leg.acceptance_m = item.params[1]
        if item.command == items_of.NAV_LOITER_UNLIM:
            return ThenStay(leg, Hold(leg.altitude_m))
        if item.command == items_of.NAV_LOITER_TIME:
            return ThenStay(leg, Wait(max(0.0, item.params[0])))
        if item.command == items_of.NAV_WAYPOINT and item.params[0] > 0:
            return ThenStay(leg, Wait(item.params[0]))
        return leg

    def _transition(self, index: int, *, to_wing: bool) -> ChangeWing:
        """Onto the wing towards the next place; onto the rotors so as to pass it as the items after it want."""
        onward = self.onward_leg(index)
        following = [position for position in range(index, len(self.items)) if self.items[position].positional]
        if to_wing or not following:
            return ChangeWing(onward, to_wing)
        here = (self._mass.east_m, self._mass.north_m)
        end_speed = speed_at_end(
            here,
            self.points_from(following[0]),
            speed_m_s=self.cruise_m_s(),
            acceptance_m=self._parameters["NAV_ACC_RAD"],
            limits=self._mass.limits,
        )
        return ChangeWing(replace(onward, end_speed_m_s=end_speed), to_wing)


@dataclass(slots=True)
class ThenStay:
    """A leg, and at its end something to wait for."""

    leg: FlyTo
    stay: Hold | Wait
    _there: bool = False

    def begin(self, mass: PointMass, /) -> None:
        """Fly there first."""
        self.leg.begin(mass)

    def step(self, mass: PointMass, /) -> bool:
        """Done when the stay is."""
        if not self._there:
            self._there = self.leg.step(mass)
            if self._there and isinstance(self.stay, Wait):
                self.stay.begin(mass)
            return False
        return self.stay.step(mass)


def _stops(item: PlanItem) -> bool:
    landing = item.command in items_of.LANDINGS or item.command in WAITING
    return landing or (item.command == items_of.NAV_WAYPOINT and item.params[0] > 0)


def _to_rotors(item: PlanItem) -> bool:
    return item.command == items_of.DO_VTOL_TRANSITION and item.params[0] == ROTOR_STATE
