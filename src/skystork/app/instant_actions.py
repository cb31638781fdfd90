"""What persons say over the bus, as messages of instantActions (VDA 5050 2.0, 6.8): read whole or refused whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skystork.shell.bus import BusMessage

LIFETIME_S = 30.0
"""An order older than this is refused: whoever gave it saw another situation. Clocks may differ by as much."""
LONGEST_WORD = 200
"""Characters of a name or reason that are kept."""


@dataclass(frozen=True, slots=True)
class InstantAction:
    """One action, not yet understood."""

    kind: str
    action_id: str
    by: str
    why: str
    given: dict[str, Any]
    """Its parameters, by key."""


def read_instant_actions(payload: bytes) -> tuple[float, list[InstantAction]]:
    """Time of a message [s since the Unix epoch] and its actions.

    Raises
    ------
    ValueError
        Where it cannot be read, whole; says what is wrong.
    """
    try:
        message = json.loads(payload)
        moment = datetime.fromisoformat(str(message["timestamp"]))
        if moment.tzinfo is None:
            raise ValueError(f"timestamp {message['timestamp']!r} has no offset from UTC")
        return moment.timestamp(), [_action(action) for action in message["actions"]]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a message of instantActions: {type(error).__name__} {error}") from error


def why_stale(message: BusMessage, timestamp: float, now_s: float) -> str:
    """Why a message of this time is not taken now; empty where it is."""
    age_s = now_s - timestamp
    if not abs(age_s) <= LIFETIME_S:
        return f"it is {age_s:.0f} s old; {LIFETIME_S:.0f} s are allowed"
    return "it was retained by the broker: whose order it was is over" if message.retained else ""


def _action(action: Any) -> InstantAction:
    action_id = str(action["actionId"])
    if not 0 < len(action_id) <= LONGEST_WORD:
        raise ValueError(f"actionId must have 1 to {LONGEST_WORD} characters")
    given = {str(each["key"]): each["value"] for each in action.get("actionParameters", [])}
    by = str(given.get("by", ""))[:LONGEST_WORD]
    if not by:
        raise ValueError("the action parameter `by` is missing: who orders it")
    return InstantAction(str(action["actionType"]), action_id, by, str(given.get("why", ""))[:LONGEST_WORD], given)
