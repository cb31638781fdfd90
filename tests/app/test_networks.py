from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests_support.play import write_site
from tests_support.px4_counterpart import Px4Counterpart
from tests_support.wire import Wire
from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.app.fleet_links import FleetLinks
from skystork.app.networks import Network, only_listener, override
from skystork.app.site import Site, load_site
from skystork.errors import ConfigError, InvalidInput
from skystork.link.contract import Heard, LinkEvent
from skystork.shell.connection_url import SerialLine, UdpIn, UdpOut
from skystork.shell.signing_store import SigningStore

RADIO = '[[link.networks]]\nname = "radio"\nconnection = "serial:/dev/ttyUSB0:57600"\n'
LTE = '[[link.networks]]\nname = "lte"\nconnection = "udpin://0.0.0.0:14560"\n'
LISTEN = 'listen = "127.0.0.1:14550"   # MAVLink ground-station port (mavlink.io)\n'


def site_with(folder: Path, link: str, networks: dict[str, str], *, one_id: bool = False) -> Site:
    """A site with this [link] table, and drones on the networks named."""
    write_site(folder, *networks)
    text = (folder / "site.toml").read_text(encoding="utf-8")
    assert LISTEN in text
    text = text.replace(LISTEN, link)
    for vehicle, network in networks.items():
        number = vehicle.partition("-")[2]
        row = f"system_id = {number}\n"
        named = f'network = "{network}"\n' if network else ""
        text = text.replace(row, ("system_id = 1\n" if one_id else row) + named)
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return load_site(folder)


def test_a_site_with_one_connection_has_one_network_and_every_drone_is_on_it(tmp_path: Path) -> None:
    site = site_with(tmp_path, 'listen = "udpout://10.0.0.7:14580"\n', {"LC-1": "", "LC-2": ""})
    assert site.networks == (Network("main", UdpOut("10.0.0.7", 14580, 14580)),)
    assert {drone.network for drone in site.drones} == {"main"}


def test_a_site_that_says_nothing_listens_on_this_machine_only(tmp_path: Path) -> None:
    assert site_with(tmp_path, "", {"LC-1": ""}).networks == (Network("main", UdpIn("127.0.0.1", 14550)),)


def test_networks_stand_beside_main_and_two_of_them_may_carry_one_system_id(tmp_path: Path) -> None:
    site = site_with(tmp_path, LISTEN + RADIO, {"LC-1": "main", "LC-2": "radio"}, one_id=True)
    assert [network.name for network in site.networks] == ["main", "radio"]
    assert [(drone.vehicle_id, drone.system_id, drone.network) for drone in site.drones] == [
        ("LC-1", 1, "main"),
        ("LC-2", 1, "radio"),
    ]


def test_networks_without_listen_are_the_only_ones(tmp_path: Path) -> None:
    site = site_with(tmp_path, RADIO, {"LC-1": ""})
    assert site.networks == (Network("radio", SerialLine("/dev/ttyUSB0", 57_600)),)
    assert site.drones[0].network == "radio"


@pytest.mark.parametrize(
    ("link", "networks", "one_id", "said"),
    [
        (LISTEN + RADIO, {"LC-1": ""}, False, r"drones\[0\].network: several networks, and none is named.*main, radio"),
        (LISTEN, {"LC-1": "radio"}, False, r"drones\[0\].network: no such network \(seen: radio; accepted: main\)"),
        (LISTEN + RADIO, {"LC-1": "main", "LC-2": "main"}, True, "one MAVLink system id on network main"),
        (LISTEN + RADIO + RADIO, {"LC-1": "main"}, False, "two networks with one name"),
        (LISTEN + RADIO.replace("radio", "a radio"), {"LC-1": "main"}, False, r"networks\[0\].name: not a name"),
        ('listen = "udp://0.0.0.0:14550"\n', {"LC-1": ""}, False, "site.toml link.listen: udp: does not say who"),
        (LISTEN + RADIO.replace(":57600", ""), {"LC-1": "main"}, False, r"link.networks\[0\]: no speed"),
        (LISTEN + RADIO.replace("connection", "url"), {"LC-1": "main"}, False, r"networks\[0\].url: unknown key"),
    ],
)
def test_networks_that_do_not_fit_are_refused_with_their_place(
    tmp_path: Path, link: str, networks: dict[str, str], one_id: bool, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        site_with(tmp_path, link, networks, one_id=one_id)


MAIN_ONLY = (Network("main", UdpIn("127.0.0.1", 14550)),)
TWO = (*MAIN_ONLY, Network("radio", SerialLine("/dev/ttyUSB0", 57_600)))


def test_another_connection_may_be_given_for_a_run() -> None:
    assert override(MAIN_ONLY, ["0.0.0.0:14560"]) == (Network("main", UdpIn("0.0.0.0", 14560)),)
    assert override(MAIN_ONLY, ["udpout://10.0.0.7:14580?local_port=14601"]) == (
        Network("main", UdpOut("10.0.0.7", 14580, 14601)),
    )
    both = override(TWO, ["radio=serial:/dev/ttyUSB1:115200", "main=udpin://0.0.0.0:14550"])
    assert both == (Network("main", UdpIn("0.0.0.0", 14550)), Network("radio", SerialLine("/dev/ttyUSB1", 115_200)))
    assert override(TWO, []) == TWO


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0.0.0.0:14550", "several networks, and none is named.*Write it like main=0.0.0.0:14550"),
        ("lte=0.0.0.0:14550", "no network lte.*main, radio"),
        ("radio=/dev/ttyUSB1", "without its scheme"),
        ("main=", "no port"),
    ],
)
def test_a_connection_for_a_run_that_fits_no_network_is_refused(given: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        override(TWO, [given])


def test_a_connection_that_is_none_ends_the_command_with_what_would_be_one(tmp_path: Path) -> None:
    site = write_site(tmp_path, "LC-1")
    words = ["run", "--site", str(site), "--mqtt", "mqtt://127.0.0.1:9", "--listen", "udp://0.0.0.0:14550"]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 3
    assert "udpin:// listens, udpout:// sends first" in answer.output


def test_simulated_vehicles_need_one_udp_port() -> None:
    assert only_listener(MAIN_ONLY) == UdpIn("127.0.0.1", 14550)
    with pytest.raises(InvalidInput, match=r"simulated vehicles need one UDP port.*radio serial:/dev/ttyUSB0:57600"):
        only_listener(TWO)


async def test_one_system_id_on_two_networks_is_two_vehicles(tmp_path: Path) -> None:
    site = site_with(tmp_path, LISTEN + LTE, {"LC-1": "main", "LC-2": "lte"}, one_id=True)
    wires = {"main": Wire(), "lte": Wire()}
    links = FleetLinks(site.drones, wires, {}, SigningStore(tmp_path / "signing.json"))
    told: dict[str, list[LinkEvent]] = {}
    for drone in site.drones:
        links.port(drone).events.append(told.setdefault(drone.vehicle_id, []).append)
    voice = Px4Counterpart(1)
    voice.handle_timer(0.0)
    for data in voice.outbox:
        wires["lte"].receive(data, ("10.0.0.7", 14580))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(isinstance(event, Heard) for event in told["LC-1"])
    assert any(isinstance(event, Heard) for event in told["LC-2"])
    assert wires["lte"].sent and not wires["main"].sent
    links.close()


@pytest.mark.parametrize(
    ("system_id", "network", "said"),
    [
        (2, "main", "system 2; the site has LC-2 on network lte: correct the drone's network"),
        (1, "lte", "system 1; the site has LC-1 on network main"),
        (9, "lte", "system 9, which is none of the site's: add it to the site file"),
        (255, "main", "system 255, which is our own id: another ground station has it"),
    ],
)
async def test_who_speaks_on_a_network_that_is_not_its_own_is_named(
    tmp_path: Path, system_id: int, network: str, said: str
) -> None:
    site = site_with(tmp_path, LISTEN + LTE, {"LC-1": "main", "LC-2": "lte"})
    wires = {"main": Wire(), "lte": Wire()}
    links = FleetLinks(site.drones, wires, {}, SigningStore(tmp_path / "signing.json"))
    voice = Px4Counterpart(system_id)
    voice.handle_timer(0.0)
    told: list[str] = []
    links.notices.append(lambda _at_s, where, text: told.append(f"{where}: {text}"))
    for data in voice.outbox:
        wires[network].receive(data, ("10.0.0.7", 14580))
    await asyncio.sleep(0.01)
    (notice,) = told
    assert notice.startswith(f"{network}: 10.0.0.7:14580 speaks on network {network}")
    assert said in notice
    assert not wires[network].sent
    links.close()
