"""The button of the site's own provider of identities, pressed in a real browser, and what it says of a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests_support.browser import Browser, chromium
from tests_support.console_world import console_world
from tests_support.http_world import DARLINGTON
from tests_support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, identity_provider

from skystork.app.site import load_site
from skystork.app.site_http import HttpSettings
from skystork.control.roles import Role
from skystork.shell.web.oidc_provider import OidcSettings

ROLES = {"ops-supervisors": Role.SUPERVISOR}
GRACE = {"sub": "u-9", "preferred_username": "grace", "groups": ["ops-supervisors"]}


@contextmanager
def at_the_login(folder: Path) -> Iterator[tuple[Browser, IdentityProvider]]:
    with identity_provider() as provider:
        settings = OidcSettings(provider.issuer, CLIENT_ID, ROLES, CLIENT_SECRET, label="Log in with the company")
        site = replace(load_site(DARLINGTON), http=HttpSettings(oidc=settings))
        with console_world(folder, site=site, speed=1.0) as world, chromium(world.url) as browser:
            browser.driver.get(browser.url)
            yield browser, provider


def test_the_button_leads_to_the_provider_and_back_into_the_console(tmp_path: Path) -> None:
    with at_the_login(tmp_path) as (browser, provider):
        provider.person = GRACE
        assert browser.until("#single-sign-on").text == "Log in with the company"
        browser.press("#single-sign-on")
        browser.until("#bar .who", "grace · supervisor")
        browser.open("map")
        browser.press("button[data-group=pauseDispatch]")  # its token against forged requests is there too
        browser.confirm()
        browser.until(".strip", "dispatch paused")
        browser.press("#bar button", "Log out")
        browser.until("form.login")


def test_who_has_no_role_is_told_so_in_words(tmp_path: Path) -> None:
    with at_the_login(tmp_path) as (browser, provider):
        provider.person = GRACE | {"groups": ["guests"]}
        browser.press("#single-sign-on")
        browser.until("form.login p.grave", "no role for you")
        assert "sso" not in browser.driver.current_url
        provider.person, provider.faults.away = GRACE, True
        browser.press("#single-sign-on")
        browser.until("form.login p.grave", "not heard")
