"""The command line: what it prints, what it refuses, and the exit code for each kind of no."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support.play import order_at, play, write_site
from typer.testing import CliRunner, Result

from skystork.app.cli import app
from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.orders.parsing import read_order
from skystork.shell.spool import pending

SITE = str(default_site())
ORDER = {
    "order_id": "O-1",
    "placed_at": "2026-11-21T10:00:30+00:00",
    "latitude_deg": 54.53,
    "longitude_deg": -1.54,
    "weight_kg": 0.8,
    "length_m": 0.2,
    "width_m": 0.15,
    "height_m": 0.1,
    "hazard": "none",
    "recipient": "Emily Kirk",
}


def skystork(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def order_file(folder: Path, *orders: dict[str, object]) -> Path:
    path = folder / "orders.jsonl"
    path.write_text("".join(f"{json.dumps(order)}\n" for order in orders), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a run with one order flown and one driven."""
    folder = write_site(tmp_path_factory.mktemp("cli_site"), "LC-1", "VAN-1")
    state = tmp_path_factory.mktemp("cli_state")
    play(
        folder,
        state,
        lambda site: [order_at(site, "AIR", -2500.0, 1500.0), order_at(site, "ROAD", -900.0, 900.0, weight_kg=4.0)],
    )
    return state


def test_checks_show_what_was_looked_at_before_the_last_launch(flown: Path) -> None:
    shown = skystork("checks", "LC-1", "--state", flown)
    assert shown.exit_code == 0
    assert "before arming" in shown.stdout
    assert "may arm" in shown.stdout
    assert "NAV_DLL_ACT" in shown.stdout
    (row,) = json.loads(skystork("checks", "LC-1", "--state", flown, "--json").stdout)
    assert row["step"] == "arming"
    assert [(each["name"], each["grade"]) for each in row["findings"]] == [("zone data age", "warning")]
    nobody = skystork("checks", "LC-9", "--state", flown)
    assert nobody.exit_code == 5
    assert "no launch of LC-9 was checked" in nobody.stderr


def test_wrong_words_are_a_usage_error() -> None:
    assert skystork("fly").exit_code == 2
    assert skystork("demo", "--count", "0").exit_code == 2


def test_check_config_says_what_the_site_holds() -> None:
    answer = skystork("check-config", "--site", SITE, "--json")
    facts = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert facts["robots"] == "RB-1, RB-2"
    assert facts["drones"].startswith("LC-1") and facts["zones"] == len(load_site(default_site()).zones.zones)


def test_robots_are_named_with_the_fleet() -> None:
    site = default_site().parent / "darlington_robots"
    facts = json.loads(skystork("check-config", "--site", site, "--json").stdout)
    assert facts["robots"] == "RB-1, RB-2, RB-3"


def test_check_config_of_a_bad_site_tells_the_remedy(tmp_path: Path) -> None:
    folder = write_site(tmp_path, "LC-1")
    path = folder / "site.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("climb_speed_m_s", "climb_sped_m_s", 1), encoding="utf-8")
    answer = skystork("check-config", "--site", folder)
    assert answer.exit_code == 3 and "Did you mean climb_speed_m_s?" in answer.stderr
    assert "Traceback" not in answer.output


def test_orders_are_submitted_once_however_often_the_file_is_handed_in(tmp_path: Path) -> None:
    file = order_file(tmp_path, ORDER, {**ORDER, "order_id": "O-2"})
    words = ("orders", "submit", file, "--site", SITE, "--state", tmp_path / "state")
    assert "2 orders submitted, 0 were there already" in skystork(*words).stdout
    assert "0 orders submitted, 2 were there already" in skystork(*words).stdout
    listed = skystork("orders", "list", "--state", tmp_path / "state", "--json")
    assert sorted(json.loads(listed.stdout)["inbox"]) == ["O-1", "O-2"]


def test_what_an_order_says_of_its_times_reaches_the_service_as_it_was_said(tmp_path: Path) -> None:
    times = {"ready_at": "2026-11-21T10:30:00.000Z", "deliver_from": "2026-11-21T11:00:00.000Z"}
    skystork("orders", "submit", order_file(tmp_path, {**ORDER, **times}), "--site", SITE, "--state", tmp_path)
    (spooled,) = pending(tmp_path / "inbox")
    told = json.loads(spooled.line)
    assert {name: told.get(name) for name in ("ready_at", "deliver_from", "deliver_by")} == {
        **times,
        "deliver_by": None,
    }
    order = read_order(told, where="inbox", depot=load_site(default_site()).depot)
    assert (order.ready_at_s, order.deliver_from_s, order.deliver_by_s) == (1795257000.0, 1795258800.0, None)


def test_one_bad_line_and_no_order_is_submitted(tmp_path: Path) -> None:
    file = order_file(tmp_path, ORDER, {**ORDER, "order_id": "O-2", "weight_kg": -1})
    answer = skystork("orders", "submit", file, "--site", SITE, "--state", tmp_path / "state")
    assert answer.exit_code == 3
    assert "orders.jsonl:2" in answer.stderr and "weight_kg" in answer.stderr
    assert not list(tmp_path.glob("state/inbox/**/*.json*"))


def test_a_dry_run_checks_and_submits_nothing(tmp_path: Path) -> None:
    file = order_file(tmp_path, ORDER)
    answer = skystork("orders", "submit", file, "--dry-run", "--site", SITE, "--state", tmp_path / "state")
    assert answer.exit_code == 0 and "1 orders are in order" in answer.stdout
    assert not (tmp_path / "state").exists()


def test_an_order_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    answer = skystork("orders", "submit", tmp_path / "none.jsonl", "--site", SITE, "--state", tmp_path)
    assert answer.exit_code == 5 and "none.jsonl" in answer.stderr


def test_orders_are_listed_and_shown_with_their_history(flown: Path) -> None:
    listed = json.loads(skystork("orders", "list", "--state", flown, "--json").stdout)["orders"]
    assert {each["orderId"]: (each["status"], each["mode"]) for each in listed} == {
        "AIR": ("DELIVERED", "DRONE"),
        "ROAD": ("DELIVERED", "VAN"),
    }
    shown = json.loads(skystork("orders", "show", "AIR", "--state", flown, "--json").stdout)
    assert shown["history"][0]["kind"] == "OrderAccepted"
    assert any(event["kind"] == "OrderDelivered" for event in shown["history"])
    assert "WEIGHT" in skystork("orders", "show", "ROAD", "--state", flown).stdout


def test_a_flight_is_shown_with_its_track_against_its_plan(flown: Path) -> None:
    shown = skystork("flight", "F-0001", "--state", flown)
    assert shown.exit_code == 0, shown.stderr
    assert "against its plan" in shown.stdout and "cruise" in shown.stdout
    told = json.loads(skystork("flight", "F-0001", "--state", flown, "--json").stdout)
    parts = next(event["parts"] for event in told["history"] if event["kind"] == "FlightTracked")
    assert [part["part"] for part in parts] == [
        "climb", "outbound", "descent", "drop_climb", "inbound", "landing", "cruise",
    ]  # fmt: skip
    assert skystork("flight", "F-9999", "--state", flown).exit_code == 5


def test_an_order_nobody_knows_is_not_found(flown: Path) -> None:
    answer = skystork("orders", "show", "NONE", "--state", flown)
    assert answer.exit_code == 5 and "skystork orders list" in answer.stderr


def test_replay_prints_each_event_and_verifies_the_chain(flown: Path) -> None:
    text = skystork("replay", "--state", flown)
    assert text.exit_code == 0 and "chain unbroken" in text.stdout and "2 delivered" in text.stdout
    lines = [
        json.loads(line)
        for line in skystork("replay", "--order", "AIR", "--state", flown, "--json").stdout.splitlines()
    ]
    assert lines[0]["kind"] == "OrderAccepted" and all(line["order_id"] == "AIR" for line in lines)


def test_a_folder_without_a_ledger_is_unavailable(tmp_path: Path) -> None:
    answer = skystork("replay", "--state", tmp_path)
    assert answer.exit_code == 7 and "Check the folder" in answer.stderr


def test_a_doorstep_in_a_closed_zone_is_refused_with_its_name_and_metres() -> None:
    answer = skystork("plan", "54.5140,-1.4500", "--site", SITE)
    assert answer.exit_code == 4
    assert "ZONE" in answer.stderr and "TEESSIDE INTERNATIONAL FRZ" in answer.stderr and " m" in answer.stderr


@pytest.mark.parametrize("to", ["here", "54.5", "154.5,-1.5", "nan,-1.5", "54.5,inf"])
def test_a_position_that_is_none_is_an_invalid_input(to: str) -> None:
    answer = skystork("plan", to, "--site", SITE)
    assert answer.exit_code == 3 and "TO" in answer.stderr


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--weight", "9", 3),
        ("--weight", "nan", 3),
        ("--vehicle", "LC-99", 5),
        ("--wind", "strong", 3),
        ("--wind", "nan,0", 3),
    ],
)
def test_a_plan_refuses_what_it_cannot_use(option: str, value: str, code: int) -> None:
    assert skystork("plan", "54.53,-1.54", "--site", SITE, option, value).exit_code == code


@pytest.mark.parametrize(
    ("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".kml", b"<?xml"), (".geojson", b"{")]
)
def test_a_plan_is_drawn(tmp_path: Path, suffix: str, begins: bytes) -> None:
    picture = tmp_path / f"plan{suffix}"
    answer = skystork("plan", "54.53,-1.54", "--site", SITE, "--draw", picture)
    assert answer.exit_code == 0 and "% of the battery left" in answer.stdout
    assert picture.read_bytes().startswith(begins)


def test_a_picture_of_another_format_is_refused(tmp_path: Path) -> None:
    answer = skystork("plan", "54.53,-1.54", "--site", SITE, "--draw", tmp_path / "plan.gif")
    assert answer.exit_code == 3 and ".png, .svg, .geojson, .kml" in answer.stderr


def test_a_plan_explains_its_stages_and_what_was_proven() -> None:
    answer = skystork("plan", "54.53,-1.54", "--site", SITE, "--explain")
    for word in ("free space", "path", "corridor", "trajectory", "failsafe ways", "check", "least clearance", "jerk"):
        assert word in answer.stdout
    assert "bound" in answer.stdout


@pytest.fixture
def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def test_a_broker_out_of_reach_is_named_with_what_to_do(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skystork.app.live.CONNECT_S", 0.3)
    listen = f"127.0.0.1:{min(free_port, 57_000)}"
    answer = skystork("run", "--site", SITE, "--state", tmp_path, "--mqtt", "mqtt://127.0.0.1:9", "--listen", listen)
    assert answer.exit_code == 7
    assert "127.0.0.1" in answer.stderr and "9" in answer.stderr
    assert "Traceback" not in answer.output


def test_a_udp_port_in_use_is_named_with_what_to_do(tmp_path: Path, taken_port: int) -> None:
    if taken_port >= 57_344:
        pytest.skip("the kernel gave a port above those the command takes")
    listen = f"127.0.0.1:{taken_port}"
    answer = skystork("run", "--site", SITE, "--state", tmp_path, "--mqtt", "mqtt://127.0.0.1:9", "--listen", listen)
    assert answer.exit_code == 7
    assert str(taken_port) in answer.stderr and "127.0.0.1" in answer.stderr
