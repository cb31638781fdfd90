import numpy as np
import pytest

from skystork.planning.cone_energy import EnergyNumbers, EnergyShape, with_energy
from skystork.planning.cone_program import RESIDUAL, program_of
from skystork.planning.cone_rows import DISCS, Lines, Shape, fill, pattern_of


def straight_flight(pieces, windy, durations=None):
    """Numbers of a flight of two units along a line, in a wide strip."""
    durations = np.full(pieces, 0.4) if durations is None else durations
    shape = Shape(pieces, 4, windy)
    discs = np.zeros((pieces, len(DISCS), 3))
    discs[:, :7, 2], discs[:, 7:, 2] = 1.0, 10.0
    if windy:
        discs[:, :4, 0] = 0.2
    normals = np.tile(np.array([[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0]]), (pieces - 1, 1, 1))
    offsets = np.tile(np.array([0.5, 0.5, 5.0, 5.0]), (pieces - 1, 1))
    before, after = np.tile([0, 1, 2, 1], (pieces - 1, 1)), np.tile([3, 4, 5, 4], (pieces - 1, 1))
    lines = Lines((before, after), (normals, normals), (offsets, offsets))
    values, h = fill(shape, durations, lines, discs, np.array([[0.0, 0.0], [2.0, 0.0]]))
    return shape, values, h


@pytest.mark.parametrize(("pieces", "windy"), [(8, False), (12, False), (8, True)])
def test_the_filled_form_is_the_problem_that_cvxpy_solves_in_full(pieces, windy):
    shape, values, h = straight_flight(pieces, windy)
    program = program_of(shape)
    quick, reference = program.solve(values, h), program.by_cvxpy(values, h)
    assert quick is not None
    assert reference is not None
    assert quick[-1] == pytest.approx(reference[-1], rel=2e-4)


@pytest.mark.parametrize("shortest", [0.02, 0.005])
def test_a_piece_of_some_milliseconds_does_not_break_the_solver_off(shortest):
    """Its jerk has entries of 1e7 beside others of 1."""
    durations = np.full(12, 0.35)
    durations[5] = shortest
    shape, values, h = straight_flight(12, False, durations)
    program = program_of(shape)
    quick, reference = program.solve(values, h), program.by_cvxpy(values, h)
    assert quick is not None
    assert quick[-1] == pytest.approx(reference[-1], rel=5e-4)


def test_answers_do_not_depend_on_what_was_solved_before():
    shape, values, h = straight_flight(8, False)
    first = program_of(shape).solve(values, h)
    program_of(shape).solve(values * 1.1, h * 0.9)
    assert np.array_equal(program_of(shape).solve(values, h), first)


def test_what_cannot_be_flown_has_no_answer():
    shape, values, h = straight_flight(8, False)
    impossible = h.copy()
    impossible[0] = -100.0  # the first point would have to be far on the other side of a wall of the strip
    impossible[1] = -100.0
    assert program_of(shape).solve(values, impossible) is None


def test_the_answer_holds_every_row():
    shape, values, h = straight_flight(12, False)
    found = program_of(shape).solve(values, h)
    pattern = pattern_of(shape)
    slack = h - np.bincount(pattern.rows, weights=values * found[pattern.columns], minlength=len(h))
    heads, cones = shape.linear_rows, pattern.cones
    assert slack[:heads].min() >= -RESIDUAL
    one, two, three = (slack[heads + cones * part : heads + cones * (part + 1)] for part in range(3))
    assert (one - np.hypot(two, three)).min() >= -RESIDUAL


@pytest.mark.parametrize("windy", [False, True])
def test_the_filled_form_with_energy_is_the_problem_that_cvxpy_solves_in_full(windy):
    base, plain_values, plain_h = straight_flight(8, windy)
    shape, polynomials = EnergyShape(base), np.tile([0.4, 0.6], (8, 1))
    numbers = EnergyNumbers(polynomials, np.ones(8), np.full(8, 0.1), 0.2 * windy, 0.5, 10.0)
    values, h = with_energy(shape, plain_values, plain_h, np.full(8, 0.4), numbers)
    quick, reference = program_of(shape).solve(values, h), program_of(shape).by_cvxpy(values, h)
    assert quick is not None
    assert reference is not None
    assert quick[-1] == pytest.approx(reference[-1], rel=2e-4)
    assert quick[base.unknowns - 1] == pytest.approx(reference[base.unknowns - 1], rel=5e-3)
