"""The whole chain on a real PX4: what the project's own simulator claims of the autopilot, flown on the autopilot."""

from pathlib import Path

import pytest

from skystork.orders.order_state import OrderState
from tests_support.px4_world import World, fly, px4

pytestmark = pytest.mark.sitl


def test_an_order_is_delivered_and_the_drone_lands_on_its_pad(tmp_path: Path) -> None:
    async def play() -> None:
        world = World("SQ-1", tmp_path / "state")
        async with world.serving() as run:
            await run.until_ready()
            order = world.order("O-1", east_m=250.0, north_m=-320.0)
            assert await run.service.intake.accept(order)
            await run.until(run.service.at_rest, "at rest")
            print(run.record.story())
            record = run.service.journal.book.order(order.order_id)
            assert record.state is OrderState.DELIVERED

    with px4("SQ-1", tmp_path / "px4"):
        fly(play)
