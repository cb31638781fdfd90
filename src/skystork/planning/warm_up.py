"""The planner's compiled searches made ready: the first path round a corner is else as late as the compiler."""

from __future__ import annotations

import numpy as np

from skystork.planning.corridor import lay_corridor
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import guessed_trajectory

PATH = ((0.0, 0.0), (300.0, 0.0), (300.0, 250.0))
WALLS = np.array([[[280.0, 20.0], [200.0, 20.0]], [[280.0, 20.0], [280.0, 90.0]]])
"""On the inner side of the corner."""


def warm_up() -> None:
    """Search once round a corner: the first time on a machine it is translated, which takes half a minute."""
    guessed_trajectory(PATH, lay_corridor(PATH, WALLS, 200.0), Motion(10.0, 3.0, 4.0, (0.0, 0.0)))
