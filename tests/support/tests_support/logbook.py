"""What was seen of a fleet during a play: by the controller for each vehicle, and in the ledger; and its normal form.

The normal form of a play is what must be the same on a real PX4 and on the stand-in: sequences without times, each
change once. Sequences of different origin are kept apart, since which of two messages comes first is the network's.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import statistics
from collections.abc import Iterable, Iterator, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.app.service import Service
from skystork.frames import distance_m
from skystork.link.contract import CommandSettled, ItemReached, LinkEvent, StatusText, TransferSettled
from skystork.orders import events as e

SPACING_S = 0.5
"""Between points of a track."""
NOT_PART_OF_A_FLIGHT = {
    511: "SET_MESSAGE_INTERVAL: how often a message comes, and when, is no matter of the flight",
    512: "REQUEST_MESSAGE: the same",
    401: "RUN_PREARM_CHECKS: asked while it is not ready; how often depends on how long it boots",
}
"""Commands left out of the normal form, and why."""
TOLD = (
    e.OrderAssigned,
    e.AssignmentDropped,
    e.FlightLaunched,
    e.FlightPhaseChanged,
    e.ReleaseRequested,
    e.ReleaseWithheld,
    e.ReleaseConfirmed,
    e.ReleaseFailed,
    e.ReleaseUnresolved,
    e.ContingencyRaised,
    e.ContingencyCleared,
    e.ParcelReturning,
    e.FlightLanded,
    e.ParcelReturned,
    e.ParcelStranded,
    e.OrderDelivered,
    e.OrderUndeliverable,
)
"""Events of the ledger in the normal form."""


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """What the vehicle said of itself at one time."""

    at_s: float
    mode: str | None
    sequence: int | None
    height_m: float | None
    cross_track_m: float | None
    from_pad_m: float | None
    clearance_m: float | None
    landed: str
    armed: bool
    phase: str | None
    battery_fraction: float | None
    above_plan_m: float | None


class VehicleLog:
    """Everything one vehicle said; attached anew to the desk of each service that is started."""

    def __init__(self, vehicle_id: str) -> None:
        self.vehicle_id = vehicle_id
        self.points: list[Point] = []
        self.words: list[tuple[float, str]] = []
        self.sequences: dict[str, list[str]] = {"mode": [], "landed": [], "armed": [], "reached": [], "commands": []}
        self._next_s = 0.0

    def attach(self, desk: DroneDesk) -> None:
        desk.port.events.append(lambda event: self._take(desk, event))

    def _take(self, desk: DroneDesk, event: LinkEvent) -> None:
        match event:
            case StatusText(at_s=at_s, text=text):
                self.words.append((at_s, f"says {text}"))
            case ItemReached(at_s=at_s, sequence=sequence):
                self.words.append((at_s, f"reached {sequence}"))
                self._note("reached", str(sequence))
            case CommandSettled(at_s=at_s, command=command, result=result, detail=detail):
                if command not in NOT_PART_OF_A_FLIGHT:
                    self.words.append((at_s, f"command {command} {result} {detail}"))
                    self._note("commands", f"{command} {result}")
            case TransferSettled(at_s=at_s, mission_type=kind, outcome=outcome, detail=detail):
                self.words.append((at_s, f"upload {kind.name} {outcome} {detail}"))
                self._note("commands", f"upload {kind.name.lower()} {outcome}")
        state = desk.state
        self._note("mode", str(state.mode))
        self._note("landed", str(state.landed))
        self._note("armed", "armed" if state.armed else "disarmed")
        if event.at_s >= self._next_s:
            self._next_s = event.at_s + SPACING_S
            self.points.append(point_of(desk, event.at_s))

    def _note(self, kind: str, word: str) -> None:
        sequence = self.sequences[kind]
        if word not in {"UNKNOWN", "undefined"} and sequence[-1:] != [word]:
            sequence.append(word)

    @property
    def landed_from_pad_m(self) -> float | None:
        """Where it stood last [m]."""
        ground = [
            p.from_pad_m for p in self.points if not p.armed and p.landed == "on_ground" and p.from_pad_m is not None
        ]
        return ground[-1] if ground else None

    def cruise_cross_track_m(self, *phases: str) -> list[float]:
        """Distances off the path in these phases [m]."""
        return [p.cross_track_m for p in self.points if p.phase in phases and p.cross_track_m is not None]


def point_of(desk: DroneDesk, at_s: float) -> Point:
    state, flight = desk.state, desk.flight
    deviation = flight.deviation if flight else None
    return Point(
        at_s,
        state.mode,
        state.mission_sequence,
        state.height_home_m,
        deviation.cross_track_m if deviation else None,
        distance_m(desk.drone.pad, state.position) if state.position else None,
        state.ground_clearance_m,
        str(state.landed),
        state.armed,
        str(flight.phase) if flight else None,
        state.battery_fraction,
        deviation.height_m if deviation else None,
    )


class Logbook:
    """All vehicles of a play and the ledger's events, across restarts of the controller."""

    def __init__(self, vehicle_ids: Iterable[str]) -> None:
        self.vehicles = {name: VehicleLog(name) for name in vehicle_ids}
        self.events: list[tuple[float, e.Event]] = []
        self.notes: list[tuple[float, str]] = []

    def attach(self, service: Service) -> None:
        """Listen to a service that is about to start."""
        service.journal.listen(lambda at_s, event: self.events.append((at_s, event)))
        for desk in service.desks:
            self.vehicles[desk.drone.vehicle_id].attach(desk)

    def note(self, text: str) -> None:
        """Something the play did."""
        self.notes.append((asyncio.get_running_loop().time(), f"--- {text}"))

    def kinds(self, order_id: str) -> list[str]:
        """Kinds of an order's events, in order."""
        return [type(event).__name__ for _, event in self.events if getattr(event, "order_id", None) == order_id]

    def rules(self) -> list[str]:
        """Contingencies raised, each with what was done."""
        return [f"{event.rule} {event.action}" for _, event in self.events if isinstance(event, e.ContingencyRaised)]

    def normal(self) -> dict[str, list[str]]:
        """The normal form of one vehicle: its sequences by kind, and the ledger's events.

        Of several, the ledger's events by flight: which of them flies which order, and which twice, is chance.
        """
        ledger = [event for _, event in self.events if isinstance(event, TOLD)]
        if len(self.vehicles) > 1:
            flights = sorted({str(event.flight_id) for event in ledger if isinstance(event, e.FlightLaunched)})
            return {
                f"flight {n}": _without_repeats(_of_flight(ledger, name)) for n, name in enumerate(flights, start=1)
            }
        told = {"ledger": _without_repeats(ledger)}
        for name, vehicle in self.vehicles.items():
            told |= {f"{name} {kind}": list(words) for kind, words in vehicle.sequences.items()}
        return told

    def story(self) -> str:
        """Everything in order of time, for a person."""
        lines = [*self.notes, *((at_s, f"ledger {_word(event)} {_detail(event)}") for at_s, event in self.events)]
        for name, vehicle in self.vehicles.items():
            lines += [(at_s, f"{name} {text}") for at_s, text in vehicle.words]
            last: tuple[object, ...] = ()
            for p in vehicle.points:
                now = (p.mode, p.sequence, p.landed, p.armed, p.phase)
                if now != last:
                    place = f"height {p.height_m or 0:.1f} m, {p.from_pad_m or 0:.0f} m from pad"
                    lines.append((p.at_s, f"{name} {' '.join(map(str, now))}: {place}, battery {p.battery_fraction}"))
                    last = now
        start_s = min((at_s for at_s, _ in lines), default=0.0)
        return "\n".join(f"{at_s - start_s:8.1f} {text}" for at_s, text in sorted(lines))


def figures(values: Sequence[float]) -> str:
    """Median, 95th percentile and maximum, for a person."""
    if not values:
        return "none"
    p95 = statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    return f"p50 {statistics.median(values):.2f} p95 {p95:.2f} max {max(values):.2f}"


def _of_flight(events: Iterable[e.Event], flight_id: str) -> Iterator[e.Event]:
    return (event for event in events if getattr(event, "flight_id", None) == flight_id)


def _without_repeats(events: Iterable[e.Event]) -> list[str]:
    return [word for word, _ in itertools.groupby(map(_word, events))]


def _word(event: object) -> str:
    name = type(event).__name__
    match event:
        case e.FlightPhaseChanged(phase=phase):
            return f"{name} {phase}"
        case e.ContingencyRaised(rule=rule, action=action):
            return f"{name} {rule} {action}"
        case e.ContingencyCleared(rule=rule):
            return f"{name} {rule}"
        case e.FlightLanded(at_pad=at_pad):
            return f"{name} {'at pad' if at_pad else 'away from pad'}"
        case _:
            return name


def _detail(event: object) -> str:
    words = [getattr(event, name, None) for name in ("vehicle_id", "detail", "evidence", "why", "reasons")]
    return " ".join(str(word) for word in words if word)
