"""What keeps an order from a courier, each limit by itself and all of them together."""

from __future__ import annotations

from typing import Any

import pytest

from skystork.dispatch.partners import Partner, partner_reasons
from skystork.errors import ConfigError
from skystork.frames import Geodetic
from skystork.orders.order import Hazard, Order, OrderId, Parcel
from skystork.orders.reasons import ReasonCode

NOON_S = 1_795_262_400.0  # 2026-11-21T12:00Z
BIKE: dict[str, Any] = {"name": "bike", "cost": 6.5, "delivers_within_s": 2_700.0, "radius_m": 5_000.0, "capacity": 2}


def reasons_of(partner: Partner, *, straight_m: float = 1_000.0, has_now: int = 0, **changes: Any) -> set[ReasonCode]:
    parcel = {"weight_kg": 1.0, "length_m": 0.3, "width_m": 0.2, "height_m": 0.1, **changes}
    deliver_by_s = parcel.pop("deliver_by_s", None)
    times = {name: parcel.pop(name) for name in ("deliver_from_s", "ready_at_s") if name in parcel}
    order = Order(OrderId("O-1"), NOON_S, Geodetic(54.5, -1.5), Parcel(**parcel), deliver_by_s=deliver_by_s, **times)
    found = partner_reasons(order, partner, straight_m=straight_m, has_now=has_now, refused=False, now_s=NOON_S)
    return {reason.code for reason in found}


def test_an_order_within_all_limits_may_be_taken() -> None:
    assert reasons_of(Partner(**BIKE)) == set()


@pytest.mark.parametrize(
    ("partner", "order", "code"),
    [
        ({"weight_limit_kg": 0.5}, {}, ReasonCode.WEIGHT),
        ({"longest_side_m": 0.2}, {}, ReasonCode.SIZE),
        ({}, {"straight_m": 5_001.0}, ReasonCode.RADIUS),
        ({}, {"hazard": Hazard.FLAMMABLE}, ReasonCode.HAZARD),
        ({"hours_from": "13:00", "hours_until": "18:00"}, {}, ReasonCode.HOURS),
        ({}, {"has_now": 2}, ReasonCode.CAPACITY),
        ({}, {"deliver_by_s": NOON_S + 2_000.0}, ReasonCode.PROMISE),
        ({}, {"deliver_from_s": NOON_S + 1.0}, ReasonCode.HOURS),
        ({}, {"ready_at_s": NOON_S + 1.0, "deliver_by_s": NOON_S + 3_000.0}, ReasonCode.HOURS),
    ],
)
def test_each_limit_keeps_it_away_alone(partner: dict[str, Any], order: dict[str, Any], code: ReasonCode) -> None:
    assert reasons_of(Partner(**{**BIKE, **partner}), **order) == {code}


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost": -1.0}, {"cost": float("nan")}, {"capacity": 0}, {"radius_m": float("inf")},
        {"hours_from": "noon"}, {"name": "two words"}, {"name": "a/b"}, {"name": ""},
    ],
)  # fmt: skip
def test_a_partner_that_could_take_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="partners"):
        Partner(**{**BIKE, **wrong})
