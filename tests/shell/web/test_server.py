"""The server on a real socket, encrypted, and on a port that is taken."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from skystork.errors import Unavailable
from skystork.shell.http_address import Listen, read_listen
from skystork.shell.web.application import make_application
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import NOBODY, Call, Caller, File, Nothing, Route, row, rows_of
from skystork.shell.web.server import serving


class Greeting:
    """One route."""

    tag = "test"

    @row("GET", "/hello", Scope.PUBLIC)
    async def say_hello(self, call: Call[Nothing, Nothing, Nothing]) -> File:
        """Say hello."""
        return File(b"hello", "text/plain")


class Open:
    """Lets everybody in."""

    def admit(self, route: Route, headers: Mapping[str, str], client: str) -> Caller:
        return NOBODY


async def test_a_certificate_encrypts_it(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate")
    certificate, key = tmp_path / "site.pem", tmp_path / "site.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    application = make_application(rows_of(Greeting()), Open())
    trust = ssl.create_default_context(cafile=str(certificate))
    address = read_listen("127.0.0.1:0", certificate, key)
    async with serving(application, address) as bound, httpx.AsyncClient(verify=trust) as client:
        answer = await client.get(f"https://localhost:{bound.port}/hello")
    assert (answer.status_code, answer.text) == (200, "hello")


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    application = make_application(rows_of(Greeting()), Open())
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Unavailable, match="Stop what listens there"):
        async with serving(application, Listen("127.0.0.1", taken.getsockname()[1])):
            pass


async def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    wrong = tmp_path / "site.pem"
    wrong.write_text("no certificate")
    application = make_application(rows_of(Greeting()), Open())
    with pytest.raises(Unavailable, match="Check both files"):
        async with serving(application, Listen("127.0.0.1", 0, wrong, wrong)):
            pass
