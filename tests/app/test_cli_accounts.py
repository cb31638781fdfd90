"""Accounts and tokens from the command line."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.cli_text import ExitCode
from skystork.shell.account_store import ACCOUNTS_FILE, AccountStore
from skystork.shell.web.passwords import is_password

PASSWORD = "seven storks on a chimney"


def run(state: Path, *words: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, [words[0], words[1], "--state", str(state), *words[2:]], input=typed)
    return result.exit_code, result.output


def test_a_user_is_added_with_a_password_that_is_kept_as_a_hash(tmp_path: Path) -> None:
    code, _ = run(tmp_path, "user", "add", "ada", "--role", "supervisor", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert code == 0
    with closing(AccountStore.open(tmp_path / ACCOUNTS_FILE)) as store:
        user = store.user("ada")
        assert user is not None
        assert user.password_hash.startswith("$argon2id$")
        assert is_password(PASSWORD, user.password_hash)
        assert not is_password("another", user.password_hash)
    assert run(tmp_path, "user", "add", "ada", "--role", "viewer", "--program")[0] == ExitCode.REFUSED


def test_a_weak_password_adds_nobody(tmp_path: Path) -> None:
    code, _ = run(tmp_path, "user", "add", "ada", "--role", "viewer", typed="short\nshort\n")
    assert code == ExitCode.REFUSED
    assert json.loads(run(tmp_path, "user", "list", "--json")[1]) == []


def test_a_token_is_made_for_an_account_within_its_role_and_revoked(tmp_path: Path) -> None:
    assert run(tmp_path, "user", "add", "till", "--role", "partner", "--program")[0] == 0
    wide = ("token", "create", "--owner", "till", "--label", "x", "--scope", "zones:write")
    assert run(tmp_path, *wide)[0] == ExitCode.REFUSED
    code, text = run(tmp_path, "token", "create", "--owner", "till", "--label", "x", "--scope", "orders:write")
    assert code == 0
    rows = json.loads(run(tmp_path, "token", "list", "--json")[1])
    assert [(row["scopes"], row["state"]) for row in rows] == [("orders:write", "good")]
    assert rows[0]["token"] in text
    tried = run(tmp_path, "token", "revoke", rows[0]["token"], "--dry-run", "--json")
    assert json.loads(tried[1]) == {"dryRun": True, "token": rows[0]["token"]}
    assert json.loads(run(tmp_path, "token", "list", "--json")[1])[0]["state"] == "good"
    assert run(tmp_path, "token", "revoke", rows[0]["token"])[0] == 0
    assert json.loads(run(tmp_path, "token", "list", "--json")[1])[0]["state"] == "revoked"
    assert run(tmp_path, "token", "revoke", "none")[0] == ExitCode.NOT_FOUND


def test_removing_an_account_can_be_tried_first(tmp_path: Path) -> None:
    run(tmp_path, "user", "add", "till", "--role", "partner", "--program")
    made = run(tmp_path, "token", "create", "--owner", "till", "--label", "x", "--dry-run")
    assert made[0] == 0 and "sks_" not in made[1]
    assert json.loads(run(tmp_path, "token", "list", "--json")[1]) == []
    tried = json.loads(run(tmp_path, "user", "role", "till", "admin", "--dry-run", "--json")[1])
    assert tried == {"dryRun": True, "name": "till", "role": "admin"}
    assert json.loads(run(tmp_path, "user", "list", "--json")[1])[0]["role"] == "partner"
    assert "would give till" in run(tmp_path, "user", "password", "till", "--dry-run")[1]
    assert run(tmp_path, "user", "password", "nobody", "--dry-run")[0] == ExitCode.NOT_FOUND
    assert "would remove till" in run(tmp_path, "user", "remove", "till", "--dry-run")[1]
    assert run(tmp_path, "user", "role", "till", "viewer")[0] == 0
    assert run(tmp_path, "user", "remove", "till")[0] == 0
    assert run(tmp_path, "user", "remove", "till")[0] == ExitCode.NOT_FOUND
