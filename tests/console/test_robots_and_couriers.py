"""Robots, chargers and partners' couriers in the browser: on the map, on the boards, and in the figures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.support.ui import Select
from tests_support.browser import Browser
from tests_support.console_world import ConsoleWorld, console_world
from tests_support.http_world import DARLINGTON

from skystork.app.site import load_site
from skystork.orders.order import Order, OrderId, Parcel

TRIP_S = 240
"""Patience for a robot's trip at the test's speed, on a slow machine [s of real time]."""
MORE = """
[[chargers]]
name = "market square"
position = { latitude_deg = 54.5250, longitude_deg = -1.5500 }

[[partners]]
name = "bike"
cost = 90.0
delivers_within_s = 2400.0
radius_m = 8000.0
capacity = 2
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    folder = tmp_path_factory.mktemp("ground")
    shutil.copytree(DARLINGTON, folder / "site")
    file = folder / "site" / "site.toml"
    file.write_text(file.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    with console_world(folder / "state", site=load_site(folder / "site"), speed=8.0) as world:
        yield world


def press_slowly(browser: Browser, selector: str) -> None:
    """As a hand does it: figures come in between the button's going down and up."""
    ActionChains(browser.driver).click_and_hold(browser.until(selector)).perform()
    clock = browser.until(".clock").text
    browser.until_true(f"document.querySelector('.clock').textContent !== '{clock}'", "another second", TRIP_S)
    ActionChains(browser.driver).release().perform()


def test_a_robot_is_seen_on_the_map_and_its_order_on_every_board(browser: Browser, world: ConsoleWorld) -> None:
    now_s = world.call(world.loop.time)
    browser.until_true("document.querySelector('section.attention')", "the map", TRIP_S)
    place = world.service.site.frame.to_geodetic(300.0, 150.0)
    robot = "skystorkMap.traffic.vans.find((each) => each.kind === 'robot')"
    browser.until_true(f"{robot}?.latitude", "the robot is heard", TRIP_S)
    world.accept(Order(OrderId("R-1"), now_s, place, Parcel(5.0, 0.3, 0.2, 0.1), "Ann"))
    browser.until_true(f"{robot}.stops.length", "the robot has a stop", TRIP_S)
    names = "skystorkMap.traffic.names.map((each) => each.text)"
    browser.until_true(f"{names}.includes('RB-1')", "its name on the map", TRIP_S)
    browser.open("fleet")
    browser.until('tr[data-id="RB-1"] td:nth-child(2)', "robot")
    browser.until('tr[data-id="bike"] td:nth-child(4)', "2")
    press_slowly(browser, 'tr[data-id="RB-1"] button.link')
    browser.until("section.vehicle dd", "sidewalk robot")
    browser.until("section.vehicle dd", "R-1")
    browser.open("orders")
    Select(browser.until("select[aria-label=mode]")).select_by_value("robot")
    browser.until('tr[data-id="R-1"]', "RB-1")
    browser.open("figures")
    browser.until(".cards .card", "by robot", TRIP_S)
    browser.until(".cards .label", "minutes by robot")
    assert browser.complaints() == []


def test_chargers_are_on_the_map(browser: Browser) -> None:
    browser.open("map")
    browser.until_true(
        "Object.values(skystorkMap.map._layers).some((each) => each.getTooltip?.()?.getContent?.()?.textContent"
        "?.includes('Charger market square'))",
        "the charger's mark",
    )
