"""What flights on a real PX4 share: it does not wait while a controller's own code is being translated."""

import pytest

from skystork.app.make_ready import make_ready
from skystork_sim.px4.source import Px4Source


@pytest.fixture(scope="session", autouse=True)
def translated(px4_source: Px4Source) -> None:  # skipped where there is no PX4 to fly
    """As ``skystork run`` does before it opens a wire: a minute of silence is a lost link to every PX4."""
    make_ready()
