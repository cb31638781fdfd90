"""The ways of one flight in the air from where it is: the one it flies, and the way home.

Home is the path it came, until it is at the doorstep: told to return from there it goes on with its mission. So does
one whose plan began in the air, from everywhere (:mod:`skystork.flight.mission`); and one that returns straight flies
straight, at its return height, to the nearest of its safe points. Times count from now at the plan's speed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skystork.airspace.zone_changes import PlannedWay
from skystork.fleet.profile import ReturnPath
from skystork.fleet.vehicle import VehicleState
from skystork.flight.flight import Flight
from skystork.flight.phase import FlightPhase
from skystork.frames import LocalFrame
from skystork.planning.flight_plan import LegName
from skystork.planning.free_space import planning_margin_m

LATE_S = 900.0
"""At any point of a way; as the independent check allows for a late take-off."""
KEPT_SHARE = 0.8
"""Of the planning margin: a plan goes along it exactly, and is not called touched for the chords of its track."""


def ways_now(flight: Flight, state: VehicleState, frame: LocalFrame, now_s: float) -> tuple[PlannedWay, PlannedWay]:
    """The way ahead, and the way that an order to return flies."""
    track, past_drop = _track(flight), _is_past_drop(flight, state)
    here = _here(track, state, frame)
    at = _nearest(flight, track, here, past_drop=past_drop)
    margin_m = KEPT_SHARE * planning_margin_m(flight.plan.request.profile)
    ahead_rows, back_rows = track[at:], track[: at + 1][::-1]
    if _returns_straight(flight, state, past_drop=past_drop):
        back_rows = _straight(flight, here, frame)
    elif past_drop or not _turns(flight, state):
        back_rows = ahead_rows
    lands_there = flight.plan.request.ends_at_drop_off and flight.mission.delivers
    if flight.phase is FlightPhase.RETURNING and not lands_there:
        ahead_rows = back_rows
    return _way(ahead_rows, here, now_s, margin_m), _way(back_rows, here, now_s, margin_m)


def _track(flight: Flight) -> NDArray[np.float64]:
    """(n, 4): time since take-off, east, north, height; one that lands at its drop-off goes no further."""
    points = flight.plan.track
    track = np.array([(point.t_s, point.east_m, point.north_m, point.height_home_m) for point in points], dtype=float)
    one_way = flight.plan.request.ends_at_drop_off and flight.mission.delivers
    return track[track[:, 0] <= _until_drop_s(flight)] if one_way else track


def _is_past_drop(flight: Flight, state: VehicleState) -> bool:
    if flight.plan.request.ends_at_drop_off and flight.mission.delivers:
        return False
    in_phase = flight.phase is FlightPhase.INBOUND
    return in_phase or (state.mission_sequence or 0) > flight.mission.hold_sequence


def _turns(flight: Flight, state: VehicleState) -> bool:
    """Whether its way home is the path it came: not at the hold, from where an order to return is a jump to the climb.

    A failsafe of PX4 itself turns there too, the hold being balanced with the land start (flight.mission.balanced).
    """
    at_hold = state.mission_sequence == flight.mission.hold_sequence and state.mode != "AUTO.RTL"
    at_hold = at_hold and flight.mission.delivers
    return flight.plan.request.start is None and not at_hold


def _returns_straight(flight: Flight, state: VehicleState, *, past_drop: bool) -> bool:
    """Whether what it does when told to return, or does already, is the autopilot's own straight way."""
    request = flight.plan.request
    if request.profile.return_path is not ReturnPath.DIRECT or request.ends_at_drop_off:
        return False
    by_mission = past_drop or state.mission_sequence == flight.mission.hold_sequence
    return state.mode == "AUTO.RTL" or not by_mission


def _straight(flight: Flight, here: NDArray[np.float64], frame: LocalFrame) -> NDArray[np.float64]:
    """Up where it is, straight at the return height to the nearest safe point, and down; (n, 4) as a track."""
    profile = flight.plan.request.profile
    points = [np.asarray(frame.to_enu_m(point.position)) for point in flight.plan.around.safe_points]
    goal = min(points, key=lambda point: float(np.linalg.norm(point - here[:2])))
    top_m = max(profile.return_height_m, float(here[2]))
    up_s = (top_m - float(here[2])) / profile.climb_speed_m_s
    there_s = up_s + float(np.linalg.norm(goal - here[:2])) / profile.cruise_air_speed_m_s
    down_s = there_s + top_m / profile.descent_speed_m_s
    return np.array([(0.0, *here), (up_s, *here[:2], top_m), (there_s, *goal, top_m), (down_s, *goal, 0.0)])


def time_in_plan_s(flight: Flight, state: VehicleState, frame: LocalFrame) -> float:
    """How far it is in its plan, by where it is [s since its take-off by plan]."""
    track = _track(flight)
    at = _nearest(flight, track, _here(track, state, frame), past_drop=_is_past_drop(flight, state))
    return float(track[at, 0])


def _here(track: NDArray[np.float64], state: VehicleState, frame: LocalFrame) -> NDArray[np.float64]:
    """East, north, height; where it takes off while it has not told its place."""
    if state.position is None:
        return np.asarray(track[0, 1:])
    height_m = state.height_home_m if state.height_home_m is not None else float(track[:, 3].max())
    return np.array([*frame.to_enu_m(state.position), height_m])


def _nearest(flight: Flight, track: NDArray[np.float64], here: NDArray[np.float64], *, past_drop: bool) -> int:
    """Row of the track it is at: out and home may lie beside each other, so only those of its half count."""
    until_drop_s = _until_drop_s(flight)
    mine = track[:, 0] >= until_drop_s if past_drop else track[:, 0] <= until_drop_s
    gaps_m = np.linalg.norm(track[:, 1:] - here, axis=1)
    return int(np.argmin(np.where(mine, gaps_m, np.inf))) if mine.any() else 0


def _until_drop_s(flight: Flight) -> float:
    """From take-off to the end of the drop [s]."""
    until_drop_s = 0.0
    for leg in flight.plan.legs:
        if leg.name is LegName.DROP_CLIMB:
            break
        until_drop_s += leg.duration_s
    return until_drop_s


def _way(rows: NDArray[np.float64], here: NDArray[np.float64], now_s: float, margin_m: float) -> PlannedWay:
    times_s = now_s + np.abs(rows[:, 0] - rows[0, 0])
    track = np.vstack([here, rows[:, 1:]])
    times_s = np.concatenate([[now_s], times_s])
    return PlannedWay(track, times_s, margin_m, LATE_S)
