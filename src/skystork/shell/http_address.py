"""Where the web server listens: this machine only, unless the connection is encrypted."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from skystork.errors import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the server listens."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    @property
    def url(self) -> str:
        """To be typed into a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def read_listen(
    text: str, certificate: Path | None = None, key: Path | None = None, where: str = "http listen"
) -> Listen:
    """Read ``host:port``.

    Raises
    ------
    ConfigError
        It is none; or it is reachable from other machines and there is no TLS; or one half of TLS is missing.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise _wrong(where, "not an address", text, "host:port like 127.0.0.1:8080", "Correct it.")
    if (certificate is None) != (key is None):
        raise _wrong(where, "half of TLS", str(certificate or key), "certificate and key", "Give both, or none.")
    if certificate is None and not is_loopback(host):
        limit, remedy = "a loopback address, or TLS", "Give a certificate and its key, or listen on 127.0.0.1."
        raise _wrong(where, "reachable from other machines without TLS", text, limit, remedy)
    return Listen(host, int(port), certificate, key)


def is_loopback(host: str) -> bool:
    """Whether it names this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(where: str, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(where, what, seen, limit, remedy),))
