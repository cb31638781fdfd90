"""The events of one vehicle as people read them: in order, in words, with what keeps it from arming.

Until the vehicle's table of events is known (:attr:`EventDesk.texts`) an event is told by its number and arguments.
"""

from __future__ import annotations

from collections.abc import Sequence

from skystork.link.arming_checks import ArmingChecks
from skystork.link.event_sequence import EventSequence, Missed, SequenceEffect
from skystork.link.event_texts import EventTexts
from skystork.link.service import Effect, LinkService
from skystork.link.service_contract import AutopilotEvent, EventLevel, EventsMissed, MetadataTold
from skystork.link.service_messages import ComponentMetadata, CurrentEventSequence, Event, ResponseEventError

_LAST_LEVEL = EventLevel.DISABLED.value


class EventDesk(LinkService):
    """Takes what the vehicle tells of its events.

    Parameters
    ----------
    system_id, component_id
        Whose events these are.
    own_system_id, own_component_id
        Ours: an event for another station is not told.
    """

    TAKES = (Event, CurrentEventSequence, ResponseEventError, ComponentMetadata)

    def __init__(self, system_id: int, component_id: int, *, own_system_id: int, own_component_id: int) -> None:
        self.texts: EventTexts | None = None
        """The vehicle's table of events, where it is known."""
        self._sequence = EventSequence(system_id, component_id)
        self._checks = ArmingChecks()
        self._for_us = ((0, own_system_id), (0, own_component_id))

    def receive(
        self, message: Event | CurrentEventSequence | ResponseEventError | ComponentMetadata, now_s: float
    ) -> Sequence[Effect]:
        """Take a message about events."""
        if isinstance(message, Event):
            return self._tell(self._sequence.receive(message, now_s), now_s)
        if isinstance(message, CurrentEventSequence):
            return self._tell(self._sequence.receive_current(message, now_s), now_s)
        if isinstance(message, ResponseEventError):
            return self._tell(self._sequence.receive_error(message, now_s), now_s)
        uri = message.uri.split(b"\0", 1)[0].decode("ascii", errors="replace")
        return [MetadataTold(now_s, uri, message.file_crc)]

    def next_timer_s(self) -> float | None:
        """When a missing event must be asked for again."""
        return self._sequence.next_timer_s()

    def handle_timer(self, now_s: float) -> Sequence[Effect]:
        """Ask again for what is missing."""
        return self._tell(self._sequence.handle_timer(now_s), now_s)

    def forget(self, now_s: float) -> Sequence[Effect]:  # noqa: ARG002  (one shape for all services)
        """The vehicle rebooted and counts anew; its firmware may be another."""
        self._sequence.restart()
        self._checks.tear()
        self.texts = None
        return ()

    def _tell(self, effects: Sequence[SequenceEffect], now_s: float) -> list[Effect]:
        told: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Event):
                told.extend(self._describe(effect, now_s))
            elif isinstance(effect, Missed):
                self._checks.tear()
                told.append(EventsMissed(now_s, effect.count))
            else:
                told.append(effect)
        return told

    def _describe(self, event: Event, now_s: float) -> list[Effect]:
        systems, components = self._for_us
        if event.destination_system not in systems or event.destination_component not in components:
            return []
        level = EventLevel(min(event.log_levels & 0x0F, _LAST_LEVEL))
        boot_s = event.event_time_boot_ms / 1000
        described = self.texts.describe(event.id, event.arguments) if self.texts else None
        if described is None:
            arguments = event.arguments.rstrip(b"\0").hex() or "none"
            text = f"event 0x{event.id:08x}, arguments {arguments}"
            return [
                AutopilotEvent(now_s, event.sequence, event.id, level, "", "", text, event.event_time_boot_ms / 1000)
            ]
        boot_s = event.event_time_boot_ms / 1000
        told: list[Effect] = [
            AutopilotEvent(
                now_s, event.sequence, event.id, level, described.name, described.group, described.text, boot_s
            )
        ]
        report = self._checks.receive(described, level, now_s)
        return told if report is None else [*told, report]
