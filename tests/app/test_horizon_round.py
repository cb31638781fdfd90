"""What a round asks of the decision about one order."""

from __future__ import annotations

import math

import pytest
from tests_support.ground import ORDER

from skystork.app.horizon_round import due_s
from skystork.orders.book import OrderRecord

FIRST_S, TOLD_S = 1_000.0, 1_300.0


@pytest.mark.parametrize(
    ("first_s", "told_s", "soonest_s", "due"),
    [
        (None, None, 500.0, math.inf),
        (FIRST_S, FIRST_S, 500.0, FIRST_S),
        (FIRST_S, TOLD_S, 500.0, FIRST_S),
        (FIRST_S, TOLD_S, FIRST_S, FIRST_S),
        (FIRST_S, TOLD_S, FIRST_S + 1.0, TOLD_S),
        (FIRST_S, TOLD_S, math.inf, TOLD_S),
        (FIRST_S, 900.0, 500.0, 900.0),
    ],
)
def test_an_order_whose_customer_was_told_later_is_wanted_by_its_first_time_while_a_drone_can_keep_it(
    first_s: float | None, told_s: float | None, soonest_s: float, due: float
) -> None:
    assert due_s(OrderRecord(ORDER, 0.0, first_promise_s=first_s, promised_by_s=told_s), soonest_s) == due
