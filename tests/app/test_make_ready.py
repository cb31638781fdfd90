"""What is compiled once on a machine is compiled before anything waits for it."""

import subprocess
import sys

ASKED = """
from skystork.app.make_ready import make_ready
from skystork.planning import corridor, time_search

make_ready()
ready = {name: len(found.signatures) for name, found in vars(time_search).items() if hasattr(found, "signatures")}
assert ready["improve"] == 1, ready

import numpy as np
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import optimise_trajectory

path = ((0.0, 0.0), (300.0, 0.0), (300.0, 250.0))
walls = np.array([[[280.0, 20.0], [200.0, 20.0]], [[280.0, 20.0], [280.0, 90.0]]])
cells = corridor.lay_corridor(path, walls, 200.0)
assert optimise_trajectory(path, cells, Motion(10.0, 3.0, 4.0, (2.0, 1.0))) is not None
after = {name: len(found.signatures) for name, found in vars(time_search).items() if hasattr(found, "signatures")}
assert after == ready, (ready, after)
"""


def test_a_flight_round_a_corner_finds_the_planner_s_search_compiled() -> None:
    """Flown without: the third order of ten met the compiler on a busy machine, and eight had no plan in time."""
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
