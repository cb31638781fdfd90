"""A flight by its vehicle states alone: what it asks for, and what it never assumes."""

from dataclasses import replace

import pytest
from tests_support.flights import FRAME, HOLD, MISSION, PLAN, at, doorstep, events, flying, over_the_doorstep, releases

from skystork.fleet.profile import Release as Device
from skystork.fleet.vehicle import LandedState, LinkState, VehicleState
from skystork.flight import phase as p
from skystork.flight.effects import Effect, Hold, LandNow, MoveOn, Note, Release, ReturnHome, TakeBack
from skystork.flight.flight import Flight
from skystork.flight.mission import HOLD_S, WINCH_HOLD_S, compile_mission
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.link.contract import CommandResult, CommandSettled, RequestId
from skystork.link.service_contract import WinchOutcome, WinchSettled
from skystork.link.winch import WORK_PATIENCE_S
from skystork.orders import events as e


def asked_to_release() -> tuple[Flight, list[Effect]]:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 210):
        effects += flight.observe(doorstep(float(t_s)))
        if releases(effects):
            break
    return flight, effects


def told_to_release(t_s: float = 203.0) -> Flight:
    """Asked, looked at once more, sent."""
    flight, _ = asked_to_release()
    assert flight.release.withhold(doorstep(t_s), t_s) == []
    return flight


def settled(result: CommandResult, t_s: float = 205.0) -> CommandSettled:
    return CommandSettled(t_s, RequestId(1), 211, result)


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


def test_while_the_gripper_is_awaited_nothing_more_is_asked() -> None:
    flight = told_to_release()
    later = [effect for t_s in range(204, 260) for effect in flight.observe(doorstep(float(t_s)))]
    assert not releases(later)


SILENT = VehicleState(PLAN.request.vehicle_id, 0.0)
STALE_S = 3.0
CHANGED = {
    "moved": {"velocity_enu_m_s": (1.5, 0.0, 0.0)},
    "another item": {"mission_sequence": HOLD + 1},
    "held by a person": {"mode": "AUTO.LOITER"},
    "somebody below": {"ground_clearance_m": 2.0},
    "not heard": {"link": LinkState.LOST},
    "position old": {"position_at_s": 203.0 - STALE_S},
    "mode old": {"mode_at_s": 203.0 - STALE_S},
    "item old": {"mission_at_s": 203.0 - STALE_S},
    "range old": {"ground_clearance_at_s": 203.0 - STALE_S},
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_what_is_no_longer_true_after_the_request_was_written_keeps_it_from_being_sent(
    change: dict[str, object],
) -> None:
    flight, _ = asked_to_release()
    effects = flight.release.withhold(doorstep(203.0, **change), 203.0)
    assert [type(event) for event in events(effects)] == [e.ReleaseWithheld]
    assert flight.parcel is Parcel.ON_BOARD


def test_a_withheld_request_is_asked_anew_when_all_is_well_again() -> None:
    flight, _ = asked_to_release()
    flight.release.withhold(doorstep(203.0, velocity_enu_m_s=(1.5, 0.0, 0.0)), 203.0)
    later = [effect for t_s in (204.0, 205.0, 206.0, 207.0) for effect in flight.observe(doorstep(t_s))]
    assert releases(later) == [Release(confirmation=0)]
    assert [event.attempt for event in events(later) if isinstance(event, e.ReleaseRequested)] == [2]


def test_an_unanswered_gripper_is_asked_again_each_try_written_first() -> None:
    flight = told_to_release()
    for sent in (1, 2):
        effects = flight.settle_gripper(settled(CommandResult.NO_ANSWER), doorstep(205.0))
        assert [(type(event), event.attempt) for event in events(effects)] == [(e.ReleaseRequested, sent + 1)]  # type: ignore[attr-defined]
        assert releases(effects) == [Release(confirmation=sent)]
        assert flight.release.withhold(doorstep(205.0), 205.0) == []
    effects = flight.settle_gripper(settled(CommandResult.ACCEPTED), doorstep(206.0))
    assert flight.parcel is Parcel.GONE
    assert [type(event) for event in events(effects)][:2] == [e.ReleaseConfirmed, e.OrderDelivered]


def test_after_the_last_try_an_unanswered_gripper_is_unknown() -> None:
    flight = told_to_release()
    for _ in (1, 2):
        flight.settle_gripper(settled(CommandResult.NO_ANSWER), doorstep(205.0))
        flight.release.withhold(doorstep(205.0), 205.0)
    effects = flight.settle_gripper(settled(CommandResult.NO_ANSWER), doorstep(206.0))
    assert [type(event) for event in events(effects)] == [e.ReleaseUnresolved]
    assert flight.parcel is Parcel.UNKNOWN


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_an_unanswered_gripper_is_not_asked_again_where_something_changed(change: dict[str, object]) -> None:
    flight = told_to_release(201.5)
    effects = flight.settle_gripper(settled(CommandResult.NO_ANSWER, 203.0), doorstep(203.0, **change))
    assert [type(event) for event in events(effects)] == [e.ReleaseUnresolved]


def test_nothing_is_released_once_a_person_ordered_it_to_hold_though_it_is_not_seen_to_yet() -> None:
    flight, _ = asked_to_release()
    flight.hold(SteerOrder("A-1", SteerAction.HOLD, "Ann Duty", "a child", None))
    withheld = flight.release.withhold(doorstep(203.0), 203.0)
    assert [type(event) for event in events(withheld)] == [e.ReleaseWithheld]
    later = [effect for t_s in range(204, 220) for effect in flight.observe(doorstep(float(t_s)))]
    assert not releases(later)
    assert flight.parcel is Parcel.ON_BOARD


def test_a_second_try_that_is_withheld_leaves_the_parcel_unknown() -> None:
    flight = told_to_release()
    flight.settle_gripper(settled(CommandResult.NO_ANSWER), doorstep(205.0))
    effects = flight.release.withhold(doorstep(205.5, mode="AUTO.LOITER"), 205.5)
    assert [type(event) for event in events(effects)] == [e.ReleaseUnresolved]
    assert flight.parcel is Parcel.UNKNOWN


def test_a_hold_while_the_gripper_settles_does_not_begin_the_drop_anew() -> None:
    flight = told_to_release()
    flight.observe(doorstep(204.0, mode="AUTO.LOITER"))
    assert flight.phase is FlightPhase.HOLDING
    flight.settle_gripper(settled(CommandResult.ACCEPTED), doorstep(205.0, mode="AUTO.LOITER"))
    later = [effect for t_s in range(206, 240) for effect in flight.observe(doorstep(float(t_s)))]
    assert not releases(later)
    assert MoveOn(MISSION.inbound_sequence) in later
    assert flight.phase is FlightPhase.INBOUND


def test_a_gripper_that_settles_after_the_resume_settles_its_own_drop() -> None:
    flight = told_to_release()
    flight.observe(doorstep(204.0, mode="AUTO.LOITER"))
    resumed = flight.observe(doorstep(205.0)) + flight.observe(doorstep(206.0))
    assert not releases(resumed)
    effects = flight.settle_gripper(settled(CommandResult.ACCEPTED, 207.0), doorstep(207.0))
    assert MoveOn(MISSION.inbound_sequence) in effects


def test_held_over_the_doorstep_and_resumed_the_parcel_is_delivered() -> None:
    flight = over_the_doorstep()
    for t_s in range(201, 203):
        flight.observe(doorstep(float(t_s)))
    for t_s in range(203, 300):
        flight.observe(doorstep(float(t_s), mode="AUTO.LOITER"))
    assert releases([effect for t_s in range(300, 310) for effect in flight.observe(doorstep(float(t_s)))])


def test_a_confirmed_release_is_a_delivery_and_sends_it_home() -> None:
    flight = told_to_release()
    effects = flight.settle_gripper(settled(CommandResult.ACCEPTED), doorstep(205.0))
    assert [type(event) for event in events(effects)][:2] == [e.ReleaseConfirmed, e.OrderDelivered]
    assert MoveOn(MISSION.inbound_sequence) in effects
    assert (flight.phase, flight.parcel) == (FlightPhase.INBOUND, Parcel.GONE)


def test_a_stuck_gripper_brings_the_parcel_home() -> None:
    flight = told_to_release()
    effects = flight.settle_gripper(settled(CommandResult.FAILED), doorstep(205.0)) + flight.observe(doorstep(211.0))
    kinds = [type(event) for event in events(effects)]
    assert e.ReleaseFailed in kinds
    assert e.ParcelReturning in kinds
    assert e.OrderDelivered not in kinds
    assert MoveOn(MISSION.inbound_sequence) in effects


@pytest.mark.parametrize("clearance_m", [2.0, None])
def test_a_blocked_or_unseen_doorstep_is_waited_for_then_given_up(clearance_m: float | None) -> None:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 260):
        effects += flight.observe(doorstep(float(t_s), clearance_m=clearance_m))
    kinds = [type(event) for event in events(effects)]
    assert not releases(effects)
    assert e.ParcelReturning in kinds
    assert [event.rule for event in events(effects) if isinstance(event, e.ContingencyRaised)] == ["DROP_BLOCKED"]
    assert flight.phase is FlightPhase.INBOUND


def test_a_doorstep_that_clears_in_time_gets_its_parcel() -> None:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 230):
        effects += flight.observe(doorstep(float(t_s), clearance_m=2.0 if t_s < 215 else 4.0))
    assert releases(effects)


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


def test_a_flight_that_was_never_heard_since_the_controller_started_is_told_as_lost() -> None:
    flight = flying()
    flight.adopt(FlightPhase.RETURNING, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=SILENT)
    effects = flight.observe(SILENT)
    (raised,) = events(effects)
    assert isinstance(raised, e.ContingencyRaised)
    assert raised.rule == "LINK_LOST" and "not heard since the controller started" in raised.detail
    assert all(isinstance(effect, Note) for effect in effects)
    assert [type(event) for event in events(flight.observe(at(130.0)))] == [e.ContingencyCleared]


def test_an_autopilot_that_went_home_by_itself_is_followed() -> None:
    flight = flying()
    effects = flight.observe(at(140.0, mode="AUTO.RTL", failsafe=True))
    assert flight.phase is FlightPhase.RETURNING
    assert any(isinstance(event, e.ParcelReturning) for event in events(effects))


def test_down_elsewhere_with_the_parcel_strands_the_order() -> None:
    flight = flying()
    flight.observe(at(140.0, mode="AUTO.LAND", failsafe=True))
    effects = flight.observe(at(200.0, east_m=1500.0, height_m=0.0, armed=False, landed=LandedState.ON_GROUND))
    assert [type(event) for event in events(effects)][:3] == [e.FlightLanded, e.FlightTracked, e.ParcelStranded]
    assert not flight.touchdown.at_pad


def test_heard_again_on_the_ground_it_is_not_judged_by_where_it_was_lost() -> None:
    """Seen on PX4 1.17.0 SITL: the landed state came before the position, and the parcel was taken for stranded."""
    flight, down = flying(), {"height_m": 0.0, "armed": False, "landed": LandedState.ON_GROUND}
    assert flight.observe(at(300.0, east_m=1500.0, position_at_s=60.0, **down)) == []
    (landed, *_) = events(flight.observe(at(301.0, **down)))
    assert isinstance(landed, e.FlightLanded) and landed.at_pad


def test_down_without_a_position_of_now_a_person_has_to_look() -> None:
    flight, down = flying(), {"height_m": 0.0, "armed": False, "landed": LandedState.ON_GROUND}
    assert flight.observe(at(300.0, position_at_s=280.0, **down)) == []
    told = events(flight.observe(at(310.0, position_at_s=280.0, **down)))
    assert isinstance(told[0], e.FlightLanded) and not told[0].at_pad
    assert any(isinstance(event, e.ParcelStranded) for event in told)


def test_a_mission_that_another_station_wrote_is_taken_back_to_the_item_it_was_at() -> None:
    flight = flying()
    flight.cleared_mission_id = 77
    assert flight.observe(at(50.0, mission_id=77, mission_sequence=2)) == []
    effects = flight.observe(at(51.0, mission_id=5, mission_sequence=1))
    assert TakeBack(2) in effects and not any(isinstance(effect, ReturnHome) for effect in effects)
    (raised, *_) = events(effects)
    assert isinstance(raised, e.ContingencyRaised) and raised.rule == "MISSION_CHANGED"
    assert flight.phase is FlightPhase.RETURNING
    assert flight.observe(at(52.0, mission_id=5, mission_sequence=1)) == []  # once


def test_a_fence_that_another_station_wrote_is_told_and_moves_nothing() -> None:
    flight = flying()
    flight.cleared_fence_id = 88
    assert flight.observe(at(50.0, fence_id=88)) == []
    effects = flight.observe(at(51.0, fence_id=9))
    (raised,) = events(effects)
    assert isinstance(raised, e.ContingencyRaised) and (raised.rule, raised.action) == ("FENCE_CHANGED", "WARN")
    assert len(effects) == 1 and flight.phase is FlightPhase.OUTBOUND
    (cleared,) = events(flight.observe(at(52.0, fence_id=88)))
    assert isinstance(cleared, e.ContingencyCleared)


@pytest.mark.parametrize(("cleared", "told"), [(None, 9), (88, None), (88, 88)])
def test_a_fence_id_that_is_ours_or_not_told_changes_nothing(cleared: int | None, told: int | None) -> None:
    flight = flying()
    flight.cleared_fence_id = cleared
    assert flight.observe(at(50.0, fence_id=told)) == []


@pytest.mark.parametrize("told", [None, 77])
def test_a_mission_id_that_is_ours_or_not_told_changes_nothing(told: int | None) -> None:
    flight = flying()
    flight.cleared_mission_id = 77
    assert flight.observe(at(50.0, mission_id=told)) == []


def test_far_off_the_path_for_long_brings_it_home_and_a_gust_does_not() -> None:
    flight = flying()
    off = {"position": FRAME.to_geodetic(1500.0, 80.0)}
    assert ReturnHome() not in flight.observe(at(100.0, **off)) + flight.observe(at(105.0, **off))
    assert ReturnHome() in flight.observe(at(111.0, **off))


def test_nothing_is_released_on_a_view_that_is_old() -> None:
    flight = over_the_doorstep()
    flight.observe(doorstep(201.0))
    silent = flight.observe(doorstep(206.0, link=LinkState.LOST, last_heard_s=201.0))
    assert not releases(silent)
    assert not releases(flight.observe(doorstep(207.0)))
    assert releases([effect for t_s in (208.0, 209.0, 210.0) for effect in flight.observe(doorstep(t_s))])


def test_nothing_is_released_on_a_range_that_no_longer_comes() -> None:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 240):
        effects += flight.observe(doorstep(float(t_s), ground_clearance_at_s=199.0))
    assert not releases(effects)
    assert flight.phase is FlightPhase.INBOUND


def test_a_range_far_below_the_ground_is_no_clear_view() -> None:
    flight, effects = over_the_doorstep(), []
    for t_s in range(201, 230):
        effects += flight.observe(doorstep(float(t_s), clearance_m=40.0))
    assert not releases(effects)


def taken_over(vehicle: VehicleState) -> Flight:
    flight = Flight(PLAN, MISSION, FRAME)
    flight.adopt(FlightPhase.DROPPING, Parcel.ON_BOARD, launched_at_s=0.0, returning=False, vehicle=vehicle)
    return flight


def test_taken_over_while_it_holds_nothing_is_released_because_nobody_knows_for_how_long_it_will() -> None:
    flight = taken_over(doorstep(201.0))
    effects = [effect for t_s in range(201, 215) for effect in flight.observe(doorstep(float(t_s)))]
    assert not releases(effects)
    assert MoveOn(MISSION.inbound_sequence) in effects
    assert "not known" in next(event.detail for event in events(effects) if isinstance(event, e.ContingencyRaised))


def test_taken_over_on_its_way_down_it_delivers() -> None:
    high = at(201.0, east_m=3000.0, height_m=30.0, mission_sequence=HOLD)
    flight = taken_over(high)
    flight.observe(high)
    assert releases([effect for t_s in range(215, 220) for effect in flight.observe(doorstep(float(t_s)))])


def test_a_hold_that_began_before_it_came_to_rest_ends_the_wait_in_time() -> None:
    flight, effects = over_the_doorstep(), []
    swaying = {"velocity_enu_m_s": (1.0, 0.0, 0.0)}
    for t_s in range(201, 247):
        effects += flight.observe(doorstep(float(t_s), **(swaying if t_s < 244 else {})))
    assert not releases(effects)
    assert "hold ends" in next(event.detail for event in events(effects) if isinstance(event, e.ContingencyRaised))


@pytest.mark.parametrize("mode", ["AUTO.LOITER", "AUTO.MISSION"])
def test_a_battery_that_sags_while_held_brings_it_home(mode: str) -> None:
    flight = flying()
    flight.observe(at(99.0, east_m=2900.0, mode="AUTO.LOITER"))
    effects = [
        effect
        for t_s in (100.0, 101.0, 103.0)
        for effect in flight.observe(at(t_s, east_m=2900.0, battery_fraction=0.12, mode=mode))
    ]
    assert ReturnHome() in effects


def test_a_pilot_who_flies_by_hand_is_not_overruled_by_a_low_battery() -> None:
    flight = flying()
    by_hand = {"mode": "POSCTL", "battery_fraction": 0.12}
    effects = [effect for t_s in (99.0, 100.0, 103.0) for effect in flight.observe(at(t_s, east_m=2900.0, **by_hand))]
    assert ReturnHome() not in effects


WINCH_PLAN = replace(
    PLAN,
    request=replace(PLAN.request, profile=replace(PLAN.request.profile, release=Device.WINCH, drop_height_m=4.0)),
)


def lowering() -> Flight:
    """A flight whose winch was told to deliver."""
    flight = Flight(WINCH_PLAN, compile_mission(WINCH_PLAN, FRAME), FRAME)
    for event in (p.PlanCleared(), p.ParcelSecured(), p.UploadVerified()):
        flight.step(event)
    flight.observe(at(0.0, landed=LandedState.TAKEOFF))
    flight.observe(at(200.0, east_m=3000.0, mission_sequence=HOLD))
    for t_s in (201.0, 202.0, 203.0):
        flight.observe(doorstep(t_s))
    assert flight.release.withhold(doorstep(203.0), 203.0) == []
    return flight


def winch(outcome: WinchOutcome, *, line_in: bool) -> WinchSettled:
    return WinchSettled(260.0, RequestId(1), outcome, line_in)


def test_the_mission_of_a_winch_holds_as_long_as_the_winch_may_take() -> None:
    items = compile_mission(WINCH_PLAN, FRAME).items
    assert items[HOLD].params[0] == HOLD_S + WINCH_HOLD_S
    assert WINCH_HOLD_S > WORK_PATIENCE_S


@pytest.mark.parametrize(
    ("outcome", "line_in", "kind", "parcel"),
    [
        (WinchOutcome.DELIVERED, True, e.ReleaseConfirmed, Parcel.GONE),
        (WinchOutcome.STILL_LOADED, True, e.ReleaseFailed, Parcel.ON_BOARD),
        (WinchOutcome.REFUSED, True, e.ReleaseFailed, Parcel.ON_BOARD),
        (WinchOutcome.ABANDONED, False, e.ReleaseUnresolved, Parcel.UNKNOWN),
        (WinchOutcome.UNKNOWN, True, e.ReleaseUnresolved, Parcel.UNKNOWN),
    ],
)
def test_what_the_winch_showed_decides_where_the_parcel_is_and_the_flight_goes_home(
    outcome: WinchOutcome, line_in: bool, kind: type, parcel: Parcel
) -> None:
    flight = lowering()
    effects = flight.settle_winch(winch(outcome, line_in=line_in)) + flight.observe(doorstep(261.0))
    assert kind in [type(event) for event in events(effects)]
    assert flight.parcel is parcel
    assert MoveOn(flight.mission.inbound_sequence) in effects
    assert not releases(effects)


def test_a_line_that_is_not_in_keeps_the_vehicle_where_it_is() -> None:
    flight = lowering()
    out = {"winch_retracted": False}
    effects = flight.settle_winch(winch(WinchOutcome.UNKNOWN, line_in=False)) + flight.observe(doorstep(261.0, **out))
    assert Hold() in effects
    assert not [effect for effect in effects if isinstance(effect, MoveOn)]
    flight.observe(doorstep(262.0, mode="AUTO.LOITER", **out))
    assert flight.phase is FlightPhase.HOLDING
    home = flight.observe(doorstep(300.0, winch_retracted=True))
    assert MoveOn(flight.mission.inbound_sequence) in home


def taken_over_with_the_winch_at_work(phase: FlightPhase, parcel: Parcel = Parcel.UNKNOWN, **facts: object) -> Flight:
    """A controller that started again while the winch worked; nobody knows where the parcel is."""
    flight = Flight(WINCH_PLAN, compile_mission(WINCH_PLAN, FRAME), FRAME)
    flight.adopt(phase, parcel, launched_at_s=0.0, returning=False, vehicle=doorstep(230.0, **facts))
    return flight


@pytest.mark.parametrize("retracted", [False, None])
def test_taken_over_with_the_line_out_it_stays_until_the_line_is_in(retracted: bool | None) -> None:
    flight = taken_over_with_the_winch_at_work(FlightPhase.DROPPING, winch_retracted=retracted)
    out = doorstep(231.0, winch_retracted=retracted)
    effects = flight.take_up(out) + flight.observe(out)
    assert Hold() in effects
    assert not releases(effects), "nothing is lowered a second time"
    assert not [effect for effect in effects if isinstance(effect, MoveOn)]
    flight.observe(doorstep(232.0, mode="AUTO.LOITER", winch_retracted=retracted))
    home = flight.observe(doorstep(300.0, winch_retracted=True))
    assert MoveOn(flight.mission.inbound_sequence) in home


def test_taken_over_on_its_way_with_the_line_out_it_stops() -> None:
    flight = taken_over_with_the_winch_at_work(FlightPhase.INBOUND, mission_sequence=HOLD + 1, winch_retracted=False)
    out = doorstep(231.0, mission_sequence=HOLD + 1, winch_retracted=False)
    assert flight.take_up(out) == []
    assert Hold() in flight.observe(out)


def test_taken_over_at_the_hold_with_the_line_in_it_is_moved_on() -> None:
    flight = taken_over_with_the_winch_at_work(FlightPhase.INBOUND, winch_retracted=True)
    assert flight.take_up(doorstep(231.0, winch_retracted=True)) == [MoveOn(flight.mission.inbound_sequence)]
    assert Hold() not in flight.observe(doorstep(231.0, winch_retracted=True))


@pytest.mark.parametrize("parcel", [Parcel.UNKNOWN, Parcel.GONE])
def test_a_line_that_comes_in_right_after_the_take_over_lets_the_flight_go_on(parcel: Parcel) -> None:
    flight = taken_over_with_the_winch_at_work(FlightPhase.DROPPING, parcel, winch_retracted=None)
    assert flight.is_line_out(doorstep(231.0, winch_retracted=None))
    effects = flight.observe(doorstep(231.0, winch_retracted=True))
    assert MoveOn(flight.mission.inbound_sequence) in effects
    assert not releases(effects)


def test_the_ground_that_heights_count_from_is_written_at_its_launch() -> None:
    flight = Flight(PLAN, MISSION, FRAME)
    for event in (p.PlanCleared(), p.ParcelSecured(), p.UploadVerified()):
        flight.step(event)
    effects = flight.observe(at(2.0, landed=LandedState.TAKEOFF, ground_amsl_m=101.5))
    assert [event.ground_amsl_m for event in events(effects) if isinstance(event, e.FlightLaunched)] == [101.5]
