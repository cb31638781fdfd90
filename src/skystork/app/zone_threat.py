"""What changed zones do to the ways of one flight in the air: the way it flies, and the way home.

Home is the path it came, until it is at the doorstep: told to return from there it goes on with its mission.

Times count from now at the plan's speed, and a zone counts that is active up to :data:`LATE_S` later: a flight that was
held or goes against the wind is late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone_changes import PlannedWay, Touch, is_inside, leaves_for_good, touches
from skystork.fleet.vehicle import VehicleState
from skystork.flight.flight import Flight
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.zone_reaction import WaysNow
from skystork.frames import LocalFrame
from skystork.planning.flight_plan import LegName
from skystork.planning.free_space import planning_margin_m

LATE_S = 900.0
"""At any point of a way; as the independent check allows for a late take-off."""
KEPT_SHARE = 0.8
"""Of the planning margin: a plan goes along it exactly, and is not called touched for the chords of its track."""


@dataclass(frozen=True, slots=True)
class Threat:
    """What is known of one flight."""

    ways: WaysNow
    touched: tuple[Touch, ...]
    """By the way ahead, else by the way back."""


def threat_to(
    flight: Flight, state: VehicleState, zones: ZoneSet, only: frozenset[str] | None, *, frame: LocalFrame, now_s: float
) -> Threat:
    """Look at both ways of a flight.

    Parameters
    ----------
    only
        Ids of the zones that changed; None: all.
    """
    track, past_drop = _track(flight), _is_past_drop(flight, state)
    here = _here(track, state, frame)
    at = _nearest(flight, track, here, past_drop=past_drop)
    ahead_rows, back_rows, turns = track[at:], track[: at + 1][::-1], not past_drop and _turns(flight, state)
    if flight.phase is FlightPhase.RETURNING and turns:
        ahead_rows = back_rows
    margin_m = KEPT_SHARE * planning_margin_m(flight.plan.request.profile)
    ahead = _way(ahead_rows, here, now_s, margin_m)
    back = _way(back_rows, here, now_s, margin_m) if turns else ahead
    on_ahead, on_back = touches(zones, ahead, only), touches(zones, back, only)
    ways = WaysNow(
        phase=flight.phase,
        inside=is_inside(zones, ahead, only),
        ahead=_words(on_ahead),
        ahead_leads_out=leaves_for_good(zones, ahead, only),
        home=_words(on_back),
        home_leads_out=leaves_for_good(zones, back, only),
        mode=state.mode,
        line_out=_is_line_out(flight, state),
    )
    return Threat(ways, on_ahead or on_back)


def _track(flight: Flight) -> NDArray[np.float64]:
    """(n, 4): time since take-off, east, north, height."""
    points = flight.plan.track
    return np.array([(point.t_s, point.east_m, point.north_m, point.height_home_m) for point in points], dtype=float)


def _is_past_drop(flight: Flight, state: VehicleState) -> bool:
    in_phase = flight.phase is FlightPhase.INBOUND
    return in_phase or (state.mission_sequence or 0) > flight.mission.hold_sequence


def _turns(flight: Flight, state: VehicleState) -> bool:
    """Whether its way home is the path it came: not at the hold, from where an order to return is a jump to the climb.

    A failsafe of PX4 itself turns there too, the hold being balanced with the land start (flight.mission.balanced).
    """
    return state.mission_sequence != flight.mission.hold_sequence or state.mode == "AUTO.RTL"


def _is_line_out(flight: Flight, state: VehicleState) -> bool:
    """Left out, or being lowered or brought in at this moment."""
    at_work = flight.release.by_winch and flight.parcel is Parcel.RELEASING
    return at_work or flight.is_line_out(state)


def _here(track: NDArray[np.float64], state: VehicleState, frame: LocalFrame) -> NDArray[np.float64]:
    """East, north, height; where it takes off while it has not told its place."""
    if state.position is None:
        return np.asarray(track[0, 1:])
    height_m = state.height_home_m if state.height_home_m is not None else float(track[:, 3].max())
    return np.array([*frame.to_enu_m(state.position), height_m])


def _nearest(flight: Flight, track: NDArray[np.float64], here: NDArray[np.float64], *, past_drop: bool) -> int:
    """Row of the track it is at: out and home may lie beside each other, so only those of its half count."""
    until_drop_s = 0.0
    for leg in flight.plan.legs:
        if leg.name is LegName.DROP_CLIMB:
            break
        until_drop_s += leg.duration_s
    mine = track[:, 0] >= until_drop_s if past_drop else track[:, 0] <= until_drop_s
    gaps_m = np.linalg.norm(track[:, 1:] - here, axis=1)
    return int(np.argmin(np.where(mine, gaps_m, np.inf))) if mine.any() else 0


def _way(rows: NDArray[np.float64], here: NDArray[np.float64], now_s: float, margin_m: float) -> PlannedWay:
    times_s = now_s + np.abs(rows[:, 0] - rows[0, 0])
    track = np.vstack([here, rows[:, 1:]])
    times_s = np.concatenate([[now_s], times_s])
    return PlannedWay(track, times_s, margin_m, LATE_S)


def _words(found: tuple[Touch, ...]) -> str:
    if not found:
        return ""
    zone = found[0].zone
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{zone.name} ({zone.kind}, {zone.lower.published} to {zone.upper.published}){more}"
