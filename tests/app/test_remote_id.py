"""Remote ID of a site: an operator that may be broadcast, and a vehicle that shows where it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skystork.app.networks import LinkTable
from skystork.app.remote_id import check_remote_id, read_operator
from skystork.app.telemetry_plan import CONTACT_INTERVALS_US, contact_intervals_us
from skystork.clearance.checks import Grade
from skystork.errors import ConfigError
from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.frames import Geodetic
from skystork.orders.order import VehicleId

DEPOT = Geodetic(54.5, -1.55)


def test_without_an_id_nobody_is_broadcast() -> None:
    assert read_operator(LinkTable(), DEPOT, "link") is None


@pytest.mark.parametrize("identity", ["CHE87astrdge12k8", "GBR-OP-1234ABCDEFGH", "X"])
def test_an_id_is_taken_as_the_authority_gave_it(identity: str) -> None:
    operator = read_operator(LinkTable(operator_id=identity), DEPOT, "link")
    assert operator is not None
    assert (operator.operator_id, operator.position) == (identity, DEPOT)


@pytest.mark.parametrize(
    ("identity", "what"),
    [
        ("CHE87astrdge12k8-xyz", "secret part"),
        ("a" * 21, "cannot be broadcast"),
        ("Zürich", "cannot be broadcast"),
        ("tab\tid", "cannot be broadcast"),
    ],
)
def test_an_id_that_must_not_be_broadcast_is_refused(identity: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as refused:
        read_operator(LinkTable(operator_id=identity), DEPOT, "link")
    assert "xyz" not in str(refused.value)


def test_a_vehicle_is_asked_for_its_location_where_it_is_a_condition_of_launch() -> None:
    assert (12901, -1) in CONTACT_INTERVALS_US
    assert [each for each in contact_intervals_us(remote_id=True) if each[0] == 12901] == [(12901, 1_000_000)]
    assert contact_intervals_us(remote_id=False) == CONTACT_INTERVALS_US


def test_a_vehicle_that_does_not_show_where_it_is_is_not_launched() -> None:
    state = VehicleState(VehicleId("D"), 50.0, link=LinkState.UP, remote_id_at_s=50.0, remote_id_interval_s=1.0)
    assert check_remote_id(state, 50.5).grade is Grade.PASS
    failed = check_remote_id(replace(state, remote_id_error="no operator location"), 50.5)
    assert failed.grade is Grade.FAILURE
    assert "no operator location" in failed.text
