"""Who may read and write what, tried out: every role with every topic, both ways, on a real Mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests_support.guarded_broker import GuardedBroker

from skystork.app.broker_users import BrokerUsers
from skystork.app.cli_mqtt import write_files
from skystork.contract.access import acl_text, password_line
from skystork.contract.channels import CHANNELS, OWN_NAMES, Channel, Principal
from skystork.control.roles import Role
from skystork.errors import ConfigError
from skystork.shell.broker import find_mosquitto
from skystork.shell.mqtt import MqttBus

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)"),
]
ROOT, MAKER = "skystork/v1/town", "skystork"
USERS = {f"{role}-1": role for role in Principal}
NOBODYS = {
    "strange": f"{ROOT}/strange/topic",
    "other site": "skystork/v1/elsewhere/kpi",
    "other maker": f"{ROOT}/acme/x/factsheet",
}
"""Topics that no line allows."""
PATIENCE_S = 60.0


def topic_of(channel: Channel, name: str) -> str:
    """The topic of a channel about this user, vehicle, order or network."""
    filled = channel.address.replace("{manufacturer}", MAKER).split("/")
    return "/".join((ROOT, *(name if part.startswith("{") else part for part in filled)))


def topics(user: str) -> dict[tuple[str, bool], str]:
    """Every topic, by the name of its channel and whether it has the user's own name in it."""
    own = {(channel.name, True): topic_of(channel, user) for channel in CHANNELS if named(channel)}
    others = {(channel.name, False): topic_of(channel, "somebody-else") for channel in CHANNELS}
    return {**own, **others, **{(name, False): topic for name, topic in NOBODYS.items()}}


def named(channel: Channel) -> bool:
    return any(part in OWN_NAMES for part in channel.address.split("/"))


def allowed(role: Principal, *, write: bool) -> set[tuple[str, bool]]:
    """What the table of topics says."""
    found = set()
    for channel in CHANNELS:
        if role in (channel.writers if write else channel.readers):
            own = {True} if named(channel) else set()
            others = set() if role in channel.own else {False}
            found |= {(channel.name, each) for each in own | others}
    return found


BY_PATTERN = {("command", True)}, {("reply", True)}
"""What the pattern gives every user who is not denied it: under its own name alone; the service asks for a role."""


def guarded(folder: Path, users: Mapping[str, Principal]) -> GuardedBroker:
    """A broker with the files that are made for these users; everybody's password is his name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "acl").write_text(acl_text(ROOT, MAKER, users))
    (folder / "passwords").write_text("".join(f"{password_line(name, name, b'salt' * 3)}\n" for name in users))
    return GuardedBroker(folder, f"acl_file {folder / 'acl'}\npassword_file {folder / 'passwords'}")


async def heard_by(bus: MqttBus, speaker: MqttBus, user: str) -> set[tuple[str, bool]]:
    """Which of all topics, spoken once each, came through to a reader of everything."""
    end = f"{ROOT}/end/{user}"
    by_topic = {topic: key for key, topic in topics(user).items()}
    reader, heard = bus.subscribe("#"), set()
    async with asyncio.timeout(PATIENCE_S):
        await speaker.publish(f"{ROOT}/ready", b"", qos=1)
        while True:  # until the broker has the subscription
            await speaker.publish(end, b"?")
            try:
                async with asyncio.timeout(0.2):
                    await anext(reader)
                    break
            except TimeoutError:
                continue
        for topic in by_topic:
            await speaker.publish(topic, b"x")
        await speaker.publish(end, b"end")
        async for message in reader:
            if message.payload == b"end":
                return heard
            if message.topic in by_topic:
                heard.add(by_topic[message.topic])
    raise AssertionError("the bus ended")


@pytest.mark.parametrize("role", list(Principal))
async def test_a_role_reads_what_the_table_allows_and_nothing_else(tmp_path: Path, role: Principal) -> None:
    user = f"{role}-1"
    users = {user: role}
    end_rule = f"\nuser {user}\ntopic read {ROOT}/end/#\n"
    folder = tmp_path / "broker"
    broker = guarded(folder, users)
    (folder / "acl").write_text(end_rule + (folder / "acl").read_text().replace(f"user {user}\n", "", 1))
    with broker:
        async with MqttBus(broker.url(user, user), user) as bus, MqttBus(broker.watcher, "watcher") as speaker:
            await bus.wait_connected(PATIENCE_S)
            await speaker.wait_connected(PATIENCE_S)
            more = BY_PATTERN[1] if role is Principal.CONTROLLER else set()
            assert await heard_by(bus, speaker, user) == allowed(role, write=False) | more


@pytest.mark.parametrize("role", list(Principal))
async def test_a_role_writes_what_the_table_allows_and_nothing_else(tmp_path: Path, role: Principal) -> None:
    user = f"{role}-1"
    folder = tmp_path / "broker"
    broker = guarded(folder, {user: role})
    text = (folder / "acl").read_text().replace(f"user {user}\n", "", 1)
    (folder / "acl").write_text(f"user {user}\ntopic write {ROOT}/end/#\n{text}")
    with broker:
        async with MqttBus(broker.url(user, user), user) as bus, MqttBus(broker.watcher, "watcher") as watcher:
            await bus.wait_connected(PATIENCE_S)
            await watcher.wait_connected(PATIENCE_S)
            more = BY_PATTERN[0] if role is Principal.CONTROLLER else set()
            assert await heard_by(watcher, bus, user) == allowed(role, write=True) | more


async def test_nobody_comes_in_without_his_password(tmp_path: Path) -> None:
    with guarded(tmp_path / "broker", USERS) as broker:
        async with MqttBus(broker.url("viewer-1", "guess"), "thief") as bus:
            with pytest.raises(Exception, match="no MQTT broker"):
                await bus.wait_connected(1.0)


def test_cells_that_must_never_change_by_mistake() -> None:
    assert allowed(Principal.PARTNER, write=False) == {("reply", True), ("partnerOrder", True)}
    assert allowed(Principal.PARTNER, write=True) == {("command", True), ("partnerState", True)}
    assert allowed(Principal.VIEWER, write=True) == set()
    assert allowed(Principal.VEHICLE, write=True) == {("state", True), ("connection", True)}
    assert ("command", False) not in set().union(*(allowed(role, write=True) for role in Principal))
    assert {role for role in Principal if ("order", False) in allowed(role, write=True)} == {Principal.CONTROLLER}


def test_the_files_keep_old_passwords_and_drop_users_that_are_gone(tmp_path: Path) -> None:
    first = BrokerUsers({"ann": Principal.SUPERVISOR, "ben": Principal.VIEWER})
    fresh = write_files(tmp_path, ROOT, MAKER, first, certificates=False)
    assert fresh.keys() == {"ann", "ben"}
    before = (tmp_path / "passwords").read_text().splitlines()
    later = BrokerUsers({"ann": Principal.SUPERVISOR, "cleo": Principal.DISPATCHER})
    assert write_files(tmp_path, ROOT, MAKER, later, certificates=False).keys() == {"cleo"}
    lines = (tmp_path / "passwords").read_text().splitlines()
    assert before[0] in lines and len(lines) == 2 and not any(line.startswith("ben:") for line in lines)
    assert (tmp_path / "passwords").stat().st_mode & 0o777 == 0o600
    assert "user ben" not in (tmp_path / "acl").read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no user at all"),
        ('[[users]]\nname = "ann"\nrole = "king"\n', "unknown role"),
        ('[[users]]\nname = "a+n"\nrole = "viewer"\n', "not a name"),
        ('[[users]]\nname = "ann"\nrole = "viewer"\n[[users]]\nname = "ann"\nrole = "admin"\n', "named twice"),
        ("[[users]\n", "cannot be read"),
        ('[[users]]\nname = "ann"\nrole = "viewer"\n[hats]\n', "unknown key"),
    ],
)
def test_a_file_of_users_that_is_wrong_is_not_used(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "users.toml").write_text(text)
    with pytest.raises(ConfigError, match=told):
        BrokerUsers.read(tmp_path / "users.toml")


def test_the_role_of_a_command_is_that_of_the_file() -> None:
    users = BrokerUsers({"ann": Principal.SUPERVISOR, "EV-0001": Principal.VEHICLE})
    assert users.role_of("ann") is Role.SUPERVISOR
    assert users.role_of("EV-0001") is None and users.role_of("nobody") is None
    assert BrokerUsers.local().role_of("anybody") is Role.ADMIN
    assert BrokerUsers.nobody().role_of("anybody") is None
