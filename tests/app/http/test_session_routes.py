"""The first owner, logging in and out, and what a browser must bring to change something."""

from __future__ import annotations

from pathlib import Path

import httpx
from tests_support.http_world import HttpWorld, play

from skystork.control.roles import Role

PASSWORD = "seven storks on a chimney"


async def make_owner(world: HttpWorld) -> httpx.Response:
    body = {"code": world.setup_code, "name": "ada", "password": PASSWORD}
    return await world.client.post("/v1/setup", json=body)


def test_the_first_owner_is_made_once_with_the_code_of_the_terminal(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        wrong = {"code": "guess", "name": "eve", "password": PASSWORD}
        assert (await world.client.post("/v1/setup", json=wrong)).status_code == 403
        made = await make_owner(world)
        assert (made.status_code, made.json()["role"]) == (201, "admin")
        assert (await make_owner(world)).status_code == 409
        assert world.accounts.user("ada") is not None
        assert PASSWORD not in str(world.accounts.user("ada"))

    play(tmp_path, script)


def test_a_weak_password_makes_no_owner_and_leaves_the_code_good(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        for password, status in (("short", 422), ("aaaaaaaaaaaaaaaaaaaa", 409)):
            weak = {"code": world.setup_code, "name": "ada", "password": password}
            answer = await world.client.post("/v1/setup", json=weak)
            assert (answer.status_code, answer.json()["errors"][0]["where"]) == (status, "body.password")
        assert (await make_owner(world)).status_code == 201

    play(tmp_path, script)


def test_a_session_changes_something_only_with_the_word_of_our_own_page(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        assert (await world.client.get("/v1/session")).status_code == 401
        made = await make_owner(world)
        cookie = made.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        csrf = {"X-CSRF-Token": made.json()["csrfToken"]}
        body = {"label": "x", "scopes": ["fleet:read"]}
        assert (await world.client.post("/v1/tokens", json=body)).status_code == 403
        foreign = csrf | {"Origin": "http://elsewhere.example"}
        assert (await world.client.post("/v1/tokens", json=body, headers=foreign)).status_code == 403
        assert (await world.client.post("/v1/tokens", json=body, headers=csrf)).status_code == 201
        assert (await world.client.delete("/v1/session", headers=csrf)).status_code == 204
        assert (await world.client.get("/v1/session")).status_code == 401

    play(tmp_path, script)


def test_a_wrong_password_is_refused_and_tries_are_few(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        await make_owner(world)
        world.client.cookies.clear()
        statuses = [
            (await world.client.post("/v1/session", json={"name": "ada", "password": f"guess {n}"})).status_code
            for n in range(7)
        ]
        assert statuses[:5] == [401] * 5
        assert 429 in statuses[5:]

    play(tmp_path, script)


def test_logging_in_gives_a_session_and_a_new_password_ends_it(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        await make_owner(world)
        world.client.cookies.clear()
        login = await world.client.post("/v1/session", json={"name": "ada", "password": PASSWORD})
        assert login.status_code == 201
        csrf = {"X-CSRF-Token": login.json()["csrfToken"]}
        change = {"current": PASSWORD, "new": "eight herons by the weir"}
        assert (await world.client.post("/v1/session/password", json=change, headers=csrf)).status_code == 204
        assert (await world.client.get("/v1/session")).status_code == 401

    play(tmp_path, script)


def test_another_host_name_is_not_answered(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        headers = world.token(Role.ADMIN) | {"Host": "rebound.example:8080"}
        assert (await world.client.get("/v1/session", headers=headers)).status_code == 421

    play(tmp_path, script)
