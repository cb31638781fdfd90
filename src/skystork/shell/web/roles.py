"""Who may do what: scopes that routes ask for, and the roles that hold them. What is not listed is denied."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


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
    """Place, cancel, reschedule, redirect; own orders, or everybody's with ``orders:all``."""
    ORDERS_ALL = "orders:all"
    FLEET_READ = "fleet:read"
    """Vehicles, flights, zones, weather, alerts, the live picture."""
    VEHICLES_COMMAND = "vehicles:command"
    """Hold, resume, return, land, divert."""
    LAUNCH = "flights:launch"
    """Authorise a flight, or a mission by hand."""
    DISPATCH_WRITE = "dispatch:write"
    """Pause and resume dispatch, capacity, take an order off a drone."""
    GROUND_FLEET = "fleet:ground"
    """Ground the fleet; put vehicles back into service."""
    ZONES_WRITE = "zones:write"
    """Close and open zones, upload and remove sets of them."""
    ALERTS_WRITE = "alerts:write"
    """Take an alert on oneself, and close it."""
    KPI_READ = "kpi:read"
    LEDGER_READ = "ledger:read"
    """Replay and audit trail."""
    TOKENS_WRITE = "tokens:write"
    """Own API tokens, of at most one's own scopes."""
    ACCOUNTS_WRITE = "accounts:write"
    """People, their roles, everybody's tokens."""


class Role(StrEnum):
    """What a person or a partner is."""

    VIEWER = "viewer"
    """Looks."""
    PARTNER = "partner"
    """A merchant: own orders, quotes."""
    DISPATCHER = "dispatcher"
    """Runs orders, launches, and holds what flies."""
    SUPERVISOR = "supervisor"
    """A dispatcher who also closes zones and runs dispatch."""
    SAFETY_OFFICER = "safetyOfficer"
    """Grounds and restores, closes zones, reads everything; places no orders."""
    ADMIN = "admin"
    """Everything, accounts as well."""


_S = Scope
_LOOK = frozenset({_S.SELF, _S.FLEET_READ, _S.ORDERS_READ, _S.ORDERS_ALL, _S.KPI_READ, _S.TOKENS_WRITE})
_DISPATCH = _LOOK | {_S.QUOTES_READ, _S.ORDERS_WRITE, _S.VEHICLES_COMMAND, _S.LAUNCH, _S.ALERTS_WRITE, _S.LEDGER_READ}
_SUPERVISE = _DISPATCH | {_S.DISPATCH_WRITE, _S.ZONES_WRITE, _S.GROUND_FLEET}
SCOPES_OF: Mapping[Role, frozenset[Scope]] = {
    Role.VIEWER: _LOOK,
    Role.PARTNER: frozenset({_S.SELF, _S.QUOTES_READ, _S.ORDERS_READ, _S.ORDERS_WRITE, _S.TOKENS_WRITE}),
    Role.DISPATCHER: _DISPATCH,
    Role.SUPERVISOR: _SUPERVISE,
    Role.SAFETY_OFFICER: (_SUPERVISE - {_S.ORDERS_WRITE, _S.QUOTES_READ, _S.LAUNCH}),
    Role.ADMIN: frozenset(Scope) - {_S.PUBLIC},
}
"""The whole of it; docs/http.md shows it as a table."""
