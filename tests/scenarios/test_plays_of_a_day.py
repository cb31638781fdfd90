"""Days on which nothing goes wrong: each order takes the way that it can take, and the ledger says why."""

from dataclasses import replace
from pathlib import Path

from tests_support.play import Outcome, order_at, play

from skystork.app.site import Site
from skystork.frames import Geodetic, distance_m
from skystork.orders.order import Mode, Order
from skystork.orders.order_state import OrderState
from skystork_sim.world import CALM

BY_AIR = [
    "OrderAccepted",
    "EligibilityAssessed",
    "PromiseMade",
    "OrderAssigned",
    "FlightPlanned",
    "FlightCleared",
    "FlightLaunched",
    "ReleaseRequested",
    "ReleaseConfirmed",
    "OrderDelivered",
    "FlightLanded",
]
BY_ROAD = ["OrderAccepted", "EligibilityAssessed", "PromiseMade", "OrderRouted", "ParcelLoaded", "OrderDelivered"]
PHASES = ["loading", "uploading", "starting", "outbound", "dropping", "inbound", "landed", "turnaround", "ended"]


def drone_codes(outcome: Outcome, order_id: str) -> set[str]:
    return {reason.code.value for reason in outcome.record(order_id).drone_reasons or ()}


def test_a_light_parcel_flies_to_the_doorstep_and_the_aircraft_comes_home(one_wing: Path, tmp_path: Path) -> None:
    outcome = play(one_wing, tmp_path, lambda site: [order_at(site, "O-1", -2500.0, 1500.0)])

    assert outcome.kinds("O-1", *BY_AIR) == BY_AIR
    assert [row.payload["phase"] for row in outcome.rows("FlightPhaseChanged")] == PHASES
    assert outcome.record("O-1").mode is Mode.DRONE
    assert outcome.rules() == []
    assert outcome.dropped == {"O-1": 1}
    release, door = outcome.truth["releases"][0], outcome.record("O-1").order.drop_off
    assert distance_m(door, Geodetic(release["latitude_deg"], release["longitude_deg"])) < 2.0
    assert 2.0 < release["height_m"] < 6.0
    assert outcome.rows("FlightLanded")[0].payload["at_pad"] is True
    delivered_s, promised_s = outcome.record("O-1").delivered_at_s, outcome.record("O-1").first_promise_s
    assert delivered_s is not None and promised_s is not None and delivered_s < promised_s
    assert outcome.ledger.report.broken is None


def test_a_heavy_parcel_goes_by_van(one_wing: Path, tmp_path: Path) -> None:
    outcome = play(one_wing, tmp_path, lambda site: [order_at(site, "O-1", -2500.0, 1500.0, weight_kg=4.0)])

    assert outcome.kinds("O-1", *BY_ROAD) == BY_ROAD
    assert "WEIGHT" in drone_codes(outcome, "O-1")
    assert outcome.record("O-1").mode is Mode.VAN
    assert outcome.handed_over == {"O-1": 1} and not outcome.dropped


def test_a_doorstep_in_the_flight_restriction_zone_is_served_by_van(one_wing: Path, tmp_path: Path) -> None:
    outcome = play(one_wing, tmp_path, lambda site: [order_at(site, "O-1", 3500.0, 0.0)])

    assert outcome.kinds("O-1", *BY_ROAD) == BY_ROAD
    reasons = outcome.record("O-1").drone_reasons or ()
    assert {reason.code.value for reason in reasons} == {"ZONE"}
    assert any("TEESSIDE INTERNATIONAL FRZ" in reason.text for reason in reasons)
    assert outcome.handed_over == {"O-1": 1} and not outcome.dropped


def test_a_multirotor_flies_the_near_parcel_and_leaves_the_far_heavy_one_to_the_van(
    one_multirotor: Path, tmp_path: Path
) -> None:
    outcome = play(
        one_multirotor,
        tmp_path,
        lambda site: [
            order_at(site, "NEAR", -1000.0, -1500.0, weight_kg=0.5),
            order_at(site, "FAR", -7000.0, 4000.0, weight_kg=2.26),
        ],
    )

    assert outcome.record("NEAR").mode is Mode.DRONE
    assert outcome.record("FAR").mode is Mode.VAN
    assert "ENERGY" in drone_codes(outcome, "FAR")
    assert outcome.dropped == {"NEAR": 1} and outcome.handed_over == {"FAR": 1}


def test_the_same_seed_gives_the_same_ledger_to_the_last_byte(mixed_fleet: Path, tmp_path: Path) -> None:
    windy = replace(CALM, wind_enu_m_s=(4.0, 0.0), gust_m_s=1.0, loss=0.01, delay_s=0.04, jitter_s=0.02)

    def eight(site: Site) -> list[Order]:
        places = [(-2500.0, 1500.0), (-1800.0, 900.0), (3500.0, 0.0), (-3000.0, -500.0)] * 2
        return [
            order_at(site, f"O-{number}", east_m + 40 * number, north_m, after_s=20.0 * number)
            for number, (east_m, north_m) in enumerate(places, start=1)
        ]

    def run(name: str) -> Outcome:
        state = tmp_path / name
        state.mkdir()
        return play(mixed_fleet, state, eight, world=windy)

    first, second = run("first"), run("second")

    assert first.ledger.report.rows > 50
    assert first.ledger.report.last_hash == second.ledger.report.last_hash
    assert all(record.state is OrderState.DELIVERED for record in first.ledger.book.orders())
    assert first.dropped + first.handed_over == {record.order.order_id: 1 for record in first.ledger.book.orders()}
