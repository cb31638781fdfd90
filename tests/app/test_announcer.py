"""What supervisors read on the bus after a run, and what the weather desk takes in from it."""

import asyncio
import json
from collections import Counter

import pytest
from tests_support.play import Outcome, Stage, order_at, play, write_site

from skystork.app.report import explained, report_lines, report_of
from skystork.app.track_check import check_tracks
from skystork.app.weather_desk import read_weather
from skystork.contract.check import Breach, ContractCheck
from skystork_sim.incidents import Incident, IncidentKind

ROOT = "skystork/v1/darlington"


FREE_AGAIN_S = 2400.0
"""Well after the drone is back from HOME and at rest; while it is busy, AIR goes by van."""
BREACHES: list[Breach] = []
SEEN: Counter[str] = Counter()


async def watched(stage: Stage) -> None:
    """Hold every message to the contract, while the orders are carried."""
    check, messages = ContractCheck(ROOT), stage.bus.subscribe(f"{ROOT}/#")

    async def look() -> None:
        async for message in messages:
            at_s = asyncio.get_running_loop().time()
            BREACHES.extend(check.take(message.topic, message.payload, qos=message.qos, retained=None, at_s=at_s))

    looking = asyncio.create_task(look())
    await stage.until_over()
    looking.cancel()
    SEEN.update(check.seen)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run with a parcel that came home and went by van, and one flown."""
    folder = write_site(tmp_path_factory.mktemp("bus_site"), "LC-1", "VAN-1")
    blocked = Incident(IncidentKind.DROP_BLOCKED, 1, flight=1, value=3.0)
    return play(
        folder,
        tmp_path_factory.mktemp("bus_state"),
        lambda site: [
            order_at(site, "HOME", -2500.0, 1500.0),
            order_at(site, "AIR", -1500.0, 900.0, after_s=FREE_AGAIN_S),
        ],
        incidents=[blocked],
        script=watched,
    )


def retained(outcome: Outcome, topic: str) -> dict[str, object]:
    payload = outcome.bus.retained(f"{ROOT}/{topic}")
    assert payload is not None, f"nothing retained on {topic}"
    message: dict[str, object] = json.loads(payload)
    return message


@pytest.mark.parametrize("topic", ["deliveries/HOME/status", "skystork/LC-0001/state", "skystork/LC-0001/connection"])
def test_every_message_carries_the_vda_5050_header(outcome: Outcome, topic: str) -> None:
    message = retained(outcome, topic)
    assert {"headerId", "timestamp", "version", "manufacturer", "serialNumber"} <= message.keys()
    assert message["manufacturer"] == "skystork"
    assert str(message["timestamp"]).startswith("2026-11-21T1") and str(message["timestamp"]).endswith("Z")


def test_an_order_tells_its_end_its_mode_and_why_it_was_not_flown(outcome: Outcome) -> None:
    home, air = retained(outcome, "deliveries/HOME/status"), retained(outcome, "deliveries/AIR/status")
    assert (home["status"], home["mode"]) == ("DELIVERED", "VAN")
    assert (air["status"], air["mode"], air["vehicle"]) == ("DELIVERED", "DRONE", "LC-1")
    assert home["reasons"] and air["deliveredAt"]


def test_a_vehicle_at_rest_is_ready_online_and_where_it_stands(outcome: Outcome) -> None:
    state = retained(outcome, "skystork/LC-0001/state")
    assert (state["phase"], state["driving"], state["errors"]) == ("READY", False, [])
    assert state["geodetic"]["altitude"]["reference"] == "MSL"  # type: ignore[index]
    assert retained(outcome, "skystork/LC-0001/connection")["connectionState"] == "ONLINE"


def test_every_message_of_a_run_keeps_the_contract(outcome: Outcome) -> None:
    assert not BREACHES
    assert SEEN.keys() >= {
        "connection",
        "state",
        "visualization",
        "order",
        "factsheet",
        "deliveryStatus",
        "deliveryEta",
        "deliveryProof",
        "alert",
        "airspaceZones",
        "dispatchStatus",
        "kpi",
        "networkState",
        "crewOrder",
        "crewState",
        "weather",
    }


def test_a_proof_says_where_the_drone_let_go_and_how_high(outcome: Outcome) -> None:
    proof = retained(outcome, "deliveries/AIR/proof")
    assert proof["mode"] == "DRONE" and proof["evidence"]
    assert proof["geodetic"]["altitude"]["reference"] == "HOME"  # type: ignore[index]
    assert retained(outcome, "deliveries/HOME/proof")["geodetic"] is None
    assert retained(outcome, "deliveries/AIR/eta")["lateBy"] == 0.0


def test_the_figures_at_the_end_are_those_of_the_ledger(outcome: Outcome) -> None:
    kpi = retained(outcome, "kpi")
    assert (kpi["accepted"], kpi["open"], kpi["deliveredByDrone"], kpi["deliveredByVan"]) == (2, 0, 1, 1)
    dispatch = retained(outcome, "dispatch/status")
    assert (dispatch["running"], dispatch["waiting"], dispatch["inTheAir"]) == (True, 0, 0)


def test_a_factsheet_says_what_a_vehicle_is_and_what_it_can_be_told(outcome: Outcome) -> None:
    wing, van = retained(outcome, "skystork/LC-0001/factsheet"), retained(outcome, "skystork/EV-0001/factsheet")
    assert "hold" in wing["commands"] and "hold" not in van["commands"]  # type: ignore[operator]
    assert (wing["vehicleId"], van["vehicleId"]) == ("LC-1", "VAN-1")


def test_an_alert_names_its_rule_and_is_no_longer_active_when_it_is_over(outcome: Outcome) -> None:
    alert = retained(outcome, "alerts/F-0001-DROP_BLOCKED")
    assert (alert["rule"], alert["vehicle"], alert["order"]) == ("DROP_BLOCKED", "LC-1", "HOME")


def test_the_report_says_what_was_delivered_and_what_came_home(outcome: Outcome) -> None:
    verdict = check_tracks(outcome.folder / "tracks.db", outcome.site)
    lines = list(report_lines(outcome.ledger, report_of(outcome.ledger, outcome.site), verdict))
    text = "\n".join(lines)
    assert explained(outcome.ledger) == (2, 2)
    assert "2 accepted, 2 of 2 delivered or explained" in text
    assert "1 by drone, 1 by van" in text
    assert "1 brought their parcel home" in text and "DROP_BLOCKED 1" in text
    assert "0 of " in text and verdict.points > 100
    assert f"{outcome.ledger.report.rows} rows, chain unbroken" in text


READING = {"atS": 1000.0, "windEnuMS": [3.0, -1.0], "gustMS": 6.0, "rainMmH": 0.5, "visibilityM": 8000.0}


def test_a_reading_is_taken_whole() -> None:
    weather = read_weather(json.dumps(READING).encode())
    assert weather is not None
    assert (weather.at_s, weather.wind_enu_m_s, weather.gust_m_s) == (1000.0, (3.0, -1.0), 6.0)
    assert (weather.rain_mm_h, weather.visibility_m) == (0.5, 8000.0)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"7",
        b"{}",
        json.dumps({**READING, "gustMS": "strong"}).encode(),
        json.dumps({**READING, "gustMS": None}).encode(),
        json.dumps({**READING, "windEnuMS": [3.0]}).encode(),
        json.dumps({**READING, "windEnuMS": {"east": 3.0}}).encode(),
        json.dumps({**READING, "gustMS": float("nan")}).encode(),
        json.dumps({**READING, "visibilityM": float("inf")}).encode(),
        json.dumps({key: value for key, value in READING.items() if key != "atS"}).encode(),
    ],
)
def test_a_malformed_reading_is_not_taken(payload: bytes) -> None:
    assert read_weather(payload) is None
