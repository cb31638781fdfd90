"""Sites of the plays, written once, so that each planner is built once."""

from pathlib import Path

import pytest
from tests_support.play import write_site


@pytest.fixture(scope="session")
def one_wing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A winged aircraft and a van."""
    return write_site(tmp_path_factory.mktemp("one_wing"), "LC-1", "VAN-1")


@pytest.fixture(scope="session")
def one_multirotor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A multirotor and a van."""
    return write_site(tmp_path_factory.mktemp("one_multirotor"), "MR-7", "VAN-1")


@pytest.fixture(scope="session")
def two_wings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two winged aircraft on neighbouring pads, and a van."""
    return write_site(tmp_path_factory.mktemp("two_wings"), "LC-1", "LC-2", "VAN-1")


@pytest.fixture(scope="session")
def mixed_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two winged aircraft, a multirotor, two vans."""
    return write_site(tmp_path_factory.mktemp("mixed_fleet"), "LC-1", "LC-2", "MR-7", "VAN-1", "VAN-2")
