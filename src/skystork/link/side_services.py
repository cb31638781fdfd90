"""The services of one vehicle beside flying, together; each is asked through :meth:`VehicleLink.ask`."""

from __future__ import annotations

from skystork.link.arm_authorisation import ArmAuthoriser
from skystork.link.contract import LinkSettings
from skystork.link.event_desk import EventDesk
from skystork.link.file_desk import FileDesk
from skystork.link.log_desk import LogDesk
from skystork.link.service import LinkService
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT
from skystork.link.winch_desk import WinchDesk


class SideServices:
    """What a vehicle can be asked beside commands and missions.

    Parameters
    ----------
    system_id
        The vehicle's.
    settings
        Our own ids.
    """

    def __init__(self, system_id: int, settings: LinkSettings) -> None:
        self.winch = WinchDesk(system_id)
        self.events = EventDesk(
            system_id,
            AUTOPILOT_COMPONENT,
            own_system_id=settings.own_system_id,
            own_component_id=settings.own_component_id,
        )
        self.files = FileDesk(system_id, AUTOPILOT_COMPONENT)
        self.logs = LogDesk(system_id, AUTOPILOT_COMPONENT)
        self.arm_authoriser = ArmAuthoriser(system_id, settings.own_system_id)

    @property
    def all(self) -> tuple[LinkService, ...]:
        """Each of them, for the link to serve."""
        return self.winch, self.events, self.files, self.logs, self.arm_authoriser
