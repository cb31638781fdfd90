"""Takes the pictures of the console that the documents show: the simulated Darlington hour in a real browser.

``PYTHONPATH=src:sim:tests/support python docs/make_screenshots.py`` writes ``docs/screenshots/*.png``. It needs
Chromium with its driver, and some minutes: the hour is simulated at six times real time.
"""

from __future__ import annotations

import dataclasses
import tempfile
import threading
from pathlib import Path

from tests_support.browser import Browser, chromium
from tests_support.console_world import ConsoleWorld, console_world
from tests_support.http_world import DARLINGTON

from skystork.app.demo import seeded_orders
from skystork.app.site import load_site
from skystork.orders.order_state import OrderState

FOLDER = Path(__file__).parent / "screenshots"
SPEED = 6.0
FLYING_S = 300.0
"""Patience for the first flights [s of real time]."""


def main() -> None:
    """All of them, in the order a shift goes."""
    site = load_site(DARLINGTON)
    site = dataclasses.replace(site, flight=dataclasses.replace(site.flight, launch="authorised"))
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, console_world(Path(folder), site=site, speed=SPEED) as world:
        world.wait_ready()
        orders = seeded_orders(site, 1, 60).orders
        now_s = world.call(world.loop.time)
        near = sorted(orders, key=lambda order: site.frame.to_enu_m(order.drop_off)[0] ** 2)
        world.accept(*(dataclasses.replace(order, placed_at_s=now_s) for order in near[:14]))
        with chromium(world.url) as browser:
            take_all(browser, world)


def take_all(browser: Browser, world: ConsoleWorld) -> None:
    """Log in, let two flights go, and walk through the pages."""
    browser.driver.get(browser.url)
    browser.until("form.login")
    take(browser, "login")
    browser.log_in("ada")
    browser.open("launch")
    browser.until(".waiting article", "", FLYING_S)
    browser.until("ul.checks li")
    pause(2.0)
    take(browser, "launch")
    for _ in range(3):
        give_word(browser, "authoriseLaunch")
    for _ in range(3):
        give_word(browser, "startLaunch")
    browser.open("map")
    until_flying(browser, world)
    browser.keys("n")
    browser.until("section.vehicle .plot")
    browser.keys("f")
    pause(4.0)
    take(browser, "map")
    browser.keys("h")
    browser.until("dialog.confirm td")
    take(browser, "question")
    browser.confirm()
    browser.until('article[data-key^="held:"]', "", FLYING_S)
    pause(2.0)
    take(browser, "attention")
    for page in ("orders", "fleet", "airspace", "figures", "replay", "audit"):
        browser.open(page)
        pause(4.0)
        if page == "orders":
            browser.press("tbody tr.pick")
            browser.until(".timeline li")
        take(browser, page)


def give_word(browser: Browser, command: str) -> None:
    """To the first flight that waits for it."""
    word = "authorised" if command == "authoriseLaunch" else "launched"
    browser.press(".waiting article", f"waits to be {word}")
    browser.press(f'button[data-command="{command}"]')
    browser.confirm()


def until_flying(browser: Browser, world: ConsoleWorld) -> None:
    """Until an order is in the air."""
    del browser
    for _ in range(int(FLYING_S)):
        if world.call(lambda: any(True for _ in world.service.journal.book.orders(OrderState.FLYING))):
            pause(20.0)
            return
        pause(1.0)


def pause(seconds: float) -> None:
    """Let the world go on, in real time."""
    threading.Event().wait(seconds)


def take(browser: Browser, name: str) -> None:
    """One picture."""
    browser.driver.save_screenshot(str(FOLDER / f"{name}.png"))
    print(f"docs/screenshots/{name}.png")


if __name__ == "__main__":
    main()
