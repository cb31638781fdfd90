"""A broker for a machine that has none running: Mosquitto when it is installed, else one inside Python.

The embedded broker (amqtt, in a process of its own) is for trying things out with a handful of clients. It speaks
MQTT 3.1.1 only, so its URL says so; it keeps nothing over a restart; it takes ten times the processor time of
Mosquitto. With hundreds of clients, version 0.12 repeated retained messages and lost others; with a handful neither was
seen. A depot runs Mosquitto (``launch/mosquitto.conf``).

Run as ``python -m skystork.shell.broker PORT`` this module is the embedded broker; it ends when its standard input
does, hence with whoever started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

from skystork.errors import Unavailable
from skystork.shell.loops import real_span_s

HOST = "127.0.0.1"
START_TIMEOUT_S = 15.0
"""Real time; the embedded broker's imports take two seconds on a slow machine."""
STOP_TIMEOUT_S = 5.0
_POLL_S = 0.02

_MOSQUITTO_CONF = """\
listener {port} {host}
allow_anonymous true
persistence false
max_packet_size 300000
max_queued_messages 10000
max_inflight_messages 1000
set_tcp_nodelay true
log_dest stderr
log_type error
"""


@contextlib.asynccontextmanager
async def start_broker(port: int, *, embedded: bool = False) -> AsyncIterator[str]:
    """Run a broker on the loopback interface while the block runs; yields its URL.

    Parameters
    ----------
    port
        0 for any free one.
    embedded
        Use the embedded broker even where Mosquitto is installed.

    Raises
    ------
    Unavailable
        When the port is in use, when there is no broker to start, or when it does not start.
    """
    port = _free_port(port)
    with tempfile.TemporaryDirectory(prefix="skystork-broker-") as folder:
        mosquitto = None if embedded else find_mosquitto()
        command = _embedded_command(port) if mosquitto is None else _mosquitto_command(mosquitto, port, Path(folder))
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            await _until_it_answers(process, port)
            yield f"mqtt://{HOST}:{port}" + ("?protocol=3.1.1" if mosquitto is None else "")
        finally:
            await _stop(process)


def find_mosquitto() -> str | None:
    """Where Mosquitto is installed; Debian puts it where only root's PATH looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are closing do not matter
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Unavailable(
                f"port {port} on {HOST} cannot be had ({error.strerror}): perhaps a broker runs there already. "
                f"Use it with mqtt://{HOST}:{port}, stop it, or choose another port."
            ) from error
        chosen: int = probe.getsockname()[1]
        return chosen


def _mosquitto_command(mosquitto: str, port: int, folder: Path) -> tuple[str, ...]:
    conf = folder / "mosquitto.conf"
    conf.write_text(_MOSQUITTO_CONF.format(port=port, host=HOST))
    return mosquitto, "-c", str(conf)


def _embedded_command(port: int) -> tuple[str, ...]:
    if find_spec("amqtt") is None:
        raise Unavailable(
            "there is no MQTT broker to start. Install Mosquitto (apt install mosquitto), or the embedded one "
            "(pip install 'skystork[sim]')."
        )
    return sys.executable, "-m", "skystork.shell.broker", str(port)


async def _until_it_answers(process: asyncio.subprocess.Process, port: int) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(real_span_s(_POLL_S))
            continue
        writer.close()
        await writer.wait_closed()
        return
    said = await process.stderr.read() if process.returncode is not None and process.stderr else b""
    reason = said.decode("utf-8", "replace").strip() or f"no answer within {START_TIMEOUT_S:g} s"
    raise Unavailable(f"the broker on port {port} did not start: {reason}. Start one yourself and give its URL.")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(real_span_s(STOP_TIMEOUT_S)):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()


async def _serve(port: int) -> None:
    from amqtt.broker import Broker  # noqa: PLC0415  # an optional dependency, wanted in this process only

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    await asyncio.to_thread(sys.stdin.buffer.read)  # until whoever started us lets go
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
