"""The balance that decides on PX4 whether a return along the mission goes back or on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_support.plans import DEPOT, straight_plan

from skystork.flight.mission import (
    MAV_CMD_DO_LAND_START,
    MAV_CMD_NAV_LAND,
    MAV_CMD_NAV_TAKEOFF,
    balanced,
    compile_mission,
)
from skystork.frames import LocalFrame
from skystork.link.contract import MissionItem

FRAME = LocalFrame(DEPOT)


def item(command: int) -> MissionItem:
    return MissionItem(command, 3, (0.0, 0.0, 0.0, 0.0))


def goes_on(items: list[MissionItem], current: int) -> bool:
    """PX4 1.17, RTL::reverseIsFurther with RTL_TYPE 4; the land start is the marker, else the landing."""
    commands = [each.command for each in items]
    marker = MAV_CMD_DO_LAND_START if MAV_CMD_DO_LAND_START in commands else MAV_CMD_NAV_LAND
    return commands.index(marker) - current < current


@given(out=st.integers(0, 30), home=st.integers(0, 30))
def test_a_return_goes_back_up_to_the_hold_and_on_after_it_whatever_the_two_ways_hold(out: int, home: int) -> None:
    hold_sequence = 3 + out
    plain = [item(22), item(178), *[item(16)] * (out + 1), item(19), *[item(16)] * (home + 2), item(MAV_CMD_NAV_LAND)]
    items = balanced(plain, hold_sequence, item(178))
    assert items[hold_sequence].command == 19
    assert items[-1].command == MAV_CMD_NAV_LAND
    assert [each.command for each in items if each.command == 16] == [16] * (out + home + 3)
    assert [goes_on(items, k) for k in range(len(items))] == [k > hold_sequence for k in range(len(items))]


@pytest.mark.parametrize("lands_there", [False, True])
def test_a_flight_that_begins_in_the_air_always_goes_on(lands_there: bool) -> None:
    plan = straight_plan(FRAME, distance_m=2000.0)
    request = replace(plan.request, start=plan.request.pad, start_height_home_m=80.0, ends_at_drop_off=lands_there)
    mission = compile_mission(replace(plan, request=request), FRAME)
    first = next(index for index, each in enumerate(mission.items) if each.command == MAV_CMD_NAV_TAKEOFF)
    assert all(goes_on(list(mission.items), current) for current in range(first, len(mission.items)))
    assert mission.outbound_sequence == first + 1
