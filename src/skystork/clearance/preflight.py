"""Checks before launch, each graded, each with what to do. One failure and the vehicle does not arm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from skystork.airspace.weather import Weather
from skystork.fleet.vehicle import LandedState, LinkState, MissionState, VehicleState
from skystork.frames import distance_m
from skystork.planning.flight_plan import FlightPlan

OLDEST_WEATHER_S = 600.0
"""A METAR is renewed every 30 minutes, a site's own mast every minute; older than ten the gust may be another."""
OLDEST_STATE_S = 5.0
"""The link's loss time."""
NEAR_PAD_M = 10.0
"""Twice the 95 % position error."""
BATTERY_GAUGE_ERROR = 0.02
"""PX4 reports whole percent of a filtered voltage."""


class Grade(IntEnum):
    """Skybrush's words for a check's result, in order of severity."""

    PASS = 0
    WARNING = 1
    FAILURE = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One result."""

    name: str
    grade: Grade
    text: str
    """What was seen, what is required, what to do."""


@dataclass(frozen=True, slots=True)
class OnBoard:
    """Ids of what was uploaded and read back; None where the vehicle sends no id."""

    mission_id: int | None
    fence_id: int | None
    rally_id: int | None


def check_vehicle(vehicle: VehicleState, plan: FlightPlan, weather: Weather, now_s: float) -> tuple[Check, ...]:
    """The vehicle, its battery and the weather, before anything is loaded or uploaded."""
    return tuple(_vehicle_checks(vehicle, plan, weather, now_s))


def check_on_board(vehicle: VehicleState, expected: OnBoard) -> tuple[Check, ...]:
    """What is on board, right before arming: the ids as uploaded, and the autopilot's own verdict."""
    checks = [
        _check(
            "mission",
            vehicle.mission_state is MissionState.NOT_STARTED,
            f"the autopilot's verdict is {vehicle.mission_state}, required not_started; upload the mission again",
        )
    ]
    pairs = (
        ("mission id", vehicle.mission_id, expected.mission_id),
        ("fence id", vehicle.fence_id, expected.fence_id),
        ("rally id", vehicle.rally_id, expected.rally_id),
    )
    for name, seen, required in pairs:
        text = f"{name} on board is {seen}, required {required}; somebody changed it: upload again"
        checks.append(_check(name, required is None or seen == required, text))
    return tuple(checks)


def failures(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Those that forbid the launch."""
    return tuple(check for check in checks if check.grade is Grade.FAILURE)


def _check(name: str, passed: bool, text: str) -> Check:
    return Check(name, Grade.PASS if passed else Grade.FAILURE, text)


def _vehicle_checks(vehicle: VehicleState, plan: FlightPlan, weather: Weather, now_s: float) -> Iterator[Check]:
    profile = plan.request.profile
    heard_s = now_s - vehicle.last_heard_s if vehicle.last_heard_s is not None else None
    yield _check(
        "link",
        vehicle.link is LinkState.UP and heard_s is not None and heard_s <= OLDEST_STATE_S,
        f"link {vehicle.link}, last heard {heard_s} s ago, required within {OLDEST_STATE_S:.0f} s; check the radio",
    )
    yield _check(
        "on ground",
        vehicle.landed is LandedState.ON_GROUND and not vehicle.armed,
        f"landed state {vehicle.landed}, armed {vehicle.armed}; required on ground and disarmed",
    )
    yield _check("health", vehicle.ready_to_arm, "the autopilot's own pre-arm checks have not passed; read its events")
    away_m = distance_m(plan.request.pad, vehicle.position) if vehicle.position else None
    yield _check(
        "at pad",
        away_m is not None and away_m <= NEAR_PAD_M,
        f"{away_m} m from its pad, required within {NEAR_PAD_M:.0f} m; move it or correct the site file",
    )
    yield _battery(vehicle, plan)
    yield _check(
        "weather age",
        0 <= now_s - weather.at_s <= OLDEST_WEATHER_S,
        f"reading is {now_s - weather.at_s:.0f} s old, required at most {OLDEST_WEATHER_S:.0f} s",
    )
    yield _check(
        "wind",
        weather.gust_m_s <= profile.wind_limit_m_s,
        f"gusts of {weather.gust_m_s:.1f} m/s, limit {profile.wind_limit_m_s:.1f} m/s; wait",
    )


def _battery(vehicle: VehicleState, plan: FlightPlan) -> Check:
    profile = plan.request.profile
    need = plan.energy_j / profile.battery_j + profile.reserve_fraction - BATTERY_GAUGE_ERROR
    seen = vehicle.battery_fraction
    text = f"battery {seen if seen is None else round(seen, 3)}, required {need:.3f} with the reserve; swap it"
    return _check("battery", seen is not None and seen >= need, text)
