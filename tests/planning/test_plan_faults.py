import random

import pytest
from tests_support.document_faults import DOCUMENT_FAULTS
from tests_support.failsafe_faults import FAILSAFE_FAULTS
from tests_support.flight_faults import FLIGHT_FAULTS
from tests_support.sound_plans import darlington_plans
from tests_support.zone_faults import ZONE_FAULTS

FAULTS = {**DOCUMENT_FAULTS, **FLIGHT_FAULTS, **ZONE_FAULTS, **FAILSAFE_FAULTS}
ONLY = {
    "new polygon": {"clearance"},
    "new wall": {"clearance"},
    "new circle": {"clearance"},
    "zone about the flight": {"clearance", "hover box"},
    "zone lowered": {"clearance"},
    "time shifted into a schedule": {"clearance", "hover box"},
    "worse navigation": {"clearance", "hover box"},
    "battery more than full": {"energy"},
    "document of another flight": {"request"},
    "stale zone hash": {"zones"},
    "storm": {"readable"},
    "metres and degrees apart": {"frame"},
    "total time wrong": {"duration"},
    "ceiling lowered": {"max height"},
    "margin written smaller": {"margin"},
}
"""Faults that leave everything else right: nothing but the rule in question may tell."""


@pytest.fixture(scope="module")
def plans():
    return list(darlington_plans(3, seed=7))


def test_sound_plans_raise_no_alarm(plans):
    for plan in plans:
        assert plan.case().check() == ()


@pytest.mark.parametrize("kind", FAULTS)
def test_every_injected_fault_is_found(plans, kind):
    """A few of each; benchmarks/plan_faults.py injects ten thousand."""
    rng, injected = random.Random(kind), 0
    while injected < 4:
        plan = rng.choice(plans)
        case = plan.case()
        if not FAULTS[kind](plan, case, rng):
            continue
        injected += 1
        rules = {violation.rule for violation in case.check()}
        assert rules
        assert rules <= ONLY.get(kind, rules)
