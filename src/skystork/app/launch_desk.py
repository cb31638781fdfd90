"""Launches that wait for a person: who waits for which word, with the plan and checks it is given by.

The words come as commands of the control desk. What waits is in memory: a service that begins anew gives up launches
that had not left the ground, and their orders wait again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from skystork.app import attention as a
from skystork.app.drone_desk import DroneDesk
from skystork.app.journal import Journal
from skystork.app.refused import RefusedError
from skystork.clearance.checks import Check
from skystork.flight import authorisation as au
from skystork.orders import events as e
from skystork.orders.order import FlightId, OrderId
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.flight_plan import FlightPlan

LOOK_S = 1.0
"""Between looks whether the time for a word is over."""


@dataclass(slots=True)
class WaitingLaunch:
    """One launch at the desk; its one writer is the launch desk."""

    flight_id: FlightId
    order_id: OrderId
    desk: DroneDesk
    plan: FlightPlan
    checks: Sequence[Check]
    departs_at_s: float
    separation: str
    authorisation: au.Authorisation
    mission: str = ""
    """Name of a mission by hand; empty for a delivery."""


class LaunchDesk:
    """Holds launches until a person gives the word."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: dict[FlightId, WaitingLaunch] = {}

    def waiting(self) -> tuple[WaitingLaunch, ...]:
        """All that are at the desk, the oldest first."""
        return tuple(self._waiting.values())

    def put(self, launch: WaitingLaunch) -> None:
        """A launch comes to the desk."""
        self._waiting[launch.flight_id] = launch

    def leave(self, flight_id: FlightId) -> None:
        """It left the ground or was given up."""
        self._waiting.pop(flight_id, None)

    async def authorised(self, flight_id: FlightId, cancelled: Callable[[], bool]) -> None:
        """Until a person authorised it, or the order was cancelled; raises RefusedError."""
        await self._word(flight_id, au.LaunchState.AUTHORISE, cancelled)

    async def on_board(self, flight_id: FlightId, checks: Sequence[Check], cancelled: Callable[[], bool]) -> None:
        """All is on board: until a person launched it, or the order was cancelled; raises RefusedError."""
        launch = self._waiting[flight_id]
        if launch.authorisation.state is au.LaunchState.LOADING:
            launch.checks = checks
            launch.authorisation.take(au.BroughtOnBoard(), asyncio.get_running_loop().time())
        await self._word(flight_id, au.LaunchState.START, cancelled)

    def why_not(self, flight_id: FlightId, event: au.LaunchEvent) -> str:
        """Why a word is refused; empty where it is not."""
        launch = self._waiting.get(flight_id)
        if launch is None:
            return f"no flight {flight_id} waits at the launch desk"
        failed = [check.name for check in launch.checks if check.grade.name == "FAILURE"]
        if failed and not isinstance(event, au.LaunchRefused):
            return f"it does not pass: {', '.join(failed)}"
        return launch.authorisation.why_not(event)

    async def say(self, flight_id: FlightId, event: au.LaunchEvent) -> str:
        """A person's word, written before it counts; empty where it was taken, else why not."""
        if why := self.why_not(flight_id, event):
            return why
        launch = self._waiting[flight_id]
        by, said = getattr(event, "by", ""), getattr(event, "why", "")
        vehicle_id, step = launch.desk.drone.vehicle_id, type(event).__name__
        await self._journal.record(e.LaunchSettled(flight_id, vehicle_id, launch.order_id, step, by, said))
        if why := self.why_not(flight_id, event):  # writing it took its time
            return why
        launch.authorisation.take(event, asyncio.get_running_loop().time())
        launch.desk.changed.set()
        return ""

    async def _word(self, flight_id: FlightId, awaited: au.LaunchState, cancelled: Callable[[], bool]) -> None:
        launch = self._waiting[flight_id]
        state = launch.authorisation
        while state.state is awaited and not cancelled():
            if state.overdue_at_s is not None and asyncio.get_running_loop().time() > state.overdue_at_s:
                state.take(au.WordOverdue(), asyncio.get_running_loop().time())
            await launch.desk.changed_within(LOOK_S)
            launch.desk.changed.clear()
        if state.state is au.LaunchState.REFUSED:
            text = f"refused at the launch desk by {state.refused_by}: {state.why or 'no reason given'}"
            raise RefusedError(Reason(ReasonCode.CLEARANCE, text, "refused", "authorised"))
        if state.state is au.LaunchState.LAPSED:
            text = f"nobody gave the word to {awaited} it within {au.LAPSES_S / 60:.0f} min"
            raise RefusedError(Reason(ReasonCode.CLEARANCE, text, "no word", "a word in time"))

    def matters(self) -> tuple[a.Matter, ...]:
        """What of it wants a person, for the attention queue."""
        return tuple(
            self._matter(each) for each in self._waiting.values() if each.authorisation.overdue_at_s is not None
        )

    def _matter(self, launch: WaitingLaunch) -> a.Matter:
        book = self._journal.book
        due_s = book.order(launch.order_id).promised_by_s if launch.order_id in book else None
        return a.launch_waits(
            launch.flight_id,
            launch.desk.drone.vehicle_id,
            launch.order_id,
            step=launch.authorisation.state,
            since_s=launch.authorisation.since_s,
            promised_by_s=due_s,
            to_drop_s=launch.plan.time_to_drop_s + launch.desk.drone.profile.load_s,
        )
