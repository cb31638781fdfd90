"""Imported for what it does: everything that the first flight of a process would wait for is compiled.

``launch/setup`` runs it once, which puts the machine code of the searches into Numba's cache; a solver process imports
it when it starts, which then takes as long as cvxpy takes to compile the common shapes.
"""

from shapely import box

from skystork.planning.cone_energy import EnergyShape
from skystork.planning.cone_program import program_of
from skystork.planning.cone_rows import Shape
from skystork.planning.cruise import plan_cruise
from skystork.planning.free_space import space_of
from skystork.planning.time_layout import Motion
from skystork.planning.trajectory import LINE_COUNTS, PIECE_COUNTS

MOST_PIECES = 48
"""Of the largest shape compiled here; longer flights wait for theirs once."""

for _pieces in (each for each in PIECE_COUNTS if each <= MOST_PIECES):
    for _windy in (False, True):
        _shape = Shape(_pieces, LINE_COUNTS[0], _windy)
        program_of(_shape)
        program_of(EnergyShape(_shape))
_SPACE = space_of(box(0.0, 0.0, 1000.0, 1000.0).difference(box(400.0, 0.0, 600.0, 900.0)), 0.0)
_PATH = _SPACE.paths.between((100.0, 100.0), (900.0, 100.0))
if _PATH is not None:
    plan_cruise(_PATH, _SPACE.walls, Motion(20.0, 4.0, 8.0, (0.0, 0.0)))
