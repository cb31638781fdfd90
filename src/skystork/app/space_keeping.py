"""The space that a flight holds once it no longer flies by the times of its plan: held, gone on, or on its way home.

While it holds, it keeps a box about where it hovers, for as long as its battery can keep it there; a wing circles, so
its box is a disc. Whom of the others it is then in the way of is told as an alert. What it had reserved by plan is let
go, and to go on is separated anew: refused with the reason and the time from which it is clear. Whoever goes on without
asking us, a ground station or an autopilot, holds what is left of its plan from where it is; one on its way home holds
the way that it really flies.
"""

from __future__ import annotations

import asyncio
import math

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.ways_now import time_in_plan_s, ways_now
from skystork.clearance.deconfliction import (
    Conflict,
    Reservation,
    find_conflict,
    find_departure,
    first_through,
    reserve,
)
from skystork.clearance.held_space import LOITER_RADIUS_M, hover, on_a_way
from skystork.fleet.energy import level_power_w, upright_power_w
from skystork.fleet.profile import Airframe, DroneProfile
from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.flight.contingency import BATTERY_LAST
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.orders.order import FlightId
from skystork.planning.hover_box import hover_half_width_m

RENEWED_S = 10.0
"""Between two looks at what is held by where it is now [s]."""
MOVED_M = 5.0
"""What hovers elsewhere by more is held anew at once [m]."""
UNKNOWN_HOLD_S = 3600.0
"""Where the vehicle tells no battery."""


class SpaceKeeping:
    """Of one flight; the one writer of its reservations once it is in the air."""

    def __init__(self, services: FlightServices, desk: DroneDesk, flight_id: FlightId) -> None:
        self._s, self._desk, self._flight_id = services, desk, flight_id
        self._box_key = FlightId(f"{flight_id} held")
        self._looked_s = -math.inf
        self._centre: tuple[float, float, float] | None = None
        self._meets: Conflict | None = None
        self._told_of: FlightId | None = None
        self._by_plan = True

    def taken_over(self) -> None:
        """It was in the air before this process: it may have been held, so its plan's times count no longer."""
        self._by_plan = False

    def follow(self, flight: Flight, *, goes_on: bool) -> None:
        """After each state of the vehicle; ``goes_on``: it was told to go on, and keeps what was reserved for that."""
        state = self._desk.state
        if flight.phase not in AIRBORNE or state.link is not LinkState.UP or state.position is None:
            return
        if flight.phase is FlightPhase.HOLDING:
            self._by_plan = False
            self._hold(flight, state, down_to_ground=False)
            if not goes_on:
                self._s.reservations.pop(self._flight_id, None)
        elif flight.phase is FlightPhase.RETURNING:
            self._by_plan = False
            self._return(flight, state)
        elif not self._by_plan:
            self._let_go_of_box()
            self._by_plan = True
            self._s.reservations[self._flight_id] = self._rest(flight)

    def news_of_meeting(self) -> str | None:
        """Who flies through where it holds, where that is not told yet; empty when it is over; None: nothing new."""
        of = self._meets.other if self._meets is not None else None
        if of == self._told_of:
            return None
        self._told_of = of
        if self._meets is None:
            return ""
        left_s = max(self._meets.at_s - self._now_s(), 0.0)
        gap = f"{self._meets.horizontal_m:.0f} m beside and {self._meets.vertical_m:.0f} m above or below"
        return f"flight {of} comes within {gap} of where it holds in {left_s:.0f} s: move one of them"

    def why_not_on(self, flight: Flight) -> str:
        """Why it must not go on with its plan from where it is now; empty where it may."""
        rest, separation = self._rest(flight), self._s.site.flight.separation
        others = self._others()
        conflict = find_conflict(rest, others, separation)
        if conflict is None:
            return ""
        later = find_departure(flight.plan, rest.departs_at_s, others, separation)
        clear = "it stays so"
        if not isinstance(later, Conflict):
            clear = f"it is clear in {later.departs_at_s - rest.departs_at_s:.0f} s"
        return (
            f"going on it would come within {conflict.horizontal_m:.0f} m of flight {conflict.other} in "
            f"{max(conflict.at_s - self._now_s(), 0.0):.0f} s; {clear}"
        )

    def take_rest(self, flight: Flight) -> None:
        """Hold what is left of its plan from now on, besides its box, until it is seen to go on."""
        self._s.reservations[self._flight_id] = self._rest(flight)

    def let_go(self) -> None:
        """It is down."""
        self._s.reservations.pop(self._flight_id, None)
        self._let_go_of_box()

    def _hold(self, flight: Flight, state: VehicleState, *, down_to_ground: bool) -> None:
        profile = flight.plan.request.profile
        radius_m = hover_half_width_m(profile)
        wing = profile.airframe is Airframe.LIFT_AND_CRUISE
        if wing:  # seen anywhere on its circle, whose middle is where it was told to hold
            radius_m += 2 * LOITER_RADIUS_M
        here = self._here(flight, state)
        moved_m = math.dist(here, self._centre) if self._centre is not None else math.inf
        if moved_m <= (2 * LOITER_RADIUS_M if wing else MOVED_M) and not self._is_due():
            return
        if self._centre is None or not wing or moved_m > 2 * LOITER_RADIUS_M:
            self._centre = here
        self._looked_s = self._now_s()
        down_to_ground = down_to_ground or state.height_home_m is None
        for_s = _holds_for_s(profile, state)
        box = hover(self._centre, radius_m, for_s, down_to_ground=down_to_ground)
        self._meets = first_through(
            self._centre,
            self._others(),
            self._s.site.flight.separation,
            radius_m=radius_m,
            low_m=0.0 if down_to_ground else self._centre[2],
            between_s=(self._now_s(), self._now_s() + for_s),
        )
        self._s.reservations[self._box_key] = Reservation.standing(self._flight_id, self._now_s(), self._centre, box)

    def _return(self, flight: Flight, state: VehicleState) -> None:
        """The way home as it is flown now, or down where it is."""
        if state.mode == "AUTO.LAND" or state.by_hand:
            self._s.reservations.pop(self._flight_id, None)
            self._hold(flight, state, down_to_ground=True)
            return
        self._let_go_of_box()
        if not self._is_due():
            return
        self._looked_s = self._now_s()
        ahead, _ = ways_now(flight, state, self._s.site.frame, self._now_s())
        track = on_a_way(ahead.track, ahead.times_s)
        self._s.reservations[self._flight_id] = Reservation.along(self._flight_id, self._now_s(), track)

    def _rest(self, flight: Flight) -> Reservation:
        """Its plan from where it is, as if it had taken off so long ago."""
        done_s = time_in_plan_s(flight, self._desk.state, self._s.site.frame)
        return reserve(flight.plan, self._now_s() - done_s)

    def _others(self) -> list[Reservation]:
        return [held for held in self._s.reservations.values() if held.flight_id != self._flight_id]

    def _let_go_of_box(self) -> None:
        if self._s.reservations.pop(self._box_key, None) is not None:
            self._looked_s = -math.inf
        self._centre = self._meets = None

    def _is_due(self) -> bool:
        return self._now_s() - self._looked_s >= RENEWED_S

    def _here(self, flight: Flight, state: VehicleState) -> tuple[float, float, float]:
        assert state.position is not None, "looked at before"
        top_m = max(point.height_home_m for point in flight.plan.track)
        height_m = state.height_home_m if state.height_home_m is not None else top_m
        return (*self._s.site.frame.to_enu_m(state.position), height_m)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()


def _holds_for_s(profile: DroneProfile, state: VehicleState) -> float:
    """How long its battery can keep it in the air, as if it carried nothing, on the wing where it has one [s]."""
    if state.battery_fraction is None:
        return UNKNOWN_HOLD_S
    winds_m_s = (0.0, profile.wind_limit_m_s)  # rotors draw less in a wind
    watts = [upright_power_w(profile, payload_kg=0.0, air_speed_m_s=wind_m_s) for wind_m_s in winds_m_s]
    if profile.airframe is Airframe.LIFT_AND_CRUISE:
        watts.append(level_power_w(profile, payload_kg=0.0, air_speed_m_s=profile.cruise_air_speed_m_s))
    left_j = max(state.battery_fraction - BATTERY_LAST, 0.0) * profile.battery_j
    return max(left_j / min(watts), RENEWED_S)
