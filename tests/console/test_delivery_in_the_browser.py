"""The whole way of an order at the desk: planned, authorised, launched, held, resumed, delivered; in a real browser."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from selenium.webdriver.common.keys import Keys
from tests_support.browser import Browser, logged_in
from tests_support.console_world import ConsoleWorld, console_world
from tests_support.http_world import DARLINGTON

from skystork.app.site import Site, load_site
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel
from skystork.orders.order_state import OrderState

EVIL = "<img src=x onerror=document.title='owned'><b>Ann</b> & Söhne"
FLIGHT_S = 240
"""Patience for a flight at the test's speed, on a slow machine [s of real time]."""


def authorised_site() -> Site:
    site = load_site(DARLINGTON)
    return dataclasses.replace(site, flight=dataclasses.replace(site.flight, launch="authorised"))


def order_at(world: ConsoleWorld, order_id: str) -> Order:
    placed_at_s = world.call(world.loop.time)
    return Order(OrderId(order_id), placed_at_s, Geodetic(54.5600, -1.5650), Parcel(0.8, 0.3, 0.2, 0.1), EVIL)


def state_of(world: ConsoleWorld, order_id: str) -> OrderState:
    state: OrderState = world.call(lambda: world.service.journal.book.order(OrderId(order_id)).state)
    return state


def test_an_order_is_authorised_launched_held_resumed_and_delivered(tmp_path: Path) -> None:
    with (
        console_world(tmp_path / "state", site=authorised_site(), speed=8.0) as world,
        logged_in(world.url) as browser,
    ):
        world.wait_ready()
        world.accept(order_at(world, "B-1"))
        authorise_and_launch(browser)
        hold_and_resume(browser, world)
        browser.until_done(lambda: state_of(world, "B-1") is OrderState.DELIVERED, "B-1 delivered", FLIGHT_S)
        look_at_the_order(browser)
        assert [line for line in browser.complaints() if "401" not in line] == []


def authorise_and_launch(browser: Browser) -> None:
    """Two words, each asked for and confirmed; the plan is drawn and every check is listed before the first."""
    browser.open("launch")
    browser.until(".waiting article", "B-1", FLIGHT_S)
    browser.until("ul.checks li", "✓ pass")
    assert not browser.driver.find_elements("css selector", "ul.checks .grave")
    browser.press('button[data-command="authoriseLaunch"]')
    browser.until("dialog.confirm td", "its parcel is loaded")
    browser.confirm()
    browser.until(".steps li.now", "5 launch", FLIGHT_S)
    browser.keys("L")
    browser.until("dialog.confirm td", "takes off")
    browser.confirm()


def hold_and_resume(browser: Browser, world: ConsoleWorld) -> None:
    """By the keyboard: the vehicle stands, the queue has it with the time left, and its first answer is to resume."""
    browser.open("map")
    browser.until_done(lambda: state_of(world, "B-1") is OrderState.FLYING, "B-1 in the air", FLIGHT_S)
    browser.until_done(lambda: choose_next(browser), "a vehicle is chosen", FLIGHT_S)
    browser.until("section.vehicle dd", "outbound", FLIGHT_S)
    ask_for_another_doorstep(browser)
    browser.keys("h")
    browser.until("dialog.confirm[data-command=hold]")
    browser.confirm()
    matter = browser.until('article[data-key^="held:"]', "holds in the air", FLIGHT_S)
    assert "left" in matter.text and "reserve" in matter.text
    browser.press('article[data-key^="held:"] button.take')
    browser.until('article[data-key^="held:"] .who', "yours")
    browser.press('article[data-key^="held:"] li button', "Resume")
    browser.confirm()
    held = "document.querySelector('article[data-key^=\"held:\"]')"
    browser.until_true(f"!{held}", "it flies on", FLIGHT_S)


def ask_for_another_doorstep(browser: Browser) -> None:
    """A dialog of the page's own: what is no place is not sent, and Escape leaves everything as it is."""
    browser.press("button[data-action=divert]")
    place = browser.until("dialog.confirm input[name=place]")
    place.send_keys("the old mill", Keys.ENTER)
    assert browser.driver.execute_script("return arguments[0].matches(':invalid')", place)
    place.clear()
    place.send_keys("54.5610, -1.5660", Keys.ENTER)
    browser.until("dialog.confirm[data-command=divert] h2", "Divert")
    browser.keys(Keys.ESCAPE)
    browser.until_done(
        lambda: not browser.driver.find_elements("css selector", "dialog"), "nothing is asked any more", FLIGHT_S
    )


def choose_next(browser: Browser) -> bool:
    browser.keys("n")
    return bool(browser.driver.find_elements("css selector", "section.vehicle:not([hidden]) dd"))


def look_at_the_order(browser: Browser) -> None:
    """Its timeline tells all of it, and what the customer wrote stays text."""
    browser.open("orders")
    browser.press('tr[data-id="B-1"]')
    browser.until(".timeline strong", "order delivered")
    for what in ("order accepted", "order assigned", "launch settled", "flight launched", "steering ordered"):
        browser.until(".timeline strong", what)
    assert EVIL in browser.until(".detail").text
    assert "owned" not in browser.driver.title
    assert not browser.driver.find_elements("css selector", "main img, main b")
