"""The check of flown tracks against the zone file: it agrees with shapely, and it does find a track inside."""

import math
from pathlib import Path
from random import Random

import pytest
from shapely import Point, Polygon

from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.app.track_check import METRES_PER_DEGREE, check_tracks, judge, prohibited_outlines
from skystork.frames import LocalFrame, distance_m
from skystork.shell.track_store import FlownPoint, TrackStore

SITE = load_site(default_site())
OUTLINES = prohibited_outlines(SITE)


def test_inside_and_outside_agree_with_shapely_on_random_points() -> None:
    rng = Random(7)
    polygons = [Polygon(ring) for _, ring in OUTLINES]
    places = [(rng.uniform(-1.65, -1.2), rng.uniform(54.4, 54.65)) for _ in range(600)]
    inside = 0
    for number, (lon, lat) in enumerate(places):
        expected = any(polygon.contains(Point(lon, lat)) for polygon in polygons)
        assert judge([(f"F-{number}", lon, lat)], OUTLINES).inside == int(expected)
        inside += expected
    assert 20 < inside < 580, "the points must fall on both sides"


def test_the_distance_to_the_nearest_outline_agrees_with_the_local_frame() -> None:
    name, ring = next(outline for outline in OUTLINES if "FRZ" in outline[0])
    lon, lat = SITE.depot.longitude_deg, SITE.depot.latitude_deg
    verdict = judge([("F-1", lon, lat)] * 5, [(name, ring)])
    frame = LocalFrame(SITE.depot)
    exact_m = Polygon([frame.to_enu_m(type(SITE.depot)(y, x)) for x, y in ring]).distance(Point(0.0, 0.0))
    assert verdict.nearest_m == pytest.approx(exact_m, rel=0.01)
    assert verdict.nearest_zone == name


def test_a_circle_of_the_site_file_is_as_wide_as_published() -> None:
    circle = SITE.circles[0]
    ring = dict(OUTLINES)[circle.name]
    radii_m = [distance_m(circle.centre, type(SITE.depot)(lat, lon)) for lon, lat in ring]
    assert max(radii_m) == pytest.approx(circle.radius_m, rel=0.005)
    assert min(radii_m) == pytest.approx(circle.radius_m, rel=0.005)


def kept(path: Path, points: list[tuple[str, float, float]]) -> Path:
    store = TrackStore.open(path)
    for second, (flight, east_m, north_m) in enumerate(points):
        place = SITE.frame.to_geodetic(east_m, north_m)
        store.add(FlownPoint(flight, "LC-1", float(second), place.latitude_deg, place.longitude_deg, 125.0, 80.0))
    store.close()
    return path


def test_a_track_into_the_restriction_zone_is_told_with_flight_and_zone(tmp_path: Path) -> None:
    line = [("F-0042", 30.0 * step, 0.0) for step in range(60)]
    verdict = check_tracks(kept(tmp_path / "tracks.db", line), SITE)
    edge_m = 5_050.0 - math.sqrt(4_630.0**2 - 820.0**2)
    assert verdict.points == 60
    assert verdict.inside == pytest.approx(60 - edge_m / 30.0, abs=3)
    assert "F-0042 in TEESSIDE INTERNATIONAL FRZ" in verdict.offenders


def test_a_track_outside_is_clear_and_vans_are_not_judged(tmp_path: Path) -> None:
    points = [("F-0001", -30.0 * step, 0.0) for step in range(60)] + [("VAN-1", 3_500.0, 0.0)]
    verdict = check_tracks(kept(tmp_path / "tracks.db", points), SITE)
    assert (verdict.points, verdict.inside, verdict.offenders) == (60, 0, ())
    assert 100.0 < verdict.nearest_m < 10.0 * METRES_PER_DEGREE
