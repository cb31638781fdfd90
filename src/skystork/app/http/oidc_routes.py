"""``/v1/session/ways`` and ``/v1/session/oidc``: how one may log in, and logging in by the site's own provider.

Whatever goes wrong on the way ends at our own front page with one of :class:`Refusal`'s words: the browser comes from
another site, so nothing that it brought is repeated, and it is sent nowhere else. The provider decides who somebody is;
what that person may do is decided here, by the site's table, anew with every login. Without a row there is no role, and
without a role nobody comes in.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any

import msgspec

from skystork.app.http.fields import ACCOUNT_NAME
from skystork.control.roles import Role
from skystork.errors import Unavailable
from skystork.shell.account_store import AccountStore, User
from skystork.shell.web.access import Access
from skystork.shell.web.id_token import NotBelieved
from skystork.shell.web.oidc_login import LIVES_S, Login, Logins
from skystork.shell.web.oidc_provider import OidcProvider
from skystork.shell.web.problem import not_found
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, Nothing, Reply, Route, row, rows_of

log = logging.getLogger("skystork.web")

BEGIN = "/v1/session/oidc"
CALLBACK = f"{BEGIN}/callback"
Given = Annotated[str, msgspec.Meta(max_length=4096, description="As the provider sent it")]


class Refusal(StrEnum):
    """Why nobody was let in; the console says it in words."""

    AWAY = "away"
    """The provider is not heard, or did not take the code."""
    ANOTHER = "another"
    """No login of this browser is on its way: too late, used before, or begun elsewhere."""
    REFUSED = "refused"
    """The provider let nobody in."""
    UNPROVEN = "unproven"
    """The ID token is no proof."""
    NAMELESS = "nameless"
    """The claim has no name that an account can have."""
    TAKEN = "taken"
    """An account of that name belongs to somebody else."""
    NO_ROLE = "no-role"
    """No row of the site's table is for this person."""


class _Refused(Exception):
    def __init__(self, why: Refusal, whom: str = "") -> None:
        super().__init__(why)
        self.why, self.whom = why, whom


class SingleSignOn(msgspec.Struct, rename="camel"):
    """A provider of identities."""

    label: str
    """For the button."""
    path: str
    """Where the browser goes."""


class Ways(msgspec.Struct, rename="camel", omit_defaults=True):
    """How one may log in here; name and password always do."""

    first_run: bool
    """Whether the first owner is still to be made."""
    single_sign_on: SingleSignOn | None = None


class CallbackQuery(msgspec.Struct):
    """What the provider sends back with the browser (RFC 6749, 4.1.2; RFC 9207); unknown parameters are passed over."""

    state: Given = ""
    code: Given = ""
    error: Given = ""
    iss: Given = ""


class OidcRoutes:
    """The rows and their handlers.

    Parameters
    ----------
    provider
        None: the site names none.
    url
        As browsers reach this server; empty: as the request names it, which without TLS is this machine.
    """

    tag = "session"

    def __init__(self, store: AccountStore, access: Access, provider: OidcProvider | None, url: str) -> None:
        self._store, self._access, self._provider, self._url = store, access, provider, url
        self._logins = Logins()
        self._cookie = "__Secure-skystork-login" if access.secure else "skystork-login"

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/v1/session/ways", Scope.PUBLIC)
    async def get_ways(self, call: Call[Nothing, Nothing, Nothing]) -> Ways:
        """How one may log in here."""
        of = self._provider.settings if self._provider else None
        return Ways(not self._store.users(), SingleSignOn(of.label, BEGIN) if of else None)

    @row("GET", BEGIN, Scope.PUBLIC, status=303, refusals=(404,))
    async def begin_single_sign_on(self, call: Call[Nothing, Nothing, Nothing]) -> Reply[None]:
        """Send the browser to the site's provider of identities."""
        provider = self._named()
        state, browser, login = self._logins.begin(time.monotonic())
        try:
            url = await provider.authorization_url(
                redirect_url=self._redirect_url(call.headers),
                state=state,
                nonce=login.nonce,
                challenge=login.challenge,
            )
        except Unavailable as error:
            return self._refuse(Refusal.AWAY, "", str(error))
        secure = "; Secure" if self._access.secure else ""
        # Lax: the way back is a link from the provider's page, with which Strict cookies are not sent.
        cookie = f"{self._cookie}={browser}; Path={BEGIN}; Max-Age={LIVES_S:.0f}; HttpOnly; SameSite=Lax{secure}"
        return Reply(None, {"Location": url}, cookie)

    @row("GET", CALLBACK, Scope.PUBLIC, status=303, refusals=(404,))
    async def end_single_sign_on(self, call: Call[Nothing, CallbackQuery, Nothing]) -> Reply[None]:
        """Take the browser back from the provider: logged in, or told why not."""
        provider = self._named()
        try:
            claims = await self._claims(provider, call)
            user = self._admitted(provider, claims)
        except _Refused as refused:
            return self._refuse(refused.why, refused.whom)
        except Unavailable as error:
            return self._refuse(Refusal.AWAY, "", str(error))
        except NotBelieved as error:
            return self._refuse(Refusal.UNPROVEN, "", str(error))
        self._store.note(user.name, "logged in by single sign-on", user.name)
        _, cookie = self._access.open_session(user.name)
        return Reply(None, {"Location": "/"}, cookie)

    # ------------------------------------------------------------------ who it is

    async def _claims(self, provider: OidcProvider, call: Call[Nothing, CallbackQuery, Nothing]) -> Mapping[str, Any]:
        query = call.query
        login = self._taken(query.state, call.headers.get("cookie", ""))
        if query.iss and query.iss != provider.settings.issuer:
            raise _Refused(Refusal.UNPROVEN)  # another provider's answer (RFC 9207)
        if query.error or not query.code:
            raise _Refused(Refusal.REFUSED)
        return await provider.claims(
            code=query.code,
            redirect_url=self._redirect_url(call.headers),
            verifier=login.verifier,
            nonce=login.nonce,
        )

    def _taken(self, state: str, cookies: str) -> Login:
        try:
            morsel = SimpleCookie(cookies).get(self._cookie)
        except CookieError:
            morsel = None
        login = self._logins.take(state, morsel.value if morsel else "", time.monotonic())
        if login is None:
            raise _Refused(Refusal.ANOTHER)
        return login

    def _admitted(self, provider: OidcProvider, claims: Mapping[str, Any]) -> User:
        """The account of the claims, with the role that the site's table gives now."""
        issuer, subject = provider.settings.issuer, str(claims["sub"])
        role = role_of(claims, provider.settings.role_claim, provider.settings.roles)
        known = self._store.user_of_identity(issuer, subject)
        if known is not None:
            self._store.set_role(known.name, role or "")
            if role is None:
                self._store.end_sessions_of(known.name)
                raise _Refused(Refusal.NO_ROLE, known.name)
            return known
        name = str(value_of(claims, provider.settings.name_claim) or "").lower()
        if not re.fullmatch(ACCOUNT_NAME, name):
            raise _Refused(Refusal.NAMELESS)
        if role is None:
            raise _Refused(Refusal.NO_ROLE, name)
        user = User(name, role, "", time.time())
        if not self._store.add_user(user):
            raise _Refused(Refusal.TAKEN, name)
        self._store.add_identity(issuer, subject, name)
        self._store.note(name, f"user added by single sign-on as {role}", name)
        return user

    # ------------------------------------------------------------------ ways

    def _named(self) -> OidcProvider:
        if self._provider is None:
            raise not_found("provider of identities in the site's file")
        return self._provider

    def _redirect_url(self, headers: Mapping[str, str]) -> str:
        return (self._url or f"http://{headers.get('host', '')}") + CALLBACK

    def _refuse(self, why: Refusal, whom: str, detail: str = "") -> Reply[None]:
        self._store.note("", f"single sign-on refused: {why}", whom)
        if detail:
            log.warning("single sign-on refused, %s: %s", why, detail)
        return Reply(None, {"Location": f"/#sso={why}"})


def value_of(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by a path with dots as Keycloak nests them; None where there is none."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def role_of(claims: Mapping[str, Any], path: str, roles: Mapping[str, Role]) -> Role | None:
    """Of the first row of the table that the claim holds; None where it holds none."""
    given = value_of(claims, path)
    held = set(filter(lambda each: isinstance(each, str), given if isinstance(given, list) else [given]))
    return next((role for value, role in roles.items() if value in held), None)
