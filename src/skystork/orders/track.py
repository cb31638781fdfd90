"""How near to its plan a flight was flown, in figures that go into the ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrackFigures:
    """One part of a flight against its plan; percentiles over the positions heard, None where a part has no such error.

    ``cruise`` is both level legs together; the other parts are named after the legs of the plan.
    """

    part: str
    positions: int
    """How many were heard."""
    cross_track_p50_m: float
    """Across the planned curve over ground; of a vertical leg, from its place."""
    cross_track_p95_m: float
    cross_track_max_m: float
    height_p50_m: float | None
    """Above or below the planned height; level legs only."""
    height_p95_m: float | None
    height_max_m: float | None
    time_p50_s: float | None
    """Earlier or later than planned at the same place, from the leg's own beginning; level legs only."""
    time_p95_s: float | None
    time_max_s: float | None
    outside_corridor: int | None
    """Positions outside the cells the leg was planned in and the position error about them; level legs only."""
