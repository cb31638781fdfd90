"""Who may do what over HTTP: scopes that routes ask for, and the roles that hold them. What is not listed is denied.

A role's commands are a table of their own (:mod:`skystork.control.rules`); a scope here lets a request through to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from skystork.control.roles import Role


class Scope(StrEnum):
    """What a route asks of its caller."""

    PUBLIC = "public"
    """Nothing: the page to log in, and what says that the service is there."""
    SELF = "self"
    """To be somebody: one's own session."""
    QUOTES_READ = "quotes:read"
    ORDERS_READ = "orders:read"
    """Orders of this caller; of everybody with ``orders:all``."""
    ORDERS_WRITE = "orders:write"
    """Place, cancel, reschedule, redirect: own orders, or everybody's with ``orders:all``."""
    ORDERS_ALL = "orders:all"
    FLEET_READ = "fleet:read"
    """Vehicles, flights, zones, weather, alerts, the live picture."""
    COMMANDS_WRITE = "commands:write"
    """Give commands; which ones is the role's."""
    ZONES_WRITE = "zones:write"
    """Upload and remove files of zones."""
    ALERTS_WRITE = "alerts:write"
    """Take an alert on oneself."""
    KPI_READ = "kpi:read"
    LEDGER_READ = "ledger:read"
    """Events, replay and audit trail."""
    TOKENS_WRITE = "tokens:write"
    """Own API tokens, of at most one's own scopes."""
    ACCOUNTS_WRITE = "accounts:write"
    """People, their roles, everybody's tokens."""


_S = Scope
_LOOK = frozenset({_S.SELF, _S.FLEET_READ, _S.ORDERS_READ, _S.ORDERS_ALL, _S.KPI_READ, _S.TOKENS_WRITE})
_DUTY = _LOOK | {_S.COMMANDS_WRITE, _S.ALERTS_WRITE, _S.LEDGER_READ}
_ORDERS = frozenset({_S.QUOTES_READ, _S.ORDERS_WRITE})
SCOPES_OF: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {
        Role.VIEWER: _LOOK,
        Role.PARTNER: _ORDERS | {_S.SELF, _S.ORDERS_READ, _S.TOKENS_WRITE},
        Role.DISPATCHER: _DUTY | _ORDERS,
        Role.SUPERVISOR: _DUTY | _ORDERS | {_S.ZONES_WRITE},
        Role.SAFETY_OFFICER: _DUTY | {_S.ZONES_WRITE},
        Role.ADMIN: frozenset(Scope) - {_S.PUBLIC},
    }
)
"""The whole of it; docs/http.md shows it as a table."""
