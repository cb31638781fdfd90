"""Asking a server: whatever becomes of it, the connection is over when the answer or the refusal is there."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from skystork.errors import Unavailable
from skystork.shell.http_request import MOST_BYTES, request

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize(
    ("told", "length", "wrong"),
    [(b"{}", 2, None), (b"{", 2, "did not answer within"), (b" " * (MOST_BYTES + 1), MOST_BYTES + 1, "more than")],
)
async def test_the_connection_is_over_with_the_exchange(told: bytes, length: int, wrong: str | None) -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD % length + told)
        with contextlib.suppress(ConnectionError):  # it goes before it has read everything
            await reader.read()  # until it is gone
        gone.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        if wrong is None:
            assert await request(url, deadline_s=10.0) == told
        else:
            with pytest.raises(Unavailable) as refusal:  # kept: what it refers to must hold nothing open
                await request(url, deadline_s=0.3 if "within" in wrong else 10.0)
            assert wrong in str(refusal.value)
        async with asyncio.timeout(10.0):
            await gone.wait()
