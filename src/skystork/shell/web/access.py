"""The gate of the real server: sessions of browsers, API tokens, forged requests, rates.

A browser has a cookie that scripts cannot read and other sites' pages do not send (SameSite=Strict). What changes
something needs a second word that only our own pages know (``X-CSRF-Token``), and comes from our own origin. A program
has a token in the ``Authorization`` header, which no browser adds by itself. A request that brings both is held to the
token.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from http.cookies import CookieError, SimpleCookie

from skystork.control.roles import Role
from skystork.shell.account_store import AccountStore, Session, Token, secret_hash
from skystork.shell.web.gate import require
from skystork.shell.web.limits import DEFAULT_LIMITS, Limits
from skystork.shell.web.problem import HttpRefusal
from skystork.shell.web.rates import Rates
from skystork.shell.web.roles import SCOPES_OF, Scope
from skystork.shell.web.route import NOBODY, Caller, Route

SESSION_S = 12 * 3600.0
"""A shift: then one logs in anew, whatever one did meanwhile [s]."""
IDLE_S = 2 * 3600.0
"""A session that nobody used this long is over [s]."""
SEEN_EVERY_S = 60.0
"""Between writes of when a session was used [s]."""
TOKEN_PREFIX = "sks"
"""Begins every token, so that secret scanners find one that leaked."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Access:
    """Admits callers; logs them in and out.

    Parameters
    ----------
    hosts
        Names that requests may be addressed to; empty: any. Without TLS a page of another site could have its own
        name point here (DNS rebinding); the name it uses then is not one of these.
    secure
        Whether the connection is encrypted: cookies are then sent over nothing else.
    clock
        Now [s since the Unix epoch].
    """

    def __init__(
        self,
        store: AccountStore,
        *,
        hosts: Collection[str],
        secure: bool,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._store, self._hosts, self.secure, self.limits = store, frozenset(hosts), secure, limits
        self.rates = Rates()
        self.cookie = "__Host-skystork" if secure else "skystork"

    def admit(self, route: Route, headers: Mapping[str, str], client: str) -> Caller:
        """The caller; raises HttpRefusal 401, 403, 421 or 429."""
        self._addressed(headers)
        caller, rate_hz, name = self._identify(route, headers, client)
        self.rates.take(name, rate_hz, time.monotonic())
        require(caller, route.row.scope)
        return caller

    def _addressed(self, headers: Mapping[str, str]) -> None:
        name = _host_name(headers.get("host", ""))
        if self._hosts and name not in self._hosts:
            names = ", ".join(sorted(self._hosts))
            raise HttpRefusal(421, "misdirected", f"this server is not {name or 'nameless'}; its names are {names}")

    def _identify(self, route: Route, headers: Mapping[str, str], client: str) -> tuple[Caller, float, str]:
        """Caller, rate and name of its bucket."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind:
            token = self._token(given.strip()) if kind.lower() == "bearer" else None
            if token is None:
                self.rates.take(f"address {client}", self.limits.anonymous_rate_hz, time.monotonic())
                raise _unauthenticated("the token is unknown, expired or revoked")
            return self._as_caller(token), token.rate_hz, f"token {token.token_id}"
        session = self._session(headers.get("cookie", ""))
        if session is None:
            return NOBODY, self.limits.anonymous_rate_hz, f"address {client}"
        user = self._store.user(session.user)
        role = _role(user.role) if user else None
        if role is None:
            return NOBODY, self.limits.anonymous_rate_hz, f"address {client}"
        if route.row.method not in SAFE_METHODS and route.row.scope is not Scope.PUBLIC:
            _own_page(session, headers)
        caller = Caller(session.user, role, SCOPES_OF[role], session_id=session.secret_hash)
        return caller, self.limits.session_rate_hz, f"session {session.secret_hash}"

    def _token(self, given: str) -> Token | None:
        prefix, _, rest = given.partition("_")
        token_id, _, secret = rest.partition("_")
        token = self._store.token(token_id) if prefix == TOKEN_PREFIX else None
        now_s = self._clock()
        if token is None or not hmac.compare_digest(token.secret_hash, secret_hash(secret)):
            return None
        return token if token.revoked_at_s is None and now_s < token.expires_at_s else None

    def _as_caller(self, token: Token) -> Caller:
        """With the scopes that both the token and its owner's role hold: who is demoted is so with all tokens."""
        user = self._store.user(token.owner)
        role = _role(user.role) if user else None
        held = SCOPES_OF[role] if role else frozenset[Scope]()
        scopes = frozenset(scope for scope in held if scope.value in token.scopes.split())
        return Caller(token.owner, role, scopes | ({Scope.SELF} & held), token_id=token.token_id)

    def _session(self, cookies: str) -> Session | None:
        try:
            morsel = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return None
        session = self._store.session(secret_hash(morsel.value)) if morsel else None
        now_s = self._clock()
        if session is None or now_s > session.created_at_s + SESSION_S or now_s > session.seen_at_s + IDLE_S:
            return None
        if now_s > session.seen_at_s + SEEN_EVERY_S:
            self._store.see_session(session.secret_hash, now_s)
        return session

    # ------------------------------------------------------------------ in and out

    def open_session(self, name: str) -> tuple[Session, str]:
        """A new session and its ``Set-Cookie``."""
        secret, now_s = secrets.token_urlsafe(32), self._clock()
        self._store.forget_sessions_before(now_s - SESSION_S)
        session = Session(secret_hash(secret), name, secrets.token_urlsafe(32), now_s, now_s)
        self._store.add_session(session)
        return session, self._set_cookie(secret, round(SESSION_S))

    def close_session(self, caller: Caller) -> str:
        """End it; the ``Set-Cookie`` that takes the cookie back."""
        self._store.end_session(caller.session_id)
        return self._set_cookie("", 0)

    def forgery_token(self, caller: Caller) -> str:
        """Of the caller's session; empty without one."""
        session = self._store.session(caller.session_id) if caller.session_id else None
        return session.forgery_token if session else ""

    def _set_cookie(self, secret: str, age_s: int) -> str:
        secure = "; Secure" if self.secure else ""
        return f"{self.cookie}={secret}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}"


def new_token(
    owner: str, label: str, scopes: Collection[Scope], *, rate_hz: float, lives_s: float
) -> tuple[Token, str]:
    """A token and the text of it, which is shown once and kept nowhere."""
    token_id, secret, now_s = secrets.token_hex(6), secrets.token_urlsafe(32), time.time()
    words = " ".join(sorted(scope.value for scope in scopes))
    token = Token(token_id, secret_hash(secret), owner, label, words, rate_hz, now_s, now_s + lives_s)
    return token, f"{TOKEN_PREFIX}_{token_id}_{secret}"


def _host_name(host: str) -> str:
    """Without the port; an IPv6 address stands in brackets (RFC 3986, 3.2.2)."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _own_page(session: Session, headers: Mapping[str, str]) -> None:
    origin, host = headers.get("origin"), headers.get("host", "")
    given = headers.get("x-csrf-token", "")
    foreign = origin is not None and origin.partition("//")[2] != host
    if foreign or not hmac.compare_digest(given.encode(), session.forgery_token.encode()):
        raise HttpRefusal(403, "forgery", "send the header X-CSRF-Token with the csrfToken of GET /v1/session")


def _role(word: str) -> Role | None:
    return Role(word) if word in set(Role) else None


def _unauthenticated(detail: str) -> HttpRefusal:
    return HttpRefusal(401, "unauthenticated", detail, headers={"WWW-Authenticate": 'Bearer realm="skystork"'})
