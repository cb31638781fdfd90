"""What a wave refuses to be made of, and which orders nobody can serve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skystork.dispatch.wave_problem import WaveProblem, WaveTruck, find_unservable
from skystork.errors import InvalidInput

ROAD = np.array([[0.0, 10.0, 20.0], [10.0, 0.0, 5.0], [20.0, 5.0, 0.0]])
GOOD: dict[str, Any] = {
    "trucks": (WaveTruck(0, 5.0, 100.0),),
    "truck_time_s": ROAD[None],
    "truck_cost": ROAD[None],
    "weight_kg": np.array([0.0, 1.0, 2.0]),
    "drone_time_s": np.array([[0.0, 30.0, np.inf]]),
    "drone_cost": np.array([[0.0, 3.0, np.inf]]),
    "drone_shift_s": (60.0,),
}


def changed(matrix: np.ndarray, where: tuple[int, ...], value: float) -> np.ndarray:
    copy = matrix.copy()
    copy[where] = value
    return copy


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("truck_time_s", changed(ROAD[None], (0, 1, 2), np.nan), "truck_time_s[0][1][2]: a hole or a negative value"),
        ("truck_time_s", changed(ROAD[None], (0, 2, 1), -1.0), "seen: -1.0; accepted: a finite number, at least 0"),
        ("truck_cost", changed(ROAD[None], (0, 0, 1), np.inf), "truck_cost[0][0][1]: a hole or a negative value"),
        ("truck_cost", ROAD[None, :2], "truck_cost: does not fit the orders"),
        ("drone_time_s", np.array([[0.0, np.nan, 1.0]]), "drone_time_s[0][1]: a hole or a negative value"),
        ("drone_time_s", np.zeros((2, 3)), "drone_time_s: does not fit the orders"),
        ("weight_kg", np.array([0.0, -1.0, 2.0]), "weight_kg[1]: a hole or a negative value"),
        ("trucks", (WaveTruck(0, 5.0, -3_600.0),), "trucks[0]: the shift ends before it starts (seen: -3600 s"),
        ("drone_shift_s", (0.0,), "drone_shift_s[0]: the shift ends before it starts"),
        ("drone_shift_s", (float("nan"),), "drone_shift_s[0]: the shift ends before it starts"),
    ],
)
def test_a_matrix_with_a_hole_or_a_shift_of_nothing_is_refused(field: str, value: Any, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        WaveProblem(**{**GOOD, field: value})
    assert says in str(refused.value)


def test_a_wave_without_vehicles_is_refused() -> None:
    with pytest.raises(InvalidInput, match="there is no vehicle"):
        WaveProblem(
            **{
                **GOOD,
                "trucks": (),
                "drone_shift_s": (),
                "drone_time_s": np.zeros((0, 3)),
                "drone_cost": np.zeros((0, 3)),
            }
        )


def test_an_order_that_nobody_can_serve_is_named_with_what_stands_in_the_way() -> None:
    assert find_unservable(WaveProblem(**GOOD)) == ()
    heavy = WaveProblem(**{**GOOD, "weight_kg": np.array([0.0, 9.0, 9.0])})
    (far,) = find_unservable(heavy)
    assert far.order == 2
    assert far.reasons == ("truck 0: 9 kg, it carries 5 kg", "drone 0: may not serve it")
    short = WaveProblem(**{**GOOD, "trucks": (WaveTruck(0, 5.0, 30.0),)})
    assert find_unservable(short)[0].reasons[0] == "truck 0: there and back takes 40 s, its shift is 30 s"
