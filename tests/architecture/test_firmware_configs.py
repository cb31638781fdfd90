"""The fleet's firmware files: each line with its reason, and the same figures as the site files plan with."""

import tomllib
from pathlib import Path

import pytest

from skystork.app.site import load_site
from skystork.fleet.profile import Airframe, DroneProfile
from skystork_sim.fleet import px4_parameters
from skystork_sim.site import read_site

PROJECT = Path(__file__).resolve().parents[2]
CONFIGS = PROJECT / "firmware_configs"
DARLINGTON = PROJECT / "sim" / "scenarios" / "darlington"
SITL = PROJECT / "sim" / "scenarios" / "darlington_sitl"
FILES = {Airframe.MULTIROTOR: "px4_delivery_quad.params", Airframe.LIFT_AND_CRUISE: "px4_lift_and_cruise.params"}
INT32, REAL32 = "6", "9"

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


def read(name: str) -> dict[str, float]:
    rows = [line.split("\t") for line in (CONFIGS / name).read_text().splitlines() if line and line[0] != "#"]
    return {row[2]: float(row[3]) for row in rows}


def disagreements(parameters: dict[str, float], profile: DroneProfile) -> dict[str, tuple[float, float]]:
    pairs = {name: (parameters[name], getattr(profile, field)) for name, field in LIMITS[profile.airframe].items()}
    return {name: (on_board, planned) for name, (on_board, planned) in pairs.items() if on_board != planned}


@pytest.mark.parametrize("name", FILES.values())
def test_every_parameter_is_well_formed_named_once_and_has_its_reason_above_it(name: str) -> None:
    above, seen = "", set()
    for line in (CONFIGS / name).read_text().splitlines():
        if line and not line.startswith("#"):
            system, component, parameter, value, kind = line.split("\t")
            assert (system, component) == ("1", "1")
            assert kind in {INT32, REAL32}
            assert kind == REAL32 or float(value) == int(value)
            assert above.startswith("# "), f"{parameter} has no reason"
            assert not above.startswith("# ---"), f"{parameter} has no reason"
            assert parameter not in seen
            assert len(parameter) <= 16, "MAVLink's param_id holds 16 characters"
            seen.add(parameter)
        above = line
    assert seen


@pytest.mark.parametrize(("airframe", "name"), FILES.items())
def test_speeds_and_limits_are_those_that_flights_are_planned_with(airframe: Airframe, name: str) -> None:
    profiles = {drone.profile for drone in load_site(DARLINGTON).drones if drone.profile.airframe is airframe}
    assert [disagreements(read(name), profile) for profile in profiles] == [{}]


@pytest.mark.parametrize("name", FILES.values())
def test_failsafes_are_the_ones_that_the_flight_layer_counts_on(name: str) -> None:
    parameters = read(name)
    assert {key: parameters[key] for key in SAFETY} == SAFETY


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
        shared = simulated.keys() & SAFETY.keys()
        assert shared >= {"NAV_DLL_ACT", "COM_DLL_EXCEPT", "COM_DL_LOSS_T", "COM_FAIL_ACT_T", "RTL_TYPE"}
        assert {name: simulated[name] for name in shared} == {name: ours[name] for name in shared}
