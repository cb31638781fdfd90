"""Starting a broker: Mosquitto, or the embedded one, or a plain word why not."""

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skystork.errors import Unavailable
from skystork.shell.broker import find_mosquitto, start_broker
from skystork.shell.mqtt import PAYLOAD_LIMIT_BYTES, MqttBus

pytest.importorskip("amqtt", reason="the embedded broker is not installed (pip install 'skystork[sim]')")
MOSQUITTO = pytest.param(
    False,
    marks=[
        pytest.mark.broker,
        pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)"),
    ],
    id="mosquitto",
)
EMBEDDED = pytest.param(True, id="embedded")
DEADLINE_S = 30.0


@pytest.mark.parametrize("embedded", [MOSQUITTO, EMBEDDED])
async def test_a_started_broker_carries_order_retained_messages_and_the_largest_payload(embedded: bool) -> None:
    async with (
        start_broker(0, embedded=embedded) as url,
        MqttBus(url, "one") as one,
        MqttBus(url, "two") as two,
        asyncio.timeout(DEADLINE_S),
    ):
        assert ("protocol=3.1.1" in url) is embedded
        await one.publish("state", b"old", retain=True)
        await one.publish("state", b"new", retain=True)
        assert await one.drained(DEADLINE_S)
        state, events = two.subscribe("state"), two.subscribe("events/#")
        message = await anext(state)
        assert (message.payload, message.retained) == (b"new", True)
        await two.publish("events/begin", b"", retain=True)
        await anext(events)
        for number in range(200):
            await one.publish("events/a", str(number).encode())
        await one.publish("events/a", b"x" * PAYLOAD_LIMIT_BYTES)
        got = [(await anext(events)).payload for _ in range(201)]
        assert got[:200] == [str(number).encode() for number in range(200)]
        assert len(got[200]) == PAYLOAD_LIMIT_BYTES


@pytest.mark.parametrize("embedded", [MOSQUITTO, EMBEDDED])
async def test_a_started_broker_publishes_the_will_of_a_client_that_was_killed(embedded: bool) -> None:
    code = (
        "import asyncio, sys\nfrom skystork.shell.mqtt import MqttBus\n"
        "async def main():\n"
        "    async with MqttBus(sys.argv[1], 'victim', will=('conn', b'broken'), birth=('conn', b'online')):\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    async with start_broker(0, embedded=embedded) as url, MqttBus(url, "witness") as bus, asyncio.timeout(DEADLINE_S):
        reader = bus.subscribe("conn")
        victim = await asyncio.create_subprocess_exec(sys.executable, "-c", code, url)
        seen = {(await anext(reader)).payload}
        victim.kill()
        while b"broken" not in seen:
            seen.add((await anext(reader)).payload)
        assert seen == {b"online", b"broken"}
        await victim.wait()


@pytest.mark.parametrize("embedded", [MOSQUITTO, EMBEDDED])
async def test_a_port_in_use_is_reported_with_what_to_do(embedded: bool) -> None:
    async with start_broker(0, embedded=embedded) as url:
        port = int(url.split("?")[0].rsplit(":", 1)[1])
        with pytest.raises(Unavailable, match=rf"port {port} .*Address already in use.*mqtt://127.0.0.1:{port}"):
            async with start_broker(port, embedded=embedded):
                pass
    async with start_broker(port, embedded=embedded):
        pass  # free again as soon as the block was left


async def test_the_embedded_broker_ends_with_whoever_started_it() -> None:
    code = (
        "import asyncio, os, signal\nfrom skystork.shell.broker import start_broker\n"
        "async def main():\n"
        "    async with start_broker(0, embedded=True) as url:\n"
        "        print(url, flush=True)\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    starter = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
    output, _ = await starter.communicate()
    port = int(output.decode().split("?")[0].rsplit(":", 1)[1])
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(ConnectionRefusedError):
            while True:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await asyncio.sleep(0.01)


@pytest.mark.broker
@pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)")
def test_the_configuration_file_for_a_depot_is_one_that_mosquitto_takes(tmp_path: Path) -> None:
    conf = (Path(__file__).parents[2] / "launch" / "mosquitto.conf").read_text()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "mosquitto.conf").write_text(conf.replace("listener 1883", f"listener {port}"))
    with subprocess.Popen(
        [str(find_mosquitto()), "-c", str(tmp_path / "mosquitto.conf")], stderr=subprocess.PIPE, text=True
    ) as broker:
        deadline_s = time.monotonic() + DEADLINE_S
        while broker.poll() is None and time.monotonic() < deadline_s:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        assert broker.poll() is None
        broker.terminate()
        assert broker.stderr is not None
        said = broker.stderr.read()
    assert "Error" not in said
    assert "Warning" not in said
