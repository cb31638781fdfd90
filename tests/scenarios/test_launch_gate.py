"""One thing wrong at a launch: the vehicle stays where it is, the ledger says what and why, and mended it flies.

What is wrong is brought about from outside: another ground station writes a parameter or clears a list, somebody moves
the aircraft, the weather station tells something else. The first try is refused; what was wrong is then mended, and the
second try leaves the ground.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pymavlink.dialects.v20 import common
from tests_support.play import Outcome, Stage, order_at, play, write_site

from skystork.app import bus_messages
from skystork.app.site import Site
from skystork.orders.events import Event, FlightPhaseChanged, LaunchChecked
from skystork.orders.order import Order
from skystork_sim.autopilot import Autopilot
from skystork_sim.fleet import FIRST_PORT

SYSTEM_ID = 7
VEHICLE = ("127.0.0.1", FIRST_PORT)
INT32, REAL32 = 6, 9  # MAV_PARAM_TYPE
ARMING, CLEARANCE = "arming", "clearance"


def one_order(site: Site) -> list[Order]:
    return [order_at(site, "O-1", -900.0, 600.0)]


@dataclass
class Scene:
    """A running play with a hand in it; mutable because it goes on."""

    stage: Stage
    values: dict[str, float] = field(default_factory=dict)
    """Parameters as they were before somebody changed them."""

    def __post_init__(self) -> None:
        self._codec = common.MAVLink(None, srcSystem=250, srcComponent=190)
        self._station = self.stage.network.endpoint(("10.9.9.9", 14550))

    @property
    def autopilot(self) -> Autopilot:
        return self.stage.world.drones[SYSTEM_ID].autopilot

    def say(self, message: Any) -> None:
        """Another ground station speaks to the vehicle; it is obeyed and not answered."""
        self._station.send(message.pack(self._codec), VEHICLE)

    def set_parameter(self, name: str, value: float) -> None:
        self.values.setdefault(name, self.autopilot.parameters[name])
        whole = isinstance(self.values[name], int)
        on_wire = struct.unpack("<f", struct.pack("<i", int(value)))[0] if whole else value
        kind = INT32 if whole else REAL32
        self.say(common.MAVLink_param_set_message(SYSTEM_ID, 1, name.encode(), on_wire, kind))

    def restore_parameters(self) -> None:
        for name, value in self.values.items():
            self.set_parameter(name, value)

    def clear(self, mission_type: int) -> None:
        self.say(common.MAVLink_mission_clear_all_message(SYSTEM_ID, 1, mission_type))

    def tell_weather(self, *, old_s: float = 0.0, gust_m_s: float = 0.0) -> None:
        at_s = asyncio.get_running_loop().time() - old_s
        reading = {"atS": at_s, "windEnuMS": [0.0, 0.0], "gustMS": gust_m_s}
        topic = f"skystork/v1/{self.stage.site.table.name}/weather/state"
        task = asyncio.get_running_loop().create_task(self.stage.bus.publish(topic, json.dumps(reading).encode()))
        self._telling = task

    def carry(self, east_m: float) -> None:
        """Somebody rolls the aircraft over the ground; its home follows it while it is disarmed."""
        self.autopilot.aircraft.mass.east_m += east_m
        self.autopilot.home.follow()

    def move_home(self, *, east_m: float = 0.0, up_m: float = 0.0) -> None:
        status = self.autopilot.status
        status.home_enu_m = (status.home_enu_m[0] + east_m, status.home_enu_m[1])
        status.home_amsl_m += up_m


Hand = Callable[[Scene], None]


def waits_for_departure(event: Event) -> bool:
    """Loaded, all lists on board and read back."""
    return isinstance(event, FlightPhaseChanged) and event.phase == "starting"


def refused_then_flown(
    site: Path, state: Path, *, spoil: Hand, mend: Hand, before: Callable[[Event], bool] | None = None
) -> tuple[Outcome, list[bool], int]:
    """Play it: spoiled before the order comes, or right after an event; mended when the first check has failed.

    Returns
    -------
    Outcome
        Of the play, up to the take-off.
    list of bool
        Whether the vehicle was armed, each time the first try was looked at.
    int
        Items of the mission on board when the first check failed.
    """
    armed: list[bool] = []
    on_board: list[int] = []

    async def script(stage: Stage) -> None:
        scene = Scene(stage)
        service = stage.service
        assert service is not None
        if before is None:
            await asyncio.sleep(5.0)
            spoil(scene)
        done: set[str] = set()

        def watch(_at_s: float, event: Event) -> None:
            armed.append(scene.autopilot.status.armed)
            if before is not None and before(event) and "spoiled" not in done:
                done.add("spoiled")
                spoil(scene)
            if (
                isinstance(event, LaunchChecked)
                and any(each.grade == "failure" for each in event.findings)
                and "mended" not in done
            ):
                done.add("mended")
                on_board.append(len(scene.autopilot.plans.plans[0]))
                mend(scene)

        service.journal.listen(watch)
        await stage.until(lambda _: "AssignmentDropped" in stage.kinds)
        was_armed, armed[:] = any(armed), []
        armed.append(was_armed)
        await stage.until(lambda _: "FlightLaunched" in stage.kinds)

    outcome = play(site, state, one_order, script=script)
    return outcome, armed[:1], on_board[0]


def finding(outcome: Outcome, name: str) -> tuple[str, dict[str, str]]:
    """The step at which it was found, and the finding, of the first launch that was refused."""
    row = next(
        row
        for row in outcome.rows("LaunchChecked")
        if any(found["grade"] == "failure" for found in row.payload["findings"])  # type: ignore[attr-defined]
    )
    found = {each["name"]: each for each in row.payload["findings"] if each["grade"] == "failure"}  # type: ignore[attr-defined]
    assert name in found, f"{name} was not found: {sorted(found)}"
    return str(row.payload["step"]), found[name]


def told(outcome: Outcome) -> str:
    """What the ledger says why the first try was dropped."""
    return " | ".join(str(reason["text"]) for reason in outcome.rows("AssignmentDropped")[0].payload["reasons"])  # type: ignore[attr-defined]


WRONG_PARAMETERS = [
    ("NAV_DLL_ACT", 0, "2"),
    ("COM_DLL_EXCEPT", 0, "1"),
    ("COM_DL_LOSS_T", 301, "5 to 300"),
    ("COM_FAIL_ACT_T", 5.0, "0"),
    ("COM_RC_IN_MODE", 1, "4"),
    ("RTL_TYPE", 0, "4"),
    ("RTL_RETURN_ALT", 60.0, "105 to 120"),
    ("RTL_TIME_MARGIN", 0, "100 to 3600"),
    ("RTL_CONE_ANG", 45, "0"),
    ("RTL_LAND_DELAY", -1.0, "0"),
    ("COM_ARM_AUTH_REQ", 0, "1"),
    ("COM_ARM_AUTH_ID", 10, "255"),
    ("COM_ARM_MIS_REQ", 1, "0"),
    ("COM_ARM_WO_GPS", 1, "0"),
    ("MIS_TKO_LAND_REQ", 0, "3"),
    ("COM_LOW_BAT_ACT", 0, "3"),
    ("BAT_CRIT_THR", 0.5, "0.05 to 0.25"),
    ("GF_ACTION", 1, "3"),
    ("GF_MAX_VER_DIST", 0.0, "115 to 120"),
    ("COM_WIND_MAX", -1.0, "1 to 10"),
    ("MPC_XY_CRUISE", 12.0, "15"),
    ("MPC_Z_V_AUTO_DN", 3.0, "1.5"),
]


@pytest.mark.parametrize(("name", "value", "required"), WRONG_PARAMETERS)
def test_one_wrong_parameter_keeps_it_on_the_ground_untouched_until_it_is_mended(
    one_multirotor: Path, tmp_path: Path, name: str, value: float, required: str
) -> None:
    outcome, armed, on_board = refused_then_flown(
        one_multirotor,
        tmp_path,
        spoil=lambda scene: scene.set_parameter(name, value),
        mend=Scene.restore_parameters,
    )
    step, found = finding(outcome, name)
    assert (step, found["seen"], found["required"]) == (CLEARANCE, f"{value:g}", required)
    assert f"{name} is {value:g}, required {required}; set it: " in told(outcome)
    assert armed == [False]
    assert on_board == 0
    assert len(outcome.rows("AssignmentDropped")) == 1


def test_a_parameter_changed_between_clearance_and_arming_is_noticed_by_the_vehicle_s_hash(
    one_multirotor: Path, tmp_path: Path
) -> None:
    outcome, armed, _ = refused_then_flown(
        one_multirotor,
        tmp_path,
        spoil=lambda scene: scene.set_parameter("GF_ACTION", 0),
        mend=Scene.restore_parameters,
        before=waits_for_departure,
    )
    assert finding(outcome, "GF_ACTION")[0] == ARMING
    assert armed == [False]


@pytest.mark.parametrize(("name", "mission_type"), [("mission", 0), ("fence id", 1), ("rally id", 2)])
def test_a_list_that_another_station_cleared_is_noticed_before_arming(
    one_multirotor: Path, tmp_path: Path, name: str, mission_type: int
) -> None:
    outcome, armed, _ = refused_then_flown(
        one_multirotor,
        tmp_path,
        spoil=lambda scene: scene.clear(mission_type),
        mend=lambda _: None,  # the second try uploads all of it again
        before=waits_for_departure,
    )
    assert finding(outcome, name)[0] == ARMING
    assert "upload" in told(outcome)
    assert armed == [False]


@pytest.mark.parametrize(
    ("name", "spoil", "mend"),
    [
        ("at pad", lambda scene: scene.carry(25.0), lambda scene: scene.carry(-25.0)),
        ("home", lambda scene: scene.move_home(east_m=30.0), lambda scene: scene.move_home(east_m=-30.0)),
        ("home altitude", lambda scene: scene.move_home(up_m=6.0), lambda scene: scene.move_home(up_m=-6.0)),
        ("ground altitude", lambda scene: scene.move_home(up_m=20.0), lambda scene: scene.move_home(up_m=-20.0)),
        (
            "battery",
            lambda scene: scene.autopilot.aircraft.battery.sag_to(0.3),
            lambda scene: scene.autopilot.aircraft.battery.swap(),
        ),
        ("weather age", lambda scene: scene.tell_weather(old_s=700.0), lambda scene: scene.tell_weather()),
        ("wind", lambda scene: scene.tell_weather(gust_m_s=14.0), lambda scene: scene.tell_weather()),
    ],
)
def test_what_changes_while_it_is_loaded_is_noticed_before_arming(
    one_multirotor: Path, tmp_path: Path, name: str, spoil: Hand, mend: Hand
) -> None:
    outcome, armed, _ = refused_then_flown(one_multirotor, tmp_path, spoil=spoil, mend=mend, before=waits_for_departure)
    step, found = finding(outcome, name)
    assert step == ARMING
    assert f"{name} is {found['seen']}, required {found['required']}" in told(outcome)
    assert armed == [False]


def test_a_launch_that_passed_says_everything_that_was_looked_at(one_multirotor: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "FlightLaunched" in stage.kinds)

    outcome = play(one_multirotor, tmp_path, one_order, script=script)
    (row,) = outcome.rows(LaunchChecked.__name__)
    passed = row.payload["passed"]
    assert isinstance(passed, list)
    assert {"mission", "mission id", "home", "battery", "return time", "zones", "NAV_DLL_ACT", "GF_ACTION"} <= set(
        passed
    )
    assert len(passed) > 55
    assert [(each["name"], each["grade"]) for each in row.payload["findings"]] == [("zone data age", "warning")]  # type: ignore[attr-defined]


def test_nobody_arms_it_without_a_clearance(one_multirotor: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        scene = Scene(stage)
        await asyncio.sleep(8.0)
        scene.say(common.MAVLink_command_long_message(SYSTEM_ID, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0))
        await asyncio.sleep(3.0)
        assert not scene.autopilot.status.armed
        assert stage.service is not None
        said = [text.text for text in stage.service.desks[0].said.texts]
        assert "somebody told it to arm without a clearance: denied" in said
        await stage.until(lambda _: "FlightLaunched" in stage.kinds)

    play(one_multirotor, tmp_path, one_order, script=script)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("simulated = true\n", "", "zone data age"),
        ("[airspace]\n", '[airspace]\npublished = "2026-10-01T00:00:00+00:00"\n', "zone data age"),
    ],
)
def test_zones_of_unknown_age_or_too_old_keep_every_vehicle_on_the_ground(
    tmp_path: Path, old: str, new: str, name: str
) -> None:
    site = write_site(tmp_path / "site", "MR-7", "VAN-1")
    file = site / "site.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))

    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "OrderRouted" in stage.kinds)

    state = tmp_path / "state"
    state.mkdir()
    outcome = play(site, state, one_order, script=script)
    assert finding(outcome, name)[0] == CLEARANCE
    assert not outcome.rows("FlightLaunched")
    assert len(outcome.rows("AssignmentDropped")) == 2  # then it goes by road


def test_a_site_with_an_operator_launches_a_vehicle_that_shows_its_remote_id(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", "MR-7") / "site.toml"
    text = site.read_text(encoding="utf-8")
    site.write_text(text.replace("[link]\n", '[link]\noperator_id = "GBR-OP-1234ABCDEFGH"\n'), encoding="utf-8")
    state = tmp_path / "state"
    state.mkdir()
    outcome = play(site.parent, state, one_order)
    assert "remote id" in outcome.rows("LaunchChecked")[0].payload["passed"]
    assert outcome.dropped == {"O-1": 1}


def errors_of(stage: Stage) -> list[str]:
    assert stage.service is not None
    state = bus_messages.drone_state(stage.service.desks[0], (), None)
    return [each.error_description for each in state.errors]


OF_ITS_OWN: dict[str, tuple[Hand, Hand]] = {
    "GF_ACTION": (lambda scene: scene.set_parameter("GF_ACTION", 1), Scene.restore_parameters),
    "home": (lambda scene: scene.move_home(east_m=30.0), lambda scene: scene.move_home(east_m=-30.0)),
}
"""By the name of the check: how it is spoiled, and mended."""


@pytest.mark.parametrize("what", OF_ITS_OWN)
def test_a_vehicle_refused_for_its_own_state_is_kept_back_and_says_so_and_until_when(
    one_multirotor: Path, tmp_path: Path, what: str
) -> None:
    said: list[str] = []

    async def script(stage: Stage) -> None:
        await asyncio.sleep(5.0)
        OF_ITS_OWN[what][0](Scene(stage))
        await stage.until(lambda _: "AssignmentDropped" in stage.kinds)
        await asyncio.sleep(20.0)
        said.extend(errors_of(stage))
        await stage.until(lambda _: "OrderRouted" in stage.kinds)

    outcome = play(one_multirotor, tmp_path, one_order, script=script)
    first, second = (row.at_s for row in outcome.rows("AssignmentDropped"))
    assert second - first >= outcome.site.rules.refused_pause_s
    assert [text for text in said if what in text and "kept back" in text], said


@pytest.mark.parametrize("what", OF_ITS_OWN)
def test_mended_it_is_offered_again_before_the_pause_is_over(one_multirotor: Path, tmp_path: Path, what: str) -> None:
    async def script(stage: Stage) -> None:
        scene = Scene(stage)
        await asyncio.sleep(5.0)
        OF_ITS_OWN[what][0](scene)
        await stage.until(lambda _: "AssignmentDropped" in stage.kinds)
        await asyncio.sleep(20.0)
        OF_ITS_OWN[what][1](scene)
        await stage.until(lambda _: "FlightCleared" in stage.kinds)
        assert not errors_of(stage)
        await stage.until(lambda _: "FlightLaunched" in stage.kinds)

    outcome = play(one_multirotor, tmp_path, one_order, script=script)
    (dropped,), (cleared,) = outcome.rows("AssignmentDropped"), outcome.rows("FlightCleared")
    assert 20.0 < cleared.at_s - dropped.at_s < outcome.site.rules.refused_pause_s
