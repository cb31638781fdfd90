"""What the services beside flying tell: events of the autopilot, files, logs, traffic, the winch.

A part of the contract (``contract.py``); everything above the link takes these from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skystork.link.request_id import RequestId


class WinchOutcome(StrEnum):
    """How an order to the winch ended."""

    DELIVERED = "delivered"
    """The load touched the ground, the line came back empty and is in."""
    STILL_LOADED = "still_loaded"
    """The line never moved, or came back with the load: the parcel is on board."""
    RETRACTED = "retracted"
    """The line is in, as was asked; nothing is said of the load."""
    REFUSED = "refused"
    """The winch answered that it will not."""
    ABANDONED = "abandoned"
    """The winch gave up and let go of its whole line: the parcel is not on board, where it lies is unknown."""
    UNKNOWN = "unknown"
    """The winch fell silent or told nothing that proves either; never to be asked again."""


@dataclass(frozen=True, slots=True)
class WinchSettled:
    """An order to the winch came to its end."""

    at_s: float
    request_id: RequestId
    outcome: WinchOutcome
    line_in: bool
    """The line was fully retracted when last told; with a line out the vehicle must not fly on."""
    line_length_m: float | None = None
    """Line released when last told [m]."""
    detail: str = ""
    """What was seen, for a person."""


ServiceEvent = WinchSettled
"""What the services beside flying tell."""
