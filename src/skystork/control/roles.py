"""Who somebody is to the service: a name that a door has proven, and the role that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person or program is trusted with; which command needs which role is in :mod:`skystork.control.rules`."""

    VIEWER = "viewer"
    """Sees everything of the site, orders nothing."""
    DISPATCHER = "dispatcher"
    """Orders, and when dispatch runs."""
    SUPERVISOR = "supervisor"
    """Also flights in the air, vehicles, and temporary zones."""
    SAFETY_OFFICER = "safety_officer"
    """Stops and grounds, and lands alone; handles no orders."""
    PARTNER = "partner"
    """A merchant: sees and cancels the orders that are its own."""
    ADMIN = "admin"
    """Everything; gives others their roles."""


class Door(StrEnum):
    """By which way a command came."""

    MQTT = "mqtt"
    HTTP = "http"
    CONSOLE = "console"
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who gives a command, as the door that it came by has proven; never what the command says of itself."""

    name: str
    role: Role
    via: Door
