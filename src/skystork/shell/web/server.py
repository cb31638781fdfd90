"""Uvicorn inside the loop of the service: bound before anything is told, ended with it, and deaf to signals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from litestar import Litestar

from skystork.errors import Unavailable
from skystork.shell.http_address import Listen
from skystork.shell.web.connection import HEAD_PATIENCE_S, guarded

KEEP_ALIVE_S = 65
"""An idle connection is kept longer than a proxy keeps its own (60 s by default in nginx)."""
SHUTDOWN_S = 2
"""For answers under way when the service ends [s]."""


class _Server(uvicorn.Server):
    """SIGINT and SIGTERM end the service, and the service ends the server."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(
    application: Litestar, listen: Listen, *, head_patience_s: float = HEAD_PATIENCE_S
) -> AsyncIterator[Listen]:
    """Serve while the block runs; gives the address that is bound, which matters for port 0.

    Parameters
    ----------
    head_patience_s
        For the head of a request [s of real time].

    Raises
    ------
    Unavailable
        The port is taken, or certificate and key cannot be used.
    """
    server = _Server(_configuration(application, listen, head_patience_s))
    bound = _bind(listen)
    port: int = bound.getsockname()[1]
    task = asyncio.create_task(server.serve([bound]), name="http")
    try:
        ready = asyncio.create_task(server.ready.wait(), name="http ready")
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        yield Listen(listen.host, port, listen.certificate, listen.key)
    finally:
        server.should_exit = True
        server.force_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
        bound.close()


def _configuration(application: Litestar, listen: Listen, head_patience_s: float) -> uvicorn.Config:
    config = uvicorn.Config(
        application,
        loop="none",  # the service's own
        http=guarded(head_patience_s),  # type: ignore[arg-type]  # a class, as far as uvicorn cares
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whoever sends X-Forwarded-For could give itself another address
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    if listen.certificate is not None and listen.key is not None:
        config.load()
        config.ssl = _tls(listen.certificate, listen.key)
    return config


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise Unavailable(f"certificate {certificate} with key {key}: {error}. Check both files.") from error
    return context


def _bind(listen: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((listen.host, listen.port))
    except OSError as error:
        bound.close()
        raise Unavailable(
            f"http {listen.host}:{listen.port}: {error.strerror}. Stop what listens there, or use another port."
        ) from error
    return bound
