"""The pages in a person's hands: filters, sliders, plots, the chain of hashes, two people for what opens again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from selenium.webdriver.support.ui import WebDriverWait
from tests_support.browser import PATIENCE_S, Browser, chromium
from tests_support.console_world import NAMES, ConsoleWorld, console_world

from skystork.control.roles import Role
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel

FLIGHT_S = 240
"""Patience for a flight at the test's speed, on a slow machine [s of real time]."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    with console_world(tmp_path_factory.mktemp("in_use"), speed=4.0) as world:
        world.wait_ready()
        now_s = world.call(world.loop.time)
        world.accept(
            Order(OrderId("U-1"), now_s, Geodetic(54.5900, -1.5850), Parcel(0.8, 0.3, 0.2, 0.1), "Ann"),
            Order(OrderId("U-2"), now_s, Geodetic(54.5300, -1.5400), Parcel(20.0, 0.5, 0.4, 0.4), "Ben"),
        )
        yield world


def test_a_vehicle_shows_its_plan_against_what_it_flew_and_every_flight_its_lines(browser: Browser) -> None:
    browser.open("map")
    browser.until_true("skystorkMap.traffic.drones.some((mark) => mark.airborne)", "one is in the air", FLIGHT_S)
    browser.until_true(
        "[...skystorkMap.lines.flights.values()].some((each) => each.plan.length > 2)", "its plan is drawn", FLIGHT_S
    )
    browser.keys("n")
    browser.until("section.vehicle .plot")
    drawn = "[...document.querySelectorAll('.vehicle svg.plot')].map((each) => each.getAttribute('aria-label'))"
    titles = browser.driver.execute_script(f"return {drawn}")
    assert titles == ["Height above home", "Speed over ground", "Battery"]
    browser.until_true(
        "[...skystorkMap.lines.flights.values()].some((each) => each.flown.length > 2)", "its track grows", FLIGHT_S
    )
    browser.until_true(
        "skystorkMap.traffic.names.some((each) => each.second.includes('off'))", "how far off its plan", FLIGHT_S
    )
    assert browser.until("section.vehicle dd", "✓")
    for name in ("corridor", "plan", "flown"):
        browser.press(f"input[data-lines={name}]")
    assert browser.driver.execute_script("return skystorkMap.lines.shown.size") == 0
    assert browser.complaints() == []


def test_orders_are_filtered_and_say_why_they_go_as_they_do(browser: Browser) -> None:
    browser.open("orders")
    browser.until('tr[data-id="U-1"]')
    browser.until("input[type=search]").send_keys("Ben")
    WebDriverWait(browser.driver, PATIENCE_S).until_not(
        lambda driver: driver.find_elements("css selector", 'tr[data-id="U-1"]')
    )
    browser.press('tr[data-id="U-2"]')
    browser.until(".detail .warn", "kg")
    browser.until(".timeline li", "order accepted")


def test_figures_have_plots_and_counts_in_steps(browser: Browser) -> None:
    browser.open("figures")
    browser.until(".cards .label", "promises kept")
    browser.until_true("document.querySelectorAll('svg.plot').length >= 4", "plots", FLIGHT_S)
    levels = "[...document.querySelectorAll('svg.plot[aria-label=Orders] path')].map((p) => p.getAttribute('d'))"
    for path in browser.driver.execute_script(f"return {levels}"):
        places = [tuple(map(float, each.split())) for each in path.replace("M", "L").split("L") if each.strip()]
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(places))


def test_the_past_is_replayed_with_a_slider(browser: Browser) -> None:
    browser.open("replay")
    browser.until(".timeline li", "order accepted")
    slider = browser.until(".slider input[type=range]")
    before = slider.get_attribute("value")
    browser.driver.execute_script(
        "arguments[0].value = arguments[0].min; arguments[0].dispatchEvent(new Event('input'))", slider
    )
    assert slider.get_attribute("value") != before
    assert browser.complaints() == []


def test_the_audit_trail_is_walked_along_its_hashes(browser: Browser) -> None:
    browser.open("audit")
    browser.press("button", "Verify the chain")
    browser.until(".tools .good", "unbroken")


def test_what_opens_again_after_a_grounding_needs_two_people(browser: Browser, world: ConsoleWorld) -> None:
    browser.open("map")
    browser.press("button[data-group=groundFleet]", "all hold")
    browser.until("dialog.confirm .targets strong", "LC-1")
    rows = browser.driver.find_elements("css selector", "dialog.confirm tbody tr")
    assert len(rows) == len(world.service.desks)
    browser.confirm()
    browser.until(".strip", "FLEET GROUNDED", FLIGHT_S)
    browser.press("button[data-group=resumeDispatch]")
    browser.confirm()
    pending = browser.until("article.pending", "waits for a second person")
    assert not pending.find_element("css selector", "button").is_enabled()
    assert world.call(lambda: world.service.journal.book.control.pause) is not None
    with chromium(world.url) as other:
        other.log_in(NAMES[Role.SAFETY_OFFICER])
        other.open("map")
        other.press("article.pending button", "Confirm")
        other.confirm()
        WebDriverWait(other.driver, PATIENCE_S).until(
            lambda _: world.call(lambda: world.service.journal.book.control.pause) is None
        )
