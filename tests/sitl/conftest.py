"""Where there is no PX4 these flights are skipped, and say so."""

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    build = os.environ.get("PX4_SITL")
    if build and (Path(build) / "bin" / "px4").is_file():
        return
    reason = f"PX4_SITL={build} has no bin/px4" if build else "no PX4: set PX4_SITL to a folder with bin/px4 and etc/"
    for item in items:
        if item.get_closest_marker("sitl"):
            item.add_marker(pytest.mark.skip(reason=reason))
