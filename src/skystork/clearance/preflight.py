"""Checks of a vehicle and of what is about it before launch, each graded, each with what to do.

One failure and the vehicle does not arm. They are asked twice: before anything is loaded, so that nobody loads what
will not fly, and again right before arming, because minutes pass in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from skystork.airspace.weather import Weather
from skystork.clearance.checks import ZONES, Check, Grade, check
from skystork.clearance.parameter_rules import ParameterRule
from skystork.clearance.return_formula import check_return
from skystork.fleet.vehicle import LandedState, LinkState, MissionState, VehicleState
from skystork.frames import distance_m
from skystork.planning.flight_check import LATEST_DEPARTURE_S
from skystork.planning.flight_plan import FlightPlan

OLDEST_WEATHER_S = 600.0
"""A METAR is renewed every 30 minutes, a site's own mast every minute; older than ten the gust may be another."""
OLDEST_STATE_S = 5.0
"""The link's loss time."""
NEAR_PAD_M = 10.0
"""Twice the 95 % position error."""
BATTERY_GAUGE_ERROR = 0.02
"""PX4 reports whole percent of a filtered voltage."""
HOME_ABOVE_VEHICLE_M = 3.0
"""PX4 corrects the home altitude in steps of 1 m; jumps of up to 1.75 m were measured on 1.17.0 SITL."""
HOME_ABOVE_GROUND_M = 15.0
"""The 95 % vertical error of a GNSS receiver without augmentation (GPS SPS Performance Standard 2020, 13 m) and 2 m."""


@dataclass(frozen=True, slots=True)
class OnBoard:
    """Ids of what was uploaded and read back; None where the vehicle sends no id."""

    mission_id: int | None
    fence_id: int | None
    rally_id: int | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a launch depends on beside the vehicle."""

    weather: Weather
    zone_set_hash: str
    """Of the zones in force now."""
    zones_from_s: float | None
    """When the zone data was published [s since the Unix epoch]; None where the site file does not say."""
    oldest_zones_s: float
    simulated: bool
    """The site file says that its vehicles are simulated."""
    obstacle_set_hash: str = ""
    """Of the obstacles known now; empty where the site has none."""
    unread: tuple[str, ...] = ()
    """What is wrong with the site's files, where an earlier copy of them is served."""


def check_own_state(
    vehicle: VehicleState, plan: FlightPlan, ground_amsl_m: float, now_s: float, problems: Sequence[str] = ()
) -> tuple[Check, ...]:
    """What is the vehicle's own: how it stands, its home and battery.

    Parameters
    ----------
    problems
        What the vehicle's own pre-arm checks hold against it, in its words, where it tells.
    """
    own = _vehicle_checks(vehicle, plan, now_s, problems)
    return (*own, *_home_checks(vehicle, plan, ground_amsl_m), _battery(vehicle, plan))


def check_surroundings(plan: FlightPlan, about: Surroundings, now_s: float) -> tuple[Check, ...]:
    """Plan, zones and weather, which no other vehicle of the site is better off with."""
    weather = _weather_checks(plan, about.weather, now_s)
    return (_site_files(about), *_plan_checks(plan, about, now_s), *_zone_age(about, now_s), *weather)


def check_parameters(
    rules: Sequence[ParameterRule],
    parameters: Mapping[str, float],
    plan: FlightPlan,
    battery_fraction: float | None,
) -> tuple[Check, ...]:
    """The vehicle's parameters against the rules, and its battery against what they make of the flight.

    Parameters
    ----------
    parameters
        As read from the vehicle; a name that is not in it could not be read, and that is a failure.
    """
    checks = tuple(_parameter(rule, parameters.get(rule.name)) for rule in rules)
    return (*checks, *check_return(plan, battery_fraction, parameters))


def no_rules(autopilot: str, known: Sequence[str]) -> Check:
    """The check of parameters where nobody has written down what they must be: it does not go, simulated or not."""
    remedy = "its failsafes are not known: write rules for it in clearance/, or fly another autopilot"
    return Check("parameters", Grade.FAILURE, f"those of {autopilot}", f"those of {' or '.join(known)}", remedy)


def check_on_board(vehicle: VehicleState, expected: OnBoard, said: str = "") -> tuple[Check, ...]:
    """What is on board, right before arming: the ids as uploaded, and the autopilot's own verdict.

    Parameters
    ----------
    said
        What the vehicle last said, in its own words: perhaps why it refuses the mission.
    """
    words = f'; it said: "{said}"' if said else ""
    verdict = check(
        "mission",
        vehicle.mission_state is MissionState.NOT_STARTED,
        seen=vehicle.mission_state,
        required=MissionState.NOT_STARTED,
        remedy=f"the autopilot's own verdict; upload the mission again{words}",
    )
    pairs = (
        ("mission id", vehicle.mission_id, expected.mission_id),
        ("fence id", vehicle.fence_id, expected.fence_id),
        ("rally id", vehicle.rally_id, expected.rally_id),
    )
    remedy = "somebody changed it: find out who, and upload again"
    ids = (
        check(name, required is None or seen == required, seen=seen, required=required, remedy=remedy)
        for name, seen, required in pairs
    )
    return (verdict, *ids)


def check_read_back(name: str, equal: bool, detail: str) -> Check:
    """A list that has no id on board, read back once more right before arming."""
    seen = "as uploaded" if equal else detail
    remedy = "somebody changed it, or it could not be read: upload again"
    return check(f"{name} list", equal, seen=seen, required="as uploaded", remedy=remedy)


def _parameter(rule: ParameterRule, seen: float | None) -> Check:
    if seen is None:
        remedy = f"not read from the vehicle: does its firmware have it? ({rule.reason})"
        return check(rule.name, False, seen=None, required=rule.required, remedy=remedy)
    passed = rule.required.allows(seen)
    return check(rule.name, passed, seen=f"{seen:g}", required=rule.required, remedy=f"set it: {rule.reason}")


def _vehicle_checks(vehicle: VehicleState, plan: FlightPlan, now_s: float, problems: Sequence[str]) -> Iterator[Check]:
    heard_s = now_s - vehicle.last_heard_s if vehicle.last_heard_s is not None else None
    yield check(
        "link",
        vehicle.link is LinkState.UP and heard_s is not None and heard_s <= OLDEST_STATE_S,
        seen=f"{vehicle.link}, " + ("never heard" if heard_s is None else f"heard {heard_s:.1f} s ago"),
        required=f"up, heard within {OLDEST_STATE_S:.0f} s",
        remedy="check the radio",
    )
    yield check(
        "on ground",
        vehicle.landed is LandedState.ON_GROUND and not vehicle.armed,
        seen=f"{vehicle.landed}, {'armed' if vehicle.armed else 'disarmed'}",
        required="on_ground, disarmed",
        remedy="disarm it",
    )
    yield check(
        "health",
        vehicle.ready_to_arm,
        seen="pre-arm checks not passed" if not vehicle.ready_to_arm else "pre-arm checks passed",
        required="the autopilot's own pre-arm checks passed",
        remedy="; ".join(problems) or "ask it for its arming checks",
    )
    away_m = distance_m(plan.request.pad, vehicle.position) if vehicle.position else None
    yield check(
        "at pad",
        away_m is not None and away_m <= NEAR_PAD_M,
        seen=None if away_m is None else f"{away_m:.1f} m from its pad",
        required=f"within {NEAR_PAD_M:.0f} m",
        remedy="move it, or correct the pad in the site file",
    )


def _home_checks(vehicle: VehicleState, plan: FlightPlan, ground_amsl_m: float) -> Iterator[Check]:
    """The mission's heights and the return are counted from home: it must be known, and be where the vehicle stands."""
    away_m = distance_m(plan.request.pad, vehicle.home) if vehicle.home else None
    yield check(
        "home",
        away_m is not None and away_m <= NEAR_PAD_M,
        seen=None if away_m is None else f"{away_m:.1f} m from its pad",
        required=f"within {NEAR_PAD_M:.0f} m",
        remedy="its home is elsewhere: set home at the pad, or restart the autopilot there",
    )
    home_m, here_m = vehicle.home_altitude_amsl_m, vehicle.altitude_amsl_m
    above_m = home_m - here_m if home_m is not None and here_m is not None else None
    yield check(
        "home altitude",
        above_m is not None and abs(above_m) <= HOME_ABOVE_VEHICLE_M,
        seen=None if above_m is None else f"{above_m:+.1f} m from where it stands",
        required=f"within {HOME_ABOVE_VEHICLE_M:.0f} m",
        remedy="every height of the mission is counted from home: set home anew",
    )
    off_m = home_m - ground_amsl_m if home_m is not None else None
    yield check(
        "ground altitude",
        off_m is not None and abs(off_m) <= HOME_ABOVE_GROUND_M,
        seen=None if off_m is None else f"{home_m:.1f} m AMSL",
        required=f"within {HOME_ABOVE_GROUND_M:.0f} m of the site's {ground_amsl_m:.1f} m",
        remedy="check its GNSS receiver, and site.ground_amsl_m",
    )


def _plan_checks(plan: FlightPlan, about: Surroundings, now_s: float) -> Iterator[Check]:
    """What the plan was proven against is still so."""
    late_s = now_s - plan.request.departs_at_s
    yield check(
        "departure",
        late_s <= LATEST_DEPARTURE_S,
        seen=f"{late_s:.0f} s after the planned one",
        required=f"at most {LATEST_DEPARTURE_S:.0f} s: so long the times of the zones were proven",
        remedy="plan again",
    )
    yield check(
        ZONES,
        plan.zone_set_hash == about.zone_set_hash,
        seen=f"zone set {plan.zone_set_hash[:12]} in the plan",
        required=f"{about.zone_set_hash[:12]}, in force now",
        remedy="the zones changed since it was planned: plan again",
    )
    yield check(
        "obstacles",
        plan.around.obstacle_set_hash == about.obstacle_set_hash,
        seen=f"obstacle set {plan.around.obstacle_set_hash[:12] or 'none'} in the plan",
        required=f"{about.obstacle_set_hash[:12] or 'none'}, known now",
        remedy="buildings or terrain changed since it was planned: plan again",
    )


def _site_files(about: Surroundings) -> Check:
    seen = "; ".join(about.unread) or "read"
    remedy = "nothing is launched by an earlier copy of them: mend them"
    return check("site files", not about.unread, seen=seen, required="read", remedy=remedy)


def _zone_age(about: Surroundings, now_s: float) -> Iterator[Check]:
    if about.zones_from_s is None:
        grade = Grade.WARNING if about.simulated else Grade.FAILURE
        remedy = "nobody can say how old the zones are: write airspace.published in the site file"
        yield Check("zone data age", grade, "unknown", f"at most {_days(about.oldest_zones_s)} days", remedy)
        return
    age_s = now_s - about.zones_from_s
    yield check(
        "zone data age",
        0 <= age_s <= about.oldest_zones_s,
        seen=f"{_days(age_s)} days",
        required=f"at most {_days(about.oldest_zones_s)} days",
        remedy="take the newest zone data, and write its date in airspace.published",
    )


def _weather_checks(plan: FlightPlan, weather: Weather, now_s: float) -> Iterator[Check]:
    limit_m_s = plan.request.profile.wind_limit_m_s
    yield check(
        "weather age",
        0 <= now_s - weather.at_s <= OLDEST_WEATHER_S,
        seen=f"{now_s - weather.at_s:.0f} s",
        required=f"at most {OLDEST_WEATHER_S:.0f} s",
        remedy="check the station",
    )
    yield check(
        "wind",
        weather.gust_m_s <= limit_m_s,
        seen=f"gusts of {weather.gust_m_s:.1f} m/s",
        required=f"at most {limit_m_s:.1f} m/s",
        remedy="wait",
    )


def _battery(vehicle: VehicleState, plan: FlightPlan) -> Check:
    profile = plan.request.profile
    full_j = max(plan.request.full_j, 1.0)
    need = (plan.energy_j + profile.reserve_fraction * profile.battery_j) / full_j - BATTERY_GAUGE_ERROR
    seen = vehicle.battery_fraction
    return check(
        "battery",
        seen is not None and seen >= need,
        seen=None if seen is None else f"{seen:.3f}",
        required=f"{need:.3f} with the reserve",
        remedy="swap it",
    )


def _days(duration_s: float) -> str:
    return f"{duration_s / 86_400:.1f}"
