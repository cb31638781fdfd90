"""A flight by its vehicle states alone: what it asks for, and what it never assumes."""

from dataclasses import replace

import pytest
from tests_support.plans import straight_plan

from skystork.fleet.vehicle import LandedState, LinkState, MissionState, VehicleState
from skystork.flight import phase as p
from skystork.flight.effects import Effect, LandNow, MoveOn, Note, Release, ReturnHome
from skystork.flight.flight import Flight, Parcel
from skystork.flight.mission import compile_mission
from skystork.flight.phase import FlightPhase
from skystork.frames import Geodetic, LocalFrame
from skystork.link.contract import CommandResult, CommandSettled, RequestId
from skystork.orders import events as e

FRAME = LocalFrame(Geodetic(54.5166, -1.5075))
PLAN = straight_plan(FRAME, distance_m=3000.0)
MISSION = compile_mission(PLAN, FRAME)
HOLD = MISSION.hold_sequence


def at(t_s: float, *, east_m: float = 0.0, height_m: float = 80.0, **facts: object) -> VehicleState:
    state = VehicleState(
        vehicle_id=PLAN.request.vehicle_id,
        at_s=t_s,
        link=LinkState.UP,
        last_heard_s=t_s,
        position=FRAME.to_geodetic(east_m, 0.0),
        height_home_m=height_m,
        velocity_enu_m_s=(0.0, 0.0, 0.0),
        battery_fraction=0.9,
        armed=True,
        mode="AUTO.MISSION",
        landed=LandedState.IN_AIR,
        mission_sequence=2,
        mission_state=MissionState.ACTIVE,
    )
    return replace(state, **facts)


def flying() -> Flight:
    flight = Flight(PLAN, MISSION, FRAME)
    for event in (p.PlanCleared(), p.ParcelSecured(), p.UploadVerified()):
        flight.step(event)
    flight.observe(at(0.0, landed=LandedState.TAKEOFF))
    return flight


def over_the_doorstep() -> Flight:
    flight = flying()
    flight.observe(at(200.0, east_m=3000.0, mission_sequence=HOLD))
    return flight


def doorstep(t_s: float, *, clearance_m: float = 4.0, **facts: object) -> VehicleState:
    return at(t_s, east_m=3000.0, height_m=4.0, mission_sequence=HOLD, ground_clearance_m=clearance_m, **facts)


def asked_to_release() -> tuple[Flight, list[Effect]]:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 210):
        effects += flight.observe(doorstep(float(t_s)))
        if any(isinstance(effect, Release) for effect in effects):
            break
    return flight, effects


def settled(result: CommandResult) -> CommandSettled:
    return CommandSettled(210.0, RequestId(1), 211, result)


def events(effects: list[Effect]) -> list[e.Event]:
    return [event for effect in effects if isinstance(effect, Note) for event in effect.events]


def test_armed_is_not_in_the_air() -> None:
    flight = Flight(PLAN, MISSION, FRAME)
    for event in (p.PlanCleared(), p.ParcelSecured(), p.UploadVerified()):
        flight.step(event)
    assert flight.observe(at(0.0, landed=LandedState.ON_GROUND)) == []
    assert flight.phase is FlightPhase.STARTING
    assert any(
        isinstance(event, e.FlightLaunched) for event in events(flight.observe(at(2.0, landed=LandedState.TAKEOFF)))
    )


def test_the_request_to_release_is_noted_before_the_gripper_is_told() -> None:
    _, effects = asked_to_release()
    kinds = [type(effect) for effect in effects]
    noted = next(
        index
        for index, effect in enumerate(effects)
        if isinstance(effect, Note) and isinstance(effect.events[0], e.ReleaseRequested)
    )
    assert noted < kinds.index(Release)
    assert kinds.count(Release) == 1


def test_the_gripper_is_told_once_however_long_it_takes() -> None:
    flight, _ = asked_to_release()
    later = [effect for t_s in range(211, 260) for effect in flight.observe(doorstep(float(t_s)))]
    assert not any(isinstance(effect, Release) for effect in later)


def test_a_confirmed_release_is_a_delivery_and_sends_it_home() -> None:
    flight, _ = asked_to_release()
    effects = flight.settle_release(settled(CommandResult.ACCEPTED))
    assert [type(event) for event in events(effects)][:2] == [e.ReleaseConfirmed, e.OrderDelivered]
    assert MoveOn(MISSION.inbound_sequence) in effects
    assert (flight.phase, flight.parcel) == (FlightPhase.INBOUND, Parcel.GONE)


def test_a_stuck_gripper_brings_the_parcel_home() -> None:
    flight, _ = asked_to_release()
    effects = flight.settle_release(settled(CommandResult.FAILED)) + flight.observe(doorstep(211.0))
    kinds = [type(event) for event in events(effects)]
    assert e.ReleaseFailed in kinds
    assert e.ParcelReturning in kinds
    assert e.OrderDelivered not in kinds
    assert MoveOn(MISSION.inbound_sequence) in effects


def test_a_silent_gripper_is_unknown_not_delivered_and_not_asked_again() -> None:
    flight, _ = asked_to_release()
    effects = flight.settle_release(settled(CommandResult.NO_ANSWER)) + flight.observe(doorstep(211.0))
    kinds = [type(event) for event in events(effects)]
    assert e.ReleaseUnresolved in kinds
    assert not {e.OrderDelivered, e.ParcelReturning} & set(kinds)
    assert flight.parcel is Parcel.UNKNOWN
    assert Release() not in effects


@pytest.mark.parametrize("clearance_m", [2.0, None])
def test_a_blocked_or_unseen_doorstep_is_waited_for_then_given_up(clearance_m: float | None) -> None:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 260):
        effects += flight.observe(doorstep(float(t_s), clearance_m=clearance_m))
    kinds = [type(event) for event in events(effects)]
    assert Release() not in effects
    assert e.ParcelReturning in kinds
    assert [event.rule for event in events(effects) if isinstance(event, e.ContingencyRaised)] == ["DROP_BLOCKED"]
    assert flight.phase is FlightPhase.INBOUND


def test_a_doorstep_that_clears_in_time_gets_its_parcel() -> None:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 230):
        effects += flight.observe(doorstep(float(t_s), clearance_m=2.0 if t_s < 215 else 4.0))
    assert Release() in effects


def test_a_low_battery_turns_it_round_at_once() -> None:
    flight = flying()
    effects = [
        effect
        for t_s in (100.0, 101.0, 103.0)
        for effect in flight.observe(at(t_s, east_m=2900.0, battery_fraction=0.12))
    ]
    assert ReturnHome() in effects
    assert flight.phase is FlightPhase.RETURNING
    assert sum(isinstance(event, e.ParcelReturning) for event in events(effects)) == 1


def test_one_bad_battery_reading_turns_nothing_round() -> None:
    flight = flying()
    effects = flight.observe(at(100.0, east_m=2900.0, battery_fraction=0.12)) + flight.observe(at(101.0, east_m=2900.0))
    effects += flight.observe(at(104.0, east_m=2900.0))
    assert ReturnHome() not in effects


def test_the_last_of_the_battery_lands_it_where_it_is() -> None:
    flight = flying()
    effects = [effect for t_s in (100.0, 103.0) for effect in flight.observe(at(t_s, battery_fraction=0.05))]
    assert LandNow() in effects


def test_a_lost_link_is_told_and_nothing_is_commanded() -> None:
    flight = flying()
    effects = flight.observe(at(100.0, link=LinkState.LOST, last_heard_s=95.0))
    assert [event.rule for event in events(effects)] == ["LINK_LOST"]
    assert all(isinstance(effect, Note) for effect in effects)
    cleared = events(flight.observe(at(130.0)))
    assert [type(event) for event in cleared] == [e.ContingencyCleared]


def test_an_autopilot_that_went_home_by_itself_is_followed() -> None:
    flight = flying()
    effects = flight.observe(at(140.0, mode="AUTO.RTL", failsafe=True))
    assert flight.phase is FlightPhase.RETURNING
    assert any(isinstance(event, e.ParcelReturning) for event in events(effects))


def test_down_elsewhere_with_the_parcel_strands_the_order() -> None:
    flight = flying()
    flight.observe(at(140.0, mode="AUTO.LAND", failsafe=True))
    effects = flight.observe(at(200.0, east_m=1500.0, height_m=0.0, armed=False, landed=LandedState.ON_GROUND))
    assert [type(event) for event in events(effects)][:2] == [e.FlightLanded, e.ParcelStranded]
    assert not flight.landed_at_pad


def test_far_off_the_path_for_long_brings_it_home_and_a_gust_does_not() -> None:
    flight = flying()
    off = {"position": FRAME.to_geodetic(1500.0, 80.0)}
    assert ReturnHome() not in flight.observe(at(100.0, **off)) + flight.observe(at(105.0, **off))
    assert ReturnHome() in flight.observe(at(111.0, **off))


def test_nothing_is_released_on_a_view_that_is_old() -> None:
    flight = over_the_doorstep()
    flight.observe(doorstep(201.0))
    silent = flight.observe(doorstep(206.0, link=LinkState.LOST, last_heard_s=201.0))
    assert Release() not in silent
    assert Release() not in flight.observe(doorstep(207.0))
    assert Release() in [effect for t_s in (208.0, 209.0, 210.0) for effect in flight.observe(doorstep(t_s))]


def test_a_range_far_below_the_ground_is_no_clear_view() -> None:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 230):
        effects += flight.observe(doorstep(float(t_s), clearance_m=40.0))
    assert Release() not in effects
