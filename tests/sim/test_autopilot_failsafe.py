"""What the simulated vehicle does by itself: silence, battery, fence, and the incidents of a world file."""

from __future__ import annotations

import math
from typing import Any

import pytest

from skystork_sim.gripper import Parcel
from skystork_sim.incidents import Incident, IncidentKind

LOITER, MISSION, RTL, LAND = 0x0304_0000, 0x0404_0000, 0x0504_0000, 0x0604_0000
NAN = math.nan
SCALE = 89_832  # 1e-7 degrees of latitude in a kilometre, over 1.0


def place(north_m: float) -> tuple[int, int]:
    return 473977419 + round(north_m / 1000 * SCALE), 85455938


def waypoint(north_m: float, height_m: float = 30.0, command: int = 16) -> Any:
    return (3, command, (0.0, 0.0, 0.0, NAN), *place(north_m), height_m)


OUT_AND_BACK = (
    waypoint(0.0, 30.0, 22),
    *(waypoint(200.0 * n) for n in range(1, 6)),
    waypoint(1000.0, 8.0, 17),
    *(waypoint(1000.0 - 200.0 * n, 45.0) for n in range(5)),
    waypoint(0.0, 45.0),
    waypoint(0.0, 0.0, 21),
)
FLEET = {"NAV_DLL_ACT": 2, "RTL_TYPE": 4}


def modes(ground: Any) -> list[int]:
    return ground.changes("HEARTBEAT", "custom_mode")


def under_way(ground: Any, sequence: int) -> Any:
    ground.ready()
    ground.upload(OUT_AND_BACK)
    assert ground.command(300) == [0]
    assert ground.run(400.0, lambda: ground.vehicle.navigator.mission.current == sequence)
    ground.run(5.0)
    return ground


def test_silence_holds_five_seconds_and_returns_and_hearing_us_again_changes_nothing(make_ground: Any) -> None:
    ground = under_way(make_ground(parameters=FLEET), 3)
    ground.heartbeats = False
    silent_s = ground.elapsed_s
    assert ground.run(30.0, lambda: modes(ground)[-1] == RTL)
    held_s = next(each.at_s for each in reversed(ground.of("HEARTBEAT")) if each.message.custom_mode == MISSION)
    assert held_s - silent_s == pytest.approx(11.25, abs=1.5)  # measured 11.7 to 11.8 s, told by a 1 Hz heartbeat
    assert modes(ground)[-3:] == [MISSION, LOITER, RTL]
    assert ground.of("HEARTBEAT")[-1].message.system_status == 5
    ground.heartbeats = True
    ground.run(5.0)
    assert "GCS connection regained\t" in ground.texts()
    assert (modes(ground)[-1], ground.of("HEARTBEAT")[-1].message.system_status) == (RTL, 5)  # recorded


def test_texts_of_the_last_five_seconds_of_silence_arrive_when_the_ground_is_back_and_older_ones_never(
    make_ground: Any,
) -> None:
    ground = under_way(make_ground(parameters=FLEET), 3)
    ground.heartbeats = False
    before = len(ground.texts())
    assert ground.run(30.0, lambda: modes(ground)[-1] == RTL)
    assert ground.texts()[before:] == []
    ground.heartbeats = True
    ground.run(3.0)
    assert ground.texts()[before:] == ["Failsafe activated\t", "GCS connection regained\t"]


def test_the_return_goes_back_over_the_items_flown_when_that_is_shorter(make_ground: Any) -> None:
    ground = under_way(make_ground(parameters=FLEET), 3)
    farthest = ground.vehicle.aircraft.mass.north_m
    ground.command(20)
    highest = 0.0
    while ground.vehicle.status.armed:
        ground.run(1.0)
        highest = max(highest, ground.vehicle.aircraft.mass.height_m)
        assert ground.vehicle.aircraft.mass.north_m < farthest + 20.0
    assert highest == pytest.approx(30.0, abs=1.5)  # the way out is at 30 m, the way home at 45 m
    assert math.hypot(ground.vehicle.aircraft.mass.east_m, ground.vehicle.aircraft.mass.north_m) < 1.5


def test_the_return_goes_on_to_the_landing_when_that_is_shorter(make_ground: Any) -> None:
    ground = make_ground(parameters=FLEET).ready()
    ground.upload(OUT_AND_BACK)
    ground.command(300)
    ground.run(400.0, lambda: ground.vehicle.navigator.mission.current == 6)
    ground.vehicle.navigator.jump(9, ground.now_s)
    ground.run(30.0)
    ground.command(20)
    ground.run(5.0)
    assert ground.vehicle.aircraft.mass.height_m > 35.0
    assert ground.run(300.0, lambda: not ground.vehicle.status.armed)
    assert math.hypot(ground.vehicle.aircraft.mass.east_m, ground.vehicle.aircraft.mass.north_m) < 1.5


def test_a_return_from_the_hover_climbs_first_and_drops_nothing(make_ground: Any) -> None:
    ground = under_way(make_ground(parameters=FLEET), 6)
    ground.vehicle.aircraft.load(Parcel("order-1", 1.0))
    ground.run(60.0)
    assert ground.vehicle.aircraft.mass.height_m == pytest.approx(8.0, abs=0.5)
    ground.command(20)
    north_m = ground.vehicle.aircraft.mass.north_m
    ground.run(5.0)
    assert abs(ground.vehicle.aircraft.mass.north_m - north_m) < 1.0
    assert ground.vehicle.aircraft.mass.up_m_s > 1.0
    assert ground.run(400.0, lambda: not ground.vehicle.status.armed)
    assert not ground.releases


def test_without_the_ground_a_vehicle_that_minds_will_not_arm(make_ground: Any) -> None:
    ground = make_ground(parameters=FLEET)
    ground.heartbeats = False
    ground.run(6.0)
    assert ground.command(400, 1.0) == [1]


def test_the_battery_ladder_warns_returns_and_lands(make_ground: Any) -> None:
    ground = under_way(make_ground(parameters=FLEET), 3)
    battery = ground.vehicle.aircraft.battery
    battery.sag_to(0.15)
    ground.run(3.0)
    assert modes(ground)[-1] == MISSION
    assert ground.of("BATTERY_STATUS")[-1].message.charge_state == 2
    battery.sag_to(0.07)
    ground.run(3.0)
    assert modes(ground)[-1] == LOITER
    ground.run(5.0)
    assert modes(ground)[-1] == RTL
    battery.sag_to(0.05)
    ground.run(2.0)
    assert (modes(ground)[-1], ground.of("HEARTBEAT")[-1].message.system_status) == (LAND, 5)
    assert ground.run(100.0, lambda: not ground.vehicle.status.armed)


def test_the_operator_may_step_in_during_the_hold(make_ground: Any) -> None:
    ground = under_way(make_ground(parameters=FLEET), 3)
    ground.vehicle.aircraft.battery.sag_to(0.07)
    ground.run(3.0)
    assert ground.command(176, 1.0, 4.0, 6.0) == [0, 0]
    ground.run(10.0)
    assert modes(ground)[-1] == LAND


def test_crossing_the_fence_holds_and_the_operator_may_go_on(make_ground: Any) -> None:
    ground = make_ground().ready()
    corners = [
        (place(-100)[0], 85435938),
        (place(-100)[0], 85475938),
        (place(300)[0], 85475938),
        (place(300)[0], 85435938),
    ]
    ground.upload(OUT_AND_BACK)
    ground.command(300)
    ground.run(30.0, lambda: ground.vehicle.navigator.mission.current == 2)
    ground.upload([(5, 5001, (4.0, 0.0, 0.0, 0.0), x, y, 0.0) for x, y in corners], 1, settle_s=0.0)
    ground.vehicle._verdict_at_s = None  # the mission stays judged, as when the fence was there before a reposition
    assert ground.run(60.0, lambda: modes(ground)[-1] == LOITER)
    assert ground.of("HEARTBEAT")[-1].message.system_status == 5
    assert ground.vehicle.aircraft.mass.north_m < 330.0
    ground.command(176, 1.0, 4.0, 4.0)
    ground.run(3.0)
    assert modes(ground)[-1] == MISSION


def test_a_refused_arming_passes_after_its_time(make_ground: Any) -> None:
    refusal = Incident(IncidentKind.ARM_REFUSED, 1, flight=1, duration_s=60.0)
    ground = make_ground(incidents=[refusal]).ready()
    assert ground.command(400, 1.0) == [1]
    ground.run(30.0)
    assert ground.command(400, 1.0) == [1]
    ground.run(31.0)
    assert ground.command(400, 1.0) == [0]


@pytest.mark.parametrize(("kind", "results"), [(IncidentKind.GRIPPER_JAM, [5, 4]), (IncidentKind.GRIPPER_SILENT, [])])
def test_a_gripper_that_fails_keeps_the_parcel(make_ground: Any, kind: IncidentKind, results: list[int]) -> None:
    ground = under_way(make_ground(incidents=[Incident(kind, 1, flight=1)]), 6)
    parcel = Parcel("order-1", 1.0)
    ground.vehicle.aircraft.gripper.load(parcel)
    assert ground.command(211, 1.0, 0.0, wait_s=2.0) == results
    assert ground.vehicle.aircraft.gripper.parcel == parcel
    assert not ground.releases


def test_the_range_finder_sees_the_obstacle_at_the_drop_and_not_at_home(make_ground: Any) -> None:
    ground = make_ground(incidents=[Incident(IncidentKind.DROP_BLOCKED, 1, flight=1, value=3.0)])
    under_way(ground, 0)
    aircraft = ground.vehicle.aircraft
    assert aircraft.clearance_m(ground.now_s) == aircraft.mass.height_m > 5.0
    ground.run(300.0, lambda: ground.vehicle.navigator.mission.current == 6)
    ground.run(40.0)
    mass = ground.vehicle.aircraft.mass
    reading = ground.of("DISTANCE_SENSOR")[-1].message
    assert (reading.orientation, reading.max_distance) == (25, 10_000)
    assert reading.current_distance / 100 == pytest.approx(mass.height_m - 3.0, abs=0.2)


def test_a_battery_sag_happens_once_in_its_flight(make_ground: Any) -> None:
    sag = Incident(IncidentKind.BATTERY_SAG, 1, flight=1, after_s=20.0, value=0.3)
    ground = make_ground(incidents=[sag]).ready()
    ground.upload(OUT_AND_BACK)
    ground.command(300)
    ground.run(19.0)
    assert ground.vehicle.aircraft.battery.fraction > 0.9
    ground.run(2.0)
    assert ground.vehicle.aircraft.battery.fraction < 0.31
    ground.vehicle.aircraft.battery.swap()
    ground.run(2.0)
    assert ground.vehicle.aircraft.battery.fraction > 0.9
