"""What wants a person: ordered by the time left, each answer with what it causes, and never without somebody asked."""

from __future__ import annotations

import msgspec
import pytest

from skystork.app import attention as a

NOW_S = 1_000_000.0
FLIGHT = a.FlightFacts(
    vehicle_id="D-1", flight_id="F-1", order_id="O-1", phase="holding", link_up=True, silent_s=0.0, height_m=61.0,
    parcel_on_board=True, battery=0.60, reserve=0.25, need=0.15, drain_per_s=0.001,
    allowed=frozenset({"resume", "return", "land"}),
)  # fmt: skip


def test_a_held_flight_is_decided_before_its_reserve_is_touched() -> None:
    matter = a.held(FLIGHT, NOW_S, NOW_S, "told to hold")
    assert matter.decide_by_s is not None
    assert matter.decide_by_s - NOW_S == pytest.approx((0.60 - 0.25 - 0.15) / 0.001)
    assert "reserve" in matter.decide_why


def test_a_flight_short_of_time_is_critical() -> None:
    tired = msgspec.structs.replace(FLIGHT, battery=0.45)
    assert a.held(FLIGHT, NOW_S, NOW_S, "").urgency is a.Urgency.WARNING
    assert a.held(tired, NOW_S, NOW_S, "").urgency is a.Urgency.CRITICAL


def test_only_what_would_be_taken_is_offered_and_each_says_what_it_causes() -> None:
    choices = {each.command: each for each in a.held(FLIGHT, NOW_S, NOW_S, "").choices}
    assert choices.keys() == FLIGHT.allowed
    assert choices["resume"].recommended
    assert "45 %" in choices["return"].consequence
    assert "61 m" in choices["land"].consequence
    assert all(each.targets == {"vehicleId": "D-1"} for each in choices.values())


def test_least_time_comes_first_and_what_has_no_limit_last() -> None:
    late = a.order_late("O-2", "waiting", promised_by_s=NOW_S + 30, eta_s=None, since_s=NOW_S)
    rest = a.out_of_service("D-2", "hit a tree", NOW_S)
    held = a.held(FLIGHT, NOW_S, NOW_S, "")
    assert a.by_time_left([rest, held, late]) == (late, held, rest)


def test_of_two_without_limit_the_graver_comes_first() -> None:
    rest, parcel = a.out_of_service("D-2", "hit a tree", NOW_S - 99), a.stranded("O-3", "D-3", NOW_S)
    assert a.by_time_left([rest, parcel]) == (parcel, rest)


def test_what_nobody_takes_goes_up_the_ladder_and_stays_at_its_top() -> None:
    matter = a.out_of_service("D-2", "hit a tree", NOW_S)
    asked = [a.with_owner(matter, "", NOW_S + minutes * a.UNOWNED_S).asked for minutes in range(5)]
    assert asked == ["dispatcher", "supervisor", "safetyOfficer", "safetyOfficer", "safetyOfficer"]
    assert not a.with_owner(matter, "", NOW_S).escalated
    assert a.with_owner(matter, "", NOW_S + a.UNOWNED_S).escalated


def test_what_somebody_has_is_asked_of_nobody_else() -> None:
    owned = a.with_owner(a.out_of_service("D-2", "hit a tree", NOW_S), "ann", NOW_S + 9 * a.UNOWNED_S)
    assert (owned.owner, owned.asked, owned.escalated) == ("ann", "", False)


def test_a_launch_is_let_go_while_its_promise_can_be_kept() -> None:
    matter = a.launch_waits(
        "F-1", "D-1", "O-1", step="authorise", since_s=NOW_S, promised_by_s=NOW_S + 1800, to_drop_s=400.0
    )
    assert matter.decide_by_s == NOW_S + 1400
    assert [each.command for each in matter.choices] == ["authoriseLaunch", "refuseLaunch"]
