"""Site and world files: the demonstration's are good, and what is wrong in one is said all at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skystork_sim.incidents import IncidentKind
from skystork_sim.site import read_site
from skystork_sim.toml_table import ScenarioError
from skystork_sim.world import read_world

DARLINGTON = Path(__file__).parents[2] / "sim" / "scenarios" / "darlington"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("site.toml", "world.toml"):
        shutil.copy(DARLINGTON / name, tmp_path / name)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_demonstration_has_eight_drones_three_vans_and_a_westerly() -> None:
    site = read_site(DARLINGTON)
    world = read_world(DARLINGTON / "world.toml", site)
    assert (len(site.drones), len(site.vans)) == (8, 3)
    assert [entry.kind.limits.has_wing for entry in site.drones] == [True] * 6 + [False] * 2
    assert world.wind_enu_m_s == pytest.approx((4.0, 0.0), abs=1e-9)
    assert {incident.kind for incident in world.incidents} >= {IncidentKind.LINK_LOST, IncidentKind.BATTERY_SAG}
    assert world.ageing[1] > 1.0


def test_two_drones_with_one_system_id_are_refused(folder: Path) -> None:
    edit(folder / "site.toml", "system_id = 2", "system_id = 1")
    with pytest.raises(ScenarioError, match="two vehicles with system_id '1'"):
        read_site(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("loss = 0.01", "loss = 1.5", "network.loss"),
        ("speed_m_s = 4.0", "sped_m_s = 4.0", "did you mean speed_m_s"),
        ('kind = "link_lost"', 'kind = "link_gone"', "link_lost, battery_sag"),
        ('vehicle_id = "LC-2"', 'vehicle_id = "LC-9"', "LC-1, LC-2"),
        ("seed = 1", "seed = true", "world.toml.seed"),
        ("gust_m_s = 1.2", "gust_m_s = nan", "wind.gust_m_s"),
    ],
)
def test_a_fault_in_the_world_file_names_the_place_and_what_would_do(
    folder: Path, old: str, new: str, told: str
) -> None:
    edit(folder / "world.toml", old, new)
    with pytest.raises(ScenarioError, match=told):
        read_world(folder / "world.toml", read_site(folder))


def test_a_missing_site_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="Give the folder of a site"):
        read_site(tmp_path)
