"""``/v1/tokens`` and ``/v1/users``: who may come in, with what, and who changed that."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec

from skystork.app.bus_header import rfc3339
from skystork.app.http.fields import AccountName, Cursor, FreshPassword, PageSize
from skystork.app.http.pages import cursor_after, read_cursor
from skystork.app.http.session_routes import hold_to_rules
from skystork.control.roles import Role
from skystork.shell.account_store import AccountChange, AccountStore, Token, User
from skystork.shell.web.access import new_token
from skystork.shell.web.passwords import PasswordDesk
from skystork.shell.web.problem import FieldProblem, HttpRefusal, conflict, not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Caller, Nothing, Reply, Route, row, rows_of

DAY_S = 86_400.0
DEFAULT_RATE_HZ = 20.0
_WORDS = "|".join(scope.value for scope in Scope if scope not in {Scope.PUBLIC, Scope.SELF})
GrantedScope = Annotated[str, msgspec.Meta(pattern=f"^({_WORDS})$")]
"""A scope that a token may hold."""


class NewToken(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What a token is for and may do."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    scopes: Annotated[tuple[GrantedScope, ...], msgspec.Meta(min_length=1, max_length=32)]
    """Of the caller's own."""
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90
    """Until it expires."""
    rate_hz: Annotated[float, msgspec.Meta(gt=0, le=1000)] = DEFAULT_RATE_HZ
    """Requests a second, over time."""


class TokenView(msgspec.Struct, rename="camel", omit_defaults=True):
    """One token, without its secret."""

    token_id: str
    owner: str
    label: str
    scopes: tuple[str, ...]
    rate_hz: float
    created_at: str
    expires_at: str
    revoked_at: str | None = None


class CreatedToken(msgspec.Struct, rename="camel"):
    """The only time that the token itself is told."""

    token: str
    details: TokenView


class Tokens(msgspec.Struct, rename="camel"):
    """Tokens, the newest first."""

    items: tuple[TokenView, ...]


class TokenPath(msgspec.Struct, rename="camel"):
    """``/v1/tokens/{tokenId}``."""

    token_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{12}$")]


class NewUser(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """An account."""

    name: AccountName
    role: Role
    password: FreshPassword


class UserChange(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Another role."""

    role: Role


class UserView(msgspec.Struct, rename="camel"):
    """An account, without its password."""

    name: str
    role: str
    created_at: str


class Users(msgspec.Struct, rename="camel"):
    """Accounts, by name."""

    items: tuple[UserView, ...]


class UserPath(msgspec.Struct, rename="camel"):
    """``/v1/users/{name}``."""

    name: AccountName


class ChangesQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A page."""

    cursor: Cursor = ""
    limit: PageSize = 100


class AccountChangeView(msgspec.Struct, rename="camel"):
    """Who changed what of whom."""

    number: int
    at: str
    by: str
    what: str
    subject: str


class AccountChanges(msgspec.Struct, rename="camel", omit_defaults=True):
    """A page of the audit trail of accounts, the oldest first."""

    items: tuple[AccountChangeView, ...]
    next: str | None = None


class AccountRoutes:
    """The rows and their handlers."""

    tag = "accounts"

    def __init__(self, store: AccountStore) -> None:
        self._store = store
        self._passwords = PasswordDesk()

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    # ------------------------------------------------------------------ tokens

    @row("GET", "/v1/tokens", Scope.TOKENS_WRITE)
    async def list_tokens(self, call: Call[Nothing, Nothing, Nothing]) -> Tokens:
        """Own API tokens; everybody's for who runs accounts."""
        everybody = call.caller.may(Scope.ACCOUNTS_WRITE)
        return Tokens(tuple(map(_token_view, self._store.tokens(None if everybody else call.caller.name))))

    @row("POST", "/v1/tokens", Scope.TOKENS_WRITE, status=201)
    async def create_token(self, call: Call[Nothing, Nothing, NewToken]) -> CreatedToken:
        """A new API token; it is told this once."""
        body, caller = call.body, call.caller
        scopes = {Scope(word) for word in body.scopes}
        beyond = sorted(scope.value for scope in scopes if not caller.may(scope))
        if beyond:
            what = f"not yours to give: {', '.join(beyond)}"
            problem = FieldProblem("body.scopes", what, remedy="Ask for scopes of GET /v1/session.")
            raise HttpRefusal(403, "forbidden", what, errors=(problem,))
        token, text = new_token(caller.name, body.label, scopes, rate_hz=body.rate_hz, lives_s=body.days * DAY_S)
        self._store.add_token(token)
        self._store.note(caller.name, f"token created: {token.scopes}", token.token_id)
        return CreatedToken(text, _token_view(token))

    @row("DELETE", "/v1/tokens/{tokenId}", Scope.TOKENS_WRITE, status=204)
    async def revoke_token(self, call: Call[TokenPath, Nothing, Nothing]) -> None:
        """Revoke an API token."""
        token = self._store.token(call.path.token_id)
        if token is None or not (token.owner == call.caller.name or call.caller.may(Scope.ACCOUNTS_WRITE)):
            raise not_found(f"token {call.path.token_id}")
        self._store.revoke_token(token.token_id, time.time())
        self._store.note(call.caller.name, "token revoked", token.token_id)

    # ------------------------------------------------------------------ people

    @row("GET", "/v1/users", Scope.ACCOUNTS_WRITE)
    async def list_users(self, call: Call[Nothing, Nothing, Nothing]) -> Users:
        """All accounts."""
        return Users(tuple(map(_user_view, self._store.users())))

    @row("POST", "/v1/users", Scope.ACCOUNTS_WRITE, status=201, refusals=(409,))
    async def create_user(self, call: Call[Nothing, Nothing, NewUser]) -> Reply[UserView]:
        """A new account."""
        body = call.body
        hold_to_rules(body.password, body.name, "body.password")
        user = User(body.name, body.role, await self._passwords.make(body.password), time.time())
        if not self._store.add_user(user):
            raise conflict(f"there is an account {body.name} already")
        self._store.note(call.caller.name, f"user added as {body.role}", body.name)
        return Reply(_user_view(user), {"Location": f"/v1/users/{body.name}"})

    @row("PATCH", "/v1/users/{name}", Scope.ACCOUNTS_WRITE, refusals=(409,))
    async def change_role(self, call: Call[UserPath, Nothing, UserChange]) -> UserView:
        """Give an account another role."""
        user = self._other(call.caller, call.path.name)
        self._store.set_role(user.name, call.body.role)
        self._store.note(call.caller.name, f"role {user.role} -> {call.body.role}", user.name)
        return UserView(user.name, call.body.role, rfc3339(user.created_at_s))

    @row("DELETE", "/v1/users/{name}", Scope.ACCOUNTS_WRITE, status=204, refusals=(409,))
    async def remove_user(self, call: Call[UserPath, Nothing, Nothing]) -> None:
        """Remove an account with its sessions and tokens."""
        user = self._other(call.caller, call.path.name)
        self._store.remove_user(user.name)
        self._store.note(call.caller.name, "user removed", user.name)

    def _other(self, caller: Caller, name: str) -> User:
        """Not oneself: so the last who runs accounts cannot be lost."""
        user = self._store.user(name)
        if user is None:
            raise not_found(f"account {name}")
        if name == caller.name:
            raise conflict("nobody changes the role of their own account, or removes it: let another do it")
        return user

    @row("GET", "/v1/account-changes", Scope.ACCOUNTS_WRITE)
    async def list_account_changes(self, call: Call[Nothing, ChangesQuery, Nothing]) -> AccountChanges:
        """Who changed which account."""
        after = read_cursor(call.query.cursor)
        lines = self._store.changes(after, call.query.limit)
        items = tuple(
            AccountChangeView(each.number, rfc3339(each.at_s), each.by, each.what, each.subject) for each in lines
        )
        return AccountChanges(items, cursor_after(lines[-1].number) if len(lines) == call.query.limit else None)


def _user_view(user: User) -> UserView:
    return UserView(user.name, user.role, rfc3339(user.created_at_s))


def _token_view(token: Token) -> TokenView:
    return TokenView(
        token.token_id,
        token.owner,
        token.label,
        tuple(token.scopes.split()),
        token.rate_hz,
        rfc3339(token.created_at_s),
        rfc3339(token.expires_at_s),
        None if token.revoked_at_s is None else rfc3339(token.revoked_at_s),
    )


def _change_view(change: AccountChange) -> AccountChangeView:
    return AccountChangeView(change.number, rfc3339(change.at_s), change.by, change.what, change.subject)
