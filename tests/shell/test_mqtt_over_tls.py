"""The bus over TLS against a real Mosquitto: whom it trusts, who comes in, and under which name."""

from __future__ import annotations

import asyncio
import gc
import subprocess
from pathlib import Path

import pytest
from tests_support.guarded_broker import GuardedBroker

from skystork.contract.access import acl_text
from skystork.contract.channels import Principal
from skystork.errors import ConfigError, Unavailable
from skystork.shell.broker import find_mosquitto
from skystork.shell.broker_url import parse_broker_url
from skystork.shell.mqtt import MqttBus

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)"),
]
PATIENCE_S = 30.0
ROOT = "skystork/v1/town"


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, name: str) -> None:
    subject = ("-subj", f"/CN={name}", "-days", "1", "-nodes", "-newkey", "rsa:2048")
    openssl(folder, "req", "-x509", *subject, "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_certificate(folder: Path, name: str, authority: str = "ca") -> None:
    (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(
        folder, "req", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
        "-out", f"{name}.csr",
    )  # fmt: skip
    openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
        "-CAcreateserial", "-days", "1", "-extfile", f"{name}.ext", "-out", f"{name}.pem",
    )  # fmt: skip


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    for authority in ("ca", "other"):
        make_authority(folder, authority)
    for name in ("server", "ann"):
        make_certificate(folder, name)
    make_certificate(folder, "mallory", "other")
    return folder


@pytest.fixture
def broker(certificates: Path, tmp_path: Path) -> GuardedBroker:
    """Asks for a certificate, and takes its common name for the user."""
    (tmp_path / "acl").write_text(acl_text(ROOT, "skystork", {"ann": Principal.SUPERVISOR}))
    lines = (
        f"cafile {certificates / 'ca.pem'}",
        f"certfile {certificates / 'server.pem'}",
        f"keyfile {certificates / 'server.key'}",
        "require_certificate true",
        "use_identity_as_username true",
        f"acl_file {tmp_path / 'acl'}",
    )
    return GuardedBroker(tmp_path, "\n".join(lines))


def url(broker: GuardedBroker, certificates: Path, *, ca: str = "ca", who: str | None = "ann") -> str:
    own = f"&cert={certificates / who}.pem&key={certificates / who}.key" if who else ""
    return f"mqtts://127.0.0.1:{broker.port}?ca={certificates / ca}.pem{own}"


async def test_a_certificate_is_the_user_and_the_access_list_knows_its_name(
    broker: GuardedBroker, certificates: Path
) -> None:
    with broker:
        async with MqttBus(url(broker, certificates), "ann") as bus, MqttBus(broker.watcher, "watcher") as watcher:
            await bus.wait_connected(PATIENCE_S)
            await watcher.wait_connected(PATIENCE_S)
            commands, replies = watcher.subscribe(f"{ROOT}/control/+/command"), bus.subscribe(f"{ROOT}/control/#")
            async with asyncio.timeout(PATIENCE_S):
                while not len(replies):
                    await watcher.publish(f"{ROOT}/control/ben/reply", b"not for ann")
                    await watcher.publish(f"{ROOT}/control/ann/reply", b"for ann")
                    await asyncio.sleep(0.05)
                assert (await anext(replies)).payload == b"for ann"
                await bus.publish(f"{ROOT}/control/ben/command", b"in another's name")
                await bus.publish(f"{ROOT}/control/ann/command", b"in her own")
                assert (await anext(commands)).payload == b"in her own"


# paho 2.2 leaves a socket whose handshake failed to the garbage collector, which is made to come here.
@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("ca", "who"), [("other", "ann"), ("ca", None), ("ca", "mallory")], ids=["strange broker", "nobody", "strange user"]
)
async def test_who_is_not_trusted_does_not_come_in(
    broker: GuardedBroker, certificates: Path, ca: str, who: str | None
) -> None:
    with broker:
        async with MqttBus(url(broker, certificates, ca=ca, who=who), "x") as bus:
            with pytest.raises(Unavailable, match="no MQTT broker"):
                await bus.wait_connected(2.0)
    gc.collect()


async def test_a_certificate_that_is_not_there_is_told(broker: GuardedBroker, certificates: Path) -> None:
    with broker:
        async with MqttBus(url(broker, certificates, who="nobody"), "x") as bus:
            with pytest.raises(Unavailable, match="No such file"):
                await bus.wait_connected(2.0)


def test_certificates_are_part_of_the_url() -> None:
    read = parse_broker_url("mqtts://depot?ca=/a/ca.pem&cert=/a/me.pem&key=/a/me.key")
    assert (read.ca_file, read.cert_file, read.key_file) == ("/a/ca.pem", "/a/me.pem", "/a/me.key")
    for wrong in ("mqtt://depot?cert=/a/me.pem", "mqtts://depot?key=/a/me.key", "mqtts://depot?cart=/a"):
        with pytest.raises(ConfigError):
            parse_broker_url(wrong)
