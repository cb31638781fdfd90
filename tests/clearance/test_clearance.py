"""Clearance: what stands in the way is told whole, and a departure is found beside the other flights."""

from tests_support.plans import DEPOT, straight_plan

from skystork.clearance.checks import check
from skystork.clearance.clearance import Clearance, Denied, request_clearance
from skystork.clearance.deconfliction import Reservation, Separation, reserve
from skystork.frames import LocalFrame

FRAME = LocalFrame(DEPOT)
PLAN = straight_plan(FRAME, distance_m=2000.0)
IN_ORDER = (check("link", True, seen="up", required="up"),)


def ask(*checks: object, reserved: tuple[Reservation, ...] = ()) -> object:
    return request_clearance(
        PLAN,
        checks=checks or IN_ORDER,  # type: ignore[arg-type]
        earliest_s=1060.0,
        reserved=reserved,
        separation=Separation(25.0, 15.0),
    )


def test_a_vehicle_in_order_is_cleared_for_the_earliest_time() -> None:
    answer = ask()
    assert isinstance(answer, Clearance)
    assert answer.departs_at_s == 1060.0
    assert answer.checks == IN_ORDER


def test_a_denial_names_everything_that_stands_in_the_way_at_once() -> None:
    answer = ask(
        *IN_ORDER,
        check("zones", False, seen="abc in the plan", required="def", remedy="plan again"),
        check("battery", False, seen=0.5, required=0.6),
    )
    assert isinstance(answer, Denied)
    assert [reason.code for reason in answer.reasons] == ["ZONE", "CLEARANCE"]
    assert answer.reasons[0].text == "zones is abc in the plan, required def; plan again"
    assert (answer.reasons[1].value, answer.reasons[1].limit) == ("0.5", "0.6")


def test_a_flight_along_the_same_line_is_delayed_behind_the_one_that_holds_it() -> None:
    other = reserve(straight_plan(FRAME, distance_m=2000.0, flight_id="F-2"), 1060.0)
    answer = ask(reserved=(other,))
    assert isinstance(answer, Clearance)
    assert answer.departs_at_s > 1060.0
