"""The cheapest remedy, among flights whose every number can be seen."""

from dataclasses import replace

from tests_support.plans import DEPOT, straight_plan

from skystork.clearance.deconfliction import Conflict, Reservation, Separation, find_conflict, reserve
from skystork.clearance.remedy import Alternative, Remedy, Separated, Sky, separate
from skystork.frames import LocalFrame
from skystork.planning.flight_plan import FlightPlan, Infeasible

FRAME = LocalFrame(DEPOT)
CYLINDER = Separation(25.0, 15.0)
FIRST = straight_plan(FRAME, distance_m=3000.0)
AHEAD = reserve(straight_plan(FRAME, distance_m=3000.0, flight_id="F-AHEAD"), 1000.0)
ASIDE = straight_plan(FRAME, distance_m=3000.0, pad_north_m=40.0)


def separated(alternatives: list[Alternative], others: list[Reservation], **changes: float) -> Separated | Conflict:
    return separate(FIRST, lambda _: alternatives, Sky(1000.0, others, CYLINDER, **changes))


def alternative(remedy: Remedy, plan: FlightPlan | Infeasible, extra_s: float) -> Alternative:
    return Alternative(remedy, extra_s, f"flying {remedy}", lambda: plan)


def longer(plan: FlightPlan, by_s: float) -> FlightPlan:
    legs = (*plan.legs[:-1], replace(plan.legs[-1], duration_s=plan.legs[-1].duration_s + by_s))
    return replace(plan, legs=legs)


def test_alone_it_flies_as_planned() -> None:
    found = separated([], [])
    assert isinstance(found, Separated)
    assert (found.remedy, found.plan, found.cost_s, found.why) == (Remedy.NONE, FIRST, 0.0, "")


def test_a_wait_is_taken_where_it_costs_least() -> None:
    found = separated([alternative(Remedy.ROUTE, longer(ASIDE, 300.0), 300.0)], [AHEAD])
    assert isinstance(found, Separated) and found.remedy is Remedy.DELAY
    assert found.delay_s == found.cost_s > 0 and "F-AHEAD" in found.why


def test_another_way_is_taken_where_it_costs_less_than_the_wait() -> None:
    found = separated([alternative(Remedy.ROUTE, longer(ASIDE, 5.0), 5.0)], [AHEAD])
    assert isinstance(found, Separated) and found.remedy is Remedy.ROUTE
    assert found.cost_s == 5.0
    assert find_conflict(reserve(found.plan, 1000.0 + found.delay_s), [AHEAD], CYLINDER) is None


def test_the_cheaper_of_two_is_planned_first_and_the_dearer_not_at_all() -> None:
    def never() -> FlightPlan:
        raise AssertionError("cannot be the cheapest any more")

    dear = Alternative(Remedy.LAYER, 50.0, "flying higher", never)
    found = separated([dear, alternative(Remedy.ROUTE, longer(ASIDE, 5.0), 5.0)], [AHEAD])
    assert isinstance(found, Separated) and found.remedy is Remedy.ROUTE


def test_an_alternative_that_cannot_be_flown_is_passed_over() -> None:
    found = separated([alternative(Remedy.LAYER, Infeasible(FIRST.request, ()), 1.0)], [AHEAD])
    assert isinstance(found, Separated) and found.remedy is Remedy.DELAY


def test_without_any_remedy_the_conflict_is_told() -> None:
    found = separated([], [AHEAD], longest_delay_s=10.0)
    assert isinstance(found, Conflict) and found.other == "F-AHEAD"
