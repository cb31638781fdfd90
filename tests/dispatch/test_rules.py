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


def test_no_lateness_allowed_is_a_limit_too() -> None:
    assert SiteRules(flight_lateness_limit_s=0.0).flight_lateness_limit_s == 0.0
