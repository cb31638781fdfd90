"""``[airspace]`` of a site: files in several formats together, ceilings, obstacles, terrain; all of it or nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests_support.play import write_site

from skystork.app.planning_job import CheckedPlan, plan_and_check
from skystork.app.site import Site, load_site
from skystork.errors import ConfigError
from skystork.orders.order import FlightId, OrderId
from skystork.planning.flight_plan import FlightRequest, Infeasible

HERE = (-1.60, 54.50)
LATER_S = 1_900_000_000.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_site(tmp_path / "site", "LC-1")


def add(folder: Path, text: str) -> Site:
    path = folder / "site.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")
    return load_site(folder)


def box(west: float, south: float) -> list[list[float]]:
    return [[west, south], [west + 0.01, south], [west + 0.01, south + 0.01], [west, south + 0.01], [west, south]]


def ed318(folder: Path, identifier: str = "EGA001", **metadata: str) -> None:
    layer = {"lower": 0, "lowerReference": "AGL", "upper": 120, "upperReference": "AGL", "uom": "m"}
    geometry = {"type": "Polygon", "coordinates": [box(*HERE)], "layer": layer}
    properties = {"identifier": identifier, "country": "GBR", "type": "PROHIBITED", "variant": "COMMON"}
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    document = {"type": "FeatureCollection", "metadata": metadata, "features": [feature]}
    (folder / "extra.json").write_text(json.dumps(document), encoding="utf-8")


def test_a_further_file_in_another_format_adds_its_zones_and_its_text(folder: Path) -> None:
    ed318(folder)
    alone = load_site(folder).zones
    site = add(folder, '[[airspace.files]]\nfile = "extra.json"\n')
    assert {zone.zone_id for zone in site.zones.zones} - {zone.zone_id for zone in alone.zones} == {"EGA001"}
    assert [(source.name, source.format) for source in site.zone_sources][1] == ("extra.json", "ed318")
    assert site.zone_sources[1].text == (folder / "extra.json").read_text(encoding="utf-8")
    assert site.zones.hash != alone.hash


def test_one_zone_may_have_a_rule_of_its_own(folder: Path) -> None:
    ed318(folder)
    rule = '{ restriction = "REQ_AUTHORISATION", granted_below_agl_m = 60.0, reason = "letter of 3 May" }'
    site = add(folder, f'[[airspace.files]]\nfile = "extra.json"\n[airspace.zones]\nEGA001 = {rule}\n')
    place = site.frame.to_enu_array_m(np.array([HERE[0] + 0.005]), np.array([HERE[1] + 0.005]))[0]
    assert site.zones.ceiling_home_m(*place, 0.0) == 60.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[airspace.files]]\nfile = "none.json"\n', "cannot be read"),
        ('[[airspace.files]]\nfile = "extra.json"\nformat = "shp"\n', "unknown format"),
        ('[[airspace.files]]\nfile = "extra.json"\nrepare = true\n', "Did you mean repair?"),
        ('[[airspace.files]]\nfile = "extra.json"\npublished = "May"\n', "not a moment"),
        (
            '[[airspace.files]]\nfile = "extra.json"\n[[airspace.files]]\nfile = "extra.json"\n',
            "each id once over all files",
        ),
        ('[airspace.terrain]\nfile = "none.tif"\n', "not terrain that can be read"),
        ("[airspace.skyline]\na = 1\n", "unknown key"),
    ],
)
def test_what_is_wrong_with_any_file_refuses_the_whole_site(folder: Path, text: str, words: str) -> None:
    ed318(folder)
    with pytest.raises(ConfigError, match=words.replace("?", r"\?")):
        add(folder, text)


def test_the_oldest_file_counts_and_one_of_the_future_or_out_of_validity_is_not_of_now(folder: Path) -> None:
    now_s = 1_795_000_000.0  # 2026-11-18
    ed318(folder, issued="2026-11-01T00:00:00Z")
    dated = '[[airspace.files]]\nfile = "extra.json"\n'
    path = folder / "site.toml"
    kept = path.read_text(encoding="utf-8")
    path.write_text(kept.replace("max_height_m", 'published = "2026-11-10T00:00:00+00:00"\nmax_height_m', 1), "utf-8")
    site = add(folder, dated)
    assert site.airspace.zones_from_s(now_s) == 1_793_491_200.0  # 2026-11-01
    ed318(folder, issued="2027-01-01T00:00:00Z")
    at_s = load_site(folder).airspace.zones_from_s(now_s)
    assert at_s is not None
    assert at_s > now_s
    ed318(folder, issued="2026-11-01T00:00:00Z", validTo="2026-11-15T00:00:00Z")
    at_s = load_site(folder).airspace.zones_from_s(now_s)
    assert at_s is not None
    assert now_s - at_s > site.zone_date.max_age_s
    path.write_text(kept + dated, "utf-8")
    assert load_site(folder).airspace.zones_from_s(now_s) is None, "one file's date is not known"


def test_obstacles_stand_on_the_terrain(folder: Path) -> None:
    tower = {"type": "Feature", "id": "tower", "properties": {"height": 50}}
    tower["geometry"] = {"type": "Polygon", "coordinates": [box(*HERE)]}
    text = json.dumps({"type": "FeatureCollection", "features": [tower]})
    (folder / "buildings.geojson").write_text(text, encoding="utf-8")
    np.full((1201, 1201), 95, dtype=">i2").tofile(folder / "N54W002.hgt")
    obstacles = '[airspace.obstacles]\nfile = "buildings.geojson"\nvertical_margin_m = 5.0\n'
    flat = add(folder, obstacles)
    (built,) = flat.obstacles.closed
    assert (built.roof_home_m, built.closed_below_home_m) == (50.0, 55.0)
    site = add(folder, '[airspace.terrain]\nfile = "N54W002.hgt"\nvertical_error_m = 2.0\n')
    (built,) = site.obstacles.closed
    assert built.roof_home_m == 95 + 2 + 50 - site.table.ground_amsl_m
    assert site.zones.hash != flat.zones.hash


def test_ceilings_of_a_facility_map_count_where_they_are_held(folder: Path) -> None:
    cell = {"type": "Feature", "properties": {"OBJECTID": 7, "CEILING": 200, "UNIT": "Feet"}}
    cell["geometry"] = {"type": "Polygon", "coordinates": [box(*HERE)]}
    text = json.dumps({"type": "FeatureCollection", "features": [cell]})
    (folder / "uasfm.geojson").write_text(text, encoding="utf-8")
    site = add(folder, '[[airspace.files]]\nfile = "uasfm.geojson"\nauthorised = true\n')
    place = site.frame.to_enu_array_m(np.array([HERE[0] + 0.005]), np.array([HERE[1] + 0.005]))[0]
    assert site.zones.ceiling_home_m(*place, LATER_S) == pytest.approx(60.96)
    assert site.zone_sources[1].options == {"authorised"}


def test_a_worker_whose_zones_are_others_reads_them_again_and_plans_nothing_by_zones_that_changed_again(
    folder: Path,
) -> None:
    site = load_site(folder)
    drone = site.drones[0]
    request = FlightRequest(
        FlightId("F-1"), OrderId("O-1"), drone.vehicle_id, drone.profile, drone.pad,
        site.frame.to_geodetic(-2500.0, 1500.0), 0.8, 1_795_255_200.0, 80.0, 105.0, (0.0, 0.0), drone.profile.battery_j,
    )  # fmt: skip
    before = plan_and_check(folder, request, airspace_hash=site.airspace.hash)
    assert isinstance(before, CheckedPlan), before
    ed318(folder)
    changed = add(folder, '[[airspace.files]]\nfile = "extra.json"\n')
    after = plan_and_check(folder, request, airspace_hash=changed.airspace.hash)
    assert isinstance(after, CheckedPlan), after
    assert after.plan.zone_set_hash == changed.zones.hash
    late = plan_and_check(folder, request, airspace_hash=site.airspace.hash)
    assert isinstance(late, Infeasible)
    assert "changed again while the flight was planned" in late.reasons[0].text
