"""A flight that is held, goes on or comes home holds the space where it is, and lets go of what it had by plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.flights import FRAME, PLAN, flying
from tests_support.ground import ASKED, Ground, on_the_ground
from tests_support.plans import straight_plan
from tests_support.px4_counterpart import Px4Counterpart

from skystork.app.options import default_site
from skystork.app.site import load_site
from skystork.app.space_keeping import SpaceKeeping
from skystork.clearance.deconfliction import Reservation, find_conflict, reserve
from skystork.fleet.profile import Airframe
from skystork.fleet.vehicle import LandedState
from skystork.flight.flight import Flight
from skystork.flight.phase import FlightPhase
from skystork.link.contract import sample_of
from skystork.orders.order import FlightId
from skystork.planning.flight_plan import FlightPlan, TrackPoint

SITE = load_site(default_site())
ME = PLAN.request.flight_id
BOX = FlightId(f"{ME} held")
CRUISE = [TrackPoint(27.0 + east_m / 15.0, east_m, 0.0, 80.0) for east_m in range(15, 3000, 15)]
DENSE = replace(PLAN, track=tuple(sorted((*PLAN.track, *CRUISE), key=lambda point: point.t_s)))


def crossing(name: str = "F-OTHER", east_m: float = 1500.0) -> FlightPlan:
    """From south to north at the height of the way out, over one of its places, 50 s after its take-off."""
    plan = straight_plan(FRAME, distance_m=1000.0, flight_id=name)
    track = (TrackPoint(0.0, east_m, -750.0, 80.0), TrackPoint(100.0, east_m, 750.0, 80.0))
    return replace(plan, legs=(replace(plan.legs[1], duration_s=100.0),), track=track)


def in_the_air(
    tmp_path: Path, look: Callable[[Ground, Flight, SpaceKeeping], None], *, plan: FlightPlan = DENSE
) -> None:
    """Look at a flight that was cleared, flies 1500 m out on its way, and says so."""

    async def play(ground: Ground) -> None:
        now_s = asyncio.get_running_loop().time()
        flight = flying()
        flight.follow(plan, flight.mission)
        ground.desk.tracker.take_heard(now_s)
        ground.desk.tracker.count_from(20.0)
        say(ground, mode="AUTO.MISSION")
        ground.services.reservations[ME] = reserve(plan, now_s - 127.0)
        space = SpaceKeeping(ground.services, ground.desk, ME)
        look(ground, flight, space)

    silent = Px4Counterpart()
    silent.silent = True
    on_the_ground(tmp_path, ASKED[:4], play, counterpart=silent)


def say(ground: Ground, *, mode: str, east_m: float = 1500.0, sequence: int = 2, height_m: float = 80.0) -> None:
    """The vehicle tells where it is and what it flies."""
    given = {"position": FRAME.to_geodetic(east_m, 0.0), "altitude_amsl_m": 20.0 + height_m, "armed": True}
    sample = sample_of(
        asyncio.get_running_loop().time(),
        landed=LandedState.IN_AIR,
        mode=mode,
        mission_sequence=sequence,
        home_altitude_amsl_m=20.0,
        battery_fraction=0.8,
        **given,  # type: ignore[arg-type]
    )
    ground.desk.tracker.take(sample)


def held(ground: Ground, flight: Flight, space: SpaceKeeping, *, goes_on: bool = False) -> None:
    flight.phase = FlightPhase.HOLDING
    say(ground, mode="AUTO.LOITER")
    space.follow(flight, goes_on=goes_on)


def meets(ground: Ground, plan: FlightPlan, in_s: float) -> bool:
    departs_s = asyncio.get_running_loop().time() + in_s - 50.0
    others = list(ground.services.reservations.values())
    return find_conflict(reserve(plan, departs_s), others, ground.services.site.flight.separation) is not None


def test_nothing_is_cleared_through_where_it_hovers_for_as_long_as_its_battery_lasts(tmp_path: Path) -> None:
    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        assert not meets(ground, crossing(), 500.0), "by plan it is long past"
        held(ground, flight, space)
        assert meets(ground, crossing(), 500.0)
        assert not meets(ground, crossing(), 3000.0), "its battery is empty by then"
        assert not meets(ground, crossing(east_m=2400.0), 60.0), "it does not come there while it holds"

    in_the_air(tmp_path, look)


@pytest.mark.parametrize(("airframe", "held_there"), [(Airframe.MULTIROTOR, False), (Airframe.LIFT_AND_CRUISE, True)])
def test_a_wing_holds_its_circle(tmp_path: Path, airframe: Airframe, held_there: bool) -> None:
    profile = next(each.profile for each in SITE.drones if each.profile.airframe is airframe)
    request = replace(PLAN.request, profile=profile)

    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        held(ground, flight, space)
        assert meets(ground, crossing(east_m=1650.0), 300.0) is held_there

    in_the_air(tmp_path, look, plan=replace(DENSE, request=request))


def test_to_go_on_it_is_separated_anew_and_refused_with_the_time_from_which_it_is_clear(tmp_path: Path) -> None:
    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        held(ground, flight, space)
        assert space.why_not_on(flight) == ""
        now_s = asyncio.get_running_loop().time()
        ground.services.reservations[FlightId("F-OTHER")] = reserve(crossing(east_m=2400.0), now_s + 10.0)
        why = space.why_not_on(flight)
        assert "F-OTHER" in why and "it is clear in" in why
        assert ME not in ground.services.reservations

    in_the_air(tmp_path, look)


def test_what_is_left_of_its_plan_is_held_from_the_order_to_go_on_and_the_box_until_it_goes(tmp_path: Path) -> None:
    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        held(ground, flight, space)
        space.take_rest(flight)
        held(ground, flight, space, goes_on=True)
        assert meets(ground, crossing(east_m=2400.0), 60.0)
        assert {ME, BOX} <= set(ground.services.reservations)
        flight.phase = FlightPhase.OUTBOUND
        say(ground, mode="AUTO.MISSION")
        space.follow(flight, goes_on=False)
        assert set(ground.services.reservations) == {ME}
        assert meets(ground, crossing(east_m=2400.0), 60.0)
        space.let_go()
        assert not ground.services.reservations

    in_the_air(tmp_path, look)


def test_one_that_goes_on_without_our_order_holds_what_is_left_of_its_plan(tmp_path: Path) -> None:
    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        held(ground, flight, space)
        flight.phase = FlightPhase.OUTBOUND
        space.follow(flight, goes_on=False)
        assert meets(ground, crossing(east_m=2400.0), 60.0)

    in_the_air(tmp_path, look)


def test_on_its_way_home_it_holds_the_way_back_and_coming_down_what_is_below_it(tmp_path: Path) -> None:
    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        flight.phase = FlightPhase.RETURNING
        say(ground, mode="AUTO.RTL")
        space.follow(flight, goes_on=False)
        assert meets(ground, crossing(east_m=600.0), 60.0)
        assert not meets(ground, crossing(east_m=2400.0), 60.0)
        say(ground, mode="AUTO.LAND", height_m=70.0)
        space.follow(flight, goes_on=False)
        low = replace(crossing(), track=tuple(replace(point, height_home_m=30.0) for point in crossing().track))
        assert meets(ground, low, 60.0)
        assert not meets(ground, crossing(east_m=600.0), 60.0)

    in_the_air(tmp_path, look)


def test_taken_over_it_holds_what_is_left_of_its_plan_from_where_it_is(tmp_path: Path) -> None:
    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        ground.services.reservations[ME] = reserve(DENSE, asyncio.get_running_loop().time() - 900.0)
        space.taken_over()
        space.follow(flight, goes_on=False)
        assert isinstance(ground.services.reservations[ME], Reservation)
        assert meets(ground, crossing(east_m=2400.0), 60.0)

    in_the_air(tmp_path, look)


def test_whom_it_is_in_the_way_of_is_told_once_with_the_seconds_left_and_when_it_is_over(tmp_path: Path) -> None:
    def look(ground: Ground, flight: Flight, space: SpaceKeeping) -> None:
        now_s = asyncio.get_running_loop().time()
        ground.services.reservations[FlightId("F-FAR")] = reserve(crossing("F-FAR", east_m=2400.0), now_s)
        ground.services.reservations[FlightId("F-PAST")] = reserve(crossing("F-PAST"), now_s - 100.0)
        held(ground, flight, space)
        assert space.news_of_meeting() is None
        ground.services.reservations[FlightId("F-OTHER")] = reserve(crossing(), now_s + 30.0)
        flight.phase = FlightPhase.OUTBOUND
        space.follow(flight, goes_on=False)
        held(ground, flight, space)
        told = space.news_of_meeting()
        assert told is not None and "flight F-OTHER comes within" in told and "in 7" in told
        assert space.news_of_meeting() is None
        space.let_go()
        assert space.news_of_meeting() == ""
        assert space.news_of_meeting() is None

    in_the_air(tmp_path, look)


def test_one_that_is_told_of_raises_an_alert_and_clears_it() -> None:
    flight = flying()
    raised, cleared = flight.tell_in_the_way("flight F-2 comes"), flight.tell_in_the_way("")
    assert "IN_THE_WAY" in str(raised) and "WARN" in str(raised) and "F-2" in str(raised)
    assert "IN_THE_WAY" in str(cleared)
