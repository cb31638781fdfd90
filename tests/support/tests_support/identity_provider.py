"""An OpenID Connect provider on a socket of this machine: real keys, real signatures, codes that are good once.

The tokens are signed here by the bare primitives of ``cryptography``, not by the library that the product reads them
with. What a test wants to be wrong with an answer it puts into :class:`Faults`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT_ID = "skystork"
CLIENT_SECRET = "s3cret of the client"


def encoded(data: bytes) -> str:
    """base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: Mapping[str, Any]) -> str:
    """Of a token."""
    return encoded(json.dumps(value).encode())


def number(value: int) -> str:
    """Of a key (RFC 7518, 2: Base64urlUInt)."""
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class SigningKey:
    """One key pair."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> dict[str, str]:
        """As the key set has it."""
        numbers = self._private.public_key().public_numbers()
        row = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid}
        return row | {"n": number(numbers.n), "e": number(numbers.e)}

    def pem(self) -> bytes:
        """The public half as text, which a forger has too."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """RS256 (RFC 7518, 3.3)."""
        return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass
class Faults:
    """What is wrong with the next answers."""

    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """None takes a claim away."""
    tampered: bool = False
    """The claims are changed after they were signed."""
    forged_by: SigningKey | None = None
    """Signed by a key of somebody else, under our key's name."""
    by_public_key: bool = False
    """HS256 with the public key's own text as the secret (RFC 8725, 2.1)."""
    unsigned: bool = False
    away: bool = False
    issuer: str = ""
    """In the discovery document."""


@dataclass
class _Code:
    form: Mapping[str, str]
    person: Mapping[str, Any]


class IdentityProvider:
    """What the handler of requests works with. See :func:`identity_provider`."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = SigningKey("key-1")
        self.faults = Faults()
        self.asked: list[str] = []
        """Paths of requests, in order."""
        self.person: Mapping[str, Any] = {}
        """Who sits at the browser that comes to the provider's own page."""
        self._codes: dict[str, _Code] = {}

    def turn_key(self) -> None:
        """Sign with a new key from now on."""
        self.key = SigningKey(f"key-{secrets.token_hex(4)}")

    def log_in(self, url: str, person: Mapping[str, Any]) -> str:
        """What the provider's own page does with the browser: where it is sent back to."""
        asked = urlsplit(url)
        form = {name: values[0] for name, values in parse_qs(asked.query).items()}
        assert f"{asked.scheme}://{asked.netloc}{asked.path}" == f"{self.issuer}/authorize"
        assert (form["response_type"], form["client_id"]) == ("code", CLIENT_ID)
        assert form["code_challenge_method"] == "S256"
        assert "openid" in form["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = _Code(form, person)
        return f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form['state'], 'session_state': 'x'})}"

    def redeem(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint (RFC 6749, 4.1.3; RFC 7636, 4.6)."""
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(given[0]), unquote(given[2])) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        code = self._codes.pop(form.get("code", ""), None)
        challenge = encoded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if code is None or form.get("redirect_uri") != code.form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if not hmac.compare_digest(challenge, code.form["code_challenge"]):
            return 400, {"error": "invalid_grant", "error_description": "PKCE"}
        token = self.token(code.form["nonce"], code.person)
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}

    def token(self, nonce: str, person: Mapping[str, Any]) -> str:
        """An ID token, right or as the faults say."""
        now_s, faults = int(time.time()), self.faults
        claims: dict[str, Any] = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now_s, "exp": now_s + 300}
        claims |= {"nonce": nonce, **person} | faults.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid} | faults.header
        if faults.unsigned:
            return f"{part(header | {'alg': 'none'})}.{part(claims)}."
        if faults.by_public_key:
            signed = f"{part(header | {'alg': 'HS256'})}.{part(claims)}"
            return f"{signed}.{encoded(hmac.digest(self.key.pem(), signed.encode(), 'sha256'))}"
        signed = f"{part(header)}.{part(claims)}"
        signature = encoded((faults.forged_by or self.key).sign(signed.encode()))
        if faults.tampered:
            signed = f"{part(header)}.{part(claims | {'groups': ['ops-admin']})}"
        return f"{signed}.{signature}"

    def answer(self, method: str, path: str, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Of the three addresses that the product itself asks."""
        self.asked.append(path)
        if self.faults.away:
            return 503, {"error": "maintenance"}
        match method, path:
            case "GET", "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.faults.issuer or self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                    "response_types_supported": ["code"],
                }
            case "GET", "/keys":
                return 200, {"keys": [self.key.public()]}
            case "POST", "/token":
                return self.redeem(form, authorization)
        return 404, {}


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Serve one on a port of this machine while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/authorize?"):
                self._send_back()
            else:
                self._answer("")

        def _send_back(self) -> None:
            """Who sits there has logged in at once."""
            self.send_response(303)
            self.send_header("Location", provider.log_in(provider.issuer + self.path, provider.person))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, value = provider.answer(self.command, self.path, form, self.headers.get("Authorization", ""))
            text = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, name="identity provider")
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
