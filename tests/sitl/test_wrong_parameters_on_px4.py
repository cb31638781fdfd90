"""A real PX4 at the launch gate: each parameter that it names, wrong, keeps it on the ground and is named."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests_support.play_world import WING, Running, write_play_site
from tests_support.px4_play_world import Px4PlayWorld

from skystork.app.site import Site
from skystork.clearance.parameter_rules import Equals, OneOf, ParameterRule, RuleFacts, parameter_rules
from skystork.link.contract import LinkSettings
from skystork.orders import events as e
from skystork.orders.order_state import OrderState
from skystork_sim.px4.fixtures import StartFleet
from skystork_sim.px4.running import RunningPx4
from skystork_sim.px4.site_fleet import vehicles_of_site

pytestmark = pytest.mark.sitl

DOORSTEP = {"east_m": 150.0, "north_m": -120.0}
NOT_EVEN_READY = frozenset({"COM_ARM_MIS_REQ"})
"""Wrong, PX4 does not report ready, and no order is offered to it at all."""
WRONG = {
    "COM_LOW_BAT_ACT": 0.0,
    "COM_RC_IN_MODE": 3.0,
    "FW_AIRSPD_MAX": 13.0,
    "GF_ACTION": 2.0,
    "MPC_XY_VEL_MAX": 11.0,
    "NAV_DLL_ACT": 0.0,
    "RTL_LAND_DELAY": -1.0,
}
"""Where the dangerous value is another than one more than the right one, or PX4 mends another parameter by it."""
SPEEDS = ("MPC_", "FW_", "VT_B_")
"""PX4 lowers by itself what is above another limit of its own, so these are made too low."""


def wrong_value(rule: ParameterRule) -> float:
    """One that the rule does not allow and PX4 takes."""
    required = rule.required
    if rule.name in WRONG:
        return WRONG[rule.name]
    if isinstance(required, Equals) and rule.name.startswith(SPEEDS):
        return 0.8 * required.value
    if isinstance(required, Equals):
        return required.value + 1.0
    if isinstance(required, OneOf):
        return max(required.values) + 1.0
    return 1.2 * required.high if required.high < 1_000.0 else required.high + 1.0


def rules_of(site: Site) -> list[ParameterRule]:
    drone = site.drones[0]
    facts = RuleFacts(
        drone.profile,
        drone.system_id,
        LinkSettings().own_system_id,
        outbound_height_m=min(site.flight.outbound_layers),
        inbound_height_m=max(site.flight.inbound_layers),
        max_height_m=site.max_height_m,
        simulated=True,
    )
    return [rule for rule in parameter_rules(facts) if rule.name not in NOT_EVEN_READY]


def set_parameter(px4: RunningPx4, name: str, value: float) -> None:
    """By PX4's own shell; INT32 and REAL32 alike."""
    px4.run_tool("param", "set", name, f"{value:g}")


def failed_launches(run: Running) -> Iterator[e.LaunchChecked]:
    for _, event in run.world.logbook.events:
        if isinstance(event, e.LaunchChecked) and any(each.grade == "failure" for each in event.findings):
            yield event


async def refused_anew(run: Running, tries: int, order_id: str) -> None:
    """Until a launch was refused once more, by a new order where none is open that may be tried again."""

    def refused() -> bool:
        return len(list(failed_launches(run))) > tries

    await run.until(lambda: refused() or run.service.at_rest(), "refused, or nothing to do", 60.0)
    if not refused():
        await run.until_ready()
        await run.accept(order_id, **DOORSTEP)
        await run.until(refused, "refused", 60.0)


@pytest.mark.parametrize("aircraft", ["sih_quad", WING])
def test_each_wrong_parameter_keeps_it_on_the_ground_and_is_named(
    aircraft: str, px4_fleet: StartFleet, px4_instances: Callable[[int], list[int]], px4_speed: float, tmp_path: Path
) -> None:
    (instance,) = px4_instances(1)
    site = write_play_site(tmp_path / "site", {"SQ-1": instance + 1}, aircraft=aircraft)
    vehicles = vehicles_of_site(site)
    world = Px4PlayWorld(site, tmp_path / "state", px4_fleet(vehicles, speed=px4_speed))
    px4, right = world.running("SQ-1"), {**vehicles[0].parameters, "MAV_SYS_ID": instance + 1}

    async def script() -> None:
        async with world.serving() as run:
            await run.until_ready()
            spoiled = ""
            for number, rule in enumerate(rules_of(world.site)):
                tries, value = len(list(failed_launches(run))), wrong_value(rule)
                set_parameter(px4, rule.name, value)
                if spoiled:
                    set_parameter(px4, spoiled, right[spoiled])
                spoiled = rule.name
                await refused_anew(run, tries, f"O-{number}")
                found = {each.name: each for each in list(failed_launches(run))[-1].findings}
                assert rule.name in found, f"{rule.name} {value:g} was not found: {found}"
                seen = found[rule.name]
                assert (seen.grade, seen.required) == ("failure", str(rule.required)), seen
                assert float(seen.seen) == pytest.approx(value, rel=1e-3), seen
                assert "Disarmed" in px4.run_tool("commander", "status")
            assert not [event for _, event in world.logbook.events if isinstance(event, e.FlightLaunched)]
            set_parameter(px4, spoiled, right[spoiled])
            await run.until_at_rest()
            await run.until_ready()
            await run.accept("O-LAST", **DOORSTEP)
            await run.until_at_rest()
            assert run.state_of("O-LAST") is OrderState.DELIVERED, world.logbook.story()

    world.play(script)
