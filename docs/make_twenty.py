"""Takes the picture of the map with twenty aircraft in the air: as many orders of the simulated site, all by drone.

``PYTHONPATH=src:sim:tests/support python docs/make_twenty.py`` writes ``docs/screenshots/twenty.png``. It needs
Chromium with its driver.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
from pathlib import Path

from tests_support.browser import chromium
from tests_support.console_world import ConsoleWorld, console_world
from tests_support.http_world import DARLINGTON

from skystork.app.site import load_site
from skystork.frames import LocalFrame
from skystork.orders.order import Order, OrderId, Parcel

PICTURE = Path(__file__).parent / "screenshots" / "twenty.png"
COUNT, FLEET = 20, 26
"""In the air at once, of so many: the others are between two flights."""
SPEED = 3.0
PATIENCE_S = 240


def site_of(folder: Path) -> Path:
    """The published site with winged aircraft on rows of pads and nothing else on wheels or wings."""
    shutil.copytree(DARLINGTON, folder)
    head = (DARLINGTON / "site.toml").read_text(encoding="utf-8").partition("[[drones]]")[0]
    rows = [
        f'[[drones]]\nvehicle_id = "LC-{number}"\nserial_number = "LC-{number:04d}"\nsystem_id = {number}\n'
        f'profile = "lift_and_cruise"\npad_east_m = {35.0 * (number % 9) - 330}\n'
        f"pad_north_m = {40.0 * (number // 9)}\n"
        for number in range(1, FLEET + 1)
    ]
    (folder / "site.toml").write_text(head + "\n".join(rows), encoding="utf-8")
    world = (folder / "world.toml").read_text(encoding="utf-8").partition("# Real over")[0]
    (folder / "world.toml").write_text(world, encoding="utf-8")
    return folder


def orders(frame: LocalFrame, now_s: float) -> list[Order]:
    """Doorsteps all round, at different distances."""
    places = [
        ((3500.0 + 260.0 * number) * math.sin(2.4 * number), (3500.0 + 260.0 * number) * math.cos(2.4 * number))
        for number in range(int(2.2 * FLEET))
    ]
    return [
        Order(OrderId(f"T-{number:02d}"), now_s, frame.to_geodetic(*place), Parcel(0.8, 0.3, 0.2, 0.1), "Ann Walker")
        for number, place in enumerate(places, 1)
    ]


def in_the_air(world: ConsoleWorld) -> int:
    """How many."""
    return int(world.call(lambda: sum(desk.state.landed == "in_air" for desk in world.service.desks)))


def main() -> None:
    """Let them all go, and look when most are in the air."""
    with tempfile.TemporaryDirectory() as folder:
        site = load_site(site_of(Path(folder) / "site"))
        with console_world(Path(folder) / "state", site=site, speed=SPEED) as world, chromium(world.url) as browser:
            browser.log_in("ada")
            world.wait_ready()
            world.accept(*orders(site.frame, world.call(world.loop.time)))
            browser.open("map")
            most = 0
            for _ in range(PATIENCE_S):
                flying = in_the_air(world)
                most = max(most, flying)
                if flying >= COUNT or flying < most - 2:
                    break
                threading.Event().wait(1.0)
            browser.keys("f")  # the view is theirs before the picture is taken
            threading.Event().wait(3.0)
            browser.driver.save_screenshot(str(PICTURE))
            print(f"{in_the_air(world)} in the air: {PICTURE.name}")


if __name__ == "__main__":
    main()
