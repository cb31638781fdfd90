"""Letting the parcel go: each request numbered and written before it is sent, looked at once more, settled once.

A gripper that does not answer is told again while everything that allowed the first request still holds: releasing an
open gripper does nothing. A winch is told once: a second order would lower an empty hook. Where the end leaves open
what happened, the parcel's place is unknown, and a person finds it out.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from skystork.fleet.profile import Release as Device
from skystork.fleet.vehicle import VehicleState
from skystork.flight.drop import READING_AGE_S, Drop, DropState, GripperOpened, GripperSilent, GripperStuck
from skystork.flight.effects import Effect, Note, Release
from skystork.flight.mission import HOLD_S
from skystork.link.contract import CommandResult, CommandSettled
from skystork.link.service_contract import WinchOutcome, WinchSettled
from skystork.orders import events as e
from skystork.orders.order import FlightId, Mode, OrderId, VehicleId
from skystork.planning.flight_plan import FlightPlan

RELEASE_TRIES = 3
"""A gripper that did not answer is told again, while it still holds over the doorstep: at 1 % loss both ways one try in
fifty goes unanswered, three in a row one in a hundred thousand."""
_OPEN_ENDED = frozenset({CommandResult.NO_ANSWER, CommandResult.SUPERSEDED, CommandResult.IN_PROGRESS})
_STILL_ON_BOARD = frozenset({WinchOutcome.STILL_LOADED, WinchOutcome.REFUSED})


class Parcel(StrEnum):
    """Where the parcel is, as far as anybody reported."""

    ON_BOARD = "on_board"
    RELEASING = "releasing"
    GONE = "gone"
    """The device reported that it let go, or the crew took it out."""
    UNKNOWN = "unknown"


class ReleaseDesk:
    """The requests of one flight; not frozen, its one writer is the flight.

    Parameters
    ----------
    hold_sequence
        Mission item in which a release may be sent.
    """

    def __init__(self, plan: FlightPlan, hold_sequence: int) -> None:
        self.parcel = Parcel.ON_BOARD
        self.drop: Drop | None = None
        self.line_out = False
        """The winch's line was not in when its order ended, and it did not let go of it."""
        self.forbidden: Callable[[], str] = str
        """Why nothing may be released now, by the flight's own word; empty where it may."""
        self._plan, self._hold_sequence = plan, hold_sequence
        self._attempt = self._sent = 0

    def follow(self, plan: FlightPlan, hold_sequence: int) -> None:
        """Another doorstep; the numbers of requests go on."""
        self._plan, self._hold_sequence, self.drop = plan, hold_sequence, None

    def begin_drop(self, vehicle: VehicleState, not_held_at_s: float | None) -> None:
        """Arrive and look anew; the winch's working time is no part of the hold that the drop may use."""
        request = self._plan.request
        self._sent = 0
        self.drop = Drop(
            request.drop_off,
            request.profile.drop_height_m,
            hold_s=HOLD_S,
            now_s=vehicle.at_s,
            not_held_at_s=not_held_at_s,
        )
        self.drop.observe(vehicle)

    @property
    def given_up(self) -> str:
        """Why the drop was given up; empty where it was not."""
        return self.drop.why if self.drop is not None and self.drop.state is DropState.GIVEN_UP else ""

    @property
    def failed(self) -> bool:
        """The device did not let go, or did not report."""
        return self.drop is not None and self.drop.state in {DropState.FAILED, DropState.UNKNOWN}

    def ask(self) -> list[Effect]:
        """Written before it is sent, each try under its own number."""
        self._attempt += 1
        self.parcel = Parcel.RELEASING
        return [Note((e.ReleaseRequested(*self._ids, self._attempt),)), Release(confirmation=self._sent)]

    def withhold(self, vehicle: VehicleState, now_s: float) -> list[Effect]:
        """Look once more right before a request is sent; empty where it may be sent, and is then counted as sent."""
        why = self._obstacle(vehicle, now_s)
        if not why:
            self._sent += 1
            return []
        if self._sent:  # an earlier try went unanswered: nobody knows
            return self._unresolved(f"not asked again: {why}", now_s)
        self._open_drop().withhold(now_s)
        self.parcel = Parcel.ON_BOARD
        return [Note((e.ReleaseWithheld(*self._ids, self._attempt, why),))]

    def settle_gripper(self, settled: CommandSettled, vehicle: VehicleState) -> list[Effect]:
        """DO_GRIPPER came to its end."""
        evidence = f"DO_GRIPPER {settled.result} {settled.detail}".strip()
        if settled.result is CommandResult.ACCEPTED:
            return self._confirmed(evidence, settled.at_s)
        if settled.result not in _OPEN_ENDED:
            return self._stuck(evidence, settled.at_s)
        if settled.result is CommandResult.NO_ANSWER and self._sent < RELEASE_TRIES:
            why = self._obstacle(vehicle, settled.at_s)
            if not why:
                return self.ask()
            evidence = f"{evidence}; not asked again: {why}"
        return self._unresolved(evidence, settled.at_s)

    def settle_winch(self, settled: WinchSettled) -> list[Effect]:
        """DO_WINCH came to its end, by what the winch's status showed."""
        evidence = f"DO_WINCH {settled.outcome} {settled.detail}".strip()
        self.line_out = not settled.line_in and settled.outcome is not WinchOutcome.ABANDONED
        if settled.outcome is WinchOutcome.DELIVERED:
            return self._confirmed(evidence, settled.at_s)
        if settled.outcome in _STILL_ON_BOARD:
            return self._stuck(evidence, settled.at_s)
        return self._unresolved(evidence, settled.at_s)

    @property
    def by_winch(self) -> bool:
        """Lowered on a line rather than let go."""
        return self._plan.request.profile.release is Device.WINCH

    @property
    def _ids(self) -> tuple[OrderId, FlightId, VehicleId]:
        request = self._plan.request
        return request.order_id, request.flight_id, request.vehicle_id

    def _confirmed(self, evidence: str, at_s: float) -> list[Effect]:
        request = self._plan.request
        self._open_drop().settle(GripperOpened(), at_s)
        self.parcel = Parcel.GONE
        delivered = e.OrderDelivered(request.order_id, Mode.DRONE, request.vehicle_id, evidence, request.flight_id)
        confirmed = e.ReleaseConfirmed(*self._ids, evidence, request.drop_off, request.profile.drop_height_m)
        return [Note((confirmed, delivered))]

    def _stuck(self, evidence: str, at_s: float) -> list[Effect]:
        self._open_drop().settle(GripperStuck(), at_s)
        self.parcel = Parcel.ON_BOARD
        return [Note((e.ReleaseFailed(*self._ids, evidence),))]

    def _unresolved(self, evidence: str, at_s: float) -> list[Effect]:
        self._open_drop().settle(GripperSilent(), at_s)
        self.parcel = Parcel.UNKNOWN
        return [Note((e.ReleaseUnresolved(*self._ids, evidence),))]

    def _obstacle(self, vehicle: VehicleState, now_s: float) -> str:
        forbidden = self.forbidden()
        if forbidden:
            return forbidden
        fresh = vehicle.mission_at_s is not None and now_s - vehicle.mission_at_s <= READING_AGE_S
        if not fresh or vehicle.mission_sequence != self._hold_sequence:
            return f"mission item {vehicle.mission_sequence}, or no word of it for {READING_AGE_S} s"
        return self._open_drop().obstacle(vehicle, now_s)

    def _open_drop(self) -> Drop:
        assert self.drop is not None, "a release is only asked for by a drop"
        return self.drop
