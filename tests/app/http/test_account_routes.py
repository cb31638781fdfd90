"""API tokens and accounts: shown once, of at most one's own scopes, gone when revoked."""

from __future__ import annotations

from pathlib import Path

from tests_support.http_world import HttpWorld, play

from skystork.control.roles import Role

PASSWORD = "seven storks on a chimney"


def test_a_token_works_until_it_is_revoked(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        dispatcher = world.token(Role.DISPATCHER)
        made = await world.client.post("/v1/tokens", json={"label": "x", "scopes": ["fleet:read"]}, headers=dispatcher)
        assert made.status_code == 201
        mine = {"Authorization": f"Bearer {made.json()['token']}"}
        assert (await world.client.get("/v1/fleet", headers=mine)).status_code == 200
        assert (await world.client.get("/v1/tokens", headers=mine)).status_code == 403
        token_id = made.json()["details"]["tokenId"]
        assert (await world.client.delete(f"/v1/tokens/{token_id}", headers=dispatcher)).status_code == 204
        assert (await world.client.get("/v1/fleet", headers=mine)).status_code == 401
        assert made.json()["token"] not in (tmp_path / "accounts.db").read_bytes().decode("latin-1")

    play(tmp_path, script)


def test_nobody_gives_away_more_than_they_have(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        body = {"label": "x", "scopes": ["accounts:write"]}
        answer = await world.client.post("/v1/tokens", json=body, headers=world.token(Role.VIEWER))
        assert answer.status_code == 403

    play(tmp_path, script)


def test_tokens_of_others_are_not_there(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        viewer, partner = world.token(Role.VIEWER), world.token(Role.PARTNER)
        listed = (await world.client.get("/v1/tokens", headers=partner)).json()["items"]
        assert {each["owner"] for each in listed} == {"a.partner"}
        theirs = listed[0]["tokenId"]
        assert (await world.client.delete(f"/v1/tokens/{theirs}", headers=viewer)).status_code == 404

    play(tmp_path, script)


def test_accounts_are_made_demoted_and_removed_and_it_is_written_who_did_it(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        admin = world.token(Role.ADMIN)
        body = {"name": "bob", "role": "supervisor", "password": PASSWORD}
        assert (await world.client.post("/v1/users", json=body, headers=admin)).status_code == 201
        assert (await world.client.post("/v1/users", json=body, headers=admin)).status_code == 409
        bob = world.token(Role.SUPERVISOR, "bob")
        assert (await world.client.get("/v1/fleet", headers=bob)).status_code == 200
        changed = await world.client.patch("/v1/users/bob", json={"role": "partner"}, headers=admin)
        assert changed.json()["role"] == "partner"
        assert (await world.client.get("/v1/fleet", headers=bob)).status_code == 403
        assert (await world.client.delete("/v1/users/a.admin", headers=admin)).status_code == 409
        assert (await world.client.delete("/v1/users/bob", headers=admin)).status_code == 204
        assert (await world.client.get("/v1/fleet", headers=bob)).status_code == 401
        changes = (await world.client.get("/v1/account-changes", headers=admin)).json()["items"]
        assert [each["what"] for each in changes if each["subject"] == "bob"] == [
            "user added as supervisor",
            "role supervisor -> partner",
            "user removed",
        ]

    play(tmp_path, script)
