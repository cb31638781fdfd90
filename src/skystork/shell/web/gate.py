"""Who is asking, and may they: sessions, tokens, request forgery, rates. Deny is the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from skystork.shell.web.problem import HttpRefusal
from skystork.shell.web.roles import Scope
from skystork.shell.web.route import Caller, Route


class Gate(Protocol):
    """What the application asks before a route's handler runs."""

    def admit(self, route: Route, headers: Mapping[str, str], client: str) -> Caller:
        """The caller; raises HttpRefusal 401, 403 or 429."""


def require(caller: Caller, scope: Scope) -> None:
    """Refuse a caller who does not hold a scope."""
    if caller.may(scope):
        return
    if caller.role is None:
        raise HttpRefusal(
            401,
            "unauthenticated",
            "log in, or send an API token",
            headers={"WWW-Authenticate": 'Bearer realm="skystork"'},
        )
    raise HttpRefusal(403, "forbidden", f"this needs the scope {scope}; {caller.name} ({caller.role}) does not hold it")
