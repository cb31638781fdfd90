"""``/openapi.json``: the table of routes as a document."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skystork import __version__
from skystork.shell.web.openapi import openapi_document
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Call, File, Nothing, Route, row, rows_of

TITLE = "Skystork"
ABOUT = (
    "Deliveries of one depot: orders, vehicles, flights, zones, dispatch. Fields are camelCase, quantities end in "
    "their unit, times are RFC 3339 in UTC. Every refusal is problem details (RFC 9457)."
)


class DocumentRoutes:
    """The row and its handler."""

    tag = "system"

    def __init__(self, document: bytes) -> None:
        self._document = document

    def rows(self) -> tuple[Route, ...]:
        """For the table."""
        return rows_of(self)

    @row("GET", "/openapi.json", Scope.PUBLIC)
    async def get_openapi(self, call: Call[Nothing, Nothing, Nothing]) -> File:
        """This document."""
        return File(self._document, "application/json")


def openapi_bytes(routes: Sequence[Route]) -> bytes:
    """The document as it is served, and as docs/contract/openapi.json holds it."""
    document = openapi_document(routes, title=TITLE, version=__version__, about=ABOUT)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
