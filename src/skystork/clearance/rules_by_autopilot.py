"""Which rules hold for which autopilot; one that is not here is not let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from skystork.clearance.ardupilot_rules import copter_rules, plane_rules
from skystork.clearance.parameter_rules import ParameterRule, RuleFacts, parameter_rules

RULES_OF: Mapping[str, Callable[[RuleFacts], tuple[ParameterRule, ...]]] = MappingProxyType(
    {"px4": parameter_rules, "arducopter": copter_rules, "arduplane": plane_rules}
)
"""By the name that the site file gives the autopilot; a rover flies nowhere and has none."""
