"""Imported for what it does: everything that the first flight of a process would wait for is compiled.

``launch/setup`` runs it once, which puts the machine code of the searches into Numba's cache; a solver process imports
it when it starts, which then takes as long as cvxpy takes to compile the common shapes.
"""

from shapely import box

from skystork.planning.cruise import plan_cruise
from skystork.planning.free_space import space_of
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import prepare

prepare()
_SPACE = space_of(box(0.0, 0.0, 1000.0, 1000.0).difference(box(400.0, 0.0, 600.0, 900.0)), 0.0)
_PATH = _SPACE.paths.between((100.0, 100.0), (900.0, 100.0))
if _PATH is not None:
    plan_cruise(_PATH, _SPACE.walls, Motion(20.0, 4.0, 8.0, (0.0, 0.0)))
