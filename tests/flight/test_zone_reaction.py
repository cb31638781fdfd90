"""What a flight does when zones change under it, for every phase in the air."""

import pytest

from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.flight.steering import ALLOWED, SteerAction
from skystork.flight.zone_reaction import WaysNow, alarm, react

P, A = FlightPhase, SteerAction


def ways(phase, *, inside=False, ahead="", home="", out=True, home_out=True, mode="", line_out=False):
    mode = mode or ("AUTO.LOITER" if phase is P.HOLDING else "AUTO.MISSION")
    return WaysNow(phase, inside, ahead, out, home, home_out, mode, line_out)


@pytest.mark.parametrize("phase", sorted(AIRBORNE))
def test_a_flight_that_nothing_touches_is_left_alone(phase):
    assert react(ways(phase)) is None


@pytest.mark.parametrize(
    ("phase", "given", "action"),
    [
        (P.OUTBOUND, {"ahead": "X"}, A.RETURN),
        (P.DROPPING, {"ahead": "X"}, A.RETURN),
        (P.HOLDING, {"ahead": "X"}, A.RETURN),
        (P.OUTBOUND, {"ahead": "X", "home": "Y"}, A.HOLD),
        (P.INBOUND, {"ahead": "X", "home": "X"}, A.HOLD),
        (P.HOLDING, {"ahead": "X", "home": "Y"}, None),
        (P.RETURNING, {"ahead": "X", "home": "X"}, None),
        (P.OUTBOUND, {"home": "Y"}, None),
        (P.OUTBOUND, {"inside": True, "ahead": "X", "home": "X"}, A.RETURN),
        (P.OUTBOUND, {"inside": True, "ahead": "X", "home": "X", "home_out": False}, A.LAND),
        (P.INBOUND, {"inside": True, "ahead": "X", "home": "X"}, None),
        (P.INBOUND, {"inside": True, "ahead": "X", "home": "X", "out": False}, A.LAND),
        (P.RETURNING, {"inside": True, "ahead": "X", "home": "X"}, None),
        (P.RETURNING, {"inside": True, "ahead": "X", "home": "X", "out": False}, A.LAND),
    ],
)
def test_inside_it_leaves_or_lands_before_a_zone_it_turns_or_holds(phase, given, action):
    reaction = react(ways(phase, **given))
    assert reaction is not None
    assert reaction.action is action
    assert reaction.why


@pytest.mark.parametrize("phase", sorted(AIRBORNE))
def test_nothing_is_ordered_that_the_phase_does_not_allow(phase):
    for bits in range(32):
        inside, ahead, home, out, home_out = (bool(bits >> place & 1) for place in range(5))
        reaction = react(ways(phase, inside=inside, ahead="X" * ahead, home="Y" * home, out=out, home_out=home_out))
        assert reaction is None or reaction.action is None or reaction.action in ALLOWED[phase]


SEVERE = [
    ({"ahead": "X"}, A.RETURN),
    ({"inside": True, "ahead": "X", "home": "X"}, A.RETURN),
    ({"inside": True, "ahead": "X", "home": "X", "home_out": False}, A.LAND),
]


@pytest.mark.parametrize(("given", "action"), SEVERE)
@pytest.mark.parametrize("mode", ["POSCTL", "ALTCTL", "MANUAL", "UNKNOWN"])
def test_what_a_pilot_may_hold_is_ordered_nothing_and_a_person_is_told_what_is_needed(mode, given, action):
    assert react(ways(P.HOLDING, **given)).action is action
    reaction = react(ways(P.HOLDING, mode=mode, **given))
    assert reaction is not None
    assert reaction.action is None
    assert mode in reaction.why
    assert f"a person must {action}" in reaction.why


@pytest.mark.parametrize(("given", "action"), SEVERE)
@pytest.mark.parametrize("phase", [P.DROPPING, P.HOLDING])
def test_with_a_line_out_it_is_ordered_nothing_and_a_person_is_told_what_is_needed(phase, given, action):
    reaction = react(ways(phase, line_out=True, **given))
    assert reaction is not None
    assert reaction.action is None
    assert "line is out" in reaction.why
    assert f"a person must {action}" in reaction.why


@pytest.mark.parametrize("phase", sorted(AIRBORNE))
@pytest.mark.parametrize("mode", ["POSCTL", "STABILIZED"])
def test_what_a_pilot_flies_by_sticks_is_ordered_nothing_in_any_phase(phase, mode):
    for given, _ in SEVERE:
        reaction = react(ways(phase, mode=mode, **given))
        assert reaction is not None
        assert reaction.action is None
        assert mode in reaction.why or react(ways(phase, **given)).action is None


def test_it_is_worse_to_be_inside_than_before_a_zone_and_to_be_blocked_than_to_have_it_behind():
    behind, before = alarm(ways(P.OUTBOUND, home="Y")), alarm(ways(P.OUTBOUND, ahead="X", home="Y"))
    inside = alarm(ways(P.OUTBOUND, inside=True, ahead="X", home="Y", home_out=False))
    assert before.exceeds(behind)
    assert inside.exceeds(before)
    assert not before.exceeds(inside)
    assert not before.exceeds(before)
