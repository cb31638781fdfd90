"""Missions by hand that a person wants flown: looked at, judged, written, and given to the flights as any errand.

What is judged here is judged again by the planning of the flight, with the zones, the wind and the battery of then; it
goes to the launch desk at every site, because nobody else than a person asked for it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

from skystork.app.drone_desk import DroneDesk
from skystork.app.flight_services import FlightServices
from skystork.app.hand_mission import HandMission
from skystork.app.manual_mission import NO_ORDER, MissionView, judge_items
from skystork.control import commands as c
from skystork.control.answer import Touched
from skystork.control.roles import Issuer
from skystork.errors import InvalidInput
from skystork.link.contract import MissionItem
from skystork.orders import events as e
from skystork.orders.order import FlightId

CAUSES = "it is planned and checked, and waits at the launch desk to be authorised; nothing moves yet"


class MissionDesk:
    """Takes them; flying them is handed to others."""

    def __init__(
        self,
        services: FlightServices,
        desks: Sequence[DroneDesk],
        *,
        start: Callable[[DroneDesk, FlightId, HandMission], None],
    ) -> None:
        self._s, self._start = services, start
        self._desks = {str(desk.drone.vehicle_id): desk for desk in desks}

    def foresee(self, command: c.FlyMission) -> tuple[tuple[Touched, ...], str]:
        """What it touches, and why not."""
        told = Touched(target=c.target_of(command), action=c.kind_of(command), consequence=CAUSES)
        return (told,), self._why_not(command)

    def _why_not(self, command: c.FlyMission) -> str:
        desk = self._desks.get(command.vehicle_id)
        if desk is None:
            return f"{command.vehicle_id} is no drone of the site"
        if desk.out_of_service is not None:
            return f"it is out of service: {desk.out_of_service}"
        open_flights = [each for each in self._s.journal.book.open_flights() if each.vehicle_id == command.vehicle_id]
        if desk.busy or open_flights:
            return "it has a flight: wait until it is back, or take another vehicle"
        now_s = asyncio.get_running_loop().time()
        free = desk.availability(now_s)
        if free is None:
            return desk.untold or "it is not ready to arm, or not heard"
        if self._s.weather() is None:
            return "there is no weather reading: check the station"
        return ""

    async def perform(self, command: c.FlyMission, issuer: Issuer) -> str:
        """Judge it, and have it planned and put on the launch desk; empty where that was begun, else why not."""
        try:
            view = await asyncio.to_thread(self._judge, command)
        except InvalidInput as error:
            return str(error)
        if not view.passes:
            return "refused leg by leg: " + "; ".join(view.complaints())
        if why := self._why_not(command):  # judging it took its time
            return why
        desk = self._desks[command.vehicle_id]
        desk.busy = True
        flight_id = FlightId(f"F-{len(self._s.journal.book.flights) + 1:04d}")
        vehicle_id = desk.drone.vehicle_id
        asked = e.MissionAsked(flight_id, vehicle_id, NO_ORDER, command.name, issuer.name, command.why)
        await self._s.journal.record(asked)
        self._start(desk, flight_id, HandMission(command.name, items_of(command)))
        return ""

    def _judge(self, command: c.FlyMission) -> MissionView:
        desk, weather = self._desks[command.vehicle_id], self._s.weather()
        return judge_items(
            items_of(command),
            command.name,
            site=self._s.site,
            drone=desk.drone,
            departs_at_s=command.issued_at.timestamp(),
            battery_fraction=desk.state.battery_fraction or 0.0,
            wind_enu_m_s=weather.wind_enu_m_s if weather else (0.0, 0.0),
        )


def items_of(command: c.FlyMission) -> tuple[MissionItem, ...]:
    """The items of a command as the link knows them."""
    return tuple(map(_item, command.items))


def _item(given: c.GivenItem) -> MissionItem:
    first, second, third, fourth = (math.nan if value is None else value for value in given.params)
    params = (first, second, third, fourth)
    return MissionItem(given.command, given.frame, params, given.latitude, given.longitude, given.altitude)
