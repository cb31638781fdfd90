"""A survey from a file, at the launch desk: judged, authorised, launched and flown to its landing; out and in again."""

from __future__ import annotations

import json
from pathlib import Path

from selenium.webdriver.support.ui import Select
from tests_support.browser import Browser, logged_in
from tests_support.console_world import ConsoleWorld, console_world

from skystork.frames import Geodetic

FLIGHT_S = 240
"""Patience for a flight at the test's speed, on a slow machine [s of real time]."""
VEHICLE = "MR-7"


def survey_beside(world: ConsoleWorld) -> str:
    """Three ways beside the pad, and a return as QGroundControl writes it."""
    pad = next(each.pad for each in world.service.site.drones if each.vehicle_id == VEHICLE)
    frame = world.service.site.frame
    east_m, north_m = frame.to_enu_m(pad)
    places = [frame.to_geodetic(east_m + east, north_m + north) for east, north in ((0, 200), (60, 200), (60, 0))]
    rows = [item(22, 50.0), *(item(16, 50.0, place) for place in places), item(20, 0.0)]
    return json.dumps({"fileType": "Plan", "version": 1, "mission": {"version": 2, "items": rows}})


def item(command: int, height_m: float, place: Geodetic | None = None) -> dict[str, object]:
    where = [place.latitude_deg, place.longitude_deg] if place else [0, 0]
    params = [0, 0, 0, None, *where, height_m]
    return {"type": "SimpleItem", "autoContinue": True, "command": command, "frame": 3, "params": params}


def give(browser: Browser, file: Path) -> None:
    """Choose the vehicle, and the file."""
    browser.until(f'select[name=vehicle] option[value="{VEHICLE}"]')
    Select(browser.until("select[name=vehicle]")).select_by_value(VEHICLE)
    browser.until("section.mission input[type=file]").send_keys(str(file))


def test_a_survey_is_flown_from_the_page_to_its_landing_and_its_export_passes_again(tmp_path: Path) -> None:
    with console_world(tmp_path / "state", speed=8.0) as world, logged_in(world.url) as browser:
        world.wait_ready()
        file = tmp_path / "survey.plan"
        file.write_text(survey_beside(world))
        browser.open("launch")
        give(browser, file)
        browser.until(".mission .good", "legs pass")
        browser.press(f'button[data-fly="{VEHICLE}"]')
        browser.confirm()
        exported(browser, tmp_path)
        fly(browser, world)


def exported(browser: Browser, folder: Path) -> None:
    """What waits at the desk is taken out as a file, and given in again: the same ways, and all of them pass."""
    browser.press(
        ".waiting article",
        "survey.plan",
    )
    browser.until("ul.checks li", "✓ pass")
    link = browser.until('a[download][href$="/plan"]')
    text = browser.driver.execute_async_script(
        "const done = arguments[1]; fetch(arguments[0]).then((each) => each.text()).then(done)",
        link.get_attribute("href"),
    )
    document = json.loads(text)
    assert document["fileType"] == "Plan"
    assert document["geoFence"]["polygons"][0]["inclusion"] is True
    again = folder / "again.plan"
    again.write_text(text)
    give(browser, again)
    browser.until(".mission .good", "legs pass")
    names = [each.get_attribute("data-leg") for each in browser.driver.find_elements("css selector", "[data-leg]")]
    assert len(names) == len(set(names)) >= 5


def fly(browser: Browser, world: ConsoleWorld) -> None:
    """Both words by the keyboard, and nothing of it waits any more when it stands on its pad again."""
    desk = next(each for each in world.service.desks if each.drone.vehicle_id == VEHICLE)
    browser.driver.execute_script("document.activeElement.blur()")
    browser.until(".launch h2", VEHICLE)
    browser.keys("A")
    browser.until("dialog.confirm h2", "Authorise")
    browser.confirm()
    browser.until(".steps li.now", "5 launch", FLIGHT_S)
    browser.keys("L")
    browser.until("dialog.confirm h2", "Launch")
    browser.confirm()
    browser.open("map")
    browser.until_done(lambda: world.call(lambda: desk.state.landed == "in_air"), "in the air", FLIGHT_S)
    browser.open("fleet")
    browser.press(f'tr[data-id="{VEHICLE}"] button.link')
    browser.until("section.vehicle dd", "of ", FLIGHT_S)  # the step of its mission
    browser.until_done(
        lambda: world.call(lambda: not desk.busy and desk.state.landed == "on_ground"), "landed", FLIGHT_S
    )
    browser.open("audit")
    browser.until("tbody td", "survey.plan")
    assert browser.complaints() == []
