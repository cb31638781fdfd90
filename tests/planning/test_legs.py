"""Where a flight that begins in the air begins: at the height it is asked for, which the check holds its plan to."""

from dataclasses import replace

import pytest
from tests_support.flights import PLAN

from skystork.planning.legs import begins_at_m, first_leg

LAYER_M = PLAN.request.outbound_height_m


@pytest.mark.parametrize("off_m", [0.0, 0.45, -0.45, 0.55, -10.0, 20.0, -90.0])
def test_a_first_leg_begins_at_the_height_that_is_asked_for(off_m: float) -> None:
    height_m = begins_at_m(LAYER_M + off_m, LAYER_M)
    leg = first_leg(replace(PLAN.request, start_height_home_m=height_m))
    assert (leg.start_height_home_m, leg.end_height_home_m) == (height_m, LAYER_M)
    assert abs(height_m - max(LAYER_M + off_m, 0.0)) <= 0.5
