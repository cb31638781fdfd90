"""Site rules refuse limits that mean nothing."""

from __future__ import annotations

import math

import pytest

from skystork.dispatch.rules import SiteRules
from skystork.errors import ConfigError


def test_the_defaults_are_the_product() -> None:
    rules = SiteRules()
    assert rules.drone_weight_limit_kg == pytest.approx(5 * 0.45359237, abs=1e-3)
    assert rules.drone_radius_m == pytest.approx(10 * 1_609.344, abs=1)
    assert rules.drone_promise_s == 30 * 60


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_radius_that_is_no_distance_is_refused_by_name(value: float) -> None:
    with pytest.raises(ConfigError, match=r"rules\.drone_radius_m"):
        SiteRules(drone_radius_m=value)


def test_all_bad_limits_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        SiteRules(van_slot_s=-1.0, wind_limit_m_s=20.0, gust_limit_m_s=10.0)
    assert [problem.where for problem in caught.value.problems] == ["rules.van_slot_s", "rules.gust_limit_m_s"]


def test_what_costs_nothing_is_a_cost_too_and_a_promise_costs_something() -> None:
    assert SiteRules(flight_cost=0.0).flight_cost == 0.0
    with pytest.raises(ConfigError, match=r"rules\.late_cost"):
        SiteRules(late_cost=0.0)


def test_later_promises_are_later_each_than_the_one_before() -> None:
    with pytest.raises(ConfigError, match=r"rules\.later_promises_s"):
        SiteRules(later_promises_s=(7_200.0, 3_600.0))
    with pytest.raises(ConfigError, match=r"rules\.later_promises_s"):
        SiteRules(drone_promise_s=1_800.0, later_promises_s=(1_200.0,))
    assert SiteRules(later_promises_s=()).later_promises_s == ()
