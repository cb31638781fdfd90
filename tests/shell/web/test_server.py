"""The server on a real socket, encrypted, and on a port that is taken."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from skystork.errors import Unavailable
from skystork.shell.http_address import Listen, read_listen
from skystork.shell.web.application import make_application
from skystork.shell.web.connection import MOST_CONNECTIONS, MOST_OF_ONE
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import NOBODY, Call, Caller, File, Nothing, Route, Streamed, row, rows_of
from skystork.shell.web.server import serving


class Greeting:
    """One route."""

    tag = "test"

    @row("GET", "/hello", Scope.PUBLIC)
    async def say_hello(self, call: Call[Nothing, Nothing, Nothing]) -> File:
        """Say hello."""
        return File(b"hello", "text/plain")


class Slow:
    """A route whose answer takes longer than any head may."""

    tag = "test"

    @row("GET", "/slow", Scope.PUBLIC)
    async def tell_slowly(self, call: Call[Nothing, Nothing, Nothing]) -> Streamed:
        """Three events."""

        async def events() -> AsyncIterator[bytes]:
            for number in range(3):
                await asyncio.sleep(0.1)
                yield f"event: {number}\n\n".encode()

        return Streamed(events())


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


async def test_a_head_that_does_not_come_costs_its_connection(tmp_path: Path) -> None:
    application = make_application(rows_of(Greeting()), Open())
    async with serving(application, Listen("127.0.0.1", 0), head_patience_s=0.2) as bound:
        for begun in (b"", b"G", b"GET /hello HTTP/1.1\r\nHost: x\r\nX-A: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", bound.port)
            writer.write(begun)
            with pytest.raises((ConnectionResetError, EOFError)):
                await asyncio.wait_for(reader.readexactly(1), 30)
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", bound.port)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hel")
        assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        with pytest.raises((ConnectionResetError, EOFError)):
            await asyncio.wait_for(reader.readexactly(1), 30)
        writer.close()


async def test_a_long_answer_is_not_cut_off(tmp_path: Path) -> None:
    application = make_application(rows_of(Slow()), Open())
    async with (
        serving(application, Listen("127.0.0.1", 0), head_patience_s=0.05) as bound,
        httpx.AsyncClient() as client,
    ):
        answer = await client.get(f"http://127.0.0.1:{bound.port}/slow", timeout=30)
    assert answer.text == "event: 0\n\nevent: 1\n\nevent: 2\n\n"


async def test_there_are_only_so_many_connections(tmp_path: Path) -> None:
    application = make_application(rows_of(Greeting()), Open())
    async with serving(application, Listen("127.0.0.1", 0)) as bound:
        held = [await asyncio.open_connection("127.0.0.1", bound.port) for _ in range(MOST_CONNECTIONS)]
        reader, writer = await asyncio.open_connection("127.0.0.1", bound.port)
        with pytest.raises((ConnectionResetError, EOFError)):
            await asyncio.wait_for(reader.readexactly(1), 30)
        writer.close()
        left = held.pop()[1]
        left.close()
        await left.wait_closed()
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
            assert (await client.get(f"http://127.0.0.1:{bound.port}/hello")).text == "hello"
        for _, each in held:
            each.close()
        await asyncio.gather(*(each.wait_closed() for _, each in held), return_exceptions=True)


def own_address() -> str:
    """An address of this machine that others can reach; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: for documents, nobody's
        except OSError:
            pytest.skip("this machine has no network")
        found: str = probe.getsockname()[0]
    if found.startswith("127."):
        pytest.skip("this machine has no address but its loopback")
    return found


async def test_one_address_has_only_so_many_connections_and_this_machine_is_no_address(tmp_path: Path) -> None:
    application, own = make_application(rows_of(Greeting()), Open()), own_address()
    async with serving(application, Listen("0.0.0.0", 0)) as bound:
        held = [await asyncio.open_connection(own, bound.port) for _ in range(MOST_OF_ONE)]
        reader, writer = await asyncio.open_connection(own, bound.port)
        with pytest.raises((ConnectionResetError, EOFError)):
            await asyncio.wait_for(reader.readexactly(1), 30)
        writer.close()
        near = [await asyncio.open_connection("127.0.0.1", bound.port) for _ in range(MOST_OF_ONE + 1)]
        reader, writer = near[-1]
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        left = held.pop()[1]
        left.close()
        await left.wait_closed()
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
            assert (await client.get(f"http://{own}:{bound.port}/hello")).text == "hello"
        for _, each in (*held, *near):
            each.close()
        await asyncio.gather(*(each.wait_closed() for _, each in (*held, *near)), return_exceptions=True)
