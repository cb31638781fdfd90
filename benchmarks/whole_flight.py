"""Plan whole delivery flights: climb, both cruise legs, drop, way home, failsafe ways, hover boxes and fence; CPU time.

On the scenes the obstacles are buildings or zones by their kind, the pad and the doorstep are the queries' ends, and
the layers 30 to 110 m. About each stands a wall, as far off its boundary as a whole flight keeps more margin than the
scene asks for: nobody goes round the outside. On the Darlington site the doorsteps are those of its orders. Each
flight is planned by a planner that has planned others before, as in the service. Straight returns (RTL_TYPE 0) are
planned beside returns along the mission (RTL_TYPE 4). `python benchmarks/whole_flight.py [darlington | scene.json …]`
"""

from __future__ import annotations

import csv
import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

from shapely import Polygon, box

from skystork.airspace.obstacles import Obstacle, ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Restriction, Zone
from skystork.app.planning_job import check_plan, make_planner
from skystork.app.site import load_site
from skystork.fleet.profile import ReturnPath
from skystork.frames import Geodetic, LocalFrame
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.planning.flight_plan import FlightPlan, FlightRequest, Infeasible
from skystork.planning.free_space import planning_margin_m
from skystork.planning.planner import Planner

ROOT = Path(__file__).parents[1]
SCENES = ROOT / "tests" / "data" / "scenes"
DARLINGTON = ROOT / "sim" / "scenarios" / "darlington"
LAYERS_M = (30.0, 50.0, 70.0, 90.0, 110.0)
RADIUS_M = 20_000.0
DEPOT = Geodetic(54.5166, -1.5075)
SITE = load_site(DARLINGTON)
FLEET = {profile.name: profile for profile in (drone.profile for drone in SITE.drones)}
QUAD = replace(FLEET["multirotor"], battery_j=4e7)  # the scenes are wider than its range
QUAD_SURE = replace(QUAD, position_error_m=2.0)
WALL_M = 200.0


def ring(polygon: list[list[float]], frame: LocalFrame) -> tuple[tuple[float, float], ...]:
    """A ring of a scene in degrees, closed."""
    places = [frame.to_geodetic(east_m, north_m) for east_m, north_m in [*polygon, polygon[0]]]
    return tuple((place.longitude_deg, place.latitude_deg) for place in places)


def scene(path: Path) -> tuple[Planner, list[FlightRequest]]:
    """Planner and requests of a scene."""
    raw, frame = json.loads(path.read_text(encoding="utf-8")), LocalFrame(DEPOT)
    buildings, zones = [], []
    for index, one in enumerate(raw["obstacles"]):
        rings = tuple(ring(each, frame) for each in (one["poly"], *one["holes"]))
        if one["kind"] == "building":
            buildings.append(Obstacle(f"B-{index}", rings, float(one["ceil"])))
            continue
        limits = [
            AltitudeLimit(float(one[edge]), AltitudeReference.AGL, f"{one[edge]:.0f} m") for edge in ("floor", "ceil")
        ]
        zones.append(Zone(f"Z-{index}", f"zone {index}", one["kind"], Restriction.PROHIBITED, rings, *limits))
    room_m = planning_margin_m(QUAD_SURE) - raw["margin"]
    inner = box(*Polygon(raw["boundary"]).buffer(room_m, join_style="mitre").bounds)
    outer = inner.buffer(WALL_M, join_style="mitre")
    rings = tuple(ring(list(each.exterior.coords)[:-1], frame) for each in (outer, inner))
    ends = [AltitudeLimit(height_m, AltitudeReference.AGL, f"{height_m:.0f} m") for height_m in (0.0, 200.0)]
    zones.append(Zone("Z-wall", "the edge of the scene", "wall", Restriction.PROHIBITED, rings, *ends))
    obstacles = ObstacleSet(buildings, frame, 0.0) if buildings else None
    planner = Planner(ZoneSet(zones, frame, 0.0), frame, service_radius_m=RADIUS_M, obstacles=obstacles)
    return planner, [
        asked(frame.to_geodetic(a, b), frame.to_geodetic(c, d), QUAD_SURE) for a, b, c, d in raw["queries"]
    ]


def asked(pad: Geodetic, drop_off: Geodetic, profile: object) -> FlightRequest:
    """One request with a light wind."""
    return FlightRequest(
        flight_id=FlightId("F-1"),
        order_id=OrderId("O-1"),
        vehicle_id=VehicleId("V-1"),
        profile=profile,  # type: ignore[arg-type]
        pad=pad,
        drop_off=drop_off,
        payload_kg=1.0,
        departs_at_s=1.8e9,
        outbound_height_m=LAYERS_M[0],
        inbound_height_m=LAYERS_M[0],
        wind_enu_m_s=(3.0, -2.0),
        battery_j=profile.battery_j,  # type: ignore[attr-defined]
        outbound_layers_m=LAYERS_M,
        inbound_layers_m=LAYERS_M,
    )


def darlington() -> tuple[Planner, list[FlightRequest]]:
    """Planner and requests of the site, each doorstep by each aircraft."""
    rows = list(csv.DictReader((DARLINGTON / "orders.csv").open(encoding="utf-8")))
    places = [Geodetic(float(row["latitude_deg"]), float(row["longitude_deg"])) for row in rows]
    flight = SITE.flight
    return make_planner(SITE), [
        replace(
            asked(SITE.drones[0].pad, place, profile),
            outbound_layers_m=flight.outbound_layers,
            inbound_layers_m=flight.inbound_layers,
        )
        for place in places
        for profile in FLEET.values()
    ]


def run(what: str, return_path: ReturnPath) -> None:
    """Print one line."""
    name = Path(what).stem
    planner, requests = darlington() if name == "darlington" else scene(Path(what))
    requests = [replace(each, profile=replace(each.profile, return_path=return_path)) for each in requests]
    times_ms, refused, heights, broken = [], {}, set(), 0
    for number, request in enumerate((requests[0], *requests)):
        began = time.process_time()
        answer = planner.plan(request)
        times_ms.append((time.process_time() - began) * 1e3)
        if number and isinstance(answer, Infeasible):
            code = answer.reasons[0].code.value
            refused[code] = refused.get(code, 0) + 1
        elif number and isinstance(answer, FlightPlan):
            heights |= {answer.request.outbound_height_m, answer.request.inbound_height_m}
            broken += name == "darlington" and bool(check_plan(SITE, answer))
    cold, warm = times_ms[0], sorted(times_ms[1:])
    p99 = warm[min(len(warm) - 1, int(0.99 * len(warm)))]
    print(
        f"{name:11} {return_path:8} flights {len(warm) - sum(refused.values()):3} refused {refused or 'none'}; ms p50 "
        f"{statistics.median(warm):.0f} p99 {p99:.0f} first {cold:.0f}; layers flown {sorted(heights)}"
        + (f"; refused by the check {broken}" if name == "darlington" else ""),
        flush=True,
    )


if __name__ == "__main__":
    for each in sys.argv[1:] or ["darlington", *sorted(map(str, SCENES.glob("*.json")))]:
        for way in ReturnPath:
            run(each, way)
