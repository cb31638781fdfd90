"""The door to cvxpy: the cone problem of one shape, compiled once, its numbers open.

cvxpy turns the problem into the standard form of a solver when a shape is first met. Which number of ours goes where
in that form is found out by giving each a number of its own; from then on the compiled form is filled directly and
given to QOCO, or to Clarabel where QOCO fails. cvxpy in full is the reference that tests compare with.

No solver's status is believed: an answer counts if it holds all rows to :data:`RESIDUAL`.

Sources: Agrawal et al., Differentiable Convex Optimization Layers (2019), for parametrised problems; Chari and
Acikmese, QOCO (2025).
"""

from __future__ import annotations

import importlib
import warnings
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, csc_matrix

from skystork.planning.cone_energy import EnergyPattern, EnergyShape, energy_pattern_of
from skystork.planning.cone_rows import Pattern, Shape, pattern_of

Array = NDArray[np.float64]

RESIDUAL = 2e-6
"""Without units; times v²/a that is under a millimetre for a fast multirotor."""
_TOLERANCE = 1e-4
"""Of the gap, asked of QOCO; the rows are held to :data:`RESIDUAL` whatever it says."""
_LARGEST, _SHARE = 1e3, 0.75
"""The rows of a cone whose greatest entry is above this are divided by the share of the excess (a power): the jerk of a
short piece has entries of 1e7, at which QOCO broke off, and by which nothing small is left if they are made 1."""
_LOOSE = 1e-3
"""Relative gap up to which an answer that holds all rows is taken from a solver that gave up early."""


class ConeProgram:
    """One compiled shape."""

    def __init__(self, shape: Shape | EnergyShape) -> None:
        # Imported here: it takes a second, and a service that only answers questions never needs it.
        self._cvxpy: Any = importlib.import_module("cvxpy")
        self._qoco: Any = importlib.import_module("qoco")
        self._clarabel: Any = importlib.import_module("clarabel")
        self._shape = shape
        self._pattern: Pattern | EnergyPattern = (
            pattern_of(shape) if isinstance(shape, Shape) else energy_pattern_of(shape)
        )
        self._rows = shape.linear_rows + 3 * self._pattern.cones
        self._build()
        self._learn_places()

    def _build(self) -> None:
        cvxpy, shape = self._cvxpy, self._shape
        self._order = np.lexsort((self._pattern.columns, self._pattern.rows))
        self._where = self._pattern.rows[self._order], self._pattern.columns[self._order]
        self._starts = np.searchsorted(self._where[0], np.arange(self._rows))
        self._values: Any = cvxpy.Parameter((self._rows, shape.unknowns), sparsity=self._where)
        self._h: Any = cvxpy.Parameter(self._rows)
        self._x: Any = cvxpy.Variable(shape.unknowns)
        slack = self._h - self._values @ self._x
        heads, cones = shape.linear_rows, self._pattern.cones
        one, two, three = (slack[heads + cones * part : heads + cones * (part + 1)] for part in range(3))
        self._problem: Any = cvxpy.Problem(
            cvxpy.Minimize(self._x[shape.unknowns - 1]),
            [slack[:heads] >= 0, cvxpy.SOC(one, cvxpy.vstack([two, three]), axis=0)],
        )

    def _learn_places(self) -> None:
        """Fill in 1, 2, 3 … and see where in the compiled form they come out."""
        self._open(np.arange(1.0, self._pattern.size + 1), np.arange(1.0, self._rows + 1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cvxpy reads its own sparse parameter the slow way, once
            data, _, _ = self._problem.get_problem_data("QOCO")
        matrix = csc_array(data["G"])
        matrix.sort_indices()
        if matrix.nnz != self._pattern.size or data["A"] is not None or not np.array_equal(data["c"], self._cost()):
            raise AssertionError("cvxpy compiled the cone problem into another form than the one that is filled")
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
        self._matrix = matrix
        self._value_places, self._value_signs = np.abs(matrix.data).astype(np.int64) - 1, np.sign(matrix.data)
        self._h_places, self._h_signs = np.abs(data["h"]).astype(np.int64) - 1, np.sign(data["h"])
        self._lines, self._sizes = int(data["dims"].nonneg), [int(size) for size in data["dims"].soc]

    def _open(self, values: Array, h: Array) -> None:
        """Give cvxpy's own parameters their values."""
        self._values.value_sparse = coo_array((values[self._order], self._where), self._values.shape)
        self._h.value = h

    def _cost(self) -> Array:
        cost = np.zeros(self._shape.unknowns)
        cost[-1] = 1.0
        return cost

    def solve(self, values: Array, h: Array) -> Array | None:
        """The unknowns, or None where neither solver gives any that hold the rows."""
        scaled = self._scaled(values, h)
        for solver in (self._by_qoco, self._by_clarabel):
            found = solver(*scaled)
            if found is not None and self._holds(found, values, h):
                return found
        return None

    def _scaled(self, values: Array, h: Array) -> tuple[Array, Array]:
        """The same problem, the rows of cones with great entries divided: a vector stays in the cone."""
        heads, cones = self._shape.linear_rows, self._pattern.cones
        greatest = np.maximum.reduceat(np.abs(values[self._order]), self._starts)[heads:].reshape(3, cones).max(axis=0)
        factors = np.ones(self._rows)
        factors[heads:] = np.tile(np.maximum(greatest / _LARGEST, 1.0) ** -_SHARE, 3)
        return values * factors[self._pattern.rows], h * factors

    def _by_qoco(self, values: Array, h: Array) -> Array | None:
        self._matrix.data[:] = self._value_signs * values[self._value_places]
        filled_h = self._h_signs * h[self._h_places]
        rows, columns = self._matrix.shape
        solver = self._qoco.QOCO()
        solver.setup(
            columns, rows, 0, None, self._cost(), None, None, self._matrix, filled_h, self._lines, len(self._sizes),
            self._sizes, verbose=False, abstol=_TOLERANCE, reltol=_TOLERANCE,
        )  # fmt: skip
        solution = solver.solve()
        found = np.asarray(solution.x, dtype=np.float64)
        solved = solution.status == "QOCO_SOLVED" or (
            solution.status == "QOCO_SOLVED_INACCURATE" and abs(solution.gap) <= _LOOSE
        )
        return found if solved else None

    def _by_clarabel(self, values: Array, h: Array) -> Array:
        """The same form by the second solver."""
        self._matrix.data[:] = self._value_signs * values[self._value_places]
        clarabel, columns = self._clarabel, self._shape.unknowns
        cones = [clarabel.NonnegativeConeT(self._lines)]
        cones += [clarabel.SecondOrderConeT(size) for size in self._sizes]
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        square, filled_h = csc_matrix((columns, columns)), self._h_signs * h[self._h_places]
        solver = clarabel.DefaultSolver(square, self._cost(), csc_matrix(self._matrix), filled_h, cones, settings)
        return np.array(solver.solve().x, dtype=np.float64)

    def by_cvxpy(self, values: Array, h: Array) -> Array | None:
        """The reference: cvxpy in full, from its own parameters to Clarabel and back."""
        self._open(values, h)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "may be inaccurate": that is looked at here
                self._problem.solve(solver="CLARABEL", warm_start=False)  # the same answer every time
        except self._cvxpy.error.SolverError:
            return None
        found = None if self._x.value is None else np.asarray(self._x.value, dtype=np.float64)
        return found if found is not None and self._holds(found, values, h) else None

    def _holds(self, found: Array, values: Array, h: Array) -> bool:
        """Whether every row is in its cone, up to the residual."""
        if not np.all(np.isfinite(found)):
            return False
        slack = h - np.bincount(self._pattern.rows, weights=values * found[self._pattern.columns], minlength=self._rows)
        heads, cones = self._shape.linear_rows, self._pattern.cones
        one, two, three = (slack[heads + cones * part : heads + cones * (part + 1)] for part in range(3))
        return bool(slack[:heads].min() >= -RESIDUAL and (one - np.hypot(two, three)).min() >= -RESIDUAL)


@lru_cache(maxsize=64)
def program_of(shape: Shape | EnergyShape) -> ConeProgram:
    """The compiled program of a shape, kept for the life of the process."""
    return ConeProgram(shape)
