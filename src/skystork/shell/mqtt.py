"""The one door of MQTT: a bus that outlives its broker.

Theory of operation. One task holds the connection. When it breaks, the task tries again after 0.5 s, doubling to
30 s; each attempt is a new client, because an aiomqtt 2 client never comes back by itself. What was published waits in
the outbox meanwhile and leaves it only when the broker acknowledged it (PUBACK): at QoS 1 nothing is lost and the
order is kept, but what was in flight when the connection broke arrives twice. QoS 0 is dropped while the broker is
away, and counted, unless a state of its topic still waits, which it then renews. State that is retained is overwritten
while it waits (see :mod:`skystork.shell.outbox`).

With MQTT 5 the broker keeps our session for an hour, so messages for our subscriptions wait there while we are away. A
new process of the same name begins a new session, because it wants states as they are and not an hour of them; one that
keeps its session (``keeps_session``) is given what came while no process ran, and what the one before did not
acknowledge (:mod:`skystork.shell.acknowledgements`). With 3.1.1 (``?protocol=3.1.1``) nothing
waits, and filters of one bus that overlap bring a message once for each.

Times are real, whatever the speed of the simulated world: the broker does not live in it. A PUBACK with a reason of
refusal (an access list, say) counts as acknowledged, because aiomqtt 2 does not tell.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from types import TracebackType
from typing import Self

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from skystork.errors import InvalidInput, Problem, Unavailable
from skystork.shell.acknowledgements import Acknowledgements
from skystork.shell.broker_url import MqttProtocol, parse_broker_url
from skystork.shell.bus import nobody_waits
from skystork.shell.loops import real_span_s
from skystork.shell.mqtt_client import Arrivals, BusClient, answered_at, as_received, first_error, new_client, watch
from skystork.shell.outbox import BusStatistics, Outbox, Outgoing
from skystork.shell.topics import Subscription, check_filter, check_topic, topic_matches

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 30.0
STABLE_AFTER_S = 5.0
"""A connection that held so long resets the back-off; two clients of one name would otherwise evict each other in turns
of half a second."""
OUTBOX_LIMIT = 10_000
"""About ten minutes of sixteen vehicles at 1 Hz."""
PAYLOAD_LIMIT_BYTES = 262_144
"""Below the broker's limit in launch/mosquitto.conf, which closes the connection over a larger one."""
ANSWER_TIMEOUT_S = 10.0
AT_A_TIME = 32
"""Messages handed over in one turn of the loop: some half a millisecond."""
LOOKS_IN_A_TIMEOUT = 4
"""So often it is looked whether an answer is overdue; it is found so at most a quarter late."""
FAREWELL_TIMEOUT_S = 2.0


class MqttBus:
    """A bus by way of an MQTT broker; use as ``async with``. See the module for what it promises.

    Parameters
    ----------
    url
        See :mod:`skystork.shell.broker_url`.
    client_id
        The same after a restart, unlike that of any other client.
    will
        Topic and payload that the broker publishes, retained, when we vanish; on an orderly end we publish it.
    birth
        Topic and payload published, retained, on every connection, once the broker has what is read by then.
    keeps_session
        What came for its readers while no process of this name ran, or was not acknowledged by the one before, is read
        by this one, up to an hour later. Readers acknowledge each message. It connects when somebody reads; its
        readers are the same, in the same order, as those of the process before.
    outbox_limit
        Messages that may wait for the broker.
    answer_timeout_s
        How long an acknowledgement may take before the connection is given up [s of real time].

    Raises
    ------
    ConfigError
        When the URL is none.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        *,
        will: tuple[str, bytes] | None = None,
        birth: tuple[str, bytes] | None = None,
        keeps_session: bool = False,
        outbox_limit: int = OUTBOX_LIMIT,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._broker = parse_broker_url(url)
        self._client_id, self._will, self._birth = client_id, will, birth
        self._keeps_session, self._answer_timeout_s = keeps_session, answer_timeout_s
        self._outbox = Outbox(outbox_limit)
        self._unacknowledged = Acknowledgements()
        # Weak: a reader that lets go of its subscription has ended it, and holds nobody up.
        self._readers: dict[int, weakref.ref[Subscription]] = {}
        self._readers_changed = asyncio.Event()
        self._next_reader = 1
        self._connected = asyncio.Event()
        self._connections = self._published = self._dropped = 0
        self._problem: str | None = "not tried yet"
        self._tasks = asyncio.TaskGroup()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def statistics(self) -> BusStatistics:
        """Figures for the console."""
        reconnects, connected = max(0, self._connections - 1), self._connected.is_set()
        return BusStatistics(
            connected,
            self._published,
            len(self._outbox),
            self._outbox.in_flight,
            reconnects,
            self._dropped,
            None if connected else self._problem,
        )

    @property
    def problem(self) -> str | None:
        """Why it is not connected; None while it is."""
        return None if self._connected.is_set() else self._problem or "not connected"

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        response_topic: str = "",
        correlation: bytes = b"",
    ) -> None:
        """Hand over a message; waits while the outbox is full, but never with a retained one.

        Raises
        ------
        InvalidInput
            When no broker would take the topic or the size.
        """
        check_topic(topic)
        if len(payload) > PAYLOAD_LIMIT_BYTES:
            limit, remedy = f"{PAYLOAD_LIMIT_BYTES} bytes", "Send less at a time."
            raise InvalidInput((Problem(topic, "message too large", f"{len(payload)} bytes", limit, remedy),))
        connected = self._connected.is_set()
        if qos == 0 and not connected:
            self._dropped += not (retain and self._outbox.renew(topic, payload))
            return
        message = Outgoing(topic, payload, qos, retain, response_topic, correlation)
        await self._outbox.put(message, overwrite=not connected)

    def subscribe(self, topic_filter: str) -> Subscription:
        """Messages matching the filter, retained ones first; goes on over reconnects.

        A broker that lost our session sends the retained ones again. A filter that the broker refuses ends the
        iteration with :class:`~skystork.errors.Unavailable`.

        Raises
        ------
        InvalidInput
            When it is no filter, or one of this bus's readers has the same.
        """
        check_filter(topic_filter)
        if any(reader.topic_filter == topic_filter for reader in self._living().values()):
            remedy = "Read it in one place and hand it on."
            raise InvalidInput((Problem("topic filter", "read twice", topic_filter, "one reader", remedy),))
        subscription = Subscription(topic_filter)
        self._readers[self._next_reader] = weakref.ref(subscription, lambda _: self._readers_changed.set())
        self._next_reader += 1
        self._readers_changed.set()
        return subscription

    async def wait_connected(self, timeout_s: float) -> None:
        """Return when the broker is there; the bus goes on trying whatever comes of this.

        Raises
        ------
        Unavailable
            When it is not there in time [s of real time], with host, port and the reason.
        """
        try:
            async with asyncio.timeout(real_span_s(timeout_s)):
                await self._connected.wait()
        except TimeoutError:
            raise Unavailable(
                f"no MQTT broker at {self._broker} ({self._problem}). Start one (mosquitto -c launch/mosquitto.conf), "
                "or correct the URL, the user and the password."
            ) from None

    async def drained(self, timeout_s: float) -> bool:
        """Whether the broker acknowledged everything within a time [s of real time]."""
        try:
            async with asyncio.timeout(real_span_s(timeout_s)):
                await self._outbox.emptied()
        except TimeoutError:
            return False
        return True

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._task = self._tasks.create_task(self._stay_connected(), name=f"mqtt[{self._client_id}]")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connected.is_set() and not isinstance(error, asyncio.CancelledError):
            await self._say_farewell()
        self._closing = True
        if self._task is not None:
            self._task.cancel()
        for reader in self._living().values():
            reader.close()
        if isinstance(error, asyncio.CancelledError):  # perhaps the group's own, on a fault of our task
            await self._tasks.__aexit__(kind, error, trace)
        else:
            await self._tasks.__aexit__(None, None, None)

    async def _say_farewell(self) -> None:
        """An orderly end sets off no will, so we publish it ourselves, after all that waits."""
        if self._will is not None:
            await self._outbox.put(Outgoing(*self._will, qos=1, retain=True), overwrite=False)
        await self.drained(FAREWELL_TIMEOUT_S)

    async def _stay_connected(self) -> None:
        backoff_s = FIRST_BACKOFF_S
        if self._keeps_session:
            await self._readers_changed.wait()  # what waited at the broker comes with the connection
        while not self._closing:  # a TaskGroup of Python 3.11 that ends by an error forgets that it was cancelled
            began_s = time.monotonic()
            try:
                await self._connect_and_serve()
            except* (aiomqtt.MqttError, OSError) as group:  # OSError: a certificate file that cannot be read
                self._problem = str(first_error(group))
            if self._closing:
                break
            if time.monotonic() - began_s > STABLE_AFTER_S:
                backoff_s = FIRST_BACKOFF_S
            await asyncio.sleep(real_span_s(backoff_s))
            backoff_s = min(2 * backoff_s, LONGEST_BACKOFF_S)

    async def _connect_and_serve(self) -> None:
        try:
            if self._connections == 0 and not self._keeps_session:
                await self._forget_earlier_session()
            arrivals = Arrivals()
            async with self._new_client(clean=False, arrivals=arrivals) as client:
                await self._serve(client, arrivals)
        finally:
            self._connected.clear()
            self._outbox.return_in_flight()
            self._unacknowledged.disconnected()

    async def _forget_earlier_session(self) -> None:
        """Drop what an earlier process of our name subscribed to.

        By a connection of its own, because Mosquitto 2.0 saves over its own restart only sessions that did not begin
        clean.
        """
        if self._broker.protocol is MqttProtocol.V5:
            async with self._new_client(clean=True):
                pass

    async def _serve(self, client: BusClient, arrivals: Arrivals) -> None:
        subscribed: dict[int, str] = {}
        self._unacknowledged.connected(client.acknowledge, resumed=client.resumed)
        try:
            await self._renew_subscriptions(client, subscribed)
            if self._birth is not None:
                await client.publish(*self._birth, qos=1, retain=True)
            self._connections += 1
            self._connected.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send(client), name=f"mqtt send[{self._client_id}]")
                tasks.create_task(self._keep_subscribed(client, subscribed), name=f"mqtt subscribe[{self._client_id}]")
                tasks.create_task(self._receive(arrivals), name=f"mqtt receive[{self._client_id}]")
                tasks.create_task(self._watch_answers(), name=f"mqtt answers[{self._client_id}]")
                tasks.create_task(watch(client), name=f"mqtt watch[{self._client_id}]")
        finally:
            while not arrivals.empty():  # acknowledged already, or known to be here when they come again
                self._route(arrivals.get_nowait())

    async def _send(self, client: BusClient) -> None:
        slots = asyncio.Semaphore(client.in_flight)

        def settle(message: Outgoing) -> None:
            self._outbox.settle(message)
            self._published += 1
            slots.release()

        client.on_acknowledged = settle
        handed_over = 0
        while not self._closing:  # a wait that ends as it is cancelled forgets that (wait_for, 3.11)
            await client.room()
            await slots.acquire()
            message = await self._outbox.take()
            message.handed_over_s = time.monotonic()
            properties = answered_at(message) if self._broker.protocol is MqttProtocol.V5 else None
            client.hand_over(message, properties)
            if message.qos == 0:
                settle(message)
            handed_over += 1
            if handed_over % AT_A_TIME == 0:
                await asyncio.sleep(0)

    async def _watch_answers(self) -> None:
        """Give the connection up when the broker leaves a message without an answer: one deadline for all of them."""
        while True:
            await asyncio.sleep(real_span_s(self._answer_timeout_s / LOOKS_IN_A_TIMEOUT))
            oldest_s = self._outbox.oldest_in_flight_s()
            if oldest_s is not None and time.monotonic() - oldest_s > self._answer_timeout_s:
                raise aiomqtt.MqttError(f"no answer to what was published for {self._answer_timeout_s:g} s")

    async def _keep_subscribed(self, client: aiomqtt.Client, subscribed: dict[int, str]) -> None:
        while not self._closing:  # as above
            await self._renew_subscriptions(client, subscribed)
            if not self._closing:
                await self._readers_changed.wait()

    async def _renew_subscriptions(self, client: aiomqtt.Client, subscribed: dict[int, str]) -> None:
        """Have the broker know what is read now; holds no reader when it returns."""
        self._readers_changed.clear()
        living = self._living()
        for number in subscribed.keys() - living.keys():
            await client.unsubscribe(subscribed.pop(number))
        for number in sorted(living.keys() - subscribed.keys()):
            subscribed[number] = living[number].topic_filter
            await self._subscribe_at_broker(client, number, living[number])

    async def _subscribe_at_broker(self, client: aiomqtt.Client, number: int, reader: Subscription) -> None:
        if self._broker.protocol is MqttProtocol.V5:
            properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]  # paho
            properties.SubscriptionIdentifier = number
            # Retained messages only with a session that does not know the filter yet (MQTT 5.0, 3.8.3.1).
            handling = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
            options = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=handling)
            codes = await client.subscribe(reader.topic_filter, options=options, properties=properties)
        else:
            codes = await client.subscribe(reader.topic_filter, qos=1)
        code = codes[0]
        if (code if isinstance(code, int) else code.value) >= 128:  # MQTT 5.0, 2.4: reasons from 128 on are refusals
            why = f"the broker at {self._broker} refuses to let {self._client_id} read {reader.topic_filter} ({code})"
            reader.close(Unavailable(f"{why}. Give the user the right to read it."))

    async def _receive(self, arrivals: Arrivals) -> None:
        while True:
            for reader in self._living().values():
                await reader.room()
            self._route(await arrivals.next())

    def _route(self, message: aiomqtt.Message) -> None:
        topic, acknowledge = str(message.topic), nobody_waits
        if self._keeps_session and message.qos:
            word = self._unacknowledged.take(message.mid, topic, bytes(message.payload))
            if word is None:
                return
            acknowledge = word
        received = as_received(message, acknowledge)
        numbers = getattr(message.properties, "SubscriptionIdentifier", None)
        unread = True
        for number, reader in self._living().items():
            if number in numbers if numbers else topic_matches(reader.topic_filter, topic):
                reader.put(received)
                unread = False
        if unread:
            acknowledge()

    def _living(self) -> dict[int, Subscription]:
        living = {number: reader for number, reference in self._readers.items() if (reader := reference()) is not None}
        living = {number: reader for number, reader in living.items() if not reader.closed}
        self._readers = {number: self._readers[number] for number in living}
        return living

    def _new_client(self, *, clean: bool, arrivals: Arrivals | None = None) -> BusClient:
        timeout_s, by_word = real_span_s(self._answer_timeout_s), self._keeps_session
        return new_client(
            self._broker,
            self._client_id,
            will=self._will,
            timeout_s=timeout_s,
            clean=clean,
            by_word=by_word,
            arrivals=arrivals,
        )
