"""The provider that a site trusts to say who somebody is: its discovery document, its keys, its tokens.

What it said is kept for a while. While it is away nobody new comes in by it, and whoever has a password still does.
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from skystork.control.roles import Role
from skystork.errors import Unavailable
from skystork.shell.http_address import is_loopback
from skystork.shell.http_request import request
from skystork.shell.web.id_token import UnknownKey, verify_id_token

DEADLINE_S = 10.0
"""For one answer of the provider [s]."""
KEPT_S = 3600.0
"""The discovery document and the keys are asked for anew after this long [s]."""
KEYS_APART_S = 10.0
"""Between two questions for keys because a token named one that is not known [s]."""
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Whom to ask, as whom, and what its words mean here."""

    issuer: str
    client_id: str
    roles: Mapping[str, Role]
    """By a value of the role claim; what is not here lets nobody in."""
    client_secret: str = field(default="", repr=False)
    """Empty: a public client, which PKCE alone guards."""
    label: str = "Single sign-on"
    role_claim: str = "groups"
    name_claim: str = "preferred_username"
    scopes: tuple[str, ...] = ("openid", "profile")


class Metadata(msgspec.Struct):
    """What is read of the discovery document (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Granted(msgspec.Struct):
    id_token: str


class OidcProvider:
    """One provider, asked over HTTP."""

    def __init__(self, settings: OidcSettings) -> None:
        self.settings = settings
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None
        self._turned_at_s = -math.inf

    async def authorization_url(self, *, redirect_url: str, state: str, nonce: str, challenge: str) -> str:
        """Where the browser goes to log in (OpenID Connect Core 1.0, 3.1.2.1); raises Unavailable."""
        endpoint = (await self._discover()).authorization_endpoint
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": redirect_url,
                "scope": " ".join(self.settings.scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    async def claims(self, *, code: str, redirect_url: str, verifier: str, nonce: str) -> Mapping[str, Any]:
        """Who came back with a code.

        Raises
        ------
        Unavailable
            When the provider is away, or does not take the code.
        NotBelieved
            When the ID token is no proof.
        """
        token = await self._exchange(code, redirect_url, verifier)
        try:
            return self._verified(token, await self._key_set(), nonce)
        except UnknownKey:
            self._forget_keys()
            return self._verified(token, await self._key_set(), nonce)

    def _verified(self, token: str, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        of = self.settings
        return verify_id_token(token, keys, issuer=of.issuer, client_id=of.client_id, nonce=nonce)

    async def _exchange(self, code: str, redirect_url: str, verifier: str) -> str:
        """The ID token for a code (RFC 6749, 4.1.3; RFC 7636, 4.5)."""
        metadata, of = await self._discover(), self.settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_url,
            "client_id": of.client_id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if of.client_secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote(of.client_id, safe='')}:{quote(of.client_secret, safe='')}"  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif of.client_secret:
            form["client_secret"] = of.client_secret
        text = await request(metadata.token_endpoint, urlencode(form).encode(), deadline_s=DEADLINE_S, headers=headers)
        granted: _Granted = _read(text, _Granted, metadata.token_endpoint)
        return granted.id_token

    async def _discover(self) -> Metadata:
        now_s = time.monotonic()
        if self._metadata is None or now_s - self._metadata[0] > KEPT_S:
            url = self.settings.issuer.rstrip("/") + DISCOVERY
            found = _read(await request(url, deadline_s=DEADLINE_S), Metadata, url)
            if found.issuer != self.settings.issuer:
                raise Unavailable(f"{url} speaks for {found.issuer!r}. Write the issuer as the provider does.")
            for each in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                if not is_safe_url(each):
                    raise Unavailable(f"{url} names {each!r}, which is not encrypted. Have the provider use https.")
            self._metadata = now_s, found
        return self._metadata[1]

    def _forget_keys(self) -> None:
        """The provider may have turned its keys; not with every token, since forged ones are free to make."""
        now_s = time.monotonic()
        if now_s - self._turned_at_s > KEYS_APART_S:
            self._turned_at_s, self._keys = now_s, None

    async def _key_set(self) -> dict[str, Any]:
        now_s = time.monotonic()
        if self._keys is None or now_s - self._keys[0] > KEPT_S:
            url = (await self._discover()).jwks_uri
            self._keys = now_s, _read(await request(url, deadline_s=DEADLINE_S), dict[str, Any], url)
        return self._keys[1]


def is_safe_url(url: str) -> bool:
    """Whether it is https, or a server of this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.username is not None or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def _read(text: bytes, kind: Any, url: str) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unavailable(f"{url} does not answer as a provider does: {error}. See whether it is one.") from error
