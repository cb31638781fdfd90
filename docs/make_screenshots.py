"""Takes the pictures of the console that the documents show: six orders of the simulated site in a real browser.

``PYTHONPATH=src:sim:tests/support python docs/make_screenshots.py`` writes ``docs/screenshots/*.png``. It needs
Chromium with its driver, and some minutes: the world runs at six times real time.
"""

from __future__ import annotations

import dataclasses
import tempfile
import threading
from pathlib import Path

from tests_support.browser import Browser, chromium
from tests_support.console_world import ConsoleWorld, console_world
from tests_support.http_world import DARLINGTON

from skystork.app.site import load_site
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel
from skystork.orders.order_state import OrderState

FOLDER = Path(__file__).parent / "screenshots"
SPEED = 6.0
LAUNCHED = ("F-0001", "F-0002")
ZONES = DARLINGTON / "uk_airspace_excerpt.geojson"
FLYING_S = 120.0
"""Patience for the first flights [s of real time]."""


def main() -> None:
    """All of them, in the order a shift goes."""
    site = load_site(DARLINGTON)
    site = dataclasses.replace(site, flight=dataclasses.replace(site.flight, launch="authorised"))
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, console_world(Path(folder), site=site, speed=SPEED) as world:
        world.wait_ready()
        world.accept(*orders(world.call(world.loop.time)))
        with chromium(world.url) as browser:
            take_all(browser, world)


def orders(now_s: float) -> list[Order]:
    """Two for drones, and four that only a van carries."""
    places = [(54.5600, -1.5650), (54.4950, -1.5600), (54.53, -1.55), (54.525, -1.53), (54.52, -1.56), (54.535, -1.545)]
    names = ["Ann Walker", "Ben Iqbal", "Chloe Kirk", "Daniel Ahmed", "Emily Fenwick", "Farah Bell"]
    weights_kg = (0.8, 1.1, 6.0, 9.0, 4.5, 7.2)
    return [
        Order(OrderId(f"S1-{number:04d}"), now_s, Geodetic(*place), Parcel(weight_kg, 0.3, 0.2, 0.1), name)
        for number, (place, name, weight_kg) in enumerate(zip(places, names, weights_kg, strict=True), 1)
    ]


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
    for flight in LAUNCHED:
        give_word(browser, flight, "authoriseLaunch")
    for flight in LAUNCHED:
        give_word(browser, flight, "startLaunch")
    browser.open("map")
    until_flying(world)
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
    browser.keys("?")
    browser.until("dialog#help td")
    browser.driver.execute_script("document.querySelector('#help').scrollTop = 0")
    take(browser, "help")
    browser.press("dialog#help button", "Close")
    for page in ("orders", "fleet", "airspace", "figures", "replay", "audit"):
        browser.open(page)
        pause(3.0)
        prepare(browser, page)
        take(browser, page)


def prepare(browser: Browser, page: str) -> None:
    """What a person does on a page before it says the most."""
    if page == "orders":
        browser.press("tbody tr.pick")
        browser.until(".timeline li")
    if page == "airspace":
        browser.until("input[type=file]").send_keys(str(ZONES))
        browser.until(".losses li")
        browser.driver.execute_script("document.querySelector('.mapcard').scrollIntoView()")
        pause(2.0)
    if page == "audit":
        browser.press("button", "Verify the chain")
        browser.until(".tools .good", "unbroken")


def give_word(browser: Browser, flight: str, command: str) -> None:
    """To one flight, as soon as it waits for this word."""
    word = "authorised" if command == "authoriseLaunch" else "launched"
    browser.until(f'.waiting article[data-flight="{flight}"]', f"waits to be {word}", FLYING_S)
    browser.press(f'.waiting article[data-flight="{flight}"]')
    browser.until(".launch h2", f"{flight} with")
    browser.press(f'button[data-command="{command}"]')
    browser.confirm()


def until_flying(world: ConsoleWorld) -> None:
    """Until every flight that was launched is in the air, and some of the way is flown."""
    for _ in range(int(FLYING_S)):
        if world.call(lambda: sum(1 for _ in world.service.journal.book.orders(OrderState.FLYING))) >= len(LAUNCHED):
            pause(8.0)
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
