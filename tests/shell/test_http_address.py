"""Where the web server may listen: this machine only, unless the connection is encrypted."""

from __future__ import annotations

from pathlib import Path

import pytest

from skystork.errors import ConfigError
from skystork.shell.http_address import read_listen

CERTIFICATE, KEY = Path("site.pem"), Path("site.key")


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "localhost:0", "[::1]:8080", "127.8.8.8:1"])
def test_loopback_needs_no_encryption(text: str) -> None:
    assert read_listen(text).url.startswith("http://")


@pytest.mark.parametrize("text", ["0.0.0.0:8080", "[::]:8080", "192.168.1.7:8080", "depot.example:8080"])
def test_other_machines_are_let_in_over_tls_only(text: str) -> None:
    with pytest.raises(ConfigError, match="without TLS"):
        read_listen(text)
    assert read_listen(text, CERTIFICATE, KEY).url.startswith("https://")


@pytest.mark.parametrize("text", ["8080", "127.0.0.1", ":8080", "127.0.0.1:http", "127.0.0.1:70000", "127.0.0.1:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not an address"):
        read_listen(text)


def test_half_of_tls_is_none() -> None:
    with pytest.raises(ConfigError, match="half of TLS"):
        read_listen("127.0.0.1:8443", CERTIFICATE)
    with pytest.raises(ConfigError, match="half of TLS"):
        read_listen("127.0.0.1:8443", None, KEY)
