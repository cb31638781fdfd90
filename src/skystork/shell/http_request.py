"""One question over HTTP to a server that a site names, a router or a provider of identities: answered or Unavailable.

The standard library's client blocks, so it runs in a thread of its own and the event loop goes on. A deadline holds
for the whole exchange: a server that sends a byte now and then is given up as one that is silent.
"""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Mapping, Set
from urllib.parse import SplitResult, urlsplit

from skystork.errors import ConfigError, Late, Problem, Unavailable

MOST_BYTES = 32 * 1024 * 1024
"""A longer answer is no answer to any question of ours."""
_PIECE = 65_536


def check_url(url: str, where: str) -> SplitResult:
    """The parts of an address; raises ConfigError for what is none."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        limit, remedy = "http://host:port or https://host", "Write the server's address."
        raise ConfigError((Problem(where, "no address of a server", url, limit, remedy),))
    return parts


async def request(
    url: str,
    body: bytes | None = None,
    *,
    deadline_s: float,
    headers: Mapping[str, str] | None = None,
    told_by: Set[int] = frozenset(),
) -> bytes:
    """Ask; a GET without a body, else a POST, of JSON unless ``headers`` say otherwise. Redirections are not followed.

    Parameters
    ----------
    deadline_s
        For the whole exchange [s of real time].
    told_by
        Statuses besides 200 whose body the caller reads.

    Raises
    ------
    Unavailable
        When there is no server, it is late, or it answers by any other status. What it answered is in the message.
    """
    method = "GET" if body is None else "POST"
    status, text = await exchange(method, url, body, deadline_s=deadline_s, headers=headers)
    if status != http.client.OK and status not in told_by:
        parts = urlsplit(url)
        said = text[:200].decode("utf-8", "replace")
        raise Unavailable(f"{parts.scheme}://{parts.netloc} answers {status}: {said}. See its log.")
    return text


async def exchange(
    method: str, url: str, body: bytes | None, *, deadline_s: float, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Ask by any method; the status and what was answered, whatever it is.

    Raises
    ------
    Unavailable
        When there is no server, or it is late.
    """
    return await asyncio.to_thread(_exchange, method, url, body, deadline_s, headers or {})


def _exchange(
    method: str, url: str, body: bytes | None, deadline_s: float, more: Mapping[str, str]
) -> tuple[int, bytes]:
    parts = check_url(url, "address of a server")
    ends_s = time.monotonic() + deadline_s
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=deadline_s)
    server = f"{parts.scheme}://{parts.netloc}"
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": "application/json", "Connection": "close"}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        headers |= dict(more)
        connection.request(method, target or "/", body, headers)
        with connection.getresponse() as answer:  # it holds the socket open, also where reading it fails
            text = _read(connection, answer, ends_s, server)
    except TimeoutError:
        raise _late(server, deadline_s) from None
    except (OSError, http.client.HTTPException) as error:
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise Unavailable(f"{server} does not answer ({what}). Start it, or correct its address.") from error
    finally:
        connection.close()
    return answer.status, text


def _read(
    connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, ends_s: float, server: str
) -> bytes:
    pieces, size = list[bytes](), 0
    while True:
        left_s = ends_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left_s)
        piece = answer.read1(_PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise Unavailable(
                f"{server} answers with more than {MOST_BYTES} bytes. See whether it is the right server."
            )


def _late(server: str, deadline_s: float) -> Late:
    return Late(f"{server} did not answer within {deadline_s:g} s. See its load, or give it longer (timeout_s).")
