"""The bus against a real Mosquitto: killed, frozen, locked, restarted."""

import asyncio
import contextlib
import gc
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from skystork.errors import ConfigError, InvalidInput, Unavailable
from skystork.shell.broker import find_mosquitto
from skystork.shell.broker_url import MqttProtocol, parse_broker_url
from skystork.shell.bus import BusMessage
from skystork.shell.loops import run_paced
from skystork.shell.mqtt import MqttBus
from skystork.shell.topics import Subscription
from skystork.shell.world_clock import WorldClock

needs_mosquitto = [
    pytest.mark.broker,
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)"),
]
DEADLINE_S = 30.0


class Mosquitto:
    """A broker that keeps its sessions on the disk and can be killed."""

    def __init__(self, folder: Path, lines: str = "allow_anonymous true") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(
            f"user root\nlistener {self.port} 127.0.0.1\npersistence true\npersistence_location {folder}/\n"
            f"autosave_on_changes true\nautosave_interval 1\nmax_queued_messages 0\n{lines}\n"
        )
        self.start()

    def start(self) -> None:
        command = [str(find_mosquitto()), "-c", str(self._conf)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            assert self.process.poll() is None, "Mosquitto ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path)
    yield mosquitto
    mosquitto.end()


async def take(reader: Subscription, count: int) -> list[BusMessage]:
    async with asyncio.timeout(DEADLINE_S):
        return [await anext(reader) for _ in range(count)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110  # the bus tells figures, not events
            await asyncio.sleep(0.01)


def payloads(messages: list[BusMessage]) -> list[bytes]:
    return [message.payload for message in messages]


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def numbers(count: int, start: int = 0) -> list[bytes]:
    return [str(number).encode() for number in range(start, start + count)]


async def subscribed(bus: MqttBus, topic_filter: str) -> Subscription:
    """A subscription that the broker is known to have."""
    await bus.publish("probe", b"here", retain=True)
    reader, probe = bus.subscribe(topic_filter), bus.subscribe("probe")
    assert payloads(await take(probe, 1)) == [b"here"]
    return reader


READING = """
import asyncio, sys
from skystork.shell.mqtt import MqttBus

async def read(url):
    async with MqttBus(url, "mail", keeps_session=True) as bus:
        reader = bus.subscribe("in/+/box")
        await bus.wait_connected(30.0)
        print("ready", flush=True)
        async for message in reader:
            print("read", message.payload.decode(), flush=True)
            if message.payload == b"1":
                await asyncio.to_thread(sys.stdin.readline)
                message.acknowledge()
                print("acknowledged", flush=True)

asyncio.run(read(sys.argv[1]))
"""


@contextlib.contextmanager
def reading_process(url: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that reads mail and acknowledges only the first."""
    command = [sys.executable, "-c", READING, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


async def told_by(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        return (await asyncio.to_thread(process.stdout.readline)).strip()


async def acknowledge(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert await told_by(process) == "acknowledged"


async def publish_numbers(bus: MqttBus, count: int) -> None:
    for payload in numbers(count):
        await bus.publish("event/a", payload)
        await asyncio.sleep(0)


async def first_seen(reader: Subscription, *, until_payload: bytes) -> list[bytes]:
    """Payloads in the order in which each was first seen: at QoS 1 twice is allowed, missing is not."""
    seen: dict[bytes, None] = {}
    while until_payload not in seen:
        seen.update(dict.fromkeys(payloads(await take(reader, 1))))
    return list(seen)


class Wire:
    """The way to the broker, which can be cut in the middle of anything."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.url = f"mqtt://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends += [writer, far_writer]
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()


@pytest.fixture
async def pair(broker: Mosquitto) -> AsyncIterator[tuple[MqttBus, MqttBus]]:
    first, second = (MqttBus(broker.url, name, answer_timeout_s=1.0) for name in ("publisher", "reader"))
    async with first, second:
        await first.wait_connected(DEADLINE_S)
        await second.wait_connected(DEADLINE_S)
        yield first, second


class TestAgainstMosquitto:
    """Everything here needs the real broker."""

    pytestmark = needs_mosquitto

    async def test_messages_arrive_in_order_and_are_counted(self, pair: tuple[MqttBus, MqttBus]) -> None:
        publisher, bus = pair
        reader = await subscribed(bus, "event/#")
        for payload in numbers(300):
            await publisher.publish("event/a", payload)
        assert payloads(await take(reader, 300)) == numbers(300)
        assert await publisher.drained(DEADLINE_S)
        assert publisher.statistics.published == 300
        assert publisher.statistics.pending == 0

    async def test_what_is_published_while_the_broker_is_dead_arrives_when_it_is_back(self, broker: Mosquitto) -> None:
        async with MqttBus(broker.url, "publisher") as bus:
            await bus.wait_connected(DEADLINE_S)
            broker.end(signal.SIGKILL)
            await until(lambda: not bus.statistics.connected)
            for payload in numbers(200):
                await bus.publish(f"event/{payload.decode()}", payload, retain=True)
            await bus.publish("event/a", b"shown", qos=0)
            assert (bus.statistics.pending, bus.statistics.dropped) == (200, 1)
            broker.start()
            assert await bus.drained(DEADLINE_S)
            assert (bus.statistics.published, bus.statistics.reconnects) == (200, 1)
            assert sorted(payloads(await take(bus.subscribe("event/+"), 200))) == sorted(numbers(200))

    async def test_nothing_is_lost_and_the_order_kept_when_the_connection_is_cut_under_traffic(
        self, broker: Mosquitto
    ) -> None:
        async with (
            Wire(broker.port) as wire,
            MqttBus(wire.url, "publisher") as publisher,
            MqttBus(broker.url, "reader") as bus,
        ):
            reader = await subscribed(bus, "event/#")
            publishing = asyncio.create_task(publish_numbers(publisher, 3000))
            for cut_after in (1, 500, 1800):
                await until(lambda after=cut_after: publisher.statistics.published >= after)  # type: ignore[misc]
                wire.cut()
            await publishing
            await publisher.publish("event/a", b"end")
            assert await first_seen(reader, until_payload=b"end") == [*numbers(3000), b"end"]
            assert publisher.statistics.reconnects == 3

    async def test_nothing_is_lost_and_the_order_kept_when_the_broker_restarts_under_traffic(
        self, broker: Mosquitto, pair: tuple[MqttBus, MqttBus]
    ) -> None:
        publisher, bus = pair
        reader = await subscribed(bus, "event/#")

        publishing = asyncio.create_task(publish_numbers(publisher, 3000))
        for pause_after in (400, 1500):
            await until(lambda after=pause_after: publisher.statistics.published >= after)  # type: ignore[misc]
            broker.end(signal.SIGTERM)  # saves the sessions; what it acknowledged is then its to deliver
            broker.start()
        await publishing
        assert await publisher.drained(DEADLINE_S)
        await publisher.publish("event/a", b"end")
        assert await first_seen(reader, until_payload=b"end") == [*numbers(3000), b"end"]
        assert publisher.statistics.reconnects >= 2

    async def test_a_frozen_broker_loses_nothing(self, broker: Mosquitto, pair: tuple[MqttBus, MqttBus]) -> None:
        publisher, bus = pair
        reader = await subscribed(bus, "event/#")
        broker.process.send_signal(signal.SIGSTOP)
        for payload in numbers(5):
            await publisher.publish("event/a", payload)
        await until(lambda: not publisher.statistics.connected)
        assert publisher.statistics.pending == 5
        broker.process.send_signal(signal.SIGCONT)
        assert await first_seen(reader, until_payload=b"4") == numbers(5)
        assert await publisher.drained(DEADLINE_S)

    async def test_what_a_broker_that_reads_nothing_would_be_sent_at_qos_0_waits_in_order(
        self, broker: Mosquitto, pair: tuple[MqttBus, MqttBus]
    ) -> None:
        publisher, bus = pair
        reader = await subscribed(bus, "event/#")
        broker.process.send_signal(signal.SIGSTOP)
        for payload in numbers(150):  # 30 MB: more than both ends of the connection hold
            await publisher.publish("event/a", payload.ljust(200_000), qos=0)
        for _ in range(300):
            await asyncio.sleep(0)
        assert publisher.statistics.pending > 0
        broker.process.send_signal(signal.SIGCONT)
        arrived = await take(reader, 150)
        assert [payload.rstrip() for payload in payloads(arrived)] == numbers(150)
        assert publisher.statistics.reconnects == 0

    async def test_state_that_waits_is_overwritten_and_events_are_not(self, broker: Mosquitto) -> None:
        async with (
            Wire(broker.port) as wire,
            MqttBus(wire.url, "publisher") as publisher,
            MqttBus(broker.url, "reader") as bus,
        ):
            await publisher.wait_connected(DEADLINE_S)
            reader = await subscribed(bus, "fleet/#")
            wire.cut()
            await until(lambda: not publisher.statistics.connected)
            for payload in numbers(100):
                await publisher.publish("fleet/LC-1/state", payload, retain=True)
                await publisher.publish("fleet/LC-1/event", payload)
            assert publisher.statistics.pending == 101
            arrived = await take(reader, 101)
        assert [m.payload for m in arrived if m.topic == "fleet/LC-1/state"] == [b"99"]
        assert [m.payload for m in arrived if m.topic == "fleet/LC-1/event"] == numbers(100)

    async def test_a_state_that_is_not_acknowledged_never_overtakes_an_earlier_one_that_is(
        self, pair: tuple[MqttBus, MqttBus]
    ) -> None:
        publisher, bus = pair
        for number in range(20):
            await publisher.publish(f"fleet/{number}/state", b"older", retain=True)
            await publisher.publish(f"fleet/{number}/state", b"newer", qos=0, retain=True)
        assert await publisher.drained(DEADLINE_S)
        kept = await take(await subscribed(bus, "fleet/+/state"), 20)
        assert payloads(kept) == [b"newer"] * 20

    async def test_a_state_that_waits_takes_in_its_successor_whatever_that_asks_for(self, broker: Mosquitto) -> None:
        async with Wire(broker.port) as wire, MqttBus(wire.url, "publisher") as publisher:
            await publisher.wait_connected(DEADLINE_S)
            broker.process.send_signal(signal.SIGSTOP)  # nothing is acknowledged any more
            await publisher.publish("fleet/LC-1/state", b"in flight", retain=True)
            await asyncio.sleep(0)
            wire.cut()
            await until(lambda: not publisher.statistics.connected)
            await publisher.publish("fleet/LC-1/state", b"newest", qos=0, retain=True)
            assert (publisher.statistics.pending, publisher.statistics.dropped) == (1, 0)
            broker.process.send_signal(signal.SIGCONT)
            assert await publisher.drained(DEADLINE_S)
            async with MqttBus(broker.url, "reader") as bus:
                (kept,) = await take(bus.subscribe("fleet/+/state"), 1)
        assert kept.payload == b"newest"

    async def test_a_full_outbox_holds_up_events_but_not_state(self, broker: Mosquitto) -> None:
        async with (
            Wire(broker.port) as wire,
            MqttBus(wire.url, "small", outbox_limit=3) as publisher,
            MqttBus(broker.url, "reader") as bus,
        ):
            await publisher.wait_connected(DEADLINE_S)
            reader = await subscribed(bus, "e/#")
            wire.cut()
            await until(lambda: not publisher.statistics.connected)
            for payload in numbers(3):
                await publisher.publish("e/a", payload)
            held = [asyncio.create_task(publisher.publish("e/a", payload)) for payload in numbers(4, start=3)]
            await publisher.publish("state", b"now", retain=True)
            assert not any(task.done() for task in held)
            assert payloads(await take(reader, 7)) == numbers(7)
            await asyncio.gather(*held)

    async def test_the_last_will_tells_of_a_client_that_vanished(self, broker: Mosquitto, tmp_path: Path) -> None:
        code = (
            "import asyncio, sys\nfrom skystork.shell.mqtt import MqttBus\n"
            "async def main():\n"
            "    topic = 'conn/victim'\n"
            "    bus = MqttBus(sys.argv[1], 'victim', will=(topic, b'broken'), birth=(topic, b'online'))\n"
            "    async with bus:\n        await bus.wait_connected(20)\n        await asyncio.Event().wait()\n"
            "asyncio.run(main())\n"
        )
        script = tmp_path / "victim.py"
        script.write_text(code)
        async with MqttBus(broker.url, "witness") as bus:
            reader = bus.subscribe("conn/victim")
            victim = await asyncio.create_subprocess_exec(sys.executable, str(script), broker.url)
            assert payloads(await take(reader, 1)) == [b"online"]
            victim.kill()
            assert payloads(await take(reader, 1)) == [b"broken"]
            await victim.wait()
            (again,) = await take(bus.subscribe("conn/+"), 1)
            assert (again.payload, again.retained) == (b"broken", True)

    async def test_an_orderly_end_publishes_the_will_after_all_that_waited(self, broker: Mosquitto) -> None:
        async with MqttBus(broker.url, "leaver", will=("conn/leaver", b"offline"), birth=("conn/leaver", b"on")) as bus:
            await bus.wait_connected(DEADLINE_S)
            for payload in numbers(50):
                await bus.publish("last", payload, retain=True)
        async with MqttBus(broker.url, "reader") as bus:
            assert payloads(await take(bus.subscribe("conn/leaver"), 1)) == [b"offline"]
            assert payloads(await take(bus.subscribe("last"), 1)) == [b"49"]

    async def test_what_came_while_no_process_ran_is_read_by_the_next_where_the_session_is_kept(
        self, broker: Mosquitto
    ) -> None:
        async with MqttBus(broker.url, "mail", keeps_session=True) as first:
            reader = first.subscribe("in/+/box")
            await first.wait_connected(DEADLINE_S)
            async with MqttBus(broker.url, "sender") as sender:
                await sender.publish("in/a/box", b"0")
                (taken,) = await take(reader, 1)
                assert taken.payload == b"0"
                taken.acknowledge()
        async with MqttBus(broker.url, "sender") as sender:
            for payload in numbers(3, start=1):
                await sender.publish("in/a/box", payload)
            assert await sender.drained(DEADLINE_S)
        async with MqttBus(broker.url, "mail", keeps_session=True) as again:
            assert not again.statistics.connected, "nobody reads yet, so nothing may be fetched"
            reader = again.subscribe("in/+/box")
            assert payloads(await take(reader, 3)) == numbers(3, start=1)

    async def test_what_a_killed_process_did_not_acknowledge_is_given_to_the_next(self, broker: Mosquitto) -> None:
        async with MqttBus(broker.url, "sender") as sender:
            with reading_process(broker.url) as process:
                await sender.publish("in/a/box", b"1")
                assert await told_by(process) == "read 1"
                await acknowledge(process)
                for payload in numbers(3, start=2):
                    await sender.publish("in/a/box", payload)
                assert [await told_by(process) for _ in range(3)] == ["read 2", "read 3", "read 4"]
                process.kill()
        async with MqttBus(broker.url, "mail", keeps_session=True) as again:
            reader = again.subscribe("in/+/box")
            assert payloads(await take(reader, 3)) == numbers(3, start=2)

    async def test_a_cut_connection_brings_nothing_twice_to_the_same_reader(self, broker: Mosquitto) -> None:
        async with (
            MqttBus(broker.url, "sender") as sender,
            MqttBus(broker.url, "mail", keeps_session=True, answer_timeout_s=1.0) as bus,
        ):
            reader = bus.subscribe("in/+/box")
            await bus.wait_connected(DEADLINE_S)
            for payload in numbers(3):
                await sender.publish("in/a/box", payload)
            first, second, third = await take(reader, 3)
            first.acknowledge()
            third.acknowledge()
            assert await sender.drained(DEADLINE_S)
            broker.end(signal.SIGTERM)
            await until(lambda: not bus.statistics.connected)
            broker.start()
            await until(lambda: bus.statistics.reconnects == 1)
            second.acknowledge()
            await sender.publish("in/a/box", b"end")
            (end,) = await take(reader, 1)
            assert end.payload == b"end"
            end.acknowledge()
        async with MqttBus(broker.url, "mail", keeps_session=True) as again, MqttBus(broker.url, "sender") as sender:
            reader = again.subscribe("in/+/box")
            await again.wait_connected(DEADLINE_S)
            await sender.publish("in/a/box", b"new")
            assert payloads(await take(reader, 1)) == [b"new"], "all that came before was acknowledged"

    async def test_no_more_is_under_way_than_the_broker_takes(self, tmp_path: Path) -> None:
        few = Mosquitto(tmp_path, "allow_anonymous true\nmax_inflight_messages 3")
        try:
            async with MqttBus(few.url, "one") as bus:
                await bus.wait_connected(DEADLINE_S)
                few.process.send_signal(signal.SIGSTOP)
                for payload in numbers(50):
                    await bus.publish("a", payload)
                await until(lambda: bus.statistics.pending == 50 and bus.statistics.in_flight >= 3)
                assert bus.statistics.in_flight == 3
                few.process.send_signal(signal.SIGCONT)
                assert await bus.drained(DEADLINE_S)
                assert bus.statistics.reconnects == 0
        finally:
            few.end()

    async def test_a_new_process_begins_a_new_session_where_it_is_not_kept(self, broker: Mosquitto) -> None:
        async with MqttBus(broker.url, "plain") as first:
            await subscribed(first, "in/+/box")
        async with MqttBus(broker.url, "sender") as sender:
            await sender.publish("in/a/box", b"old")
            assert await sender.drained(DEADLINE_S)
        async with MqttBus(broker.url, "plain") as again:
            reader = await subscribed(again, "in/+/box")
            await again.publish("in/a/box", b"new")
            assert payloads(await take(reader, 1)) == [b"new"]

    async def test_the_birth_is_told_when_the_broker_has_what_is_read(self, broker: Mosquitto) -> None:
        async with (
            MqttBus(broker.url, "witness") as witness,
            MqttBus(broker.url, "born", birth=("conn/born", b"on"), keeps_session=True) as bus,
        ):
            seen = witness.subscribe("conn/born")
            reader = bus.subscribe("in/box")
            assert payloads(await take(seen, 1)) == [b"on"]
            await witness.publish("in/box", b"heard")
            assert payloads(await take(reader, 1)) == [b"heard"]

    async def test_overlapping_filters_bring_a_message_once_to_each_reader(self, pair: tuple[MqttBus, MqttBus]) -> None:
        publisher, bus = pair
        await publisher.publish("a/b", b"kept", retain=True)
        assert await publisher.drained(DEADLINE_S)
        wide, narrow = bus.subscribe("a/#"), bus.subscribe("a/+")
        assert payloads(await take(wide, 1)) == payloads(await take(narrow, 1)) == [b"kept"]
        await publisher.publish("a/b", b"live")
        await publisher.publish("a/b", b"end")
        for reader in (wide, narrow):
            assert payloads(await take(reader, 2)) == [b"live", b"end"]
            assert len(reader) == 0

    async def test_a_reader_that_let_go_has_ended_its_subscription(self, pair: tuple[MqttBus, MqttBus]) -> None:
        publisher, bus = pair
        reader = await subscribed(bus, "event/#")
        with pytest.raises(InvalidInput, match="read twice"):
            bus.subscribe("event/#")
        del reader
        await publisher.publish("event/a", b"kept", retain=True)
        assert await publisher.drained(DEADLINE_S)
        (kept,) = await take(bus.subscribe("event/#"), 1)
        assert (kept.payload, kept.retained) == (b"kept", True)

    @pytest.mark.parametrize("protocol", ["5", "3.1.1"])
    async def test_both_protocols_carry_retained_and_live_messages(self, broker: Mosquitto, protocol: str) -> None:
        url = f"{broker.url}?protocol={protocol}"
        async with MqttBus(url, "one") as bus:
            await bus.publish("s/1", b"old", retain=True)
            await bus.publish("s/1", b"new", retain=True)
            assert await bus.drained(DEADLINE_S)
            reader = bus.subscribe("s/+")
            (kept,) = await take(reader, 1)
            assert (kept.payload, kept.retained) == (b"new", True)
            await bus.publish("s/1", b"live", retain=True)
            (live,) = await take(reader, 1)
            assert (live.payload, live.retained) == (b"live", protocol == "5")

    async def test_a_wrong_password_is_told_plainly_and_not_printed(self, tmp_path: Path) -> None:
        passwords = tmp_path / "passwords"
        run("mosquitto_passwd", "-b", "-c", str(passwords), "depot", "right")
        broker = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}")
        try:
            async with MqttBus(broker.url.replace("//", "//depot:right@"), "good") as bus:
                await bus.wait_connected(DEADLINE_S)
            async with MqttBus(broker.url.replace("//", "//depot:wrong@"), "bad") as bus:
                await until(lambda: "authorized" in (bus.statistics.problem or ""))
                with pytest.raises(Unavailable, match=rf"127.0.0.1:{broker.port}.*[Nn]ot authorized") as caught:
                    await bus.wait_connected(0.01)
            assert "wrong" not in str(caught.value)
        finally:
            broker.end()

    # paho leaves the socket of a failed handshake to the garbage collector.
    @pytest.mark.filterwarnings("ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
    async def test_an_encrypted_connection_checks_the_brokers_certificate(self, tmp_path: Path) -> None:
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
            "-subj",
            "/CN=depot",
            "-days",
            "2",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        )
        broker = Mosquitto(tmp_path, f"certfile {certificate}\nkeyfile {key}\nallow_anonymous true")
        url = broker.url.replace("mqtt:", "mqtts:")
        try:
            async with MqttBus(f"{url}?ca={certificate}", "trusting") as bus:
                await bus.wait_connected(DEADLINE_S)
            async with MqttBus(url, "careful") as bus:
                await until(lambda: "certificate verify failed" in (bus.statistics.problem or ""))
            async with MqttBus(f"{url}?ca={tmp_path}/missing.pem", "careless") as bus:
                await until(lambda: "No such file" in (bus.statistics.problem or ""))
        finally:
            broker.end()
            gc.collect()

    def test_the_bus_keeps_real_time_in_a_fast_world(self, broker: Mosquitto) -> None:
        async def main() -> list[bytes]:
            async with MqttBus(broker.url, "fast") as bus:
                await bus.wait_connected(DEADLINE_S)
                reader = bus.subscribe("e")
                await bus.publish("e", b"1", retain=True)
                assert await bus.drained(DEADLINE_S)
                return [(await anext(reader)).payload]

        assert run_paced(main(), WorldClock(time.time(), 1_795_255_200.0, 600.0)) == [b"1"]


async def test_a_broker_that_is_not_there_is_reported_and_the_bus_goes_on_trying() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with MqttBus(f"mqtt://127.0.0.1:{port}", "lonely") as bus:
        await until(lambda: "refused" in (bus.statistics.problem or ""))
        with pytest.raises(Unavailable, match=rf"no MQTT broker at 127.0.0.1:{port} .*refused.*Start one"):
            await bus.wait_connected(0.01)
        await bus.publish("event/a", b"kept")
        assert bus.statistics.pending == 1


async def refuse_subscriptions(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The broker's side of MQTT 5.0 for one client that may connect and may read nothing."""
    while header := await reader.read(2):
        body = await reader.readexactly(header[1])
        if header[0] >> 4 == 1:  # CONNECT
            writer.write(bytes([0x20, 3, 0, 0, 0]))
        elif header[0] >> 4 == 8:  # SUBSCRIBE: the packet's number comes first
            writer.write(bytes([0x90, 4, *body[:2], 0, 0x87]))  # 0x87: not authorized
    writer.close()


async def test_a_filter_that_the_broker_refuses_ends_the_iteration_with_the_reason() -> None:
    server = await asyncio.start_server(refuse_subscriptions, "127.0.0.1", 0)
    async with server, MqttBus(f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}", "nosy") as bus:
        with pytest.raises(Unavailable, match=r"refuses to let nosy read secret/# \(Not authorized\)"):
            await take(bus.subscribe("secret/#"), 1)


async def test_what_no_broker_would_take_is_refused_at_once() -> None:
    bus = MqttBus("mqtt://127.0.0.1", "checker")
    for topic in ("", "a/+/b", "a/#", "nul\0", "x" * 70_000):
        with pytest.raises(InvalidInput, match="not allowed in MQTT"):
            await bus.publish(topic, b"")
    with pytest.raises(InvalidInput, match="too large"):
        await bus.publish("a", b"x" * 300_000)
    for topic_filter in ("", "a+", "a/#/b", "#a"):
        with pytest.raises(InvalidInput, match="not allowed in MQTT"):
            bus.subscribe(topic_filter)


def test_urls_are_read_with_their_defaults() -> None:
    plain = parse_broker_url("mqtt://depot.example")
    assert (plain.host, plain.port, plain.tls, plain.protocol) == ("depot.example", 1883, False, MqttProtocol.V5)
    full = parse_broker_url("mqtts://us%40er:p%3Ass@[::1]:1234?protocol=3.1.1&ca=/ca.pem")
    assert (full.host, full.port, full.tls, full.protocol) == ("::1", 1234, True, MqttProtocol.V3_1_1)
    assert (full.username, full.password, full.ca_file) == ("us@er", "p:ss", "/ca.pem")
    assert "p:ss" not in repr(full)
    assert parse_broker_url("mqtts://h").port == 8883
    assert [parse_broker_url(f"mqtt://h?{more}").in_flight for more in ("", "protocol=3.1.1", "inflight=7")] == [
        500,
        16,
        7,
    ]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://h",
        "mqtt://",
        "mqtt://h:99999",
        "mqtt://h:x",
        "mqtt://h/path",
        "mqtt://h?protocol=4",
        "mqtt://h?qos=1",
        "mqtt://h?ca=/x",
        "mqtt://u:secret@h:x",
        "mqtt://[::1",
    ],
)
def test_a_url_that_is_none_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(ConfigError, match="Correct the URL") as caught:
        parse_broker_url(url)
    assert "secret" not in str(caught.value)
