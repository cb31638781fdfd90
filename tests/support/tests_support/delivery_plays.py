"""The plays: each flown on real PX4s and on the stand-in, and held to the same words.

A play gets a world whose vehicles are switched on. It starts the controller, does what goes wrong, and asserts what
must come of it whoever flies. What both autopilots must do alike is compared afterwards, by the world's logbook.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from skystork.app.planning_job import CheckedPlan, check_plan, plan_and_check
from skystork.app.site_tables import CircleTable
from skystork.fleet.vehicle import MissionState
from skystork.flight.conformance import CROSS_TRACK_LIMIT_M
from skystork.flight.mission import compile_mission
from skystork.flight.phase import FlightPhase
from skystork.flight.steering import SteerAction, SteerOrder
from skystork.frames import Geodetic, distance_m
from skystork.link.contract import MissionItem, MissionType, TransferOutcome
from skystork.orders import events as e
from skystork.orders.order_state import OrderState
from tests_support.play_world import PlayWorld, Running, with_a_rally_point, write_play_site

DOORSTEP = {"east_m": 250.0, "north_m": -320.0}
"""406 m from the pad."""
QUAD = "SQ-1"
CROSS_TRACK_P95_M = 2.0
"""In cruise without wind."""
ON_THE_PAD_M = 2.0
STRAIGHT_WITHIN_M = 10.0
"""A return is a straight line to the pad; at its end it is on its pad to within the position error and a gust."""
TAKE_OFF, WAYPOINT, LAND = 22, 16, 21  # MAV_CMD_NAV_*
RELATIVE, NO_PLACE = 3, 2  # MAV_FRAME_GLOBAL_RELATIVE_ALT, MAV_FRAME_MISSION


def left_the_ground_once(run: Running) -> None:
    launched = [event for _, event in run.world.logbook.events if isinstance(event, e.FlightLaunched)]
    assert len(launched) == 1, run.world.logbook.story()


def is_on_its_pad(run: Running, vehicle_id: str = QUAD) -> None:
    """By the vehicle's own last word and by somebody else's."""
    drone = next(drone for drone in run.world.site.drones if drone.vehicle_id == vehicle_id)
    truth = run.world.truth(vehicle_id)
    assert not truth.armed and truth.landed == "on_ground", truth
    assert distance_m(drone.pad, truth.position) < ON_THE_PAD_M, run.world.logbook.story()


def released(run: Running) -> list[str]:
    """What the ledger has of releases."""
    return [kind for kind in run.world.logbook.kinds("O-1") if kind.startswith("Release")]


async def far_out(run: Running, metres: float) -> None:
    await run.until(
        lambda: (
            run.desk.flight is not None and run.desk.flight.phase is FlightPhase.OUTBOUND and run.from_pad_m() > metres
        ),
        f"{metres:.0f} m out",
    )


async def nominal_delivery(world: PlayWorld) -> None:
    """Out, released, home."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await run.until_at_rest()
        assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()
        assert world.logbook.rules() == [], world.logbook.story()
        is_on_its_pad(run)
        cruise = sorted(world.logbook.vehicles[QUAD].cruise_cross_track_m("outbound", "inbound"))
        assert cruise[int(0.95 * len(cruise))] < CROSS_TRACK_P95_M


async def steady_wind(world: PlayWorld) -> None:
    """Six metres a second from the west, gusts of one more: inside the limit of 8 m/s, delivered, home."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await run.until_at_rest()
        assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()
        assert world.logbook.rules() == [], world.logbook.story()
        is_on_its_pad(run)
        cruise = world.logbook.vehicles[QUAD].cruise_cross_track_m("outbound", "inbound")
        assert max(cruise) < CROSS_TRACK_LIMIT_M


async def ten_drones_at_once(world: PlayWorld) -> None:
    """Ten orders at one moment, ten drones on neighbouring pads, ten directions."""
    async with world.serving() as run:
        await run.until_ready()
        for index in range(10):
            angle = 2.0 * math.pi * index / 10.0
            await run.accept(
                f"O-{index + 1}", east_m=60.0 + 300.0 * math.cos(angle), north_m=15.0 + 300.0 * math.sin(angle)
            )
        await run.until_at_rest()
        states = {f"O-{index + 1}": run.state_of(f"O-{index + 1}") for index in range(10)}
        assert set(states.values()) == {OrderState.DELIVERED}, f"{states}\n{world.logbook.story()}"
        assert world.logbook.rules() == [], world.logbook.story()
        for drone in world.site.drones:
            is_on_its_pad(run, drone.vehicle_id)


async def held_and_returned(world: PlayWorld) -> None:
    """A person holds it on the way out, looks, and calls it home."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 150.0)
        world.logbook.note("held by a person")
        held = await run.service.steer(QUAD, SteerOrder("A-1", SteerAction.HOLD, by="Ann Duty"))
        assert held.outcome == "finished", held
        await run.until_phase(FlightPhase.HOLDING)
        held_at_m = run.from_pad_m()
        await asyncio.sleep(10.0)
        assert abs(run.from_pad_m() - held_at_m) < 20.0
        world.logbook.note("returned by a person")
        returned = await run.service.steer(QUAD, SteerOrder("A-2", SteerAction.RETURN, by="Ann Duty"))
        assert returned.outcome == "finished", returned
        await run.until_phase(FlightPhase.RETURNING)
        await run.until_at_rest()
        assert released(run) == []
        assert max(p.from_pad_m or 0.0 for p in world.logbook.vehicles[QUAD].points) < held_at_m + 40.0
        is_on_its_pad(run)
        assert world.parcel_in(QUAD) is None
        assert run.state_of("O-1") is OrderState.UNDELIVERABLE  # by air once; and there is no van here


async def link_lost(world: PlayWorld, silent_s: float) -> None:
    """Nothing passes for a while on the way out: told, and delivered all the same."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 60.0)
        world.cut_link(QUAD)
        await asyncio.sleep(silent_s)
        world.mend_link(QUAD)
        await run.until_at_rest()
        assert world.logbook.rules() == ["LINK_LOST WARN"], world.logbook.story()
        assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()
        left_the_ground_once(run)
        is_on_its_pad(run)


async def link_lost_for_8_s(world: PlayWorld) -> None:
    """Longer than the controller's 5 s, shorter than the autopilot's 10 s."""
    await link_lost(world, 8.0)


async def link_lost_for_30_s(world: PlayWorld) -> None:
    """Longer than both; a mission goes on without a link."""
    await link_lost(world, 30.0)


async def link_lost_for_good(world: PlayWorld) -> None:
    """Never heard again in the air: it releases nothing and comes home by itself; the box is looked into there."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 60.0)
        world.cut_link(QUAD)
        await run.until(lambda: not world.truth(QUAD).armed, "down again, by another's word")
        is_on_its_pad(run)
        assert world.logbook.rules() == ["LINK_LOST WARN"], world.logbook.story()
        assert released(run) == [] and world.parcel_in(QUAD) == "O-1"
        assert run.state_of("O-1") is OrderState.FLYING  # nobody knows better yet
        world.mend_link(QUAD)  # somebody carries a radio to the pad
        await run.until(lambda: world.parcel_in(QUAD) is None, "the box was looked into")
        await run.until(lambda: run.state_of("O-1") in {OrderState.WAITING, OrderState.UNDELIVERABLE}, "on the ground")
        left_the_ground_once(run)


async def straight_return(world: PlayWorld) -> None:
    """Held by a person when the link goes for good: up to its return height, straight home, and down."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 200.0)
        held = await run.service.steer(QUAD, SteerOrder("A-1", SteerAction.HOLD, by="Ann Duty"))
        assert held.outcome == "finished", held
        await asyncio.sleep(5.0)
        from_m = world.place_of(QUAD)
        world.cut_link(QUAD)
        places: list[tuple[float, float]] = []
        heights_m: list[float] = []

        def is_down() -> bool:
            places.append(world.place_of(QUAD))
            heights_m.append(world.truth(QUAD).height_m)
            return not world.truth(QUAD).armed

        await run.until(is_down, "down again, by another's word")
        is_on_its_pad(run)
        to_m = world.place_of(QUAD)
        aside_m = max(_aside_m(place, from_m, to_m) for place in places)
        assert aside_m < STRAIGHT_WITHIN_M, f"{aside_m:.1f} m beside the straight way home"
        top_m = world.site.drones[0].profile.return_height_m
        assert abs(max(heights_m) - top_m) < 5.0, f"{max(heights_m):.1f} m, and it returns at {top_m:.0f} m"
        assert "LINK_LOST WARN" in world.logbook.rules(), world.logbook.story()
        assert released(run) == [] and world.parcel_in(QUAD) == "O-1"
        world.mend_link(QUAD)  # somebody carries a radio to the pad
        await run.until(lambda: world.parcel_in(QUAD) is None, "the box was looked into")
        await run.until(lambda: run.state_of("O-1") in {OrderState.WAITING, OrderState.UNDELIVERABLE}, "on the ground")
        left_the_ground_once(run)


def _aside_m(place: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    """From the line between two places."""
    along = (b[0] - a[0], b[1] - a[1])
    return abs(along[0] * (place[1] - a[1]) - along[1] * (place[0] - a[0])) / math.hypot(*along)


async def battery_sags(world: PlayWorld) -> None:
    """A cell gives way on the way out: back along the path before the autopilot has to."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 50.0)
        await world.sag_battery(QUAD, 0.17)
        await run.until_phase(FlightPhase.RETURNING)
        await run.until(lambda: not run.desk.state.armed, "down")
        assert world.logbook.rules()[0] == "BATTERY_LOW RETURN", world.logbook.story()
        await run.until_at_rest()
        assert released(run) == []
        is_on_its_pad(run)
        assert run.state_of("O-1") is OrderState.UNDELIVERABLE  # by air once; and there is no van here


async def gnss_lost(world: PlayWorld) -> None:
    """The simulated receiver counts no satellites any more; PX4 1.17 ignores an injected failure of it."""
    await comes_down_without_satellites(world, world.lose_gnss)


async def gnss_failure_injected(world: PlayWorld) -> None:
    """The receiver fails by MAV_CMD_INJECT_FAILURE."""
    await comes_down_without_satellites(world, world.inject_gnss_failure)


async def comes_down_without_satellites(world: PlayWorld, lose: Callable[[str], None]) -> None:
    """Without satellites it comes down where it is; the controller sees it, and nobody flies it on."""
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 150.0)
        lose(QUAD)
        await run.until_phase(FlightPhase.RETURNING)
        await run.until(lambda: not run.desk.state.armed, "down")
        assert world.logbook.rules() == ["AUTOPILOT_FAILSAFE RETURN"], world.logbook.story()
        assert released(run) == []
        await run.until(lambda: run.desk.out_of_service is not None, "out of service")
        assert world.truth(QUAD).mode == "AUTO.LAND" or not world.truth(QUAD).armed
        assert world.parcel_in(QUAD) == "O-1"
        left_the_ground_once(run)


async def gripper_never_confirms(world: PlayWorld) -> None:
    """Asked, not answered, never taken for a delivery; the box is looked into at home."""
    async with world.serving() as run:
        await run.until_ready()
        world.silence_gripper(QUAD)
        await run.accept("O-1", **DOORSTEP)
        await run.until(lambda: "ReleaseUnresolved" in world.logbook.kinds("O-1"), "unresolved")
        assert run.state_of("O-1") is OrderState.RELEASE_UNKNOWN
        await run.until(lambda: "ParcelReturned" in world.logbook.kinds("O-1"), "the parcel was taken out")
        await run.until(lambda: run.state_of("O-1") is OrderState.UNDELIVERABLE, "no van here, and no second flight")
        assert world.logbook.rules() == ["RELEASE_FAILED SKIP_DROP"], world.logbook.story()
        assert "ReleaseConfirmed" not in world.logbook.kinds("O-1")
        is_on_its_pad(run)


async def upload_interrupted(world: PlayWorld) -> None:
    """The link is cut in the middle of the upload: nothing flies on half a plan, and the next try delivers once."""
    async with world.serving() as run:
        await run.until_ready()
        assert world.radio is not None
        seen: list[float] = []

        def passes(data: bytes, _address: object) -> bool:
            if not seen and message_id(data) == MISSION_ITEM_INT:
                seen.append(asyncio.get_running_loop().time())
                world.cut_link(QUAD)
                return False
            return True

        world.radio.passes = passes
        await run.accept("O-1", **DOORSTEP)
        await run.until(lambda: bool(seen), "in the middle of an upload")
        await asyncio.sleep(60.0)
        assert not world.truth(QUAD).armed
        world.mend_link(QUAD)
        await run.until_at_rest()
        assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()
        left_the_ground_once(run)
        is_on_its_pad(run)
        assert world.parcel_in(QUAD) is None


MISSION_ITEM_INT = 73  # common.xml


def message_id(data: bytes) -> int:
    """Of the first frame in a datagram (MAVLink 2 header, mavlink.io, serialization)."""
    return int.from_bytes(data[7:10], "little") if data[:1] == b"\xfd" else -1


async def controller_stops_and_starts(world: PlayWorld) -> None:
    """The controller is gone while the vehicle comes down over the doorstep, and takes over.

    Back before the vehicle holds, it delivers; later nobody knows how long it will still hold, and the parcel comes
    home. How long a start takes in the world's time is the machine's affair.
    """
    async with world.serving() as run:
        await run.until_ready()
        await run.accept("O-1", **DOORSTEP)
        await run.until_phase(FlightPhase.DROPPING)
        await asyncio.sleep(5.0)
        assert released(run) == []
    world.logbook.note("the controller is gone")
    await asyncio.sleep(5.0)
    async with world.serving() as again:
        await again.until_at_rest()
        kinds = world.logbook.kinds("O-1")
        if again.state_of("O-1") is OrderState.DELIVERED:
            assert kinds.count("OrderDelivered") == 1
        else:
            assert released(again) == [] and "ParcelReturned" in kinds, world.logbook.story()
        left_the_ground_once(again)
        is_on_its_pad(again)


def somebody_elses_mission(world: PlayWorld) -> tuple[MissionItem, ...]:
    """Up, half way to the doorstep, down there: inside our fence, so the autopilot itself has nothing against it."""
    pad, frame = world.site.drones[0].pad, world.site.frame
    half_way = frame.to_geodetic(DOORSTEP["east_m"] / 2, DOORSTEP["north_m"] / 2)
    free = (0.0, 0.0, 0.0, math.nan)
    return (
        MissionItem(TAKE_OFF, RELATIVE, free, pad.latitude_deg, pad.longitude_deg, 30.0),
        MissionItem(WAYPOINT, RELATIVE, free, half_way.latitude_deg, half_way.longitude_deg, 30.0),
        MissionItem(LAND, RELATIVE, free, half_way.latitude_deg, half_way.longitude_deg, 0.0),
    )


async def another_station_before_arming(world: PlayWorld) -> None:
    """Between our upload and arming somebody else writes another mission: it is not flown; ours is, at the next try."""
    async with world.serving() as run:
        await run.until_ready()
        station = world.other_station(QUAD)
        await run.accept("O-1", **DOORSTEP)
        await run.until(
            lambda: any(isinstance(event, e.MissionUploaded) for _, event in world.logbook.events), "on board"
        )
        world.logbook.note("another station writes a mission")
        assert await station.upload(MissionType.MISSION, somebody_elses_mission(world)) == 0
        await run.until(lambda: "AssignmentDropped" in world.logbook.kinds("O-1"), "refused")
        assert not world.truth(QUAD).armed
        dropped = next(event for _, event in world.logbook.events if isinstance(event, e.AssignmentDropped))
        assert "mission" in " ".join(reason.text for reason in dropped.reasons)
        await run.until_at_rest()
        assert run.state_of("O-1") is OrderState.DELIVERED, world.logbook.story()
        left_the_ground_once(run)
        is_on_its_pad(run)


async def another_station_in_flight(world: PlayWorld) -> None:
    """On the way out somebody else writes another mission: stopped, ours put back, home by it, the parcel on board."""
    async with world.serving() as run:
        await run.until_ready()
        station = world.other_station(QUAD)
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 120.0)
        world.logbook.note("another station writes a mission")
        assert await station.upload(MissionType.MISSION, somebody_elses_mission(world)) == 0
        await run.until_at_rest()
        assert "MISSION_CHANGED TAKE_BACK" in world.logbook.rules(), world.logbook.story()
        assert released(run) == []
        track = world.logbook.vehicles[QUAD]
        assert max(track.cruise_cross_track_m("outbound", "returning")) < CROSS_TRACK_LIMIT_M, world.logbook.story()
        is_on_its_pad(run)
        assert world.parcel_in(QUAD) is None
        assert run.state_of("O-1") is OrderState.UNDELIVERABLE  # by air once; and there is no van here


async def fence_across_the_path(world: PlayWorld) -> None:
    """A zone is closed between two waypoints: our check refuses the plan; PX4 looks at waypoints only and takes it."""
    answer = plan_and_check(world.site.folder, world.request(**DOORSTEP))
    assert isinstance(answer, CheckedPlan), answer
    assert check_plan(world.site, answer.plan) == ()
    middle = world.site.frame.to_geodetic(DOORSTEP["east_m"] / 2, DOORSTEP["north_m"] / 2)
    zone = CircleTable("closed-today", "CLOSED TODAY", "D", middle, ZONE_RADIUS_M, "SFC", "2000 ft")
    airspace = replace(world.site.airspace, circles=(*world.site.circles, zone))
    closed = replace(world.site, airspace=airspace)
    violations = check_plan(closed, answer.plan)
    assert {each.leg for each in violations if "CLOSED TODAY" in each.detail or "closed-today" in each.detail} >= {
        "outbound",
        "inbound",
    }, violations

    mission = compile_mission(answer.plan, world.site.frame)
    exclusion = exclusion_about(world, middle)
    async with world.serving() as run:
        await run.until_ready()
        fence = await run.desk.port.upload(MissionType.FENCE, (*mission.fence, *exclusion))
        uploaded = await run.desk.port.upload(MissionType.MISSION, mission.items)
        assert fence.outcome is uploaded.outcome is TransferOutcome.VERIFIED, (fence, uploaded)
        await asyncio.sleep(3.0)  # the verdict comes within 50 ms, and is told once a second
        await run.until(
            lambda: (
                run.desk.state.mission_id == uploaded.opaque_id
                and run.desk.state.mission_state is MissionState.NOT_STARTED
            ),
            "feasible, to PX4",
            30.0,
        )
        assert run.desk.state.fence_id == fence.opaque_id
        assert not world.truth(QUAD).armed


FENCE_EXCLUSION, GLOBAL = 5002, 0  # MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION, MAV_FRAME_GLOBAL
ZONE_RADIUS_M = 60.0


async def carried_across_its_fence(world: PlayWorld) -> None:
    """In flight another station closes what lies ahead: PX4 flies on over the line and returns, and we follow."""
    async with world.serving() as run:
        await run.until_ready()
        station = world.other_station(QUAD)
        await run.accept("O-1", **DOORSTEP)
        await far_out(run, 60.0)
        assert run.desk.flight is not None
        middle = world.site.frame.to_geodetic(DOORSTEP["east_m"] / 2, DOORSTEP["north_m"] / 2)
        fence = (*run.desk.flight.mission.fence, *exclusion_about(world, middle))
        world.logbook.note("another station closes the way ahead")
        assert await station.upload(MissionType.FENCE, fence) == 0
        await run.until_phase(FlightPhase.RETURNING)
        nearest_m = distance_m(world.truth(QUAD).position, middle)
        assert nearest_m < ZONE_RADIUS_M, f"{nearest_m:.0f} m from the middle: not across its fence"
        await run.until_at_rest()
        assert world.logbook.rules() == ["FENCE_CHANGED WARN", "AUTOPILOT_FAILSAFE RETURN"], world.logbook.story()
        assert any("Geofence" in text for _, text in world.logbook.vehicles[QUAD].words), world.logbook.story()
        assert released(run) == []
        track = world.logbook.vehicles[QUAD]
        assert max(track.cruise_cross_track_m("outbound", "returning")) < CROSS_TRACK_LIMIT_M, world.logbook.story()
        left_the_ground_once(run)
        is_on_its_pad(run)
        assert world.parcel_in(QUAD) is None
        assert run.state_of("O-1") is OrderState.UNDELIVERABLE  # by air once; and there is no van here


def exclusion_about(world: PlayWorld, centre: Geodetic) -> list[MissionItem]:
    """A polygon that nobody may enter."""
    return [
        MissionItem(FENCE_EXCLUSION, GLOBAL, (8.0, 0.0, 0.0, 0.0), corner.latitude_deg, corner.longitude_deg)
        for corner in octagon(world, centre, ZONE_RADIUS_M)
    ]


def octagon(world: PlayWorld, centre: Geodetic, radius_m: float) -> list[Geodetic]:
    east_m, north_m = world.site.frame.to_enu_m(centre)
    angles = [math.pi / 4.0 * corner for corner in range(8)]
    return [
        world.site.frame.to_geodetic(east_m + radius_m * math.cos(a), north_m + radius_m * math.sin(a)) for a in angles
    ]


@dataclass(frozen=True, slots=True)
class Play:
    """One play and what it needs."""

    name: str
    script: Callable[[PlayWorld], Awaitable[None]]
    drones: int = 1
    flies: bool = True
    wind_enu_m_s: tuple[float, float] = (0.0, 0.0)
    gust_m_s: float = 0.0
    px4_parameter: str = ""
    """A PX4 without this parameter cannot fly it."""
    px4_lacks: str = ""
    """Because it lacks what."""
    px4_settings: Mapping[str, int] = field(default_factory=dict)
    """Parameters over those of the site."""
    profile: str = ""
    """A line more of the quad's profile."""
    aircraft: str = "sih_quad"
    """Profile of all drones."""
    rally_enu_m: tuple[float, float] | None = None
    """East and north of the depot, where the site has a rally point [m]."""
    as_1_18: bool = False
    """Whether the stand-in, else 1.17, has the failures that came with 1.18."""
    full_speed: bool = True
    """Whether it may be flown faster than real time."""

    @property
    def site_key(self) -> tuple[object, ...]:
        """The same for plays of the same site."""
        return (self.drones, self.profile, self.aircraft, self.rally_enu_m)

    def write_site(self, folder: Path, systems: Mapping[str, int]) -> Path:
        """Its site, with these system ids."""
        site = write_play_site(folder, systems, profile=self.profile, aircraft=self.aircraft)
        return site if self.rally_enu_m is None else with_a_rally_point(site, self.rally_enu_m)


PLAYS = (
    Play("nominal_delivery", nominal_delivery),
    Play("ten_drones_at_once", ten_drones_at_once, drones=10, full_speed=False),
    Play(
        "steady_wind",
        steady_wind,
        wind_enu_m_s=(6.0, 0.0),
        gust_m_s=0.3,
        px4_parameter="SIH_WIND_N",
        px4_lacks="wind in SIH, which comes with 1.18",
    ),
    Play("held_and_returned", held_and_returned),
    Play("link_lost_for_8_s", link_lost_for_8_s),
    Play("link_lost_for_30_s", link_lost_for_30_s),
    Play("link_lost_for_good", link_lost_for_good),
    Play(
        "straight_return",
        straight_return,
        px4_settings={"RTL_TYPE": 0},
        profile='return_path = "direct"',
    ),
    Play("battery_sags", battery_sags),
    Play("gnss_lost", gnss_lost),
    Play(
        "gnss_failure_injected",
        gnss_failure_injected,
        px4_parameter="SIH_WIND_N",  # of the same release as the failures of SIH's receiver
        px4_lacks="MAV_CMD_INJECT_FAILURE for the receiver in SIH, which comes with 1.18",
        px4_settings={"SYS_FAILURE_EN": 1},  # 0 in the fleet's files: failures are for simulations
        as_1_18=True,
    ),
    Play("gripper_never_confirms", gripper_never_confirms),
    Play("upload_interrupted", upload_interrupted),
    Play("controller_stops_and_starts", controller_stops_and_starts),
    Play("fence_across_the_path", fence_across_the_path, flies=False),
    Play("carried_across_its_fence", carried_across_its_fence),
    Play("another_station_before_arming", another_station_before_arming),
    Play("another_station_in_flight", another_station_in_flight),
)
BY_NAME = {play.name: play for play in PLAYS}
