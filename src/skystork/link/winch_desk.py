"""The winch of one vehicle: its orders, one at a time, and what its status tells of the line."""

from __future__ import annotations

from skystork.errors import LinkUsageError
from skystork.link import vehicle_commands
from skystork.link.messages import CommandAck, MavCommand
from skystork.link.request_id import RequestId
from skystork.link.service import Effect, LinkService
from skystork.link.service_messages import WinchStatus
from skystork.link.winch import TERMINAL, WinchOrder


class WinchDesk(LinkService):
    """Opens and settles the orders to one winch."""

    TAKES = (WinchStatus, CommandAck)

    def __init__(self, system_id: int) -> None:
        self._system_id = system_id
        self._order: WinchOrder | None = None

    def deliver(self, request_id: RequestId, now_s: float, *, instance: int = 1) -> list[Effect]:
        """Lower the parcel, set it down, reel in; sent once, settles as :class:`WinchSettled`.

        Raises
        ------
        LinkUsageError
            Another order is still open.
        """
        return self._request(request_id, now_s, instance, retract=False)

    def retract(self, request_id: RequestId, now_s: float, *, instance: int = 1) -> list[Effect]:
        """Bring the line in; settles as :class:`WinchSettled`.

        Takes the place of an order that is still open, which then ends as UNKNOWN: whoever asked for that may be gone,
        and a line that hangs out is not left there until nobody's order has run its time.
        """
        return [*self.forget(now_s), *self._request(request_id, now_s, instance, retract=True)]

    def _request(self, request_id: RequestId, now_s: float, instance: int, *, retract: bool) -> list[Effect]:
        if self._order is not None:
            raise LinkUsageError("the winch is still at its last order; wait until it settles")
        self._order = WinchOrder(request_id, now_s, retract=retract)
        return [vehicle_commands.winch(self._system_id, instance, retract=retract)]

    def receive(self, message: WinchStatus | CommandAck, now_s: float) -> list[Effect]:
        """Take a status, or an answer to an order."""
        if self._order is None:
            return []
        if isinstance(message, WinchStatus):
            self._order.receive(message, now_s)
        elif message.command == MavCommand.DO_WINCH:
            self._order.receive_answer(message.result)
        return self._settle(now_s)

    def next_timer_s(self) -> float | None:
        """When the open order must be looked at."""
        return self._order.next_timer_s() if self._order else None

    def handle_timer(self, now_s: float) -> list[Effect]:
        """Act on a passed deadline."""
        if self._order is not None:
            self._order.handle_timer(now_s)
        return self._settle(now_s)

    def forget(self, now_s: float) -> list[Effect]:
        """The vehicle rebooted: an open order's end is unknown."""
        if self._order is not None:
            self._order.abandon()
        return self._settle(now_s)

    def _settle(self, now_s: float) -> list[Effect]:
        order = self._order
        if order is None or order.state not in TERMINAL:
            return []
        self._order = None
        return [order.settled(now_s)]
