"""One connection of the server: a head must come within its time, and nobody may have all of them.

Uvicorn ends a connection that is idle between requests, and no other. One that never finishes the head of a request
("slowloris") stays for ever there, and holds a file descriptor of the process that flies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from skystork.shell.http_address import is_loopback
from skystork.shell.loops import real_span_s

HEAD_PATIENCE_S = 20.0
"""From the first byte that may come to the last of the head [s], as for a body."""
MOST_CONNECTIONS = 500
"""At once. Half of 1,024 descriptors, which is what a process has unless somebody gave it more."""
MOST_OF_ONE = 100
"""From one address; a console holds seven. Not of this machine: there a proxy speaks for many."""


def guarded(head_patience_s: float) -> Callable[..., asyncio.Protocol]:
    """A protocol for uvicorn whose connections give a head this long [s of real time]."""

    class Guarded(_GuardedConnection):
        patience_s = head_patience_s

    return Guarded


class _GuardedConnection(H11Protocol):
    patience_s = HEAD_PATIENCE_S

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if self._one_too_many():
            transport.abort()
        else:
            self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.trailing_data[0]:  # the beginning of a next request came with the one before
            self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def _one_too_many(self) -> bool:
        host = self.client[0] if self.client else ""
        of_one = sum(isinstance(each, H11Protocol) and (each.client or [""])[0] == host for each in self.connections)
        return len(self.connections) > MOST_CONNECTIONS or (of_one > MOST_OF_ONE and not is_loopback(host))

    def _watch_head(self) -> None:
        """A head is waited for until a request has begun; its body has a time of its own."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_watching()
        elif self._giving_up is None:
            self._giving_up = self.loop.call_later(real_span_s(self.patience_s), self._give_up)

    def _stop_watching(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _give_up(self) -> None:
        """Without a word: whoever sends a byte now and then does not read either."""
        self._giving_up = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
