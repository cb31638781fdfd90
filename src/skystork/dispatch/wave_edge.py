"""What small changes of a wave go by: the longest duty with its edge rounded off, and the van's share of it.

The longest duty alone is a bad guide: where van and drones are busy as long, nearly every change makes one of them
longer and is refused. So its edge is rounded off, over a width that shrinks with the temperature, and on the edge the
van's time counts by its share, the drones' by the rest. The share is what keeps both about as long: it grows while the
van is the longer one, as the multiplier of a Lagrangian does.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import inlined
from skystork.dispatch.wave_arrays import Floats
from skystork.dispatch.wave_duties import SHARE, VAN_SHIFT, WIDTH

GUIDE = 0.2
"""What the van's time by its share and the drones' mean time by the rest count, beside the longest duty."""
ROUNDING = 1000.0
"""Width of the rounded edge, in temperatures."""
LEARNT = 0.01
"""Of a new share, each time that the temperature is set."""
LEAST_SHARE = 0.05


@inlined
def _rounded(bounds: Floats, road: float, air: float) -> float:
    """The longer of both duties, its edge rounded off where they are about as long: there the van has its share."""
    width = bounds[WIDTH]
    beyond = road - air + bounds[SHARE] * width
    if beyond <= 0:
        return air
    rounded: float = air + (beyond - 0.5 * width if beyond >= width else 0.5 * beyond * beyond / width)
    return rounded


@inlined
def change_of(bounds: Floats, times: Floats, more_road: float, more_air: float, last_drone: float) -> float:
    """By how much a change alters what the search goes by; ``inf`` where the van would be late."""
    road = times[0] + more_road
    if road > bounds[VAN_SHIFT]:
        return np.inf
    return gain(bounds, times[0], times[1], road, last_drone, more_air / max(1, len(times) - 2))


@inlined
def gain(bounds: Floats, road: float, last: float, then_road: float, then_last: float, more_mean: float) -> float:
    """What the search goes by, of the duties then and before: the longest, and beside it a guide."""
    longer = _rounded(bounds, then_road, then_last) - _rounded(bounds, road, last)
    change: float = longer + GUIDE * (bounds[SHARE] * (then_road - road) + (1.0 - bounds[SHARE]) * more_mean)
    return change


@inlined
def balance(bounds: Floats, times: Floats, width: float) -> None:
    """A width for the edge; the share of the van a little nearer to what it is on it just now."""
    slope = min(1.0, max(0.0, (times[0] - times[1]) / width + bounds[SHARE]))
    share = bounds[SHARE] + LEARNT * (slope - bounds[SHARE])
    bounds[SHARE], bounds[WIDTH] = min(1.0 - LEAST_SHARE, max(LEAST_SHARE, share)), width
