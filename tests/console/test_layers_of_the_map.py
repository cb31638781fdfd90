"""What the map is drawn on where a site gives it: tiles of a server, streets, ground; and the vans' stops upon it."""

from __future__ import annotations

import base64
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from tests_support.browser import Browser
from tests_support.console_world import ConsoleWorld, console_world
from tests_support.http_world import DARLINGTON

from skystork.app.site import load_site
from skystork.frames import Geodetic
from skystork.orders.order import Order, OrderId, Parcel

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""
TILE_SAMPLES = 1201
"""A side of an SRTM tile of 3 arc seconds: heights as big-endian 16-bit numbers, from the north-west on."""
STOP_S = 120


@dataclass
class Tiles:
    """What was asked of the server."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def tile_server() -> Iterator[Tiles]:
    tiles = Tiles()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tiles.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(DOT)))
            self.end_headers()
            self.wfile.write(DOT)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        tiles.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, name="tile server")
        thread.start()
        try:
            yield tiles
        finally:
            server.shutdown()
            thread.join()


def site_on(folder: Path, tiles: Tiles) -> Path:
    """The published site with a server of tiles, two streets and a slope of ground."""
    shutil.copytree(DARLINGTON, folder)
    streets = [
        {"type": "LineString", "coordinates": [[-1.60, 54.51 + n / 100], [-1.45, 54.53 + n / 100]]} for n in (0, 1)
    ]
    features = [{"type": "Feature", "properties": {}, "geometry": line} for line in streets]
    (folder / "streets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    slope = np.tile(np.linspace(0, 60, TILE_SAMPLES).astype(">i2"), (TILE_SAMPLES, 1))
    (folder / "N54W002.hgt").write_bytes(slope.tobytes())
    console = (
        f'\n[console]\ntile_url = "{tiles.url}/{{z}}/{{x}}/{{y}}.png"\n'
        'tile_attribution = "<b>Tiles</b> of a test"\nstreets = "streets.geojson"\n'
    )
    text = (folder / "site.toml").read_text(encoding="utf-8")
    text = text.replace("[airspace.kinds]", '[airspace.terrain]\nfile = "N54W002.hgt"\n\n[airspace.kinds]', 1)
    (folder / "site.toml").write_text(text + console, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tiles() -> Iterator[Tiles]:
    with tile_server() as tiles:
        yield tiles


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, tiles: Tiles) -> Iterator[ConsoleWorld]:
    folder = tmp_path_factory.mktemp("layers")
    site = load_site(site_on(folder / "site", tiles))
    site = replace(site, rules=replace(site.rules, van_leave_parcels=1))  # no waiting for company
    with console_world(folder / "state", site=site, speed=4.0) as world:
        yield world


def test_tiles_are_drawn_below_everything_and_their_owner_is_named_as_text(browser: Browser, tiles: Tiles) -> None:
    browser.open("map")
    browser.until_true("document.querySelectorAll('img.leaflet-tile-loaded').length > 3", "tiles")
    assert browser.complaints() == []
    assert all(path.endswith(".png") and len(path.split("/")) == 4 for path in tiles.asked)
    attribution = browser.driver.find_element("css selector", ".leaflet-control-attribution")
    assert "<b>Tiles</b> of a test" in attribution.text
    assert not attribution.find_elements("css selector", "b")


def test_ground_and_streets_of_the_site_are_drawn(browser: Browser) -> None:
    browser.open("map")
    browser.until_true("document.querySelector('.leaflet-ground-pane img')?.naturalWidth > 1", "the ground")
    painted = (
        "[...document.querySelectorAll('.leaflet-streets-pane canvas')].some((each) => each.getContext('2d')"
        ".getImageData(0, 0, each.width, each.height).data.some((value) => value))"
    )
    browser.until_true(painted, "streets")


def test_a_van_shows_its_stops_and_its_tour(browser: Browser, world: ConsoleWorld) -> None:
    now_s = world.call(world.loop.time)
    place = Geodetic(54.5300, -1.5400)
    world.accept(Order(OrderId("V-1"), now_s, place, Parcel(20.0, 0.5, 0.4, 0.4), "Ann"))
    browser.open("map")
    stop = "skystorkMap.traffic.vans.flatMap((van) => van.stops).find((each) => each[2] === 'deliver')"
    browser.until_true(stop, "a van's stop", STOP_S)
    browser.driver.execute_script(f"skystorkMap.map.setView({stop}.slice(0, 2), 15, {{animate: false}})")
    marked = (
        f"(() => {{ const at = skystorkMap.traffic.spot(...{stop}.slice(0, 2)); return skystorkMap.traffic.canvas"
        ".getContext('2d').getImageData(at.x - 4, at.y - 4, 9, 9).data.some((value) => value); })()"
    )
    browser.until_true(marked, "a mark at the stop")
    van = browser.driver.execute_script("return skystorkMap.traffic.vans.find((van) => van.stops.length).vehicleId")
    browser.open("fleet")
    browser.press(f'tr[data-id="{van}"] button.link', van)
    browser.until("section.vehicle h2", van)
    browser.until("section.vehicle dd", "V-1")
