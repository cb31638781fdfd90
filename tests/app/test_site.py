"""A site folder is read whole or not at all, and whoever wrote it learns everything that is wrong with it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support.play import write_site

from skystork.app.options import default_site
from skystork.app.site import load_site, starts_at_s
from skystork.errors import ConfigError, InvalidInput

ZONES = "uk_airspace_excerpt.geojson"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_site(tmp_path / "site", "LC-1", "LC-2", "VAN-1")


def edit(folder: Path, old: str, new: str, *, times: int = 1) -> None:
    path = folder / "site.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, times), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        load_site(folder)
    return str(caught.value)


def test_the_darlington_site_is_in_order() -> None:
    site = load_site(default_site())
    assert len(site.drones) == 8 and len(site.vans) == 3
    assert any(zone.name == "TEESSIDE INTERNATIONAL FRZ" for zone in site.zones.zones)
    assert starts_at_s(site) == 1_795_255_200.0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("system_id = 2", "system_id = 1", "two vehicles with one MAVLink system id (seen: 1, 2 times"),
        ("LC-0002", "LC-0001", "two vehicles with one serial number (seen: LC-0001"),
        ("EV-0001", "LC-0001", "two vehicles with one serial number (seen: LC-0001"),
        ('"LC-2"', '"LC-1"', "two vehicles with one vehicle id"),
        ("system_id = 2", "system_id = 255", "1 to 250"),
        ("climb_speed_m_s = 4.0", "climb_sped_m_s = 4.0", "Did you mean climb_speed_m_s?"),
        ("[link]", "[linc]", "unknown table"),
        ("battery_j = 5.4e6", "battery_j = 1500.0", "outside the sane band"),
        ("empty_mass_kg = 35.4", "empty_mass_kg = 35400.0", "0.25 to 600"),
        ("cruise_air_speed_m_s = 30.0", "cruise_air_speed_m_s = 108.0", "5 to 45"),
        ("reserve_fraction = 0.25", "reserve_fraction = 25", "0.05 to 0.8"),
        ("latitude_deg = 54.5166", "latitude_deg = 5451.66", "-90 to 90"),
        ("climb_speed_m_s = 4.0", "climb_speed_m_s = nan", "not a finite number"),
        ("climb_speed_m_s = 4.0", 'climb_speed_m_s = "4"', "a str"),
        ("climb_speed_m_s = 4.0", "climb_speed_m_s = true", "a bool"),
        ("climb_speed_m_s = 4.0", "", "climb_speed_m_s: missing"),
        ('profile = "e_van"', 'profile = "e_vann"', "no such profile (seen: e_vann; accepted: e_van)"),
        ('airframe = "multirotor"', 'airframe = "helicopter"', "not one of the words"),
        ("outbound_height_m = 80.0", "outbound_height_m = 130.0", "too high (seen: 130 m"),
        ('upper = "2000 ft"', 'upper = "up"', "not an altitude"),
        ("[site]", "[site", "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_what_would_do(folder: Path, old: str, new: str, told: str) -> None:
    edit(folder, old, new)
    assert told in refusal(folder)


def test_everything_wrong_with_a_table_is_told_at_once(folder: Path) -> None:
    edit(folder, "climb_speed_m_s = 4.0", "climb_speed_m_s = 400.0")
    edit(folder, "descent_speed_m_s = 2.5", 'descent_speed_m_s = "slow"')
    told = refusal(folder)
    assert "climb_speed_m_s" in told and "descent_speed_m_s" in told


def test_a_depot_inside_a_closed_zone_is_refused_with_the_zones_name(folder: Path) -> None:
    edit(folder, "longitude_deg = -1.5075", "longitude_deg = -1.4400")
    told = refusal(folder)
    assert "site.depot" in told and "TEESSIDE INTERNATIONAL FRZ" in told


def test_a_pad_inside_a_closed_zone_is_refused_while_the_depot_is_outside(folder: Path) -> None:
    edit(folder, "pad_east_m = 30.0", "pad_east_m = 900.0")
    told = refusal(folder)
    assert "drones LC-2 pad" in told and "site.depot" not in told


def test_a_site_without_any_vehicle_is_refused(tmp_path: Path) -> None:
    assert "no vehicle at all" in refusal(write_site(tmp_path / "empty"))


def test_a_missing_site_file_is_named(tmp_path: Path) -> None:
    assert "site.toml" in refusal(tmp_path)


def test_a_missing_zone_file_is_named(folder: Path) -> None:
    (folder / ZONES).unlink()
    assert ZONES in refusal(folder)


def test_a_start_without_an_offset_is_no_moment(folder: Path) -> None:
    edit(folder, "10:00:00+00:00", "10:00:00")
    with pytest.raises(ConfigError, match="RFC 3339 with an offset"):
        starts_at_s(load_site(folder))


Ring = list[list[float]]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda ring: [ring[0], ring[20], ring[10], ring[30], ring[0]], "cross"),
        (lambda ring: ring[:-1], "clos"),
        (lambda ring: [[float("nan"), 54.5], *ring[1:]], "finite"),
        (lambda ring: [[54.5, 540.0], *ring[1:-1], [54.5, 540.0]], "540"),
    ],
)
def test_a_zone_file_with_a_spoilt_ring_is_refused_by_name(
    folder: Path, spoil: Callable[[Ring], Ring], word: str
) -> None:
    document = json.loads((folder / ZONES).read_text(encoding="utf-8"))
    coordinates = document["features"][0]["geometry"]["coordinates"]
    coordinates[0] = spoil(coordinates[0])
    (folder / ZONES).write_text(json.dumps(document), encoding="utf-8")
    told = refusal(folder)
    assert told.startswith(ZONES) and word in told


def test_a_charger_that_no_van_comes_to_is_refused_and_one_name_is_not_given_twice(tmp_path: Path) -> None:
    far = '\n[[chargers]]\nname = "mill"\nposition = { latitude_deg = 45.5, longitude_deg = -1.5 }\n'
    near = far.replace("45.5", "54.52")
    folder = write_site(tmp_path / "site", "VAN-1")
    text = (folder / "site.toml").read_text()
    for added, told in ((far, "too far from the depot"), (near * 2, "the same name twice")):
        (folder / "site.toml").write_text(text + added)
        with pytest.raises(ConfigError, match=told):
            load_site(folder)
    (folder / "site.toml").write_text(text + near)
    assert [charger.name for charger in load_site(folder).dispatch.chargers] == ["mill"]
