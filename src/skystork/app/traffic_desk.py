"""Other aircraft as supervisors see them: one picture of what all vehicles hear, and an advisory when one comes near.

An advisory moves no vehicle: what ADS-B tells is not proven (:mod:`skystork.fleet.traffic`). A person decides. Where
the site says so, a vehicle in the air is told of what others hear near it (:mod:`skystork.fleet.traffic_relay`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from skystork.app.bus_header import CONTROLLER, Header, rfc3339
from skystork.app.drone_desk import DroneDesk
from skystork.contract.header import NO_HEADER, Message
from skystork.contract.site_messages import Alert, SeenAircraft, Traffic
from skystork.contract.vehicle_messages import Altitude, AltitudeReference
from skystork.fleet.traffic import Advisory, TrafficPicture, TrafficReport
from skystork.fleet.traffic_relay import TrafficRelay
from skystork.fleet.vehicle import LinkState
from skystork.link.contract import LinkEvent
from skystork.link.service_contract import TrafficSighted
from skystork.link.traffic import traffic_message
from skystork.shell.bus import Bus

log = logging.getLogger("skystork")

PERIOD_S = 2.0
"""Between looks: at 60 m/s an aircraft comes 120 m nearer, a quarter of the distance that counts."""
RULE = "TRAFFIC"


class TrafficDesk:
    """Keeps the picture, looks at it, publishes what changed, tells the vehicles near it.

    Parameters
    ----------
    relay_within_m
        How near an aircraft must be for a vehicle in the air to be told of it; 0 tells nothing.
    """

    def __init__(
        self, desks: Sequence[DroneDesk], bus: Bus, root: str, header: Header, *, relay_within_m: float = 0.0
    ) -> None:
        self._desks, self._bus, self._root, self._header = desks, bus, root, header
        self.picture = TrafficPicture()
        self._relay = TrafficRelay(relay_within_m) if relay_within_m > 0 else None
        self._told: dict[tuple[str, str], str] = {}
        """Vehicle and aircraft of every advisory in force, with its sentence."""
        self._shown: object = None
        for desk in desks:
            desk.port.rare_events.append(partial(self._take, desk))

    async def run(self) -> None:
        """For the life of the service."""
        while True:
            await self.look()
            await asyncio.sleep(PERIOD_S)

    async def look(self) -> None:
        """Look once, and publish what changed."""
        now_s = asyncio.get_running_loop().time()
        aircraft = tuple(_aircraft(report) for report in self.picture.fresh(now_s))
        if aircraft != self._shown:
            self._shown = aircraft
            await self._publish(f"{self._root}/airspace/traffic", now_s, Traffic(**NO_HEADER, aircraft=aircraft))
        found: dict[tuple[str, str], tuple[DroneDesk, Advisory]] = {
            (desk.drone.vehicle_id, advisory.key): (desk, advisory)
            for desk in self._desks
            for advisory in self._advisories(desk, now_s)
        }
        for pair, (desk, advisory) in found.items():
            await self._raise(pair, desk, advisory, now_s)
        for pair in [pair for pair in self._told if pair not in found]:
            del self._told[pair]
            await self._alert(pair, None, now_s, None)
        self._tell_vehicles(now_s)

    def _take(self, desk: DroneDesk, event: LinkEvent) -> None:
        if isinstance(event, TrafficSighted) and self.picture.take(event.report) and self._relay is not None:
            self._relay.note(event.report, desk.drone.vehicle_id)

    def _tell_vehicles(self, now_s: float) -> None:
        """Each vehicle in the air, of what is near it and not told yet."""
        reports = self.picture.fresh(now_s)
        for desk in self._desks if self._relay is not None else ():
            state = desk.state
            if self._relay is not None and state.armed and state.link is LinkState.UP and state.position is not None:
                due = self._relay.due(desk.drone.vehicle_id, state.position, state.altitude_amsl_m, reports)
                desk.port.tell([traffic_message(report, now_s) for report in due])

    def _advisories(self, desk: DroneDesk, now_s: float) -> list[Advisory]:
        """Of a vehicle in the air; one that stands is in nobody's way."""
        state = desk.state
        if not state.armed or state.position is None:
            return []
        velocity = state.velocity_enu_m_s or (0.0, 0.0, 0.0)
        return list(self.picture.advisories(state.position, state.altitude_amsl_m, velocity, now_s))

    async def _raise(self, pair: tuple[str, str], desk: DroneDesk, advisory: Advisory, now_s: float) -> None:
        sentence = f"{desk.drone.vehicle_id}: {advisory}"
        if pair not in self._told:
            log.warning("traffic near %s", sentence)
        if self._told.get(pair) != sentence:
            self._told[pair] = sentence
            await self._alert(pair, desk, now_s, str(advisory))

    async def _alert(self, pair: tuple[str, str], desk: DroneDesk | None, now_s: float, detail: str | None) -> None:
        vehicle_id, key = pair
        flight = desk.flight if desk else None
        body = Alert(
            **NO_HEADER,
            rule=RULE,
            active=detail is not None,
            action="WARN" if detail is not None else None,
            detail=detail,
            flight=flight.plan.request.flight_id if flight else None,
            vehicle=vehicle_id,
            order=flight.plan.request.order_id if flight else None,
        )
        await self._publish(f"{self._root}/alerts/traffic-{vehicle_id}-{_topic_word(key)}", now_s, body)

    async def _publish(self, topic: str, at_s: float, body: Message) -> None:
        await self._bus.publish(topic, self._header.seal(body, topic, CONTROLLER, at_s), qos=1, retain=True)


def _aircraft(report: TrafficReport) -> SeenAircraft:
    """One entry of ``airspace/traffic``."""
    velocity = report.velocity_enu_m_s
    return SeenAircraft(
        aircraft=report.key,
        callsign=report.callsign,
        latitude=round(report.position.latitude_deg, 7),
        longitude=round(report.position.longitude_deg, 7),
        altitude=Altitude(
            value=None if report.altitude_m is None else round(report.altitude_m, 1),
            reference=AltitudeReference(report.altitude_reference.upper()),
        ),
        velocity=None if velocity is None else (round(velocity[0], 1), round(velocity[1], 1), round(velocity[2], 1)),
        emitter_type=report.emitter_type,
        simulated=report.simulated,
        seen_at=rfc3339(report.at_s),
    )


def _topic_word(key: str) -> str:
    """A key without the signs that a topic gives a meaning to: a callsign is what its sender wrote."""
    return "".join(each if each.isalnum() or each in "~-" else "_" for each in key)
