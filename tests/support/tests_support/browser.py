"""A real Chromium that reaches this machine only; tests are skipped, with a word, where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests_support.console_world import PASSWORD

PATIENCE_S = 60
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-dev-shm-usage", "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
"""Every name but this machine's is unknown to it: a page that needs anything else does not work here."""


class Browser:
    """One window."""

    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver, self.url = driver, url

    def log_in(self, name: str, password: str = PASSWORD) -> None:
        """Be somebody."""
        self.driver.get(self.url)
        self.until("form.login input[name=name]").send_keys(name)
        self.until("form.login input[name=password]").send_keys(password)
        self.press("form.login button.primary")
        self.until("#bar .who", name)

    def open(self, page: str = "map") -> None:
        """Go to a page of the console."""
        self.driver.get(f"{self.url}/#/{page}")
        self.until(f'main[data-page="{page}"]')

    def until(self, selector: str, text: str = "", patience_s: float = PATIENCE_S) -> WebElement:
        """The first element of this selector that holds this text, as soon as there is one."""

        def look(driver: webdriver.Chrome) -> WebElement | bool:
            for element in driver.find_elements(By.CSS_SELECTOR, selector):
                if text in element.text:
                    return element
            return False

        waiting = WebDriverWait(self.driver, patience_s, 0.1, ignored_exceptions=_GONE)
        found = waiting.until(look, f"no {selector} with {text!r}")
        assert isinstance(found, WebElement)
        return found

    def until_true(self, script: str, what: str, patience_s: float = PATIENCE_S) -> None:
        """Until a script says yes."""
        self.until_done(lambda: self.driver.execute_script(f"return Boolean({script})"), what, patience_s)

    def until_done(self, look: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
        """Until something is so, in the page or behind it."""
        WebDriverWait(self.driver, patience_s, 0.2).until(lambda _: look(), what)

    def press(self, selector: str, text: str = "") -> None:
        """Click, however often the page is drawn anew under the pointer."""

        def click(_: webdriver.Chrome) -> bool:
            element = self.until(selector, text)
            if not element.is_enabled():
                return False
            element.click()
            return True

        WebDriverWait(self.driver, PATIENCE_S, 0.1, ignored_exceptions=_GONE).until(click, f"{selector} {text!r}")

    def keys(self, *keys: str) -> None:
        """Type into whatever has the focus."""
        for key in keys:
            webdriver.ActionChains(self.driver).send_keys(key).perform()

    def confirm(self) -> None:
        """Say yes to the question."""
        self.press("dialog.confirm button.primary")
        WebDriverWait(self.driver, PATIENCE_S, 0.1).until_not(
            lambda driver: driver.find_elements(By.CSS_SELECTOR, "dialog.confirm")
        )

    def complaints(self) -> list[str]:
        """What the browser's own log holds against the page."""
        rows: list[dict[str, str]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [row["message"] for row in rows if row["level"] == "SEVERE"]


def _gone() -> tuple[type[Exception], ...]:
    from selenium.common import exceptions

    return (
        exceptions.StaleElementReferenceException,
        exceptions.ElementClickInterceptedException,
        exceptions.NoSuchElementException,
    )


_GONE = _gone()


@contextmanager
def chromium(url: str, *, size: tuple[int, int] = (1500, 920)) -> Iterator[Browser]:
    """A browser at an address; closed with the block."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no Chromium with its driver here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--window-size={size[0]},{size[1]}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        chrome.set_page_load_timeout(PATIENCE_S)
        yield Browser(chrome, url)
    finally:
        chrome.quit()


@contextmanager
def logged_in(url: str, name: str = "ada") -> Iterator[Browser]:
    """A browser of somebody known; that nobody was known before was told in its log, and is no complaint."""
    with chromium(url) as browser:
        browser.log_in(name)
        browser.complaints()
        yield browser
