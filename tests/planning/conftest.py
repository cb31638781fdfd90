"""Darlington as the planner sees it: the published excerpt, the Teesside circle, and two aircraft."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from skystork.airspace.formats import circle_zone, read_geojson_zones
from skystork.airspace.rules import AirspaceRules, KindRule
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import Restriction
from skystork.fleet.profile import Airframe, DroneProfile, PowerModel
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.planning.check_volumes import RawSource
from skystork.planning.check_zones import RawAirspace, texts_hash
from skystork.planning.flight_check import SiteFacts, check_flight
from skystork.planning.flight_plan import FlightRequest
from skystork.planning.planner import Planner

TEXT = (Path(__file__).parents[2] / "sim/scenarios/darlington/uk_airspace_excerpt.geojson").read_text()
GROUND_AMSL_M = 45.0
SERVICE_RADIUS_M = 16_093.0
GRANTED = KindRule(Restriction.REQ_AUTHORISATION, 121.92)
RULES = AirspaceRules(
    {"CTR": GRANTED, "CTA": GRANTED, "ATZ": KindRule(Restriction.REQ_AUTHORISATION)}
    | {kind: KindRule(Restriction.CONDITIONAL) for kind in ("MATZ", "GLIDER", "NOATZ")}
    | {kind: KindRule(Restriction.PROHIBITED) for kind in ("D", "R", "GVS", "DZ", "FRZ")}
)
CIRCLE = {
    "zone_id": "teesside-frz",
    "name": "TEESSIDE INTERNATIONAL FRZ",
    "kind": "FRZ",
    "centre": {"latitude_deg": 54.5092, "longitude_deg": -1.4294},
    "radius_m": 4630.0,
    "lower": "SFC",
    "upper": "UNL",
}

WINGED = DroneProfile(
    name="lift_and_cruise",
    airframe=Airframe.LIFT_AND_CRUISE,
    empty_mass_kg=35.4,
    payload_limit_kg=2.268,
    box_m=(0.38, 0.28, 0.15),
    cruise_air_speed_m_s=30.0,
    max_air_speed_m_s=36.0,
    climb_speed_m_s=4.0,
    descent_speed_m_s=2.5,
    max_acceleration_m_s2=7.0,
    max_jerk_m_s3=4.0,
    battery_j=5.4e6,
    reserve_fraction=0.25,
    wind_limit_m_s=12.0,
    position_error_m=5.0,
    turnaround_s=150.0,
    load_s=45.0,
    drop_height_m=4.0,
    drop_hold_s=15.0,
    power=PowerModel(6, 0.33, 1.5552, 1.0, 120.0, 0.4, 60.0, "design", 9.0, 30.0, 0.7, 21.0),
)


@dataclass(frozen=True)
class Darlington:
    depot: Geodetic
    yarm: Geodetic
    middleton_st_george: Geodetic
    newton_aycliffe: Geodetic
    frame: LocalFrame
    zone_set: ZoneSet
    planner: Planner
    winged: DroneProfile

    def new_planner(self) -> Planner:
        return Planner(self.zone_set, self.frame, service_radius_m=SERVICE_RADIUS_M)

    def request(self, drop_off: Geodetic, **changes: Any) -> FlightRequest:
        values: dict[str, Any] = {
            "flight_id": FlightId("F-1"),
            "order_id": OrderId("O-1"),
            "vehicle_id": VehicleId("LC-1"),
            "profile": WINGED,
            "pad": self.depot,
            "drop_off": drop_off,
            "payload_kg": 2.0,
            "departs_at_s": 1.8e9,
            "outbound_height_m": 80.0,
            "inbound_height_m": 105.0,
            "wind_enu_m_s": (0.0, 0.0),
            "battery_j": 5.4e6,
        }
        return FlightRequest(**{**values, **changes})

    def check(self, document: dict[str, Any], request: FlightRequest | None = None, **changes: Any) -> Any:
        """The independent check, of the flight to Yarm unless another was asked for; changes to what it reads."""
        asked = asdict(request or self.request(self.yarm, wind_enu_m_s=(4.0, -3.0)))
        airspace = self.airspace(**changes)
        return check_flight(document, airspace=airspace, asked=asked, site=self.facts(airspace))

    def facts(self, airspace: RawAirspace) -> SiteFacts:
        """The limits of the site, with these as the texts in force."""
        return SiteFacts(asdict(self.depot), 120.0, SERVICE_RADIUS_M, self.zone_set.hash, (), texts_hash(airspace))

    def airspace(self, zones_geojson: str = TEXT, circles: Any = (CIRCLE,), kinds: Any = None) -> RawAirspace:
        rules = {kind: asdict(rule) for kind, rule in RULES.by_kind.items()} if kinds is None else kinds
        sources = (RawSource("uk", "geojson", zones_geojson),)
        return RawAirspace(sources, json.dumps(list(circles)), json.dumps(rules), GROUND_AMSL_M)


@pytest.fixture(scope="session")
def darlington() -> Darlington:
    depot = Geodetic(54.5166, -1.5075)
    frame = LocalFrame(depot)
    centre = Geodetic(54.5092, -1.4294)
    zones = read_geojson_zones(TEXT, where="uk_airspace_excerpt.geojson", rules=RULES, service_area=(depot, 50_000.0))
    circle = circle_zone("teesside-frz", "TEESSIDE INTERNATIONAL FRZ", "FRZ", centre, 4630.0, rules=RULES)
    zone_set = ZoneSet((*zones, circle), frame, GROUND_AMSL_M)
    return Darlington(
        depot=depot,
        yarm=Geodetic(54.509, -1.345),
        middleton_st_george=Geodetic(54.511, -1.472),
        newton_aycliffe=Geodetic(54.6175, -1.575),
        frame=frame,
        zone_set=zone_set,
        planner=Planner(zone_set, frame, service_radius_m=SERVICE_RADIUS_M),
        winged=WINGED,
    )
