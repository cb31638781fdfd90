"""``/v1/setup`` and ``/v1/session``: the first owner, logging in and out."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Annotated

import msgspec

from skystork.app.http.fields import AccountName, FreshPassword, Password
from skystork.control.roles import Role
from skystork.shell.account_store import AccountStore, User
from skystork.shell.web.access import Access
from skystork.shell.web.passwords import PasswordDesk, why_weak
from skystork.shell.web.problem import FieldProblem, HttpRefusal, conflict
from skystork.shell.web.roles import SCOPES_OF, Scope
from skystork.shell.web.route import Call, Nothing, Reply, Route, row, rows_of

LOGIN_BURST = 5.0
"""Tries that a person who mistypes has at once."""


class Setup(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The first owner."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="As the terminal shows it")]
    name: AccountName
    password: FreshPassword


class Login(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Name and password."""

    name: AccountName
    password: Password


class NewPassword(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Of one's own account."""

    current: Password
    new: FreshPassword


class WhoAmI(msgspec.Struct, rename="camel"):
    """The caller, as the service sees it."""

    name: str
    role: Role
    scopes: tuple[str, ...]
    csrf_token: str
    """To be sent as ``X-CSRF-Token`` with what changes something; empty with an API token."""


class FirstRun:
    """A code for the first owner, shown in the terminal while there are no accounts; good once."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store
        self.code = "" if store.users() else secrets.token_urlsafe(12)

    def take(self, code: str) -> None:
        """Use it up; raises HttpRefusal where it is not the one."""
        if self._store.users():
            self.code = ""
        if not self.code:
            raise conflict("the first owner is there already: log in, or use `skystork user add` on the machine")
        if not hmac.compare_digest(code.encode(), self.code.encode()):
            raise HttpRefusal(403, "forbidden", "this is not the code that the terminal shows")
        self.code = ""


class SessionRoutes:
    """The rows and their handlers."""

    tag = "session"

    def __init__(self, store: AccountStore, access: Access, first: FirstRun) -> None:
        self._store, self._access, self._first = store, access, first
        self._passwords = PasswordDesk()

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("POST", "/v1/setup", Scope.PUBLIC, status=201, refusals=(403, 409))
    async def create_owner(self, call: Call[Nothing, Nothing, Setup]) -> Reply[WhoAmI]:
        """Make the first owner, with the code that the terminal shows."""
        body = call.body
        self._try("setup")
        hold_to_rules(body.password, body.name, "body.password")
        self._first.take(body.code)
        hashed = await self._passwords.make(body.password)
        self._store.add_user(User(body.name, Role.ADMIN, hashed, time.time()))
        self._store.note(body.name, "owner created", body.name)
        return self._logged_in(body.name, Role.ADMIN)

    @row("POST", "/v1/session", Scope.PUBLIC, status=201, refusals=(401,))
    async def log_in(self, call: Call[Nothing, Nothing, Login]) -> Reply[WhoAmI]:
        """Log in with name and password."""
        body = call.body
        self._try(f"login {body.name}")
        user = self._store.user(body.name)
        if not await self._passwords.check(body.password, user.password_hash if user else None) or user is None:
            self._store.note("", "login refused", body.name)
            raise HttpRefusal(401, "unauthenticated", "no account has this name and password")
        self._store.note(user.name, "logged in", user.name)
        return self._logged_in(user.name, Role(user.role))

    @row("GET", "/v1/session", Scope.SELF)
    async def get_session(self, call: Call[Nothing, Nothing, Nothing]) -> WhoAmI:
        """Who I am and what I may."""
        caller = call.caller
        assert caller.role is not None, "the scope is asked for before"
        return WhoAmI(caller.name, caller.role, _told(caller.scopes), self._access.forgery_token(caller))

    @row("DELETE", "/v1/session", Scope.SELF, status=204, refusals=(409,))
    async def log_out(self, call: Call[Nothing, Nothing, Nothing]) -> Reply[None]:
        """Log out."""
        if not call.caller.session_id:
            raise conflict("an API token has no session: revoke it with DELETE /v1/tokens/{tokenId}")
        return Reply(None, cookie=self._access.close_session(call.caller))

    @row("POST", "/v1/session/password", Scope.SELF, status=204, refusals=(409,))
    async def change_password(self, call: Call[Nothing, Nothing, NewPassword]) -> Reply[None]:
        """Set a new password of one's own; all sessions end."""
        name, body = call.caller.name, call.body
        self._try(f"login {name}")
        user = self._store.user(name)
        if not await self._passwords.check(body.current, user.password_hash if user else None):
            raise HttpRefusal(403, "forbidden", "the current password is another")
        hold_to_rules(body.new, name, "body.new")
        self._store.set_password(name, await self._passwords.make(body.new))
        self._store.note(name, "password changed", name)
        return Reply(None)

    def _try(self, what: str) -> None:
        """Count a guess; raises HttpRefusal 429."""
        self._access.rates.take(what, self._access.limits.login_rate_hz, time.monotonic(), burst=LOGIN_BURST)

    def _logged_in(self, name: str, role: Role) -> Reply[WhoAmI]:
        session, cookie = self._access.open_session(name)
        return Reply(WhoAmI(name, role, _told(SCOPES_OF[role]), session.forgery_token), cookie=cookie)


def _told(scopes: frozenset[Scope]) -> tuple[str, ...]:
    return tuple(sorted(scope.value for scope in scopes))


def hold_to_rules(password: str, name: str, where: str) -> None:
    """Refuse a password that is easily guessed; raises HttpRefusal 409."""
    why = why_weak(password, name)
    if why:
        problem = FieldProblem(where, why, remedy="Choose another.")
        raise HttpRefusal(409, "weak-password", why, errors=(problem,))
