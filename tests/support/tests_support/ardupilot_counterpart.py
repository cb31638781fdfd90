"""An ArduPilot Copter for tests: what it does otherwise than PX4, from its documentation.

Item 0 of a mission is its home, heights are kept to a centimetre and parameters as whole numbers, no plan has an id,
and a mode is one number.
"""

from __future__ import annotations

import math

from pymavlink.dialects.v20 import common

from tests_support.px4_counterpart import Px4Counterpart

HOME = (547_000_000, -15_000_000, 45.0)


class ArduPilotCounterpart(Px4Counterpart):
    """A Copter in LOITER with a home."""

    def __init__(self, system_id: int = 1) -> None:
        super().__init__(system_id, autopilot=3)
        self.custom_mode = 5

    def plan_id(self, kind: int) -> int:
        return 0

    def _on_mission_item_int(self, message: common.MAVLink_mission_item_int_message, now_s: float) -> None:
        message.z = round(message.z, 2)
        for name in ("param1", "param2", "param3", "param4"):
            value = getattr(message, name)
            setattr(message, name, 0.0 if math.isnan(value) else float(round(value)))
        if message.mission_type == 0 and message.seq == 0:
            message.command, message.frame = 16, 0
            message.x, message.y, message.z = HOME
        super()._on_mission_item_int(message, now_s)

    def _on_mission_count(self, message: common.MAVLink_mission_count_message, now_s: float) -> None:
        super()._on_mission_count(message, now_s)
        if message.count == 0 and message.mission_type == 0:
            home = common.MAVLink_mission_item_int_message(1, 1, 0, 0, 16, 1, 1, 0, 0, 0, 0, *HOME, 0)
            self.plans[0] = [home]

    def _on_command_long(self, message: common.MAVLink_command_long_message, now_s: float) -> None:
        if message.command != 176:
            super()._on_command_long(message, now_s)
            return
        self.custom_mode = int(message.param2)
        self.send(self._ack(176, 0))

    def mav_message_reached(self, sequence: int) -> common.MAVLink_message:
        """MISSION_ITEM_REACHED as this vehicle counts."""
        return common.MAVLink_mission_item_reached_message(sequence)
