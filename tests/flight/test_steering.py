"""What may be ordered of a flight in which phase, and that every no has its sentence."""

from dataclasses import replace
from itertools import product

import pytest
from tests_support.flights import FRAME, HOLD, MISSION, at, doorstep, events, flying, over_the_doorstep

from skystork.fleet.vehicle import LandedState, LinkState
from skystork.flight.effects import LandNow, PutBack, Resume, ReturnHome, StayHere, TakeBack
from skystork.flight.flight import Flight
from skystork.flight.mission import PlanIds
from skystork.flight.phase import AIRBORNE, FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import ALLOWED, SteerAction, SteerOrder, refusal
from skystork.orders import events as e

HEARD = at(0.0)
PLACE = FRAME.to_geodetic(1000.0, 1000.0)


def order(action: SteerAction) -> SteerOrder:
    return SteerOrder(f"A-{action}", action, "Ann Duty", "a crane", PLACE)


@pytest.mark.parametrize(("phase", "action"), list(product(FlightPhase, SteerAction)))
def test_every_action_in_every_phase_is_allowed_by_the_table_or_refused_with_a_sentence(
    phase: FlightPhase, action: SteerAction
) -> None:
    why = refusal(order(action), phase, Parcel.ON_BOARD, HEARD, returning=False)
    assert (not why) == (action in ALLOWED.get(phase, ()))
    assert phase in AIRBORNE or "not in the air" in why


@pytest.mark.parametrize("action", SteerAction)
def test_nothing_is_ordered_of_a_vehicle_that_is_not_heard(action: SteerAction) -> None:
    for phase in AIRBORNE:
        lost = replace(HEARD, link=LinkState.LOST)
        assert "not heard" in refusal(order(action), phase, Parcel.ON_BOARD, lost, returning=False)


def test_while_the_parcel_is_being_let_go_only_landing_is_taken() -> None:
    refused = {
        action
        for action in ALLOWED[FlightPhase.DROPPING]
        if refusal(order(action), FlightPhase.DROPPING, Parcel.RELEASING, HEARD, returning=False)
    }
    assert refused == ALLOWED[FlightPhase.DROPPING] - {SteerAction.LAND}


@pytest.mark.parametrize(
    ("parcel", "returning"), [(Parcel.GONE, False), (Parcel.UNKNOWN, False), (Parcel.ON_BOARD, True)]
)
def test_a_flight_without_a_parcel_to_deliver_is_not_diverted(parcel: Parcel, returning: bool) -> None:
    why = refusal(order(SteerAction.DIVERT), FlightPhase.HOLDING, parcel, HEARD, returning=returning)
    assert "nothing to deliver" in why


def test_a_diversion_without_a_place_says_what_is_missing() -> None:
    nowhere = replace(order(SteerAction.DIVERT), place=None)
    assert "--to" in refusal(nowhere, FlightPhase.HOLDING, Parcel.ON_BOARD, HEARD, returning=False)


def test_held_by_order_it_says_by_whom_and_goes_on_when_told() -> None:
    flight = flying()
    assert StayHere() in flight.steer(order(SteerAction.HOLD))
    held = flight.observe(at(100.0, mode="AUTO.LOITER"))
    raised = next(event for event in events(held) if isinstance(event, e.ContingencyRaised))
    assert flight.phase is FlightPhase.HOLDING and "Ann Duty" in raised.detail
    assert Resume() in flight.steer(order(SteerAction.RESUME))
    resumed = flight.observe(at(110.0))
    assert flight.phase is FlightPhase.OUTBOUND
    assert [event.rule for event in events(resumed) if isinstance(event, e.ContingencyCleared)] == ["HELD"]


def test_returned_by_order_the_parcel_is_recorded_as_coming_home_with_who_and_why() -> None:
    flight = flying()
    effects = flight.steer(order(SteerAction.RETURN))
    returning = next(event for event in events(effects) if isinstance(event, e.ParcelReturning))
    assert "Ann Duty" in returning.reasons[0].text and "a crane" in returning.reasons[0].text
    assert effects[-1] == ReturnHome()
    assert flight.phase is FlightPhase.RETURNING


def test_landed_by_order_with_the_parcel_it_is_stranded_where_it_came_down() -> None:
    flight = flying()
    assert LandNow() in flight.steer(order(SteerAction.LAND))
    down = flight.observe(at(200.0, east_m=1500.0, height_m=0.0, armed=False, landed=LandedState.ON_GROUND))
    assert e.ParcelStranded in [type(event) for event in events(down)]


def test_returned_from_over_the_doorstep_nothing_is_released_any_more() -> None:
    flight = over_the_doorstep()
    flight.steer(order(SteerAction.RETURN))
    later = [effect for t_s in range(201, 215) for effect in flight.observe(doorstep(float(t_s)))]
    assert not [event for event in events(later) if isinstance(event, e.ReleaseRequested)]
    assert (MISSION.hold_sequence, flight.phase) == (HOLD, FlightPhase.RETURNING)


def coming_home() -> Flight:
    flight = flying()
    flight.steer(order(SteerAction.RETURN))
    return flight


@pytest.mark.parametrize("mode", ["AUTO.LOITER", "POSCTL", "STABILIZED"])
def test_one_that_was_to_return_and_stands_still_is_told_to_a_person_who_may_tell_it_anew(mode: str) -> None:
    flight, held = coming_home(), {"mode": mode}
    told = [event for t_s in range(100, 120) for event in events(flight.observe(at(float(t_s), **held)))]
    assert [event.rule for event in told if isinstance(event, e.ContingencyRaised)] == ["HELD"]
    assert flight.why_not(order(SteerAction.RETURN), at(120.0, **held)) == ""
    assert flight.steer(order(SteerAction.RETURN)) == [ReturnHome()]
    assert "returning already" in flight.why_not(order(SteerAction.RETURN), at(121.0, mode="AUTO.RTL"))
    on = events(flight.observe(at(121.0, mode="AUTO.RTL")))
    assert [event.rule for event in on if isinstance(event, e.ContingencyCleared)] == ["HELD"]


def taken_over(phase: FlightPhase) -> Flight:
    flight = flying()
    flight.adopt(phase, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=at(90.0))
    return flight


def test_one_that_drifted_is_told_to_a_person_and_not_sent_home_by_a_mission_nobody_knows() -> None:
    flight = taken_over(FlightPhase.RETURNING)
    flight.drifted = True
    raised = events(flight.take_up(at(90.0, mission_id=8)))
    assert [event.rule for event in raised if isinstance(event, e.ContingencyRaised)] == ["DRIFTED"]
    assert "not ours" in flight.why_not(order(SteerAction.RETURN), at(91.0, mode="AUTO.LOITER"))
    assert flight.why_not(order(SteerAction.LAND), at(91.0, mode="AUTO.LOITER")) == ""


def test_while_another_plan_may_be_on_board_it_goes_nowhere_before_its_own_is_put_back() -> None:
    flight = taken_over(FlightPhase.HOLDING)
    flight.back_item = 3
    assert PutBack(3) in flight.take_up(at(90.0))
    held = at(91.0, mode="AUTO.LOITER")
    for action in (SteerAction.RESUME, SteerAction.DIVERT, SteerAction.RALLY):
        assert "not known" in flight.why_not(order(action), held)
    done = events(flight.put_back(PlanIds(7, 8)))
    assert [type(event) for event in done] == [e.RerouteUndone, e.ContingencyCleared]
    assert (flight.cleared_mission_id, flight.cleared_fence_id) == (7, 8)
    assert flight.why_not(order(SteerAction.RESUME), held) == ""


@pytest.mark.parametrize("phase", [FlightPhase.RETURNING, FlightPhase.HOLDING])
def test_returning_by_itself_with_half_a_plan_on_board_it_is_stopped_and_goes_home_by_its_own(
    phase: FlightPhase,
) -> None:
    flight = taken_over(phase)
    flight.back_item = 3
    seen = at(91.0, mode="AUTO.RTL", failsafe=True)
    effects = flight.take_up(seen) if phase is FlightPhase.RETURNING else flight.observe(seen)
    assert TakeBack(3) in effects and not any(isinstance(effect, PutBack) for effect in effects)
    assert flight.phase is FlightPhase.RETURNING


def test_returned_while_another_plan_may_be_on_board_it_goes_home_by_its_own() -> None:
    flight = taken_over(FlightPhase.HOLDING)
    flight.back_item = 3
    assert flight.steer(order(SteerAction.RETURN))[-1] == TakeBack(3)
    flight = taken_over(FlightPhase.HOLDING)
    flight.back_item = 3
    low = {"mode": "AUTO.LOITER", "battery_fraction": 0.12}
    effects = [effect for t_s in (91.0, 94.0) for effect in flight.observe(at(t_s, east_m=2900.0, **low))]
    assert TakeBack(3) in effects and ReturnHome() not in effects


def test_down_on_the_ground_everything_that_was_told_of_it_in_the_air_is_over() -> None:
    flight = taken_over(FlightPhase.HOLDING)
    flight.back_item = 3
    told = events(flight.take_up(at(90.0))) + events(flight.observe(at(91.0, mode="AUTO.LOITER", fence_id=9)))
    told += events(flight.observe(at(92.0, mode="AUTO.LAND", link=LinkState.LOST)))
    raised = {event.rule for event in told if isinstance(event, e.ContingencyRaised)}
    assert {"REROUTE_BROKEN_OFF", "LINK_LOST"} <= raised
    down = events(flight.observe(at(200.0, armed=False, landed=LandedState.ON_GROUND, height_m=0.0)))
    cleared = [event.rule for event in (*told, *down) if isinstance(event, e.ContingencyCleared)]
    assert raised <= set(cleared) and len(cleared) == len(set(cleared))
