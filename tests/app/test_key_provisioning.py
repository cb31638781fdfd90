from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests_support.play import write_site
from tests_support.px4_counterpart import Px4Counterpart
from tests_support.signing_counterpart import SigningCounterpart, ticks
from tests_support.wire import Wire
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.fleet_links import FleetLinks
from skystork.app.key_provisioning import Provisioned, Provisioning, provision
from skystork.app.site import load_site
from skystork.errors import ConfigError, LinkUsageError
from skystork.fleet.vehicle import Drone
from skystork.link.signing import SigningKey, SigningMemory
from skystork.shell.loops import run_virtual
from skystork.shell.signing_keys import write_new_key
from skystork.shell.signing_store import SigningStore
from skystork_sim.network import MemoryNetwork

START_S = 1_800_000_000.0
KEY, OLD = SigningKey(bytes(range(32))), SigningKey(bytes(range(1, 33)))
GROUND, AIR = ("10.0.0.1", 14550), ("10.0.1.1", 14580)


@pytest.fixture(scope="module")
def drone(tmp_path_factory: pytest.TempPathFactory) -> Drone:
    return load_site(write_site(tmp_path_factory.mktemp("site"), "LC-1")).drones[0]


def provisioned(
    drone: Drone,
    vehicle: Px4Counterpart,
    *,
    old: SigningKey | None = None,
    lose: int = 0,
    memory: SigningMemory | None = None,
) -> Provisioning:
    """Provision a counterpart in virtual time; the network loses the first so many SETUP_SIGNING."""

    async def run() -> Provisioning:
        loop = asyncio.get_running_loop()
        network = MemoryNetwork(loop, Random(1), delay_s=0.01)
        ground, air = network.endpoint(GROUND), network.endpoint(AIR)
        left = lose

        def receive(data: bytes, _address: tuple[str, int]) -> None:
            nonlocal left
            if data[7:10] == b"\x00\x01\x00" and left:
                left -= 1
                return
            vehicle.receive(data, loop.time())

        air.set_receiver(receive)

        async def live() -> None:
            while True:
                vehicle.handle_timer(loop.time())
                for data in vehicle.outbox:
                    air.send(bytes(data), GROUND)
                vehicle.outbox.clear()
                await asyncio.sleep(0.1)

        living = asyncio.create_task(live())
        try:
            return await provision(drone, ground, KEY, memory=memory or SigningMemory(), old=old)
        finally:
            living.cancel()
            ground.close()

    return run_virtual(run(), START_S)


def keys_sent(vehicle: Px4Counterpart) -> list[int]:
    return [message.target_system for message in vehicle.received if message.get_type() == "SETUP_SIGNING"]


def test_a_vehicle_without_a_key_takes_it_and_signs(drone: Drone) -> None:
    vehicle = SigningCounterpart(1)
    done = provisioned(drone, vehicle)
    assert done.outcome is Provisioned.SIGNS
    assert vehicle.mav.signing.secret_key == KEY.secret
    assert keys_sent(vehicle) == [1]
    (timestamp,) = vehicle.provisioned
    assert ticks(START_S) <= timestamp <= ticks(START_S + 5)
    assert done.memory.timestamp > timestamp


def test_timestamps_go_on_above_what_was_kept(drone: Drone) -> None:
    vehicle, kept = SigningCounterpart(1), ticks(START_S + 50)
    done = provisioned(drone, vehicle, memory=SigningMemory(kept))
    assert done.outcome is Provisioned.SIGNS
    assert vehicle.provisioned == [kept + 1]


def test_a_key_that_was_lost_on_its_way_is_sent_again(drone: Drone) -> None:
    vehicle = SigningCounterpart(1)
    assert provisioned(drone, vehicle, lose=2).outcome is Provisioned.SIGNS


def test_an_armed_vehicle_is_sent_nothing(drone: Drone) -> None:
    vehicle = SigningCounterpart(1)
    vehicle.armed = True
    assert provisioned(drone, vehicle).outcome is Provisioned.ARMED
    assert keys_sent(vehicle) == []


def test_a_vehicle_that_is_not_there_is_sent_nothing(drone: Drone) -> None:
    vehicle = SigningCounterpart(1)
    vehicle.silent = True
    assert provisioned(drone, vehicle).outcome is Provisioned.NOT_HEARD
    assert vehicle.received == []


def test_another_vehicle_on_the_link_is_sent_nothing(drone: Drone) -> None:
    vehicle = SigningCounterpart(2)
    assert provisioned(drone, vehicle).outcome is Provisioned.NOT_HEARD
    assert keys_sent(vehicle) == []


def test_a_vehicle_that_knows_no_signing_is_told_apart(drone: Drone) -> None:
    done = provisioned(drone, Px4Counterpart(1))
    assert done.outcome is Provisioned.NO_ANSWER
    assert "without a signature" in done.complaints[0]


def test_a_vehicle_with_another_key_keeps_it_unless_that_one_is_given(drone: Drone) -> None:
    vehicle = SigningCounterpart(1, key=OLD.secret, clock_s=START_S)
    done = provisioned(drone, vehicle)
    assert done.outcome is Provisioned.NO_ANSWER
    assert "signs with another key" in done.complaints[0]
    assert vehicle.mav.signing.secret_key == OLD.secret
    assert provisioned(drone, vehicle, old=OLD).outcome is Provisioned.SIGNS
    assert vehicle.mav.signing.secret_key == KEY.secret


def test_a_vehicle_that_has_the_key_already_is_done(drone: Drone) -> None:
    vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S)
    assert provisioned(drone, vehicle).outcome is Provisioned.SIGNS


def test_a_wrong_old_key_is_named_and_nothing_is_sent(drone: Drone) -> None:
    vehicle = SigningCounterpart(1, key=KEY.secret, clock_s=START_S)
    done = provisioned(drone, vehicle, old=OLD)
    assert done.outcome is Provisioned.NOT_HEARD
    assert "signs with another key" in done.complaints[0]
    assert keys_sent(vehicle) == []


# ---------------------------------------------------------------------- the site file and the command


def signing_site(folder: Path, *, network: str = "127.0.0.1:14550", vehicles: tuple[str, ...] = ("LC-1",)) -> Path:
    write_site(folder, *vehicles)
    path = folder / "site.toml"
    text = path.read_text(encoding="utf-8").replace('listen = "127.0.0.1:14550"', f'listen = "{network}"')
    for vehicle in vehicles:
        number = vehicle.partition("-")[2]
        text = text.replace(f"system_id = {number}\n", f'system_id = {number}\nsigning_key = "{vehicle}.key"\n')
    path.write_text(text, encoding="utf-8")
    return folder


def test_a_site_reads_the_keys_of_its_drones_and_never_prints_them(tmp_path: Path) -> None:
    signing_site(tmp_path, vehicles=("LC-1", "LC-2"))
    for vehicle in ("LC-1", "LC-2"):
        write_new_key(tmp_path / f"{vehicle}.key")
    site = load_site(tmp_path, with_keys=True)
    assert [len(site.signing_keys[drone.vehicle_id].secret) for drone in site.drones] == [32, 32]
    for key in site.signing_keys.values():
        assert key.secret.hex() not in repr(site) and repr(key.secret) not in repr(site)


def test_who_only_looks_needs_no_key(tmp_path: Path) -> None:
    signing_site(tmp_path)
    assert load_site(tmp_path).signing_keys == {}
    assert CliRunner().invoke(app, ["check-config", "--site", str(tmp_path)]).exit_code == 3
    write_new_key(tmp_path / "LC-1.key")
    answer = CliRunner().invoke(app, ["check-config", "--site", str(tmp_path), "--json"])
    assert '"sign": "LC-1"' in answer.output


async def test_a_drone_that_should_sign_is_never_flown_unsigned_instead(tmp_path: Path) -> None:
    write_new_key(signing_site(tmp_path) / "LC-1.key")
    site, store = load_site(tmp_path), SigningStore(tmp_path / "signing.json")
    with pytest.raises(LinkUsageError, match="the signing keys of LC-1 were not read"):
        FleetLinks(site.drones, {"main": Wire()}, site.signing_keys, store)


def test_keys_that_cannot_be_used_are_all_told(tmp_path: Path) -> None:
    signing_site(tmp_path, vehicles=("LC-1", "LC-2", "LC-3", "LC-4"))
    write_new_key(tmp_path / "LC-2.key")
    (tmp_path / "LC-2.key").chmod(0o644)
    write_new_key(tmp_path / "LC-3.key")
    (tmp_path / "LC-4.key").write_bytes((tmp_path / "LC-3.key").read_bytes())
    (tmp_path / "LC-4.key").chmod(0o600)
    with pytest.raises(ConfigError) as refused:
        load_site(tmp_path, with_keys=True)
    told = [str(problem) for problem in refused.value.problems]
    assert len(told) == 3
    assert "drones LC-1.signing_key: the key file cannot be read" in told[0]
    assert "drones LC-2.signing_key: others can read the key file" in told[1]
    assert "two drones with one key (seen: LC-3 and LC-4" in told[2]


@pytest.fixture
def flying() -> Iterator[tuple[int, SigningCounterpart]]:
    """A vehicle on a real socket, in a thread of its own; gives the port that it sends to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    vehicle, over = SigningCounterpart(1), threading.Event()
    thread = threading.Thread(target=_fly, args=(vehicle, port, over))
    thread.start()
    yield port, vehicle
    over.set()
    thread.join()


def _fly(vehicle: SigningCounterpart, port: int, over: threading.Event) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(0.02)
        while not over.is_set():
            vehicle.handle_timer(time.time())
            for data in vehicle.outbox:
                wire.sendto(data, ("127.0.0.1", port))
            vehicle.outbox.clear()
            try:
                vehicle.receive(wire.recv(2048), time.time())
            except OSError:
                continue


def test_the_commands_make_a_key_and_give_it_to_the_vehicle(
    tmp_path: Path, flying: tuple[int, SigningCounterpart]
) -> None:
    port, vehicle = flying
    site, state = signing_site(tmp_path / "site", network=f"127.0.0.1:{port}"), tmp_path / "state"
    made = CliRunner().invoke(app, ["vehicle", "key", "new", str(site / "LC-1.key")])
    assert made.exit_code == 0
    given = CliRunner().invoke(app, ["vehicle", "key", "provision", "LC-1", "--site", str(site), "--state", str(state)])
    assert given.exit_code == 0, given.output
    assert "LC-1 signs with the key of LC-1.key" in given.output
    read = load_site(site, with_keys=True)
    key = read.signing_keys[read.drones[0].vehicle_id]
    assert vehicle.mav.signing.secret_key == key.secret
    assert key.secret.hex() not in made.output + given.output
    assert SigningStore(state / "signing.json").load()["LC-1"].timestamp >= vehicle.provisioned[0]


def test_a_key_goes_over_no_open_network_unless_somebody_says_so(tmp_path: Path) -> None:
    site = signing_site(tmp_path, network="0.0.0.0:14550")
    write_new_key(site / "LC-1.key")
    answer = CliRunner().invoke(app, ["vehicle", "key", "provision", "LC-1", "--site", str(site)])
    assert answer.exit_code == 4
    assert "in the clear" in answer.output and "--trusted-link" in answer.output


def test_a_drone_that_is_not_there_or_has_no_key_is_named(tmp_path: Path) -> None:
    site = write_site(tmp_path, "LC-1")
    answer = CliRunner().invoke(app, ["vehicle", "key", "provision", "LC-9", "--site", str(site)])
    assert answer.exit_code == 5 and "there are LC-1" in answer.output
    answer = CliRunner().invoke(app, ["vehicle", "key", "provision", "LC-1", "--site", str(site)])
    assert answer.exit_code == 3 and "no signing_key" in answer.output
