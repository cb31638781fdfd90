"""One client of the broker, as every connection of the bus is made: session, last will, TLS, our own certificate."""

from __future__ import annotations

import asyncio
import ssl

import aiomqtt
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from skystork.shell.broker_url import BrokerUrl, MqttProtocol
from skystork.shell.outbox import Outgoing

KEEPALIVE_S = 15
"""A silent broker is given up after at most twice that (MQTT 5.0, 3.1.2.10)."""
SESSION_EXPIRY_S = 3600


class Arrivals(asyncio.Queue[aiomqtt.Message]):
    """What came on one connection, acknowledged to the broker already.

    We read it ourselves: aiomqtt's own reading takes a message out before it hands it over, and one that is cancelled
    in between, because subscribing failed in the same moment, is lost. To aiomqtt it looks empty for ever.
    """

    async def get(self) -> aiomqtt.Message:
        never: asyncio.Future[aiomqtt.Message] = asyncio.get_running_loop().create_future()
        return await never

    async def next(self) -> aiomqtt.Message:
        """The next message; nothing is lost where this is cancelled."""
        return await super().get()


def new_client(
    broker: BrokerUrl,
    client_id: str,
    *,
    will: tuple[str, bytes] | None,
    timeout_s: float,
    clean: bool,
    arrivals: asyncio.Queue[aiomqtt.Message] | None = None,
) -> aiomqtt.Client:
    """A client that is not connected yet; raises OSError where a certificate file cannot be read.

    Parameters
    ----------
    arrivals
        Where what comes is put; a queue of its own if not given.
    """
    v5 = broker.protocol is MqttProtocol.V5
    client = aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=client_id,
        protocol=aiomqtt.ProtocolVersion.V5 if v5 else aiomqtt.ProtocolVersion.V311,
        will=None if will is None else aiomqtt.Will(*will, qos=1, retain=True),
        clean_session=None if v5 else True,
        clean_start=clean if v5 else MQTT_CLEAN_START_FIRST_ONLY,  # paho's default, the only one it takes in 3.1.1
        properties=_session_expiry() if v5 and not clean else None,
        keepalive=KEEPALIVE_S,
        timeout=timeout_s,
        max_inflight_messages=broker.in_flight,
        tls_context=_tls_context(broker) if broker.tls else None,
        queue_type=(lambda **_: arrivals) if arrivals is not None else None,  # type: ignore[arg-type]  # called with maxsize only
    )
    client.pending_calls_threshold = 2 * broker.in_flight  # its warning is for callers without a bound
    return client


def answered_at(message: Outgoing) -> Properties | None:
    """Where the answer is wanted, and what comes back with it; None where nothing is."""
    if not message.response_topic and not message.correlation:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
    if message.response_topic:
        properties.ResponseTopic = message.response_topic
    if message.correlation:
        properties.CorrelationData = message.correlation
    return properties


def _session_expiry() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho
    properties.SessionExpiryInterval = SESSION_EXPIRY_S
    return properties


def _tls_context(broker: BrokerUrl) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=broker.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.cert_file is not None:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    return context
