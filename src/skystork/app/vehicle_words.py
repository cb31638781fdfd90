"""Teaches each vehicle's link the words of its events, whenever the vehicle is heard anew.

One vehicle after the other, so that ten with one firmware fetch its table once. In flight nothing is fetched: what is
known from earlier is used, the rest waits for the next contact on the ground. A vehicle without a table loses nothing
but words.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.errors import LinkPeerError
from skystork.link.contract import Heard, LinkEvent, Rebooted
from skystork.shell.event_metadata import EventMetadata

log = logging.getLogger("skystork")

ATTEMPTS = 3
"""For one vehicle in one run; a table that cannot be had three times is not there."""
AGAIN_S = 60.0
"""Until the next attempt: a vehicle that was heard for the first time may still be starting."""


class VehicleWords:
    """The teacher of a fleet."""

    def __init__(self, desks: Sequence[DroneDesk], metadata: EventMetadata) -> None:
        self._metadata = metadata
        self._waiting: asyncio.Queue[DroneDesk] = asyncio.Queue(maxsize=max(1, len(desks)))
        self._queued: set[str] = set()
        self._failures: Counter[str] = Counter()
        for desk in desks:
            desk.port.rare_events.append(self._listener(desk))

    async def run(self) -> None:
        """For the life of the service."""
        while True:
            desk = await self._waiting.get()
            self._queued.discard(desk.drone.vehicle_id)
            await self._teach(desk)

    def _listener(self, desk: DroneDesk) -> Callable[[LinkEvent], None]:
        def take(event: LinkEvent) -> None:
            if isinstance(event, Heard | Rebooted):
                self._queue(desk)

        return take

    def _queue(self, desk: DroneDesk) -> None:
        if desk.drone.vehicle_id not in self._queued:
            self._queued.add(desk.drone.vehicle_id)
            self._waiting.put_nowait(desk)

    async def _teach(self, desk: DroneDesk) -> None:
        vehicle_id = desk.drone.vehicle_id
        try:
            texts = await self._metadata.learn(desk.port, fetch=not desk.state.armed)
        except Exception as error:  # whatever a vehicle gives out as its words must stay its own trouble
            if not isinstance(error, LinkPeerError):
                log.exception("%s gave out words that nobody can read", vehicle_id)
            self._failures[vehicle_id] += 1
            if self._failures[vehicle_id] < ATTEMPTS:
                asyncio.get_running_loop().call_later(AGAIN_S, self._queue, desk)
            else:
                log.warning("%s: its events are shown without words: %s", vehicle_id, error)
            return
        if texts is not None:
            desk.port.take_event_texts(texts)
            await desk.port.run_arming_checks()  # told anew only on request, or when they change
