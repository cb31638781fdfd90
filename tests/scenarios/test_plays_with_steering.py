"""A person steers a flight in the air, over the bus: what was ordered is seen to happen, or refused with a reason."""

import asyncio
import itertools
import math
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests_support.bus_commands import command
from tests_support.play import NEAR, Outcome, Stage, one_order, order_at, play, write_site

from skystork.app.site import Site, load_site
from skystork.control.answer import Status
from skystork.flight.phase import FlightPhase
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic, distance_m
from skystork.orders.order import Mode, Order
from skystork.orders.order_state import OrderState


async def answer_to(stage: Stage, action: str) -> dict[str, Any]:
    """Command it over the bus, by a second person too where one is needed, and wait for the end."""
    answer = await command(stage, "ann", action, vehicleId="LC-1")
    if answer.status is Status.AWAITING_CONFIRMATION:
        answer = await command(stage, "ben", "confirm", issuer="ann", confirms=answer.command_id)
    return {"actionStatus": answer.status, "resultDescription": answer.detail}


def steered(
    *orders: tuple[FlightPhase, str, float], answers: list[dict[str, Any]]
) -> Callable[[Stage], Awaitable[None]]:
    """Give orders, each some seconds after a phase was reached; collect the answers."""

    async def script(stage: Stage) -> None:
        for phase, action, wait_s in orders:
            await stage.until_phase(phase, wait_s=wait_s)
            answers.append(await answer_to(stage, action))
        await stage.until_over()

    return script


def finished(answers: list[dict[str, Any]]) -> bool:
    return all(answer["actionStatus"] == "FINISHED" for answer in answers)


@pytest.mark.parametrize("phase", [FlightPhase.OUTBOUND, FlightPhase.DROPPING, FlightPhase.INBOUND])
def test_held_and_resumed_in_any_phase_the_parcel_is_delivered_once(
    one_wing: Path, tmp_path: Path, phase: FlightPhase
) -> None:
    answers: list[dict[str, Any]] = []
    script = steered((phase, "hold", 5.0), (FlightPhase.HOLDING, "resume", 30.0), answers=answers)
    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert finished(answers), answers
    assert outcome.dropped == {"O-1": 1}
    assert outcome.record("O-1").state is OrderState.DELIVERED
    ordered = [(row.payload["action"], row.payload["by"]) for row in outcome.rows("SteeringOrdered")]
    assert ordered == [("hold", "ann"), ("resume", "ann")]
    assert [row.payload["outcome"] for row in outcome.rows("SteeringSettled")] == ["finished", "finished"]


def test_a_wing_held_in_cruise_circles_inside_its_fence(one_wing: Path, tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = []
    script = steered((FlightPhase.OUTBOUND, "hold", 45.0), (FlightPhase.HOLDING, "resume", 120.0), answers=answers)
    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert finished(answers), answers
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert not [row.payload for row in outcome.rows("ContingencyRaised") if "FENCE" in row.payload["rule"]]


def came_home_with_its_parcel(outcome: Outcome) -> bool:
    landed = outcome.rows("FlightLanded")[0]
    return (
        landed.payload["at_pad"] is True
        and outcome.kinds("O-1", "ParcelReturned") == ["ParcelReturned"]
        and not [row for row in outcome.rows("ReleaseRequested") if row.flight_id == "F-0001"]
    )


@pytest.mark.parametrize(
    "orders",
    [
        [(FlightPhase.OUTBOUND, "return", 20.0)],
        [(FlightPhase.OUTBOUND, "hold", 20.0), (FlightPhase.HOLDING, "return", 10.0)],
        [(FlightPhase.DROPPING, "return", 5.0)],
    ],
    ids=["on the way out", "from a hold", "from over the doorstep"],
)
def test_returned_by_order_it_comes_home_with_the_parcel(
    one_wing: Path, tmp_path: Path, orders: list[tuple[FlightPhase, str, float]]
) -> None:
    answers: list[dict[str, Any]] = []
    outcome = play(one_wing, tmp_path, one_order, script=steered(*orders, answers=answers))

    assert finished(answers), answers
    assert came_home_with_its_parcel(outcome)


def test_landed_by_order_it_waits_out_of_service_with_its_parcel(one_wing: Path, tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = []
    script = steered((FlightPhase.OUTBOUND, "land", 70.0), answers=answers)
    outcome = play(one_wing, tmp_path, one_order, script=script)

    assert finished(answers), answers
    assert outcome.kinds("O-1", "ParcelStranded") == ["ParcelStranded"]
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is False


ELSEWHERE = (-1500.0, 1900.0)


def steered_quad(
    *orders: tuple[FlightPhase, dict[str, Any], float], answers: list[dict[str, Any]]
) -> Callable[[Stage], Awaitable[None]]:
    """As :func:`steered`, for the multirotor; an order may carry a place."""

    async def script(stage: Stage) -> None:
        assert stage.service is not None
        for number, (phase, given, wait_s) in enumerate(orders):
            await stage.until_phase(phase, wait_s=wait_s)
            place = stage.site.frame.to_geodetic(*given["to"]) if "to" in given else None
            order = SteerOrder(f"A-{number}", SteerAction(given["action"]), "Ann Duty", "flood", place)
            answer = await stage.service.steer("MR-7", order)
            answers.append({"actionStatus": answer.outcome.upper(), "resultDescription": answer.detail})
        await stage.until_over()

    return script


@pytest.mark.parametrize("held_first", [False, True])
def test_diverted_in_the_air_the_parcel_is_delivered_at_the_new_doorstep(
    one_multirotor: Path, tmp_path: Path, held_first: bool
) -> None:
    answers: list[dict[str, Any]] = []
    divert = {"action": "divert", "to": ELSEWHERE}
    hold = [(FlightPhase.OUTBOUND, {"action": "hold"}, 60.0)] if held_first else []
    then = (FlightPhase.HOLDING if held_first else FlightPhase.OUTBOUND, divert, 20.0 if held_first else 70.0)
    outcome = play(one_multirotor, tmp_path, one_order, script=steered_quad(*hold, then, answers=answers))

    assert finished(answers), answers
    (release,) = outcome.truth["releases"]
    place = Geodetic(release["latitude_deg"], release["longitude_deg"])
    assert math.dist(outcome.site.frame.to_enu_m(place), ELSEWHERE) < 3.0
    assert outcome.record("O-1").state is OrderState.DELIVERED
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
    assert not set(outcome.rules()) - {"HELD"}


@pytest.mark.parametrize(
    ("to", "why"), [((5100.0, -800.0), "TEESSIDE"), ((30000.0, 0.0), "RADIUS")], ids=["closed", "far"]
)
def test_a_diversion_that_cannot_be_planned_leaves_the_old_plan(
    one_multirotor: Path, tmp_path: Path, to: tuple[float, float], why: str
) -> None:
    answers: list[dict[str, Any]] = []
    script = steered_quad((FlightPhase.OUTBOUND, {"action": "divert", "to": to}, 70.0), answers=answers)
    outcome = play(one_multirotor, tmp_path, one_order, script=script)

    assert [answer["actionStatus"] for answer in answers] == ["FAILED"]
    assert why in answers[0]["resultDescription"] and "the old plan goes on" in answers[0]["resultDescription"]
    assert outcome.dropped == {"O-1": 1}
    assert not outcome.rows("FlightRerouted")


def interrupted(*orders: tuple[str, str], answers: list[str], resumed: bool) -> Callable[[Stage], Awaitable[None]]:
    """Diverted, and another order given when an event of the diversion was written."""

    async def script(stage: Stage) -> None:
        service = stage.service
        assert service is not None
        await stage.until_phase(FlightPhase.OUTBOUND, wait_s=70.0)
        place = stage.site.frame.to_geodetic(*ELSEWHERE)

        async def steer(action: str) -> None:
            order = SteerOrder(f"A-{action}", SteerAction(action), "Ann Duty", "flood", place)
            answer = await service.steer("MR-7", order)
            answers.append(f"{action} {answer.outcome}: {answer.detail}")

        async with asyncio.TaskGroup() as given:
            given.create_task(steer("divert"))
            for event, action in orders:
                await stage.until(lambda _, event=event: event in stage.kinds, step_s=0.01)  # type: ignore[misc]
                await asyncio.sleep(0.02)
                given.create_task(steer(action))
        if resumed:
            await asyncio.sleep(10.0)
            await steer("resume")
        await stage.until_over()

    return script


@pytest.mark.parametrize(
    ("event", "action", "outcome"),
    [
        ("RerouteBegun", "resume", "refused"),
        ("RerouteBegun", "rally", "refused"),
        ("RerouteBegun", "hold", "finished"),
        ("RerouteBegun", "return", "finished"),
        ("RerouteBegun", "land", "finished"),
        ("SteeringOrdered", "hold", "finished"),
        ("SteeringOrdered", "return", "finished"),
    ],
)
def test_while_a_new_plan_is_made_only_hold_return_and_land_are_taken_and_each_of_them_wins(
    one_multirotor: Path, tmp_path: Path, event: str, action: str, outcome: str
) -> None:
    answers: list[str] = []
    script = interrupted((event, action), answers=answers, resumed=action == "hold")
    seen = play(one_multirotor, tmp_path, one_order, script=script)

    given = next(answer for answer in answers if answer.startswith(action))
    assert given.startswith(f"{action} {outcome}"), answers
    diverted = next(answer for answer in answers if answer.startswith("divert"))
    assert diverted.startswith("divert finished" if outcome == "refused" else "divert failed"), answers
    at_pad = seen.rows("FlightLanded")[0].payload["at_pad"]
    assert at_pad is (action != "land")
    assert not {"MISSION_CHANGED", "OFF_PATH", "REROUTE_BROKEN_OFF"} & set(seen.rules())
    if outcome == "refused":
        assert "new plan" in given
        return
    assert not seen.rows("FlightRerouted")
    releases = [release for release in seen.truth["releases"] if release["order_id"] == "O-1"]
    if action == "hold":  # the person who held it resumed it: on by the plan it had
        place = Geodetic(releases[0]["latitude_deg"], releases[0]["longitude_deg"])
        assert math.dist(seen.site.frame.to_enu_m(place), NEAR) < 3.0
    else:
        assert not releases


def with_rally_points(site: Path, folder: Path, *points: tuple[str, float, float]) -> Path:
    """The same site with places to come down."""
    shutil.copytree(site, folder)
    frame = load_site(site).frame
    rows = []
    for name, east_m, north_m in points:
        place = frame.to_geodetic(east_m, north_m)
        position = f"{{ latitude_deg = {place.latitude_deg:.7f}, longitude_deg = {place.longitude_deg:.7f} }}"
        rows.append(f'\n[[rally_points]]\nname = "{name}"\nposition = {position}\n')
    with (folder / "site.toml").open("a", encoding="utf-8") as file:
        file.writelines(rows)
    return folder


def test_sent_to_a_rally_point_it_lands_at_the_nearest_and_a_van_fetches_the_parcel_there_and_delivers_it(
    one_multirotor: Path, tmp_path: Path
) -> None:
    answers: list[dict[str, Any]] = []
    site = with_rally_points(
        one_multirotor, tmp_path / "site", ("far field", -3000.0, 3000.0), ("near field", -600.0, 900.0)
    )
    script = steered_quad((FlightPhase.OUTBOUND, {"action": "rally"}, 70.0), answers=answers)
    state = tmp_path / "state"
    state.mkdir()
    outcome = play(site, state, one_order, script=script)

    assert finished(answers), answers
    landed = outcome.rows("FlightLanded")[0].payload
    place = landed["position"]
    here = outcome.site.frame.to_enu_m(Geodetic(place["latitude_deg"], place["longitude_deg"]))  # type: ignore[index]
    assert math.dist(here, (-600.0, 900.0)) < 3.0
    assert landed["at_pad"] is False
    by_road = ("ParcelAwaitsCollection", "OrderRouted", "ParcelLoaded")
    told = outcome.kinds("O-1", "ParcelReturning", "ParcelStranded", "ParcelReturned", *by_road, "OrderDelivered")
    assert [kind for kind, _ in itertools.groupby(told)] == ["ParcelReturning", *by_road, "OrderDelivered"]
    waits, loaded = outcome.rows("ParcelAwaitsCollection")[0], outcome.rows("ParcelLoaded")[0]
    assert waits.payload["position"] == place
    assert waits.payload["vehicle_id"] == "MR-7" and loaded.payload["vehicle_id"] == "VAN-1"
    assert outcome.record("O-1").mode is Mode.VAN and outcome.record("O-1").pick_up is None
    assert outcome.handed_over == {"O-1": 1}


def test_without_a_rally_point_that_can_be_reached_it_holds_and_says_so(one_multirotor: Path, tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = []
    script = steered_quad(
        (FlightPhase.OUTBOUND, {"action": "rally"}, 70.0),
        (FlightPhase.HOLDING, {"action": "resume"}, 10.0),
        answers=answers,
    )
    outcome = play(one_multirotor, tmp_path, one_order, script=script)

    assert [answer["actionStatus"] for answer in answers] == ["FAILED", "FINISHED"]
    assert "rally_points" in answers[0]["resultDescription"] and "it holds" in answers[0]["resultDescription"]
    assert outcome.dropped == {"O-1": 1}


def test_nobody_is_launched_through_a_flight_that_holds_and_it_goes_on_only_where_it_is_clear(tmp_path: Path) -> None:
    folder, answers = write_site(tmp_path / "site", "MR-7", "MR-8", "VAN-1"), list[str]()
    apart_m: list[float] = []

    def two(site: Site) -> list[Order]:
        return [order_at(site, "O-1", *NEAR), order_at(site, "O-2", *NEAR, after_s=90.0)]

    async def script(stage: Stage) -> None:
        assert stage.service is not None
        await stage.until(lambda _: "FlightLaunched" in stage.kinds, step_s=0.1)
        first = next(desk for desk in stage.service.desks if desk.flight is not None and desk.state.armed)
        other = next(desk for desk in stage.service.desks if desk is not first)
        await asyncio.sleep(60.0)
        answer = await stage.service.steer(first.drone.vehicle_id, SteerOrder("A-1", SteerAction.HOLD, "Ann Duty"))
        assert answer.outcome == "finished", answer

        async def watch() -> None:
            while True:
                await asyncio.sleep(1.0)
                here, there = first.state, other.state
                if here.armed and there.armed and here.position and there.position:
                    across_m = distance_m(here.position, there.position)
                    apart_m.append(math.hypot(across_m, (here.height_home_m or 0) - (there.height_home_m or 0)))

        watching = asyncio.create_task(watch())
        await asyncio.sleep(400.0)
        answer = await stage.service.steer(first.drone.vehicle_id, SteerOrder("A-2", SteerAction.RESUME, "Ann Duty"))
        answers.append(f"{answer.outcome}: {answer.detail}")
        for number in range(3, 60):
            if answer.outcome == "finished":
                break
            await asyncio.sleep(10.0)
            order = SteerOrder(f"A-{number}", SteerAction.RESUME, "Ann Duty")
            answer = await stage.service.steer(first.drone.vehicle_id, order)
            answers.append(f"{answer.outcome}: {answer.detail}")
        await stage.until_over()
        watching.cancel()

    outcome = play(folder, tmp_path, two, script=script)
    assert outcome.record("O-1").state is OrderState.DELIVERED, answers
    (dropped,) = outcome.rows("AssignmentDropped")
    assert dropped.vehicle_id == "MR-8", "cleared before the first was held in its way"
    assert outcome.record("O-2").state is OrderState.DELIVERED, "later by air, or by the van"
    assert all(each_m > 25.0 for each_m in apart_m)
    assert answers[-1].startswith("finished"), answers
