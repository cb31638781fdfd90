"""``skystork top``: the bus's retained messages as a board, from a real broker."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support.play import Outcome, order_at, play, write_site
from typer.testing import CliRunner

from skystork.app.bus_board import BusBoard
from skystork.app.cli import app
from skystork.app.site import load_site
from skystork.shell.broker import find_mosquitto, start_broker
from skystork.shell.console import Severity, plain_line
from skystork.shell.mqtt import MqttBus
from skystork_sim.incidents import Incident, IncidentKind

ROOT = "skystork/v1/darlington"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("top_site"), "LC-1", "VAN-1")


@pytest.fixture(scope="module")
def outcome(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A day with a parcel flown, and one that came home and went by van."""
    blocked = Incident(IncidentKind.DROP_BLOCKED, 1, flight=1, value=3.0)
    return play(
        folder,
        tmp_path_factory.mktemp("top_state"),
        lambda site: [order_at(site, "HOME", -2500.0, 1500.0), order_at(site, "AIR", -1500.0, 900.0, after_s=60.0)],
        incidents=[blocked],
    )


def retained(outcome: Outcome) -> Iterator[tuple[str, bytes]]:
    topics = ["skystork/LC-0001/state", "skystork/LC-0001/connection", "skystork/VAN-0001/state"]
    topics += ["deliveries/HOME/status", "deliveries/AIR/status", "networks/vehicles/state"]
    for topic in topics:
        if payload := outcome.bus.retained(f"{ROOT}/{topic}"):
            yield f"{ROOT}/{topic}", payload


@pytest.fixture
def board(folder: Path, outcome: Outcome) -> BusBoard:
    board = BusBoard(load_site(folder))
    for topic, payload in retained(outcome):
        board.receive(topic, payload)
    return board


def test_the_board_shows_what_the_bus_tells(board: BusBoard) -> None:
    snapshot = board.snapshot()
    (drone,), (van,) = snapshot.drones, snapshot.vans
    assert (drone.vehicle_id, drone.link, drone.phase, drone.order_id) == ("LC-1", "up", "ready", None)
    assert drone.height_m == pytest.approx(0.0, abs=2.0) and drone.battery_fraction is not None
    assert (van.vehicle_id, van.stops_left) == ("VAN-1", 0)
    assert snapshot.orders_by_state == (("delivered", 2),) and snapshot.ended_orders == snapshot.all_orders == 2
    assert "2 delivered" in plain_line(snapshot)


def test_an_order_under_way_is_urgent_and_its_drone_shows_when_it_arrives(board: BusBoard) -> None:
    times = {"promisedBy": "2026-11-21T10:30:00.000Z", "eta": "2026-11-21T10:20:00.000Z"}
    order = {"orderId": "O-9", "status": "FLYING", "mode": "DRONE", "timestamp": "2026-11-21T10:10:00.000Z", **times}
    board.receive(f"{ROOT}/deliveries/O-9/status", json.dumps(order).encode())
    state = {"orderId": "O-9", "phase": "OUTBOUND", "mode": "AUTO.MISSION", "batteryState": {"batteryCharge": 0.8}}
    board.receive(f"{ROOT}/skystork/LC-0001/state", json.dumps(state).encode())
    snapshot = board.snapshot()
    (urgent,), (drone,) = snapshot.urgent, snapshot.drones
    assert (urgent.order_id, urgent.state, urgent.mode) == ("O-9", "flying", "drone")
    assert drone.eta_s == urgent.expected_at_s == 1_795_256_400.0
    assert (drone.phase, drone.height_m) == ("outbound", None)


def test_active_alerts_are_shown_newest_first_and_a_controller_that_is_gone_before_all(board: BusBoard) -> None:
    for minute, rule, active in ((1, "OFF_PATH", True), (2, "LINK_LOST", True), (3, "BATTERY_LOW", False)):
        alert = {"rule": rule, "vehicle": "LC-1", "active": active, "action": "WARN", "detail": "[so] it is"}
        payload = json.dumps({**alert, "timestamp": f"2026-11-21T10:0{minute}:00.000Z"}).encode()
        board.receive(f"{ROOT}/alerts/F-1-{rule}", payload)
    assert [alert.severity for alert in board.snapshot().alerts] == [Severity.CRITICAL, Severity.WARNING]
    gone = {"connectionState": "CONNECTION_BROKEN", "timestamp": "2026-11-21T10:00:00.000Z"}
    board.receive(f"{ROOT}/skystork/controller/connection", json.dumps(gone).encode())
    assert "the controller is gone" in board.snapshot().alerts[0].text


@pytest.mark.parametrize("payload", [b"{", b"[]", b"\xff", b"7"])
def test_a_message_that_cannot_be_read_is_counted_and_changes_nothing(board: BusBoard, payload: bytes) -> None:
    before = board.snapshot()
    board.receive(f"{ROOT}/skystork/LC-0001/state", payload)
    assert (board.snapshot(), board.unreadable) == (before, 1)


def test_an_emptied_topic_is_forgotten(board: BusBoard) -> None:
    board.receive(f"{ROOT}/deliveries/HOME/status", b"")
    assert board.snapshot().all_orders == 1


@pytest.mark.broker
@pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed (apt install mosquitto)")
def test_the_command_reads_it_from_a_broker(folder: Path, outcome: Outcome, unused_tcp_port: int) -> None:
    async def ask(*words: str) -> str:
        async with start_broker(unused_tcp_port) as url, MqttBus(url, "teller") as bus:
            await bus.wait_connected(10.0)
            for topic, payload in retained(outcome):
                await bus.publish(topic, payload, retain=True)
            arguments = ["top", "--site", str(folder), "--mqtt", url, *words]
            result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env={"COLUMNS": "160"})
            assert result.exit_code == 0, result.output
            return result.stdout

    told = json.loads(asyncio.run(ask("--json")))
    assert told["drones"][0]["vehicle_id"] == "LC-1" and told["ended_orders"] == 2
    assert "LC-1" in asyncio.run(ask("--once"))


def test_no_broker_is_told_plainly(folder: Path, unused_tcp_port: int) -> None:
    url = f"mqtt://127.0.0.1:{unused_tcp_port}"
    result = CliRunner().invoke(app, ["top", "--site", str(folder), "--mqtt", url, "--once"])
    assert result.exit_code == 7
    assert str(unused_tcp_port) in result.stderr
