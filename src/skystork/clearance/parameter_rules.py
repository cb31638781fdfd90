"""What the autopilot's parameters must be before a vehicle may arm, each with its reason.

The failsafes on board are the second barrier: they act when the controller cannot. A plan is made for one behaviour of
them, so a vehicle whose parameters say otherwise is another vehicle than the one that was planned for. The table is of
PX4's parameters; its figures come from the profile and the site, never from the vehicle.

What a simulated vehicle may have otherwise is written here too, and holds only where the site file says that the
vehicles are simulated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from skystork.clearance.held_space import LOITER_RADIUS_M
from skystork.fleet.profile import Airframe, DroneProfile, Guidance, ReturnPath

COMMANDER = "PX4 v1.17.0, src/modules/commander/commander_params.c"
NAVIGATOR = "PX4 v1.17.0, src/modules/navigator"
BATTERY = "PX4 v1.17.0, src/lib/battery/module.yaml"
CONTROL = "PX4 v1.17.0, src/modules/mc_pos_control"
WING = "PX4 v1.17.0, src/lib/fw_performance_model and src/modules/vtol_att_control"
SYSTEM = "PX4 v1.17.0, src/lib/systemlib and src/lib/circuit_breaker"

_FLOAT32 = 1e-5  # relative; a parameter is a float32 on board, a profile's figure is not
OFFBOARD_LOSS_S = 2.0
"""Set points missing for so long end an offboard leg [s]; PX4's default is 1, times a simulator's speed."""
LAYER_MARGIN_M = 10.0
"""Between a cruise layer and a limit above or below it: a barometer's drift in a flight, and a climb's overshoot."""


@dataclass(frozen=True, slots=True)
class Equals:
    """One value only."""

    value: float

    def allows(self, seen: float) -> bool:
        """Whether it is that value, as far as a float32 can tell."""
        return math.isclose(seen, self.value, rel_tol=_FLOAT32, abs_tol=_FLOAT32)

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of these values."""

    values: tuple[float, ...]

    def allows(self, seen: float) -> bool:
        """Whether it is one of them."""
        return any(Equals(value).allows(seen) for value in self.values)

    def __str__(self) -> str:
        """As a person reads it."""
        return " or ".join(f"{value:g}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Within:
    """A range, both ends included."""

    low: float
    high: float

    def allows(self, seen: float) -> bool:
        """Whether it lies in the range; NaN does not."""
        if self.low > self.high:  # nothing can be right, and the site is what must change
            return False
        at_end = Equals(self.low).allows(seen) or Equals(self.high).allows(seen)
        return self.low <= seen <= self.high or at_end

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class ParameterRule:
    """What one parameter must be, and why."""

    name: str
    """At most 16 characters, as on board."""
    required: Equals | OneOf | Within
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What the rules are derived from."""

    profile: DroneProfile
    system_id: int
    authoriser_system_id: int
    """The system id under which the controller speaks: it authorises arming."""
    outbound_height_m: float
    """The lowest layer of the way out [m above home]."""
    inbound_height_m: float
    """The highest layer of the way home [m above home]."""
    max_height_m: float
    simulated: bool = False
    """The site file says so: failure injection may be on, and a sped-up simulator lengthens its link-loss time."""

    @property
    def layers_m(self) -> tuple[float, float]:
        """The lower and the upper cruise layer above home [m]."""
        low_m, high_m = sorted((self.outbound_height_m, self.inbound_height_m))
        return low_m, high_m


def parameter_rules(facts: RuleFacts) -> tuple[ParameterRule, ...]:
    """Return every rule for one vehicle, named once each."""
    return (
        *_link_rules(facts),
        *_return_rules(facts),
        *_arming_rules(facts),
        *_battery_rules(facts),
        *_fence_and_wind_rules(facts),
        *_speed_rules(facts),
        *(_wing_rules(facts) if facts.profile.airframe is Airframe.LIFT_AND_CRUISE else _rotor_rules(facts)),
    )


def _link_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    longest_s = 300.0 if facts.simulated else 30.0  # PX4's start script multiplies it by the simulator's speed
    yield ParameterRule(
        "MAV_SYS_ID",
        Equals(facts.system_id),
        "the site file knows it by this system id",
        "PX4 v1.17.0, src/modules/mavlink/mavlink_params.c",
    )
    yield ParameterRule("NAV_DLL_ACT", Equals(2), "without a link, and not in a mission, it must come home", COMMANDER)
    yield ParameterRule(
        "COM_DLL_EXCEPT",
        Equals(1),
        "without a link the mission goes on: its path is the one that was checked",
        COMMANDER,
    )
    yield ParameterRule(
        "COM_DL_LOSS_T",
        Within(5.0, longest_s),
        "a controller that starts again has this long; a vehicle held in the air stays no longer without a link",
        COMMANDER,
    )
    yield ParameterRule(
        "COM_FAIL_ACT_T",
        Equals(0),
        "a failsafe acts at once: from the hold before it, a return begins at the nearest item, maybe of the other way",
        COMMANDER,
    )
    yield ParameterRule("COM_RC_IN_MODE", Equals(4), "nobody stands by with a transmitter", COMMANDER)
    if facts.profile.guidance is Guidance.OFFBOARD:
        why = "set points that stop coming are missed within this time"
        loss = Within(0.5, OFFBOARD_LOSS_S * (10 if facts.simulated else 1))
        yield ParameterRule("COM_OF_LOSS_T", loss, why, COMMANDER)
        yield ParameterRule("COM_OBL_RC_ACT", Equals(3), "and then it returns along its mission", COMMANDER)


def _return_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    straight = facts.profile.return_path is ReturnPath.DIRECT
    why = "the way home is along the mission, the path checked"
    height: Equals | Within = Within(facts.layers_m[1], facts.max_height_m)
    above = "a straight return, flown only without a mission, is above the upper layer and below the height limit"
    if straight:
        why = "the plan proves the straight ways to the pad and the rally points clear"
        height, above = Equals(facts.profile.return_height_m), "at this height the straight ways were proven clear"
    yield ParameterRule("RTL_TYPE", Equals(0 if straight else 4), why, NAVIGATOR)
    yield ParameterRule("RTL_RETURN_ALT", height, above, NAVIGATOR)
    yield ParameterRule(
        "RTL_DESCEND_ALT", Within(2.0, facts.layers_m[1]), "it comes down over its pad, and not below it", NAVIGATOR
    )
    yield ParameterRule(
        "RTL_CONE_ANG",
        Equals(0),
        "from near its pad too a straight return is flown at RTL_RETURN_ALT, no lower",
        NAVIGATOR,
    )
    yield ParameterRule("RTL_LAND_DELAY", Equals(0), "home it lands: with -1 it stays over its pad for ever", NAVIGATOR)
    yield ParameterRule("RTL_TIME_FACTOR", Within(1.1, 2.0), "the return is counted with a tenth in hand", NAVIGATOR)
    yield ParameterRule("RTL_TIME_MARGIN", Within(100, 3600), "and with 100 s in hand at least", NAVIGATOR)


def _arming_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    yield ParameterRule("COM_ARM_AUTH_REQ", Equals(1), "it arms only when the controller has cleared it", COMMANDER)
    yield ParameterRule("COM_ARM_AUTH_ID", Equals(facts.authoriser_system_id), "that controller is this one", COMMANDER)
    yield ParameterRule("COM_ARM_AUTH_MET", Equals(0), "it asks when told to arm, not before", COMMANDER)
    yield ParameterRule(
        "COM_ARM_AUTH_TO", Within(0.5, 5.0), "two answers may be lost, and no more is waited", COMMANDER
    )
    yield ParameterRule(
        "COM_ARM_MIS_REQ",
        Equals(0),
        "with 1 an empty vehicle never reports ready; what is on board is compared right before arming instead",
        COMMANDER,
    )
    yield ParameterRule("COM_ARM_WO_GPS", Equals(0), "without a position it does not arm", COMMANDER)
    yield ParameterRule("MIS_TKO_LAND_REQ", Equals(3), "a mission without take-off and landing is refused", NAVIGATOR)
    yield ParameterRule(
        "SYS_FAILURE_EN",
        OneOf((0, 1)) if facts.simulated else Equals(0),
        "failures are injected into simulated vehicles only",
        SYSTEM,
    )
    yield ParameterRule("CBRK_SUPPLY_CHK", Equals(0), "the check of its power supply is not broken open", SYSTEM)
    yield ParameterRule(
        "COM_DISARM_LAND", Within(0.1, 10.0), "landed, it stops its motors before anybody comes near", COMMANDER
    )


def _battery_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    yield ParameterRule("COM_LOW_BAT_ACT", Equals(3), "critical: return; emergency: land", COMMANDER)
    yield _time_left_rule(facts.profile.airframe)
    yield ParameterRule(
        "COM_FLT_TIME_MAX", Within(-1, 86_400), "a longest flight time turns it home: compared with the plan", COMMANDER
    )
    yield ParameterRule("BAT_LOW_THR", Within(0.12, 0.5), "PX4's own range", BATTERY)
    highest = min(0.25, facts.profile.reserve_fraction)
    yield ParameterRule("BAT_CRIT_THR", Within(0.05, highest), "below the reserve that a plan leaves", BATTERY)
    yield ParameterRule("BAT_EMERGEN_THR", Within(0.03, 0.1), "PX4's own range", BATTERY)


def _time_left_rule(airframe: Airframe) -> ParameterRule:
    """The time left is counted with the power of now: to a wing that hovers, a third of what it is."""
    if airframe is Airframe.LIFT_AND_CRUISE:
        why = "a return that begins over the doorstep hangs there (PX4 v1.17.0, flown); the battery's levels act"
        return ParameterRule("COM_FLTT_LOW_ACT", Equals(1), why, COMMANDER)
    return ParameterRule("COM_FLTT_LOW_ACT", Equals(3), "too little time left for the way home: return", COMMANDER)


def _fence_and_wind_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    yield ParameterRule("GF_ACTION", Equals(3), "out of the fence it returns and does not stay there", NAVIGATOR)
    yield ParameterRule(
        "GF_MAX_VER_DIST",
        Within(facts.layers_m[1] + LAYER_MARGIN_M, facts.max_height_m),
        "the second barrier of height: above the upper layer, not above the site's limit",
        NAVIGATOR,
    )
    yield ParameterRule(
        "NAV_TRAFF_AVOID",
        OneOf((0, 1)),
        "at most it warns: an avoiding move of its own leaves the checked path, and anybody can invent an aircraft",
        NAVIGATOR,
    )
    yield ParameterRule(
        "COM_WIND_MAX", Within(1.0, facts.profile.wind_limit_m_s), "the wind limit of the profile", COMMANDER
    )
    yield ParameterRule("COM_WIND_MAX_ACT", Equals(3), "above the wind limit it returns", COMMANDER)


def _speed_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    profile = facts.profile
    planned = "the plan's times and energies hold for this speed and no other"
    yield ParameterRule("MPC_Z_V_AUTO_UP", Equals(profile.climb_speed_m_s), planned, CONTROL)
    yield ParameterRule("MPC_TKO_SPEED", Equals(profile.climb_speed_m_s), planned, CONTROL)
    yield ParameterRule("MPC_Z_V_AUTO_DN", Equals(profile.descent_speed_m_s), planned, CONTROL)
    yield ParameterRule("MPC_JERK_AUTO", Equals(profile.max_jerk_m_s3), "the plan's turns hold for this", CONTROL)
    yield ParameterRule("MPC_LAND_SPEED", Within(0.3, 1.0), "it touches the pad gently, within the time", CONTROL)
    yield ParameterRule("NAV_ACC_RAD", Within(0.5, 5.0), "the drop is over the doorstep, not beside it", NAVIGATOR)


def _rotor_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    profile = facts.profile
    planned = "the plan's times and energies hold for this speed and no other"
    yield ParameterRule("MPC_XY_CRUISE", Equals(profile.cruise_air_speed_m_s), planned, CONTROL)
    yield ParameterRule("MPC_XY_VEL_MAX", Equals(profile.max_air_speed_m_s), "the profile's greatest speed", CONTROL)
    yield ParameterRule("MPC_ACC_HOR", Equals(profile.max_acceleration_m_s2), "the plan's turns hold for this", CONTROL)


def _wing_rules(facts: RuleFacts) -> Iterator[ParameterRule]:
    profile, low_m = facts.profile, facts.layers_m[0]
    planned = "the plan's times and energies hold for this speed and no other"
    yield ParameterRule("FW_AIRSPD_TRIM", Equals(profile.cruise_air_speed_m_s), planned, WING)
    yield ParameterRule("FW_AIRSPD_MAX", Equals(profile.max_air_speed_m_s), "the profile's greatest speed", WING)
    yield ParameterRule(
        "VT_B_DEC_MSS", Equals(profile.max_acceleration_m_s2), "the mission begins to brake by this", WING
    )
    yield ParameterRule(
        "VT_FW_MIN_ALT",
        Within(1.0, low_m - LAYER_MARGIN_M),
        "on the wing and too low, it falls back to its rotors",
        WING,
    )
    circle = Within(25.0, LOITER_RADIUS_M)  # 25 m: the smallest that PX4 takes for RTL_LOITER_RAD
    held = "held, it circles within the space that others are kept out of"
    yield ParameterRule("NAV_LOITER_RAD", circle, held, NAVIGATOR)
    yield ParameterRule("RTL_LOITER_RAD", circle, "and so it does where it comes down on the wing", NAVIGATOR)
    yield ParameterRule("NAV_FORCE_VT", Equals(1), "take-off and landing are on the rotors", NAVIGATOR)
