"""A file of zones in each format, looked at in the browser: what it holds, where, and what each format would lose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait
from tests_support.browser import PATIENCE_S, Browser
from tests_support.console_world import ConsoleWorld, console_world

from skystork.airspace.formats import WRITERS
from skystork.airspace.polygons import ring_about
from skystork.airspace.reading import ZoneFormat
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Circle, Restriction, Zone
from skystork.frames import Geodetic

CENTRE = Geodetic(54.5300, -1.5600)
RADIUS_M = 300.0
ENDINGS = {
    ZoneFormat.GEOJSON: "geojson",
    ZoneFormat.ED269: "json",
    ZoneFormat.ED318: "json",
    ZoneFormat.KML: "kml",
}
HOSTILE = "Crane <img src=x onerror=document.title='owned'>"


def crane() -> Zone:
    circle = Circle((CENTRE.longitude_deg, CENTRE.latitude_deg), RADIUS_M)
    lower = AltitudeLimit(0.0, AltitudeReference.AGL, "0 m AGL")
    upper = AltitudeLimit(120.0, AltitudeReference.AGL, "120 m AGL")
    return Zone(
        "CRANE1", HOSTILE, "PROHIBITED", Restriction.PROHIBITED, (ring_about(CENTRE, RADIUS_M),), lower, upper,
        circle=circle,
    )  # fmt: skip


def fence() -> str:
    """As QGroundControl writes one: latitude before longitude."""
    circle = {"circle": {"center": [CENTRE.latitude_deg, CENTRE.longitude_deg], "radius": RADIUS_M}}
    fence = {"circles": [{**circle, "inclusion": False, "version": 1}], "polygons": [], "version": 2}
    return json.dumps({"fileType": "Plan", "version": 1, "geoFence": fence, "mission": {"version": 2}})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleWorld]:
    with console_world(tmp_path_factory.mktemp("files"), speed=1.0) as world:
        yield world


def looked_at(browser: Browser, file: Path, what: str) -> None:
    """Give it to the page, and read the report."""
    browser.open("airspace")
    browser.until("input[type=file]").send_keys(str(file))
    browser.until(".result p.good", f"{what}: 1 zones, all readable; 1 close flights of this site")
    rows = [each.text for each in browser.driver.find_elements("css selector", ".losses li")]
    assert {row.split("\n")[0].split(" ")[1] for row in rows} == {"geojson", "ed269", "ed318", "kml", "plan"}
    assert any("things:" in row for row in rows) or all("nothing" in row for row in rows)
    browser.until(".result p", "Looked at only: nothing of it counts yet.")
    assert browser.driver.title != "owned"
    assert not browser.driver.find_elements("css selector", ".result img")
    seen = WebDriverWait(browser.driver, PATIENCE_S, 0.1).until(
        lambda driver: driver.execute_script(
            "return [...document.querySelectorAll('.leaflet-marks-pane canvas')].some((each) => each.getContext('2d')"
            ".getImageData(0, 0, each.width, each.height).data.some((value) => value))"
        ),
        "the zone is drawn",
    )
    assert seen


@pytest.mark.parametrize("zone_format", ENDINGS)
def test_each_format_is_looked_at_with_its_losses(
    browser: Browser, world: ConsoleWorld, tmp_path: Path, zone_format: ZoneFormat
) -> None:
    file = tmp_path / f"crane.{ENDINGS[zone_format]}"
    file.write_text(WRITERS[zone_format]([crane()]).text, encoding="utf-8")
    looked_at(browser, file, zone_format.value)
    assert "CRANE1" not in {zone.zone_id for zone in world.service.site.zones.zones}
    assert browser.complaints() == []


def test_the_fence_of_a_plan_is_looked_at_as_zones(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "fence.plan"
    file.write_text(fence(), encoding="utf-8")
    looked_at(browser, file, "plan")
    assert browser.complaints() == []


def test_what_cannot_be_read_is_told_with_its_place_and_what_to_do(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "broken.kml"
    file.write_text("<kml><Placemark>", encoding="utf-8")
    browser.open("airspace")
    browser.until("input[type=file]").send_keys(str(file))
    browser.until(".result .grave", "✕")
    assert browser.driver.find_elements("css selector", "button[data-bring=in]") == []
    browser.complaints()
