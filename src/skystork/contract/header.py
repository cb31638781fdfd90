"""What every message begins with (VDA 5050, chapter 6), and the words that messages are made of."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

SCHEMA_VERSION = "1.1.0"
"""Of the messages; the topic has its first number."""

Instant = Annotated[
    str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", description="RFC 3339, UTC, milliseconds")
]
Upper = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]*$", description="a word of a closed list, in capitals")]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="WGS 84 [deg]")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="WGS 84, east positive [deg]")]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A block inside a message."""


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The header."""

    header_id: Count
    """Counts the messages of the topic, from 0 at each start of its sender."""
    timestamp: Instant
    """When the message was made."""
    version: str
    """Of this schema."""
    manufacturer: str
    """As in the site file."""
    serial_number: str
    """Of the vehicle; ``controller`` where it is about no vehicle, the issuer's name on commands."""


class Foreign(Message, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """From somebody else's software, which may add fields of its own."""


NO_HEADER: dict[str, Any] = {
    "header_id": 0,
    "timestamp": "",
    "version": SCHEMA_VERSION,
    "manufacturer": "",
    "serial_number": "",
}
"""Stands in a message until it is sent."""
