"""The copy of a site that the service flies by, and the start that falls back on it while aircraft are in the air."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests_support.ground import ASKED
from tests_support.play import write_site

from skystork.app.site import SITE_FILE, load_site
from skystork.app.site_copies import LAST_GOOD, ReadAgain, SiteCopies, read_again, site_to_serve
from skystork.app.state_folder import StateFolder
from skystork.errors import ConfigError, Unavailable
from skystork.orders import events as e
from skystork.orders.events import event_payload
from skystork.shell.ledger_rows import LedgerEntry
from skystork.shell.store import LedgerStore

ZONES = "uk_airspace_excerpt.geojson"
CLOSED = (
    '{"type": "Feature", "properties": {"id": "crane", "name": "CRANE", "type": "P", "lower": "SFC", '
    '"upper": "2000 ft"}, "geometry": {"type": "Polygon", "coordinates": '
    "[[[-1.60, 54.60], [-1.59, 54.60], [-1.59, 54.61], [-1.60, 54.60]]]}}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site that can be read."""
    site = write_site(tmp_path / "site", "LC-1", "VAN-1")
    (site / "towns.toml").write_text("# not of the airspace\n", encoding="utf-8")
    return site


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    """A state folder without a ledger."""
    (tmp_path / "state").mkdir()
    return StateFolder(tmp_path / "state")


def written(state: StateFolder, *events: e.Event) -> None:
    store = LedgerStore.open(state.ledger)
    store.append([LedgerEntry(type(event).__name__, 1.0, event_payload(event)) for event in events])
    store.close()


def in_the_air(state: StateFolder) -> None:
    """A flight that was launched and did not end."""
    written(state, *ASKED[:4])


def cut_off(path: Path) -> None:
    """As a program that died while it wrote leaves it."""
    path.write_bytes(path.read_bytes()[:-200])


def test_a_copy_is_read_as_the_site_is_and_what_is_not_airspace_is_a_link(folder: Path, state: StateFolder) -> None:
    site = site_to_serve(folder, state)
    assert site.airspace.hash == load_site(folder).airspace.hash
    assert (site.source, site.unread) == (folder, ())
    assert site.folder.parent == state.site_copies
    assert [path for path, _ in site.airspace.marks] == [folder / SITE_FILE, folder / ZONES]
    assert (site.folder / "towns.toml").resolve() == (folder / "towns.toml").resolve()
    assert not (site.folder / ZONES).is_symlink()


def test_files_in_a_folder_of_the_site_are_copied_and_their_neighbours_linked(folder: Path, state: StateFolder) -> None:
    (folder / "zones").mkdir()
    (folder / ZONES).rename(folder / "zones" / ZONES)
    (folder / "zones" / "notes.txt").write_text("of last week\n", encoding="utf-8")
    text = (folder / SITE_FILE).read_text(encoding="utf-8")
    (folder / SITE_FILE).write_text(text.replace(f'"{ZONES}"', f'"zones/{ZONES}"'), encoding="utf-8")
    site = site_to_serve(folder, state)
    assert not (site.folder / "zones").is_symlink()
    assert (site.folder / "zones" / "notes.txt").is_symlink()
    assert (folder / "zones" / "notes.txt").read_text(encoding="utf-8") == "of last week\n"


@pytest.mark.parametrize("broken", [ZONES, SITE_FILE])
def test_a_site_that_cannot_be_read_ends_a_start_with_nothing_under_way(
    folder: Path, state: StateFolder, broken: str
) -> None:
    site_to_serve(folder, state)
    written(state, *ASKED[:1])
    cut_off(folder / broken)
    with pytest.raises(ConfigError):
        site_to_serve(folder, state)


@pytest.mark.parametrize("broken", [ZONES, SITE_FILE])
def test_with_an_aircraft_in_the_air_the_last_good_copy_is_served_and_says_so(
    folder: Path, state: StateFolder, broken: str
) -> None:
    before = site_to_serve(folder, state)
    in_the_air(state)
    cut_off(folder / broken)
    site = site_to_serve(folder, state)
    assert site.airspace.hash == before.airspace.hash
    assert (site.folder, site.source) == (before.folder, folder)
    assert site.unread and broken in site.unread[0]
    assert all(mark is None for _, mark in site.airspace.marks), "the files are tried again"


def test_a_file_of_zones_that_is_gone_is_one_that_cannot_be_read(folder: Path, state: StateFolder) -> None:
    site_to_serve(folder, state)
    in_the_air(state)
    (folder / ZONES).unlink()
    assert ZONES in site_to_serve(folder, state).unread[0]


def test_zones_closed_by_command_count_on_the_copy_too(folder: Path, state: StateFolder) -> None:
    site_to_serve(folder, state)
    in_the_air(state)
    written(state, e.ZoneClosed("crane", CLOSED, 1e12, "mp", "a crane"), e.ZoneClosed("x", CLOSED, 1e12, "mp", ""))
    written(state, e.ZoneOpened("x", "mp", ""))
    cut_off(folder / ZONES)
    assert "crane" in {zone.zone_id for zone in site_to_serve(folder, state).zones.zones}


def test_a_file_that_brings_a_zone_of_the_name_of_a_commanded_one_does_not_end_the_start(
    folder: Path, state: StateFolder
) -> None:
    site_to_serve(folder, state)
    in_the_air(state)
    written(state, e.ZoneClosed("crane", CLOSED, 1e12, "mp", "a crane"))
    text = (folder / ZONES).read_text(encoding="utf-8")
    head, _, tail = text.rpartition("]")
    (folder / ZONES).write_text(f"{head},{CLOSED}]{tail}", encoding="utf-8")
    assert "crane" in site_to_serve(folder, state).unread[0]


def test_a_ledger_that_was_only_just_made_keeps_no_start_from_the_site(folder: Path, state: StateFolder) -> None:
    state.ledger.write_bytes(b"")
    assert site_to_serve(folder, state).unread == ()


def test_without_a_copy_the_start_is_one_to_be_tried_again(folder: Path, state: StateFolder) -> None:
    in_the_air(state)
    cut_off(folder / ZONES)
    with pytest.raises(Unavailable, match="flights are under way, and there is no earlier copy"):
        site_to_serve(folder, state)


def test_a_copy_that_somebody_changed_is_none(folder: Path, state: StateFolder) -> None:
    copy = site_to_serve(folder, state).folder / SITE_FILE
    in_the_air(state)
    copy.write_text(copy.read_text(encoding="utf-8").replace("drone_radius_m", "drone_radius_m "), encoding="utf-8")
    cut_off(folder / ZONES)
    with pytest.raises(Unavailable, match="is not as it was written"):
        site_to_serve(folder, state)


def test_a_bad_copy_is_not_kept_and_old_ones_go_with_the_next_start(folder: Path, state: StateFolder) -> None:
    first = site_to_serve(folder, state).folder
    path = folder / SITE_FILE
    path.write_text(path.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")
    second = SiteCopies(state.site_copies).take(folder).folder
    assert first.exists() and second.exists() and first != second
    path.write_text(path.read_text(encoding="utf-8") + "\n[nonsense]\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        SiteCopies(state.site_copies).take(folder)
    in_the_air(state)
    assert site_to_serve(folder, state).folder == second
    assert sorted(each.name for each in state.site_copies.iterdir()) == sorted([second.name, LAST_GOOD])


def test_a_file_outside_the_sites_folder_is_read_where_it_is(folder: Path, state: StateFolder) -> None:
    (folder / ZONES).rename(folder.parent / ZONES)
    text = (folder / SITE_FILE).read_text(encoding="utf-8")
    (folder / SITE_FILE).write_text(text.replace(f'"{ZONES}"', f'"../{ZONES}"'), encoding="utf-8")
    site = site_to_serve(folder, state)
    assert (site.folder, site.source) == (folder, None)


def test_read_again_the_airspace_counts_where_the_rest_is_wrong_and_planners_stay_where_they_were(
    folder: Path, state: StateFolder
) -> None:
    site = site_to_serve(folder, state)
    path = folder / SITE_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("max_height_m", "max_heigth_m"), encoding="utf-8")
    broken = read_again(folder, site.table, "", state.site_copies)
    assert not isinstance(broken, ReadAgain), "a key of [airspace] itself"
    path.write_text(path.read_text(encoding="utf-8").replace("max_heigth_m", "max_height_m"), encoding="utf-8")
    good = read_again(folder, site.table, "", state.site_copies)
    assert isinstance(good, ReadAgain)
    assert (good.folder, good.unread) == (site.folder, ())
    path.write_text(path.read_text(encoding="utf-8") + "\n[nonsense]\n", encoding="utf-8")
    found = read_again(folder, site.table, "", state.site_copies)
    assert isinstance(found, ReadAgain)
    assert (found.airspace.hash, found.folder) == (site.airspace.hash, None)
    assert "nonsense" in found.unread[0]
