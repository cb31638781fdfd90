"""Plans of flights on disk: read back equal, or refused by name."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

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
    files = FlightFiles(tmp_path)
    files.save(replace(PLAN, reserve_j=PLAN.reserve_j + 1.0), HASH)
    with pytest.raises(LedgerError, match="not the one that was checked"):
        files.load(FlightId("F-1"), HASH)


Way = tuple[str | int, ...]


def numbers(value: object, way: Way = ()) -> Iterator[tuple[str, Way]]:
    """Every number of a plan: whose field it is, and the way there."""
    if is_dataclass(value):
        for field in fields(value):
            name = f"{type(value).__name__}.{field.name}"
            inner = getattr(value, field.name)
            if isinstance(inner, float) or (inner is None and "float" in str(field.type)):
                yield name, (*way, field.name)
            else:
                yield from ((name if "." not in one else one, to) for one, to in numbers(inner, (*way, field.name)))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            if isinstance(inner, float):
                yield "", (*way, index)
            else:
                yield from numbers(inner, (*way, index))


def with_number(value: Any, way: Way, number: float) -> Any:
    if not way:
        return number
    first, rest = way[0], way[1:]
    if isinstance(first, int):
        return (*value[:first], with_number(value[first], rest, number), *value[first + 1 :])
    return replace(value, **{first: with_number(getattr(value, first), rest, number)})


WAYS = dict(reversed(list(numbers(PLAN))))


def test_the_numbers_of_a_plan_are_all_met() -> None:
    assert len(WAYS) > 50
    assert {"BezierSegment.speed_limit_m_s", "FlightRequest.battery_j", "Leg.energy_j"} <= set(WAYS)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("name", sorted(WAYS))
def test_no_plan_is_written_that_a_restarted_controller_could_not_read(
    tmp_path: Path, name: str, number: float
) -> None:
    try:
        plan = with_number(PLAN, WAYS[name], number)
    except ValueError:
        return  # no such plan can be made
    with pytest.raises(LedgerError, match="plan of flight F-1 cannot be written"):
        FlightFiles(tmp_path).save(plan, HASH)
    assert not list(tmp_path.iterdir())
