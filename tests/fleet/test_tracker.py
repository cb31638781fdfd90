"""What is known of an aircraft: the newest word on each fact, and a height that the home altitude cannot shake."""

from typing import Any

from skystork.fleet.tracker import Tracker
from skystork.fleet.vehicle import LandedState, LinkState, MissionState
from skystork.link.contract import TelemetrySample, sample_of
from skystork.orders.order import VehicleId


def tracker(*samples: TelemetrySample) -> Tracker:
    made = Tracker(VehicleId("LC-1"), 0.0)
    for sample in samples:
        made.take(sample)
    return made


def test_a_vehicle_never_heard_is_known_by_name_only() -> None:
    state = tracker().state
    assert (state.link, state.position, state.battery_fraction) == (LinkState.NEVER, None, None)


def test_each_fact_stays_until_it_is_told_anew() -> None:
    state = tracker(sample_of(1.0, battery_fraction=0.9), sample_of(2.0, mode="AUTO.MISSION")).state
    assert (state.battery_fraction, state.mode) == (0.9, "AUTO.MISSION")
    assert (state.at_s, state.last_heard_s, state.link) == (2.0, 2.0, LinkState.UP)


def test_silence_keeps_the_last_word_and_its_time() -> None:
    seen = tracker(sample_of(1.0, battery_fraction=0.9))
    seen.take_lost(6.0)
    assert (seen.state.link, seen.state.at_s, seen.state.last_heard_s) == (LinkState.LOST, 6.0, 1.0)
    assert seen.state.battery_fraction == 0.9
    seen.take_heard(9.0)
    assert (seen.state.link, seen.state.last_heard_s) == (LinkState.UP, 9.0)


def test_a_snapshot_does_not_change_after_it_was_taken() -> None:
    seen = tracker(sample_of(1.0, battery_fraction=0.9))
    before = seen.state
    seen.take(sample_of(2.0, battery_fraction=0.5))
    assert (before.battery_fraction, seen.state.battery_fraction) == (0.9, 0.5)


def test_a_reading_keeps_its_own_time_while_other_streams_go_on() -> None:
    state = tracker(sample_of(1.0, ground_clearance_m=4.0), sample_of(2.0, mode="AUTO.MISSION"), sample_of(9.0)).state
    assert (state.ground_clearance_m, state.ground_clearance_at_s) == (4.0, 1.0)
    assert (state.mode_at_s, state.at_s) == (2.0, 9.0)


ON_GROUND: dict[str, Any] = {"armed": False, "landed": LandedState.ON_GROUND}


def test_height_is_counted_from_the_ground_it_stood_on_not_from_a_home_that_wanders() -> None:
    seen = tracker(
        sample_of(1.0, altitude_amsl_m=45.0, home_altitude_amsl_m=45.0, **ON_GROUND),
        sample_of(2.0, armed=True, landed=LandedState.TAKEOFF),
        sample_of(3.0, altitude_amsl_m=49.0, home_altitude_amsl_m=46.75, relative_altitude_m=2.25),
    )
    assert seen.state.height_home_m == 4.0


def test_a_vehicle_first_heard_in_the_air_is_counted_from_its_home_altitude() -> None:
    seen = tracker(
        sample_of(1.0, armed=True, landed=LandedState.IN_AIR, home_altitude_amsl_m=44.0),
        sample_of(2.0, altitude_amsl_m=124.0, relative_altitude_m=79.0),
    )
    assert seen.state.height_home_m == 80.0


def test_without_any_reference_the_vehicles_own_height_is_taken() -> None:
    seen = tracker(sample_of(1.0, armed=True, landed=LandedState.IN_AIR, relative_altitude_m=80.0))
    assert seen.state.height_home_m == 80.0


def test_after_a_reboot_on_the_ground_what_a_launch_rests_on_must_be_told_again() -> None:
    tracker = Tracker(VehicleId("MR-7"), 0.0)
    told = {"ready_to_arm": True, "battery_fraction": 0.9, "mission_id": 7, "mission_state": MissionState.NOT_STARTED}
    tracker.take(sample_of(1.0, armed=False, landed=LandedState.ON_GROUND, **told))
    tracker.take_reboot(2.0)
    state = tracker.state
    assert (state.ready_to_arm, state.battery_fraction, state.mission_id) == (False, None, None)
    assert state.mission_state is MissionState.UNKNOWN


def test_a_reboot_in_the_air_takes_nothing_of_what_is_known_last() -> None:
    tracker = Tracker(VehicleId("MR-7"), 0.0)
    tracker.take(sample_of(1.0, armed=True, battery_fraction=0.5))
    tracker.take_reboot(2.0)
    assert (tracker.state.armed, tracker.state.battery_fraction) == (True, 0.5)
