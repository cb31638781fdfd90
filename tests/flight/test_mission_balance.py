"""The balance that decides on PX4 whether a return along the mission goes back or on."""

from hypothesis import given
from hypothesis import strategies as st

from skystork.flight.mission import MAV_CMD_DO_LAND_START, MAV_CMD_NAV_LAND, balanced
from skystork.link.contract import MissionItem


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
