"""The networks as supervisors see them: figures, alarms, and who speaks there that should not."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from skystork.app.bus_header import CONTROLLER, Header, rfc3339
from skystork.app.fleet_links import FleetLinks
from skystork.app.networks import Network
from skystork.contract.header import NO_HEADER, Message
from skystork.contract.site_messages import Alert, NetworkNotice, NetworkState
from skystork.link.network_watch import RULES, NetworkAlarm, NetworkFigures, NetworkWatch
from skystork.shell.bus import Bus

log = logging.getLogger("skystork")

LOOK_EVERY_S = 10.0
"""Between looks at the figures: alarms are about whole minutes."""
KEPT_NOTICES = 8
"""Of each network."""


class NetworkDesk:
    """Looks at every network once in a while, and publishes what it sees."""

    def __init__(self, networks: Sequence[Network], links: FleetLinks, bus: Bus, root: str, header: Header) -> None:
        self._networks, self._links = networks, links
        self._bus, self._root, self._header = bus, root, header
        self._watches: defaultdict[str, NetworkWatch] = defaultdict(NetworkWatch)
        self._notices: defaultdict[str, deque[tuple[float, str]]] = defaultdict(lambda: deque(maxlen=KEPT_NOTICES))
        self.listeners: list[Callable[[float, str], None]] = []
        """Told every alarm that begins and every notice, as time and sentence."""
        links.notices.append(self._note)

    def figures(self) -> list[NetworkFigures]:
        """Of every network, now."""
        return [self._links.figures(network.name, str(network.connection)) for network in self._networks]

    async def run(self) -> None:
        """For the life of the service."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once, and publish."""
        now_s = asyncio.get_running_loop().time()
        for figures in self.figures():
            if figures.name not in self._watches:
                await self._clear_all(figures.name, now_s)
            for alarm in self._watches[figures.name].observe(figures, now_s):
                self._tell(alarm)
                await self._publish_alarm(alarm)
            topic = f"{self._root}/networks/{figures.name}/state"
            await self._publish(topic, now_s, _state(figures, self._notices[figures.name]))

    async def _clear_all(self, network: str, now_s: float) -> None:
        """Take back what an earlier run may have left on the broker."""
        for rule in RULES:
            await self._publish_alarm(NetworkAlarm(now_s, network, rule.name, active=False, detail=""))

    async def _publish_alarm(self, alarm: NetworkAlarm) -> None:
        await self._publish(f"{self._root}/alerts/network-{alarm.network}-{alarm.rule}", alarm.at_s, _alert(alarm))

    def _note(self, at_s: float, network: str, text: str) -> None:
        log.warning("%s", text)
        self._notices[network].append((at_s, text))
        for listener in self.listeners:
            listener(at_s, text)

    def _tell(self, alarm: NetworkAlarm) -> None:
        text = f"network {alarm.network} {alarm.rule}: {alarm.detail}"
        log.warning("%s", text)
        if alarm.active:
            for listener in self.listeners:
                listener(alarm.at_s, text)

    async def _publish(self, topic: str, at_s: float, body: Message) -> None:
        await self._bus.publish(topic, self._header.seal(body, topic, CONTROLLER, at_s), qos=1, retain=True)


def _state(figures: NetworkFigures, notices: Sequence[tuple[float, str]]) -> NetworkState:
    """The body of ``networks/<name>/state``."""
    return NetworkState(
        **NO_HEADER,
        network=figures.name,
        connection=figures.connection,
        up=figures.up,
        problem=figures.problem,
        vehicles=figures.vehicles,
        heard=figures.heard,
        frames=figures.frames,
        lost=figures.lost,
        bad_checksum=figures.bad_checksum,
        unknown=figures.unknown,
        dropped_bytes=figures.dropped_bytes,
        kernel_drops=figures.kernel_drops,
        unsent=figures.unsent,
        signatures_refused=figures.refused,
        replayed=figures.replayed,
        unsigned=figures.unsigned,
        reconnects=figures.reconnects,
        notices=tuple(NetworkNotice(at=rfc3339(at_s), text=text) for at_s, text in notices),
    )


def _alert(alarm: NetworkAlarm) -> Alert:
    """The body of ``alerts/network-<name>-<rule>``."""
    detail = alarm.detail if alarm.active else None
    return Alert(**NO_HEADER, rule=alarm.rule, active=alarm.active, detail=detail, network=alarm.network)
