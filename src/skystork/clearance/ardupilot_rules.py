"""What ArduPilot's parameters must be before a vehicle may arm, each with its reason: the twins of PX4's rules.

Written from the twins in ``firmware_configs`` and ArduPilot's documentation; no ArduPilot was flown. Names and units
are those of 4.7. What PX4 has and ArduPilot has not is not ruled: it asks nobody for leave to arm, keeps no hash of its
parameters, and counts no time of return.
"""

from __future__ import annotations

from collections.abc import Iterator

from skystork.clearance.parameter_rules import LAYER_MARGIN_M, Equals, OneOf, ParameterRule, RuleFacts, Within
from skystork.fleet.profile import Release

COPTER = "ArduPilot Copter 4.7, ardupilot.org/copter/docs/parameters.html"
PLANE = "ArduPilot Plane 4.7, ardupilot.org/plane/docs/parameters.html"
LOWEST_PACK_V = 11.1
"""Three lithium cells: no delivery aircraft has fewer, so that its battery has at most so many ampere-hours."""
_PLANNED = "the plan's times and energies hold for this speed and no other"


def copter_rules(facts: RuleFacts) -> tuple[ParameterRule, ...]:
    """Return every rule for one Copter, named once each."""
    return (
        *_common_rules(facts, COPTER),
        *_copter_link_rules(),
        *_copter_return_rules(facts),
        *_copter_arming_rules(facts),
        *_copter_fence_rules(),
        *_copter_speed_rules(facts),
    )


def plane_rules(facts: RuleFacts) -> tuple[ParameterRule, ...]:
    """Return every rule for one QuadPlane, named once each."""
    return (*_common_rules(facts, PLANE), *_plane_rules(facts))


def _common_rules(facts: RuleFacts, source: str) -> Iterator[ParameterRule]:
    remote_id = OneOf((0, 1)) if facts.simulated else Equals(1)
    reserve_mah = facts.profile.reserve_fraction * facts.profile.battery_j / (3.6 * LOWEST_PACK_V)
    yield ParameterRule("MAV_SYSID", Equals(facts.system_id), "the site file knows it by this system id", source)
    yield ParameterRule(
        "MAV_GCS_SYSID", Equals(facts.authoriser_system_id), "the loss of this controller's heartbeat counts", source
    )
    yield ParameterRule("ARMING_SKIPCHK", Equals(0), "no check before arming is skipped", source)
    yield ParameterRule(
        "ARMING_MIS_ITEMS",
        Equals(0),
        "asked for items an empty vehicle never reports ready; what is on board is read back right before arming",
        source,
    )
    yield ParameterRule("ARMING_RUDDER", Equals(0), "nobody arms it by stick", source)
    yield ParameterRule("DID_ENABLE", remote_id, "Remote ID is on", source)
    yield ParameterRule("DID_OPTIONS", remote_id, "without a working Remote ID transmitter it does not arm", source)
    yield ParameterRule("MIS_RESTART", Equals(0), "a mission that is resumed goes on where it was", source)
    yield ParameterRule(
        "BATT_LOW_MAH", Within(1, reserve_mah), "below the reserve that a plan leaves; 0 is off", source
    )
    yield ParameterRule(
        "BATT_CRT_MAH", Within(1, reserve_mah), "below the reserve that a plan leaves; 0 is off", source
    )
    yield ParameterRule("FENCE_ENABLE", Equals(1), "the uploaded fence holds", source)
    yield ParameterRule(
        "FENCE_ALT_MAX",
        Within(facts.layers_m[1] + LAYER_MARGIN_M, facts.max_height_m),
        "the second barrier of height: above the upper layer, not above the site's limit",
        source,
    )
    yield ParameterRule(
        "AVD_ENABLE",
        Equals(0),
        "an avoiding move of its own leaves the checked path, and anybody can invent an aircraft",
        source,
    )


def _copter_link_rules() -> Iterator[ParameterRule]:
    yield ParameterRule("FS_GCS_ENABLE", Equals(3), "without a link it comes home along the path flown", COPTER)
    yield ParameterRule("FS_GCS_TIMEOUT", Within(5, 30), "a controller that starts again has this long", COPTER)
    yield ParameterRule(
        "FS_OPTIONS", OneOf((2, 10)), "without a link the mission goes on: its path is the one checked", COPTER
    )
    yield ParameterRule("FS_THR_ENABLE", Equals(0), "nobody stands by with a transmitter", COPTER)


def _copter_return_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    yield ParameterRule(
        "RTL_ALT_M",
        Within(facts.layers_m[1], facts.max_height_m),
        "a straight return is above the upper layer and below the height limit",
        COPTER,
    )
    yield ParameterRule("RTL_ALT_FINAL_M", Equals(0), "it lands, and does not stay over its pad", COPTER)
    yield ParameterRule("BATT_FS_LOW_ACT", Equals(3), "low: home along the path flown", COPTER)
    yield ParameterRule("BATT_FS_CRT_ACT", Equals(1), "critical: land", COPTER)
    yield ParameterRule("FS_EKF_ACTION", Equals(1), "without a position it lands", COPTER)
    yield ParameterRule("FS_EKF_THRESH", Within(0.6, 1.0), "Copter's own range; 0 is off", COPTER)
    yield ParameterRule("FS_DR_ENABLE", Equals(3), "while it reckons its way it comes home", COPTER)
    yield ParameterRule("FS_CRASH_CHECK", Equals(1), "crashed, it stops its motors", COPTER)


def _copter_arming_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    yield ParameterRule("ARMING_NEED_LOC", Equals(1), "without a position it does not arm", COPTER)
    yield ParameterRule("AUTO_OPTIONS", Equals(3), "it arms and takes off in a mission: there is no stick", COPTER)
    yield ParameterRule("DISARM_DELAY", Within(1, 10), "landed, it stops its motors before anybody comes near", COPTER)
    if facts.profile.release is Release.WINCH:
        yield ParameterRule("WINCH_TYPE", Equals(2), "only this one reports length and tension of its line", COPTER)
    else:
        yield ParameterRule("GRIP_ENABLE", Equals(1), "the parcel hangs on it", COPTER)


def _copter_fence_rules() -> Iterator[ParameterRule]:
    yield ParameterRule("FENCE_TYPE", Equals(7), "height, distance from home and the uploaded polygons", COPTER)
    yield ParameterRule("FENCE_ACTION", Equals(3), "out of the fence it comes home along the path flown", COPTER)


def _copter_speed_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    profile = facts.profile
    yield ParameterRule("WP_SPD", Equals(profile.cruise_air_speed_m_s), _PLANNED, COPTER)
    yield ParameterRule("WP_SPD_UP", Equals(profile.climb_speed_m_s), _PLANNED, COPTER)
    yield ParameterRule("WP_SPD_DN", Equals(profile.descent_speed_m_s), _PLANNED, COPTER)
    yield ParameterRule("WP_ACC", Equals(profile.max_acceleration_m_s2), "the plan's turns hold for this", COPTER)
    yield ParameterRule("WP_JERK", Equals(profile.max_jerk_m_s3), "the plan's turns hold for this", COPTER)
    yield ParameterRule("LAND_SPD_MS", Within(0.3, 1.0), "it touches the pad gently, within the time", COPTER)
    yield ParameterRule("WP_RADIUS_M", Within(0.5, 5.0), "the drop is over the doorstep, not beside it", COPTER)


def _plane_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    profile = facts.profile
    yield ParameterRule("FS_GCS_ENABL", Equals(1), "the controller's heartbeat is watched", PLANE)
    yield ParameterRule("FS_LONG_ACTN", Equals(0), "without a link the mission goes on, any other mode returns", PLANE)
    yield ParameterRule("FS_LONG_TIMEOUT", Within(5, 30), "a controller that starts again has this long", PLANE)
    yield ParameterRule("THR_FAILSAFE", Equals(0), "nobody stands by with a transmitter", PLANE)
    yield ParameterRule(
        "RTL_ALTITUDE",
        Within(facts.layers_m[1], facts.max_height_m),
        "a straight return is above the upper layer and below the height limit",
        PLANE,
    )
    yield ParameterRule("Q_ENABLE", Equals(1), "it takes off, hovers and lands on its rotors", PLANE)
    yield ParameterRule("Q_RTL_MODE", Equals(1), "at home it lands on its rotors and does not circle", PLANE)
    yield ParameterRule("BATT_FS_LOW_ACT", Equals(1), "low: return", PLANE)
    yield ParameterRule("BATT_FS_CRT_ACT", Equals(4), "critical: land on its rotors", PLANE)
    yield ParameterRule("FENCE_TYPE", Equals(5), "height and the uploaded polygons", PLANE)
    yield ParameterRule("FENCE_ACTION", Equals(1), "out of the fence it returns", PLANE)
    yield ParameterRule("AIRSPEED_CRUISE", Equals(profile.cruise_air_speed_m_s), _PLANNED, PLANE)
    yield ParameterRule("AIRSPEED_MAX", Equals(profile.max_air_speed_m_s), "the profile's greatest speed", PLANE)
