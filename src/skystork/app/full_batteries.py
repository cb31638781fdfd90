"""What the best full battery of each type of aircraft gives now, cold and aged as they are."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.fleet.profile import DroneProfile

LOOK_S = 30.0
"""Between looks: packs warm and cool in minutes, and to look at 500 takes milliseconds."""


class FullBatteries:
    """Asked for each order and type of aircraft; looked at for all of them together."""

    def __init__(self, desks: Iterable[DroneDesk]) -> None:
        self._desks: Sequence[DroneDesk] = tuple(desks)
        self._best_j: dict[str, float] = {}
        self._looked_s = -math.inf

    def best_j(self, profile: DroneProfile) -> float:
        """Of those in service; as bought where none is [J]."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._looked_s >= LOOK_S:
            self._best_j, self._looked_s = self._look(), now_s
        return self._best_j.get(profile.name, profile.battery_j)

    def _look(self) -> dict[str, float]:
        best_j: dict[str, float] = {}
        for desk in self._desks:
            if not desk.out_of_service:
                name = desk.drone.profile.name
                best_j[name] = max(best_j.get(name, 0.0), desk.full_battery_j)
        return best_j
