"""What a flight has written to the ledger: its events, under its own names."""

from __future__ import annotations

from skystork.fleet.vehicle import VehicleState
from skystork.flight.effects import Note
from skystork.flight.phase import FlightPhase
from skystork.flight.track_report import TrackReport
from skystork.orders import events as e
from skystork.orders.reasons import Reason, ReasonCode
from skystork.planning.flight_plan import FlightRequest


class FlightNotes:
    """The notes of one flight; another plan in the air changes none of its names."""

    def __init__(self, request: FlightRequest) -> None:
        self._flight = (request.flight_id, request.vehicle_id)
        self._order_id = request.order_id
        self._open: dict[str, None] = {}

    def recall(self, rules: frozenset[str]) -> None:
        """These were raised by a process before this one."""
        self._open |= dict.fromkeys(sorted(rules))

    def phase(self, phase: FlightPhase) -> Note:
        """It went into another phase."""
        return Note((e.FlightPhaseChanged(*self._flight, phase, self._order_id),))

    def raised(self, rule: str, action: str, detail: str) -> Note:
        """A rule fired, or something else that a person must know began."""
        self._open[rule] = None
        return Note((e.ContingencyRaised(*self._flight, rule, action, detail, self._order_id),))

    def cleared(self, rule: str) -> Note:
        """That is over."""
        self._open.pop(rule, None)
        return Note((e.ContingencyCleared(*self._flight, rule, self._order_id),))

    def all_over(self) -> list[Note]:
        """It is down, and nothing that was told of it in the air is any longer."""
        return [self.cleared(rule) for rule in tuple(self._open)]

    def launched(self, vehicle: VehicleState) -> Note:
        """It was seen to leave the ground."""
        return Note((e.FlightLaunched(*self._flight, self._order_id, vehicle.ground_amsl_m),))

    def returning(self, why: str) -> Note:
        """It goes home with the parcel on board."""
        text = f"the flight came home with the parcel: {why}"
        reason = Reason(ReasonCode.ATTEMPTED, text, str(self._flight[0]), "")
        return Note((e.ParcelReturning(self._order_id, *self._flight, (reason,)),))

    def reroute_undone(self) -> Note:
        """The plan it had before is on board again."""
        return Note((e.RerouteUndone(*self._flight, self._order_id),))

    def landed(  # what is told of a landing
        self,
        vehicle: VehicleState,
        *,
        at_pad: bool,
        flown_s: float,
        used_j: float | None,
        track: TrackReport,
        whole: bool,
        stranded: bool,
    ) -> Note:
        """It is down: where, how it was flown, and whether its parcel is down with it away from everybody."""
        landed = e.FlightLanded(*self._flight, vehicle.position, at_pad, flown_s, used_j, self._order_id)
        tracked = e.FlightTracked(*self._flight, self._order_id, track.figures(), whole=whole)
        if not stranded:
            return Note((landed, tracked))
        return Note((landed, tracked, e.ParcelStranded(self._order_id, *self._flight, vehicle.position)))
