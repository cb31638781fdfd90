"""The limits and thresholds a site works by: one frozen value, read from the ``[rules]`` table of the site file."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from skystork.dispatch.hours import FlightHours
from skystork.dispatch.objective import WaveObjective
from skystork.errors import ConfigError, Problem
from skystork.orders.order import Hazard

_MAY_BE_ZERO = frozenset(
    {
        "rain_limit_mm_h",
        "van_leave_slack_s",
        "flight_cost",
        "flight_cost_per_s",
        "flight_cost_per_kwh",
        "van_cost_per_km",
        "van_cost_per_s",
        "robot_cost",
        "robot_cost_per_km",
    }
)


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What may travel how, in which weather, by when. Every field has a default that a site may replace.

    Raises
    ------
    ConfigError
        When a number is not finite or not above 0, a gust limit lies below the wind limit, or later promises are not
        ever later.
    """

    drone_weight_limit_kg: float = 2.268
    """Heaviest parcel by air with packaging [kg]; 5 lb, the product's promise. The profile's own limit holds too."""
    drone_radius_m: float = 16_093.0
    """Farthest doorstep by air, straight from the depot [m]; 10 miles, the product's promise."""
    drone_promise_s: float = 1_800.0
    """Told to the customer for a delivery by air, from acceptance [s]; 30 minutes, the product's promise."""
    drone_hazards: tuple[Hazard, ...] = (Hazard.NONE,)
    """Dangerous goods that may fly; others need the certified category (UK 2019/947, article 6(1)(b)(iii))."""
    wind_limit_m_s: float = 12.0
    """Highest mean wind to fly in [m/s]; the operator's choice. The profile's own limit holds too."""
    gust_limit_m_s: float = 17.0
    """Highest gust to fly in [m/s]; the operator's choice."""
    rain_limit_mm_h: float = 4.0
    """Heaviest rain to fly in [mm/h]; 4 mm/h is where the Met Office calls showers heavy."""
    flight_hours: FlightHours = FlightHours.ALWAYS
    """At which light flights may be made; the operator's authorisation says."""
    aircraft_per_pilot: int = 1
    """How many aircraft one pilot on duty may have on flights at once; counts where the site names pilots. The
    operator's authorisation says."""
    visibility_limit_m: float = 1_500.0
    """Least visibility to fly in [m]; SERA.5001, class G below 900 m (3,000 ft), the slow-aircraft minimum."""
    weather_max_age_s: float = 5_400.0
    """An older reading counts as none [s]; METAR comes every 30 minutes, two may be missed."""
    van_weight_limit_kg: float = 30.0
    """Heaviest parcel by road [kg]; one person's lift with Parcelforce."""
    van_longest_side_m: float = 1.5
    """Longest side of a parcel by road [m]; Parcelforce."""
    van_radius_m: float = 40_000.0
    """Farthest doorstep by road, straight from the depot [m]; the operator's choice."""
    van_slot_s: float = 10_800.0
    """Told to the customer for a delivery by road, from acceptance [s]; 3 hours, the operator's choice."""
    van_hazards: tuple[Hazard, ...] = (Hazard.NONE, Hazard.FLAMMABLE, Hazard.LITHIUM_BATTERY, Hazard.COMPRESSED_GAS)
    """Dangerous goods that may go by road, as limited quantities (ADR chapter 3.4); the operator's choice."""
    refused_pause_s: float = 60.0
    """A vehicle refused for its own state is offered again after this, or when that is mended [s]; the operator's
    choice: a person with a ground station needs about as long."""
    warn_ahead_s: float = 120.0
    """A promise is reviewed against the arrival foreseen with this margin [s]; the operator's choice."""
    van_leave_slack_s: float = 360.0
    """A van at the depot leaves when its plan can wait no longer than this [s]; own stream benchmark: about 6 min."""
    flight_leave_slack_s: float = 1_800.0
    """A drone that is ready leaves when its flight can wait no longer than this [s]; as long as the promise by air, it
    leaves at once, and less lets flights wait for better company; the operator's choice."""
    later_promises_s: tuple[float, ...] = (3_600.0, 7_200.0)
    """Offered in this order where ``drone_promise_s`` would not be kept, from acceptance [s]; after them the slot by
    road; the operator's choice."""
    flight_cost: float = 1.0
    """Of a flight, whatever its length: loading, inspection, wear of the battery. Costs are in one unit, the
    operator's money; the defaults are round figures in euros to be replaced by the operator's own."""
    flight_cost_per_s: float = 0.002
    """For each second in the air [1/s]: a share of a pilot and of the aircraft."""
    flight_cost_per_kwh: float = 0.3
    """Of the energy from the battery."""
    van_cost_per_km: float = 0.3
    """Of road driven; own stream benchmark."""
    van_cost_per_s: float = 0.008
    """Of a driver [1/s]: 28.80 an hour; own stream benchmark."""
    robot_cost: float = 0.5
    """Of a sidewalk robot's trip, whatever its length: loading, a share of who watches it; assumed."""
    robot_cost_per_km: float = 0.2
    """Of its way, out and home; assumed."""
    late_cost: float = 25.0
    """Of a broken promise: some five deliveries; own stream benchmark."""
    van_leave_parcels: float = 10.0
    """A van at the depot leaves when it holds this many parcels; own stream benchmark: about 10."""
    wave_objective: WaveObjective = WaveObjective.LEAST_COST
    """What a morning's wave is planned for."""

    def __post_init__(self) -> None:
        problems = [
            Problem(
                f"rules.{field.name}",
                "not a usable limit",
                repr(value),
                "a finite number, at least 0" if field.name in _MAY_BE_ZERO else "a finite number above 0",
                "Write the real limit.",
            )
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), int | float)
            and not (math.isfinite(value) and (value > 0 or (value == 0 and field.name in _MAY_BE_ZERO)))
        ]
        if self.gust_limit_m_s < self.wind_limit_m_s:
            limit = f"at least wind_limit_m_s, {self.wind_limit_m_s:g} m/s"
            problems.append(
                Problem("rules.gust_limit_m_s", "below the wind limit", f"{self.gust_limit_m_s:g}", limit, "Raise it.")
            )
        steps_s = (self.drone_promise_s, *self.later_promises_s)
        if not all(math.isfinite(step_s) for step_s in steps_s) or list(steps_s) != sorted(set(steps_s)):
            limit = f"above drone_promise_s, {self.drone_promise_s:g} s, each above the one before"
            seen = ", ".join(f"{step_s:g}" for step_s in self.later_promises_s)
            problems.append(Problem("rules.later_promises_s", "not ever later", seen, limit, "Put them in order."))
        if problems:
            raise ConfigError(tuple(problems))
