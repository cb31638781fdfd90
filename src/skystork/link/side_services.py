"""The services of one vehicle beside flying, together; each is asked through :meth:`VehicleLink.ask`."""

from __future__ import annotations

from skystork.link.arm_authorisation import ArmAuthoriser
from skystork.link.contract import LinkSettings
from skystork.link.event_desk import EventDesk
from skystork.link.file_desk import FileDesk
from skystork.link.log_desk import LogDesk
from skystork.link.remote_id import OperatorTeller, RemoteIdMonitor
from skystork.link.service import LinkService
from skystork.link.service_messages import AdsbVehicle, OpenDroneIdArmStatus, WinchStatus
from skystork.link.traffic import TrafficReports
from skystork.link.vehicle_commands import AUTOPILOT_COMPONENT
from skystork.link.winch_desk import WinchDesk

FROM_PAYLOADS = (WinchStatus, AdsbVehicle, OpenDroneIdArmStatus)
"""Messages taken from every component of the vehicle: winch, ADS-B receiver and Remote ID transmitter may be own ones
(MAV_COMP_ID_WINCH, _ADSB, _ODID_TXRX_1)."""


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

        self.operator = OperatorTeller(system_id, settings.operator)
        self._listeners = (TrafficReports(), RemoteIdMonitor())

    @property
    def all(self) -> tuple[LinkService, ...]:
        """Each of them, for the link to serve."""
        asked = (self.winch, self.events, self.files, self.logs, self.arm_authoriser, self.operator)
        return (*asked, *self._listeners)
