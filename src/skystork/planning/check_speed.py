"""Whether a written flight keeps the speed limits of zones, proven for all instants.

A piece is slow enough if the control points of its velocity are; a faster one must lie outside the zone. A piece that
is neither is halved, place and velocity alike, until it is one or the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skystork.planning.check_document import Complaint, WrittenFlight
from skystork.planning.check_geometry import Array, derivatives, halves
from skystork.planning.check_index import too_near
from skystork.planning.check_zones import ClosedVolumes

LATEST_DEPARTURE_S = 900.0
"""After the planned one, as for what is closed."""
SHARE_TOLERANCE = 1e-3
"""On speeds."""
TOUCHING_M = 2e-3
"""This near the edge is inside."""
SHORTEST_M = 0.01
"""A piece this short that is too fast is inside."""


def speed_complaints(flight: WrittenFlight, limiting: ClosedVolumes) -> Iterator[Complaint]:
    """Each limit that is broken on a level leg, with the speed there."""
    span_s = (flight.departs_at_s, flight.departs_at_s + flight.duration_s + LATEST_DEPARTURE_S)
    for leg in flight.legs:
        if not len(leg.points):
            continue
        at_height = limiting.overlapping(leg.start_m, *span_s)
        for row in np.flatnonzero(at_height):
            limit = float(limiting.speed_limit_m_s[row])
            only = np.arange(len(at_height)) == row
            seen = _fastest_inside(leg.points, leg.piece_s, limiting, only, limit * (1 + SHARE_TOLERANCE))
            if seen > 0:
                text = f"flies {seen:.2f} m/s in {limiting.names[row]}, where {limit:.2f} m/s are allowed"
                yield "zone speed", leg.name, text, seen, limit


def _fastest_inside(
    curves: Array,
    durations: Array,
    limiting: ClosedVolumes,
    only: np.ndarray[tuple[int], np.dtype[np.bool_]],
    most: float,
) -> float:
    """The greatest speed of a piece that is too fast and inside; 0 where there is none."""
    seen = 0.0
    while len(curves):
        velocity = derivatives(curves, durations)
        speeds = np.hypot(velocity[..., 0], velocity[..., 1]).max(axis=1)
        curves, durations, speeds = (each[speeds > most] for each in (curves, durations, speeds))
        inside = sorted({found.curve for found in too_near(curves, limiting.index, only, TOUCHING_M)})
        curves, durations, speeds = curves[inside], durations[inside], speeds[inside]
        short = np.hypot(*np.ptp(curves, axis=1).T) < SHORTEST_M if len(curves) else np.zeros(0, dtype=bool)
        seen = max(seen, float(speeds[short].max(initial=0.0)))
        parts = halves(curves[~short])
        curves, durations = np.concatenate(parts), np.tile(durations[~short] / 2, 2)
    return seen
