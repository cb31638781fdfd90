import json
from dataclasses import replace

import pytest

from skystork.frames import Geodetic
from skystork.planning.document import plan_document, plan_hash
from skystork.planning.flight_plan import FlightPlan


@pytest.fixture(scope="module")
def plan(darlington):
    found = darlington.planner.plan(darlington.request(darlington.newton_aycliffe))
    assert isinstance(found, FlightPlan)
    return found


def test_a_document_survives_json_unchanged(plan):
    document = plan_document(plan)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_control_points_in_degrees_are_those_in_metres(plan, darlington):
    for leg in plan_document(plan)["legs"]:
        for segment in leg["segments"]:
            for (lon, lat), metres in zip(segment["control_points_deg"], segment["control_points_enu_m"], strict=True):
                assert darlington.frame.to_enu_m(Geodetic(lat, lon)) == pytest.approx(metres, abs=1e-3)


def test_the_hash_changes_with_any_number_of_the_plan(plan):
    hashes = {
        plan_hash(plan),
        plan_hash(replace(plan, energy_j=plan.energy_j + 1e-6)),
        plan_hash(replace(plan, request=replace(plan.request, payload_kg=1.9))),
        plan_hash(replace(plan, zone_set_hash="other")),
        plan_hash(replace(plan, legs=plan.legs[::-1])),
    }
    assert len(hashes) == 5
