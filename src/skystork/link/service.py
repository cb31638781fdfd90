"""The shape of a part of a vehicle's protocol: a microservice of MAVLink that plugs into :class:`VehicleLink`.

A service takes the messages of its kinds and returns what follows from them: messages to send and events to report.
It keeps its own deadlines. The link gives it frames and time, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from skystork.link.contract import LinkEvent
from skystork.link.messages import Outgoing

Effect = Outgoing | LinkEvent
"""What must be sent, or what must be reported."""


class LinkService:
    """One microservice of one vehicle; what a service does not need it leaves as it is here."""

    TAKES: ClassVar[tuple[type, ...]] = ()
    """Messages it is given."""

    @property
    def keeps_time(self) -> bool:
        """Whether it ever has a deadline."""
        return type(self).next_timer_s is not LinkService.next_timer_s

    def receive(self, message: Any, now_s: float) -> Sequence[Effect]:  # noqa: ARG002  (for services that take nothing)
        """Take a message of one of the kinds in :attr:`TAKES`."""
        return ()

    def next_timer_s(self) -> float | None:
        """When :meth:`handle_timer` must be called; None where nothing is awaited."""
        return None

    def handle_timer(self, now_s: float) -> Sequence[Effect]:  # noqa: ARG002  (for services that await nothing)
        """Act on passed deadlines; called at any time, and does nothing before one has passed."""
        return ()

    def forget(self, now_s: float) -> Sequence[Effect]:  # noqa: ARG002  (for services that remember nothing)
        """The vehicle rebooted: settle what it will not answer, forget what it has forgotten."""
        return ()


def takers_among(services: Sequence[LinkService]) -> Mapping[type, tuple[LinkService, ...]]:
    """Which services take which message, in their order."""
    kinds = {kind for service in services for kind in service.TAKES}
    return {kind: tuple(service for service in services if kind in service.TAKES) for kind in kinds}
