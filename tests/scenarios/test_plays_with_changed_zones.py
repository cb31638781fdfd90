"""Zones change while flights are in the air: told, decided for each flight, and on disk before it is ordered."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests_support.play import NEAR, Outcome, Stage, one_order, order_at, play, write_site

from skystork.app.site import Site, load_site
from skystork.flight.phase import FlightPhase
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.orders.order import Order
from skystork.orders.order_state import OrderState

ZONES = "uk_airspace_excerpt.geojson"
Square = tuple[str, float, float, float]
"""Id, middle east and north, half side [m]."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_site(tmp_path / "site", "LC-1", "VAN-1")


def with_zones(stage: Stage, *squares: Square) -> str:
    document = json.loads((stage.site.folder / ZONES).read_text(encoding="utf-8"))
    for name, east_m, north_m, half_m in squares:
        corners = [(east_m - half_m, north_m - half_m), (east_m + half_m, north_m - half_m)]
        corners += [(east_m + half_m, north_m + half_m), (east_m - half_m, north_m + half_m)]
        places = [stage.site.frame.to_geodetic(*corner) for corner in (*corners, corners[0])]
        ring = [[place.longitude_deg, place.latitude_deg] for place in places]
        properties = {"id": name, "name": name.upper(), "type": "D", "lower": "SFC", "upper": "UNL"}
        geometry = {"type": "Polygon", "coordinates": [ring]}
        document["features"].append({"type": "Feature", "properties": properties, "geometry": geometry})
    return json.dumps(document)


def publish(stage: Stage, text: str) -> None:
    beside = stage.site.folder / "zones.new"
    beside.write_text(text, encoding="utf-8")
    beside.replace(stage.site.folder / ZONES)


def phase_is(stage: Stage, phase: FlightPhase) -> bool:
    assert stage.service is not None
    flight = stage.service.desks[0].flight
    return flight is not None and flight.phase is phase


def here(stage: Stage) -> tuple[float, float]:
    assert stage.service is not None
    position = stage.service.desks[0].state.position
    assert position is not None
    return stage.site.frame.to_enu_m(position)


def closing(
    squares: Callable[[Stage], list[Square]], *, phase: FlightPhase = FlightPhase.OUTBOUND, wait_s: float = 40.0
) -> Callable[[Stage], Awaitable[None]]:
    """Publish zones some seconds after a phase was reached, and see the play to its end."""

    async def script(stage: Stage) -> None:
        await stage.until(lambda _: phase_is(stage, phase), step_s=0.1)
        await asyncio.sleep(wait_s)
        publish(stage, with_zones(stage, *squares(stage)))
        await stage.until_over()

    return script


def affected(outcome: Outcome) -> dict[str, Any]:
    (changed,) = outcome.rows("ZonesChanged")
    (touch,) = changed.payload["affected"]
    return dict(touch)


def test_a_zone_over_the_doorstep_sends_the_flight_home_with_its_parcel(folder: Path, tmp_path: Path) -> None:
    outcome = play(folder, tmp_path, one_order, script=closing(lambda _: [("crash-site", *NEAR, 300.0)]))
    touch = affected(outcome)
    assert (touch["action"], touch["zone_id"], touch["inside"]) == ("return", "crash-site", False)
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
    assert outcome.kinds("O-1", "ParcelReturned") == ["ParcelReturned"]
    assert outcome.dropped == {}
    assert outcome.record("O-1").state is OrderState.DELIVERED, "by road: no drone may go there any more"
    kinds = [row.kind for row in outcome.ledger.rows]
    assert kinds.index("ZonesChanged") < kinds.index("SteeringOrdered"), "on disk before it is ordered"
    (ordered,) = outcome.rows("SteeringOrdered")
    assert (ordered.payload["by"], ordered.payload["action"]) == ("zones", "return")
    assert "ZONES_CHANGED" in outcome.rules()
    assert "ContingencyCleared" in kinds


def test_a_zone_about_the_aircraft_is_left_by_the_way_it_came(folder: Path, tmp_path: Path) -> None:
    def about(stage: Stage) -> list[Square]:
        return [("helicopter", *here(stage), 500.0)]

    outcome = play(folder, tmp_path, one_order, script=closing(about, wait_s=55.0))
    touch = affected(outcome)
    assert (touch["action"], touch["inside"]) == ("return", True)
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True


def test_a_zone_over_everything_brings_it_down_where_it_is(folder: Path, tmp_path: Path) -> None:
    stop = closing(lambda _: [("stop", 0.0, 0.0, 20_000.0)])
    outcome = play(folder, tmp_path, one_order, script=stop)
    assert affected(outcome)["action"] == "land"
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is False
    assert outcome.kinds("O-1", "ParcelStranded") == ["ParcelStranded"]


def test_between_two_zones_it_holds_until_a_person_decides_or_they_open(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", "MR-7", "VAN-1")

    async def script(stage: Stage) -> None:
        await stage.until(lambda _: phase_is(stage, FlightPhase.OUTBOUND), step_s=0.1)
        await asyncio.sleep(45.0)
        before = (stage.site.folder / ZONES).read_text(encoding="utf-8")
        publish(stage, with_zones(stage, ("depot", 0.0, 0.0, 100.0), ("doorstep", *NEAR, 100.0)))
        await stage.until(lambda _: phase_is(stage, FlightPhase.HOLDING), step_s=0.5)
        publish(stage, before)
        assert stage.service is not None
        await stage.until(lambda _: "ContingencyCleared" in stage.kinds, step_s=0.5)
        answer = await stage.service.steer("MR-7", SteerOrder("A-1", SteerAction.RESUME, "Ann Duty"))
        assert answer.outcome == "finished", answer
        await stage.until_over()

    outcome = play(folder, tmp_path, one_order, script=script)
    first, second = outcome.rows("ZonesChanged")
    assert [touch["action"] for touch in first.payload["affected"]] == ["hold"]
    assert second.payload["removed"] == ["depot", "doorstep"]
    assert second.payload["affected"] == []
    assert outcome.dropped == {"O-1": 1}


def test_a_zone_elsewhere_touches_no_flight_and_is_told(folder: Path, tmp_path: Path) -> None:
    elsewhere = closing(lambda _: [("far", 9_000.0, -9_000.0, 300.0)])
    outcome = play(folder, tmp_path, one_order, script=elsewhere)
    (changed,) = outcome.rows("ZonesChanged")
    assert (changed.payload["added"], changed.payload["affected"]) == (["far"], [])
    assert outcome.dropped == {"O-1": 1}
    assert "ZONES_CHANGED" not in outcome.rules()


def test_a_file_written_by_half_leaves_the_zones_of_before_and_says_so(folder: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: phase_is(stage, FlightPhase.OUTBOUND), step_s=0.1)
        assert stage.service is not None
        zones = stage.service.site.zones
        text = with_zones(stage, ("crash-site", *NEAR, 300.0))
        publish(stage, text[: len(text) // 2])
        await stage.until(lambda _: "ZonesKept" in stage.kinds)
        assert stage.service.site.zones is zones
        publish(stage, text)
        await stage.until(lambda _: "ZonesChanged" in stage.kinds)
        await stage.until_over()

    outcome = play(folder, tmp_path, one_order, script=script)
    (kept,) = outcome.rows("ZonesKept")
    assert "was it written to its end?" in kept.payload["why"][0]
    assert affected(outcome)["action"] == "return"
    assert len(outcome.rows("ZonesChanged")) == 1


def test_orders_after_a_change_are_judged_by_the_new_zones(folder: Path, tmp_path: Path) -> None:
    def two(site: Site) -> list[Order]:
        return [order_at(site, "O-1", 800.0, -700.0, after_s=60.0)]

    async def script(stage: Stage) -> None:
        await asyncio.sleep(10.0)
        publish(stage, with_zones(stage, ("market", 800.0, -700.0, 200.0)))
        await stage.until(lambda _: "ZonesChanged" in stage.kinds)
        await stage.until_over()

    outcome = play(folder, tmp_path, two, script=script)
    assert outcome.rows("FlightLaunched") == []
    assert any("MARKET" in str(reason) for reason in outcome.record("O-1").drone_reasons)


def test_asked_to_it_reads_again_at_once(folder: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        assert stage.service is not None
        await asyncio.sleep(20.0)
        publish(stage, with_zones(stage, ("far", 9_000.0, -9_000.0, 300.0)))
        stage.service.zones.reload()
        await asyncio.sleep(0.5)
        assert "ZonesChanged" in stage.kinds

    play(folder, tmp_path, lambda _: [], script=script)


def test_zones_that_changed_while_nobody_watched_are_looked_at_after_the_restart(folder: Path, tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        await stage.until(lambda _: phase_is(stage, FlightPhase.OUTBOUND), step_s=0.1)
        await asyncio.sleep(20.0)
        await stage.stop()
        publish(stage, with_zones(stage, ("crash-site", *NEAR, 300.0)))
        stage.site = load_site(stage.site.folder)
        await asyncio.sleep(3.0)
        stage.start()
        await stage.until_over()

    outcome = play(folder, tmp_path, one_order, script=script)
    assert outcome.rows("ZonesChanged") == [], "nothing changed since this service started"
    assert "ZONES_CHANGED" in outcome.rules()
    assert [row.payload["action"] for row in outcome.rows("SteeringOrdered")] == ["return"]
    assert outcome.dropped == {}
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
