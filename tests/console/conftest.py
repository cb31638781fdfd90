"""The window that the tests of a file share; what world it looks at is each file's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests_support.browser import Browser, logged_in
from tests_support.console_world import ConsoleWorld


@pytest.fixture(scope="module")
def browser(world: ConsoleWorld) -> Iterator[Browser]:
    """Of the administrator."""
    with logged_in(world.url) as browser:
        yield browser
