"""The depot crew: loads parcels, takes them out, swaps batteries, when the controller says so on the bus.

Orders arrive on ``skystork/v1/<site>/depot/crew/order``, answers go out on ``.../depot/crew/state``. A request id is
carried out once; asked again, the same answer is given again. The crew works on all vehicles at the same time, on
one vehicle in the order asked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from skystork_sim.bus import Bus
from skystork_sim.message_header import MessageHeader

FINISHED, FAILED = "FINISHED", "FAILED"


class Hangar(Protocol):
    """What the crew can do to an aircraft."""

    def load_parcel(self, system_id: int, order_id: str, weight_kg: float) -> bool:
        """Put a parcel in."""

    def unload_parcel(self, system_id: int) -> str | None:
        """Take the parcel out: the order id on its label; None when there is none."""

    def collect(self, system_id: int) -> tuple[bool, str | None]:
        """Fetch a vehicle from where it came down: whether it was done, and whose parcel was in it."""

    def swap_battery(self, system_id: int) -> bool:
        """Put a full battery in."""


@dataclass(frozen=True, slots=True)
class CrewTimes:
    """How long the work on one type of vehicle takes."""

    load_s: float
    swap_s: float


class DepotCrew:
    """Listens, works, answers; mutable because work is in progress.

    Parameters
    ----------
    systems
        MAVLink system id by serial number.
    times
        Work times by serial number.
    """

    def __init__(
        self, bus: Bus, site: str, hangar: Hangar, *, systems: Mapping[str, int], times: Mapping[str, CrewTimes]
    ) -> None:
        self._bus, self._hangar, self._systems, self._times = bus, hangar, systems, times
        self._topic = f"skystork/v1/{site}/depot/crew"
        self._header = MessageHeader("crew")
        self._answers: dict[str, dict[str, object]] = {}
        self._accepted: set[str] = set()
        self._busy: dict[str, asyncio.Lock] = {}

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            async for message in self._bus.subscribe(f"{self._topic}/order"):
                order = _parsed(message.payload)
                if order is None:
                    continue
                request_id = order["requestId"]
                if request_id in self._answers:
                    await self._tell(self._answers[request_id])
                elif request_id not in self._accepted:
                    self._accepted.add(request_id)
                    tasks.create_task(self._serve(order), name=f"crew[{order['vehicle']}]")

    async def _serve(self, order: Mapping[str, Any]) -> None:
        serial, action = order["vehicle"], order["action"]
        async with self._busy.setdefault(serial, asyncio.Lock()):
            times = self._times.get(serial)
            if times is not None:
                await asyncio.sleep(times.swap_s if action == "SWAP" else times.load_s)
            done, order_id = self._carry_out(order) if times is not None else (False, None)
        answer: dict[str, object] = {
            "requestId": order["requestId"],
            "vehicle": serial,
            "action": action,
            "status": FINISHED if done else FAILED,
            "orderId": order_id,
        }
        self._answers[order["requestId"]] = answer
        await self._tell(answer)

    async def _tell(self, answer: Mapping[str, object]) -> None:
        header = self._header.make(asyncio.get_running_loop().time())
        await self._bus.publish(f"{self._topic}/state", json.dumps({**header, **answer}).encode())

    def _carry_out(self, order: Mapping[str, Any]) -> tuple[bool, str | None]:
        """Whether it was done, and whose parcel was handled."""
        system_id, order_id = self._systems[order["vehicle"]], order.get("orderId")
        match order["action"]:
            case "LOAD":
                weight = order.get("weightKg")
                if not isinstance(weight, int | float) or not weight > 0 or not isinstance(order_id, str):
                    return False, order_id
                return self._hangar.load_parcel(system_id, order_id, float(weight)), order_id
            case "UNLOAD":
                label = self._hangar.unload_parcel(system_id)
                return label is not None, label
            case "COLLECT":
                return self._hangar.collect(system_id)
            case "SWAP":
                return self._hangar.swap_battery(system_id), order_id
            case _:
                return False, order_id


def _parsed(payload: bytes) -> dict[str, Any] | None:
    """The order in a message; None for what is none."""
    try:
        order = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(order, dict):
        return None
    return order if all(isinstance(order.get(key), str) for key in ("requestId", "vehicle", "action")) else None
