"""The controller is stopped in the middle and started on the same folder, while the world goes on without it."""

import asyncio
import itertools
import math
from collections import Counter
from pathlib import Path

import pytest
from tests_support.play import CONTROLLER, NEAR, Outcome, Script, Stage, one_order, order_at, play, write_site

from skystork.app.service import Service
from skystork.app.site import Site
from skystork.app.site_copies import SiteCopies, site_to_serve
from skystork.app.state_folder import StateFolder
from skystork.flight.phase import FlightPhase
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, Order, OrderId
from skystork.orders.order_state import OrderState
from skystork_sim.autopilot_modes import Mode
from skystork_sim.fleet import FIRST_PORT
from skystork_sim.incidents import Incident, IncidentKind
from skystork_sim.network import Cut


def heavy_order(site: Site) -> list[Order]:
    return [order_at(site, "O-1", *NEAR, weight_kg=4.0)]


def restart_when(event: str, phase: str | None = None, *, wait_s: float = 0.0, away_s: float = 20.0) -> Script:
    """Stop the service some seconds after an event, and start another one later."""

    async def script(stage: Stage) -> None:
        def come(service: Service) -> bool:
            if phase is None:
                return event in stage.kinds
            return any(flight.phase == phase for flight in service.journal.book.flights.values())

        await stage.until(come, step_s=0.05)
        await asyncio.sleep(wait_s)
        await stage.stop()
        await asyncio.sleep(away_s)
        stage.start()
        await stage.until_over()

    return script


def ended_once(outcome: Outcome) -> None:
    """What holds whatever happened: every order ended, no parcel twice, a ledger whose chain is whole."""
    assert outcome.ledger.report.broken is None
    assert all(record.ended for record in outcome.ledger.book.orders())
    assert not outcome.ledger.book.open_flights()
    hand_overs = outcome.dropped + outcome.handed_over
    assert all(count == 1 for count in hand_overs.values()), hand_overs
    for record in outcome.ledger.book.orders():
        order_id = record.order.order_id
        assert (record.state is OrderState.DELIVERED) <= (order_id in hand_overs)
        assert len(outcome.kinds(order_id, "OrderDelivered")) <= 1
    requests = Counter(row.flight_id for row in outcome.rows("ReleaseRequested"))
    assert all(count == 1 for count in requests.values())
    assert len(outcome.rows("ServiceStarted")) >= 2


@pytest.mark.parametrize("wait_s", [0.0, 10.0, 44.0])
def test_stopped_while_loading_the_parcel_comes_out_and_goes_again(
    one_wing: Path, tmp_path: Path, wait_s: float
) -> None:
    outcome = play(one_wing, tmp_path, one_order, script=restart_when("", "loading", wait_s=wait_s))

    ended_once(outcome)
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert len(outcome.rows("AssignmentDropped")) == 1
    assert outcome.dropped == {"O-1": 1}


@pytest.mark.parametrize("phase", ["starting", "outbound", "dropping", "inbound", "turnaround"])
@pytest.mark.parametrize("wait_s", [0.0, 15.0])
def test_stopped_in_any_phase_of_a_flight_it_is_taken_over(
    one_wing: Path, tmp_path: Path, phase: str, wait_s: float
) -> None:
    outcome = play(one_wing, tmp_path, one_order, script=restart_when("", phase, wait_s=wait_s))

    ended_once(outcome)
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert outcome.ledger.book.flights
    if phase in {"outbound", "inbound"}:
        assert outcome.dropped == {"O-1": 1}, "a short absence costs nothing"
        assert len(outcome.ledger.book.flights) == 1


def test_stopped_for_longer_than_the_hold_the_parcel_comes_home_by_itself(one_wing: Path, tmp_path: Path) -> None:
    outcome = play(one_wing, tmp_path, one_order, script=restart_when("", "outbound", away_s=600.0))

    ended_once(outcome)
    returned = outcome.rows("ParcelReturned")
    assert len(returned) == 1 and returned[0].flight_id == "F-0001"
    assert not [row for row in outcome.rows("ReleaseRequested") if row.flight_id == "F-0001"]
    assert all(release["at_s"] > returned[0].at_s for release in outcome.truth["releases"])


@pytest.mark.parametrize("event", ["ReleaseRequested", "ReleaseConfirmed"])
def test_stopped_about_the_release_nothing_is_released_twice(one_wing: Path, tmp_path: Path, event: str) -> None:
    outcome = play(one_wing, tmp_path, one_order, script=restart_when(event))

    ended_once(outcome)
    assert outcome.dropped == {"O-1": 1}
    assert len(outcome.rows("ReleaseRequested")) == 1
    record = outcome.record("O-1")
    if event == "ReleaseRequested":  # the report came while nobody listened: a person asks the recipient
        assert record.state is OrderState.UNDELIVERABLE and "ask the recipient" in record.reasons[0].text
    else:
        assert record.state is OrderState.DELIVERED


@pytest.mark.parametrize("event", ["ParcelReturning", "ParcelReturned"])
def test_stopped_on_the_way_home_with_the_parcel_the_order_goes_by_van(
    one_wing: Path, tmp_path: Path, event: str
) -> None:
    jam = Incident(IncidentKind.GRIPPER_JAM, 1, flight=1)
    outcome = play(one_wing, tmp_path, one_order, incidents=[jam], script=restart_when(event, wait_s=1.0))

    ended_once(outcome)
    assert outcome.kinds("O-1", "ParcelReturned") == ["ParcelReturned"]
    assert outcome.handed_over == {"O-1": 1}


@pytest.mark.parametrize("event", ["OrderRouted", "RoutePlanned", "ParcelLoaded"])
@pytest.mark.parametrize("wait_s", [0.0, 60.0])
def test_stopped_with_the_van_loading_or_on_the_road_it_delivers_once(
    one_wing: Path, tmp_path: Path, event: str, wait_s: float
) -> None:
    outcome = play(one_wing, tmp_path, heavy_order, script=restart_when(event, wait_s=wait_s))

    ended_once(outcome)
    assert outcome.handed_over == {"O-1": 1}


def test_a_flight_whose_plan_cannot_be_read_comes_home_by_its_mission_and_the_other_delivers(
    two_wings: Path, tmp_path: Path
) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: stage.kinds.count("FlightLaunched") == 2)
        await stage.stop()
        (path,) = (tmp_path / "plans").glob("F-0001-*.json")
        path.write_text("{", encoding="utf-8")
        stage.start()
        await stage.until_over()

    def two(site: Site) -> list[Order]:
        return [order_at(site, "O-1", *NEAR), order_at(site, "O-2", -1800.0, 900.0)]

    outcome = play(two_wings, tmp_path, two, script=script)

    ended_once(outcome)
    assert outcome.rules() == ["PLAN_LOST"]
    lost = outcome.ledger.book.flights[FlightId("F-0001")].order_id
    assert not [row for row in outcome.rows("ReleaseRequested") if row.flight_id == "F-0001"]
    landed = next(row for row in outcome.rows("FlightLanded") if row.flight_id == "F-0001")
    assert landed.payload["at_pad"] is True
    assert outcome.kinds(lost, "ParcelReturned") == ["ParcelReturned"]
    assert all(record.state is OrderState.DELIVERED for record in outcome.ledger.book.orders())


def test_a_silent_vehicle_whose_launch_nobody_wrote_down_is_waited_for(one_wing: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: "FlightPlanned" in stage.kinds)
        await asyncio.sleep(10.0)
        await stage.stop()
        now_s = asyncio.get_running_loop().time()
        stage.network.cut(Cut((CONTROLLER[0], FIRST_PORT), now_s, now_s + 120.0))
        stage.start()
        await stage.until(lambda _: "ContingencyRaised" in stage.kinds)
        await asyncio.sleep(60.0)
        assert not {"FlightLaunched", "AssignmentDropped"} & set(stage.kinds)
        await stage.until_over()

    outcome = play(one_wing, tmp_path, one_order, script=script)

    ended_once(outcome)
    assert outcome.rules() == ["LINK_LOST"] and outcome.rows("ContingencyCleared")
    assert [row.flight_id for row in outcome.rows("AssignmentDropped")] == ["F-0001"]
    assert outcome.record("O-1").state is OrderState.DELIVERED


def test_after_a_restart_a_new_flight_keeps_clear_of_the_one_taken_over(two_wings: Path, tmp_path: Path) -> None:
    def one_doorstep(site: Site) -> list[Order]:
        return [order_at(site, "O-1", *NEAR), order_at(site, "O-2", *NEAR, after_s=85.0)]

    outcome = play(two_wings, tmp_path, one_doorstep, script=restart_when("FlightLaunched", away_s=1.0))

    ended_once(outcome)
    assert outcome.dropped == {"O-1": 1, "O-2": 1}
    assert not near_misses(outcome, horizontal_m=25.0, vertical_m=15.0)


def near_misses(outcome: Outcome, *, horizontal_m: float, vertical_m: float) -> list[tuple[int, float, float]]:
    """True seconds at which two aircraft off their pads were nearer than the cylinder, with both distances [m]."""
    seconds: dict[int, dict[object, tuple[float, float, float]]] = {}
    for each in outcome.truth["tracks"]:
        east_m, north_m = outcome.site.frame.to_enu_m(Geodetic(each["latitude_deg"], each["longitude_deg"]))
        if each["height_m"] > 1.0:
            seconds.setdefault(round(each["at_s"]), {})[each["system_id"]] = (east_m, north_m, each["height_m"])
    found = []
    for at_s, places in seconds.items():
        for one, other in itertools.combinations(places.values(), 2):
            across_m, up_m = math.dist(one[:2], other[:2]), abs(one[2] - other[2])
            if across_m < horizontal_m and up_m < vertical_m:
                found.append((at_s, across_m, up_m))
    return found


def test_two_vans_never_get_one_parcel_whatever_is_restarted(mixed_fleet: Path, tmp_path: Path) -> None:
    def three(site: Site) -> list[Order]:
        places = [(-2500.0, 1500.0), (-2600.0, -900.0), (2500.0, 4000.0)]
        return [
            order_at(site, f"O-{number}", *place, weight_kg=4.0, after_s=60.0 * number)
            for number, place in enumerate(places)
        ]

    async def script(stage: Stage) -> None:
        for event, wait_s in (("RoutePlanned", 60.0), ("ParcelLoaded", 5.0)):
            await stage.until(lambda _, event=event: event in stage.kinds)  # type: ignore[misc]
            await asyncio.sleep(wait_s)
            await stage.stop()
            await asyncio.sleep(20.0)
            stage.start()
        await stage.until_over()

    outcome = play(mixed_fleet, tmp_path, three, script=script)

    ended_once(outcome)
    assert outcome.handed_over == {"O-0": 1, "O-1": 1, "O-2": 1}
    loads = Counter(str(each["action_id"]) for each in outcome.truth["vans"] if each["action_type"] == "pick")
    assert all(count == 1 for count in loads.values()), loads


def test_a_controller_stopped_every_minute_still_brings_every_order_to_its_end(
    mixed_fleet: Path, tmp_path: Path
) -> None:
    def four(site: Site) -> list[Order]:
        places = [(-2500.0, 1500.0, 0.8), (-1800.0, 900.0, 0.5), (-3000.0, -500.0, 4.0), (3500.0, 0.0, 1.0)]
        return [
            order_at(site, f"O-{number}", east_m, north_m, weight_kg=weight_kg, after_s=30.0 * number)
            for number, (east_m, north_m, weight_kg) in enumerate(places)
        ]

    async def script(stage: Stage) -> None:
        for _ in range(10):
            await asyncio.sleep(61.0)
            await stage.stop()
            await asyncio.sleep(7.0)
            stage.start()
        await stage.until_over()

    ended_once(play(mixed_fleet, tmp_path, four, script=script))


ELSEWHERE = (-1500.0, 1900.0)


def phase_of(service: Service) -> FlightPhase | None:
    flight = service.desks[0].flight
    return None if flight is None else flight.phase


def on_board(stage: Stage) -> tuple[int | None, int | None]:
    state = stage.service.desks[0].state if stage.service else None
    return (state.fence_id, state.mission_id) if state else (None, None)


async def stop_with_the_new_plan_half_on_board(stage: Stage, part: str) -> tuple[int | None, int | None]:
    """Diverted; stopped when the aircraft shows the new fence, or the new mission; the ids of the old ones."""
    await stage.until(lambda service: phase_of(service) is FlightPhase.OUTBOUND, step_s=0.1)
    await asyncio.sleep(70.0)
    before, service = on_board(stage), stage.service
    index = ["fence", "mission"].index(part)
    assert service is not None
    place = stage.site.frame.to_geodetic(*ELSEWHERE)
    divert = asyncio.create_task(
        service.steer("MR-7", SteerOrder("A-0", SteerAction.DIVERT, "Ann Duty", "flood", place))
    )
    await stage.until(lambda _: on_board(stage)[index] not in {before[index], None}, step_s=0.005)
    assert "FlightRerouted" not in stage.kinds
    await stage.stop()
    divert.cancel()
    return before


def stopped_with_the_new_plan_half_on_board(part: str, answers: list[str], *orders: str) -> Script:
    """Started again before the autopilot counts the ground as lost; steered."""

    async def script(stage: Stage) -> None:
        before = await stop_with_the_new_plan_half_on_board(stage, part)
        await asyncio.sleep(5.0)
        stage.start()
        await stage.until(lambda service: phase_of(service) is FlightPhase.HOLDING, step_s=0.5)
        await asyncio.sleep(30.0)
        assert on_board(stage) == before, "the plan it left with is on board again"
        for number, action in enumerate(orders):
            answer = await stage.service.steer("MR-7", SteerOrder(f"B-{number}", SteerAction(action), "Ann Duty"))
            answers.append(f"{answer.outcome}: {answer.detail}")
        await stage.until_over()

    return script


@pytest.mark.parametrize("then", ["resume", "return"])
@pytest.mark.parametrize("part", ["fence", "mission"])
def test_stopped_in_the_middle_of_a_new_plan_the_old_one_is_put_back_and_a_person_is_told(
    one_multirotor: Path, tmp_path: Path, part: str, then: str
) -> None:
    answers: list[str] = []
    script = stopped_with_the_new_plan_half_on_board(part, answers, then)
    outcome = play(one_multirotor, tmp_path, one_order, script=script)

    ended_once(outcome)
    assert [answer.partition(":")[0] for answer in answers] == ["finished"], answers
    assert "REROUTE_BROKEN_OFF" in outcome.rules() and "MISSION_CHANGED" not in outcome.rules()
    assert outcome.rows("RerouteUndone") and not outcome.rows("FlightRerouted")
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
    assert outcome.dropped == ({"O-1": 1} if then == "resume" else {})
    record = outcome.record("O-1")
    assert record.state is OrderState.DELIVERED


@pytest.mark.parametrize("part", ["fence", "mission"])
def test_back_so_late_that_it_returns_by_itself_the_old_plan_is_put_back_and_it_comes_home_by_that(
    one_multirotor: Path, tmp_path: Path, part: str
) -> None:
    """Holding with the link lost, PX4 returns along whatever mission is on board (NAV_DLL_ACT 2, COM_DL_LOSS_T 10)."""

    async def script(stage: Stage) -> None:
        before = await stop_with_the_new_plan_half_on_board(stage, part)
        await asyncio.sleep(25.0)
        autopilot = stage.world.drones[7].autopilot
        assert autopilot.status.mode is Mode.RTL
        stage.start()
        await stage.until(lambda _: "RerouteUndone" in stage.kinds, step_s=0.5)
        assert on_board(stage) == before, "the plan it left with is on board again"
        assert autopilot.status.armed
        await stage.until_over()

    outcome = play(one_multirotor, tmp_path, one_order, script=script)

    ended_once(outcome)
    assert "REROUTE_BROKEN_OFF" in outcome.rules() and "DRIFTED" not in outcome.rules()
    landings = outcome.rows("FlightLanded")
    assert landings and all(row.payload["at_pad"] is True for row in landings)
    assert "ParcelReturned" in outcome.kinds("O-1")
    assert outcome.record("O-1").state is OrderState.DELIVERED


def test_started_on_a_broken_zone_file_the_flight_in_the_air_is_steered_and_nothing_leaves_until_it_is_mended(
    tmp_path: Path,
) -> None:
    folder, state = write_site(tmp_path / "site", "LC-1", "LC-2"), StateFolder(tmp_path / "state")
    state.root.mkdir()
    zones = folder / "uk_airspace_excerpt.geojson"
    sound = zones.read_bytes()

    def one_and_a_later_one(site: Site) -> list[Order]:
        return [order_at(site, "O-1", *NEAR), order_at(site, "O-2", *NEAR, after_s=150.0)]

    async def script(stage: Stage) -> None:
        await asyncio.sleep(1.0)
        await stage.stop()
        stage.site = SiteCopies(state.site_copies).take(folder)
        stage.start()
        await stage.until_phase(FlightPhase.OUTBOUND)
        zones.write_bytes(sound[:-200])
        await stage.stop()
        stage.site = site_to_serve(folder, state)
        service = stage.start()
        await stage.until(lambda service: service.journal.book.order(OrderId("O-1")).state is OrderState.DELIVERED)
        assert [each.matter.key for each in service.attention.queue() if each.matter.key == "site"] == ["site"]
        await stage.until(lambda _: "OrderAccepted" in stage.kinds)
        await asyncio.sleep(120.0)
        assert "OrderAssigned" not in stage.kinds, "nothing is launched by an earlier copy"
        zones.write_bytes(sound)
        await stage.until_over()
        assert not service.site.unread

    outcome = play(folder, state.root, one_and_a_later_one, script=script)
    ended_once(outcome)
    assert [outcome.record(name).state for name in ("O-1", "O-2")] == [OrderState.DELIVERED] * 2
    assert outcome.rows("ZonesKept"), "the broken file was tried again, and said what is wrong"
