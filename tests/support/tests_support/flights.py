"""A flight three kilometres east and back, and the states in which its vehicle may say it is."""

from dataclasses import replace
from typing import Any

from skystork.fleet.vehicle import LandedState, LinkState, MissionState, VehicleState
from skystork.flight import phase as p
from skystork.flight.effects import Effect, Note, Release
from skystork.flight.flight import Flight
from skystork.flight.mission import compile_mission
from skystork.frames import Geodetic, LocalFrame
from skystork.orders import events as e
from tests_support.plans import straight_plan

FRAME = LocalFrame(Geodetic(54.5166, -1.5075))
PLAN = straight_plan(FRAME, distance_m=3000.0)
MISSION = compile_mission(PLAN, FRAME)
HOLD = MISSION.hold_sequence


def at(t_s: float, *, east_m: float = 0.0, height_m: float = 80.0, **facts: Any) -> VehicleState:
    state = VehicleState(
        vehicle_id=PLAN.request.vehicle_id,
        at_s=t_s,
        link=LinkState.UP,
        last_heard_s=t_s,
        position=FRAME.to_geodetic(east_m, 0.0),
        height_home_m=height_m,
        velocity_enu_m_s=(0.0, 0.0, 0.0),
        battery_fraction=0.9,
        armed=True,
        mode="AUTO.MISSION",
        landed=LandedState.IN_AIR,
        mission_sequence=2,
        mission_state=MissionState.ACTIVE,
    )
    dated: dict[str, Any] = {"position_at_s": t_s, "mode_at_s": t_s, "mission_at_s": t_s, "ground_clearance_at_s": t_s}
    return replace(state, **(dated | facts))


def flying() -> Flight:
    flight = Flight(PLAN, MISSION, FRAME)
    for event in (p.PlanCleared(), p.ParcelSecured(), p.UploadVerified()):
        flight.step(event)
    flight.observe(at(0.0, landed=LandedState.TAKEOFF))
    return flight


def over_the_doorstep() -> Flight:
    flight = flying()
    flight.observe(at(200.0, east_m=3000.0, mission_sequence=HOLD))
    return flight


def doorstep(t_s: float, *, clearance_m: float = 4.0, **facts: Any) -> VehicleState:
    holding = {"mission_sequence": HOLD, "ground_clearance_m": clearance_m}
    return at(t_s, east_m=3000.0, height_m=4.0, **(holding | facts))


def releases(effects: list[Effect]) -> list[Release]:
    return [effect for effect in effects if isinstance(effect, Release)]


def events(effects: list[Effect]) -> list[e.Event]:
    return [event for effect in effects if isinstance(effect, Note) for event in effect.events]
