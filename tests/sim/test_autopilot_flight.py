"""A whole delivery against the order of events recorded from PX4 v1.17.0, and what a flight looks like from outside."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from pymavlink.dialects.v20 import common

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.gripper import Parcel

ARM, SET_MODE, MISSION_START = 400, 176, 300
AUTO_MISSION = (1.0, 4.0, 4.0)

# Recorded: PX4 v1.17.0 SITL, SIH quad, the reference delivery of this project's telemetry log.
RECORDED_LANDED = [1, 3, 2, 4, 1]
RECORDED_MODES = [0x0304_0000, 0x0404_0000, 0x0304_0000, 0x0504_0000, 0x0304_0000]  # LOITER for a moment before RTL
RECORDED_BASE_MODES = [29, 157, 29]
RECORDED_REACHED = [1, 2, 3, 5, 6, 8]
RECORDED_CURRENT = [0, 2, 3, 4, 6, 7, 8]
RECORDED_STATES = [2, 3, 5]
RECORDED_TEXTS = [
    "Armed by external command\t",
    "Executing Mission\t",
    "Climb to 30.0 meters above home\t",
    "Takeoff detected\t",
    "Mission finished, loitering\t",
    "Returning to launch\t",
    "RTL: land at destination\t",
    "Landing detected\t",
    "Disarmed by landing\t",
]
RECORDED_OPAQUE_ID = 3449267362


def fly_reference(ground: Any, items: Any) -> None:
    ground.ready()
    ground.vehicle.aircraft.load(Parcel("order-1", 1.0))
    ground.upload(items)
    assert ground.command(SET_MODE, *AUTO_MISSION) == [0, 0]
    ground.run(1.0)
    assert ground.command(ARM, 1.0) == [0]
    assert ground.run(300.0, lambda: ground.texts()[-1:] == ["Disarmed by landing\t"])
    ground.run(2.0)


@pytest.fixture
def reference(make_ground: Any) -> Any:
    return make_ground()


@pytest.fixture
def flown(reference: Any, reference_items: Any) -> Any:
    fly_reference(reference, reference_items)
    return reference


@pytest.fixture
def reference_items() -> Any:
    return (
        (6, 22, (0, 0, 0, math.nan), 473977419, 85455938, 30.0),
        (2, 178, (1, 10, -1, 0), 0, 0, 0.0),
        (6, 16, (0, 0, 0, math.nan), 473988199, 85455938, 30.0),
        (6, 16, (0, 0, 0, math.nan), 473993589, 85475844, 30.0),
        (6, 16, (2, 0, 0, math.nan), 473993589, 85475844, 10.0),
        (2, 211, (1, 0, 0, 0), 0, 0, 0.0),
        (2, 93, (5, -1, -1, -1), 0, 0, 0.0),
        (6, 16, (0, 0, 0, math.nan), 473993589, 85475844, 30.0),
        (2, 20, (0, 0, 0, 0), 0, 0, 0.0),
    )


def test_landed_states_come_in_the_recorded_order(flown: Any) -> None:
    assert flown.changes("EXTENDED_SYS_STATE", "landed_state") == RECORDED_LANDED


def test_modes_and_arming_come_in_the_recorded_order(flown: Any) -> None:
    assert flown.changes("HEARTBEAT", "custom_mode") == RECORDED_MODES
    assert flown.changes("HEARTBEAT", "base_mode") == RECORDED_BASE_MODES


def test_mission_progress_skips_the_same_numbers_as_recorded(flown: Any) -> None:
    assert flown.changes("MISSION_ITEM_REACHED", "seq") == RECORDED_REACHED
    armed = next(each.at_s for each in flown.of("HEARTBEAT") if each.message.base_mode == 157)
    current = [each.message.seq for each in flown.of("MISSION_CURRENT") if each.at_s > armed]
    assert [key for key, _ in itertools.groupby(current)] == RECORDED_CURRENT
    states = [each.message.mission_state for each in flown.of("MISSION_CURRENT") if each.message.mission_state != 1]
    assert [key for key, _ in itertools.groupby(states)] == RECORDED_STATES


def test_status_texts_come_in_the_recorded_order(flown: Any) -> None:
    chunks = [text for text in flown.texts() if not text.startswith("RTL: start") and text != ")\t"]
    assert chunks == RECORDED_TEXTS


def test_the_plan_has_the_same_opaque_id_as_on_px4(flown: Any) -> None:
    assert flown.of("MISSION_ACK")[0].extension == (RECORDED_OPAQUE_ID,)
    assert flown.of("MISSION_CURRENT")[-1].extension[0] == RECORDED_OPAQUE_ID


def test_each_reached_item_is_repeated_at_one_hertz_for_ten_seconds(flown: Any) -> None:
    times = [each.at_s for each in flown.of("MISSION_ITEM_REACHED") if each.message.seq == 8]
    assert len(times) == 11  # recorded: 112.5, 112.6, 113.6 ... 121.7
    assert times[-1] - times[0] == pytest.approx(10.0, abs=0.5)


def test_the_parcel_leaves_at_the_drop_and_only_once(flown: Any, frame: LocalFrame) -> None:
    (release,) = flown.releases
    place = frame.to_enu_m(Geodetic(release.latitude_deg, release.longitude_deg))
    assert math.dist(place, frame.to_enu_m(Geodetic(47.3993589, 8.5475844))) < 2.0
    assert release.order_id == "order-1"
    assert release.height_m == pytest.approx(10.0, abs=1.0)


def test_disarming_follows_two_seconds_after_the_landing(flown: Any) -> None:
    at_s = {each.message.text: each.at_s for each in flown.of("STATUSTEXT")}
    assert at_s["Disarmed by landing\t"] - at_s["Landing detected\t"] == pytest.approx(2.0, abs=0.5)


def test_home_altitude_wanders_while_the_true_altitude_is_smooth(flown: Any) -> None:
    fixes = [each.message for each in flown.of("GLOBAL_POSITION_INT")]
    homes = {fix.alt - fix.relative_alt for fix in fixes}
    steps = [abs(late.alt - early.alt) for early, late in itertools.pairwise(fixes)]
    assert max(homes) - min(homes) > 300  # mm
    assert max(steps) < 3300  # 3 m/s at one fix a second, the slowest rate


def test_mission_start_arms_by_itself_and_starts_at_its_parameter(make_ground: Any, reference_items: Any) -> None:
    ground = make_ground().ready()
    ground.upload(reference_items)
    assert ground.command(MISSION_START, 0.0, 0.0) == [0]
    assert "Armed by mission start\t" in ground.texts()
    assert ground.run(60.0, lambda: ground.changes("MISSION_CURRENT", "seq")[-1] == 3)
    ground.run(5.0)
    assert ground.command(MISSION_START, 2.0, 0.0) == [0]
    assert ground.changes("MISSION_CURRENT", "seq")[-1] == 2


def test_a_pause_keeps_the_item_and_the_mode_resumes_it(make_ground: Any, reference_items: Any) -> None:
    ground = make_ground().ready()
    ground.upload(reference_items)
    ground.command(MISSION_START)
    ground.run(60.0, lambda: ground.changes("MISSION_CURRENT", "seq")[-1] == 3)
    ground.command(SET_MODE, 1.0, 4.0, 3.0)
    ground.run(10.0)
    assert ground.of("MISSION_CURRENT")[-1].message.mission_state == 4
    assert ground.vehicle.aircraft.mass.ground_speed_m_s < 0.5
    assert ground.command(SET_MODE, *AUTO_MISSION) == [0, 0]
    assert ground.changes("MISSION_CURRENT", "seq")[-1] == 3


def test_loiter_unlimited_holds_until_the_next_item_is_made_current(make_ground: Any, reference_items: Any) -> None:
    items = (*reference_items[:4], (3, 17, (0, 0, 0, math.nan), 473993589, 85475844, 8.0), *reference_items[7:])
    ground = make_ground().ready()
    ground.upload(items)
    ground.command(MISSION_START)
    assert ground.run(120.0, lambda: ground.changes("MISSION_CURRENT", "seq")[-1] == 4)
    ground.run(120.0)
    assert ground.changes("MISSION_CURRENT", "seq")[-1] == 4
    assert ground.vehicle.aircraft.mass.height_m == pytest.approx(8.0, abs=0.5)
    ground.send(common.MAVLink_mission_set_current_message(1, 1, 5))
    ground.run(5.0)
    assert ground.vehicle.aircraft.mass.up_m_s > 1.0


def test_the_ground_track_of_a_multirotor_stays_on_the_line_in_gusts(
    make_ground: Any, reference_items: Any, frame: LocalFrame
) -> None:
    ground = make_ground(wind_m_s=(4.0, 0.0), gust_m_s=1.2).ready()
    ground.upload(reference_items)
    ground.command(MISSION_START)
    ground.run(60.0, lambda: ground.changes("MISSION_CURRENT", "seq")[-1] == 3)
    start = frame.to_enu_m(Geodetic(47.3988199, 8.5455938))
    end = frame.to_enu_m(Geodetic(47.3993589, 8.5475844))
    along = ((end[0] - start[0]) / math.dist(start, end), (end[1] - start[1]) / math.dist(start, end))
    errors = []
    while ground.changes("MISSION_CURRENT", "seq")[-1] == 3:
        ground.run(0.25)
        mass = ground.vehicle.aircraft.mass
        errors.append(abs((mass.east_m - start[0]) * along[1] - (mass.north_m - start[1]) * along[0]))
    assert len(errors) > 20
    assert max(errors) < 3.0
