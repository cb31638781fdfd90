"""A block tridiagonal system: one block a piece, of its duration and the state after it; in machine code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.compiled import compiled

Array = NDArray[np.float64]

BLOCK = 7
"""A duration, and two each of position, velocity and acceleration."""


@compiled
def place(matrix: Array, rhs: Array, piece: int, system: tuple[Any, ...]) -> None:
    """Put a local matrix into the block tridiagonal one. Local 0-5 is the state before, which block piece - 1 holds."""
    diagonal, below, right = system
    for row in range(13):
        for column in range(row + 1):
            # a state after against the duration was written the other way round
            value = matrix[6, row] if row > 6 and column == 6 else matrix[row, column]
            if row < 6:
                if piece > 0:
                    diagonal[piece - 1, row + 1, column + 1] += value
            elif column < 6:
                if piece > 0:
                    below[piece, row - 6, column + 1] += value
            else:
                diagonal[piece, row - 6, column - 6] += value
    place_rhs(rhs, piece, right)


@compiled
def place_rhs(rhs: Array, piece: int, right: Array) -> None:
    """Put a local right-hand side into that of the whole."""
    for row in range(13):
        if row >= 6:
            right[piece, row - 6] += rhs[row]
        elif piece > 0:
            right[piece - 1, row + 1] += rhs[row]


@compiled
def factor(diagonal: Array, below: Array, count: int) -> bool:
    """Cholesky factor of the block tridiagonal matrix, in place; false where it is not positive."""
    for block in range(count):
        if block > 0:
            for row in range(BLOCK):  # below[block] = below[block] @ inverse(lower[block - 1]).T
                for column in range(BLOCK):
                    value = below[block, row, column]
                    for inner in range(column):
                        value -= below[block, row, inner] * diagonal[block - 1, column, inner]
                    below[block, row, column] = value / diagonal[block - 1, column, column]
            for row in range(BLOCK):
                for column in range(row + 1):
                    value = 0.0
                    for inner in range(BLOCK):
                        value += below[block, row, inner] * below[block, column, inner]
                    diagonal[block, row, column] -= value
        for row in range(BLOCK):
            for column in range(row + 1):
                value = diagonal[block, row, column]
                for inner in range(column):
                    value -= diagonal[block, row, inner] * diagonal[block, column, inner]
                if row == column:
                    if not value > 1e-14:
                        return False
                    diagonal[block, row, row] = np.sqrt(value)
                else:
                    diagonal[block, row, column] = value / diagonal[block, column, column]
    return True


@compiled
def solve(diagonal: Array, below: Array, right: Array, count: int) -> None:
    """Solve with the factor, in place."""
    for block in range(count):
        for row in range(BLOCK):
            value = right[block, row]
            if block > 0:
                for inner in range(BLOCK):
                    value -= below[block, row, inner] * right[block - 1, inner]
            for inner in range(row):
                value -= diagonal[block, row, inner] * right[block, inner]
            right[block, row] = value / diagonal[block, row, row]
    for block in range(count - 1, -1, -1):
        for row in range(BLOCK - 1, -1, -1):
            value = right[block, row]
            if block < count - 1:
                for inner in range(BLOCK):
                    value -= below[block + 1, inner, row] * right[block + 1, inner]
            for inner in range(row + 1, BLOCK):
                value -= diagonal[block, inner, row] * right[block, inner]
            right[block, row] = value / diagonal[block, row, row]
