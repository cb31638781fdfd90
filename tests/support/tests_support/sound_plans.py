"""Sound plans to do harm to: what the check is given of a flight, and the flight as arrays to reckon faults with."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skystork.app.planning_job import make_planner, raw_airspace, site_facts
from skystork.app.site import Site, load_site, starts_at_s
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import FlightId, OrderId
from skystork.planning.check_volumes import RawSource
from skystork.planning.check_zones import RawAirspace, texts_hash
from skystork.planning.document import plan_document
from skystork.planning.flight_check import SiteFacts, Violation, check_flight
from skystork.planning.flight_plan import FlightPlan, FlightRequest

Array = NDArray[np.float64]
DARLINGTON = Path(__file__).parents[3] / "sim" / "scenarios" / "darlington"


@dataclass
class Case:
    """Everything that the check is given; each copy is for one fault to be done to."""

    document: dict[str, Any]
    asked: dict[str, Any]
    airspace: RawAirspace
    site: SiteFacts

    def check(self) -> tuple[Violation, ...]:
        """The verdict."""
        return check_flight(self.document, airspace=self.airspace, asked=self.asked, site=self.site)

    def with_zone(
        self,
        ring_deg: list[list[float]],
        *,
        kind: str = "D",
        lower: str = "SFC",
        upper: str = "UNL",
        limit_m_s: float | None = None,
    ) -> None:
        """Publish one more polygon; the hash in force follows, as if it had been read with the rest."""
        properties = {
            "id": "new", "name": "NEW", "type": kind, "localtype": None, "lower": lower, "upper": upper,
            "speed_limit_m_s": limit_m_s,
        }  # fmt: skip
        feature = {"properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring_deg]}}
        text = json.dumps({"type": "FeatureCollection", "features": [feature]})
        self.publish(replace(self.airspace, sources=(*self.airspace.sources, RawSource("new", "geojson", text))))

    def with_circle(self, centre: Geodetic, radius_m: float) -> None:
        """Publish one more circle."""
        circle = {"zone_id": "new", "name": "NEW", "kind": "D", "centre": asdict(centre), "radius_m": radius_m}
        circles = [*json.loads(self.airspace.circles), {**circle, "lower": "SFC", "upper": "UNL"}]
        self.publish(replace(self.airspace, circles=json.dumps(circles)))

    def publish(self, airspace: RawAirspace) -> None:
        """Take these texts as those in force."""
        self.airspace = airspace
        self.site = replace(self.site, zone_texts_hash=texts_hash(airspace))


@dataclass(frozen=True)
class SoundPlan:
    """One plan that passes."""

    plan: FlightPlan
    document_text: str
    asked_text: str
    airspace: RawAirspace
    site: SiteFacts

    @property
    def frame(self) -> LocalFrame:
        return LocalFrame(self.plan.site_origin)

    def case(self) -> Case:
        """A fresh copy of all that the check is given."""
        return Case(json.loads(self.document_text), json.loads(self.asked_text), self.airspace, self.site)

    @cached_property
    def curves(self) -> dict[int, tuple[Array, Array]]:
        """By number of a level leg: control points (pieces, degree + 1, 2) [m], durations [s]."""
        return {
            number: (
                np.array([segment.control_points_enu_m for segment in leg.segments]),
                np.array([segment.duration_s for segment in leg.segments]),
            )
            for number, leg in enumerate(self.plan.legs)
            if leg.segments
        }

    def point(self, leg: int, piece: int, share: float) -> Array:
        """Where the curve is, by the definition of Bernstein [m]."""
        points = self.curves[leg][0][piece]
        degree = len(points) - 1
        weights = [math.comb(degree, k) * share**k * (1 - share) ** (degree - k) for k in range(degree + 1)]
        return np.asarray(np.array(weights) @ points)

    @property
    def required_m(self) -> float:
        """The distance that a flight of this vehicle keeps [m]: position error, braking or turning, gusts."""
        profile = self.plan.request.profile
        if profile.airframe.value == "lift_and_cruise":
            stopping_m = 2 * profile.max_air_speed_m_s**2 / profile.max_acceleration_m_s2
        else:
            stopping_m = profile.cruise_air_speed_m_s**2 / (2 * profile.max_acceleration_m_s2)
        return profile.position_error_m + stopping_m + 20.0


def darlington_plans(count: int, seed: int) -> Iterator[SoundPlan]:
    """Flights of the demonstration's site: random doorsteps, loads, winds, both kinds of vehicle."""
    site, rng = load_site(DARLINGTON), random.Random(seed)
    planner = make_planner(site)
    found = 0
    while found < count:
        request = _random_request(site, rng, found)
        plan = planner.plan(request)
        if isinstance(plan, FlightPlan):
            found += 1
            yield _sound(site, plan)


def _sound(site: Site, plan: FlightPlan) -> SoundPlan:
    document, asked = plan_document(plan), asdict(plan.request)
    return SoundPlan(plan, json.dumps(document), json.dumps(asked), raw_airspace(site), site_facts(site))


def _random_request(site: Site, rng: random.Random, number: int) -> FlightRequest:
    drone = site.drones[rng.randrange(len(site.drones))]
    profile = drone.profile
    far_m = site.rules.drone_radius_m if profile.airframe.value == "lift_and_cruise" else 5_000.0
    angle, distance_m = rng.uniform(0, 2 * math.pi), far_m * math.sqrt(rng.uniform(0.01, 0.95))
    wind, wind_m_s = rng.uniform(0, 2 * math.pi), rng.uniform(0, 0.7 * profile.wind_limit_m_s)
    return FlightRequest(
        flight_id=FlightId(f"F-{number}"),
        order_id=OrderId(f"O-{number}"),
        vehicle_id=drone.vehicle_id,
        profile=profile,
        pad=drone.pad,
        drop_off=site.frame.to_geodetic(distance_m * math.cos(angle), distance_m * math.sin(angle)),
        payload_kg=round(rng.uniform(0.1, profile.payload_limit_kg), 2),
        departs_at_s=starts_at_s(site) + rng.uniform(0, 3600.0),
        outbound_height_m=site.flight.outbound_height_m,
        inbound_height_m=site.flight.inbound_height_m,
        wind_enu_m_s=(wind_m_s * math.cos(wind), wind_m_s * math.sin(wind)),
        battery_j=profile.battery_j * rng.uniform(0.95, 1.0),
    )
