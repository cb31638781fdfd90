"""Which role may give which command, what it must carry, and when a second person must agree: one table.

What stops or brings home is never held up: it needs no version, and no second person. What cannot be taken back, and
what opens again that somebody closed for safety, needs one. Adding a command is adding a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.control import commands as c
from skystork.control.roles import Role

CONFIRM_WITHIN_S = 60.0
"""How long a second person has to agree: longer, and the first saw another situation."""
LONGEST_LIFE_S = 300.0
"""From issued to expired: what was meant five minutes ago may be wrong now."""
CLOCK_SKEW_S = 30.0
"""How far an issuer's clock may be ahead of ours; docs/mqtt.md says so to whoever sends commands."""


class Second(StrEnum):
    """When a second person must agree."""

    NEVER = "never"
    ALWAYS = "always"
    OFF_PAD = "off a pad"
    """Where the vehicle is over neither a pad nor a rally point: who is below is not known."""
    WHEN_LANDING = "when aircraft land where they are"
    WHEN_GROUNDED = "after the fleet was grounded"


@dataclass(frozen=True, slots=True)
class CommandRule:
    """One row."""

    roles: frozenset[Role]
    needs_version: bool
    """It must say which state of its target the issuer saw."""
    needs_why: bool = False
    second: Second = Second.NEVER
    alone: frozenset[Role] = frozenset()
    """Roles that need no second person."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the table asks of the moment."""

    off_pad: bool = False
    grounded: bool = False


R = Role
_ORDERS = frozenset({R.DISPATCHER, R.SUPERVISOR, R.ADMIN})
_FLIGHTS = frozenset({R.SUPERVISOR, R.SAFETY_OFFICER, R.ADMIN})
_STEER = frozenset({R.SUPERVISOR, R.ADMIN})
_DUTY = _ORDERS | _FLIGHTS
COMMANDS: Mapping[str, CommandRule] = MappingProxyType(
    {
        "hold": CommandRule(_FLIGHTS, needs_version=False),
        "return": CommandRule(_FLIGHTS, needs_version=False),
        "rally": CommandRule(_FLIGHTS, needs_version=False),
        "land": CommandRule(_FLIGHTS, needs_version=False, second=Second.OFF_PAD, alone=frozenset({R.SAFETY_OFFICER})),
        "resume": CommandRule(_FLIGHTS, needs_version=True),
        "divert": CommandRule(_STEER, needs_version=True),
        "takeOutOfService": CommandRule(_FLIGHTS, needs_version=False, needs_why=True),
        "restoreVehicle": CommandRule(_FLIGHTS, needs_version=True, needs_why=True),
        "cancelOrder": CommandRule(_ORDERS | {R.PARTNER}, needs_version=True, needs_why=True),
        "closeOrder": CommandRule(_ORDERS, needs_version=True, needs_why=True),
        "takeOrderOffDrone": CommandRule(_ORDERS, needs_version=True, needs_why=True),
        "authoriseLaunch": CommandRule(_ORDERS, needs_version=True),
        "startLaunch": CommandRule(_ORDERS, needs_version=True),
        "flyMission": CommandRule(_ORDERS, needs_version=False),
        "refuseLaunch": CommandRule(_DUTY, needs_version=False),
        "takeAlarm": CommandRule(_DUTY, needs_version=False),
        "pauseDispatch": CommandRule(_DUTY, needs_version=False),
        "resumeDispatch": CommandRule(_DUTY, needs_version=True, second=Second.WHEN_GROUNDED),
        "groundFleet": CommandRule(_FLIGHTS, needs_version=False, needs_why=True, second=Second.WHEN_LANDING),
        "closeZone": CommandRule(_FLIGHTS, needs_version=False, needs_why=True),
        "openZone": CommandRule(_FLIGHTS, needs_version=True, needs_why=True, second=Second.ALWAYS),
        "setCapacity": CommandRule(_STEER, needs_version=True, needs_why=True),
        "confirm": CommandRule(_DUTY, needs_version=False),
    }
)
"""By the command's word on the wire."""


def permitted(role: Role, kind: str) -> bool:
    """Whether a role may give a command of this kind."""
    return kind in COMMANDS and role in COMMANDS[kind].roles


def needs_second(command: c.Command, role: Role, now: Situation) -> bool:
    """Whether a second person must agree before this is carried out."""
    rule = COMMANDS[c.kind_of(command)]
    if role in rule.alone:
        return False
    match rule.second:
        case Second.NEVER:
            return False
        case Second.ALWAYS:
            return True
        case Second.OFF_PAD:
            return now.off_pad
        case Second.WHEN_LANDING:
            return isinstance(command, c.GroundFleet) and command.airborne is c.Airborne.LAND
        case Second.WHEN_GROUNDED:
            return now.grounded
