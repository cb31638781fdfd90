"""The bridge between any endpoint and the protocol of the fleet behind it: feed, deliver, transmit, arm one timer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from skystork.link.contract import LinkEvent, TelemetrySample
from skystork.link.fleet_link import FleetLink, UnknownVehicle, VehicleEvent
from skystork.link.sieve import Reading, Sieve, Sifted
from skystork.shell.bus import Address, DatagramEndpoint
from skystork.shell.udp import FleetSocket

log = logging.getLogger("skystork")

MOST_TOLD = 20
"""Datagrams that trip us are logged whole up to this many; whoever sends them can send any number."""


class LinkRunner:
    """Joins a fleet's protocol to an endpoint and to the event loop's time.

    After every stimulus the same steps follow, once for all that came together: deliver events, transmit, arm one
    timer. Event callbacks run inside these steps; they may make requests, which go out in the same turn.

    Parameters
    ----------
    fleet
        The protocol; ``loop.time()`` is its time [s since the Unix epoch].
    endpoint
        A socket, or its stand-in in memory.
    """

    def __init__(self, fleet: FleetLink, endpoint: DatagramEndpoint) -> None:
        self.fleet = fleet
        self._sieve: Sieve | None = None
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[int, list[Callable[[LinkEvent], None]]] = {}
        self._rare_listeners: dict[int, list[Callable[[LinkEvent], None]]] = {}
        self._sample_listeners: dict[int, list[Callable[[LinkEvent], None]]] = {}
        self._stranger_listeners: list[Callable[[UnknownVehicle], None]] = []
        self._armed: asyncio.TimerHandle | None = None
        self._armed_s: float | None = None
        self._due: asyncio.Handle | None = None
        self._arrived_s: float | None = None
        self._closed = False
        self.tripped = 0
        """Datagrams that could not be taken in, by a mistake of ours; the first are logged."""
        self._reads_together = isinstance(endpoint, FleetSocket)
        if isinstance(endpoint, FleetSocket):
            endpoint.after_reading = self._after_reading
        endpoint.set_receiver(self._receive)
        self.kick()

    @property
    def closed(self) -> bool:
        """Whether the runner has stopped for good."""
        return self._closed

    def sift(self) -> None:
        """Have what nobody reads counted in machine code, where the endpoint can; see :mod:`skystork.link.sieve`."""
        if isinstance(self._endpoint, FleetSocket):
            self._sieve = self.fleet.make_sieve()
            self._endpoint.sift_with(self._sift, self._receive_proven)

    def now_s(self) -> float:
        """The time the protocol runs on."""
        return self._loop.time()

    def subscribe(self, system_id: int, listener: Callable[[LinkEvent], None], *, samples: bool = True) -> None:
        """Have the events of one vehicle given to a function, which must return soon; or all but telemetry samples."""
        listeners = self._listeners if samples else self._rare_listeners
        listeners.setdefault(system_id, []).append(listener)

    def share_samples(self, system_id: int, listeners: list[Callable[[LinkEvent], None]]) -> None:
        """Have one vehicle's telemetry samples given to functions of a list, whatever stands in it by then."""
        self._sample_listeners[system_id] = listeners

    def subscribe_strangers(self, listener: Callable[[UnknownVehicle], None]) -> None:
        """Have system ids that are not in the fleet told to a function."""
        self._stranger_listeners.append(listener)

    def kick(self) -> None:
        """A request was made: have it sent, and the timer armed, in the loop's next turn."""
        if self._due is None and not self._closed:
            self._due = self._loop.call_soon(self._turn)

    def close(self) -> None:
        """Stop and release the endpoint; what is open stays unanswered."""
        self._closed = True
        for handle in (self._armed, self._due):
            if handle is not None:
                handle.cancel()
        self._endpoint.close()

    def _receive(self, data: bytes, address: Address) -> None:
        if self._closed:
            return
        try:
            self.fleet.receive_datagram(data, address, self._arrival_s())
        except Exception:
            if self._tells_of_trip():
                log.exception("a datagram of %s:%d could not be taken in: %s", *address, data[:64].hex())

    def _receive_proven(self, datagrams: Sequence[bytes]) -> None:
        receive, now_s = self.fleet.receive_proven, self._arrival_s()
        for data in datagrams:
            try:
                receive(data, now_s)
            except Exception:
                if self._tells_of_trip():
                    log.exception("a datagram of system %d could not be taken in: %s", data[5], data[:64].hex())

    def _arrival_s(self) -> float:
        """One reading of the clock for all that is read before the next turn."""
        if self._arrived_s is None:
            self._arrived_s = self._loop.time()
            if not self._reads_together:
                self.kick()
        return self._arrived_s

    def _after_reading(self) -> None:
        """Take the turn; where that is at once, a turn of the loop is saved, which costs as much as some datagrams."""
        if self._arrived_s is not None and not self._closed:
            if self._due is not None:
                self._due.cancel()
            self._turn()

    def _tells_of_trip(self) -> bool:
        """Count a datagram that trips us, which must not cost the others theirs; whether it is logged."""
        self.tripped += 1
        return self.tripped <= MOST_TOLD

    def _sift(self, reading: Reading, count: int) -> Sifted:
        assert self._sieve is not None
        return self._sieve.sift(reading, count, self._loop.time())

    def _turn(self) -> None:
        self._due = self._arrived_s = None
        try:
            self._deliver_events()
        finally:  # a listener that fails must not stop the link of the whole fleet
            self._transmit()
            self._arm()

    def _deliver_events(self) -> None:
        next_event, listeners_of = self.fleet.next_event, self._listeners.get
        while (told := next_event()) is not None:
            if isinstance(told, VehicleEvent):
                system_id, event = told
                for listener in tuple(listeners_of(system_id, ())):
                    listener(event)
                others = self._sample_listeners if type(event) is TelemetrySample else self._rare_listeners
                for listener in tuple(others.get(system_id, ())):
                    listener(event)
            else:
                for stranger_listener in tuple(self._stranger_listeners):
                    stranger_listener(told)

    def _transmit(self) -> None:
        for data, address in self.fleet.datagrams_to_send(self._loop.time()):
            self._endpoint.send(data, address)

    def _arm(self) -> None:
        timer_s = self.fleet.next_timer_s()
        if timer_s == self._armed_s:
            return
        if self._armed is not None:
            self._armed.cancel()
        self._armed, self._armed_s = None, None
        if timer_s is not None and not self._closed:
            self._armed, self._armed_s = self._loop.call_at(timer_s, self._handle_timer, timer_s), timer_s

    def _handle_timer(self, timer_s: float) -> None:
        self._armed, self._armed_s = None, None
        # A loop may call a fraction of its clock's resolution early, when nothing would be due yet.
        try:
            self.fleet.handle_timer(max(timer_s, self._loop.time()))
        finally:  # or no timer would be armed any more, and no heartbeat sent
            self.kick()
