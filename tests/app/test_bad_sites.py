"""Site folders that cannot be used: the person is told what, where, the value, the limit and what to do."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skystork.app.site import load_site
from skystork.errors import ConfigError

DARLINGTON = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the Darlington site, to be spoilt."""
    for name in ("site.toml", "uk_airspace_excerpt.geojson"):
        shutil.copy(DARLINGTON / name, tmp_path / name)
    return tmp_path


def spoil(folder: Path, old: str, new: str) -> Path:
    path = folder / "site.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return folder


def complaint(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_site(folder)
    assert all(problem.where and problem.limit and problem.remedy for problem in caught.value.problems)
    return str(caught.value)


def test_the_site_as_it_is_can_be_used(folder: Path) -> None:
    site = load_site(folder)
    assert (len(site.drones), len(site.vans), len(site.zones.zones)) == (8, 3, 16)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "depot = { latitude_deg = 54.5166, longitude_deg = -1.5075 }",
            "depot = { latitude_deg = 54.5092, longitude_deg = -1.4294 }",
            ["site.depot", "inside TEESSIDE INTERNATIONAL FRZ", "54.50920, -1.42940", "Correct the position"],
        ),
        ("system_id = 2", "system_id = 1", ["two vehicles with one MAVLink system id", "1, 2 times"]),
        ("system_id = 2", "system_id = 255", ["drones[1].system_id", "255", "1 to 250"]),
        ('serial_number = "LC-0002"', 'serial_number = "LC-0001"', ["one serial number", "LC-0001"]),
        ('profile = "multirotor"', 'profile = "multirotors"', ["no such profile", "lift_and_cruise, multirotor"]),
        ("cruise_air_speed_m_s = 30.0", "cruise_air_speed_m_s = 108.0", ["cruise_air_speed_m_s", "108", "5 to 45"]),
        ("battery_j = 5.4e6", "battery_j = 1500.0", ["battery_j", "1500", "sane band"]),
        ("turnaround_s = 150.0", "turn_around_s = 150.0", ["unknown key", "Did you mean turnaround_s?"]),
        (
            "max_height_m = 120.0",
            "max_height_m = 90.0",
            ["inbound_height_m", "at most airspace.max_height_m, 90"],
        ),
        ("reserve_fraction = 0.25", 'reserve_fraction = "a quarter"', ["reserve_fraction", "a str", "a float"]),
        ("reserve_fraction = 0.25", "reserve_fraction = nan", ["reserve_fraction", "not a finite number"]),
        ('upper = "2000 ft"', 'upper = "2000"', ["circles.teesside-frz.upper", "not an altitude"]),
        ('file = "uk_airspace_excerpt.geojson"', 'file = "missing.geojson"', ["missing.geojson", "cannot be read"]),
        ("[rules]", "[ruless]", ["unknown table", "ruless"]),
        ("[site]", "[site", ["not TOML"]),
        ("drone_radius_m = 16093.0", "drone_radius_m = 10.0", ["drone_radius_m", "200 to 100000"]),
    ],
)
def test_a_spoilt_site_is_refused_with_the_reason(folder: Path, old: str, new: str, words: list[str]) -> None:
    text = complaint(spoil(folder, old, new))
    for word in words:
        assert word in text


def _open(ring: list[list[float]]) -> None:
    ring.pop()


def _not_a_number(ring: list[list[float]]) -> None:
    ring[1][0] = float("nan")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_open, ["uk_airspace_excerpt.geojson", "clos"]),
        (_not_a_number, ["uk_airspace_excerpt.geojson", "NaN"]),
        (lambda ring: ring.__setitem__(1, [200.0, 54.0]), ["200"]),
        (lambda ring: ring.__setitem__(slice(1, 4), [ring[3], ring[1], ring[2]]), ["cross"]),
    ],
)
def test_a_damaged_zone_closes_the_whole_file(
    folder: Path, damage: Callable[[list[list[float]]], None], words: list[str]
) -> None:
    path = folder / "uk_airspace_excerpt.geojson"
    document = json.loads(path.read_text())
    ring = next(f for f in document["features"] if f["properties"]["type"] == "D")["geometry"]["coordinates"][0]
    damage(ring)
    path.write_text(json.dumps(document))
    text = complaint(folder)
    for word in words:
        assert word in text


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    assert "site.toml: cannot be read" in complaint(tmp_path)
