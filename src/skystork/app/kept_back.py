"""A vehicle whose own state refused a launch is offered to no order until that is mended, or a pause is over.

What was wrong a second ago is wrong now: offered again at once, it would cost an order its tries and the crew its time.
What it tells by itself (its home, its battery) is looked at again. PX4's hash over all parameters tells that one of
them changed (:mod:`skystork.app.known_parameters`). Where neither tells, as of a refusal to arm, the pause alone ends
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
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
    """Names of the checks, parameters and steps that refused the launch."""
    until_s: float
    """Offered again then, if nothing changed before [s since the Unix epoch]."""

    def __str__(self) -> str:
        until = datetime.fromtimestamp(self.until_s, UTC).isoformat(timespec="seconds")
        return f"kept back for {', '.join(self.wrong)}: tried again when that is mended, or at {until}"


async def keep_back(desk: DroneDesk, wrong: tuple[str, ...], pause_s: float, is_mended: Callable[[], bool]) -> None:
    """Keep a vehicle back; returns when it is offered again.

    Parameters
    ----------
    is_mended
        Whether what was wrong is seen to be right by what the vehicle tells by itself.
    """
    loop = asyncio.get_running_loop()
    kept = desk.kept_back = KeptBack(wrong, loop.time() + pause_s)
    try:
        while loop.time() < kept.until_s:
            await asyncio.sleep(min(LOOK_S, max(kept.until_s - loop.time(), 0.0)))
            if is_mended() or await desk.parameters.changed():
                return
    finally:
        desk.kept_back = None
