"""A checked flight plan as the vehicle will fly it: mission items, fence and rally point.

The mission holds over the doorstep for `HOLD_S` in a NAV_LOITER_TIME item. Within that time the controller looks,
releases, sees the confirmation and moves the vehicle on with MISSION_SET_CURRENT. Without us the vehicle releases
nothing and goes home by itself along the path that was checked: a lost link changes nothing about what is flown, so
the mission is excepted from the data-link failsafe (COM_DLL_EXCEPT bit 0). A failsafe that holds or turns back would
leave the path: on the wing by a turn of hundreds of metres.

What does send it home early (an order of ours, a battery, the fence) returns along the mission (RTL_TYPE 4): back over
the items flown or on to the landing, whichever is fewer item numbers away. Left alone that may lead on to the doorstep,
or from the way home back down to it; a DO_LAND_START, after counterweights where the way home has fewer items, puts the
balance exactly at the hold (PX4 1.17, RTL::reverseIsFurther; flown on SITL). A flight that begins in the air must never
turn back: at the take-off item a return leaves the mission and goes home straight, a way that nobody checked. Its
DO_LAND_START stands before everything, so that it always goes on.

Frames: positions use MAV_FRAME_GLOBAL_RELATIVE_ALT (3), everything else MAV_FRAME_MISSION (2); PX4 1.17 refuses
other combinations (measured on PX4 1.17.0 SITL).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

from shapely import LineString, Point

from skystork.fleet.profile import Airframe, DroneProfile, Release
from skystork.flight.fence import compile_fence
from skystork.flight.waypoints import greatest_air_speed_m_s, lay_waypoints, speed_steps
from skystork.frames import Geodetic, LocalFrame
from skystork.link.contract import MissionItem, MissionType
from skystork.planning.bezier_path import flatten
from skystork.planning.flight_plan import FlightPlan, HandItem, LegName
from skystork.planning.hand_plan import turning_item

MAV_CMD_NAV_WAYPOINT = 16
MAV_CMD_NAV_LOITER_TIME = 19
MAV_CMD_NAV_LAND = 21
MAV_CMD_NAV_TAKEOFF = 22
MAV_CMD_NAV_VTOL_TAKEOFF = 84
MAV_CMD_DO_CHANGE_SPEED = 178
MAV_CMD_DO_LAND_START = 189
MAV_CMD_DO_VTOL_TRANSITION = 3000
MAV_CMD_NAV_RALLY_POINT = 5100
MAV_VTOL_STATE_MC = 3
MAV_VTOL_STATE_FW = 4
_FRAME_MISSION = 2
_FRAME_RELATIVE = 3
_NAN = math.nan

HOLD_S = 60.0
"""Time at the drop height before the vehicle goes on by itself; a release is asked for within 32 s of its arrival and
reported or given up within 12 s more (:mod:`skystork.flight.drop`, LinkSettings)."""
WINCH_HOLD_S = 185.0
"""Added where a winch delivers: it is given 180 s (skystork.link.winch, WORK_PATIENCE_S), and 5 s to be moved on."""
TRANSITION_ALLOWANCE_M = 60.0
"""Two seconds at 30 m/s for the rotors to take over before the wing stops carrying (PX4: VT_B_TRANS_DUR is 4 s in all,
braking included)."""


@dataclass(frozen=True, slots=True)
class Waypointing:
    """How a planned curve becomes waypoints."""

    flattening_m: float
    """The waypoints' polyline leaves the curve by no more than this [m]."""
    acceptance_m: float
    """A waypoint counts as reached this far from it, and the next is turned to [m]."""


WAYPOINTING = MappingProxyType(
    {
        # Flown on PX4 1.17.0 SITL at 10 m/s round a bend of 35 m radius: with 4 m and NAV_ACC_RAD's default of 10 m the
        # corners were cut by 3.6 m (95 %) and left the corridor.
        Airframe.MULTIROTOR: Waypointing(0.5, 3.0),
        # At 30 m/s the curve bends with 300 m radius and more: waypoints stay two seconds apart, and turns are flown
        # round them rather than through them (NAV_ACC_RAD's default).
        Airframe.LIFT_AND_CRUISE: Waypointing(2.0, 10.0),
    }
)


PlanParts = tuple[tuple[MissionType, tuple[MissionItem, ...]], ...]
"""Lists of a plan, each with its kind."""


@dataclass(frozen=True, slots=True)
class PlanIds:
    """Of what was uploaded and read back, as the vehicle told them; None where it tells none."""

    mission: int | None = None
    fence: int | None = None


@dataclass(frozen=True, slots=True)
class VehicleMission:
    """What goes on board."""

    items: tuple[MissionItem, ...]
    fence: tuple[MissionItem, ...]
    rally: tuple[MissionItem, ...]
    hold_sequence: int
    """Item in which the vehicle holds at the drop height until moved on; -1 where it holds nowhere."""
    inbound_sequence: int
    """First item of the way home: the climb from the doorstep."""
    outbound_sequence: int = 2
    """First item after the climb."""
    delivers: bool = True
    """False for a mission by hand: it holds nowhere; ``hold_sequence`` is the last item from which it turns back."""

    @property
    def parts(self) -> PlanParts:
        """The lists, in the order in which they go on board in the air: no fence while the way changes.

        PX4 judges the mission by the fence on board, whichever of them came last. One way within the fence of another
        is "Geofence violation for waypoint 3" and no mission at all; should the link fail then, PX4 neither returns nor
        lands: it hangs in AUTO.RTL, "No valid mission available, loitering" (both seen on PX4 1.17.0 SITL). Without a
        fence both ways lead home.
        """
        return (
            (MissionType.FENCE, ()),
            *self.way,
            (MissionType.RALLY, self.rally),
            (MissionType.FENCE, self.fence),
        )

    @property
    def way(self) -> PlanParts:
        """The mission alone, where fence and rally point are its own."""
        return ((MissionType.MISSION, self.items),)


def compile_mission(plan: FlightPlan, frame: LocalFrame) -> VehicleMission:
    """Compile a plan to items.

    Parameters
    ----------
    plan
        A plan that passed the independent check.
    frame
        The local frame the plan's coordinates are in.
    """
    request = plan.request
    if request.by_hand:
        return _by_hand(plan, frame)
    out_m, home_m = request.outbound_height_m, request.inbound_height_m
    first_m_s = _air_speed_m_s(plan, LegName.OUTBOUND)
    outbound = _enroute(plan, LegName.OUTBOUND, frame, first_m_s)
    inbound = _enroute(plan, LegName.INBOUND, frame, outbound.speed_m_s)
    takeoff = MAV_CMD_NAV_VTOL_TAKEOFF if outbound.winged else MAV_CMD_NAV_TAKEOFF
    up, speed = _positioned(takeoff, request.begins, out_m), _speed(first_m_s)
    items = [up, speed] if request.start is None else [speed, _land_start(), up]
    outbound_sequence = len(items)
    if request.ends_at_drop_off:
        return _one_way(plan, frame, [*items, *outbound.items], outbound_sequence)
    items += [*outbound.items, _waypoint(request.drop_off, out_m, request.profile)]
    hold_sequence = len(items)
    hold = (_hold_s(request.profile), 0.0, 0.0, _NAN)
    items.append(_positioned(MAV_CMD_NAV_LOITER_TIME, request.drop_off, request.profile.drop_height_m, hold))
    inbound_sequence = len(items)
    items.append(_waypoint(request.drop_off, home_m, request.profile))
    items += [_transition(MAV_VTOL_STATE_FW)] if inbound.winged else []
    items += [
        *inbound.items,
        _waypoint(request.pad, home_m, request.profile),
        _positioned(MAV_CMD_NAV_LAND, request.pad, 0.0),
    ]
    if request.start is None:
        items = balanced(items, hold_sequence, _speed(inbound.speed_m_s))
    fence = compile_fence(plan.around.fence, frame)
    return VehicleMission(tuple(items), fence, _rally(plan), hold_sequence, inbound_sequence, outbound_sequence)


def _by_hand(plan: FlightPlan, frame: LocalFrame) -> VehicleMission:
    """As it was drawn and judged, item by item."""
    items = tuple(_hand_item(item) for item in plan.request.by_hand)
    fence, turns = compile_fence(plan.around.fence, frame), turning_item(len(items))
    return VehicleMission(items, fence, _rally(plan), turns, turns + 1, 1, delivers=False)


def _hand_item(item: HandItem) -> MissionItem:
    first, second, third, fourth, *rest = (_NAN if value is None else value for value in item.params)
    params = (first, second, third, fourth)
    if item.position is None:
        fifth, sixth, seventh = (*rest, 0.0, 0.0, 0.0)[:3]
        return MissionItem(item.command, _FRAME_MISSION, params, fifth, sixth, seventh)
    return _positioned(item.command, item.position, item.height_home_m, params)


def _one_way(plan: FlightPlan, frame: LocalFrame, items: list[MissionItem], outbound_sequence: int) -> VehicleMission:
    """Out, and down to the ground there: nothing is held, and every item leads to the landing."""
    request = plan.request
    items.append(_waypoint(request.drop_off, request.outbound_height_m, request.profile))
    items.append(_positioned(MAV_CMD_NAV_LAND, request.drop_off, 0.0))
    fence = compile_fence(plan.around.fence, frame)
    return VehicleMission(tuple(items), fence, _rally(plan), -1, 0, outbound_sequence)


def _hold_s(profile: DroneProfile) -> float:
    return HOLD_S + (WINCH_HOLD_S if profile.release is Release.WINCH else 0.0)


def balanced(items: list[MissionItem], hold_sequence: int, counterweight: MissionItem) -> list[MissionItem]:
    """Have a return go back up to the hold, and on after it.

    PX4 goes on when ``land_start - current < current``, the land start being the landing if no item marks it: it must
    be number ``2 hold`` or ``2 hold + 1``.
    """
    landing, latest = len(items) - 1, 2 * hold_sequence + 1
    if landing > latest:
        return [*items[:latest], _land_start(), *items[latest:]]
    return [*items[:-2], *[counterweight] * (latest - 1 - landing), *items[-2:]]


@dataclass(frozen=True, slots=True)
class _EnRoute:
    """Items strictly between the two ends of a cruise leg."""

    items: tuple[MissionItem, ...]
    winged: bool
    """Flown on the wing, so that a transition belongs before and after it."""
    speed_m_s: float
    """In force at its end."""


def _enroute(plan: FlightPlan, name: LegName, frame: LocalFrame, in_force_m_s: float) -> _EnRoute:
    """Waypoints of a leg; on the wing, with the transition back to hover a braking distance before its end."""
    if plan.request.profile.airframe is Airframe.MULTIROTOR:
        return _on_rotors(plan, name, frame, in_force_m_s)
    profile = plan.request.profile
    height_m = plan.leg(name).start_height_home_m
    laying = WAYPOINTING[profile.airframe]
    line = LineString(flatten(plan.leg(name).segments, laying.flattening_m))
    braking_m = profile.cruise_air_speed_m_s**2 / (2 * profile.max_acceleration_m_s2) + TRANSITION_ALLOWANCE_M
    winged = profile.airframe is Airframe.LIFT_AND_CRUISE and line.length > 3 * braking_m
    inner = [(line.project(Point(xy)), xy) for xy in line.coords[1:-1]]
    brake_at_m = line.length - braking_m

    def laid(places: list[tuple[float, ...]]) -> tuple[MissionItem, ...]:
        return tuple(_local_waypoint(frame, xy, height_m, profile) for xy in places)

    if not winged:
        return _EnRoute(laid([xy for _, xy in inner]), winged=False, speed_m_s=in_force_m_s)
    before = laid([xy for at_m, xy in inner if at_m < brake_at_m - laying.acceptance_m])
    (brake,) = laid([line.interpolate(brake_at_m).coords[0]])
    after = laid([xy for at_m, xy in inner if at_m > brake_at_m + laying.acceptance_m])
    return _EnRoute((*before, brake, _transition(MAV_VTOL_STATE_MC), *after), winged=True, speed_m_s=in_force_m_s)


def _on_rotors(plan: FlightPlan, name: LegName, frame: LocalFrame, in_force_m_s: float) -> _EnRoute:
    """Waypoints with their own radii, and a speed over ground where that of the plan steps: in a wind."""
    leg, laying = plan.leg(name), WAYPOINTING[Airframe.MULTIROTOR]
    air_speed_m_s, wind = _air_speed_m_s(plan, name), plan.request.wind_enu_m_s
    waypoints = lay_waypoints(leg, laying.flattening_m, laying.acceptance_m, air_speed_m_s, wind)
    items: list[MissionItem] = []
    for waypoint, step_m_s in speed_steps(waypoints, in_force_m_s):
        if step_m_s is not None:
            in_force_m_s = round(step_m_s, 2)
            items.append(_speed(in_force_m_s))
        if waypoint is not waypoints[-1]:  # the end of the leg is an item of its own
            params = (0.0, waypoint.acceptance_m, 0.0, _NAN)
            place = frame.to_geodetic(*waypoint.place_enu_m)
            items.append(_positioned(MAV_CMD_NAV_WAYPOINT, place, leg.start_height_home_m, params))
    return _EnRoute(tuple(items), winged=False, speed_m_s=in_force_m_s)


def _air_speed_m_s(plan: FlightPlan, name: LegName) -> float:
    """What a leg is flown at: the vehicle's cruise, or less where the plan is slower to save energy."""
    profile = plan.request.profile
    if profile.airframe is not Airframe.MULTIROTOR:
        return profile.cruise_air_speed_m_s
    return min(profile.cruise_air_speed_m_s, greatest_air_speed_m_s(plan.leg(name), plan.request.wind_enu_m_s))


def _local_waypoint(frame: LocalFrame, xy: tuple[float, ...], height_m: float, profile: DroneProfile) -> MissionItem:
    return _waypoint(frame.to_geodetic(xy[0], xy[1]), height_m, profile)


def _waypoint(position: Geodetic, height_m: float, profile: DroneProfile) -> MissionItem:
    acceptance_m = WAYPOINTING[profile.airframe].acceptance_m
    return _positioned(MAV_CMD_NAV_WAYPOINT, position, height_m, (0.0, acceptance_m, 0.0, _NAN))


def _positioned(
    command: int, position: Geodetic, height_m: float, params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, _NAN)
) -> MissionItem:
    return MissionItem(command, _FRAME_RELATIVE, params, position.latitude_deg, position.longitude_deg, height_m)


def _speed(speed_m_s: float) -> MissionItem:
    return MissionItem(MAV_CMD_DO_CHANGE_SPEED, _FRAME_MISSION, (1.0, speed_m_s, -1.0, 0.0))


def _land_start() -> MissionItem:
    return MissionItem(MAV_CMD_DO_LAND_START, _FRAME_MISSION, (0.0,) * 4)


def _transition(state: int) -> MissionItem:
    return MissionItem(MAV_CMD_DO_VTOL_TRANSITION, _FRAME_MISSION, (float(state), 0.0, 0.0, 0.0))


def _rally(plan: FlightPlan) -> tuple[MissionItem, ...]:
    places = [point.position for point in plan.around.safe_points]
    return tuple(
        MissionItem(
            MAV_CMD_NAV_RALLY_POINT, _FRAME_RELATIVE, (0.0, 0.0, 0.0, 0.0), each.latitude_deg, each.longitude_deg, 0.0
        )
        for each in places
    )
