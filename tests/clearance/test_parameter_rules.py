"""The rules for the autopilot's parameters: the fleet's own files keep them, and each wrong value is told by name."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.plans import DEPOT, QUAD, straight_plan

from skystork.app.site import load_site
from skystork.clearance.checks import failures
from skystork.clearance.parameter_rules import Equals, OneOf, ParameterRule, RuleFacts, Within, parameter_rules
from skystork.clearance.preflight import check_parameters
from skystork.fleet.profile import Airframe
from skystork.frames import LocalFrame

CONFIGS = Path(__file__).resolve().parents[2] / "firmware_configs"
DARLINGTON = Path(__file__).resolve().parents[2] / "sim" / "scenarios" / "darlington"
FILES = {Airframe.MULTIROTOR: "px4_delivery_quad.params", Airframe.LIFT_AND_CRUISE: "px4_lift_and_cruise.params"}
FACTS = RuleFacts(QUAD, 7, 255, outbound_height_m=80.0, inbound_height_m=105.0, max_height_m=120.0)
WING = replace(FACTS, profile=replace(QUAD, airframe=Airframe.LIFT_AND_CRUISE))
PLAN = straight_plan(LocalFrame(DEPOT), distance_m=1500.0)


def right(rule: ParameterRule) -> float:
    """A value that the rule takes."""
    match rule.required:
        case Equals(value):
            return value
        case OneOf(values):
            return values[0]
        case Within(low, high):
            return high if rule.name in {"BAT_CRIT_THR", "COM_FLT_TIME_MAX"} else low


def test_each_parameter_is_ruled_once_with_a_name_that_fits_and_a_source() -> None:
    for facts in (FACTS, WING):
        rules = parameter_rules(facts)
        assert len({rule.name for rule in rules}) == len(rules) >= 40
        assert all(len(rule.name) <= 16 and rule.reason and rule.source.startswith("PX4 v1.17.0") for rule in rules)


@pytest.mark.parametrize("rule", parameter_rules(FACTS), ids=lambda rule: rule.name)
def test_one_wrong_parameter_is_one_failure_that_names_it_with_the_value_required(rule: ParameterRule) -> None:
    rules = parameter_rules(FACTS)
    values = {each.name: right(each) for each in rules}
    values["BAT_CRIT_THR"] = 0.07
    assert not failures(check_parameters(rules, values, PLAN, 1.0))
    (found,) = failures(check_parameters(rules, values | {rule.name: -7.0}, PLAN, 1.0))
    assert found.text.startswith(f"{rule.name} is -7, required {rule.required}; set it: ")
    assert rule.reason in found.text


def test_a_parameter_that_could_not_be_read_is_a_failure() -> None:
    rules = parameter_rules(FACTS)
    values = {each.name: right(each) for each in rules} | {"BAT_CRIT_THR": 0.07}
    del values["GF_ACTION"]
    (found,) = failures(check_parameters(rules, values, PLAN, 1.0))
    assert found.text.startswith("GF_ACTION is nothing, required 3; not read from the vehicle")


def test_a_float32_of_the_profile_s_figure_is_that_figure_and_not_a_number_is_none() -> None:
    assert Equals(0.1).allows(0.10000000149011612)
    assert not Equals(0.1).allows(0.1001)
    assert Within(0.05, 0.25).allows(0.25000001)
    assert not Within(0.05, 0.25).allows(float("nan"))
    assert not Equals(3).allows(float("nan"))


def test_what_a_simulated_vehicle_may_have_otherwise_holds_only_where_the_site_says_so() -> None:
    def rules(simulated: bool) -> dict[str, ParameterRule]:
        return {rule.name: rule for rule in parameter_rules(replace(FACTS, simulated=simulated))}

    real, simulated = rules(False), rules(True)
    assert {name for name in real if real[name] != simulated[name]} == {"SYS_FAILURE_EN", "COM_DL_LOSS_T"}
    assert not real["SYS_FAILURE_EN"].required.allows(1)
    assert simulated["SYS_FAILURE_EN"].required.allows(1)


def test_the_fleet_s_own_firmware_files_keep_every_rule_they_name() -> None:
    site = load_site(DARLINGTON)
    for drone in site.drones:
        lines = (CONFIGS / FILES[drone.profile.airframe]).read_text().splitlines()
        rows = [line.split("\t") for line in lines if line and line[0] != "#"]
        values = {row[2]: float(row[3]) for row in rows}
        facts = RuleFacts(
            drone.profile,
            drone.system_id,
            255,
            site.flight.outbound_height_m,
            site.flight.inbound_height_m,
            site.max_height_m,
        )
        rules = [rule for rule in parameter_rules(facts) if rule.name in values]
        assert len(rules) >= 25
        assert not failures(check_parameters(rules, values, PLAN, None))


def test_a_range_in_which_nothing_can_lie_allows_nothing() -> None:
    impossible = Within(125.0, 120.0)
    assert not any(impossible.allows(seen) for seen in (120.0, 122.0, 125.0))
