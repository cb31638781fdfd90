import numpy as np
import pytest

from skystork.planning.bezier import derivative_points, evaluate, weights_at

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("duration_s", [0.3, 1.0, 40.0])
def test_a_piece_meets_its_end_states(duration_s):
    states = RNG.normal(size=(6, 2))
    points = weights_at(0, np.array([duration_s]))[0] @ states
    velocity = derivative_points(points, duration_s)
    acceleration = derivative_points(velocity, duration_s)
    for curve, first, last in ((points, 0, 3), (velocity, 1, 4), (acceleration, 2, 5)):
        assert curve[0] == pytest.approx(states[first])
        assert curve[-1] == pytest.approx(states[last])


@pytest.mark.parametrize("order", [1, 2, 3])
def test_weights_of_derivatives_are_the_derivatives_of_the_weights(order):
    states, duration_s = RNG.normal(size=(6, 2)), 2.5
    points = weights_at(0, np.array([duration_s]))[0] @ states
    for _ in range(order):
        points = derivative_points(points, duration_s)
    assert weights_at(order, np.array([duration_s]))[0] @ states == pytest.approx(points)


def test_a_derivative_is_the_slope_of_the_curve():
    points, duration_s, step = RNG.normal(size=(6, 2)), 3.0, 1e-6
    before, after = evaluate(points, np.array([0.4 - step])), evaluate(points, np.array([0.4 + step]))
    slope = (after - before) / (2 * step * duration_s)
    assert evaluate(derivative_points(points, duration_s), np.array([0.4])) == pytest.approx(slope, rel=1e-6)
