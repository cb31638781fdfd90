"""The rules for ArduPilot's parameters: the twins keep them, and each wrong value is told by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.app.site import load_site
from skystork.clearance.ardupilot_rules import copter_rules, plane_rules
from skystork.clearance.checks import failures
from skystork.clearance.parameter_rules import ParameterRule, RuleFacts
from skystork.clearance.preflight import check_parameters, no_rules
from skystork.clearance.rules_by_autopilot import RULES_OF
from skystork.fleet.profile import DroneProfile
from skystork.frames import LocalFrame
from skystork.link.ardupilot import AUTOPILOTS

PROJECT = Path(__file__).resolve().parents[2]
SCENARIOS = PROJECT / "sim" / "scenarios"
PLAN = straight_plan(LocalFrame(DEPOT), distance_m=1500.0)
Rules = Callable[[RuleFacts], tuple[ParameterRule, ...]]


def profile_of(scenario: str, name: str) -> DroneProfile:
    return next(drone.profile for drone in load_site(SCENARIOS / scenario).drones if drone.profile.name == name)


def facts_of(profile: DroneProfile, *, simulated: bool = False) -> RuleFacts:
    return RuleFacts(
        profile,
        7,
        255,
        outbound_height_m=80.0,
        inbound_height_m=105.0,
        max_height_m=120.0,
        simulated=simulated,
    )


def on_board(file: str) -> dict[str, float]:
    lines = (PROJECT / "firmware_configs" / file).read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    return {name: float(value) for name, value in rows} | {"MAV_SYSID": 7.0}


TWINS = [
    ("ardupilot_delivery_quad.param", copter_rules, profile_of("darlington", "multirotor")),
    ("ardupilot_hexa_winch.param", copter_rules, profile_of("darlington_winch", "hexa_winch")),
    ("ardupilot_lift_and_cruise.param", plane_rules, profile_of("darlington", "lift_and_cruise")),
]


@pytest.mark.parametrize(("file", "rules_of", "profile"), TWINS, ids=[file for file, _, _ in TWINS])
def test_a_vehicle_with_its_file_passes_and_each_wrong_value_is_one_failure(
    file: str, rules_of: Rules, profile: DroneProfile
) -> None:
    rules, values = rules_of(facts_of(profile)), on_board(file)
    assert len({rule.name for rule in rules}) == len(rules) >= 25
    assert all(len(rule.name) <= 16 and rule.reason and rule.source.startswith("ArduPilot ") for rule in rules)
    assert not failures(check_parameters(rules, values, PLAN, 1.0))
    for rule in rules:
        (found,) = failures(check_parameters(rules, values | {rule.name: -7.0}, PLAN, 1.0))
        assert found.text.startswith(f"{rule.name} is -7, required {rule.required}; set it: {rule.reason}")
        missing = {name: value for name, value in values.items() if name != rule.name}
        (unread,) = failures(check_parameters(rules, missing, PLAN, 1.0))
        assert unread.text.startswith(f"{rule.name} is nothing")


def test_only_a_simulated_vehicle_may_be_without_remote_id() -> None:
    profile = profile_of("darlington", "multirotor")
    real = {rule.name: rule for rule in copter_rules(facts_of(profile))}
    simulated = {rule.name: rule for rule in copter_rules(facts_of(profile, simulated=True))}
    assert {name for name in real if real[name] != simulated[name]} == {"DID_ENABLE", "DID_OPTIONS"}


def test_a_winch_needs_its_winch_and_a_gripper_its_gripper() -> None:
    winch = {rule.name for rule in copter_rules(facts_of(profile_of("darlington_winch", "hexa_winch")))}
    gripper = {rule.name for rule in copter_rules(facts_of(profile_of("darlington", "multirotor")))}
    assert (winch - gripper, gripper - winch) == ({"WINCH_TYPE"}, {"GRIP_ENABLE"})


def test_a_battery_level_that_no_reserve_covers_is_refused() -> None:
    profile = replace(profile_of("darlington", "multirotor"), reserve_fraction=0.05)
    rules, values = copter_rules(facts_of(profile)), on_board("ardupilot_delivery_quad.param")
    found = failures(check_parameters(rules, values | {"BATT_LOW_MAH": 2500.0}, PLAN, 1.0))
    assert [each.name for each in found] == ["BATT_LOW_MAH"]


def test_an_autopilot_without_rules_fails_closed_and_is_told_by_name() -> None:
    assert set(AUTOPILOTS) - set(RULES_OF) == {"ardurover"}
    (found,) = failures((no_rules("ardurover", tuple(RULES_OF)),))
    assert found.text.startswith("parameters is those of ardurover, required those of px4 or arducopter or arduplane")
