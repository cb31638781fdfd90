"""The page stays open while the broker dies and while the service is restarted: it says so, and recovers by itself."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait
from tests_support.browser import PATIENCE_S, Browser, chromium
from tests_support.console_world import console_world

from skystork.shell.broker import find_mosquitto

MOSQUITTO = find_mosquitto()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker(port: int, folder: Path) -> Iterator[None]:
    """One that is killed, not asked."""
    assert MOSQUITTO is not None
    file = folder / "mosquitto.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen([MOSQUITTO, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def banner(browser: Browser) -> str:
    return str(
        browser.driver.execute_script(
            "const b = document.getElementById('banner'); return b.hidden ? '' : b.textContent"
        )
    )


def until_quiet(browser: Browser) -> None:
    WebDriverWait(browser.driver, PATIENCE_S, 0.1).until(lambda _: banner(browser) == "", "the banner is gone")


@pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed (apt install mosquitto)")
def test_a_killed_broker_is_told_and_forgotten_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as opened:
        with broker(port, tmp_path):
            url = f"mqtt://127.0.0.1:{port}"
            served = opened.enter_context(console_world(tmp_path / "state", speed=1.0, broker=url))
            browser = opened.enter_context(chromium(served.url))
            browser.log_in("ada")
            browser.open("map")
            browser.until(".strip", "wind")
            assert banner(browser) == ""
        browser.until("#banner", "message bus is not connected")
        browser.until('article[data-key="bus"]', "message bus is not connected")
        assert browser.until("#bar .state").text == "live"
        with broker(port, tmp_path):
            browser.until("section.attention", "Nothing wants a decision")
            until_quiet(browser)


def test_a_restarted_service_is_told_greyed_with_its_age_and_taken_up_again(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "state"
    with chromium(f"http://127.0.0.1:{port}") as browser:
        with console_world(folder, speed=1.0, port=port):
            browser.log_in("ada")
            browser.open("map")
            browser.until(".strip", "in the air")
            assert banner(browser) == ""
        browser.until("#banner", "s old: the service is not heard")
        assert "old" in (browser.driver.find_element("css selector", "body").get_attribute("class") or "")
        browser.until("#bar .state", "picture is old")
        with console_world(folder, speed=1.0, port=port):
            browser.until("#bar .state", "live")
            until_quiet(browser)
            browser.press("button[data-group=pauseDispatch]")
            browser.confirm()
            browser.until(".strip", "dispatch paused")
