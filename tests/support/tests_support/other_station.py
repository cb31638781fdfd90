"""Another ground station on the controller's radio: it writes a mission, sets a parameter, gives a command.

It sends no heartbeats, so that the autopilot's watch over the ground stays the controller's.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from typing import Any, Protocol

from pymavlink.dialects.v20 import common

from skystork.link.contract import MissionItem, MissionType
from skystork.shell.bus import Address, DatagramReceiver

SYSTEM_ID, COMPONENT_ID = 254, 190
AUTOPILOT = 1
INT32 = 6  # MAV_PARAM_TYPE_INT32
RETRY_S, TRIES = 1.0, 10


class SharedRadio(Protocol):
    """What a station needs of a radio."""

    listeners: list[DatagramReceiver]

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram."""


class OtherStation:
    """One station and one vehicle; mutable because an exchange is under way."""

    def __init__(self, radio: SharedRadio, address: Address, system_id: int) -> None:
        self._radio, self._address, self._system_id = radio, address, system_id
        self._codec: Any = common.MAVLink(None, srcSystem=SYSTEM_ID, srcComponent=COMPONENT_ID)
        self._codec.robust_parsing = True
        self._items: Sequence[MissionItem] = ()
        self._kind = MissionType.MISSION
        self._ack: asyncio.Future[int] | None = None
        radio.listeners.append(self._receive)

    async def upload(self, kind: MissionType, items: Sequence[MissionItem]) -> int:
        """Write a list; returns the vehicle's MAV_MISSION_RESULT."""
        self._items, self._kind = items, kind
        self._ack = asyncio.get_running_loop().create_future()
        for _ in range(TRIES):
            self._send(common.MAVLink_mission_count_message(self._system_id, AUTOPILOT, len(items), kind))
            done, _ = await asyncio.wait([self._ack], timeout=RETRY_S)
            if done:
                return self._ack.result()
        raise TimeoutError("the vehicle did not answer the other station's upload")

    def set_integer(self, name: str, value: int) -> None:
        """Set an INT32 parameter; PX4 takes the four bytes of the integer in the float field."""
        whole = struct.unpack("<f", struct.pack("<i", value))[0]
        self._send(common.MAVLink_param_set_message(self._system_id, AUTOPILOT, name.encode(), whole, INT32))

    def command(self, command: int, *params: float) -> None:
        """Give a command; whatever comes back is not waited for."""
        whole = (*params, *(0.0,) * (7 - len(params)))
        self._send(common.MAVLink_command_long_message(self._system_id, AUTOPILOT, command, 0, *whole))

    def _receive(self, data: bytes, address: Address) -> None:
        if address != self._address:
            return
        for message in self._codec.parse_buffer(data) or ():
            if getattr(message, "target_system", None) != SYSTEM_ID:
                continue
            kind = message.get_type()
            if kind in {"MISSION_REQUEST_INT", "MISSION_REQUEST"} and message.seq < len(self._items):
                self._send_item(message.seq)
            elif kind == "MISSION_ACK" and self._ack is not None and not self._ack.done():
                self._ack.set_result(message.type)

    def _send_item(self, sequence: int) -> None:
        item = self._items[sequence]
        self._send(
            common.MAVLink_mission_item_int_message(
                self._system_id,
                AUTOPILOT,
                sequence,
                item.frame,
                item.command,
                int(sequence == 0),
                int(item.autocontinue),
                *item.params,
                round(item.latitude_deg * 1e7),
                round(item.longitude_deg * 1e7),
                item.altitude_m,
                self._kind,
            )
        )

    def _send(self, message: Any) -> None:
        self._radio.send(message.pack(self._codec), self._address)
        self._codec.seq = (self._codec.seq + 1) % 256
