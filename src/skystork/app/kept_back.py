"""A vehicle whose parameters refused a launch is offered to no order until they changed, or a pause is over.

What was wrong a second ago is wrong now: offered again at once, it would cost an order its tries and the crew its time.
PX4's hash over all parameters tells that something changed (:mod:`skystork.app.known_parameters`); where there is none
the pause alone ends it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skystork.app.drone_desk import DroneDesk

LOOK_S = 5.0
"""Between questions for the hash: one small message each way, on the ground."""


@dataclass(frozen=True, slots=True)
class KeptBack:
    """Why a vehicle is not offered now, and until when."""

    wrong: tuple[str, ...]
    """Names of the parameters that refused the launch."""
    until_s: float
    """Offered again then, if nothing changed before [s since the Unix epoch]."""

    def __str__(self) -> str:
        until = datetime.fromtimestamp(self.until_s, UTC).isoformat(timespec="seconds")
        return f"kept back for {', '.join(self.wrong)}: tried again when its parameters change, or at {until}"


async def keep_back(desk: DroneDesk, wrong: tuple[str, ...], pause_s: float) -> None:
    """Keep a vehicle back; returns when it is offered again."""
    loop = asyncio.get_running_loop()
    kept = desk.kept_back = KeptBack(wrong, loop.time() + pause_s)
    try:
        while loop.time() < kept.until_s:
            await asyncio.sleep(min(LOOK_S, max(kept.until_s - loop.time(), 0.0)))
            if await desk.parameters.changed():
                return
    finally:
        desk.kept_back = None
