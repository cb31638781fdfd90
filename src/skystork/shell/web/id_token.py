"""The door of PyJWT: an ID token is believed as OpenID Connect Core 1.0, 3.1.3.7, asks, and never otherwise.

Only signatures by a key pair count. ``none`` and the HMAC algorithms are not in the list: with those whoever knows the
provider's public key could sign (RFC 8725, 2.1).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from skystork.errors import Unavailable

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S = 60.0
"""By which the provider's clock may differ from ours [s]."""
MOST_BYTES = 64 * 1024


class NotBelieved(Exception):
    """A token that is no proof of who somebody is; says why, without anything of the token in it."""


class UnknownKey(NotBelieved):
    """Signed with a key that is not in the set at hand: the provider may have changed its keys."""


def require_library() -> None:
    """Raise Unavailable where PyJWT or its cryptography is not installed."""
    if find_spec("jwt") is None or find_spec("cryptography") is None:
        raise Unavailable("logging in by OpenID Connect needs the extra `oidc`: pip install 'skystork[oidc]'")


def verify_id_token(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str
) -> Mapping[str, Any]:
    """The claims of a token.

    Parameters
    ----------
    keys
        The provider's JSON Web Key Set (RFC 7517, 5).
    nonce
        As it was sent with the request that this token answers.

    Raises
    ------
    UnknownKey
        When the key set has no key of the token's name.
    NotBelieved
        When anything else is not as it must be.
    """
    import jwt  # noqa: PLC0415  # an extra: asked for only where the site names a provider

    if len(token) > MOST_BYTES:
        raise NotBelieved("it is too long")
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise NotBelieved("its signature is by no key pair")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, header.get("kid"), algorithm),
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise NotBelieved(type(error).__name__) from None  # its sentence may hold parts of the token
    _hold_to_request(claims, client_id, nonce)
    return claims


def _key(keys: Mapping[str, Any], kid: object, algorithm: str) -> Any:
    from jwt import PyJWK, PyJWKError  # noqa: PLC0415  # as above

    listed = keys.get("keys")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    signing = [row for row in rows if row.get("use", "sig") == "sig" and row.get("kty") != "oct"]
    named = [row for row in signing if kid is None or row.get("kid") == kid]
    if not named:
        raise UnknownKey("the provider has no such key")
    if len(named) > 1:
        raise NotBelieved("it does not say which key it is signed with")
    if named[0].get("alg", algorithm) != algorithm:
        raise NotBelieved("its key is for another algorithm")
    try:
        return PyJWK(named[0], algorithm)
    except PyJWKError:
        raise NotBelieved("its key cannot be used") from None


def _hold_to_request(claims: Mapping[str, Any], client_id: str, nonce: str) -> None:
    given, subject = claims.get("nonce"), claims.get("sub")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise NotBelieved("it answers another request")
    audience, party = claims["aud"], claims.get("azp")
    if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in {None, client_id}:
        raise NotBelieved("it is meant for another party")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise NotBelieved("it names nobody")
