"""Maps and plans: what a person must be able to read on them is in the SVG's text, and the files are what they say."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests_support.plans import straight_plan

from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.terrain import Terrain
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Restriction, Zone
from skystork.frames import Geodetic, LocalFrame
from skystork.shell.picture import draw_plan, draw_tracks
from skystork.shell.plan_backdrop import Backdrop
from skystork.shell.track_store import FlownPoint
from skystork.shell.zone_map import Town

DEPOT = Geodetic(54.5166, -1.5075)
FRAME = LocalFrame(DEPOT)
SURFACE = AltitudeLimit(0.0, AltitudeReference.AGL, "SFC")


def square(name: str, restriction: Restriction, east_m: float, north_m: float, *, side_m: float = 4000.0) -> Zone:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    places = [FRAME.to_geodetic(east_m + e * side_m, north_m + n * side_m) for e, n in corners]
    ring = tuple((place.longitude_deg, place.latitude_deg) for place in places)
    upper = AltitudeLimit(609.6, AltitudeReference.AMSL, "2000 ft")
    return Zone(name.lower().replace(" ", "-"), name, "D", restriction, (ring,), SURFACE, upper)


ZONES = (
    square("CLOSED RANGE", Restriction.PROHIBITED, 3000, 3000),
    square("OPEN FIELD", Restriction.CONDITIONAL, -9000, -9000),
    square("FAR AWAY", Restriction.PROHIBITED, 90_000, 90_000),
)


def track(flight_id: str, vehicle_id: str, *places_m: tuple[float, float]) -> list[FlownPoint]:
    places = [FRAME.to_geodetic(*place) for place in places_m]
    return [
        FlownPoint(flight_id, vehicle_id, float(at_s), place.latitude_deg, place.longitude_deg, 125.0, 80.0)
        for at_s, place in enumerate(places)
    ]


TRACKS = [
    *track("F-1", "LC-1", (0, 0), (2000, 1000), (0, 0)),
    *track("F-2", "LC-1", (0, 0), (-2000, 1000), (0, 0)),
    *track("F-3", "MR-7", (0, 0), (0, -5000)),
    *track("F-4", "MR-8", (0, 0)),
]


def draw_map(path: Path) -> tuple[Path, ...]:
    return draw_tracks(
        path,
        zones=ZONES,
        frame=FRAME,
        depot=DEPOT,
        tracks=TRACKS,
        drops=[FRAME.to_geodetic(2000, 1000), FRAME.to_geodetic(-2000, 1000)],
        vans=track("R-1", "VAN-1", (0, 0), (4000, -6000), (0, 0)),
        towns=[Town("Darlington", Geodetic(54.5236, -1.5595))],
        title="Darlington, the whole day",
    )


def test_the_map_names_what_is_on_it_and_nothing_else(tmp_path: Path) -> None:
    png, svg = draw_map(tmp_path / "map")
    assert png.read_bytes().startswith(b"\x89PNG")
    text = svg.read_text()
    for words in ("Darlington, the whole day", "zone-closed-range", "zone-open-field", ">closed<", ">conditional<"):
        assert words in text
    for words in ("LC-1: 2 flights", "MR-7: 1 flight", "delivered by drone: 2", "vans", "10 miles", "5 km", ">N<"):
        assert words in text
    assert "zone-far-away" not in text
    assert "MR-8" not in text  # a single point is no track
    assert "begins above the flights" not in text


def test_the_same_hour_is_drawn_to_the_same_file(tmp_path: Path) -> None:
    first, second = draw_map(tmp_path / "first.svg"), draw_map(tmp_path / "second.svg")
    assert first[0].read_bytes() == second[0].read_bytes()


def test_a_day_without_flights_is_a_map_all_the_same(tmp_path: Path) -> None:
    (svg,) = draw_tracks(tmp_path / "map.svg", zones=ZONES, frame=FRAME, depot=DEPOT, tracks=())
    assert "zone-closed-range" in svg.read_text()


def backdrop(*zones: Zone, terrain: Terrain | None = None) -> Backdrop:
    return Backdrop(ZoneSet(zones, FRAME, 45.0), ObstacleSet((), FRAME, 45.0), terrain, 120.0)


# The plan's track goes from (0, 0) to (6000, 0); the support's has points at both ends only.
@pytest.mark.parametrize(
    ("corner_m", "nearest"), [((1000.0, 500.0), "1118.0 m"), ((5000.0, -2000.0), "0.0 m")], ids=["beside", "upon"]
)
def test_a_plan_is_drawn_with_legs_margin_fence_ground_ceiling_speed_and_clearance(
    tmp_path: Path, corner_m: tuple[float, float], nearest: str
) -> None:
    zone = square("CLOSED RANGE", Restriction.PROHIBITED, *corner_m)
    (svg,) = draw_plan(tmp_path / "plan.svg", straight_plan(FRAME, distance_m=6000.0), backdrop(zone))
    text = svg.read_text()
    for words in ("Flight F-1: order O-1 by MR-7 (quad)", "zone-closed-range", "outbound at 80 m", "inbound at 105 m"):
        assert words in text
    for words in ("margin of 63 m", "fence on board", "ceiling 120 m", "speed over ground", "required: 63 m"):
        assert words in text
    assert f"least {nearest}<" in text


def test_a_plan_with_no_closed_zone_anywhere_is_drawn_too(tmp_path: Path) -> None:
    (png,) = draw_plan(tmp_path / "plan.png", straight_plan(FRAME, distance_m=6000.0), backdrop())
    assert png.read_bytes().startswith(b"\x89PNG")


def test_the_ground_is_drawn_where_it_is_known(tmp_path: Path) -> None:
    heights = np.full((40, 40), 45.0, dtype=np.float32)
    heights[:, 25:] = 70.0
    depot = FRAME.origin
    terrain = Terrain(heights, depot.longitude_deg - 0.1, depot.latitude_deg + 0.1, 0.01, 0.01)
    ground = backdrop(terrain=terrain).ground_home_m(np.array([[0.0, 0.0], [12_000.0, 0.0], [90_000.0, 0.0]]))
    assert ground[:2] == pytest.approx([0.0, 25.0])
    assert np.isnan(ground[2])
    flat, hilly = (
        draw_plan(tmp_path / f"{name}.svg", straight_plan(FRAME, distance_m=6000.0), backdrop(terrain=each))[0]
        for name, each in (("flat", None), ("hilly", terrain))
    )
    assert "ground, taken as flat" in flat.read_text()
    assert "ground, taken as flat" not in hilly.read_text()


def test_the_modules_that_the_service_needs_do_not_load_matplotlib() -> None:
    modules = "loops, store, ledger_writer, mqtt, memory_bus, broker, spool, solver_pool, console"
    code = f"import sys\nfrom skystork.shell import {modules}\nprint('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
