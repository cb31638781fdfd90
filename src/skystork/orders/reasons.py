"""Reason codes: why a mode, a vehicle or a plan was not taken. Every refusal carries at least one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """What stands in the way."""

    WEIGHT = "WEIGHT"
    """Heavier than the mode carries [kg]."""
    SIZE = "SIZE"
    """Does not fit the parcel box [m]."""
    RADIUS = "RADIUS"
    """Farther from the depot than the mode serves [m]."""
    ZONE = "ZONE"
    """The drop-off, or every way to it, lies in airspace closed to the flight [m]."""
    HAZARD = "HAZARD"
    """Dangerous goods the mode may not carry."""
    WEATHER = "WEATHER"
    """Wind, gust, rain or visibility beyond the limit."""
    NIGHT = "NIGHT"
    """Outside the hours in which flights may be made."""
    NOISE = "NOISE"
    """A neighbourhood on the way has had the flights it bears."""
    PILOTS = "PILOTS"
    """The pilots on duty have as many aircraft as they may have."""
    ENERGY = "ENERGY"
    """No vehicle comes home with its reserve [J]."""
    PROMISE = "PROMISE"
    """Cannot arrive by the promised time [s]."""
    FLEET = "FLEET"
    """No vehicle of the mode is in service."""
    HOURS = "HOURS"
    """The mode does not work at this time of day."""
    COST = "COST"
    """Another mode that keeps the promise costs less."""
    COMMITTED = "COMMITTED"
    """It was given to a vehicle, and no rule lets go."""
    LET_GO = "LET_GO"
    """A stated rule took it from its vehicle, for another that keeps its promise."""
    CAPACITY = "CAPACITY"
    """The mode has as many parcels as it takes."""
    ATTEMPTED = "ATTEMPTED"
    """The mode was tried for this order and brought it back."""
    PLAN = "PLAN"
    """The planner found no flight, or the independent check refused it."""
    CLEARANCE = "CLEARANCE"
    """A check before launch failed."""
    SEPARATION = "SEPARATION"
    """Other flights of the fleet hold the air it would take; it passes."""
    SOLVER = "SOLVER"
    """Nobody was free to plan it in the time it may wait; it passes [s]."""
    VEHICLE = "VEHICLE"
    """The vehicle itself refused."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check before launch that did not pass."""

    name: str
    grade: str
    """``warning`` or ``failure``."""
    seen: str
    required: str
    remedy: str


PAD_LEG = "climb"
"""The leg of what is wrong at the aircraft's own pad: another aircraft has another pad."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One obstacle with its numbers."""

    code: ReasonCode
    text: str
    """A sentence for a person, with the unit of the two numbers."""
    value: float | str
    """What was seen."""
    limit: float | str
    """What would have been accepted."""
    zone: str = ""
    """Identifier of the zone that is in the way; empty where it is something else."""
    leg: str = ""
    """Of the flight; empty where it is about all of it."""
    remedy: str = ""
    """What would make it possible: another time, height, place or load; empty where nobody knows."""

    def __str__(self) -> str:
        told = f"{self.code}: {self.text}"
        return f"{told}. Possible: {self.remedy}" if self.remedy else told
