"""``skystork user`` and ``skystork token``: who may use console and API, from the machine itself.

Works on the accounts of a state folder, whether or not a service runs on it; a running one knows at the next request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from skystork.app.bus_header import rfc3339
from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.options import DryOption, JsonOption, StateOption
from skystork.control.roles import Role
from skystork.errors import InvalidInput, Problem
from skystork.shell.account_store import ACCOUNTS_FILE, AccountStore, Token, User
from skystork.shell.web.access import new_token
from skystork.shell.web.passwords import hash_password, why_weak
from skystork.shell.web.roles import SCOPES_OF, Scope

BY = "command line"
DAY_S = 86_400.0
users = typer.Typer(no_args_is_help=True, help="Accounts of console and API.")
tokens = typer.Typer(no_args_is_help=True, help="API tokens of accounts.")

NameArgument = Annotated[str, typer.Argument(help="Name of the account: small letters, digits, . _ @ -")]


@contextmanager
def _accounts(state: Path) -> Iterator[AccountStore]:
    with told_plainly(), closing(AccountStore.open(state / ACCOUNTS_FILE)) as store:
        yield store


@users.command("list")
def list_users(state: StateOption, as_json: JsonOption = False) -> None:
    """All accounts."""
    with _accounts(state) as store:
        rows = [{"name": user.name, "role": user.role, "created": rfc3339(user.created_at_s)} for user in store.users()]
        if as_json:
            print_json(rows)
        else:
            print_table("accounts", ("name", "role", "created"), [tuple(row.values()) for row in rows])


@users.command("add")
def add_user(  # noqa: PLR0917  # typer reads options from positional parameters
    state: StateOption,
    name: NameArgument,
    role: Annotated[Role, typer.Option(help="What it may; docs/http.md has the table.")],
    program: Annotated[bool, typer.Option("--program", help="No password: it only has API tokens.")] = False,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add an account; asks for its password."""
    with _accounts(state) as store:
        if not re.fullmatch(r"[a-z0-9][a-z0-9._@-]{0,63}", name):
            raise _refuse("name", "not a name", name, "1 to 64 small letters, digits, . _ @ -")
        if store.user(name) is not None:
            raise fail(f"there is an account {name} already", ExitCode.REFUSED)
        hashed = "" if program or dry_run else _ask_password(name)
        if not dry_run:
            store.add_user(User(name, role, hashed, time.time()))
            store.note(BY, f"user added as {role}", name)
        _tell(f"add {name} as {role}", {"name": name, "role": role}, dry_run=dry_run, as_json=as_json)


@users.command("role")
def set_role(
    state: StateOption,
    name: NameArgument,
    role: Annotated[Role, typer.Argument()],
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give an account another role."""
    with _accounts(state) as store:
        _require(store.user(name) is not None, f"account {name}")
        if not dry_run:
            store.set_role(name, role)
            store.note(BY, f"role {role}", name)
        _tell(f"make {name} {role}", {"name": name, "role": role}, dry_run=dry_run, as_json=as_json)


@users.command("password")
def set_password(
    state: StateOption, name: NameArgument, dry_run: DryOption = False, as_json: JsonOption = False
) -> None:
    """Set another password; asks for it. All sessions of the account end."""
    with _accounts(state) as store:
        _require(store.user(name) is not None, f"account {name}")
        if not dry_run:
            store.set_password(name, _ask_password(name))
            store.note(BY, "password changed", name)
        _tell(f"give {name} a new password", {"name": name}, dry_run=dry_run, as_json=as_json)


@users.command("remove")
def remove_user(
    state: StateOption, name: NameArgument, dry_run: DryOption = False, as_json: JsonOption = False
) -> None:
    """Remove an account with its sessions and tokens."""
    with _accounts(state) as store:
        held = len(store.tokens(name))
        _require(store.user(name) is not None, f"account {name}")
        if not dry_run:
            store.remove_user(name)
            store.note(BY, "user removed", name)
        _tell(f"remove {name} and {held} tokens", {"name": name, "tokens": held}, dry_run=dry_run, as_json=as_json)


@tokens.command("list")
def list_tokens(
    state: StateOption,
    owner: Annotated[str | None, typer.Option(help="Only those of this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """API tokens, without their secrets."""
    with _accounts(state) as store:
        rows = [_row(token) for token in store.tokens(owner)]
        if as_json:
            print_json(rows)
            return
        columns = ("token", "owner", "label", "scopes", "expires", "state")
        print_table("API tokens", columns, [tuple(str(row[column]) for column in columns) for row in rows])


@tokens.command("create")
def create_token(  # noqa: PLR0917  # typer reads options from positional parameters
    state: StateOption,
    owner: Annotated[str, typer.Option(help="Account that it acts for; it never may more than that.")],
    label: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="A scope; several times. All of the role if none.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Until it expires.")] = 90,
    rate: Annotated[float, typer.Option(min=0.1, max=100_000, help="Requests a second, over time.")] = 20.0,
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make an API token; it is shown this once and kept nowhere."""
    with _accounts(state) as store:
        user = store.user(owner)
        if user is None:
            raise fail(f"there is no account {owner}; skystork user add makes one", ExitCode.NOT_FOUND)
        held = SCOPES_OF[Role(user.role)] if user.role else frozenset[Scope]()
        asked = frozenset(scope) if scope else held
        if asked - held:
            raise fail(f"{owner} is {user.role} and has no {', '.join(sorted(asked - held))}", ExitCode.REFUSED)
        token, text = new_token(owner, label, asked, rate_hz=rate, lives_s=days * DAY_S)
        if dry_run:
            told = {"owner": owner, "label": label, "scopes": token.scopes}
            _tell(f"make {owner} a token with {token.scopes}", told, dry_run=True, as_json=as_json)
            return
        store.add_token(token)
        store.note(BY, f"token created: {token.scopes}", token.token_id)
        print_json({"token": text, **_row(token)}) if as_json else print(text)


@tokens.command("revoke")
def revoke_token(
    state: StateOption,
    token_id: Annotated[str, typer.Argument(help="As list shows it.")],
    dry_run: DryOption = False,
    as_json: JsonOption = False,
) -> None:
    """Revoke an API token; the next request with it is refused."""
    with _accounts(state) as store:
        _require(store.token(token_id) is not None, f"token {token_id}")
        if not dry_run:
            store.revoke_token(token_id, time.time())
            store.note(BY, "token revoked", token_id)
        _tell(f"revoke {token_id}", {"token": token_id}, dry_run=dry_run, as_json=as_json)


def _tell(what: str, facts: Mapping[str, object], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({"dryRun": dry_run, **facts})
    else:
        print(f"would {what}" if dry_run else f"done: {what}")


def _row(token: Token) -> dict[str, object]:
    over = "revoked" if token.revoked_at_s else "expired" if token.expires_at_s < time.time() else "good"
    return {
        "token": token.token_id,
        "owner": token.owner,
        "label": token.label,
        "scopes": token.scopes,
        "expires": rfc3339(token.expires_at_s),
        "state": over,
    }


def _ask_password(name: str) -> str:
    password: str = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    why = why_weak(password, name)
    if why:
        raise fail(why, ExitCode.REFUSED)
    return hash_password(password)


def _require(there: bool, what: str) -> None:
    if not there:
        raise fail(f"there is no {what}", ExitCode.NOT_FOUND)


def _refuse(where: str, what: str, seen: str, limit: str) -> InvalidInput:
    return InvalidInput((Problem(where, what, seen, limit, "Choose another."),))
