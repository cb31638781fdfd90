"""Each page of the console in a real browser: it opens, shows what the service knows, and complains of nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import Select
from tests_support.browser import Browser, chromium
from tests_support.console_world import NAMES, ConsoleWorld, console_world

from skystork.control.roles import Role
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel

PAGES = {
    "map": ("section.attention", "Attention"),
    "launch": (".launch h1", "Launch desk"),
    "orders": ("table td", "P-1"),
    "fleet": ("table td", "LC-1"),
    "airspace": ("table td", "prohibited"),
    "figures": (".cards .label", "orders accepted"),
    "replay": (".timeline strong", "order accepted"),
    "audit": (".board h1", "Audit trail"),
}
FORBIDDEN = "the server responded with a status of 403"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    with console_world(tmp_path_factory.mktemp("pages"), speed=2.0) as world:
        placed_at_s = world.call(world.loop.time)
        world.accept(Order(OrderId("P-1"), placed_at_s, Geodetic(54.5300, -1.5400), Parcel(20.0, 0.5, 0.4, 0.4), "Ann"))
        yield world


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_and_complains_of_nothing(browser: Browser, page: str) -> None:
    browser.open(page)
    selector, text = PAGES[page]
    browser.until(selector, text)
    assert browser.complaints() == []


def test_nothing_is_asked_of_another_machine(browser: Browser) -> None:
    browser.open("map")
    asked = browser.driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert asked
    assert all(str(address).startswith(browser.url) for address in asked)


def test_scripts_in_the_page_are_not_run(browser: Browser) -> None:
    """The policy of the server: even a script that got into the page does nothing."""
    browser.driver.execute_script(
        "const s = document.createElement('script'); s.textContent = 'document.title = \"owned\"';"
        "document.head.append(s)"
    )
    assert browser.driver.title != "owned"
    browser.complaints()


def test_the_keys_are_shown_by_the_question_mark(browser: Browser) -> None:
    browser.open("map")
    browser.until("section.attention")
    browser.keys("?")
    browser.until("dialog#help td", "hold the chosen vehicle")
    browser.press("dialog#help button", "Close")


def test_the_address_of_the_first_run_fills_in_its_code_and_forgets_it(world: ConsoleWorld) -> None:
    """The terminal shows it as ``…/#setup=CODE``."""
    with chromium(world.url) as browser:
        browser.driver.get(f"{world.url}/#setup=abc-123")
        assert browser.until("form.login details[open] input[name=code]").get_attribute("value") == "abc-123"
        assert "setup" not in browser.driver.current_url


def test_a_group_action_lists_its_targets_and_asks(browser: Browser, world: ConsoleWorld) -> None:
    browser.open("map")
    browser.press("button[data-group=pauseDispatch]")
    browser.until("dialog.confirm td", "no flight and no tour begins")
    assert world.call(lambda: world.service.journal.book.control.pause) is None
    browser.confirm()
    browser.until(".strip", "dispatch paused")
    browser.press("button[data-group=resumeDispatch]")
    browser.confirm()


def test_a_file_of_zones_is_looked_at_with_what_would_be_lost(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "crane.geojson"
    file.write_text(crane())
    browser.open("airspace")
    browser.until("input[type=file]").send_keys(str(file))
    browser.until(".result p", "1 zones, all readable")
    browser.until(".losses li", "kml")
    file.write_text("{}")
    browser.driver.refresh()
    browser.until("input[type=file]").send_keys(str(file))
    browser.until(".result .grave")
    browser.complaints()


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.SUPERVISOR, True)])
def test_what_a_role_may_not_order_it_cannot_press(world: ConsoleWorld, role: Role, may: bool) -> None:
    with chromium(world.url) as browser:
        browser.log_in(NAMES[role])
        browser.open("map")
        assert browser.until("button[data-group=groundFleet]").is_enabled() is may


def test_a_mission_by_hand_is_judged_and_put_on_the_launch_desk(
    browser: Browser, world: ConsoleWorld, tmp_path: Path
) -> None:
    world.wait_ready()
    drone = next(each for each in world.service.site.drones if each.vehicle_id.startswith("MR"))
    file = tmp_path / "survey.plan"
    file.write_text(survey_beside(world, drone.pad))
    browser.open("launch")
    choose_vehicle(browser, drone.vehicle_id)
    browser.until("input[type=file]").send_keys(str(file))
    browser.until(".mission .good", "legs pass")
    browser.press(f'button[data-fly="{drone.vehicle_id}"]')
    assert browser.until("dialog.confirm td strong").text == drone.vehicle_id
    browser.confirm()
    browser.press(".waiting article", "survey.plan")
    browser.until("ul.checks li", "✓ pass")
    browser.press('button[data-command="refuseLaunch"]')
    browser.confirm()
    browser.until(".waiting .good", "Nothing waits")
    assert browser.complaints() == []


def survey_beside(world: ConsoleWorld, pad: Geodetic) -> str:
    frame = world.service.site.frame
    east_m, north_m = frame.to_enu_m(pad)
    places = [frame.to_geodetic(east_m + east, north_m + north) for east, north in ((0, 200), (60, 200), (60, 0))]
    rows = [item(22, 50.0), *(item(16, 50.0, place) for place in places), item(20, 0.0)]
    return json.dumps({"fileType": "Plan", "version": 1, "mission": {"version": 2, "items": rows}})


def item(command: int, height_m: float, place: Geodetic | None = None) -> dict[str, object]:
    where = [place.latitude_deg, place.longitude_deg] if place else [0, 0]
    params = [0, 0, 0, None, *where, height_m]
    return {"type": "SimpleItem", "autoContinue": True, "command": command, "frame": 3, "params": params}


def choose_vehicle(browser: Browser, vehicle_id: str) -> None:
    browser.until(f'select[name=vehicle] option[value="{vehicle_id}"]')
    Select(browser.until("select[name=vehicle]")).select_by_value(vehicle_id)


def test_a_file_of_zones_is_brought_into_force_and_only_somebody_else_takes_it_out(
    browser: Browser, world: ConsoleWorld, tmp_path: Path
) -> None:
    file = tmp_path / "crane.geojson"
    file.write_text(crane())
    browser.open("airspace")
    browser.until("input[type=file]").send_keys(str(file))
    browser.press("button[data-bring=in]")
    browser.until("dialog.confirm p", "1 close flights of this site: Crane")
    browser.confirm()
    browser.until('tr[data-set="crane"]', "by ada")
    browser.until("table td", "Crane")
    assert "crane" in {zone.zone_id for zone in world.service.site.zones.zones}
    browser.press('tr[data-set="crane"] button')
    browser.confirm()
    browser.until(".toast.grave", "crane")
    browser.complaints()
    with chromium(world.url) as other:
        other.log_in(NAMES[Role.SAFETY_OFFICER])
        other.open("airspace")
        other.press('tr[data-set="crane"] button')
        other.confirm()
        other.until(".sets", "Nothing besides")
    assert "crane" not in {zone.zone_id for zone in world.service.site.zones.zones}


def crane() -> str:
    ring = [[-1.56, 54.52], [-1.55, 54.52], [-1.55, 54.53], [-1.56, 54.52]]
    about = {"id": "crane", "name": "Crane", "type": "R", "lower": "SFC", "upper": "400 ft"}
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": about, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})
