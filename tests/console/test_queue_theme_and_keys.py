"""The queue by time left, both themes read by their contrast, and every control reached and shown by the keyboard."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from tests_support.browser import PATIENCE_S, Browser
from tests_support.console_world import ConsoleWorld, console_world
from tests_support.http_world import DARLINGTON

from skystork.app.site import load_site
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel

PAGES = ("map", "launch", "orders", "fleet", "airspace", "figures", "replay", "audit")
READY = {
    "map": "section.attention article",
    "launch": "ul.checks li",
    "orders": "tr.pick",
    "fleet": "td .meter",
    "airspace": "table td",
    "figures": ".cards .value",
    "replay": ".timeline li",
    "audit": "table td",
}
PLANNED_S = 240
"""Patience for two plans on a slow machine [s]."""
LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3, level AA; controls that are switched off are exempt there."""

POOR = """
const parts = (text) => {
  const numbers = (text.match(/-?[\\d.]+/g) ?? []).map(Number);
  const scale = text.startsWith("color(") ? 255 : 1;
  return [...numbers.slice(0, 3).map((each) => each * scale), numbers[3] ?? 1];
};
const over = ([r, g, b, a], below) => [r, g, b].map((each, at) => each * a + below[at] * (1 - a));
const behind = (element) => {
  const chain = [];
  for (let each = element; each; each = each.parentElement) chain.push(parts(getComputedStyle(each).backgroundColor));
  return chain.reverse().reduce((below, each) => over(each, below), [0, 0, 0]);
};
const light = (rgb) => {
  const linear = (each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = rgb.map((each) => linear(each / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].filter((each) => each.nodeType === 3).map((each) => each.data.trim()).join("");
  if (!own || element.closest(":disabled, script, style, option") || !element.getClientRects().length) continue;
  const style = getComputedStyle(element), ground = behind(element);
  const ink = over(parts(element.closest("svg") ? style.fill : style.color), ground);
  const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
  const ratio = (high + 0.05) / (low + 0.05);
  if (ratio < arguments[0]) found.push(`${ratio.toFixed(2)} ${own.slice(0, 40)}`);
}
return [...new Set(found)];
"""

CONTROLS = """
return [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter((each) => !each.disabled && each.checkVisibility() && !each.closest("dialog")).length;
"""
FOCUSED = """
const each = document.activeElement;
if (each === document.body) return null;
const style = getComputedStyle(each);
const shown = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
return [shown, `${each.tagName} ${each.textContent.slice(0, 30)}`];
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    """Two flights that wait for a person's word, the one promised later first."""
    site = load_site(DARLINGTON)
    site = dataclasses.replace(site, flight=dataclasses.replace(site.flight, launch="authorised"))
    with console_world(tmp_path_factory.mktemp("queue"), site=site, speed=1.0) as world:
        world.wait_ready()
        world.accept(order(world, "Q-1", Geodetic(54.5600, -1.5650)))
        world.accept(order(world, "Q-2", Geodetic(54.5900, -1.5850)))
        yield world


def order(world: ConsoleWorld, order_id: str, place: Geodetic) -> Order:
    return Order(OrderId(order_id), world.call(world.loop.time), place, Parcel(0.8, 0.3, 0.2, 0.1), "Ann")


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Browser:
    """When both launches wait."""
    browser.open("map")
    waits = "document.querySelectorAll(\"section.attention article[data-key^='launch:']\").length === 2"
    browser.until_true(waits, "two launches wait", PLANNED_S)
    browser.complaints()
    return browser


def test_the_queue_is_in_the_order_of_the_time_left(browser: Browser) -> None:
    browser.driver.refresh()
    browser.until("section.attention .left", "left")
    script = (
        "return [...document.querySelectorAll('section.attention .left[data-by]')].map((e) => Number(e.dataset.by))"
    )
    until_s: list[float] = browser.driver.execute_script(script)
    assert len(until_s) == 2
    assert until_s == sorted(until_s)
    first = browser.driver.find_element("css selector", "section.attention article")
    assert "chosen" in (first.get_attribute("class") or "")
    assert "Q-2" in first.text  # farther away: it must leave earlier
    browser.keys("j")
    browser.until("section.attention article.chosen", "Q-1")
    browser.keys("a")
    browser.until("section.attention article.chosen .who", "yours")


def test_the_chosen_matter_stays_chosen_when_a_more_pressing_one_comes_above_it(
    browser: Browser, world: ConsoleWorld
) -> None:
    """The answer that a person is about to give never goes to another."""
    browser.until("section.attention article.chosen", "Q-1")
    world.accept(order(world, "Q-3", Geodetic(54.5950, -1.5900)))
    waits = "section.attention article[data-key^='launch:']"
    WebDriverWait(browser.driver, PLANNED_S, 0.2).until(
        lambda driver: len(driver.find_elements("css selector", waits)) == 3, "three launches wait"
    )
    chosen = browser.driver.find_elements("css selector", "section.attention article.chosen")
    assert ["Q-1" in each.text for each in chosen] == [True]
    answers = browser.driver.find_elements("css selector", "section.attention article:not(.chosen) ul")
    assert answers == []  # only what is chosen is open
    script = "const each = document.querySelector(arguments[0]); each.focus(); return each.dataset.key"
    key = browser.driver.execute_script(script, f"{waits}:not(.chosen)")
    browser.keys(Keys.ENTER)
    browser.until(f'section.attention article.chosen[data-key="{key}"]')


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_text_of_every_page_is_readable(browser: Browser, theme: str) -> None:
    poor: dict[str, list[str]] = {}
    browser.driver.execute_script("localStorage.setItem('skystork-theme', arguments[0])", theme)
    browser.driver.refresh()
    for page in PAGES:
        browser.open(page)
        browser.until(READY[page])
        assert browser.driver.find_element("css selector", "html").get_attribute("data-theme") == theme
        found = browser.driver.execute_script(POOR, LEAST_CONTRAST)
        if found:
            poor[page] = found
    assert poor == {}


def test_the_theme_is_changed_by_a_button_and_kept(browser: Browser) -> None:
    browser.driver.execute_script("localStorage.removeItem('skystork-theme')")
    browser.driver.refresh()
    browser.until("section.attention, .board, .launch, .replay")
    root = browser.driver.find_element("css selector", "html")
    assert root.get_attribute("data-theme") == "dark"  # unless somebody says otherwise
    browser.press("#bar button[aria-label='light or dark']")
    assert root.get_attribute("data-theme") == "light"
    browser.driver.refresh()
    browser.until("#bar .who")
    assert browser.driver.find_element("css selector", "html").get_attribute("data-theme") == "light"
    browser.press("#bar button[aria-label='light or dark']")


@pytest.mark.parametrize("page", PAGES)
def test_every_control_is_reached_by_the_tab_key_and_shows_that_it_has_the_focus(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.until(READY[page])
    wanted: int = browser.driver.execute_script(CONTROLS)
    browser.driver.execute_script("document.querySelector('#bar a').focus()")
    reached, hidden = 1, []
    for _ in range(wanted + 40):  # some may come meanwhile
        browser.keys(Keys.TAB)
        focused: list[Any] | None = browser.driver.execute_script(FOCUSED)
        if focused is None:
            break
        reached += 1
        if not focused[0]:
            hidden.append(focused[1])
    assert hidden == []
    assert wanted - 3 <= reached < wanted + 40  # some may go, and the walk comes to its end


def test_the_focus_stays_on_its_row_while_the_figures_are_drawn_anew(browser: Browser) -> None:
    browser.open("fleet")
    browser.until('tr[data-id="LC-3"] button.link')
    row = "document.querySelector('tr[data-id=\"LC-3\"]')"
    browser.driver.execute_script(f"{row}.querySelector('button').focus(); {row}.dataset.old = 1")
    gone = "return !document.querySelector('tr[data-old]')"
    WebDriverWait(browser.driver, PATIENCE_S, 0.1).until(lambda driver: driver.execute_script(gone), "drawn anew")
    where = "return document.activeElement.closest('tr')?.dataset.id + ' ' + document.activeElement.tagName"
    assert browser.driver.execute_script(where) == "LC-3 BUTTON"


def test_a_flight_at_the_launch_desk_is_chosen_and_refused_by_keys_alone(browser: Browser, world: ConsoleWorld) -> None:
    browser.open("launch")
    browser.until(".waiting article.chosen")
    other = browser.until(".waiting article:not(.chosen)")
    flight = other.get_attribute("data-flight")
    browser.driver.execute_script("arguments[0].focus()", other)
    browser.keys(Keys.ENTER)
    browser.until(f'.waiting article.chosen[data-flight="{flight}"]')
    browser.until(".launch h2", str(flight))
    browser.keys("X")
    browser.until("dialog.confirm h2", "Refuse")
    browser.keys(Keys.ENTER)
    WebDriverWait(browser.driver, PATIENCE_S, 0.1).until_not(
        lambda driver: driver.find_elements("css selector", f'.waiting article[data-flight="{flight}"]')
    )
