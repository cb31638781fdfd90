"""Plans of flights on disk: read back equal, or refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.plans import DEPOT, straight_plan

from skystork.app.flight_files import FlightFiles
from skystork.errors import LedgerError
from skystork.frames import LocalFrame
from skystork.orders.order import FlightId
from skystork.planning.document import plan_hash
from skystork.planning.flight_plan import Leg

PLAN = straight_plan(LocalFrame(DEPOT), distance_m=500.0)
HASH = plan_hash(PLAN)


def test_a_plan_is_read_back_as_it_was_written_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    files = FlightFiles(tmp_path)
    files.save(PLAN, HASH)
    files.save(PLAN, HASH)
    assert FlightFiles(tmp_path).load(FlightId("F-1"), HASH) == PLAN
    assert [path.name for path in tmp_path.iterdir()] == [f"F-1-{HASH[:12]}.json"]


def test_a_plan_with_a_limit_of_speed_on_a_part_is_read_back_too(tmp_path: Path) -> None:
    def slower(leg: Leg) -> Leg:
        return replace(leg, segments=tuple(replace(piece, speed_limit_m_s=4.0) for piece in leg.segments))

    slow = replace(PLAN, legs=tuple(slower(leg) for leg in PLAN.legs))
    FlightFiles(tmp_path).save(slow, plan_hash(slow))
    assert FlightFiles(tmp_path).load(FlightId("F-1"), plan_hash(slow)) == slow


@pytest.mark.parametrize("text", ["", "{", "[]", '{"request": 1}'])
def test_a_plan_that_cannot_be_read_is_refused_by_the_name_of_its_flight(tmp_path: Path, text: str) -> None:
    (tmp_path / f"F-1-{HASH[:12]}.json").write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match="plan of flight F-1"):
        FlightFiles(tmp_path).load(FlightId("F-1"), HASH)
    with pytest.raises(LedgerError, match="F-2"):
        FlightFiles(tmp_path).load(FlightId("F-2"), HASH)


def test_a_plan_that_was_changed_on_the_disk_is_not_the_one_that_was_checked(tmp_path: Path) -> None:
    FlightFiles(tmp_path).save(replace(PLAN, reserve_j=PLAN.reserve_j + 1.0), HASH)
    with pytest.raises(LedgerError, match="not the one that was checked"):
        FlightFiles(tmp_path).load(FlightId("F-1"), HASH)
