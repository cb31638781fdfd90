"""Commands and issuers as tests give them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import msgspec

from skystork.control.commands import KINDS, Command
from skystork.control.roles import Door, Issuer, Role

ANN = Issuer("ann", Role.SUPERVISOR, Door.CONSOLE)
BEN = Issuer("ben", Role.SAFETY_OFFICER, Door.HTTP)
CLEO = Issuer("cleo", Role.DISPATCHER, Door.MQTT)
VERA = Issuer("vera", Role.VIEWER, Door.HTTP)
SHOP = Issuer("shop", Role.PARTNER, Door.HTTP)
_NUMBERS = itertools.count()


def moment(at_s: float) -> datetime:
    """UTC."""
    return datetime.fromtimestamp(at_s, UTC)


def make_command(kind: str, now_s: float, *, age_s: float = 0.0, life_s: float = 60.0, **given: Any) -> Command:
    """A command as it comes over a wire: given this long ago, with a new id unless one is given."""
    issued_s = now_s - age_s
    head = {
        "type": kind,
        "commandId": f"C-{next(_NUMBERS)}",
        "issuedAt": moment(issued_s),
        "expiresAt": moment(issued_s + life_s),
        "why": "a crane in the way",
    }
    return msgspec.convert({**head, **given}, KINDS[kind])
