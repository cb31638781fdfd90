"""How a flight is taken over after a restart, by the ledger and the vehicle's own words."""

from dataclasses import replace

import pytest

from skystork.app.reattach import Found, classify, parcel_by_ledger
from skystork.fleet.vehicle import LandedState, LinkState, VehicleState
from skystork.flight.phase import FlightPhase
from skystork.flight.release import Parcel
from skystork.frames import Geodetic
from skystork.orders.book import FlightRecord, OrderRecord
from skystork.orders.order import FlightId, Order, OrderId, VehicleId
from skystork.orders.order import Parcel as Goods
from skystork.orders.order_state import OrderState

FLIGHT, HOLD = FlightId("F-1"), 5
ORDER = OrderRecord(
    Order(OrderId("O-1"), 0.0, Geodetic(54.53, -1.54), Goods(1.0, 0.2, 0.1, 0.1)),
    0.0,
    OrderState.FLYING,
    flight_id=FLIGHT,
)
LAUNCHED = FlightRecord(FLIGHT, OrderId("O-1"), VehicleId("LC-1"), 0.0, mission_id=7, launched_at_s=10.0)
FLYING = VehicleState(
    VehicleId("LC-1"),
    100.0,
    link=LinkState.UP,
    armed=True,
    landed=LandedState.IN_AIR,
    mode="AUTO.MISSION",
    mission_sequence=2,
    mission_id=7,
)
STANDING = replace(FLYING, armed=False, landed=LandedState.ON_GROUND)


@pytest.mark.parametrize(
    ("record", "order", "vehicle", "found", "phase", "parcel"),
    [
        (LAUNCHED, ORDER, FLYING, Found.IN_THE_AIR, FlightPhase.OUTBOUND, Parcel.ON_BOARD),
        (
            LAUNCHED,
            ORDER,
            replace(FLYING, mission_sequence=HOLD),
            Found.IN_THE_AIR,
            FlightPhase.DROPPING,
            Parcel.ON_BOARD,
        ),
        (
            LAUNCHED,
            ORDER,
            replace(FLYING, mission_sequence=HOLD + 1),
            Found.IN_THE_AIR,
            FlightPhase.INBOUND,
            Parcel.ON_BOARD,
        ),
        (
            LAUNCHED,
            replace(ORDER, state=OrderState.RELEASED),
            replace(FLYING, mission_sequence=HOLD),
            Found.IN_THE_AIR,
            FlightPhase.INBOUND,
            Parcel.GONE,
        ),
        (
            LAUNCHED,
            replace(ORDER, state=OrderState.RELEASE_UNKNOWN),
            replace(FLYING, mission_sequence=HOLD),
            Found.IN_THE_AIR,
            FlightPhase.INBOUND,
            Parcel.UNKNOWN,
        ),
        (
            LAUNCHED,
            ORDER,
            replace(FLYING, mode="AUTO.RTL"),
            Found.IN_THE_AIR,
            FlightPhase.RETURNING,
            Parcel.ON_BOARD,
        ),
        (LAUNCHED, ORDER, replace(FLYING, mission_id=8), Found.DRIFTED, FlightPhase.RETURNING, Parcel.ON_BOARD),
        (
            replace(LAUNCHED, reroute_item=3),
            ORDER,
            replace(FLYING, mission_id=8, mode="AUTO.LOITER"),
            Found.HALF_REROUTED,
            FlightPhase.HOLDING,
            Parcel.ON_BOARD,
        ),
        (
            replace(LAUNCHED, reroute_item=3),
            ORDER,
            replace(FLYING, mode="AUTO.RTL"),
            Found.HALF_REROUTED,
            FlightPhase.RETURNING,
            Parcel.ON_BOARD,
        ),
        (
            replace(LAUNCHED, reroute_item=3),
            ORDER,
            replace(FLYING, mission_id=8),
            Found.DRIFTED,
            FlightPhase.RETURNING,
            Parcel.ON_BOARD,
        ),
        (
            LAUNCHED,
            ORDER,
            replace(FLYING, link=LinkState.LOST),
            Found.SILENT,
            FlightPhase.RETURNING,
            Parcel.ON_BOARD,
        ),
        (LAUNCHED, ORDER, STANDING, Found.DOWN, FlightPhase.RETURNING, Parcel.ON_BOARD),
        (replace(LAUNCHED, landed=True), ORDER, STANDING, Found.DOWN, FlightPhase.LANDED, Parcel.ON_BOARD),
        (
            replace(LAUNCHED, launched_at_s=None),
            ORDER,
            STANDING,
            Found.NEVER_LEFT,
            FlightPhase.RETURNING,
            Parcel.ON_BOARD,
        ),
    ],
)
def test_a_flight_is_classified(  # noqa: PLR0917  # a table
    record: FlightRecord,
    order: OrderRecord,
    vehicle: VehicleState,
    found: Found,
    phase: FlightPhase,
    parcel: Parcel,
) -> None:
    answer = classify(record, order, vehicle, HOLD)
    assert (answer.found, answer.phase, answer.parcel) == (found, phase, parcel)


WINCH_AT_WORK = replace(FLYING, mission_sequence=HOLD)
NOT_REPORTED = replace(ORDER, state=OrderState.RELEASE_UNKNOWN)


@pytest.mark.parametrize(
    ("retracted", "phase"),
    [(False, FlightPhase.DROPPING), (None, FlightPhase.DROPPING), (True, FlightPhase.INBOUND)],
)
def test_a_winch_whose_line_is_not_known_to_be_in_keeps_the_flight_over_the_doorstep(
    retracted: bool | None, phase: FlightPhase
) -> None:
    vehicle = replace(WINCH_AT_WORK, winch_retracted=retracted)
    assert classify(LAUNCHED, NOT_REPORTED, vehicle, HOLD, by_winch=True).phase is phase


CLOSED = replace(ORDER, state=OrderState.DELIVERED, closed_by_hand=True)


@pytest.mark.parametrize("order", [CLOSED, replace(ORDER, state=OrderState.RELEASED)])
def test_a_line_may_be_out_though_the_order_is_closed_or_the_parcel_let_go(order: OrderRecord) -> None:
    answer = classify(LAUNCHED, order, replace(WINCH_AT_WORK, winch_retracted=False), HOLD, by_winch=True)
    assert answer.phase is FlightPhase.DROPPING


@pytest.mark.parametrize("state", [OrderState.DELIVERED, OrderState.UNDELIVERABLE])
def test_an_order_closed_by_hand_in_the_air_says_nothing_of_what_is_on_board(state: OrderState) -> None:
    assert parcel_by_ledger(replace(CLOSED, state=state), FLIGHT) is Parcel.UNKNOWN
    assert parcel_by_ledger(replace(CLOSED, state=state), FlightId("F-2")) is Parcel.GONE


def test_a_release_asked_for_is_unknown_and_never_on_board() -> None:
    assert parcel_by_ledger(replace(ORDER, state=OrderState.RELEASING), FLIGHT) is Parcel.UNKNOWN


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, state=OrderState.WAITING, flight_id=None),
        replace(ORDER, state=OrderState.FLYING, flight_id=FlightId("F-2")),
        replace(ORDER, state=OrderState.UNDELIVERABLE),
        replace(ORDER, state=OrderState.DELIVERED),
    ],
)
def test_what_this_flight_carries_no_longer_is_not_on_board(order: OrderRecord) -> None:
    assert parcel_by_ledger(order, FLIGHT) is Parcel.GONE


def test_an_order_known_to_return_is_not_told_again() -> None:
    assert classify(LAUNCHED, replace(ORDER, state=OrderState.RETURNING), FLYING, HOLD).returning is True
