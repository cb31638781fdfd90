"""The fleet's firmware files: each line with its reason, and the same figures as the site files plan with."""

import tomllib
from pathlib import Path

import pytest

from skystork.app.site import load_site
from skystork.clearance.parameter_rules import RuleFacts, parameter_rules
from skystork.fleet.energy import level_power_w
from skystork.fleet.profile import Airframe, DroneProfile, Release
from skystork.link.contract import LinkSettings
from skystork.link.parameter_file import RequiredParameter, check_writable, read_parameter_files
from skystork.link.writable_parameters import WRITABLE
from skystork_sim.fleet import px4_parameters
from skystork_sim.site import read_site

PROJECT = Path(__file__).resolve().parents[2]
CONFIGS = PROJECT / "firmware_configs"
DARLINGTON = PROJECT / "sim" / "scenarios" / "darlington"
SITL = PROJECT / "sim" / "scenarios" / "darlington_sitl"
WINCH = PROJECT / "sim" / "scenarios" / "darlington_winch"
FILES = {Airframe.MULTIROTOR: "px4_delivery_quad.params", Airframe.LIFT_AND_CRUISE: "px4_lift_and_cruise.params"}
PX4_FILES = sorted(path.name for path in CONFIGS.glob("px4_*.params"))
PX4_AIRCRAFT = [name for name in PX4_FILES if name != "px4_rover.params"]
ARDUPILOT_FILES = {
    "ardupilot_delivery_quad.param": "arducopter",
    "ardupilot_hexa_winch.param": "arducopter",
    "ardupilot_lift_and_cruise.param": "arduplane",
    "ardupilot_rover.param": "ardurover",
}
AUTOPILOT_OF = dict.fromkeys(PX4_FILES, "px4") | ARDUPILOT_FILES
INT32, REAL32 = "6", "9"
RESTART_S = 5.0
"""What a controller that is started again takes until it hears its vehicles: docs/operations.md, a start's order."""

LIMITS = {
    Airframe.MULTIROTOR: {
        "MPC_XY_CRUISE": "cruise_air_speed_m_s",
        "MPC_XY_VEL_MAX": "max_air_speed_m_s",
        "MPC_Z_V_AUTO_UP": "climb_speed_m_s",
        "MPC_TKO_SPEED": "climb_speed_m_s",
        "MPC_Z_V_AUTO_DN": "descent_speed_m_s",
        "MPC_ACC_HOR": "max_acceleration_m_s2",
        "MPC_JERK_AUTO": "max_jerk_m_s3",
        "COM_WIND_MAX": "wind_limit_m_s",
    },
    Airframe.LIFT_AND_CRUISE: {
        "FW_AIRSPD_TRIM": "cruise_air_speed_m_s",
        "FW_AIRSPD_MAX": "max_air_speed_m_s",
        "MPC_Z_V_AUTO_UP": "climb_speed_m_s",
        "MPC_TKO_SPEED": "climb_speed_m_s",
        "MPC_Z_V_AUTO_DN": "descent_speed_m_s",
        "VT_B_DEC_MSS": "max_acceleration_m_s2",
        "COM_WIND_MAX": "wind_limit_m_s",
    },
}
SAFETY = {
    "NAV_DLL_ACT": 2,
    "COM_DLL_EXCEPT": 1,
    "COM_DL_LOSS_T": 10,
    "COM_FAIL_ACT_T": 0,
    "COM_RC_IN_MODE": 4,
    "RTL_TYPE": 4,
    "COM_LOW_BAT_ACT": 3,
    "GF_ACTION": 3,
    "MIS_TKO_LAND_REQ": 3,
    "COM_ARM_WO_GPS": 0,
    "SYS_FAILURE_EN": 0,
}
"""What the flight layer's reasoning rests on; a change here is a change of design."""


def lines_of(name: str) -> tuple[RequiredParameter, ...]:
    return read_parameter_files({name: (CONFIGS / name).read_text(encoding="utf-8")})


def read(name: str) -> dict[str, float]:
    return {each.name: float(each.value) for each in lines_of(name)}


def disagreements(parameters: dict[str, float], profile: DroneProfile) -> dict[str, tuple[float, float]]:
    pairs = {name: (parameters[name], getattr(profile, field)) for name, field in LIMITS[profile.airframe].items()}
    return {name: (on_board, planned) for name, (on_board, planned) in pairs.items() if on_board != planned}


def test_every_airframe_has_its_file_and_its_twin() -> None:
    airframes = {"delivery_quad", "hexa_winch", "lift_and_cruise", "rover"}
    assert {name.removeprefix("px4_").removesuffix(".params") for name in PX4_FILES} == airframes
    assert {path.name for path in CONFIGS.glob("ardupilot_*")} == ARDUPILOT_FILES.keys()
    assert {name.removeprefix("ardupilot_").removesuffix(".param") for name in ARDUPILOT_FILES} == airframes


@pytest.mark.parametrize("name", AUTOPILOT_OF)
def test_every_parameter_has_its_reason_and_may_be_written(name: str) -> None:
    required = lines_of(name)
    check_writable(required, AUTOPILOT_OF[name])
    assert not [each.name for each in required if len(each.reason) < 10 and "_m" not in each.reason]


@pytest.mark.parametrize("name", PX4_FILES)
def test_a_px4_file_is_in_the_form_that_ground_stations_load(name: str) -> None:
    for line in (CONFIGS / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            system, component, _, value, kind = line.split("\t")
            assert (system, component) == ("1", "1")
            assert kind in {INT32, REAL32}
            assert kind == REAL32 or float(value) == int(value)


@pytest.mark.parametrize("site_folder", [DARLINGTON, SITL, WINCH])
def test_a_vehicle_with_its_file_passes_the_launch_gate(site_folder: Path) -> None:
    site = load_site(site_folder)
    table = tomllib.loads((SITL / "px4.toml").read_text())["profiles"]
    for drone in site.drones:
        simulated = table.get(drone.profile.name, {}).get("simulated", {})
        on_board = read(file_of(drone.profile)) | simulated | {"MAV_SYS_ID": drone.system_id}
        facts = RuleFacts(
            drone.profile,
            drone.system_id,
            LinkSettings().own_system_id,
            outbound_height_m=site.flight.outbound_height_m,
            inbound_height_m=site.flight.inbound_height_m,
            max_height_m=site.max_height_m,
        )
        wrong = [str(rule) for rule in parameter_rules(facts) if not rule.required.allows(on_board[rule.name])]
        assert not wrong


def test_nothing_may_be_written_that_is_in_no_file() -> None:
    in_files: dict[str, set[str]] = {}
    for name, autopilot in AUTOPILOT_OF.items():
        in_files.setdefault(autopilot, set()).update(read(name))
    assert in_files == {autopilot: set(table) for autopilot, table in WRITABLE.items()}


@pytest.mark.parametrize(("airframe", "name"), FILES.items())
def test_speeds_and_limits_are_those_that_flights_are_planned_with(airframe: Airframe, name: str) -> None:
    assert [disagreements(read(name), profile) for profile in darlingtons(airframe)] == [{}]


@pytest.mark.parametrize("name", PX4_AIRCRAFT)
def test_failsafes_are_the_ones_that_the_flight_layer_counts_on(name: str) -> None:
    parameters = read(name)
    assert {key: parameters[key] for key in SAFETY} == SAFETY


@pytest.mark.parametrize("name", AUTOPILOT_OF)
def test_a_vehicle_waits_for_a_controller_that_starts_again(name: str) -> None:
    parameters = read(name)
    (loss_s,) = [
        parameters[each] for each in ("COM_DL_LOSS_T", "FS_GCS_TIMEOUT", "FS_LONG_TIMEOUT") if each in parameters
    ]
    assert LinkSettings().loss_s + RESTART_S <= loss_s <= 30.0


def test_the_vehicle_knows_the_controller_by_its_system_id() -> None:
    assert {read(name)["COM_ARM_AUTH_ID"] for name in PX4_FILES} == {LinkSettings().own_system_id}
    assert {read(name)["MAV_GCS_SYSID"] for name in ARDUPILOT_FILES} == {LinkSettings().own_system_id}


@pytest.mark.parametrize("name", PX4_FILES)
def test_the_batterys_levels_are_in_order_and_a_departure_is_above_them(name: str) -> None:
    parameters = read(name)
    levels = [parameters[each] for each in ("BAT_EMERGEN_THR", "BAT_CRIT_THR", "BAT_LOW_THR", "COM_ARM_BAT_MIN")]
    assert levels == sorted(set(levels))
    assert parameters["COM_WIND_MAX"] > 0 if "COM_WIND_MAX" in parameters else "rover" in name


@pytest.mark.parametrize("name", ARDUPILOT_FILES)
def test_ardupilots_two_levels_are_in_order(name: str) -> None:
    parameters = read(name)
    assert parameters["BATT_CRT_MAH"] < parameters["BATT_LOW_MAH"] < parameters.get("BATT_ARM_MAH", 1e9)


@pytest.mark.parametrize(("airframe", "name"), FILES.items())
def test_a_flight_ends_before_its_battery_could(airframe: Airframe, name: str) -> None:
    parameters = read(name)
    for profile in darlingtons(airframe):
        assert parameters["COM_ARM_BAT_MIN"] > profile.reserve_fraction
        assert parameters["COM_FLT_TIME_MAX"] * least_power_w(profile) < profile.battery_j


def test_a_twin_plans_with_the_same_figures() -> None:
    same = {
        "delivery_quad": {"WP_SPD": "MPC_XY_CRUISE", "WP_SPD_UP": "MPC_Z_V_AUTO_UP", "WP_SPD_DN": "MPC_Z_V_AUTO_DN"},
        "hexa_winch": {"WP_SPD": "MPC_XY_CRUISE", "WP_SPD_UP": "MPC_Z_V_AUTO_UP", "WP_SPD_DN": "MPC_Z_V_AUTO_DN"},
        "lift_and_cruise": {"AIRSPEED_CRUISE": "FW_AIRSPD_TRIM", "AIRSPEED_MAX": "FW_AIRSPD_MAX"},
        "rover": {"WP_SPEED": "RO_SPEED_LIM", "ATC_ACCEL_MAX": "RO_ACCEL_LIM", "ATC_DECEL_MAX": "RO_DECEL_LIM"},
    }
    copter = {
        "WP_ACC": "MPC_ACC_HOR",
        "WP_JERK": "MPC_JERK_AUTO",
        "LAND_SPD_MS": "MPC_LAND_SPEED",
        "RTL_ALT_M": "RTL_RETURN_ALT",
    }
    for airframe, pairs in same.items():
        ours, twin = read(f"px4_{airframe}.params"), read(f"ardupilot_{airframe}.param")
        shared = pairs | {"FENCE_RADIUS": "GF_MAX_HOR_DIST", "FENCE_ALT_MAX": "GF_MAX_VER_DIST"}
        if ARDUPILOT_FILES[f"ardupilot_{airframe}.param"] == "arducopter":
            shared |= copter
        both = {one: other for one, other in shared.items() if one in twin}
        assert {one: twin[one] for one in both} == {one: ours[other] for one, other in both.items()}
        assert both.keys() >= pairs.keys()


def test_the_winch_site_plans_with_the_figures_of_its_file() -> None:
    (drone,) = load_site(WINCH).drones
    parameters = read(file_of(drone.profile))
    assert disagreements(parameters, drone.profile) == {}
    assert parameters["COM_FLT_TIME_MAX"] * least_power_w(drone.profile) < drone.profile.battery_j
    assert parameters["MIS_COMMAND_TOUT"] > drone.profile.drop_hold_s


def file_of(profile: DroneProfile) -> str:
    return "px4_hexa_winch.params" if profile.release is Release.WINCH else FILES[profile.airframe]


def darlingtons(airframe: Airframe) -> set[DroneProfile]:
    return {drone.profile for drone in load_site(DARLINGTON).drones if drone.profile.airframe is airframe}


def least_power_w(profile: DroneProfile) -> float:
    """What an empty vehicle cannot fly below, at any speed up to its greatest."""
    speeds = [0.5 * step for step in range(int(2 * profile.max_air_speed_m_s) + 1)]
    return min(level_power_w(profile, payload_kg=0.0, air_speed_m_s=speed) for speed in speeds)


def test_the_fence_is_above_both_layers_and_the_wing_falls_back_below_the_lower_one() -> None:
    flight = load_site(DARLINGTON).flight
    layers_m = sorted((flight.outbound_height_m, flight.inbound_height_m))
    for name in FILES.values():
        assert layers_m[1] + 10.0 <= read(name)["GF_MAX_VER_DIST"] <= 120.0
        assert layers_m[1] < read(name)["RTL_RETURN_ALT"] < 120.0
    assert 0.0 < read(FILES[Airframe.LIFT_AND_CRUISE])["VT_FW_MIN_ALT"] < layers_m[0]


def test_the_airframes_flown_on_a_real_px4_are_set_as_their_site_plans_them() -> None:
    table = tomllib.loads((SITL / "px4.toml").read_text())["profiles"]
    profiles = {drone.profile.name: drone.profile for drone in load_site(SITL).drones}
    assert profiles.keys() == table.keys()
    for name, profile in profiles.items():
        assert table[name]["firmware"] == FILES[profile.airframe]
        assert disagreements(read(table[name]["firmware"]) | table[name]["simulated"], profile) == {}


def test_the_simulated_autopilots_have_the_failsafes_of_the_files() -> None:
    for entry in read_site(DARLINGTON).drones:
        airframe = Airframe.LIFT_AND_CRUISE if entry.kind.limits.has_wing else Airframe.MULTIROTOR
        ours = read(FILES[airframe])
        simulated = px4_parameters(entry)
        shared = simulated.keys() & SAFETY.keys() - {"SYS_FAILURE_EN"}  # simulated ones have failures injected
        assert shared >= {"NAV_DLL_ACT", "COM_DLL_EXCEPT", "COM_DL_LOSS_T", "COM_FAIL_ACT_T", "RTL_TYPE"}
        assert {name: simulated[name] for name in shared} == {name: ours[name] for name in shared}
