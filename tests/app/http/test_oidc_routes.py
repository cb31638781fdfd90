"""Single sign-on against a provider on a socket: who it names comes in with the site's role, all else stays out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests_support.http_world import DARLINGTON, HttpWorld, play
from tests_support.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Faults,
    IdentityProvider,
    SigningKey,
    identity_provider,
)

from skystork.app.site import Site, load_site
from skystork.app.site_http import HttpSettings
from skystork.control.roles import Role
from skystork.shell.account_store import User
from skystork.shell.web.oidc_provider import OidcSettings
from skystork.shell.web.passwords import hash_password

ADA = {"sub": "u-17", "preferred_username": "ada", "groups": ["staff", "ops-supervisors"]}
ROLES = {"ops-admin": Role.ADMIN, "ops-supervisors": Role.SUPERVISOR, "staff": Role.VIEWER}
OTHER_KEY = SigningKey("key-1")
PASSWORD = "seven swans a-swimming"


def site_with(provider: IdentityProvider, **more: Any) -> Site:
    settings = OidcSettings(provider.issuer, CLIENT_ID, ROLES, CLIENT_SECRET, **more)
    return replace(load_site(DARLINGTON), http=HttpSettings(oidc=settings))


async def begin(world: HttpWorld) -> str:
    answer = await world.client.get("/v1/session/oidc")
    assert answer.status_code == 303
    return answer.headers["location"]


async def log_in(world: HttpWorld, provider: IdentityProvider, person: dict[str, Any] | None = None) -> httpx.Response:
    """The whole way of a browser; the answer is our own last one."""
    return await world.client.get(provider.log_in(await begin(world), ADA if person is None else person))


def play_with(folder: Path, script: Callable[[HttpWorld, IdentityProvider], Awaitable[None]], **more: Any) -> list[str]:
    with identity_provider() as provider:

        async def run(world: HttpWorld) -> None:
            await script(world, provider)

        play(folder, run, site_with(provider, **more))
        return provider.asked


def test_who_the_provider_names_comes_in_with_the_role_of_the_sites_table(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        ways = (await world.client.get("/v1/session/ways")).json()
        assert ways["singleSignOn"] == {"label": "Single sign-on", "path": "/v1/session/oidc"}
        back = await log_in(world, provider)
        assert (back.status_code, back.headers["location"]) == (303, "/")
        assert {"HttpOnly", "SameSite=Strict"} <= set(back.headers["set-cookie"].split("; "))
        me = (await world.client.get("/v1/session")).json()
        assert (me["name"], me["role"]) == ("ada", "supervisor")
        csrf = {"X-CSRF-Token": me["csrfToken"]}
        token = {"label": "x", "scopes": ["fleet:read"]}
        assert (await world.client.post("/v1/tokens", json=token)).status_code == 403
        assert (await world.client.post("/v1/tokens", json=token, headers=csrf)).status_code == 201

    play_with(tmp_path, script)


def test_the_role_is_taken_anew_with_each_login_and_without_one_everything_ends(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        await log_in(world, provider)
        me = (await world.client.get("/v1/session")).json()
        body = {"label": "x", "scopes": ["fleet:read"]}
        made = await world.client.post("/v1/tokens", json=body, headers={"X-CSRF-Token": me["csrfToken"]})
        token = {"Authorization": f"Bearer {made.json()['token']}"}
        assert (await world.client.get("/v1/fleet", headers=token)).status_code == 200
        await log_in(world, provider, ADA | {"groups": ["staff"]})
        assert (await world.client.get("/v1/session")).json()["role"] == "viewer"
        back = await log_in(world, provider, ADA | {"groups": ["visitors"]})
        assert back.headers["location"] == "/#sso=no-role"
        assert (await world.client.get("/v1/session")).status_code == 401
        assert (await world.client.get("/v1/fleet", headers=token)).status_code == 401

    play_with(tmp_path, script)


def test_a_role_may_stand_deeper_in_the_claims(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        await log_in(world, provider, {**ADA, "realm_access": {"roles": ["ops-admin"]}})
        assert (await world.client.get("/v1/session")).json()["role"] == "admin"

    play_with(tmp_path, script, role_claim="realm_access.roles")


WRONG_TOKENS: dict[str, Faults] = {
    "signed by another key": Faults(forged_by=OTHER_KEY),
    "changed after it was signed": Faults(tampered=True),
    "not signed": Faults(unsigned=True),
    "signed with the public key as a secret": Faults(by_public_key=True),
    "an algorithm nobody knows": Faults(header={"alg": "XX999"}),
    "a key nobody knows": Faults(header={"kid": "key-9"}),
    "a critical header nobody knows": Faults(header={"crit": ["x"], "x": 1}),
    "meant for another": Faults(claims={"aud": "somebody-else"}),
    "meant for several and us not named": Faults(claims={"aud": [CLIENT_ID, "somebody-else"]}),
    "of another party": Faults(claims={"azp": "somebody-else"}),
    "of another provider": Faults(claims={"iss": "https://elsewhere.example"}),
    "too old": Faults(claims={"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}),
    "from the future": Faults(claims={"iat": int(time.time()) + 36_000}),
    "for ever": Faults(claims={"exp": None}),
    "of nobody": Faults(claims={"sub": None}),
    "with the nonce of another login": Faults(claims={"nonce": "of another login"}),
    "without a nonce": Faults(claims={"nonce": None}),
}


def test_a_token_that_proves_nothing_lets_nobody_in(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        seen: dict[str, str] = {}
        for what, faults in WRONG_TOKENS.items():
            world.forget_rates()
            provider.faults = faults
            back = await log_in(world, provider, ADA)
            seen[what] = back.headers["location"]
            assert "set-cookie" not in back.headers
            assert (await world.client.get("/v1/session")).status_code == 401
        assert seen == dict.fromkeys(WRONG_TOKENS, "/#sso=unproven")
        assert world.accounts.user("ada") is None
        provider.faults = Faults()
        assert (await log_in(world, provider)).headers["location"] == "/"

    play_with(tmp_path, script)


def test_an_answer_is_good_once_and_in_the_browser_that_asked(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        back = provider.log_in(await begin(world), ADA)
        async with httpx.AsyncClient(base_url=world.url) as other:
            assert (await other.get(back)).headers["location"] == "/#sso=another"
        assert (await world.client.get(back)).headers["location"] == "/#sso=another", "used up by the other browser"
        back = provider.log_in(await begin(world), ADA)
        assert (await world.client.get(back)).headers["location"] == "/"
        assert (await world.client.get(back)).headers["location"] == "/#sso=another"
        for forged in ("", "?state=", "?state=x&code=y", "?code=y", "?error=access_denied&state=x"):
            answer = await world.client.get(f"/v1/session/oidc/callback{forged}")
            assert answer.headers["location"] == "/#sso=another"

    play_with(tmp_path, script)


def test_what_the_provider_refuses_is_refused_and_another_providers_answer_too(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        for more, why in (
            ("&error=access_denied", "refused"),
            ("", "refused"),
            ("&code=x&iss=https://evil", "unproven"),
        ):
            state = parse_qs(urlsplit(await begin(world)).query)["state"][0]
            back = await world.client.get(f"/v1/session/oidc/callback?state={state}{more}")
            assert back.headers["location"] == f"/#sso={why}"

    play_with(tmp_path, script)


def test_a_name_that_a_password_account_has_is_not_taken_over(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        world.accounts.add_user(User("ada", Role.VIEWER, hash_password(PASSWORD), 0.0))
        assert (await log_in(world, provider)).headers["location"] == "/#sso=taken"
        for name in ("", "../ada", "Ada Lovelace", 'x"; Path=/', None, 7, "a" * 65):
            world.forget_rates()
            back = await log_in(world, provider, ADA | {"preferred_username": name} if name != 7 else {"sub": "u-1"})
            assert back.headers["location"] == "/#sso=nameless"
        user = world.accounts.user("ada")
        assert user is not None
        assert user.role == Role.VIEWER

    play_with(tmp_path, script)


def test_while_the_provider_is_away_passwords_still_do_and_nobody_else_comes_in(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        provider.faults = Faults(away=True)
        assert (await begin(world)) == "/#sso=away"
        provider.faults = Faults()
        back = provider.log_in(await begin(world), ADA)
        provider.faults = Faults(away=True)
        assert (await world.client.get(back)).headers["location"] == "/#sso=away"
        assert (await world.client.get("/v1/session")).status_code == 401
        world.accounts.add_user(User("bob", Role.VIEWER, hash_password(PASSWORD), 0.0))
        login = await world.client.post("/v1/session", json={"name": "bob", "password": PASSWORD})
        assert login.status_code == 201

    play_with(tmp_path, script)


def test_a_provider_that_speaks_for_another_is_not_used(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        provider.faults = Faults(issuer="https://elsewhere.example")
        assert (await begin(world)) == "/#sso=away"

    play_with(tmp_path, script)


def test_keys_are_kept_and_asked_for_again_when_the_provider_turns_them(tmp_path: Path) -> None:
    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        for _ in range(3):
            assert (await log_in(world, provider)).headers["location"] == "/"
        assert provider.asked.count("/keys") == 1
        assert provider.asked.count("/.well-known/openid-configuration") == 1
        provider.turn_key()
        assert (await log_in(world, provider)).headers["location"] == "/"
        assert provider.asked.count("/keys") == 2
        provider.faults = Faults(header={"kid": "forged"})
        assert (await log_in(world, provider)).headers["location"] == "/#sso=unproven"
        assert provider.asked.count("/keys") == 2, "asked a moment ago"

    play_with(tmp_path, script)


def test_secrets_are_in_no_log_and_no_audit_trail(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept: list[str] = []

    async def script(world: HttpWorld, provider: IdentityProvider) -> None:
        back = provider.log_in(await begin(world), ADA)
        code = parse_qs(urlsplit(back).query)["code"][0]
        await world.client.get(back)
        provider.faults = Faults(tampered=True)
        await log_in(world, provider)
        session = world.client.cookies["skystork"]
        lines = [f"{each.by} {each.what} {each.subject}" for each in world.accounts.changes(0, 100)]
        assert "ada logged in by single sign-on ada" in lines
        assert any("refused: unproven" in line for line in lines)
        said = caplog.text + "\n".join(lines) + "\n".join(kept)
        assert not [secret for secret in (CLIENT_SECRET, code, session) if secret in said]
        assert CLIENT_SECRET not in repr(world.service.site.http)

    play_with(tmp_path, script)


def test_without_a_provider_there_is_no_such_way(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        ways = (await world.client.get("/v1/session/ways")).json()
        assert ways == {"firstRun": True}
        assert (await world.client.get("/v1/session/oidc")).status_code == 404
        assert (await world.client.get("/v1/session/oidc/callback?state=x&code=y")).status_code == 404

    play(tmp_path, script)
