"""Flights of the demonstration's site kept apart while they are planned: a wait, another layer, another way."""

from pathlib import Path

import pytest

from skystork.app.planning_job import CheckedPlan, Traffic, plan_and_check
from skystork.app.site import load_site
from skystork.clearance.deconfliction import Reservation, find_conflict, find_departure, reserve
from skystork.frames import Geodetic
from skystork.orders.order import FlightId, OrderId, VehicleId
from skystork.planning.flight_plan import FlightRequest

FOLDER = Path(__file__).parents[2] / "sim/scenarios/darlington"
SITE = load_site(FOLDER)
EAST_OF_NORTH, WEST_OF_NORTH, NORTH = (Geodetic(54.6175, longitude_deg) for longitude_deg in (-1.49, -1.575, -1.51))
"""From the pads in the west, the east and the middle the ways there cross, right after the climb."""
AT_S = 1.8e9


def asked(name: str, drone: int, drop_off: Geodetic = EAST_OF_NORTH, at_s: float = AT_S) -> FlightRequest:
    one = SITE.drones[drone]
    return FlightRequest(
        flight_id=FlightId(name),
        order_id=OrderId("O-1"),
        vehicle_id=VehicleId(one.vehicle_id),
        profile=one.profile,
        pad=one.pad,
        drop_off=drop_off,
        payload_kg=1.0,
        departs_at_s=at_s,
        outbound_height_m=SITE.flight.outbound_height_m,
        inbound_height_m=SITE.flight.inbound_height_m,
        wind_enu_m_s=(0.0, 0.0),
        battery_j=one.profile.battery_j,
        outbound_layers_m=SITE.flight.outbound_layers,
        inbound_layers_m=SITE.flight.inbound_layers,
    )


def checked(request: FlightRequest, *others: CheckedPlan) -> CheckedPlan:
    held = tuple(reserve(each.plan, each.plan.request.departs_at_s) for each in others)
    answer = plan_and_check(FOLDER, request, Traffic(held, SITE.flight.separation))
    assert isinstance(answer, CheckedPlan), answer
    return answer


@pytest.fixture(scope="module")
def first() -> CheckedPlan:
    return checked(asked("F-1", 0))


def test_alone_it_flies_in_the_lowest_layer(first: CheckedPlan) -> None:
    assert first.plan.request.outbound_height_m == 50.0 and first.separation == ""


def test_another_way_or_layer_is_cheaper_than_waiting_until_the_first_cannot_come_back(first: CheckedPlan) -> None:
    second = checked(asked("F-2", 3, WEST_OF_NORTH, AT_S + 5.0), first)
    assert "route" in second.separation and "waiting" in second.separation and "F-1" in second.separation
    third = checked(asked("F-3", 1, NORTH, AT_S + 10.0), first, second)
    held = [reserve(each.plan, each.plan.request.departs_at_s) for each in (first, second)]
    mine = find_departure(third.plan, AT_S + 10.0, held, SITE.flight.separation)
    assert isinstance(mine, Reservation) and mine.departs_at_s - (AT_S + 10.0) < 40.0


def test_a_short_wait_is_cheaper_than_another_layer(first: CheckedPlan) -> None:
    # so far behind that the first is nearly past coming back
    late = next(s for s in range(40, 120) if not _meets(first, float(s)))
    second = checked(asked("F-2", 3, WEST_OF_NORTH, AT_S + late - 2.0), first)
    assert second.plan.request.outbound_height_m == 50.0
    assert second.separation.count("delay") == 1


def _meets(first: CheckedPlan, later_s: float) -> bool:
    alone = checked(asked("F-2", 3, WEST_OF_NORTH, AT_S + later_s))
    held = reserve(first.plan, AT_S)
    return find_conflict(reserve(alone.plan, AT_S + later_s), [held], SITE.flight.separation) is not None
