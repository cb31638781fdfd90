"""The level legs of a flight by set points, where its profile asks for it; the mission on board is what stays.

A leg is taken over at its beginning, when the mission reaches its first item, and given back at its end, by the item
that follows. Nothing else is done by set points. Whatever puts the vehicle into another mode ends it at once, and no
set point is sent after that: PX4 would go back to OFFBOARD by itself when the stream resumes (seen on PX4 1.17.0).
When the stream stops, the link lost or this process gone, PX4 returns after COM_OF_LOSS_T along its mission.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from skystork.app.drone_desk import DroneDesk
from skystork.fleet.profile import Airframe, Guidance
from skystork.flight.flight import Flight
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.flight.setpoints import RATE_HZ, LegSetpoints, Setpoint
from skystork.frames import LocalFrame, distance_m
from skystork.link.autopilot import PX4
from skystork.link.confirmed_command import OrderState
from skystork.link.offboard import setpoint_message
from skystork.planning.flight_plan import LegName

AT_START_M = 15.0
"""A leg is taken over this near to its beginning; one that is under way already is left to the mission."""
LEAD_S = 0.5
"""Set points before OFFBOARD is asked for: 6 at 20 Hz were enough on PX4 1.17.0 SITL."""
SILENCE_S = 1.0
"""Not heard for longer, nothing is sent any more: it may have given up by then (COM_OF_LOSS_T, 1 s by default), and a
set point that reaches it on its way home would call it back to where the plan is by now."""
SETTLE_S = 1.5
"""At the end of a leg, before the mission goes on."""


async def fly_offboard(desk: DroneDesk, flight: Flight, frame: LocalFrame) -> None:
    """Both level legs of the plan that the flight has now; returns when it has another, or is over."""
    profile, plan = flight.plan.request.profile, flight.plan
    fits = profile.airframe is Airframe.MULTIROTOR and desk.drone.autopilot == PX4.name
    fits = fits and flight.mission.hold_sequence > 0 and flight.mission.delivers
    if profile.guidance is not Guidance.OFFBOARD or not fits:
        return
    mission = flight.mission
    legs = (
        (LegName.OUTBOUND, FlightPhase.OUTBOUND, mission.outbound_sequence, mission.hold_sequence - 1),
        (LegName.INBOUND, FlightPhase.INBOUND, mission.inbound_sequence + 1, len(mission.items) - 2),
    )
    for name, phase, first, last in legs:
        setpoints = LegSetpoints(plan.leg(name))
        begins = frame.to_geodetic(*setpoints.at(0.0).position_enu_m)

        def there(phase: FlightPhase = phase, first: int = first, last: int = last) -> bool:
            state = desk.state
            in_leg = first <= (state.mission_sequence or 0) <= last
            return flight.phase is phase and state.mode == "AUTO.MISSION" and in_leg

        while not there():
            if flight.plan is not plan or flight.phase not in AIRBORNE | {FlightPhase.STARTING}:
                return
            await desk.changed_within(1.0)
            await asyncio.sleep(0)
        here = desk.state.position
        if here is not None and distance_m(here, begins) <= AT_START_M:
            await _Leg(desk, flight, frame, setpoints).fly(last)


class _Leg:
    """One leg while it is flown so."""

    def __init__(self, desk: DroneDesk, flight: Flight, frame: LocalFrame, setpoints: LegSetpoints) -> None:
        self._desk, self._flight, self._frame, self._setpoints = desk, flight, frame, setpoints
        self._plan, self._phase = flight.plan, flight.phase
        self._began_s: float | None = None

    async def fly(self, next_item: int) -> None:
        """To its end, and on by the mission; or until somebody else flies it."""
        stream = asyncio.create_task(self._stream(), name=f"offboard[{self._desk.drone.vehicle_id}]")
        try:
            await asyncio.sleep(LEAD_S)
            if self._flight.held_by or not self._is_flown_in("AUTO.MISSION"):
                return
            taken = await self._desk.orders.set_mode("OFFBOARD")
            if taken.outcome is not OrderState.CONFIRMED:
                return
            self._began_s = asyncio.get_running_loop().time()
            if await self._until(self._is_through):
                await self._desk.port.set_current_item(next_item)  # takes seconds on a bad link
                if await self._until(lambda: not self._flight.held_by):
                    await self._desk.orders.set_mode("AUTO.MISSION")
        finally:
            stream.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stream

    async def _until(self, done: Callable[[], bool]) -> bool:
        """Whether it was flown to there; False where it is in another mode, or on another plan, before."""
        while not done():
            if not self._is_ours():
                return False
            await asyncio.sleep(1 / RATE_HZ)
        return self._is_ours()

    def _is_through(self) -> bool:
        """Told to hold, it is kept where the leg ends until it does: without set points PX4 would return."""
        return self._since_s() >= self._setpoints.duration_s + SETTLE_S and not self._flight.held_by

    def _is_ours(self) -> bool:
        return self._is_flown_in("OFFBOARD")

    def _is_flown_in(self, mode: str) -> bool:
        """Whether it is heard in this mode, and nobody gave it another plan or phase since."""
        state, now_s = self._desk.state, asyncio.get_running_loop().time()
        same = self._flight.plan is self._plan and self._flight.phase is self._phase
        heard = state.last_heard_s is not None and now_s - state.last_heard_s <= SILENCE_S
        return same and heard and state.mode == mode

    def _since_s(self) -> float:
        return 0.0 if self._began_s is None else asyncio.get_running_loop().time() - self._began_s

    async def _stream(self) -> None:
        """Until cancelled, or until it is not ours any more."""
        while self._began_s is None or self._is_ours():
            self._send(self._setpoints.at(self._since_s()))
            await asyncio.sleep(1 / RATE_HZ)

    def _send(self, point: Setpoint) -> None:
        where = self._frame.to_geodetic(*point.position_enu_m)
        message = setpoint_message(
            self._desk.drone.system_id,
            where,
            point.height_home_m,
            point.velocity_enu_m_s,
            point.acceleration_enu_m_s2,
        )
        self._desk.port.tell([message])
