"""The commands that PX4's parts send each other, which also leave on the link as COMMAND_LONG.

Nobody on the ground answers them, so each is repeated with a growing ``confirmation``; a ground station must pass over
what is not addressed to it. Source: recorded from PX4 v1.17.0 SITL.
"""

from __future__ import annotations

from collections.abc import Sequence

from pymavlink.dialects.v20 import common

from skystork_sim.autopilot_outbox import Outbox
from skystork_sim.wire import Wire

REPEAT_S = 0.5  # PX4 v1.17 mavlink_command_sender: TIMEOUT_US 500000
REPEATS = 3  # mavlink_command_sender: RETRIES


def publish(outbox: Outbox, wire: Wire, now_s: float, command: int, params: Sequence[float]) -> None:
    """Send a command to ourselves, with the repetitions that nobody stops."""
    seven = [*params, *([0.0] * (7 - len(params)))]
    for confirmation in range(REPEATS + 1):
        message = common.MAVLink_command_long_message(wire.system_id, 0, command, confirmation, *seven)
        outbox.send_later(now_s + confirmation * REPEAT_S, wire.encode(message))
