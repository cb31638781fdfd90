"""Logins on their way: what was sent to the provider with each, kept until the browser comes back with the answer.

Each login has a ``state``, which is good once and in the browser alone that began it (RFC 6749, 10.12: the cookie's
word is kept here as a hash), a ``nonce`` that the ID token must repeat, and a verifier of RFC 7636 without which the
code is worth nothing to who intercepts it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

LIVES_S = 600.0
"""From the button to the way back: a person types a password and a second factor meanwhile [s]."""
MOST_PENDING = 1000
"""Further ones push out the oldest."""


def _word() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Login:
    """One login that a browser began."""

    began_s: float
    browser_hash: str
    """SHA-256 of the word in the browser's cookie."""
    nonce: str = field(default_factory=_word)
    verifier: str = field(default_factory=_word)

    @property
    def challenge(self) -> str:
        """``S256`` of the verifier (RFC 7636, 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Logins:
    """All that are on their way; time is the caller's [s of any clock that does not go back]."""

    def __init__(self) -> None:
        self._pending: OrderedDict[str, Login] = OrderedDict()

    def begin(self, now_s: float) -> tuple[str, str, Login]:
        """State, the word for the browser's cookie, and the login."""
        state, browser = _word(), _word()
        login = self._pending[state] = Login(now_s, _hash(browser))
        while len(self._pending) > MOST_PENDING:
            self._pending.popitem(last=False)
        return state, browser, login

    def take(self, state: str, browser: str, now_s: float) -> Login | None:
        """The login of that state, once; None where there is none, it is too old, or another browser began it."""
        login = self._pending.pop(state, None)
        if login is None or now_s - login.began_s > LIVES_S:
            return None
        return login if hmac.compare_digest(login.browser_hash, _hash(browser)) else None


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
